"""`iamsim validate`: check policy documents as IAM Access Analyzer does, and more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, code_with_unknowns
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options, output_options
from iamsim.cli.standard_error import say
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_result
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim.api.policy_files import FileValidation

FAIL_ON = ("error", "security-warning", "warning", "suggestion", "never")
TYPES = ("identity", "resource", "trust", "boundary", "session", "scp", "rcp", "vpce")


def _validate(options: Options, paths: Arguments) -> int:
    """Check, write the findings, and give the exit code."""
    from iamsim.api.policy_files import validate_files
    from iamsim.cli.consent import Consent, shown_patch, somebody_there
    from iamsim.cli.progress import ProgressBar

    mend: Callable[[str, str], bool] | None = None
    out = sys.stdout if options["format"] == "text" and options["output"] is None else sys.stderr
    asking = bool(options["fix"]) and not options["yes"] and somebody_there()
    if asking:
        mend = Consent(out)
    elif options["fix"] or options["diff"]:
        mend = _agree if options["fix"] else _refuse
    with ProgressBar("checking policies", quiet=bool(options["quiet"])) as progress:
        validation = validate_files(
            *paths,
            policy_type=options.text("type"),
            resource_type=options.text("resource_type"),
            select=options.texts("select"),
            extend_select=options.texts("extend_select"),
            ignore=options.texts("ignore"),
            configuration=options.text("config"),
            fail_on=options.text("fail_on"),
            mend=mend,
            progress=progress,
        )
    say(*validation.left)
    if validation.patch:
        exact = out is sys.stdout and not out.isatty()  # a program may read it
        patch = validation.patch if exact else shown_patch(validation.patch)
        out.write("\n" if asking else f"{patch}\n")
    _write(options, validation)
    if validation.unreadable:
        sys.stderr.write("".join(f"{message}\n" for message in validation.unreadable))
        return 2
    code = int(bool(validation.failing))
    unknowns = validation.lost if validation.gated else ()
    return code_with_unknowns(options, unknowns, code, where="`--format json` lists them")


def _agree(_name: str, _patch: str) -> bool:
    """Write every file."""
    return True


def _refuse(_name: str, _patch: str) -> bool:
    return False


def _write(options: Options, validation: FileValidation) -> None:
    """Write the findings in the form that was asked for."""
    from iamsim.report import findings_ci, findings_data

    checked = validation.checked
    others = {
        "sarif": lambda: to_json(
            findings_data.findings_to_sarif(checked, __version__, validation.unknowns)
        ),
        "github": lambda: findings_ci.findings_to_github(checked, validation.unknowns),
        "junit": lambda: findings_ci.findings_to_junit(
            checked, validation.fails_on, validation.unknowns
        ),
    }
    write_result(Options({"color": "auto", **options}), validation, others)


COMMAND = Command(
    "validate",
    "Check policy documents, as IAM Access Analyzer's ValidatePolicy does.\n\n"
    "The type of each policy is recognized: role trust policies and resource-based policies by "
    "their principals, service control and resource control policies by a folder or file named "
    "scp or rcp. Exits with 0 when nothing was found that fails, 1 when something was or a policy "
    "or a part of one is marked as not known, and 2 when a file could not be read.",
    (
        Option(
            ("--type",),
            "What the policies are used as.",
            metavar="TYPE",
            choices=TYPES,
        ),
        Option(
            ("--resource-type",),
            "What resource-based policies are attached to, such as AWS::S3::Bucket.",
            metavar="TYPE",
        ),
        Option(
            ("--fail-on",),
            "The mildest finding that makes the exit code 1; by default an error.",
            metavar="TYPE",
            choices=FAIL_ON,
        ),
        Option(
            ("--select",),
            "Give findings of this code only, or of all that begin so; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--extend-select",),
            "Also give findings of this code, such as one that is off by default, or of all"
            " `risks`; may be"
            " repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--ignore",),
            "Give no findings of this code, or of any that begins so; may be repeated.",
            "list",
            "CODE",
        ),
        Option(
            ("--config",),
            "The project's choices, instead of the nearest iamsim.toml or pyproject.toml.",
            metavar="FILE",
        ),
        Option(
            ("--fix",),
            "Mend in the files what is certain and changes no decision; prints the patch first, and"
            " asks about each file in a terminal.",
            "flag",
        ),
        Option(
            ("-y", "--yes"),
            "Write all that --fix mends without asking.",
            "flag",
        ),
        Option(
            ("--diff",),
            "Print the patch that --fix would make, and write no file.",
            "flag",
        ),
        ACCEPT_UNKNOWN,
        Option(
            ("-v", "--verbose"),
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
        "Files, folders or patterns with policies, world files, AWS managed policies by name or"
        " ARN, or - for standard input.",
        least=1,
    ),
)
