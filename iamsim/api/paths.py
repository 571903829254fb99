"""Who can become whom: chains of steps to a goal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.escalation.find import REGION, find_escalations
from iamsim.query.escalation.routes import Chain, administrators, shortest_chains
from iamsim.questions.actions import expand_actions
from iamsim.questions.names import principal_named, resource_named
from iamsim.report import paths as report

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.batch import Batch
    from iamsim.query.escalation.model import Escalations
    from iamsim.report.document import Document
    from iamsim.world.model import World

ADMINISTRATOR = "administrator"
GOAL = "administrator of an account"


class Paths(Result):
    """The shortest chain of everybody who can get to a goal; `answer` has all that is said."""

    def __init__(self, answer: report.PathsAnswer) -> None:
        """Wrap what was found; use `World.paths` to ask."""
        self.answer = answer

    @property
    def chains(self) -> Sequence[Chain]:
        """One for each principal that is not there already."""
        return self.answer.chains

    @property
    def principals(self) -> list[str]:
        """Who can get there."""
        return report.paths_lines(self.answer)

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What is not known of policies."""
        return self.answer.unknowns

    @property
    def unsearched(self) -> list[str]:
        """What was not searched, so that more may be there."""
        return report.limits_of(self.answer.found)

    @property
    def _models(self) -> Sequence[World]:
        return () if self.answer.model is None else (self.answer.model,)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return report.paths_document(self.answer)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim paths --format json` has it."""
        return report.paths_data(self.answer)

    def lines(self) -> list[str]:
        """The principals."""
        return self.principals


def find_paths(  # noqa: PLR0913 - the arguments are the options of the command
    batch: Batch,
    *,
    principals: Sequence[str] = (),
    goal: str = ADMINISTRATOR,
    actions: Sequence[str] = (),
    region: str | None = None,
    blocked: bool = False,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Paths:
    """Search for the chains to a goal: `administrator`, a principal, or a resource with actions.

    Raises `RequestError` for what is no goal, and for a principal that the world does not know.
    """
    model = batch.world.model
    goal = _goal(goal, actions, model)
    escalations = find_escalations(
        batch, region=region or REGION, blocked=blocked, progress=progress, processes=processes
    )
    sources = _known([principal_named(principal, model) for principal in principals], escalations)
    words, goals, there = _goals(batch, escalations, goal, actions)
    chains = [
        shortest_chain
        for shortest_chain in shortest_chains(escalations, goals, sources or None)
        if shortest_chain.source not in there
    ]
    kept_back = None
    if blocked:
        some = set(sources)
        kept_back = sorted(
            (step for step in escalations.blocked if not some or step.source in some),
            key=lambda entry: (entry.source, entry.way.id, entry.target or ""),
        )
    # Workloads pass on the roles that they run with, known or not.
    unknowns = [found for found in batch.world.unknowns() if found.decides or found.fact == "role"]
    return Paths(
        report.PathsAnswer(
            words, escalations, chains, tuple(sorted(there)), kept_back, model, unknowns
        )
    )


def _goal(text: str, actions: Sequence[str], model: World) -> str:
    """A goal by its ARN or name; a resource needs an action, and nothing else takes one."""
    if text == ADMINISTRATOR:
        goal = text
    else:
        goal = resource_named(text, model) if actions else principal_named(text, model)
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
    return goal


def _known(names: Sequence[str], found: Escalations) -> list[str]:
    """Those principals; raises `RequestError` for one that the world does not know."""
    for name in names:
        if name not in found.candidates:
            raise RequestError(
                "no-such-principal",
                f"the world has no user or role `{name}`",
                hint=did_you_mean(name, list(found.candidates)) or "give the ARN with its path",
            )
    return list(names)


def _goals(
    batch: Batch, found: Escalations, goal: str, actions: Sequence[str]
) -> tuple[str, set[str], set[str]]:
    """What the goal is in words, its nodes, and who is there already."""
    if goal == ADMINISTRATOR:
        return GOAL, administrators(found), set(found.administrators)
    if not actions:
        _known([goal], found)
        return goal, {goal}, {goal}
    able: set[str] | None = None
    for action in expand_actions(tuple(actions), goal):
        holders = {holder.principal for holder in batch.who(action, goal)}
        able = holders if able is None else able & holders
    there = (able or set()) & set(found.candidates)
    return f"somebody that can {' and '.join(actions)} on {goal}", there, there
