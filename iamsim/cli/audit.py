"""`iamsim audit`: AWS's best practices for IAM, heading by heading."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, say_unverified
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    open_world,
    output,
    write_result,
)

if TYPE_CHECKING:
    from iamsim.api.audits import Audit, AuditArguments

OPTIONS = tuple(
    world_option
    for world_option in WORLD_OPTIONS
    if world_option.field not in {"context", "exact", "processes"}
)
FAIL_ON = ("critical", "high", "medium", "low", "any", "unknown", "never")
LIMITS = {"any": "low", "unknown": "informational", "never": "informational"}
CHOICES = (
    Option(
        ("--select",),
        "Run this check only, or all of this heading; may be repeated.",
        "list",
        "CHECK",
    ),
    Option(
        ("--ignore",),
        "Don't run this check, or any of this heading; may be repeated.",
        "list",
        "CHECK",
    ),
    Option(
        ("--events",),
        "CloudTrail's logs, files or folders: least policies are generated from them.",
        "list",
        "PATH",
    ),
    Option(
        ("--config",),
        "The project's choices, instead of the nearest iamsim.toml or pyproject.toml.",
        metavar="FILE",
    ),
)

FRAMEWORK = Option(
    ("--framework",),
    "Also show the controls of a framework, with what is out of its scope here.",
    metavar="NAME",
    choices=("cis-aws-3.0", "cis-aws-5.0", "fsbp", "well-architected"),
)

FIXES = Option(
    ("--fixes",),
    "The form of fixes: calls of the AWS CLI and policies, or Terraform for what it makes; without"
    " this, Terraform where the world comes from it.",
    metavar="FORM",
    choices=("aws", "terraform"),
)


def _run(options: Options, _arguments: Arguments) -> int:
    """Audit the world and write what was found."""
    from iamsim.core.collector import CollectLater

    with CollectLater():  # all of it is kept until it is written
        world = open_world(options)
        with ProgressBar("checking", quiet=bool(options["quiet"])) as progress:
            told = audit_arguments(options, progress)
            told["language"] = options.text("lang") or "en"
            audit = world.audit(**told)
        write_result(options, audit, {"sarif": audit.to_sarif})
    when = options.text("fail_on") or audit.fail_on
    code = _exit_code(audit, when, accepted=bool(options["accept_unknown"]))
    if when is not None and not code:
        say_unverified(options, world.model.unverified)
    return code


def audit_arguments(options: Options, progress: ProgressBar) -> AuditArguments:
    """What an audit and a report are told; without `--fixes`, fixes are in the form of the world's
    sources."""
    from iamsim.cli.ask import time_of
    from iamsim.importers.load import comes_from_terraform

    fixes = options.text("fixes")
    if fixes is None:
        paths = (*options.texts("worlds"), *options.texts("overlays"))
        fixes = "terraform" if any(map(comes_from_terraform, paths)) else "aws"
    return {
        "at": time_of(options.text("at")),
        "select": options.texts("select"),
        "ignore": options.texts("ignore"),
        "configuration": options.text("config"),
        "logs": options.texts("events"),
        "framework": options.text("framework"),
        "fixes": fixes,
        "progress": progress,
    }


def _exit_code(audit: Audit, when: str | None, *, accepted: bool) -> int:
    """1 where a finding is as grave as `when`, or a check of such findings has no answer."""
    from iamsim.audit.model import Severity, Status

    when = when or "never"
    if when == "never" and not accepted:
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
    if unknown:
        fails = not accepted or when == "unknown"
        some = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")  # noqa: PLR2004
        are = "1 check has" if len(unknown) == 1 else f"{len(unknown)} checks have"
        tip = "hint: `--accept-unknown` lets it pass\n" if fails and when != "unknown" else ""
        word = "failed" if fails else "accepted"
        sys.stderr.write(f"{word}: {are} no answer: {some}\n{tip}")
        if fails:
            return 1
    return int(grave and when not in ("unknown", "never"))


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
            "The language of titles, findings and comments of fixes.",
            metavar="LANGUAGE",
            default="en",
            choices=("en", "ja"),
        ),
        Option(
            ("--fail-on",),
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
