"""`iamsim diff`: which decisions differ between two worlds, or through what is laid over one.

`iamsim changes` is its former name for the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options, verbose_option
from iamsim.cli.import_templates import TEMPLATE_OPTIONS, template_arguments
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asked_context,
    asking,
    output,
    processes_of,
    write_result,
)
from iamsim.cli.worlds import allow_unknown_names_option, missing_world
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api.differences import Changes
    from iamsim.api.sides import Sides


def compared(options: Options, arguments: Arguments) -> tuple[Changes, Sides]:
    """Compare two worlds, or a world with the one behind the overlay; and give both."""
    with CollectLater():
        sides = _sides(options, arguments)
    for world in (sides.before, sides.after):
        refuse_unknown(options, world.compiled)
    progress_bar = ProgressBar("comparing decisions", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress, CollectLater():
        changes = sides.before.diff(
            sides.after,
            context=asked_context(options),
            principals=options.texts("principals"),
            forbid=options.texts("forbid"),
            allow_unknown_names=bool(options["allow_unknown_names"]),
            with_policies=bool(arguments),
            remarks=sides.remarks,
            progress=progress,
            processes=processes,
            **asking(options),
        )
    return changes, sides


def _run(options: Options, arguments: Arguments) -> int:
    """Compare, and write what differs."""
    changes, _ = compared(options, arguments)
    accepted = bool(options["accept_unknown"])
    write_result(options, changes, {"github": lambda: changes.to_github(accepted=accepted)})
    when = options.text("fail_on")
    code = int(changes.fails(when, accepted=accepted))
    if not (options["forbid"] or when or accepted):
        return code
    return code_with_unknowns(
        options, changes.unknowns, code, changes.unsearched, unverified=changes.unverified
    )


def _sides(options: Options, arguments: Arguments) -> Sides:
    """The two worlds that the arguments name, those of a plan alone, or the world before and behind
    the overlay."""
    from iamsim.api import World
    from iamsim.api.sides import Sides, load_sides, missing_side
    from iamsim.cli.worlds import load_any

    overlays = options.texts("overlays")
    told = template_arguments(options)
    base = None
    if arguments and overlays:
        raise missing_side()
    if not arguments:
        base = load_any(options.texts("worlds"), quiet=bool(options["quiet"]))
        if base is None:
            raise missing_world()
        if not overlays:
            raise RequestError(
                "missing-overlay",
                "nothing is laid over the world, so nothing changes",
                hint="give a plan or a template with `--overlay FILE`",
            )
    with ProgressBar("import", quiet=bool(options["quiet"])) as bar:

        def progress(done: int, total: int, _path: str) -> None:
            bar(done, total)

        if base is None:
            strict = bool(options["strict"])
            return load_sides(*arguments, strict=strict, progress=progress, **told)
        before = World(base)
        return Sides(before, *before.lay_over(*overlays, progress=progress, **told))


OPTIONS = (
    *WORLD_OPTIONS,
    Option(
        ("-p", "--principal"),
        "Only principals like this ARN (`*` and `?` are wildcards).",
        "list",
        "PATTERN",
        kept_as="principals",
    ),
    Option(
        ("--forbid",),
        "Scenario file whose expectations must hold in the world behind the change, or a file"
        " of claims, which are proved.",
        "list",
        "FILE",
    ),
    allow_unknown_names_option(),
    ACCEPT_UNKNOWN,
    STRICT,
    Option(
        ("--fail-on",),
        "Exit with 1 also when something opens (`latent`: or will, for principals that do not"
        " exist yet), or when anything changes.",
        metavar="WHEN",
        choices=("opened", "latent", "changed"),
    ),
    Option(
        ("--account",),
        "The account of what is laid over, where it does not say.",
        metavar="ID",
        panel="Templates and plans",
    ),
    *(option for option in TEMPLATE_OPTIONS if option.field != "before"),
)

COMMAND = Command(
    "diff",
    "Say which decisions differ: between two worlds, or through a plan or a template.\n\n"
    "Give two worlds; a Terraform plan alone, of which both sides are compared; or a world, and"
    " with `--overlay` what is laid over it. A world may be a folder of a git revision, written"
    " REVISION:PATH: configurations and templates are read as they were there. Both are asked where"
    " policies that differ can matter: for the principals and resources that these concern, the"
    " actions of their changed statements, and the resources that patterns in play tell apart."
    " Between two worlds, documents, attachments and memberships are shown as unified diffs. Exits"
    " with 1 when a requirement of `--forbid` does not hold afterwards, or a claim is not proved.",
    (
        *OPTIONS,
        verbose_option("Also every action and resource by name."),
        *output(*DOCUMENT_FORMATS, "github", quiet="A line for each change."),
    ),
    _run,
    Argument(
        "BEFORE AFTER",
        "Two worlds: files, folders, REVISION:PATH of git, or what `iamsim import` reads; or a plan"
        " alone.",
        most=2,
    ),
)
