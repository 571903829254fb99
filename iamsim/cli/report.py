"""`iamsim report`: a whole account or organization on one page."""

from __future__ import annotations

from iamsim.cli.audit import CHOICES, FIXES, FRAMEWORK, OPTIONS, audit_arguments
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import open_world, output, write_result
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.world.naming import name_within

FORMATS = ("html", "markdown", "json", "text", "csv")


def _run(options: Options, _arguments: Arguments) -> int:
    """Ask everything, and write it in the format that the name of the file says."""
    asked = [_asked(text) for text in options.texts("who_can")]
    world = open_world(options)
    name_within(world.model, (*options.texts("worlds"), *options.texts("overlays")))
    with ProgressBar("checking", quiet=bool(options["quiet"])) as progress:
        report = world.report(who_can=asked, **audit_arguments(options, progress))
    return write_result(Options({**options, "format": options.text("format") or "html"}), report)


def _asked(text: str) -> tuple[list[str], str]:
    """Actions and a resource, as one text: ``s3:GetObject arn:aws:s3:::reports/*``."""
    *patterns, resource = text.replace(",", " ").split() or [""]
    if not patterns or find_arn(resource) is None:
        raise RequestError(
            "invalid-question",
            f"{quote(text)} is no action with the ARN of a resource",
            hint="write it as `--who-can 's3:GetObject arn:aws:s3:::reports/*'`",
        )
    return patterns, resource


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
