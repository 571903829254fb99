"""`iamsim paths`: who can become whom, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli import completion
from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option, did_you_mean
from iamsim.cli.picture_options import (
    PICTURE_FORMATS,
    THEME_OPTION,
    wants_picture,
    write_drawn,
)
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    expand_actions,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.questions.names import principal_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.batch import Batch
    from iamsim.query.escalation.model import Escalations

__all__ = ["COMMAND"]

ADMINISTRATOR = "administrator"
GOAL = "administrator of an account"
OPTIONS = tuple(one for one in WORLD_OPTIONS if one.field != "context")


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Search for all ways, and write the chains to what was asked for."""
    from iamsim.cli.ask import text_of, texts_of  # noqa: PLC0415 - `--help` needs none
    from iamsim.query.escalation.find import REGION, find_escalations  # noqa: PLC0415
    from iamsim.query.escalation.routes import shortest_chains  # noqa: PLC0415
    from iamsim.report import paths as report  # noqa: PLC0415

    goal = text_of(options, "resource") or text_of(options, "to") or ADMINISTRATOR
    actions = texts_of(options, "actions")
    _check(goal, actions)
    progress_bar = ProgressBar("searching for ways", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        batch, model = open_batch(options)
        refuse_unknown(options, batch.world)
        found = find_escalations(
            batch,
            region=text_of(options, "region") or REGION,
            blocked=bool(options["blocked"]),
            progress=progress,
            processes=processes,
        )
    named = [principal_named(one, model) for one in texts_of(options, "sources")]
    sources = _principals(named, found)
    words, goals, there = _goals(batch, found, goal, actions)
    chains = [
        one for one in shortest_chains(found, goals, sources or None) if one.source not in there
    ]
    blocked = None
    if options["blocked"]:
        some = set(sources)
        blocked = sorted(
            (one for one in found.blocked if not some or one.source in some),
            key=lambda one: (one.source, one.way.id, one.target or ""),
        )
    if wants_picture(options):
        from iamsim.draw.access import draw_paths  # noqa: PLC0415 - text needs none

        write_drawn(draw_paths(found, chains, model, goal=words), options)
        return _code(options, chains, batch.world.unknowns(), found)
    unknowns = batch.world.unknowns()
    answer = report.PathsAnswer(
        words, found, chains, tuple(sorted(there)), blocked, model, unknowns
    )
    write_answer(
        options,
        lambda: report.paths_document(answer),
        lambda: report.paths_data(answer),
        lambda: report.paths_lines(answer),
    )
    return _code(options, chains, unknowns, found)


def _code(
    options: Options,
    chains: Sequence[object],
    unknowns: Sequence[UnknownInWorld],
    found: Escalations,
) -> int:
    """With `--fail`, whether there is a path, or could be one."""
    from iamsim.report.paths import limits_of  # noqa: PLC0415 - as above

    if not (options["fail"] or options["fail_on"]):
        return 0
    return code_with_unknowns(options, unknowns, int(bool(chains)), limits_of(found))


def _check(goal: str, actions: Sequence[str]) -> None:
    """A resource needs an action, and nothing else takes one."""
    arn = find_arn(goal)
    principal = arn is not None and arn.resource.startswith(("user/", "role/"))
    resource = arn is not None and not (arn.service == "iam" and principal)
    if resource and not actions:
        raise RequestError(
            "missing-argument",
            f"`{goal}` is a resource, and it is not said what somebody wants to do there",
            hint="give one with `--action`, for example `--action s3:GetObject`",
        )
    if actions and not resource:
        raise RequestError(
            "unexpected-argument",
            "`--action` is for a resource, and `--to` names none",
            hint="give the ARN of a resource with `--to`",
        )
    if arn is None and goal != ADMINISTRATOR:
        raise RequestError(
            "unknown-value",
            f"`{goal}` is nothing that somebody can get to",
            hint=did_you_mean(goal, [ADMINISTRATOR])
            or "give `administrator`, or the ARN of a principal or of a resource",
        )


def _principals(names: Sequence[str], found: Escalations) -> list[str]:
    """Those principals; raises `RequestError` for one that the world does not know."""
    for name in names:
        if name not in found.candidates:
            raise RequestError(
                "no-such-principal",
                f"the world has no user or role `{name}`",
                hint=did_you_mean(name, found.candidates) or "give the ARN with its path",
            )
    return list(names)


def _goals(
    batch: Batch, found: Escalations, goal: str, actions: Sequence[str]
) -> tuple[str, set[str], set[str]]:
    """What the goal is in words, its nodes, and who is there already."""
    from iamsim.query.escalation.routes import administrators  # noqa: PLC0415

    if goal == ADMINISTRATOR:
        return GOAL, administrators(found), set(found.administrators)
    if not actions:
        _principals([goal], found)
        return goal, {goal}, {goal}
    able: set[str] | None = None
    for action in expand_actions(tuple(actions), goal):
        holders = {holder.principal for holder in batch.who(action, goal)}
        able = holders if able is None else able & holders
    there = (able or set()) & set(found.candidates)
    return f"somebody that can {' and '.join(actions)} on {goal}", there, there


COMMAND = Command(
    "paths",
    "Find who can become whom: by assuming roles, passing them, credentials, policies.\n\n"
    "Every known way to more permissions is tried for every principal; each of its steps is"
    " decided by all policies of the world. Shown is the shortest chain of everybody who can get"
    " there and is not there already.",
    (
        *OPTIONS,
        Option(
            ("-p", "--principal"),
            "sources",
            "Only chains of this principal; may be repeated.",
            "list",
            "PRINCIPAL",
            completes=completion.principals,
        ),
        Option(
            ("--to",),
            "to",
            "Where to: `administrator`, a principal, or a resource with `--action`.",
            metavar="GOAL",
            default=ADMINISTRATOR,
        ),
        Option(
            ("-r", "--resource"),
            "resource",
            "The same as `--to` for a resource.",
            metavar="RESOURCE",
            completes=completion.resources,
        ),
        Option(
            ("-a", "--action"),
            "actions",
            "What to do with the resource; several: all of them.",
            "list",
            "ACTION",
        ),
        Option(("--blocked",), "blocked", "Also what keeps somebody from going a way.", "flag"),
        Option(
            ("--region",),
            "region",
            "The Region of what a way makes; by default us-east-1.",
            metavar="REGION",
        ),
        Option(
            ("--fail-on",),
            "fail_on",
            "Exit with 1 when there is a path.",
            metavar="WHEN",
            choices=("any",),
        ),
        Option(("--fail",), "fail", "The same as `--fail-on any`.", "flag", hidden=True),
        ACCEPT_UNKNOWN,
        STRICT,
        *output(*DOCUMENT_FORMATS, *PICTURE_FORMATS, quiet="Only the principals."),
        THEME_OPTION,
    ),
    _run,
    NO_ARGUMENTS,
)
