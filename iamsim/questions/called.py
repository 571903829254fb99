"""What an API call asks, as questions of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.data_class import replace
from iamsim.engine.question import Question, Via

if TYPE_CHECKING:
    from iamsim.calls.model import Requested

__all__ = ["question_of"]


def question_of(requested: Requested, base: Question) -> Question:
    """Put what a call tells into a question; what `base` says of context and session wins."""
    via = base.via
    services = requested.via.get("service") or ()
    own = (services,) if isinstance(services, str) else tuple(services)
    session = base.session
    told = requested.session
    if told:
        session = replace(
            session,
            source_identity=session.source_identity or told.get("source_identity"),
            source_user=session.source_user or told.get("source_user"),
        )
    return replace(
        base,
        action=requested.action,
        resource=requested.resource,
        context={**requested.context_values, **base.context},
        unknown=base.unknown | frozenset(requested.unknown) - set(base.context),
        via=Via(via.vpc_endpoint or requested.via.get("vpc_endpoint"), via.services or own),
        session=session,
        resource_account=base.resource_account or requested.resource_account,
    )
