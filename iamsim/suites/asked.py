"""Questions as the text of a scenario file: what was asked, to be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.syntax.printer import to_document
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.request import ContextValue
    from iamsim.engine.question import Question
    from iamsim.syntax.ast import Policy

Json = dict[str, object]


def scenario_of(question: Question, answer: Answer, worlds: Sequence[str] = ()) -> str | None:
    """Write the scenario that asks a question again and expects the same verdict, as YAML.

    `worlds` are the paths of the world, as they were given. `None` where a scenario can't say what
    was asked: that a key is absent although it could be derived.
    """
    if question.unset:
        return None
    scenario: Json = {"title": f"{question.action} by {question.principal}"}
    if worlds:
        scenario["world"] = worlds[0] if len(worlds) == 1 else list(worlds)
    scenario["requests"] = [_request(question, answer)]
    return write_yaml(scenario)


def _request(question: Question, answer: Answer) -> Json:
    decision = answer.decision
    denied = not answer.allowed and answer.residual is None
    session, via, attached = question.session, question.via, question.attached
    return _said(
        principal=question.principal,
        action=question.action,
        resource=question.resource,
        context=_context(question, answer) or None,
        session=_said(
            name=session.name,
            policies=_documents(session.policies),
            tags=dict(session.tags) or None,
            transitive_tags=list(session.transitive_tags) or None,
            source_identity=session.source_identity,
            source_user=session.source_user,
            credentials=session.credentials,
        )
        or None,
        via=_said(vpc_endpoint=via.vpc_endpoint, service=list(via.services) or None) or None,
        unknown=sorted(question.unknown) or None,
        partial="true" if question.partial else None,
        resource_account=question.resource_account,
        identity_policies=_documents(attached.identity_policies),
        resource_policy=_document(attached.resource_policy),
        boundary=_document(attached.boundary),
        session_policies=_documents(attached.session_policies),
        scps=_levels(attached.scps),
        rcps=_levels(attached.rcps),
        vpce_policies=_documents(attached.vpce_policies),
        public_access_block=_settings(attached.public_access_block),
        expect=decision.verdict.value,
        because=decision.layer.value if denied and decision.layer is not None else None,
    )


def _said(**fields: object) -> Json:
    """The fields of which something was said; an empty list of policies says: there are none."""
    return {key: value for key, value in fields.items() if value is not None}


def _context(question: Question, answer: Answer) -> Json:
    """What was given, and the time where one was taken from a clock: it is part of the request."""
    context: Json = {key: _value(value) for key, value in question.context.items()}
    for entry in answer.explanation.context:
        if entry.origin.kind == "clock":
            context[entry.key] = entry.values[0]
    return context


def _value(value: ContextValue) -> object:
    return value if isinstance(value, str) else list(value)


def _settings(block: Mapping[str, bool] | None) -> Json | None:
    return None if block is None else {key: str(on).lower() for key, on in block.items()}


def _levels(levels: Iterable[Iterable[Policy]] | None) -> list[object] | None:
    return None if levels is None else [_documents(level) for level in levels]


def _documents(policies: Iterable[Policy] | None) -> list[object] | None:
    return None if policies is None else [_document(policy) for policy in policies]


def _document(policy: Policy | None) -> Json | None:
    return None if policy is None else to_document(policy)
