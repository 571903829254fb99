"""Why a choice is not the answer, worked out from the explanation that the engine gives.

A reply speaks of what was chosen, and leaves the rest to think about: it names the statements that
speak for or against that choice, not the layer that decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import Element, LayerExplanation, StatementExplanation
from iamsim.core.layer_names import GRANTS, layer_name
from iamsim.core.reason import Reason
from iamsim.core.ways import is_absent, ways_of_caller
from iamsim.lessons.prediction import LayerChoice, NoLayer
from iamsim.report.layers import layer_rows
from iamsim.report.summary import near_text
from iamsim.words.labels import REASONS
from iamsim.words.wording import failure_text, joined, place_text, statement_text

_ALLOW, _DENY = "Allow", "Deny"
_SPEAKING = frozenset({Outcome.ALLOW, Outcome.EXPLICIT_DENY})
_OF_ORGANIZATIONS = (Layer.SERVICE_CONTROL_POLICY, Layer.RESOURCE_CONTROL_POLICY)
_IN_NO_ORGANIZATION = {Reason.CALLER_NOT_IN_ORGANIZATION, Reason.RESOURCE_NOT_IN_ORGANIZATION}
_MOST = 2  # statements that one reply names
# Layers that let pass and never grant: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
_CAPS = frozenset(
    {
        Layer.SERVICE_CONTROL_POLICY,
        Layer.RESOURCE_CONTROL_POLICY,
        Layer.PERMISSIONS_BOUNDARY,
        Layer.SESSION_POLICY,
        Layer.VPC_ENDPOINT_POLICY,
        Layer.S3_BLOCK_PUBLIC_ACCESS,
    }
)


def verdict_reply(answer: Answer, chosen: Verdict) -> str:
    """Say why a verdict that somebody chose is not the one that AWS gives."""
    if chosen is Verdict.ALLOWED:
        return _not_allowed(answer)
    if chosen is Verdict.EXPLICIT_DENY:
        return _not_explicit(answer)
    return _not_implicit(answer)


def layer_reply(answer: Answer, chosen: LayerChoice) -> str:
    """Say why a layer that somebody chose is not the one that decides."""
    if isinstance(chosen, NoLayer):
        if answer.decision.verdict is Verdict.ALLOWED:
            return "A policy does allow it: look for the statement with `Allow` that matches."
        if answer.decision.verdict is Verdict.EXPLICIT_DENY:
            return "A policy does deny it: look for the statement with `Deny` that matches."
        return "A policy could allow it: ask of each layer whether it must, and whether it does."
    name = layer_name(chosen, answer.request.action)
    entries = [layer for layer in answer.explanation.layers if layer.layer is chosen]
    if any(entry.reason is Reason.ROOT_USER_NEEDS_NO_POLICY for entry in entries):
        return f"There is no {name}, and none is needed: {REASONS[entries[0].reason]}."
    if not entries or all(map(is_absent, entries)):
        return _absent(name, entries, answer)
    if all(entry.outcome is Outcome.NOT_APPLICABLE for entry in entries):
        return f"The {name} has no say here: {REASONS[entries[0].reason]}."
    return _present(answer, chosen, name)


def _absent(name: str, entries: list[LayerExplanation], answer: Answer) -> str:
    reasons = {entry.reason for entry in entries} - {Reason.NO_POLICY, Reason.NOT_PRESENT}
    if any(
        entry.layer in _OF_ORGANIZATIONS and not is_absent(entry)
        for entry in answer.explanation.layers
    ):
        reasons -= _IN_NO_ORGANIZATION  # a question with policies of one says so itself
    why = "".join(
        f": {REASONS[reason]}" for reason in sorted(reasons, key=lambda reason: reason.value)
    )
    return f"There is no {name} in this request{why}. What is not there decides nothing."


def _present(answer: Answer, chosen: Layer, name: str) -> str:
    """Of a layer that is there: what it says, and why that does not decide."""
    rows = [row for row in layer_rows(answer, all_levels=True) if row.name == name]
    verdict = answer.decision.verdict
    closed = [row for row in rows if row.outcome is Outcome.IMPLICIT_DENY]
    denies = [row for row in rows if row.outcome is Outcome.EXPLICIT_DENY]
    if denies:
        return f"The {name} denies it too ({denies[0].detail}), but AWS names another layer first."
    if closed:
        says = f"The {name} does not allow it: {closed[0].detail}."
        if verdict is Verdict.ALLOWED:
            return f"{says} Here that does no harm: what allows is elsewhere."
        if verdict is Verdict.EXPLICIT_DENY:
            return f"{says} That alone would be an implicit denial; this one is explicit."
        if _is_dispensable(answer, chosen):
            return f"{says} It need not: there is a way in that does not ask it."
        return f"{says} But that is not the layer that AWS names."
    detail = next((row.detail for row in rows if row.outcome is Outcome.ALLOW), "")
    says = f"The {name} allows it{f': {detail}' if detail else ''}."
    if verdict is not Verdict.ALLOWED:
        return f"{says} So it is not what stops the request."
    if chosen in _CAPS:
        return f"{says} But such a layer only lets pass; it never grants anything."
    return f"{says} But it is not what decides here."


def _is_dispensable(answer: Answer, layer: Layer) -> bool:
    """Whether some way in does not ask a layer."""
    ways = ways_of_caller(answer)
    return any(layer not in way.requires for way in ways)


def _not_allowed(answer: Answer) -> str:
    allowing = _subjects(answer, _ALLOW)
    needs_none = any(
        layer.reason is Reason.ROOT_USER_NEEDS_NO_POLICY for layer in answer.explanation.layers
    )
    if answer.decision.verdict is Verdict.EXPLICIT_DENY:
        if not allowing and not needs_none:
            return "Nothing allows it, to begin with. And look once more at what `Deny` says."
        says = f"{allowing} allows it" if allowing else "The root user needs no policy"
        return f"{says}. But a matching `Deny` wins over every `Allow`."
    if answer.decision.reason in {Reason.CALLER_MAY_NOT_CALL, Reason.SERVICE_REFUSES}:
        return f"No policy can allow it: {REASONS[answer.explanation.relation]}."
    if allowing or needs_none:
        says = f"{allowing} allows it" if allowing else "The root user needs no policy of its own"
        return f"{says}. That is not enough here: something else that has to allow it does not."
    grants = _closest_grants(answer)
    if grants:
        return f"No statement allows it. The closest is {grants[0]}."
    nears = [decider.near for decider in answer.explanation.decided_by if decider.near is not None]
    if nears:
        return f"No statement allows it. The closest is {near_text(nears[0])}."
    return "No statement allows it, and nothing is allowed that no statement allows."


def _closest_grants(answer: Answer) -> list[str]:
    """The grants on a key that name the caller and lack one thing."""
    return [
        f"{_named(grant, layer_name(entry.layer, answer.request.action, GRANTS))},"
        f" {failure_text(grant, grant.failed_elements[0])}"
        for entry, grant in _statements(answer, _ALLOW)
        if entry.level == GRANTS
        and len(grant.failed_elements) == 1
        and grant.failed_elements[0] is not Element.PRINCIPAL
    ]


def _not_explicit(answer: Answer) -> str:
    silent = [
        (entry, statement) for entry, statement in _statements(answer, _DENY) if statement.matched
    ]
    if silent:  # a guardrail without effect on this caller or resource
        entry, statement = silent[0]
        name = layer_name(entry.layer, answer.request.action, entry.level)
        why = REASONS[entry.reason]
        named = _named(statement, name)
        return f"{named[:1].upper()}{named[1:]} matches, but that layer has no say: {why}."
    failing = [
        f"{_named(statement, layer_name(entry.layer, answer.request.action, entry.level))},"
        f" {joined([failure_text(statement, failed) for failed in statement.failed_elements])}"
        for entry, statement in _statements(answer, _DENY)
    ]
    if not failing:
        return "An explicit deny needs a statement with `Deny`, and no policy here has any."
    more = f"; nor {len(failing) - _MOST} more" if len(failing) > _MOST else ""
    return f"No statement with `Deny` matches: not {'; nor '.join(failing[:_MOST])}{more}."


def _not_implicit(answer: Answer) -> str:
    if answer.decision.verdict is Verdict.EXPLICIT_DENY:
        count = sum(statement.matched for _, statement in _statements(answer, _DENY))
        found = "a statement with `Deny` matches"
        if count > 1:
            found = f"{count} statements with `Deny` match"
        return (
            "A denial is implicit when nobody says no and what has to allow it does not. Here"
            f" {found}."
        )
    allowing = _subjects(answer, _ALLOW)
    if not allowing:
        return f"No statement allows it, and none has to: {_why_without(answer)}."
    return f"{allowing} allows it, and so does everything else that has to."


def _why_without(answer: Answer) -> str:
    reasons = [decider.reason for decider in answer.explanation.decided_by] or [
        answer.decision.reason
    ]
    return REASONS[reasons[0]]


def _statements(
    answer: Answer, effect: str
) -> Iterator[tuple[LayerExplanation, StatementExplanation]]:
    for entry in answer.explanation.layers:
        for policy in entry.policies:
            for statement in policy.statements:
                if statement.effect == effect:
                    yield entry, statement


def _subjects(answer: Answer, effect: str) -> str:
    """Name the matching statements of layers that grant, as the start of a sentence."""
    named = [
        _named(statement, layer_name(entry.layer, answer.request.action, entry.level))
        for entry, statement in _statements(answer, effect)
        if statement.matched and entry.outcome in _SPEAKING and entry.layer not in _CAPS
    ]
    text = named[0] if named else ""
    return text[:1].upper() + text[1:]


def _named(statement: StatementExplanation, layer: str) -> str:
    place = place_text(statement.span)
    return f"{statement_text(statement.index, statement.sid)} of the {layer} ({place})"
