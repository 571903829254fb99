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
from iamsim.cli.commands import Argument, Command, verbose_option
from iamsim.cli.import_templates import TEMPLATE_OPTIONS, template_arguments
from iamsim.cli.options import Option
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
    from collections.abc import Sequence

    from iamsim.api.differences import Changes
    from iamsim.cli.options import Options
    from iamsim.engine.world import CompiledWorld
    from iamsim.importers.draft import Remark
    from iamsim.world.model import World

__all__ = ["COMMAND", "OPTIONS", "compared"]


def compared(
    options: Options, arguments: Sequence[str]
) -> tuple[Changes, CompiledWorld, CompiledWorld]:
    """Compare two worlds, or a world with the one behind the overlay; and give both."""
    from iamsim.api.differences import compare
    from iamsim.cli.ask import texts_of
    from iamsim.engine.world import CompiledWorld

    with CollectLater():
        base, laid, remarks = _two_worlds(options, arguments) or _worlds(options)
    before = CompiledWorld(base)
    after = before if laid is base else CompiledWorld(laid)
    after.policies = before.policies  # what does not differ is compiled once
    for world in (before, after):
        refuse_unknown(options, world)
    asked = asking(options)
    progress_bar = ProgressBar("comparing decisions", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress, CollectLater():
        changes = compare(
            before,
            after,
            context=asked_context(options),
            principals=texts_of(options, "principals"),
            partial=not asked["exact"],
            at=asked["at"],
            forbid=texts_of(options, "forbid"),
            allow_unknown_names=bool(options["allow_unknown_names"]),
            with_policies=bool(arguments),
            remarks=remarks,
            progress=progress,
            processes=processes,
        )
    return changes, before, after


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Compare, and write what differs."""
    changes, _, _ = compared(options, arguments)
    accepted = bool(options["accept_unknown"])
    write_result(options, changes, {"github": lambda: changes.to_github(accepted=accepted)})
    when = options["fail_on"]
    code = int(changes.broken or (isinstance(when, str) and changes.report.changes.has(when)))
    if not (options["forbid"] or when):
        return code
    return code_with_unknowns(
        options, changes.unknowns, code, changes.unsearched, unverified=changes.unverified
    )


def _two_worlds(
    options: Options, arguments: Sequence[str]
) -> tuple[World, World, tuple[Remark, ...]] | None:
    """The two worlds that the arguments name, or those before and behind a plan alone; raises
    `RequestError` for another one alone."""
    if not arguments:
        return None
    from iamsim.cli.diff_sides import is_plan_file, load_side
    from iamsim.files.same import same_folders
    from iamsim.importers.load import is_source, load_worlds

    alone = len(arguments) == 1
    if options["overlays"] or (alone and not is_plan_file(arguments[0])):
        raise RequestError(
            "missing-argument",
            "a comparison is of two worlds, of a plan, or of a world and what is laid over it",
            hint="`iamsim diff BEFORE AFTER`, `iamsim diff PLAN`, or"
            " `iamsim diff --world WORLD --overlay PLAN`",
        )
    remarks: dict[Remark, None] = {}
    if not alone and not is_source(arguments[0]) and same_folders(*arguments):
        both = load_worlds(arguments[0], on_demand=not options["strict"])
        return both, both, ()
    before = load_side(options, arguments[0], remarks, before=alone)
    after = load_side(options, arguments[-1], remarks, before=False)
    return before, after, tuple(remarks)


def _worlds(options: Options) -> tuple[World, World, tuple[Remark, ...]]:
    """The world before and behind the overlay, and what of that is not known."""
    from iamsim.cli.ask import text_of, texts_of
    from iamsim.cli.worlds import load_any
    from iamsim.importers.options import SourceOptions
    from iamsim.importers.overlay import overlay_world

    base = load_any(texts_of(options, "worlds"), quiet=bool(options["quiet"]))
    overlays = texts_of(options, "overlays")
    if base is None:
        raise missing_world()
    if not overlays:
        raise RequestError(
            "missing-overlay",
            "nothing is laid over the world, so nothing changes",
            hint="give a plan or a template with `--overlay FILE`",
        )
    remarks: list[Remark] = []
    told = SourceOptions(
        account=text_of(options, "account"), **template_arguments({"before": False, **options})
    )
    with ProgressBar("import", quiet=bool(options["quiet"])) as bar:
        laid = overlay_world(
            base,
            overlays,
            options=told,
            progress=lambda done, total, _path: bar(done, total),
            remarked=remarks.extend,
        )
    return base, laid, tuple(remarks)


OPTIONS = (
    *WORLD_OPTIONS,
    Option(
        ("-p", "--principal"),
        "principals",
        "Only principals like this ARN (`*` and `?` are wildcards).",
        "list",
        "PATTERN",
    ),
    Option(
        ("--forbid",),
        "forbid",
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
        "fail_on",
        "Exit with 1 also when something opens (`latent`: or will, for principals that do not"
        " exist yet), or when anything changes.",
        metavar="WHEN",
        choices=("opened", "latent", "changed"),
    ),
    Option(
        ("--account",),
        "account",
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
