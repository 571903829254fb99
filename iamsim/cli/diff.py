"""`iamsim diff`: whose permissions differ between two worlds, and through what."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.commands import Argument, Command
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.changes import Changes

__all__ = ["COMMAND"]

OPTIONS = tuple(one for one in WORLD_OPTIONS if one.field not in {"worlds", "overlays"})


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Load both worlds, compare them, and write what differs."""
    from iamsim.cli.worlds import load_any  # noqa: PLC0415 - `--help` needs none
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415
    from iamsim.query.changes.unknowns import unknowns_between  # noqa: PLC0415
    from iamsim.query.policy_changes import policy_changes  # noqa: PLC0415
    from iamsim.report import changes as report  # noqa: PLC0415

    first, second = (load_any([path], quiet=bool(options["quiet"])) for path in arguments)
    if first is None or second is None:
        raise AssertionError("two paths give two worlds")
    worlds = CompiledWorld.checked(first), CompiledWorld.checked(second)
    for world in worlds:
        refuse_unknown(options, world)
    changes = _compare(options, *worlds)
    policies = tuple(policy_changes(first, second))
    unknowns = unknowns_between(changes, *worlds)
    found = report.ChangeReport(changes, second, unknowns=unknowns, policies=policies)
    write_answer(
        options,
        lambda: report.changes_document(found, verbose=bool(options["verbose"])),
        lambda: report.changes_data(found),
        lambda: report.changes_lines(found),
    )
    if not options["fail_on"]:
        return 0
    code = int(changes.has(str(options["fail_on"])))
    unsearched = (*(() if changes.complete else (report.MORE_WAYS,)), *changes.silent)
    return code_with_unknowns(options, unknowns, code, unsearched)


def _compare(options: Options, first: CompiledWorld, second: CompiledWorld) -> Changes:
    """Ask both worlds wherever they can decide differently."""
    from iamsim.cli.ask import text_of, texts_of, time_of  # noqa: PLC0415 - as above
    from iamsim.query.batch import Batch  # noqa: PLC0415
    from iamsim.query.changes import find_changes  # noqa: PLC0415

    patterns = texts_of(options, "principals")
    partial, now = not options["exact"], time_of(text_of(options, "at"))
    progress_bar = ProgressBar("comparing decisions", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        return find_changes(
            Batch(first, partial=partial, now=now),
            Batch(second, partial=partial, now=now),
            context=asked_context(options),
            wanted=lambda principal: (
                not patterns or any(fnmatchcase(principal, one) for one in patterns)
            ),
            progress=progress,
            processes=processes,
        )


COMMAND = Command(
    "diff",
    "Compare two worlds: whose permissions changed, and through which policy.\n\n"
    "Documents, attachments and memberships that differ are shown as unified diffs. Both worlds are"
    " asked wherever these can matter, and nowhere else: for the principals and resources that they"
    " concern, and the actions of their changed statements.",
    (
        *OPTIONS,
        Option(
            ("-p", "--principal"),
            "principals",
            "Only principals like this ARN (`*` and `?` are wildcards).",
            "list",
            "PATTERN",
        ),
        Option(
            ("--fail-on",),
            "fail_on",
            "Exit with 1 when something opened (`latent`: or will, for principals that do not exist"
            " yet), or when anything changed.",
            metavar="WHEN",
            choices=("opened", "latent", "changed"),
        ),
        ACCEPT_UNKNOWN,
        STRICT,
        Option(
            ("-v", "--verbose"),
            "verbose",
            "Name every action and resource.",
            "flag",
            panel="Output",
        ),
        *output(*DOCUMENT_FORMATS, quiet="A line for each change."),
    ),
    _run,
    Argument(
        "WORLD1 WORLD2",
        "The world before and the world after: files, folders, or what `iamsim import` reads.",
        least=2,
        most=2,
    ),
)
