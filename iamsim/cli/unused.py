"""`iamsim unused`: principals, permissions, keys and passwords that nobody has used for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, STRICT, code_with_unknowns, refuse_unknown
from iamsim.cli.commands import Argument, Command
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    json_text,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.report.access_findings import FindingsAnswer

__all__ = ["COMMAND", "days_of"]

MOST_DAYS = 36500
OPTIONS = tuple(one for one in WORLD_OPTIONS if one.field != "context")


def days_of(options: Options) -> int:
    """The number of days that count as long; raises `RequestError` for what is no number."""
    from iamsim.cli.ask import text_of  # noqa: PLC0415 - `--help` needs none
    from iamsim.query.analyzer.unused import DEFAULT_DAYS  # noqa: PLC0415

    text = text_of(options, "days") or str(DEFAULT_DAYS)
    if not (text.isdecimal() and 0 < int(text[:6]) <= MOST_DAYS):
        raise RequestError("invalid-number", f"`{text}` is no number of days", hint="try 90")
    return int(text)


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Look at who used what, and write what nobody did."""
    from iamsim.report import access_findings as report  # noqa: PLC0415 - as above
    from iamsim.report import access_findings_data as data  # noqa: PLC0415

    answer = _answer(options, arguments)
    write_answer(
        options,
        lambda: report.access_findings_document(answer),
        lambda: data.access_findings_data(answer),
        lambda: report.access_findings_lines(answer),
        {"sarif": lambda: json_text(data.access_findings_sarif(answer, __version__))},
    )
    lost = bool(answer.lost)
    if options["fail_on"] is None:
        return int(lost)
    code = int(bool(answer.shown) or lost)
    return code_with_unknowns(options, answer.unknowns, code, answer.unjudged.sentences())


def _answer(options: Options, arguments: Sequence[str]) -> FindingsAnswer:
    """Find what is unused, by the world and the logs together."""
    from iamsim.cli.ask import text_of, time_of  # noqa: PLC0415 - as above
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415
    from iamsim.query.analyzer.since import find_limit  # noqa: PLC0415
    from iamsim.query.analyzer.unused import count_unjudged, find_unused  # noqa: PLC0415
    from iamsim.query.analyzer.unused_permissions import (  # noqa: PLC0415
        find_unused_permissions,
    )
    from iamsim.query.batch import Batch  # noqa: PLC0415
    from iamsim.replay.logs import log_files  # noqa: PLC0415
    from iamsim.replay.usage import read_usage, with_usage  # noqa: PLC0415
    from iamsim.report.access_findings import FindingsAnswer  # noqa: PLC0415
    from iamsim.report.usage import usage_remarks  # noqa: PLC0415

    days = days_of(options)
    at = time_of(text_of(options, "at"))
    batch, model = open_batch(options)
    refuse_unknown(options, batch.world)
    remarks: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    if arguments:
        files = log_files(arguments)
        with ProgressBar("reading logs", quiet=bool(options["quiet"])) as bar:
            usage = read_usage(files, model, lambda done: bar(done, len(files)))
        at = at or usage.last or None
        lost = tuple(f"{one.file}: {one.reason}" for one in usage.problems)
        if at is not None:
            remarks = usage_remarks(usage, find_limit(at, days), at)
            model = with_usage(model, usage, find_limit(at, days), at)
            batch = Batch(CompiledWorld.checked(model), partial=not options["exact"], now=at)
    if at is None:
        raise RequestError(
            "missing-time",
            "what is unused depends on the time, and iamsim has no clock",
            hint="give logs, or the time of the dumps with `--at`, for example `--at 2026-11-24`",
        )
    with (
        processes_of(options) as processes,
        ProgressBar("looking at principals", quiet=bool(options["quiet"])) as progress,
    ):
        findings = [
            *find_unused(model, at, days),
            *find_unused_permissions(batch, at, days, progress, processes=processes),
        ]
    findings.sort(key=lambda one: (one.account, one.resource, one.kind.value, one.id))
    return FindingsAnswer(
        findings,
        (),
        f"{days} days before {at}",
        sum(len(one.users) + len(one.roles) for one in model.accounts.values()),
        model,
        at,
        unknowns=batch.world.unknowns(),
        unused=True,
        notes=remarks,
        lost=lost,
        unjudged=count_unjudged(model),
    )


COMMAND = Command(
    "unused",
    "Find roles, permissions, access keys and passwords that nobody has used for long.\n\n"
    "What a world knows of last uses (credential reports, last-accessed data) and what CloudTrail"
    " logs say count together, up to `--at`; without it, up to the last record. Logs show that"
    " something was used; that it was not, where they reach over the whole time.",
    (
        *OPTIONS,
        Option(("--days",), "days", "What is long; by default 90 days.", metavar="DAYS"),
        Option(
            ("--fail-on",),
            "fail_on",
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
