"""What would explain a denial that a world does not explain: each is tried before it is said.

A difference is one change of the question: a context key that is absent or has another value, an
endpoint, another owner, a policy that the world does not have. Where no change by itself makes the
engine deny as AWS did, two together are tried. The number of tries is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Decision, Verdict
from iamsim.query.candidates import candidates
from iamsim.symbolic.partial import answer as explain
from iamsim.symbolic.partial import decide

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.difference import Difference
    from iamsim.syntax.denial import DenialMessage

MOST_TRIED = 400
MOST_PAIRED = 60  # of the likeliest, each with each other
MOST_PAIRS = 400
MOST_SHOWN = 5


class Search(NamedTuple):
    """The differences that were found, how many were tried, whether two together were among them,
    and whether there were more than could be tried."""

    found: tuple[Difference, ...] = ()
    tried: int = 0
    paired: bool = False
    cut: bool = False


def find_differences(
    message: DenialMessage, question: Question, world: CompiledWorld, answer: Answer
) -> Search:
    """Find the changes that make the engine deny as the message says, likeliest first.

    Two changes together are tried only where none by itself explains the denial, but for policies
    that are made up: of those there is one for every denial.
    """
    every = list(islice(candidates(message, question, world, answer), MOST_TRIED + 1))
    single = sorted(every[:MOST_TRIED], key=_rank)
    differences, tried = _try(message, single, world)
    cut, paired = len(every) > MOST_TRIED, False
    if all(difference.stands_in for difference in differences):
        known = [difference for difference in single if not difference.stands_in]
        pairs = sorted(_pairs(question, known[:MOST_PAIRED]), key=_rank)
        together, more = _try(message, pairs[:MOST_PAIRS], world)
        cut = cut or len(known) > MOST_PAIRED or len(pairs) > MOST_PAIRS
        differences, tried, paired = (
            sorted([*differences, *together], key=_rank),
            tried + more,
            bool(pairs),
        )
    shown = differences[:MOST_SHOWN]
    explained = tuple(
        replace(difference, answer=explain(difference.question, world)) for difference in shown
    )
    return Search(explained, tried, paired, cut)


def _rank(difference: Difference) -> int:
    return difference.rank


def _try(
    message: DenialMessage, likeliest_first: Sequence[Difference], world: CompiledWorld
) -> tuple[list[Difference], int]:
    """Ask the engine about each, and give those that explain the message, one of each sort, and how
    many were asked about."""
    differences: dict[object, Difference] = {}
    tried = 0
    for difference in likeliest_first:
        about = (
            difference.about
            if difference.also is None
            else frozenset((difference.about, difference.also.about))
        )
        if about in differences:
            continue
        tried += 1
        if _agrees(message, decide(difference.question, world)):
            differences[about] = difference
    return list(differences.values()), tried


def _pairs(question: Question, single: Sequence[Difference]) -> Iterator[Difference]:
    """Each two changes of different things, together."""
    for first, second in combinations(single, 2):
        if first.key is not None and first.key == second.key:
            continue
        both = with_both(question, first.question, second.question)
        if both is not None:
            rank = first.rank + second.rank
            yield replace(first, question=both, rank=rank, also=second)


def with_both(question: Question, first: Question, second: Question) -> Question | None:
    """Ask a question with what differs in each of two others; `None` where both change one thing
    in two ways."""
    changes: dict[str, object] = {}
    for name in (entry.name for entry in fields(question)):
        before, one, other = (getattr(asked, name) for asked in (question, first, second))
        if name == "context":
            changed = {key: value for key, value in other.items() if before.get(key) != value}
            kept = {key: value for key, value in one.items() if key in other or key not in before}
            changes[name] = {**kept, **changed}
        elif name == "unset":
            changes[name] = (one | other) - ((before - one) | (before - other))
        elif before not in (one, other):
            return None
        else:
            changes[name] = other if one == before else one
    return replace(question, **changes)  # type: ignore[arg-type]  # each value is of its field


def _agrees(message: DenialMessage, decision: Decision) -> bool:
    if decision.verdict not in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}:
        return False
    if message.explicit not in {None, decision.verdict is Verdict.EXPLICIT_DENY}:
        return False
    return message.layer is None or decision.layer in {message.layer, message.through}
