"""What `--world` and `--overlay` name, loaded: world files, and sources imported on the way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Arguments, Option
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.importers.draft import Remark
    from iamsim.world.model import World


def world_option() -> Option:
    """The option of commands that are about a whole world."""
    return Option(
        ("--world",),
        "World file or folder, or what `iamsim import` reads; several are merged.",
        "list",
        "PATH",
        kept_as="worlds",
    )


def missing_world() -> RequestError:
    """The error of such a command where no world is named."""
    return RequestError(
        "missing-world",
        "the question is about a world, and none is given",
        hint="give one with `--world PATH`",
    )


def overlay_option(panel: str = "Options") -> Option:
    """The option that stands beside `--world` everywhere."""
    return Option(
        ("--overlay",),
        "Lay a Terraform plan, a template or another source over the world.",
        "list",
        "FILE",
        panel=panel,
        kept_as="overlays",
    )


def allow_unknown_names_option(panel: str = "Options") -> Option:
    """The option of commands that assert decisions."""
    return Option(
        ("--allow-unknown-names",),
        "Accept actions, resources, callers and keys that iamsim does not know.",
        "flag",
        panel=panel,
    )


def load_any(
    paths: Arguments,
    *,
    overlays: Arguments = (),
    quiet: bool = False,
    strict: bool = True,
    on_demand: bool = False,
    account: str | None = None,
) -> World | None:
    """Load and merge worlds and sources, and lay overlays over them; `None` where nothing is named.

    Long imports show a bar; that something is not known is said on standard error, unless `quiet`.
    With ``strict=False`` what does not fit is in `World.problems`; with `on_demand` only what is
    asked for is read of a world that an import wrote.
    Raises what loading and importing raise.
    """
    if not paths and not overlays:
        return None
    from iamsim.cli.progress import ProgressBar
    from iamsim.core.collector import CollectLater
    from iamsim.importers.load import load_worlds

    remarks: list[Remark] = []
    with CollectLater(), ProgressBar("import", quiet=quiet) as bar:
        world = load_worlds(
            *paths,
            strict=strict,
            progress=lambda done, total, _path: bar(done, total),
            remarked=remarks.extend,
            overlay=overlays,
            on_demand=on_demand,
            account=account,
        )
    if remarks and not quiet:
        number = len(remarks)
        things = "one thing is" if number == 1 else f"{number} things are"
        listed = "lists it" if number == 1 else "lists them"
        sys.stderr.write(f"note: {things} not known of the sources: `iamsim import` {listed}\n")
    return world
