"""`iamsim validate`: check policy documents as IAM Access Analyzer does, and more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.commands import Argument, Command, output_options
from iamsim.cli.options import Option
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_answer
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.checks.codes import FindingType
    from iamsim.cli.options import Options
    from iamsim.cli.validate_input import FoundPolicy
    from iamsim.cli.validate_run import ValidateRun
    from iamsim.report.findings import CheckedPolicy

__all__ = ["COMMAND"]

TYPES = ("identity", "resource", "trust", "boundary", "session", "scp", "rcp", "vpce")
FAIL_ON = ("error", "security-warning", "warning", "suggestion", "never")


def _validate(options: Options, paths: Sequence[str]) -> int:
    """Check, write the findings, and give the exit code."""
    from iamsim.cli.progress import ProgressBar
    from iamsim.cli.validate_input import find_policies
    from iamsim.cli.validate_run import ValidateRun

    run = ValidateRun(options)
    unreadable: list[str] = []
    left_out: list[str] = []

    def excludes(name: str) -> bool:
        if run.configuration.excludes(name):
            left_out.append(name)
            return True
        return False

    without: list[str] = []
    empty: list[str] = []
    finding = find_policies(paths, unreadable, excludes=excludes, without=without, empty=empty)
    with CollectLater():
        policies = list(finding)
    without += (name for name in empty if name not in without)
    if not policies and not unreadable and not left_out and not empty:
        raise RequestError(
            "no-policies",
            "there is no policy in what was given",
            hint="give files with a policy each, folders of them, or world files",
        )
    if options["fix"] or options["diff"]:
        _mend(run, policies, options)
        if options["fix"]:
            policies = list(find_policies(paths, unreadable := [], excludes=excludes))
    checked = []
    progress_bar = ProgressBar("checking policies", quiet=bool(options["quiet"]))
    with progress_bar as bar, CollectLater():
        for number, policy in enumerate(policies):
            bar(number, len(policies))
            checked.append(run.check(policy))
    checked += run.unused()
    limit = _limit(_text(options, "fail_on") or run.configuration.fail_on)
    _write(checked, options, limit, without)
    if unreadable:
        sys.stderr.write("".join(f"{message}\n" for message in unreadable))
        return 2
    failing = (
        finding
        for policy in checked
        for finding in policy.findings
        if _fails(finding.finding_type, limit)
    )
    return 1 if any(True for _ in failing) else 0


def _mend(run: ValidateRun, policies: Sequence[FoundPolicy], options: Options) -> None:
    """Write a patch before the findings, and the files where that is asked for; somebody in a
    terminal is asked about each. Beside findings for a program the patch is on standard error."""
    from iamsim.cli.consent import Consent, somebody_there
    from iamsim.cli.validate_fix import mend_files, shown_patch

    plain = options["format"] == "text" and options["output"] is None
    out = sys.stdout if plain else sys.stderr
    exact = plain and not sys.stdout.isatty()  # a program may read it
    if options["fix"] and not options["yes"] and somebody_there():
        patch = mend_files(run, policies, Consent(out))
        out.write("\n" if patch else "")
        return
    patch = mend_files(run, policies, lambda _name, _patch: bool(options["fix"]))
    out.write(f"{patch if exact else shown_patch(patch)}\n" if patch else "")


def _write(
    checked: Sequence[CheckedPolicy],
    options: Options,
    limit: FindingType | None,
    without: Sequence[str],
) -> None:
    """Write the findings in the form that was asked for."""
    from iamsim.report import findings as report
    from iamsim.report import findings_ci, findings_data

    others = {
        "sarif": lambda: to_json(findings_data.findings_to_sarif(checked, __version__)),
        "github": lambda: findings_ci.findings_to_github(checked),
        "junit": lambda: findings_ci.findings_to_junit(checked, lambda kind: _fails(kind, limit)),
    }
    write_answer(
        {"color": "auto", **options},
        lambda: report.findings_document(
            checked, verbose=bool(options["verbose"]), without=without
        ),
        lambda: findings_data.findings_to_dict(checked, without),
        lambda: [report.count_line(checked, len(without))],
        others,
    )


def _limit(text: str | None) -> FindingType | None:
    """The mildest finding type that fails; `None` where none does."""
    from iamsim.checks.codes import FindingType

    text = text or FAIL_ON[0]
    return None if text == "never" else FindingType(text.upper().replace("-", "_"))


def _fails(kind: FindingType, limit: FindingType | None) -> bool:
    return limit is not None and kind.rank <= limit.rank


def _text(options: Options, field: str) -> str | None:
    value = options[field]
    return value if isinstance(value, str) else None


COMMAND = Command(
    "validate",
    "Check policy documents, as IAM Access Analyzer's ValidatePolicy does.\n\n"
    "The type of each policy is recognized: role trust policies and resource-based policies by "
    "their principals, service control and resource control policies by a folder or file named "
    "scp or rcp. Exits with 0 when nothing was found that fails, 1 when something was, and 2 when "
    "a file could not be read.",
    (
        Option(
            ("--type",),
            "type",
            "What the policies are used as.",
            metavar="TYPE",
            choices=TYPES,
        ),
        Option(
            ("--resource-type",),
            "resource_type",
            "What resource-based policies are attached to, such as AWS::S3::Bucket.",
            metavar="TYPE",
        ),
        Option(
            ("--fail-on",),
            "fail_on",
            "The mildest finding that makes the exit code 1; errors where nothing says.",
            metavar="TYPE",
            choices=FAIL_ON,
        ),
        Option(
            ("--select",),
            "select",
            "Give findings of this code only, or of all that begin so; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--extend-select",),
            "extend_select",
            "Give findings of this code besides, such as one that is off by default, or of all"
            " `risks`; may be"
            " repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--ignore",),
            "ignore",
            "Give no findings of this code, or of any that begins so; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--config",),
            "config",
            "The project's choices, instead of the nearest iamsim.toml or pyproject.toml.",
            metavar="FILE",
        ),
        Option(
            ("--fix",),
            "fix",
            "Mend in the files what is certain and changes no decision; prints the patch first, and"
            " asks about each file in a terminal.",
            "flag",
        ),
        Option(
            ("-y", "--yes"),
            "yes",
            "Write all that --fix mends without asking.",
            "flag",
        ),
        Option(
            ("--diff",),
            "diff",
            "Print the patch that --fix would make, and write no file.",
            "flag",
        ),
        Option(
            ("-v", "--verbose"),
            "verbose",
            "Also where each finding is explained, and the findings that are suppressed.",
            "flag",
            panel="Output",
        ),
        *output_options(
            *DOCUMENT_FORMATS,
            *("sarif", "github", "junit"),
            quiet="Only how many findings there are.",
        ),
    ),
    _validate,
    Argument(
        "PATH",
        "Files, folders or patterns with policies, world files, or - for standard input.",
        least=1,
    ),
)
