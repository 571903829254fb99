"""`iamsim report`: a whole account or organization on one page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.cli.audit import CHOICES, FIXES, FRAMEWORK, OPTIONS, choices_of, trail_of, with_fixes
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import open_batch, output, write_answer
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.questions.actions import expand_actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.api.account_report import Asked
    from iamsim.cli.options import Options

__all__ = ["COMMAND"]

FORMATS = ("html", "markdown", "json", "text", "csv")


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Ask everything, and write it in the format that the name of the file says."""
    from iamsim.api.account_report import account_report
    from iamsim.audit.frameworks import FRAMEWORKS
    from iamsim.cli.ask import text_of, texts_of, time_of
    from iamsim.report.audit import audit_lines

    asked = [_asked(text) for text in texts_of(options, "who_can")]
    name = text_of(options, "framework")
    with ProgressBar("checking", quiet=bool(options["quiet"])) as progress:
        batch, model = open_batch({**options, "exact": None})
        report = account_report(
            batch,
            time_of(text_of(options, "at")),
            choices_of(options),
            asked=asked,
            framework=None if name is None else FRAMEWORKS[name],
            trail=trail_of(options, model),
            progress=progress,
        )
    report = replace(report, audit=with_fixes(options, report.audit))
    options = {**options, "format": text_of(options, "format") or "html"}
    write_answer(
        options, lambda: report.document, lambda: report.data, lambda: audit_lines(report.audit)
    )
    return 0


def _asked(text: str) -> Asked:
    """Actions and a resource, as one text: ``s3:GetObject arn:aws:s3:::reports/*``."""
    from iamsim.api.account_report import Asked

    *patterns, resource = text.replace(",", " ").split() or [""]
    if not patterns or find_arn(resource) is None:
        raise RequestError(
            "invalid-question",
            f"{quote(text)} is no action with the ARN of a resource",
            hint="write it as `--who-can 's3:GetObject arn:aws:s3:::reports/*'`",
        )
    return Asked(expand_actions(tuple(patterns), resource), resource)


COMMAND = Command(
    "report",
    "Write one page about a whole account or organization.\n\n"
    "The audit, access from outside, ways up, who can do what you ask, the organization with its"
    " guardrails; filters by account and severity work without a network. The name of the file says"
    " the format, unless one is given.",
    (
        *OPTIONS,
        *CHOICES,
        FRAMEWORK,
        FIXES,
        Option(
            ("--who-can",),
            "who_can",
            "Also say who can do this: actions and the ARN of a resource, as one text; may be"
            " repeated.",
            "list",
            "'ACTION ARN'",
        ),
        *(
            other_format._replace(default=None) if other_format.field == "format" else other_format
            for other_format in output(*FORMATS, quiet="A line for each heading.")
        ),
    ),
    _run,
    NO_ARGUMENTS,
)
