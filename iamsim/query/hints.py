"""What the service reference can tell about an answer: misspelled actions, resources that an action
does not take, condition keys that its requests never carry.

Worked out when somebody looks, from the answer alone; the decision is made without it, and every
action is decided, known or not. Follows
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.checks.arn_formats import cut_arn
from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict
from iamsim.core.explanation import ClauseExplanation, Element, StatementExplanation
from iamsim.core.hint import Hint, HintKind, HintPlace
from iamsim.core.reason import Reason
from iamsim.engine.question import ContextValue, Question
from iamsim.questions.check import QuestionCheck, reference
from iamsim.questions.resources import fits, readable_formats
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from iamsim.checks.reference import Reference
    from iamsim.core.answer import Answer, RequestRecord
    from iamsim.world.model import World

EVERYTHING = "*"
FEW = 8  # pairs that were given one by one


def find_hints(answer: Answer) -> tuple[Hint, ...]:
    """Give the hints of an answer: about its question first, then about the statements that decided
    or that came closest. Without doubt there are none."""
    return (
        *find_question_hints(answer),
        *_find_wildcard(answer),
        *_find_statement_hints(answer),
    )


def find_question_hints(answer: Answer) -> tuple[Hint, ...]:
    """Give the hints about the question of an answer, which knows the world that was asked."""
    if answer.check is not None:
        return answer.check()
    return find_request_hints(answer.request)


def doubts_of(answer: Answer) -> tuple[Hint, ...]:
    """Give the hints that stand first in an answer: what is wrong with the question of a denial."""
    verdict = answer.decision.verdict
    denied = verdict in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
    return find_question_hints(answer) if denied else ()


def hints_below(answer: Answer) -> tuple[Hint, ...]:
    """Give the hints that do not stand first."""
    first = frozenset(doubts_of(answer))
    return tuple(hint for hint in find_hints(answer) if hint not in first)


def _find_wildcard(answer: Answer) -> tuple[Hint, ...]:
    """Give the hint about the ARN of one resource that holds a wildcard. It tells nothing wrong
    with the question: AWS itself asks so for what is not there yet (`volume/*`), without a hint."""
    asked = answer.request
    found = find_arn(asked.resource)
    name = "" if found is None else found.resource.removesuffix(":*")
    is_new = found is not None and bool(found.account) and name == f"{name.partition('/')[0]}/*"
    if asked.pattern or is_new or name == EVERYTHING or not {"*", "?"} & set(name):
        return ()
    kind = HintKind.RESOURCE_HOLDS_WILDCARD
    return (Hint(kind, asked.resource, asked.action, reference().snapshot),)


def _find_statement_hints(answer: Answer) -> tuple[Hint, ...]:
    return tuple(dict.fromkeys(_Finder(answer.request, reference()).of_statements(answer)))


def find_request_hints(request: RequestRecord) -> tuple[Hint, ...]:
    """Give the hints about a request alone, whoever makes it."""
    check = QuestionCheck()
    question = Question("", request.action, request.resource, request.context)
    request_hints = check.of_resource(request.action, request.resource)
    return tuple(dict.fromkeys([*request_hints, *check.of_context(question, (request.action,))]))


def hints_about(
    pairs: Sequence[tuple[str, str]],
    context: Mapping[str, ContextValue] | None,
    world: World | None = None,
) -> tuple[Hint, ...]:
    """Give the hints about actions on resources that are asked together, whoever calls: actions
    that nobody knows, resources that they do not act on, keys that none of them carries.

    Of many pairs most come of a wildcard, which stands for what acts on the resource.
    """
    check = QuestionCheck(world)
    hints: dict[Hint, None] = {}
    for action, resource in pairs:
        if len(pairs) <= FEW or check.reference.action(action) is None:
            hints.update(dict.fromkeys(check.of_resource(action, resource)))
    if pairs and context:
        question = Question("", *pairs[0], context)
        actions = tuple(dict.fromkeys(action for action, _ in pairs))
        hints.update(dict.fromkeys(check.of_context(question, actions)))
    return tuple(hints)


class _Finder:
    """Looks one request through, and its answer."""

    def __init__(self, request: RequestRecord, reference: Reference) -> None:
        self.request = request
        self.reference = reference
        self.action = request.action
        self.facts = reference.action(self.action)
        self.formats = reference.formats_of(self.action)

    def of_statements(self, answer: Answer) -> Iterator[Hint]:
        """The statements that decided, and those that came closest to allowing."""
        for decider in answer.explanation.decided_by:
            near = decider.near
            if decider.statement is not None:
                yield from self.of_conditions(decider.statement, decider.policy or "")
            elif near is not None:
                yield from self.of_conditions(near.statement, near.policy)
                if Element.ACTION in near.failed:
                    yield from self.of_actions(near.statement, near.policy)
                if Element.RESOURCE in near.failed:
                    yield from self.of_resources(near.statement, near.policy)

    def of_actions(self, statement: StatementExplanation, policy: str) -> Iterator[Hint]:
        """A statement that names no action where the one of the request may be meant."""
        for clause in statement.clauses:
            name = clause.pattern
            if clause.element is not Element.ACTION or "*" in name or "?" in name:
                continue
            if self.facts is None or self.reference.action(name) is not None:
                continue
            if self.facts.full_name in self.reference.suggest(name):
                kind = HintKind.STATEMENT_ACTION_UNKNOWN
                meant = (self.facts.full_name,)
                yield self.hint(
                    kind, name, suggestions=meant, place=_place(statement, policy, clause)
                )

    def of_resources(self, statement: StatementExplanation, policy: str) -> Iterator[Hint]:
        """A statement none of whose resources the action takes."""
        clauses = [clause for clause in statement.clauses if clause.element is Element.RESOURCE]
        arns = [cut_arn(clause.pattern) for clause in clauses]
        if self.facts is None or not clauses or None in arns:
            return
        place = _place(statement, policy, clauses[0])
        if not self.facts.resource_types:
            kind = HintKind.STATEMENT_RESOURCES_WITHOUT_USE
            yield self.hint(kind, clauses[0].pattern, place=place)
        elif self.takes_one() and not any(
            arn is not None and fits(form, arn) for form in self.formats for arn in arns
        ):
            kind = HintKind.STATEMENT_RESOURCES_OF_OTHER_TYPE
            formats = readable_formats(self.formats, clauses[0].pattern)
            yield self.hint(kind, clauses[0].pattern, formats=formats, place=place)

    def takes_one(self) -> bool:
        """Whether this request names a resource, or its action always does."""
        if self.facts is None or not self.formats:
            return False
        required = all(use.required is True for use in self.facts.resource_types)
        return required or self.request.resource != EVERYTHING

    def of_conditions(self, statement: StatementExplanation, policy: str) -> Iterator[Hint]:
        """The condition tests of a statement, against what the action's requests carry."""
        for clause in statement.clauses:
            if clause.element is not Element.CONDITION or clause.key is None:
                continue
            facts = self.reference.key(clause.key)
            operator = split_operator(clause.operator or "")
            if facts is None or operator is None or operator.base == "Null":
                continue
            place = _place(statement, policy, clause)
            if operator.set_operator is None and self.reference.needs_set_operator(facts):
                kind = HintKind.SET_OPERATOR_MISSING
                yield self.hint(kind, clause.key, operator=clause.operator, place=place)
            if operator.if_exists or not self.reference.never_sends(self.action, facts):
                continue
            if clause.reason is Reason.KEY_ABSENT and not clause.matched:
                yield self.hint(HintKind.CONDITION_NEVER_MET, clause.key, place=place)
            elif clause.reason is Reason.KEY_ABSENT_PASSES:
                yield self.hint(HintKind.CONDITION_ALWAYS_MET, clause.key, place=place)

    def hint(
        self,
        kind: HintKind,
        subject: str,
        *,
        suggestions: tuple[str, ...] = (),
        formats: tuple[str, ...] = (),
        operator: str | None = None,
        place: HintPlace | None = None,
    ) -> Hint:
        """Make a hint with the day of the snapshot."""
        snapshot = self.reference.snapshot
        return Hint(kind, subject, self.action, snapshot, suggestions, formats, operator, place)


def _place(statement: StatementExplanation, policy: str, clause: ClauseExplanation) -> HintPlace:
    return HintPlace(policy, statement.index, statement.sid, clause.source, clause.path)
