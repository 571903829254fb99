"""Worlds, read from files."""

from __future__ import annotations

import os
from collections.abc import Iterable

from iamsim.api.world import World
from iamsim.importers.load import load_worlds
from iamsim.world.examples import example_path
from iamsim.world.load import refuse_lost


def load(
    *paths: str | os.PathLike[str],
    overlay: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    strict: bool = False,
) -> World:
    """Load a world from a file or folder; several are merged.

    A policy, or a statement of one, that can't be read is unknown, and answers that it could change
    are conditional; with `strict` it is an error instead.

    What `iamsim import` recognises (account authorization details, a Terraform plan, ...) is
    imported on the way. What is in `overlay` (a path, or several) is laid over the world: a
    Terraform plan adds, replaces and takes away, a template or another source adds and replaces.
    `example:harbor` names the example world that comes along.
    Raises `WorldError` for what does not fit the format, with `strict` also `PolicyError` for a
    broken policy; both say where.
    """
    laid = [overlay] if isinstance(overlay, str | os.PathLike) else overlay
    world = World(load_worlds(*map(_place, paths), overlay=[_place(path) for path in laid]))
    if strict:
        refuse_lost(world.model)
        world.check()
    return world


def _place(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path; of an example, where it is."""
    return example_path(path) if isinstance(path, str) else path
