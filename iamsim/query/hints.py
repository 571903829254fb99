"""What the service reference can tell about an answer: misspelled actions, resources that an action
does not take, condition keys that its requests never carry.

Worked out when somebody looks, from the answer alone; the decision is made without it, and every
action is decided, known or not. Follows
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_formats import cut_arn
from iamsim.checks.reference import Reference
from iamsim.core.answer import RequestRecord
from iamsim.core.explanation import Element
from iamsim.core.hint import Hint, HintKind, HintPlace
from iamsim.core.reason import Reason
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.catalog import CatalogVersion
    from iamsim.checks.arn_formats import ArnFormat, ArnText
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import ClauseExplanation, StatementExplanation

__all__ = ["find_hints", "find_request_hints", "takes_resource"]

EVERYTHING = "*"
_VARIABLE = re.compile(r"\$\{([A-Za-z]+)\}")
_OTHER_RESOURCES = {HintKind.RESOURCE_OF_OTHER_TYPE, HintKind.ACTION_WITHOUT_RESOURCE}
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_references: list[tuple[CatalogVersion, Reference]] = []


def find_hints(answer: Answer) -> tuple[Hint, ...]:
    """Give the hints of an answer: about its request first, then about the statements that decided
    or that came closest. Without doubt there are none."""
    finder = _Finder(answer.request, _reference())
    found = [*finder.of_request(), *finder.of_context(), *finder.of_statements(answer)]
    return tuple(dict.fromkeys(found))


def find_request_hints(request: RequestRecord) -> tuple[Hint, ...]:
    """Give the hints about a request alone, whoever makes it."""
    finder = _Finder(request, _reference())
    return tuple(dict.fromkeys([*finder.of_request(), *finder.of_context()]))


def takes_resource(action: str, resource: str) -> bool:
    """Whether requests for an action may be about a resource; `*` stands for any, and for none."""
    finder = _Finder(RequestRecord("", action, resource, {}), _reference())
    return not any(hint.kind in _OTHER_RESOURCES for hint in finder.of_request())


def _reference() -> Reference:
    """The facts, remembered until the catalog is another one."""
    version = catalog.version()
    if not _references or _references[0][0] != version:
        _references[:] = [(version, Reference())]
    return _references[0][1]


class _Finder:
    """Looks one request through, and its answer."""

    def __init__(self, request: RequestRecord, reference: Reference) -> None:
        self.request = request
        self.reference = reference
        self.action = request.action
        self.facts = reference.action(self.action)
        self.formats = reference.formats_of(self.action)

    def of_request(self) -> Iterator[Hint]:
        """The action, and the resource that it was asked with."""
        if self.facts is None:
            yield self.unknown_action()
            return
        resource = self.request.resource
        if resource == EVERYTHING:
            return
        if not self.facts.resource_types:
            yield self.hint(HintKind.ACTION_WITHOUT_RESOURCE, resource)
            return
        arn = cut_arn(resource)
        if not self.formats or (arn and any(fits(form, arn) for form in self.formats)):
            return
        meant = [
            _written(candidate)
            for candidate in (_candidates(arn) if arn else _in_s3(resource))
            if any(_is_like(form, candidate) for form in self.formats)
        ]
        formats = self.shown_formats(arn.partition if arn else "aws")
        kind = HintKind.RESOURCE_OF_OTHER_TYPE
        yield self.hint(kind, resource, suggestions=tuple(meant[:1]), formats=formats)

    def unknown_action(self) -> Hint:
        """An action that the snapshot lacks: retired, misspelled, or newer than it."""
        prefix = self.action.partition(":")[0].lower()
        suggestions = self.reference.suggest(self.action)
        if catalog.is_retired(self.action) or prefix in self.reference.retired_services:
            return self.hint(HintKind.RETIRED_ACTION, self.action, suggestions=suggestions)
        known = prefix in self.reference.services
        kind = HintKind.UNKNOWN_ACTION if known else HintKind.UNKNOWN_SERVICE
        return self.hint(kind, self.action if known else prefix, suggestions=suggestions)

    def of_context(self) -> Iterator[Hint]:
        """The context keys that were given with the question."""
        for key in self.request.context:
            facts = self.reference.key(key)
            if facts is None:
                if self.is_misspelled(key):
                    suggestions = catalog.suggest_condition_key(key)
                    kind = HintKind.UNKNOWN_CONTEXT_KEY
                    yield self.hint(kind, key, suggestions=suggestions)
            elif self.reference.never_sends(self.action, facts):
                yield self.hint(HintKind.CONTEXT_KEY_NOT_SENT, key)

    def is_misspelled(self, key: str) -> bool:
        """Whether a key that nobody knows lies in a namespace that is known."""
        prefix, colon, _ = key.lower().partition(":")
        return not colon or prefix == "aws" or prefix in self.reference.services

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
            formats = self.shown_formats(arns[0].partition if arns[0] is not None else "aws")
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

    def shown_formats(self, partition: str) -> tuple[str, ...]:
        """The ARN formats of the action, shortest first, as people read them."""
        texts = {_readable(form.text, partition) for form in self.formats}
        return tuple(sorted(texts, key=lambda text: (len(text), text)))

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


def fits(form: ArnFormat, arn: ArnText) -> bool:
    """Whether an ARN, or a pattern for ARNs, may be of a format. Wildcards and variables in front
    of the resource may be any service."""
    loose = any(mark in text for text in (form.service, arn.service) for mark in ("${", "*", "?"))
    return (loose or form.service == arn.service) and form.fits_resource(arn.resource)


def _candidates(arn: ArnText) -> Iterator[ArnText]:
    """The ARN with less or more behind it, which is the usual slip: a bucket for its objects."""
    parts = arn.resource.split("/")
    for count in range(len(parts) - 1, 0, -1):
        yield arn._replace(resource="/".join(parts[:count]))
    if len(parts) == 1:
        yield arn._replace(resource=f"{arn.resource}/*")


def _in_s3(name: str) -> Iterator[ArnText]:
    """The ARNs that the name of a bucket or an object, or its address, may stand for."""
    arn = cut_arn(f"arn:aws:s3:::{name.removeprefix('s3://')}")
    if arn is not None:
        yield arn
        yield from _candidates(arn)


def _is_like(form: ArnFormat, arn: ArnText) -> bool:
    """Whether an ARN fits a format and is cut into as many parts."""
    return fits(form, arn) and all(
        form.resource.count(mark) == arn.resource.count(mark) for mark in ":/"
    )


def _written(arn: ArnText) -> str:
    """Put the parts of an ARN together."""
    return ":".join(("arn", *arn))


def _readable(text: str, partition: str) -> str:
    """Write ``arn:${Partition}:s3:::${BucketName}`` as ``arn:aws:s3:::BUCKET_NAME``."""

    def word(found: re.Match[str]) -> str:
        name = found[1]
        if name == "Partition":
            return partition
        return _WORD_STARTS.sub("_", name).upper()

    return _VARIABLE.sub(word, text)


def _place(statement: StatementExplanation, policy: str, clause: ClauseExplanation) -> HintPlace:
    """Where a clause stands."""
    return HintPlace(policy, statement.index, statement.sid, clause.source, clause.path)
