"""`iamsim unused`: principals, permissions, keys and passwords that nobody has used for long."""

from __future__ import annotations

from iamsim import __version__
from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, STRICT, code_with_unknowns, refuse_unknown
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asking,
    open_world,
    output,
    processes_of,
    write_result,
)
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

MOST_DAYS = 36500
OPTIONS = tuple(world_option for world_option in WORLD_OPTIONS if world_option.field != "context")


def days_of(options: Options) -> int:
    """The number of days that count as long; raises `RequestError` for what is no number."""
    from iamsim.query.analyzer.unused import DEFAULT_DAYS

    text = options.text("days") or str(DEFAULT_DAYS)
    if not (text.isdecimal() and 0 < int(text[:6]) <= MOST_DAYS):
        raise RequestError("invalid-number", f"`{text}` is no number of days", hint="try 90")
    return int(text)


def _run(options: Options, arguments: Arguments) -> int:
    """Look at who used what, and write what nobody did."""
    from iamsim.report.access_findings_data import access_findings_sarif

    days = days_of(options)
    world = open_world(options)
    refuse_unknown(options, world.compiled)
    progress_bar = ProgressBar("looking at what was used", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        findings = world.unused(
            *arguments,
            days=days,
            progress=progress,
            processes=processes,
            **asking(options),
        )
    sarif = {"sarif": lambda: to_json(access_findings_sarif(findings.answer, __version__))}
    write_result(options, findings, sarif)
    gate = options["fail_on"] is not None
    code = int(bool((gate and findings.answer.shown) or findings.lost))
    if not (gate or options["accept_unknown"]):
        return code
    return code_with_unknowns(
        options,
        findings.unknowns,
        code,
        findings.unsearched,
        unverified=findings.answer.model.unverified,
    )


COMMAND = Command(
    "unused",
    "Find roles, permissions, access keys and passwords that nobody has used for long.\n\n"
    "What a world knows of last uses (credential reports, last-accessed data) and what CloudTrail"
    " logs say count together, up to `--at`; without it, up to the last record. Logs show that"
    " something was used; that it was not, where they reach over the whole time.",
    (
        *OPTIONS,
        Option(("--days",), "How many days count as long; by default 90.", metavar="DAYS"),
        Option(
            ("--fail-on",),
            "Exit with 1 when something is unused.",
            metavar="WHEN",
            choices=("any",),
        ),
        ACCEPT_UNKNOWN,
        STRICT,
        *output(*DOCUMENT_FORMATS, "sarif", quiet="A line for each finding."),
    ),
    _run,
    Argument("LOGS", "CloudTrail log files, or folders of them.", least=0),
)
