"""`iamsim validate`: check policy documents as IAM Access Analyzer does, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.commands import Argument, Command, output_options
from iamsim.cli.options import Option, did_you_mean
from iamsim.cli.output import wants_color, write_output
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.checks.codes import FindingType
    from iamsim.cli.options import Options
    from iamsim.report.findings import CheckedPolicy

__all__ = ["COMMAND"]

TYPES = ("identity", "resource", "trust", "boundary", "session", "scp", "rcp", "vpce")
FAIL_ON = ("error", "security-warning", "warning", "suggestion", "never")


def _validate(options: Options, paths: Sequence[str]) -> int:
    """Check, write the findings, and give the exit code."""
    from iamsim.checks.validate import Validator  # noqa: PLC0415 - not for help
    from iamsim.cli.validate_input import find_policies  # noqa: PLC0415
    from iamsim.core.decision import PolicyType  # noqa: PLC0415
    from iamsim.report.findings import CheckedPolicy  # noqa: PLC0415

    validator = Validator(select=_codes(options, "select"), ignore=_codes(options, "ignore"))
    given = _text(options, "type")
    policy_type = None if given is None else PolicyType(given)
    resource_type = _text(options, "resource_type")
    unreadable: list[str] = []
    checked = [
        CheckedPolicy(policy.name, policy.check(validator, policy_type, resource_type))
        for policy in find_policies(paths, unreadable)
    ]
    if not checked and not unreadable:
        raise RequestError(
            "no-policies",
            "there is no policy in what was given",
            hint="give files with a policy each, folders of them, or world files",
        )
    _write(checked, options)
    if unreadable:
        import sys  # noqa: PLC0415 - only where something is said on standard error

        sys.stderr.write("".join(f"{message}\n" for message in unreadable))
        return 2
    limit = _limit(options)
    failing = (
        found
        for policy in checked
        for found in policy.findings
        if _fails(found.finding_type, limit)
    )
    return 1 if any(True for _ in failing) else 0


def _write(checked: Sequence[CheckedPolicy], options: Options) -> None:
    """Write the findings in the form that was asked for."""
    path = _text(options, "output")
    form = _text(options, "format")
    if form in ("json", "sarif"):
        import json  # noqa: PLC0415 - text needs none

        from iamsim.report.findings_data import (  # noqa: PLC0415
            findings_to_dict,
            findings_to_sarif,
        )

        data = (
            findings_to_dict(checked) if form == "json" else findings_to_sarif(checked, _version())
        )
        written = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    elif form in ("github", "junit"):
        from iamsim.report.findings_ci import (  # noqa: PLC0415 - as above
            findings_to_github,
            findings_to_junit,
        )

        limit = _limit(options)
        written = (
            findings_to_github(checked)
            if form == "github"
            else findings_to_junit(checked, lambda kind: _fails(kind, limit))
        )
    else:
        from iamsim.report.findings import count_line, render_findings  # noqa: PLC0415 - as above

        color = wants_color("auto", to_file=path is not None)
        written = (
            f"{count_line(checked)}\n"
            if options["quiet"]
            else render_findings(checked, verbose=bool(options["verbose"]), color=color)
        )
    write_output(written, path)


def _limit(options: Options) -> FindingType | None:
    """The mildest finding type that fails; `None` where none does."""
    from iamsim.checks.codes import FindingType  # noqa: PLC0415 - not for help

    text = _text(options, "fail_on") or FAIL_ON[0]
    return None if text == "never" else FindingType(text.upper().replace("-", "_"))


def _fails(kind: FindingType, limit: FindingType | None) -> bool:
    return limit is not None and kind.rank <= limit.rank


def _codes(options: Options, field: str) -> tuple[str, ...]:
    """The codes that an option names; raises `RequestError` for one that does not exist."""
    from iamsim.checks.codes import CODES  # noqa: PLC0415 - not for help

    value = options[field]
    codes = tuple(code.upper() for code in value) if isinstance(value, tuple) else ()
    for code in codes:
        if code not in CODES:
            raise RequestError(
                "unknown-check",
                f"there is no check `{code}`",
                hint=did_you_mean(code, CODES) or "docs/reference/checks lists them",
            )
    return codes


def _text(options: Options, field: str) -> str | None:
    value = options[field]
    return value if isinstance(value, str) else None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to import

    try:
        return version("iamsim")
    except PackageNotFoundError:
        return "0.0.0"


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
            "The mildest finding that makes the exit code 1.",
            metavar="TYPE",
            default=FAIL_ON[0],
            choices=FAIL_ON,
        ),
        Option(
            ("--select",),
            "select",
            "Give findings of this code only, also where it is off by default; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--ignore",),
            "ignore",
            "Give no findings of this code; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("-v", "--verbose"),
            "verbose",
            "Add where each finding is explained.",
            "flag",
            panel="Output",
        ),
        *output_options(
            "text", "json", "sarif", "github", "junit", quiet="Only how many findings there are."
        ),
    ),
    _validate,
    Argument(
        "PATH",
        "Files, folders or patterns with policies, world files, or - for standard input.",
        least=1,
    ),
)
