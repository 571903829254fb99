"""`iamsim world show|tree|trust|lint|stats`: what is in a world, and what dangles in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.commands import NO_ARGUMENTS, Argument, Command, Group
from iamsim.cli.options import Option, did_you_mean
from iamsim.cli.output import terminal_width
from iamsim.cli.picture_options import PICTURE_FORMATS, THEME_OPTION, write_drawn
from iamsim.cli.world_options import json_text, output, paint_for, write
from iamsim.cli.world_trust import TRUST
from iamsim.cli.worlds import missing_world, overlay_option, world_option
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.world.model import Account, World

__all__ = ["COMMAND"]

WORLD = (
    world_option(),
    overlay_option(),
)
VERBOSE = Option(("-v", "--verbose"), "verbose", "Say everything.", "flag", panel="Output")
SEVERITIES = ("error", "warning", "note")


def _load(options: Options, *, strict: bool = True) -> World:
    """Load the worlds; raises `RequestError` without any."""
    from iamsim.cli.ask import texts_of  # noqa: PLC0415 - `--help` needs none
    from iamsim.cli.worlds import load_any  # noqa: PLC0415

    model = load_any(
        texts_of(options, "worlds"),
        overlays=texts_of(options, "overlays"),
        quiet=bool(options["quiet"]),
        strict=strict,
    )
    if model is None:
        raise missing_world()
    return model


def _unknowns(model: World) -> tuple[UnknownInWorld, ...]:
    """What is not known of the world's policies."""
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415 - `--help` needs none

    return CompiledWorld(model).unknowns()


def _show(options: Options, arguments: Sequence[str]) -> int:
    """Write the accounts that are named, else all."""
    from iamsim.report.unknowns import unknowns_data, unknowns_text  # noqa: PLC0415 - as below
    from iamsim.report.world_show import account_data, accounts_text, show_names  # noqa: PLC0415

    model = _load(options)
    accounts = [_find(name, model) for name in arguments]
    accounts = accounts or [account for _, account in sorted(model.accounts.items())]
    unknowns = _unknowns(model)
    write(
        options,
        {
            "text": lambda: (
                accounts_text(accounts, model, paint_for(options), terminal_width())
                + unknowns_text(unknowns)
            ),
            "json": lambda: json_text(
                {
                    "accounts": [account_data(one, model) for one in accounts],
                    "unknowns": unknowns_data(unknowns),
                }
            ),
        },
        lambda: show_names(accounts),
    )
    return 0


def _find(name: str, model: World) -> Account:
    """Find an account by its id or name."""
    found = [one for one in model.accounts.values() if name in (one.id, one.name)]
    if len(found) == 1:
        return found[0]
    names = [
        one for account in model.accounts.values() for one in (account.id, account.name) if one
    ]
    if found:
        hint = f"say which by its id: {', '.join(sorted(one.id for one in found))}"
        raise RequestError("unknown-account", f"several accounts are called `{name}`", hint=hint)
    hint = did_you_mean(name, names) or f"accounts are {', '.join(sorted(model.accounts))}"
    raise RequestError("unknown-account", f"the world has no account `{name}`", hint=hint)


def _tree(options: Options, _arguments: Sequence[str]) -> int:
    """Draw the organization."""
    from iamsim.report.world_tree import ASCII, UNICODE, tree_data, tree_text  # noqa: PLC0415

    model = _load(options)
    if options["format"] in PICTURE_FORMATS:
        from iamsim.draw.picture import draw_organization  # noqa: PLC0415 - text needs none

        write_drawn(draw_organization(model), options)
        return 0
    lines = ASCII if options["ascii"] or not _writes_lines(options) else UNICODE
    write(
        options,
        {
            "text": lambda: tree_text(model, paint_for(options), lines),
            "json": lambda: json_text(tree_data(model)),
        },
        lambda: "".join(f"{account}\n" for account in sorted(model.accounts)),
    )
    return 0


def _writes_lines(options: Options) -> bool:
    """Whether branches can be written: files are UTF-8, a terminal may not be."""
    encoding = "utf-8" if options["output"] is not None else sys.stdout.encoding or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def _lint(options: Options, _arguments: Sequence[str]) -> int:
    """Look for what dangles."""
    from iamsim.query.world_lint import lint_world  # noqa: PLC0415 - `--help` needs none
    from iamsim.report.world_lint import lint_data, lint_lines, lint_text  # noqa: PLC0415

    found = lint_world(_load(options, strict=False))
    write(
        options,
        {
            "text": lambda: lint_text(found, paint_for(options), terminal_width()),
            "json": lambda: json_text(lint_data(found)),
        },
        lambda: lint_lines(found),
    )
    failing = SEVERITIES[: SEVERITIES.index(str(options["fail_on"])) + 1]
    return 1 if any(one.severity.value in failing for one in found) else 0


def _stats(options: Options, _arguments: Sequence[str]) -> int:
    """Count and measure."""
    from iamsim.query.world_stats import world_stats  # noqa: PLC0415 - `--help` needs none
    from iamsim.report.unknowns import unknowns_data, unknowns_text  # noqa: PLC0415
    from iamsim.report.world_stats import stats_data, stats_text  # noqa: PLC0415

    model = _load(options)
    stats, unknowns = world_stats(model), _unknowns(model)
    verbose = bool(options["verbose"])
    write(
        options,
        {
            "text": lambda: (
                stats_text(stats, paint_for(options), terminal_width(), verbose=verbose)
                + unknowns_text(unknowns)
            ),
            "json": lambda: json_text({**stats_data(stats), "unknowns": unknowns_data(unknowns)}),
        },
        lambda: f"{len(stats.accounts)}\n",
    )
    return 0


COMMAND = Group(
    "world",
    "Look at a world: what is in it, and what dangles.",
    (
        Command(
            "show",
            "List the principals, policies and resources of accounts.",
            (*WORLD, *output("text", "json", quiet="Only ARNs.")),
            _show,
            Argument("ACCOUNT", "Accounts by id or name; by default all."),
        ),
        Command(
            "tree",
            "Draw the organization with the guardrails at its nodes.",
            (
                *WORLD,
                Option(
                    ("--ascii",), "ascii", "Draw with plain characters.", "flag", panel="Output"
                ),
                THEME_OPTION,
                *output("text", "json", *PICTURE_FORMATS, quiet="Only the ids of accounts."),
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
                    "fail_on",
                    "The least severe finding that makes the exit code 1.",
                    metavar="SEVERITY",
                    default="error",
                    choices=SEVERITIES,
                ),
                *output("text", "json", quiet="A line for each finding."),
            ),
            _lint,
            NO_ARGUMENTS,
        ),
        Command(
            "stats",
            "Count what is there, and say how near it is to quotas of AWS.",
            (*WORLD, VERBOSE, *output("text", "json", quiet="Only the number of accounts.")),
            _stats,
            NO_ARGUMENTS,
        ),
    ),
)
