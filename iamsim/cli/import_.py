"""`iamsim import`: from files that AWS and other tools write to a world that people can read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN
from iamsim.cli.commands import Argument, Command
from iamsim.cli.import_templates import TEMPLATE_OPTIONS, with_template_options
from iamsim.cli.options import Option
from iamsim.cli.output import write_output
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_answer
from iamsim.core.errors import RequestError, WorldError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.cli.options import Options
    from iamsim.importers.frame import Imported
    from iamsim.importers.sources import SourceOptions
    from iamsim.report.document import Document

__all__ = ["COMMAND"]

_OUTPUT = "Output"


def _run(options: Options, paths: Sequence[str]) -> int:
    """Import, write or compare, and say what was found."""
    if options["recipe"]:
        return _recipe(options, paths)
    if options["organization"]:
        raise RequestError(
            "option-without-recipe",
            "`--organization` says what `--recipe` collects",
            hint="add `--recipe`; an import finds the organization by itself",
        )
    if not paths:
        raise RequestError(
            "missing-argument",
            "`iamsim import` needs SOURCE",
            hint="a file or folder to import; `--recipe` prints what collects one",
        )
    folder = options["folder"]
    if options["check"] and not isinstance(folder, str):
        raise RequestError(
            "missing-output", "`--check` needs the folder to compare with", hint="give it with -o"
        )
    imported = _imported(options, paths)
    if options["strict"] and imported.remarks:
        from iamsim.report import imported as report

        if not options["quiet"]:
            _answer(
                options,
                lambda: report.remarks_document(imported.remarks),
                lambda: report.import_data(imported, None),
            )
        number = len(imported.remarks)
        raise WorldError(
            "import-incomplete",
            f"{number} {'remark was' if number == 1 else 'remarks were'} made, under `--strict`",
            hint="nothing was written",
        )
    return _finish(options, imported, folder if isinstance(folder, str) else None)


def _imported(options: Options, paths: Sequence[str]) -> Imported:
    """Read the sources, with a bar where it takes long."""
    from iamsim.cli.progress import ProgressBar
    from iamsim.importers.frame import import_sources

    with ProgressBar("import", quiet=bool(options["quiet"])) as bar:

        def progress(done: int, total: int, _path: str) -> None:
            """Tell the bar."""
            bar(done, total)

        return import_sources(paths, options=_source_options(options), progress=progress)


def _finish(options: Options, imported: Imported, folder: str | None) -> int:
    """Write the world or compare it, and print the report."""
    from iamsim.importers.writing import compare_folder, write_folder
    from iamsim.report import imported as report

    checked = bool(options["check"])
    changes = None
    if folder is not None:
        changes = (compare_folder if checked else write_folder)(imported.data, folder)
    _answer(
        options,
        lambda: report.import_document(imported, changes, folder, checked=checked),
        lambda: report.import_data(imported, changes),
    )
    code = int(checked and changes is not None and changes.any)
    return _code_with_unknowns(options, imported, code) if checked else code


def _answer(options: Options, document: Callable[[], Document], data: Callable[[], object]) -> None:
    """Print a report; `-o` names the folder of the world."""
    write_answer({**options, "output": None, "color": "auto"}, document, data, lambda: ())


def _code_with_unknowns(options: Options, imported: Imported, code: int) -> int:
    """The exit code of a check: 1 also where something is not known, unless that is accepted."""
    number = sum(remark.severity == "unknown" for remark in imported.remarks)
    if not number:
        return code
    accepted = bool(options["accept_unknown"])
    things = "one thing is" if number == 1 else f"{number} things are"
    sys.stderr.write(f"{'accepted' if accepted else 'failed'}: {things} not known of the sources\n")
    if not accepted:
        sys.stderr.write("hint: `--accept-unknown` lets it pass in spite of that\n")
    return code if accepted else 1


def _source_options(options: Options) -> SourceOptions:
    """Read `--for` and `--account`."""
    from iamsim.core.arn import is_account_id
    from iamsim.core.caret import quote
    from iamsim.importers.sources import SourceOptions

    about: dict[str, str] = {}
    given = options["about"]
    for pair in given if isinstance(given, tuple) else ():
        subject, equals, path = pair.partition("=")
        if not equals or not subject or not path:
            raise RequestError(
                "missing-equals-sign",
                f"{quote(pair)} is not of the form ARN=FILE",
                hint="write `--for arn:aws:s3:::reports=policy.json`",
            )
        about[path] = subject
    account = options["account"]
    if isinstance(account, str) and not is_account_id(account):
        raise RequestError(
            "invalid-account-id",
            f"{quote(account)} is not an account id",
            hint="an account id is twelve digits",
        )
    source = SourceOptions(about, account if isinstance(account, str) else None)
    return with_template_options(options, source)


def _recipe(options: Options, paths: Sequence[str]) -> int:
    """Print the commands that collect what can be imported."""
    from iamsim.importers.recipe import recipe_policy, recipe_script

    if paths:
        raise RequestError(
            "unexpected-argument",
            f"`iamsim import --recipe` does not take `{paths[0]}`",
            hint="it prints a script; run that first, and import what it collected",
        )
    organization = bool(options["organization"])
    policy = recipe_policy(organization=organization)
    if options["format"] == "json":
        import json

        text = json.dumps(policy, indent=2) + "\n"
    else:
        text = recipe_script(organization=organization)
    folder = options["folder"]
    write_output(text, folder if isinstance(folder, str) else None)
    return 0


COMMAND = Command(
    "import",
    "Make a world of files that AWS or other tools wrote.\n\n"
    "SOURCE is a file, a folder or a zip archive: account authorization details, outputs of AWS"
    " Organizations and of the AWS CLI, AWS Config snapshots, credential reports, IAM Identity"
    " Center, Terraform plans and states, CloudFormation templates. What each file is, is"
    " recognised by what is in it. `--recipe` prints the commands that collect everything from an"
    " account.",
    (
        Option(
            ("-o", "--output"),
            "folder",
            "The folder to write the world to; with `--recipe` the file for the script.",
            metavar="FOLDER",
            panel=_OUTPUT,
        ),
        Option(
            ("--check",),
            "check",
            "Write nothing; exit with 1 when the folder is not what an import would write.",
            "flag",
        ),
        ACCEPT_UNKNOWN,
        Option(
            ("--strict",),
            "strict",
            "Take what is not known, left out or said in two ways for an error.",
            "flag",
        ),
        Option(
            ("--for",),
            "about",
            "The resource that a file is about, where its name does not say.",
            "list",
            metavar="ARN=FILE",
        ),
        Option(
            ("--account",),
            "account",
            "The account of resources that nothing else gives an account, such as buckets.",
            metavar="ID",
        ),
        *TEMPLATE_OPTIONS,
        Option(
            ("--recipe",),
            "recipe",
            "Print a script of read-only AWS CLI commands that collects everything;"
            " `--format json` prints the policy that it needs.",
            "flag",
        ),
        Option(
            ("--organization",),
            "organization",
            "With `--recipe`: collect a whole organization, from its management account.",
            "flag",
        ),
        Option(
            ("--format",),
            "format",
            "How the report is written.",
            metavar="FORMAT",
            default="text",
            choices=DOCUMENT_FORMATS,
            panel=_OUTPUT,
        ),
        Option(("-q", "--quiet"), "quiet", "Only what fails: no report.", "flag", panel=_OUTPUT),
    ),
    _run,
    Argument("SOURCE...", "Files, folders and zip archives to import."),
)
