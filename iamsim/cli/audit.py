"""`iamsim audit`: AWS's best practices for IAM, heading by heading."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, say_unverified
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    open_batch,
    output,
    write_answer,
)
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.audit.choices import Choices
    from iamsim.audit.model import Audit
    from iamsim.cli.options import Options
    from iamsim.replay.counting import Count
    from iamsim.world.model import World

__all__ = [
    "CHOICES",
    "COMMAND",
    "FIXES",
    "FRAMEWORK",
    "OPTIONS",
    "choices_of",
    "exit_code",
    "trail_of",
    "with_fixes",
]

OPTIONS = tuple(
    world_option
    for world_option in WORLD_OPTIONS
    if world_option.field not in {"context", "exact", "processes"}
)
FAIL_ON = ("critical", "high", "medium", "low", "any", "unknown", "never")
LIMITS = {"any": "low", "unknown": "informational"}
CHOICES = (
    Option(
        ("--select",),
        "select",
        "Run this check only, or all of this heading; may be repeated.",
        "list",
        "CHECK",
    ),
    Option(
        ("--ignore",),
        "ignore",
        "Don't run this check, or any of this heading; may be repeated.",
        "list",
        "CHECK",
    ),
    Option(
        ("--events",),
        "events",
        "CloudTrail's logs, files or folders: least policies are generated from them.",
        "list",
        "PATH",
    ),
    Option(
        ("--config",),
        "config",
        "The project's choices, instead of the nearest iamsim.toml or pyproject.toml.",
        metavar="FILE",
    ),
)

FRAMEWORK = Option(
    ("--framework",),
    "framework",
    "Also show the controls of a framework, with what is out of its scope here.",
    metavar="NAME",
    choices=("cis-aws-3.0", "cis-aws-5.0", "fsbp", "well-architected"),
)

FIXES = Option(
    ("--fixes",),
    "fixes",
    "The form of fixes: calls of the AWS CLI and policies, or Terraform for what it makes; without"
    " this, Terraform where the world comes from it.",
    metavar="FORM",
    choices=("aws", "terraform"),
)


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Audit the world and write what was found."""
    from iamsim.audit.frameworks import FRAMEWORKS
    from iamsim.audit.languages import in_language
    from iamsim.audit.run import run_audit
    from iamsim.cli.ask import text_of, time_of
    from iamsim.report import audit as report
    from iamsim.report import audit_data as data

    choices = choices_of(options)
    name = text_of(options, "framework")
    framework = None if name is None else FRAMEWORKS[name]
    with ProgressBar("checking", quiet=bool(options["quiet"])) as progress:
        batch, model = open_batch({**options, "exact": None})
        trail = trail_of(options, model)
        audit = run_audit(batch, time_of(text_of(options, "at")), choices, progress, trail)
    audit = in_language(with_fixes(options, audit), text_of(options, "lang") or "en")
    write_answer(
        options,
        lambda: report.audit_document(audit, framework),
        lambda: data.audit_data(audit, framework),
        lambda: report.audit_lines(audit),
        {"sarif": lambda: to_json(data.audit_sarif(audit, __version__))},
    )
    when = text_of(options, "fail_on") or choices.fail_on
    code = exit_code(audit, when, accepted=bool(options["accept_unknown"]))
    if when is not None and not code:
        say_unverified(options, model.unverified)
    return code


def with_fixes(options: Options, audit: Audit) -> Audit:
    """The audit with its fixes in the form that is asked for, or that of the world."""
    from iamsim.audit.terraform import in_terraform
    from iamsim.cli.ask import text_of, texts_of
    from iamsim.importers.load import comes_from_terraform

    form = text_of(options, "fixes")
    if form is None:
        paths = (*texts_of(options, "worlds"), *texts_of(options, "overlays"))
        form = "terraform" if any(map(comes_from_terraform, paths)) else "aws"
    return in_terraform(audit) if form == "terraform" else audit


def trail_of(options: Options, model: World) -> Count | None:
    """What CloudTrail's logs have, counted; `None` where none are given."""
    from iamsim.cli.ask import texts_of

    paths = texts_of(options, "events")
    if not paths:
        return None
    from iamsim.cli.logs import count_of
    from iamsim.replay.alike import Alike

    plain = {**options, "spark": None, "state": None, "processes": None}
    return count_of(plain, paths, Alike([model], (), objects=True))


def choices_of(options: Options) -> Choices:
    """The choices of the project, with those of the command line laid over them."""
    from datetime import UTC, datetime
    from pathlib import Path

    from iamsim.audit.choices import find_choices, known_checks, read_choices
    from iamsim.cli.ask import text_of, texts_of

    given = text_of(options, "config")
    today = (text_of(options, "at") or datetime.now(UTC).date().isoformat())[:10]
    choices = find_choices(Path.cwd(), today) if given is None else read_choices(Path(given), today)
    return choices.narrowed(
        known_checks(texts_of(options, "select")), known_checks(texts_of(options, "ignore"))
    )


def exit_code(audit: Audit, when: str | None, *, accepted: bool) -> int:
    """1 where a finding is as grave as `when`, or a check of such findings has no answer."""
    from iamsim.audit.model import Severity, Status

    if when is None or when == "never":
        return 0
    limit = Severity(LIMITS.get(when, when))
    grave = any(
        check.severity_of(finding).rank <= limit.rank
        for check in audit.checks
        for finding in check.findings
    )
    unknown = [
        check.check
        for check in audit.checks
        if check.status is Status.UNKNOWN and check.severity.rank <= limit.rank
    ]
    if unknown and (not accepted or when == "unknown"):
        some = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")  # noqa: PLR2004
        tip = "" if when == "unknown" else "hint: `--accept-unknown` lets it pass\n"
        sys.stderr.write(f"failed: {len(unknown)} checks have no answer: {some}\n{tip}")
        return 1
    return int(grave and when != "unknown")


COMMAND = Command(
    "audit",
    "Hold a world against AWS's best practices for IAM, heading by heading.\n\n"
    "For each of the 14 headings: whether it is so, where not, what shows it, and what to do. What"
    " the world does not hold is unknown, with the file that would tell and the call for it.",
    (
        *OPTIONS,
        *CHOICES,
        FRAMEWORK,
        FIXES,
        Option(
            ("--lang",),
            "lang",
            "The language of titles, findings and comments of fixes.",
            metavar="LANGUAGE",
            default="en",
            choices=("en", "ja"),
        ),
        Option(
            ("--fail-on",),
            "fail_on",
            "Exit with 1 when there is a finding of this severity or a graver one, or a check of"
            " such findings has no answer; `unknown`: when any check has none.",
            metavar="SEVERITY",
            choices=FAIL_ON,
        ),
        ACCEPT_UNKNOWN,
        *output(*DOCUMENT_FORMATS, "sarif", quiet="A line for each heading."),
    ),
    _run,
    NO_ARGUMENTS,
)
