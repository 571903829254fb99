"""`iamsim diff`: which decisions differ between two worlds, or through what is laid over one.

`iamsim changes` is its former name for the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.commands import Argument, Command, verbose_option
from iamsim.cli.import_templates import TEMPLATE_OPTIONS, with_template_options
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asked_context,
    output,
    processes_of,
    write_answer,
)
from iamsim.cli.worlds import allow_unknown_names_option
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.world import CompiledWorld
    from iamsim.importers.draft import Remark
    from iamsim.proofs.result import CheckResult
    from iamsim.report.changes import ChangeReport, Kept
    from iamsim.world.model import World

__all__ = ["COMMAND"]


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Compare the world with the one behind the overlay, and write what differs."""
    from iamsim.report import changes as report  # noqa: PLC0415 - `--help` needs none

    found = _found(options, arguments)
    write_answer(
        options,
        lambda: report.changes_document(found, verbose=bool(options["verbose"])),
        lambda: report.changes_data(found),
        lambda: report.changes_lines(found),
    )
    code = int(bool(found.broken or found.unproved) or _fails(found, options))
    gate = options["forbid"] or options["fail_on"]
    if not gate:
        return code
    unsearched = (*(() if found.changes.complete else (report.MORE_WAYS,)), *found.changes.silent)
    return code_with_unknowns(options, found.unknowns, code, unsearched)


def _fails(found: ChangeReport, options: Options) -> bool:
    """Whether there is what `--fail-on` names."""
    when = options["fail_on"]
    return when is not None and found.changes.has(str(when))


def _found(options: Options, arguments: Sequence[str]) -> ChangeReport:
    """Load both worlds and compare them."""
    from iamsim.cli.ask import text_of, texts_of, time_of  # noqa: PLC0415 - as above
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415
    from iamsim.proofs.claims import parse_claims  # noqa: PLC0415
    from iamsim.proofs.prove import Prover  # noqa: PLC0415
    from iamsim.query.batch import Batch  # noqa: PLC0415
    from iamsim.query.changes import find_changes  # noqa: PLC0415
    from iamsim.query.changes.unknowns import unknowns_between  # noqa: PLC0415
    from iamsim.query.policy_changes import policy_changes  # noqa: PLC0415
    from iamsim.report.changes import ChangeReport  # noqa: PLC0415
    from iamsim.world.documents import read_document  # noqa: PLC0415

    base, laid, remarks = _two_worlds(options, arguments) or _worlds(options)
    before = CompiledWorld.checked(base)
    if arguments:
        after = CompiledWorld.checked(laid)
    else:
        after = CompiledWorld(laid)
        after.policies = before.policies  # what does not differ is compiled once
    for world in (before, after):
        refuse_unknown(options, world)
    patterns = texts_of(options, "principals")
    partial, now = not options["exact"], time_of(text_of(options, "at"))
    allow = bool(options["allow_unknown_names"])
    kept: list[Kept] = []
    claims: list[CheckResult] = []
    prover = Prover(after, before)
    for file in texts_of(options, "forbid"):
        data = read_document(file).data
        if isinstance(data, Mapping) and "claims" in data:
            claims += [prover.prove(claim) for claim in parse_claims(data, file=file)]
        else:
            kept += _requirements(file, before, after, allow_unknown_names=allow)
    progress_bar = ProgressBar("comparing decisions", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        changes = find_changes(
            Batch(before, partial=partial, now=now),
            Batch(after, partial=partial, now=now),
            context=asked_context(options),
            wanted=lambda principal: (
                not patterns or any(fnmatchcase(principal, one) for one in patterns)
            ),
            progress=progress,
            processes=processes,
        )
    unknowns = unknowns_between(changes, before, after)
    policies = tuple(policy_changes(base, laid)) if arguments else ()
    return ChangeReport(changes, laid, tuple(kept), remarks, unknowns, policies, tuple(claims))


def _two_worlds(
    options: Options, arguments: Sequence[str]
) -> tuple[World, World, tuple[Remark, ...]] | None:
    """The two worlds that the arguments name; raises `RequestError` for one alone."""
    if not arguments:
        return None
    from iamsim.cli.worlds import load_any  # noqa: PLC0415 - as above

    if len(arguments) == 1 or options["overlays"]:
        raise RequestError(
            "missing-argument",
            "a comparison is of two worlds, or of a world and what is laid over it",
            hint="`iamsim diff BEFORE AFTER`, or `iamsim diff --world WORLD --overlay PLAN`",
        )
    before, after = (load_any([path], quiet=bool(options["quiet"])) for path in arguments)
    if before is None or after is None:
        raise AssertionError("two paths give two worlds")
    return before, after, ()


def _worlds(options: Options) -> tuple[World, World, tuple[Remark, ...]]:
    """The world before and behind the overlay, and what of that is not known."""
    from iamsim.cli.ask import text_of, texts_of  # noqa: PLC0415 - as above
    from iamsim.cli.worlds import load_any  # noqa: PLC0415
    from iamsim.importers.options import SourceOptions  # noqa: PLC0415
    from iamsim.importers.overlay import overlay_world  # noqa: PLC0415

    base = load_any(texts_of(options, "worlds"), quiet=bool(options["quiet"]))
    overlays = texts_of(options, "overlays")
    if base is None:
        raise RequestError(
            "missing-world",
            "the question is about a world, and none is given",
            hint="give one with `--world PATH`",
        )
    if not overlays:
        raise RequestError(
            "missing-overlay",
            "nothing is laid over the world, so nothing changes",
            hint="give a plan or a template with `--overlay FILE`",
        )
    remarks: list[Remark] = []
    told = with_template_options(
        {"before": False, **options}, SourceOptions(account=text_of(options, "account"))
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


def _requirements(
    file: str, before: CompiledWorld, after: CompiledWorld, *, allow_unknown_names: bool
) -> list[Kept]:
    """Ask the requests of a scenario file in both worlds; a world that it names is not read."""
    from iamsim.report.changes import Kept  # noqa: PLC0415 - as above
    from iamsim.suites.meaning import MeaningCheck  # noqa: PLC0415 - as above
    from iamsim.suites.run import run_request  # noqa: PLC0415
    from iamsim.suites.scenario import load_scenario  # noqa: PLC0415

    scenario = load_scenario(file, lambda *_paths: after.model)
    check = MeaningCheck(after.model, allow_unknown_names=allow_unknown_names)
    return [
        Kept(
            file,
            run_request(request, before),
            check.of_result(run_request(request, after), must_expect=True),
        )
        for request in scenario.requests
    ]


COMMAND = Command(
    "diff",
    "Say which decisions differ: between two worlds, or through a plan or a template.\n\n"
    "Give two worlds; or a world, and with `--overlay` what is laid over it. Both are asked where"
    " policies that differ can matter: for the principals and resources that these concern, the"
    " actions of their changed statements, and the resources that patterns in play tell apart."
    " Between two worlds, documents, attachments and memberships are shown as unified diffs. Exits"
    " with 1 when a requirement of `--forbid` does not hold afterwards, or a claim is not proved.",
    (
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
        verbose_option("Also every action and resource by name."),
        *output(*DOCUMENT_FORMATS, quiet="A line for each change."),
    ),
    _run,
    Argument(
        "BEFORE AFTER",
        "Two worlds: files, folders, or what `iamsim import` reads.",
        most=2,
    ),
)
