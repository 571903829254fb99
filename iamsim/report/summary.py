"""One sentence that says what became of a request, why, and where to look."""

from __future__ import annotations

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer, Verdict
from iamsim.core.explanation import Decider, LayerExplanation, NearMiss
from iamsim.core.reason import Reason
from iamsim.report.rule_pages import page_text
from iamsim.words.sentences import REASONS, VERDICTS, layer_name, level_text
from iamsim.words.wording import (
    failure_text,
    joined,
    place_text,
    request_text,
    shortened,
    statement_text,
)

# Layers that hold a single policy, which can be called by its name in a denial.
_SINGLE = frozenset({Layer.PERMISSIONS_BOUNDARY, Layer.RESOURCE_BASED_POLICY})
_WHOSE: dict[Layer, str] = {
    Layer.RESOURCE_BASED_POLICY: "the resource has none",
    Layer.IDENTITY_BASED_POLICY: "the caller has none",
}


def summary(answer: Answer) -> str:
    """Say the verdict and its reason in one sentence: layer, policy, statement, file and line, and
    what failed."""
    verdict = answer.decision.verdict
    if verdict is Verdict.ALLOWED:
        reason = _why_allowed(answer)
    elif verdict is Verdict.EXPLICIT_DENY:
        reason = _why_denied_explicitly(answer)
    elif verdict is Verdict.CONDITIONAL:
        reason = _what_it_depends_on(answer)
    else:
        reason = _why_not_allowed(answer)
    return f"{VERDICTS[verdict]}: {reason}"


def because(answer: Answer) -> str:
    """The same without the verdict."""
    return summary(answer).partition(": ")[2]


def _why_allowed(answer: Answer) -> str:
    deciders = _first_of_each_layer(answer.explanation.decided_by)
    what = request_text(answer.request)
    if not deciders:
        return f"{what}: {REASONS[answer.decision.reason]}{page_text(answer)}"
    first, *others = deciders
    sentence = f"{_subject(first, answer)} allows {what}"
    if first.statement is None:
        sentence = f"{what}: {REASONS[first.reason]}"
    if others:
        names = [layer_name(other.layer, answer.request.action) for other in others]
        sentence += f", and so {'does' if len(names) == 1 else 'do'} {joined(names)}"
    return sentence


def _is_refused(answer: Answer) -> bool:
    """Whether the service refuses the call, whoever makes it with whatever credentials."""
    return answer.decision.reason is Reason.SERVICE_REFUSES and not answer.explanation.ways


def _why_denied_explicitly(answer: Answer) -> str:
    deciders = answer.explanation.decided_by
    what = request_text(answer.request)
    if not deciders:
        return f"{what}: {REASONS[answer.decision.reason]}"
    first = deciders[0]
    if first.statement is None:
        return f"{_layer_subject(first, answer)} denies {what}: {REASONS[first.reason]}"
    sentence = f"{_subject(first, answer)} denies {what} explicitly"
    more = len(deciders) - 1
    if more:
        sentence += f" ({more} more deny statement{'s' if more > 1 else ''} apply as well)"
    return sentence


def _why_not_allowed(answer: Answer) -> str:
    deciders = _first_of_each_layer(answer.explanation.decided_by)
    what = request_text(answer.request)
    if answer.decision.reason is Reason.CALLER_MAY_NOT_CALL or _is_refused(answer):
        reason = REASONS[answer.explanation.relation]
        return f"no policy can allow {what}: {reason}{page_text(answer)}"
    if answer.decision.reason is Reason.SERVICE_REFUSES:
        reason = REASONS[Reason.CREDENTIALS_DO_NOT_REACH]
        return f"{what}: {reason}, whatever policies say{page_text(answer)}"
    if not deciders:
        return f"{what}: {REASONS[answer.decision.reason]}"
    first, *others = deciders
    sentence = _refusal(first, answer, what)
    near = first.near
    if near is not None:
        named = f"`{near.policy}`" in sentence
        sentence += f"; closest is {near_text(near, policy_is_named=named)}"
    if others:
        names = [layer_name(other.layer, answer.request.action) for other in others]
        sentence += f"; and no {joined(names, 'or')} allows it either"
    return sentence


def _refusal(decider: Decider, answer: Answer, what: str) -> str:
    """The first half of an implicit denial: which layer does not allow the request."""
    name = layer_name(decider.layer, answer.request.action, decider.level)
    layer = _find_layer(answer, decider)
    policies = layer.policies if layer is not None else ()
    if decider.layer is Layer.S3_BLOCK_PUBLIC_ACCESS:
        return f"{name} blocks {what}: {REASONS[decider.reason]}"
    if decider.layer in _SINGLE and len(policies) == 1:
        return f"the {name} `{shortened(policies[0].name, 80)}` does not allow {what}"
    level = level_text(decider.level)
    sentence = f"no {name}{level} allows {what}"
    if not policies and layer is not None:
        if decider.reason is Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY:
            sentence += f" ({REASONS[decider.reason]})"
        elif decider.layer in _WHOSE:
            sentence += f" ({_WHOSE[decider.layer]})"
    return sentence


def _what_it_depends_on(answer: Answer) -> str:
    if answer.residual is not None:
        return f"{request_text(answer.request)} is {answer.residual.sentence}"
    keys = [f"`{missing.name}`" for missing in answer.explanation.missing]
    what = request_text(answer.request)
    if not keys:
        return f"{what}: {REASONS[answer.decision.reason]}"
    return f"whether {what} is allowed depends on {joined(keys)}"


def near_text(near: NearMiss, *, policy_is_named: bool = False) -> str:
    """Name the statement that came closest, its place, and what of it failed."""
    statement = near.statement
    name = statement_text(statement.index, statement.sid)
    place = place_text(statement.span)
    named = "" if policy_is_named or near.policy in place else f" of `{shortened(near.policy, 60)}`"
    failures = [failure_text(statement, element) for element in near.failed]
    return f"{name}{named} in {place}, {joined(failures)}"


def _subject(decider: Decider, answer: Answer) -> str:
    """Name a deciding statement, with its policy, layer and place."""
    statement = decider.statement
    if statement is None:
        return _layer_subject(decider, answer)
    name = statement_text(statement.index, statement.sid)
    layer = layer_name(decider.layer, answer.request.action, decider.level)
    policy = f" `{shortened(decider.policy, 80)}`" if decider.policy else ""
    level = level_text(decider.level)
    return f"{name} of {layer}{policy}{level} ({place_text(statement.span)})"


def _layer_subject(decider: Decider, answer: Answer) -> str:
    name = layer_name(decider.layer, answer.request.action)
    return name if decider.layer is Layer.S3_BLOCK_PUBLIC_ACCESS else f"the {name}"


def _find_layer(answer: Answer, decider: Decider) -> LayerExplanation | None:
    for layer in answer.explanation.layers:
        if layer.layer is decider.layer and layer.level == decider.level:
            return layer
    return None


def _first_of_each_layer(deciders: tuple[Decider, ...]) -> list[Decider]:
    first: dict[Layer, Decider] = {}
    for decider in deciders:
        first.setdefault(decider.layer, decider)
    return list(first.values())
