"""What the files of a world are called where it is shown to others: by their places in its folder,
so that a page that is shared says nothing of the folders of who made it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from iamsim.core.span import Source

if TYPE_CHECKING:
    from iamsim.world.model import World

PLAIN = frozenset(("document",))  # data without places


def name_within(world: World, paths: Iterable[str]) -> None:
    """Name the files of a world after their places below these files and folders, where the paths
    are absolute; others stay as they were given."""
    folders = [
        path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120
        for path in paths
        if os.path.isabs(path)  # noqa: PTH117
    ]
    if not folders:
        return
    for source in _sources(world):
        for folder in folders:
            if os.path.isabs(source.name):  # noqa: PTH117
                source.name = _below(source.name, folder)


def _below(name: str, folder: str) -> str:
    """A name from a folder; of what is not in it, the name of the file alone."""
    shown = os.path.relpath(name, folder)
    return os.path.basename(name) if shown.startswith(os.pardir) else shown  # noqa: PTH119


def _sources(world: World) -> Iterator[Source]:
    """Every source of a world, once."""
    seen: set[int] = set()
    left: list[object] = [world]
    while left:
        item = left.pop()
        if id(item) in seen or isinstance(item, str):
            continue
        seen.add(id(item))
        if isinstance(item, Source):
            yield item
        elif isinstance(item, dict):
            left.extend(item.values())
        elif isinstance(item, (tuple, list)):
            left.extend(item)
        elif is_dataclass(item):
            left.extend(getattr(item, own.name) for own in fields(item) if own.name not in PLAIN)
