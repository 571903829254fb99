"""`iamsim world show|tree|trust|lint|stats`: what is in a world, and what dangles in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.grammar import NO_ARGUMENTS, Argument, Arguments, Command, Group, Option, Options
from iamsim.cli.picture_options import PICTURE_FORMATS, THEME_OPTION, write_drawn
from iamsim.cli.world_options import DOCUMENT_FORMATS, PAGE_FORMATS, output, write_result
from iamsim.cli.world_trust import TRUST
from iamsim.cli.worlds import missing_world, overlay_option, world_option

if TYPE_CHECKING:
    from iamsim.api import World

WORLD = (
    world_option(),
    overlay_option(),
)
VERBOSE = Option(("-v", "--verbose"), "Also list what is empty.", "flag", panel="Output")
SEVERITIES = ("error", "warning", "note")


def _load(options: Options, *, strict: bool = True) -> World:
    """Load the worlds; raises `RequestError` without any."""
    from iamsim.api import World
    from iamsim.cli.worlds import load_any

    model = load_any(
        options.texts("worlds"),
        overlays=options.texts("overlays"),
        quiet=bool(options["quiet"]),
        strict=strict,
    )
    if model is None:
        raise missing_world()
    return World(model)


def _show(options: Options, arguments: Arguments) -> int:
    """Write the accounts that are named, else all."""
    return write_result(options, _load(options).contents(*arguments))


def _tree(options: Options, _arguments: Arguments) -> int:
    world = _load(options)
    if options["format"] in PICTURE_FORMATS:
        from iamsim.draw.picture import draw_organization

        write_drawn(draw_organization(world.model), options)
        return 0
    ascii_only = bool(options["ascii"]) or not _writes_lines(options)
    return write_result(options, world.organization(ascii_only=ascii_only))


def _writes_lines(options: Options) -> bool:
    """Whether branches can be written: files are UTF-8, a terminal may not be."""
    encoding = "utf-8" if options["output"] is not None else sys.stdout.encoding or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def _lint(options: Options, _arguments: Arguments) -> int:
    found = _load(options, strict=False).lint()
    write_result(options, found)
    return int(bool(found.at_least(str(options["fail_on"]))))


def _stats(options: Options, _arguments: Arguments) -> int:
    return write_result(options, _load(options).statistics())


COMMAND = Group(
    "world",
    "Look at a world: what is in it, and what dangles.",
    (
        Command(
            "show",
            "List the principals, policies and resources of accounts.",
            (*WORLD, *output(*DOCUMENT_FORMATS, quiet="Only ARNs.")),
            _show,
            Argument("ACCOUNT", "Accounts by id or name; by default all."),
        ),
        Command(
            "tree",
            "Draw the organization with the guardrails at its nodes.",
            (
                *WORLD,
                Option(("--ascii",), "Draw with plain characters.", "flag", panel="Output"),
                THEME_OPTION,
                *output(*PAGE_FORMATS, *PICTURE_FORMATS, quiet="Only the ids of accounts."),
            ),
            _tree,
            NO_ARGUMENTS,
        ),
        TRUST,
        Command(
            "lint",
            "Find what dangles: names that lead nowhere, policies attached to nothing.\n\n"
            "An error makes answers wrong, a warning may, a note does not. Exits with 1 when there"
            " is something that `--fail-on` names.",
            (
                *WORLD,
                Option(
                    ("--fail-on",),
                    "The least severe finding that makes the exit code 1.",
                    metavar="SEVERITY",
                    default="error",
                    choices=SEVERITIES,
                ),
                *output(*DOCUMENT_FORMATS, quiet="A line for each finding."),
            ),
            _lint,
            NO_ARGUMENTS,
        ),
        Command(
            "stats",
            "Count what is there, and say how near it is to quotas of AWS.",
            (*WORLD, VERBOSE, *output(*DOCUMENT_FORMATS, quiet="Only the number of accounts.")),
            _stats,
            NO_ARGUMENTS,
        ),
    ),
)
