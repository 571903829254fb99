"""What a search for escalation paths finds: steps with their answers, edges, what blocks one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core.decision import Decision, Verdict
from iamsim.core.overall import overall_verdict

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Step, Way
    from iamsim.query.batch import BatchAnswer, Candidate

ADMINISTRATOR = "administrator of "
WITH = " with "
STEP_WEIGHT = 1000
MOST_CALLS = 20  # fewer than that count for how far a way is


class Taken(NamedTuple):
    """A step on one resource, with the engine's answer."""

    step: Step
    resource: str
    answer: BatchAnswer


class Cleared(NamedTuple):
    """A call that takes a policy away that denies, made with what has been gained; `policy` is its
    name."""

    policy: str
    taken: Taken


class Edge(NamedTuple):
    """One way that somebody can go. `gained` is the answer that made somebody an administrator,
    where the way changes permissions; `cleared` is what had to be taken away before."""

    way: Way
    taken: tuple[Taken, ...]
    gained: BatchAnswer | None = None
    cleared: tuple[Cleared, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Conditional where some step depends on something."""
        answers = [taken.answer.verdict for taken in self.taken]
        answers += [cleared.taken.answer.verdict for cleared in self.cleared]
        if self.gained is not None:
            answers.append(self.gained.verdict)
        return overall_verdict(answers)

    @property
    def weight(self) -> int:
        """How far a way is: that it is one, then whether it is certain, then how many calls."""
        uncertain = 2 * (self.verdict is Verdict.CONDITIONAL) + (self.way.presumes is not None)
        actions = {taken.step.action for taken in self.taken}
        calls = min(len(actions) + len(self.cleared), MOST_CALLS - 1)
        return STEP_WEIGHT + MOST_CALLS * uncertain + calls


class Blocked(NamedTuple):
    """Somebody whose policies are about all steps of a way, and the decision that is in it.

    `target` is one of those that the way would reach, with `others` more of the same kind; `step`
    is `None` where all steps can be taken, and what they give is not enough.
    """

    source: str
    way: Way
    target: str | None
    others: int
    step: Step | None
    resource: str
    decision: Decision


@dataclass(slots=True)
class Escalations:
    """All ways found, as a `networkx.DiGraph`.

    Its nodes are principals, principals with a group or a policy besides (`member_node`),
    `administrator_of` an account, and inner nodes (tuples) that stand for several targets of one
    way. An edge with `edge` is a way; without it is no step of its own. `not_followed` are the
    groups that somebody can join, and behind which nothing was looked for; `not_tried` are calls
    that policies allow on more resources than were tried, each with the account.
    """

    graph: Any
    candidates: dict[str, Candidate] = field(default_factory=dict)
    administrators: dict[str, BatchAnswer] = field(default_factory=dict)
    blocked: list[Blocked] = field(default_factory=list)
    not_followed: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)


def administrator_of(account: str) -> str:
    """The node that stands for everything in an account."""
    return f"{ADMINISTRATOR}{account}"


def is_administrator(node: str) -> bool:
    """Whether a node stands for everything in some account."""
    return node.startswith(ADMINISTRATOR)


def member_node(principal: str, besides: str) -> str:
    """The node of a principal that has got the policies of a group, or one policy, besides."""
    return f"{principal}{WITH}{besides}"


def split_node(node: str) -> tuple[str, str | None]:
    """The principal of a node, and what it has got besides; ARNs have no blanks."""
    principal, _, besides = node.partition(WITH)
    return principal, besides or None
