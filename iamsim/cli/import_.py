"""`iamsim import`: from files that AWS and other tools write to a world that people can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, SHOWN, code_with_unknowns
from iamsim.cli.grammar import Argument, Command, Option, Options, format_option
from iamsim.cli.import_templates import TEMPLATE_OPTIONS, template_arguments
from iamsim.cli.output import write_output
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_answer
from iamsim.core.errors import RequestError, WorldError

if TYPE_CHECKING:
    from typing import Never

    from iamsim.api.importing import Import
    from iamsim.report.document import Document

_OUTPUT = "Output"
LINT = "`iamsim world lint` lists them"


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
    folder = options.text("folder")
    checked = bool(options["check"])
    if checked and folder is None:
        raise RequestError(
            "missing-output", "`--check` needs the folder to compare with", hint="give it with -o"
        )
    imported = _imported(options, paths)
    if options["strict"] and imported.remarks:
        _refuse(options, imported)
    if folder is not None:
        (imported.compare if checked else imported.write)(folder)
    _answer(options, imported.document, imported.to_dict)
    if not (checked or options["accept_unknown"]):
        return 0
    code = int(checked and imported.changes is not None and imported.changes.any)
    return _code_with_unknowns(options, imported, code)


def _imported(options: Options, paths: Sequence[str]) -> Import:
    """Read the sources, with a bar where it takes long."""
    from iamsim.api.importing import import_sources
    from iamsim.cli.progress import ProgressBar

    with ProgressBar("import", quiet=bool(options["quiet"])) as bar:
        return import_sources(
            *paths,
            planned=not options["before"],
            about=_subjects(options.texts("about")),
            progress=lambda done, total, _path: bar(done, total),
            **template_arguments(options),
        )


def _refuse(options: Options, imported: Import) -> Never:
    """Print the remarks, and fail with `WorldError`."""
    from iamsim.report.imported import remarks_document

    if not options["quiet"]:
        _answer(options, lambda: remarks_document(imported.remarks), imported.to_dict)
    number = len(imported.remarks)
    raise WorldError(
        "import-incomplete",
        f"{number} {'remark was' if number == 1 else 'remarks were'} made, under `--strict`",
        hint="nothing was written",
    )


def _answer(options: Options, document: Callable[[], Document], data: Callable[[], object]) -> None:
    """Print a report; `-o` names the folder of the world."""
    shown = Options({**options, "output": None, "color": "auto"})
    write_answer(shown, document, data, lambda: ())


def _code_with_unknowns(options: Options, imported: Import, code: int) -> int:
    """The exit code of a check: 1 also where something is not known of the sources, or in the world
    that is made of them, unless that is accepted."""
    remarks, unknowns = imported.not_known, imported.unknowns
    if not remarks:
        return code_with_unknowns(options, unknowns, code)
    from iamsim.cli.standard_error import say
    from iamsim.report.imported import remark_text

    accepted, number = bool(options["accept_unknown"]), len(remarks)
    things = "one thing is" if number == 1 else f"{number} things are"
    left = len(unknowns)
    parts = "one part" if left == 1 else f"{left} parts"
    word = "accepted" if accepted else "failed"
    lines = [f"{word}: {things} not known of the sources, and {parts} of the world ({LINT})"]
    lines += [
        "  " + ": ".join(filter(None, (remark.source, remark_text(remark))))
        for remark in remarks[:SHOWN]
    ]
    if number > SHOWN:
        lines.append(f"  and {number - SHOWN} more: the report lists them")
    if not accepted:
        lines.append("hint: `--accept-unknown` lets it pass in spite of that")
    say(*lines)
    return code if accepted else 1


def _subjects(pairs: Sequence[str]) -> dict[str, str]:
    """What files are about, by their paths."""
    from iamsim.core.caret import quote

    about: dict[str, str] = {}
    for pair in pairs:
        subject, equals, path = pair.partition("=")
        if not equals or not subject or not path:
            raise RequestError(
                "missing-equals-sign",
                f"{quote(pair)} is not of the form ARN=FILE",
                hint="write `--for arn:aws:s3:::reports=policy.json`",
            )
        about[path] = subject
    return about


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
    write_output(text, options.text("folder"))
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
            "The folder to write the world to; with `--recipe` the file for the script.",
            metavar="FOLDER",
            panel=_OUTPUT,
            kept_as="folder",
        ),
        Option(
            ("--check",),
            "Write nothing; exit with 1 when the folder is not what an import would write.",
            "flag",
        ),
        ACCEPT_UNKNOWN,
        Option(
            ("--strict",),
            "Take what is not known, left out or said in two ways for an error.",
            "flag",
        ),
        Option(
            ("--for",),
            "The resource that a file is about, where its name does not say.",
            "list",
            metavar="ARN=FILE",
            kept_as="about",
        ),
        Option(
            ("--account",),
            "The account of resources that nothing else gives an account, such as buckets.",
            metavar="ID",
        ),
        *TEMPLATE_OPTIONS,
        Option(
            ("--recipe",),
            "Print a script of read-only AWS CLI commands that collects everything;"
            " `--format json` prints the policy that it needs.",
            "flag",
        ),
        Option(
            ("--organization",),
            "With `--recipe`: collect a whole organization, from its management account.",
            "flag",
        ),
        format_option(*DOCUMENT_FORMATS, text="How the report is written."),
        Option(("-q", "--quiet"), "Only what fails: no report.", "flag", panel=_OUTPUT),
    ),
    _run,
    Argument("SOURCE...", "Files, folders and zip archives to import."),
)
