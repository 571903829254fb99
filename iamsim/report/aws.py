"""Answers in the shape of the responses of SimulatePrincipalPolicy and SimulateCustomPolicy.

One result for each action: its decision is the most restrictive over the resources, which have
results of their own inside. As AWS says it since 2026:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import LayerExplanation
from iamsim.core.reason import Reason
from iamsim.report.aws_sources import PolicySources, statement_places
from iamsim.report.keys import is_about, unresolved_variables

Json = dict[str, object]

_RANK = ("allowed", "implicitDeny", "explicitDeny")  # least restrictive first
_ORGANIZATION = frozenset({Layer.SERVICE_CONTROL_POLICY, Layer.RESOURCE_CONTROL_POLICY})
_MISSING_SHOWN = frozenset(
    {Layer.IDENTITY_BASED_POLICY, Layer.RESOURCE_BASED_POLICY, Layer.PERMISSIONS_BOUNDARY}
)
_ALLOWING = frozenset({Layer.IDENTITY_BASED_POLICY, Layer.RESOURCE_BASED_POLICY})
_CROSS_ACCOUNT = frozenset({Reason.CROSS_ACCOUNT, Reason.CROSS_ACCOUNT_KMS_KEY})
_DETAILS = {
    Layer.IDENTITY_BASED_POLICY: "IAM Policy",
    Layer.RESOURCE_BASED_POLICY: "Resource Policy",
}


def aws_response(
    answers: Sequence[Answer],
    sources: PolicySources | None = None,
    *,
    first: int = 0,
    most: int | None = None,
) -> Json:
    """Turn answers, of which those about one action stand together, into a response.

    A verdict that depends on unknown keys is an implicit deny, as the simulator takes keys that
    lack for absent; it names them in `MissingContextValues`. Results are given from number `first`
    on, at most `most`; the `Marker` of what is cut off is the number of the next.
    """
    sources = sources if sources is not None else PolicySources()
    groups = [list(some) for _, some in groupby(answers, key=lambda answer: answer.request.action)]
    end = len(groups) if most is None else min(first + most, len(groups))
    results = [_result(some[0].request.action, some, sources) for some in groups[first:end]]
    truncated = end < len(groups)
    response: Json = {"EvaluationResults": results, "IsTruncated": truncated}
    if truncated:
        response["Marker"] = str(end)
    return response


def _result(action: str, answers: Sequence[Answer], sources: PolicySources) -> Json:
    """The result of one action, over all its resources."""
    everything = all(answer.request.resource == "*" for answer in answers)
    decision = _most_restrictive(map(_decision, answers))
    deciding = [answer for answer in answers if _decision(answer) == decision]
    entry: Json = {
        "EvalActionName": action,
        "EvalResourceName": _template(action, answers[0].request.resource),
        "EvalDecision": decision,
        "MatchedStatements": _distinct(
            statement for answer in deciding for statement in _matched(answer, sources)
        ),
        "MissingContextValues": _distinct(key for answer in answers for key in _missing(answer)),
    }
    organizations = [found for answer in answers if (found := _organizations(answer)) is not None]
    if organizations:
        entry["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": all(organizations)}
    boundaries = [found for answer in answers if (found := _boundary(answer)) is not None]
    if boundaries:
        entry["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": all(boundaries)
        }
    details = [one for answer in answers if (one := _details(answer)) is not None]
    if not everything and len(details) == len(answers):
        entry["EvalDecisionDetails"] = {
            kind: _most_restrictive(detail[kind] for detail in details if kind in detail)
            for kind in _DETAILS.values()
            if any(kind in detail for detail in details)
        }
    if not everything:
        entry["ResourceSpecificResults"] = [_of_resource(answer, sources) for answer in answers]
    return entry


def _of_resource(answer: Answer, sources: PolicySources) -> Json:
    entry: Json = {
        "EvalResourceName": answer.request.resource,
        "EvalResourceDecision": _decision(answer),
        "MatchedStatements": list(_matched(answer, sources)),
        "MissingContextValues": _missing(answer),
    }
    details = _details(answer)
    if details:
        entry["EvalDecisionDetails"] = details
    boundary = _boundary(answer)
    if boundary is not None:
        entry["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": boundary}
    return entry


def _decision(answer: Answer) -> str:
    verdict = answer.decision.verdict
    if verdict is Verdict.CONDITIONAL:
        verdict = Verdict.IMPLICIT_DENY
    return str(verdict.value)


def _most_restrictive(decisions: Iterable[str]) -> str:
    return max(decisions, key=_RANK.index)


def _distinct(found: Iterable[object]) -> list[object]:
    """Each once, in the order of first appearance."""
    kept: list[object] = []
    for entry in found:
        if entry not in kept:
            kept.append(entry)
    return kept


def _matched(answer: Answer, sources: PolicySources) -> Iterator[Json]:
    """The statements that determine the decision; those of SCPs and RCPs are never shown."""
    verdict = answer.decision.verdict
    if verdict not in {Verdict.ALLOWED, Verdict.EXPLICIT_DENY}:
        return
    effect = "Allow" if verdict is Verdict.ALLOWED else "Deny"
    numbers: dict[Layer, int] = {}
    for layer in answer.explanation.layers:
        for policy in layer.policies:
            number = numbers[layer.layer] = numbers.get(layer.layer, 0) + 1
            if layer.layer in _ORGANIZATION or (effect == "Allow" and layer.layer not in _ALLOWING):
                continue
            for statement in policy.statements:
                if statement.matched and statement.effect == effect:
                    named = sources.find(layer.layer, policy, number)
                    start, end = statement_places(statement)
                    yield {
                        "SourcePolicyId": named.identifier,
                        "SourcePolicyType": named.kind,
                        "StartPosition": start,
                        "EndPosition": end,
                    }


def _missing(answer: Answer) -> list[object]:
    """The keys that lack for a condition or a policy variable, but for those that SCPs and RCPs
    alone read."""
    explanation = answer.explanation
    found = [key.name for key in explanation.missing if _MISSING_SHOWN.intersection(key.layers)]
    known = {entry.key.lower() for entry in explanation.context}
    for layer in explanation.layers:
        for policy in layer.policies if layer.layer in _MISSING_SHOWN else ():
            for statement in policy.statements:
                if is_about(statement):
                    keys = unresolved_variables(statement)
                    found += [key for key in keys if key.lower() not in known]
    return _distinct(found)


def _entries(answer: Answer, layers: frozenset[Layer]) -> list[LayerExplanation]:
    return [
        entry
        for entry in answer.explanation.layers
        if entry.layer in layers and entry.outcome is not Outcome.NOT_APPLICABLE
    ]


def _organizations(answer: Answer) -> bool | None:
    """Whether the organization allows; `None` where it has no say."""
    entries = _entries(answer, _ORGANIZATION)
    if not entries:
        return None
    return all(entry.outcome is Outcome.ALLOW for entry in entries)


def _boundary(answer: Answer) -> bool | None:
    """Whether the permissions boundary allows; `None` where there is none."""
    entries = _entries(answer, frozenset({Layer.PERMISSIONS_BOUNDARY}))
    return all(entry.outcome is Outcome.ALLOW for entry in entries) if entries else None


def _details(answer: Answer) -> Mapping[str, str] | None:
    """What each side says across accounts, nothing within one; `None` where an SCP ended it."""
    if _organizations(answer) is False:
        return None
    if answer.explanation.relation not in _CROSS_ACCOUNT:
        return {}
    return {kind: _side(answer, layer) for layer, kind in _DETAILS.items()}


def _side(answer: Answer, layer: Layer) -> str:
    outcomes = {entry.outcome for entry in _entries(answer, frozenset({layer}))}
    if Outcome.EXPLICIT_DENY in outcomes:
        return Verdict.EXPLICIT_DENY.value
    return Verdict.ALLOWED.value if outcomes == {Outcome.ALLOW} else Verdict.IMPLICIT_DENY.value


def _template(action: str, resource: str) -> str:
    """The ARN format of the resource type that is meant, `*` where the action has none."""
    from iamsim import catalog
    from iamsim.catalog.keys import template_matches

    facts = catalog.find_action(action)
    found: list[tuple[bool, int, str]] = []
    for use in facts.resource_types if facts is not None else ():
        resource_type = catalog.find_resource_type(action.partition(":")[0], use.name)
        formats = resource_type.arn_formats if resource_type is not None else ()
        found += [(not use.required, len(other_format), other_format) for other_format in formats]
    fitting = [entry for entry in found if template_matches(entry[2], resource)]
    return min(fitting or found)[2] if found else "*"
