"""Other requests of the same caller, about other actions and other resources, that an edit may open
or close: those that the caller's own Allow statements suggest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.engine.formula import Slot
from iamsim.query.edits.around import is_taken, resource_near

if TYPE_CHECKING:
    from iamsim.compile.action import ActionPattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.authorize import Prepared

MOST = 40  # requests that are decided for one edit
MOST_OF_STATEMENT = 4
EVERYTHING = "*"
# Whose actions stand for all, where a statement names no service.
LIKELY_SERVICES = ("ec2", "iam", "s3", "lambda", "kms", "dynamodb", "sts")
# An action, the resource that it is asked about, and the pattern that the resource fits.
Suggested = tuple[str, str, str]


def suggested(prepared: Prepared, edited: tuple[CompiledStatement, ...]) -> Iterator[Suggested]:
    """Give requests that the edited statements are about and an Allow of the caller suggests."""
    own = prepared.request.action.lower()
    asked, context = prepared.request.resource, prepared.request.context
    found: dict[Suggested, None] = {}
    for statement in _granting(prepared, own):
        for pattern in () if statement.resources is None else statement.resources.patterns:
            resource = EVERYTHING if pattern.everything else resource_near(pattern, asked, context)
            if resource is None or (resource == asked and resource != EVERYTHING):
                continue
            names = (
                name
                for entry in statement.actions.patterns
                for name in _names(entry, edited)
                if name.lower() != own
                and statement.actions.covers(name.lower())
                and (resource == EVERYTHING or is_taken(name, resource))
            )
            for name in islice(names, MOST_OF_STATEMENT):
                found[name, resource, pattern.pattern] = None
    yield from islice(found, MOST)


def _granting(prepared: Prepared, action: str) -> Iterator[CompiledStatement]:
    """The Allow statements of the caller's identity-based policies."""
    for station in prepared.situation.arrange(action).at(Slot.IDENTITY):
        for policy in () if station.policies is None else station.policies.policies:
            for statement in policy.statements:
                if not statement.denies and not statement.actions.negated:
                    yield statement


def _names(entry: ActionPattern, edited: Iterable[CompiledStatement]) -> Iterator[str]:
    """The first action of each service that an entry covers and an edited statement is about."""
    edited = tuple(edited)
    services = LIKELY_SERVICES if entry.service is None else (entry.service,)
    for service in services:
        for facts in catalog.actions(service):
            name = f"{service}:{facts.name}"
            lowered = name.lower()
            if entry.test(lowered) and any(
                statement.actions.covers(lowered) for statement in edited
            ):
                yield name
                break
