"""`iamsim world show|tree|trust|lint|stats`: what is in a world, and what dangles in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.commands import NO_ARGUMENTS, Argument, Command, Group
from iamsim.cli.options import Option
from iamsim.cli.picture_options import PICTURE_FORMATS, THEME_OPTION, write_drawn
from iamsim.cli.world_options import DOCUMENT_FORMATS, PAGE_FORMATS, output, write_answer
from iamsim.cli.world_trust import TRUST
from iamsim.cli.worlds import missing_world, overlay_option, world_option
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

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
VERBOSE = Option(
    ("-v", "--verbose"), "verbose", "Also all that there is none of.", "flag", panel="Output"
)
SEVERITIES = ("error", "warning", "note")


def _load(options: Options, *, strict: bool = True) -> World:
    """Load the worlds; raises `RequestError` without any."""
    from iamsim.cli.ask import texts_of
    from iamsim.cli.worlds import load_any

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
    from iamsim.engine.world import CompiledWorld

    return CompiledWorld(model).unknowns()


def _show(options: Options, arguments: Sequence[str]) -> int:
    """Write the accounts that are named, else all."""
    from iamsim.report import world_show as report
    from iamsim.report.unknowns import (
        unknowns_data,
        unknowns_there,
        unverified_remarks,
    )

    model = _load(options)
    accounts = [_find(name, model) for name in arguments]
    accounts = accounts or [account for _, account in sorted(model.accounts.items())]
    unknowns = _unknowns(model)
    remarks = (*unknowns_there(unknowns), *unverified_remarks(model))
    return write_answer(
        options,
        lambda: report.accounts_document(accounts, model, remarks),
        lambda: {
            "accounts": [report.account_data(account, model) for account in accounts],
            "unknowns": unknowns_data(unknowns),
            "unverified": model.unverified,
        },
        lambda: report.show_names(accounts),
    )


def _find(name: str, model: World) -> Account:
    """Find an account by its id or name."""
    accounts = [
        account for account in model.accounts.values() if name in (account.id, account.name)
    ]
    if len(accounts) == 1:
        return accounts[0]
    names = [
        text for account in model.accounts.values() for text in (account.id, account.name) if text
    ]
    if accounts:
        hint = f"say which by its id: {', '.join(sorted(account.id for account in accounts))}"
        raise RequestError("unknown-account", f"several accounts are called `{name}`", hint=hint)
    hint = did_you_mean(name, names) or f"accounts are {', '.join(sorted(model.accounts))}"
    raise RequestError("unknown-account", f"the world has no account `{name}`", hint=hint)


def _tree(options: Options, _arguments: Sequence[str]) -> int:
    """Draw the organization."""
    from iamsim.report import world_tree as report

    model = _load(options)
    if options["format"] in PICTURE_FORMATS:
        from iamsim.draw.picture import draw_organization

        write_drawn(draw_organization(model), options)
        return 0
    lines = report.ASCII if options["ascii"] or not _writes_lines(options) else report.UNICODE
    return write_answer(
        options,
        lambda: report.tree_document(model, lines),
        lambda: report.tree_data(model),
        lambda: sorted(model.accounts),
    )


def _writes_lines(options: Options) -> bool:
    """Whether branches can be written: files are UTF-8, a terminal may not be."""
    encoding = "utf-8" if options["output"] is not None else sys.stdout.encoding or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def _lint(options: Options, _arguments: Sequence[str]) -> int:
    """Look for what dangles."""
    from iamsim.query.world_lint import lint_world
    from iamsim.report import world_lint as report

    findings = lint_world(_load(options, strict=False))
    write_answer(
        options,
        lambda: report.lint_document(findings),
        lambda: report.lint_data(findings),
        lambda: report.lint_lines(findings),
    )
    failing = SEVERITIES[: SEVERITIES.index(str(options["fail_on"])) + 1]
    return 1 if any(finding.severity.value in failing for finding in findings) else 0


def _stats(options: Options, _arguments: Sequence[str]) -> int:
    """Count and measure."""
    from iamsim.query.world_stats import world_stats
    from iamsim.report import world_stats as report
    from iamsim.report.unknowns import (
        unknowns_data,
        unknowns_there,
        unverified_remarks,
    )

    model = _load(options)
    stats, unknowns = world_stats(model), _unknowns(model)
    remarks = (*unknowns_there(unknowns), *unverified_remarks(model))
    verbose = bool(options["verbose"])
    return write_answer(
        options,
        lambda: report.stats_document(stats, remarks, verbose=verbose),
        lambda: {
            **report.stats_data(stats),
            "unknowns": unknowns_data(unknowns),
            "unverified": model.unverified,
        },
        lambda: [str(len(stats.accounts))],
    )


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
                Option(
                    ("--ascii",), "ascii", "Draw with plain characters.", "flag", panel="Output"
                ),
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
                    "fail_on",
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
