"""Findings of access as plain data in AWS's shape, and as SARIF 2.1.0.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamsim.query.analyzer.finding import FindingKind, Status
from iamsim.report.access_findings import FindingsAnswer, finding_sentence
from iamsim.report.access_words import statements_data
from iamsim.report.findings_data import sarif_location, sarif_log
from iamsim.report.unknowns import unknowns_data

if TYPE_CHECKING:
    from iamsim.query.analyzer.finding import AccessFinding, Kept, Step, UnusedService

Json = dict[str, object]
PUBLIC = "PublicAccess"
RULES = {
    PUBLIC: ("error", "Anyone can reach the resource."),
    FindingKind.EXTERNAL.value: ("warning", "Somebody outside of the zone of trust has access."),
    FindingKind.INTERNAL.value: ("note", "A principal of the zone of trust has access."),
    FindingKind.UNUSED_ROLE.value: ("note", "Nobody has used the role for long."),
    FindingKind.UNUSED_KEY.value: ("note", "Nobody has used the access key for long."),
    FindingKind.UNUSED_PASSWORD.value: ("note", "Nobody has used the password for long."),
    FindingKind.UNKNOWN.value: ("warning", "A policy of the resource is not known."),
    FindingKind.UNUSED_PERMISSION.value: ("note", "Some permissions were not used for long."),
}
# AWS says through what access is granted of buckets alone.
WITH_SOURCES = frozenset(("AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket"))
HELP = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html"


def access_findings_data(answer: FindingsAnswer) -> Json:
    """Findings as GetFindingV2 gives them; what AWS does not say stands under ``iamsim``.

    The times of AWS's findings are those of the analysis, and are there when one was given.
    """
    if answer.unused:
        return {
            "at": answer.at,
            "findings": [finding_data(finding, answer.at) for finding in answer.shown],
            "notes": list(answer.notes),
            "lost": list(answer.lost),
            **_unjudged(answer),
            "unknowns": unknowns_data(answer.unknowns),
        }
    return {
        "zone": answer.zone,
        "findings": [finding_data(finding, answer.at) for finding in answer.shown],
        "blocked": [_kept(kept) for kept in answer.kept],
        **(_unjudged(answer) if answer.unjudged.principals else {}),
        "unknowns": unknowns_data(answer.unknowns),
    }


def _unjudged(answer: FindingsAnswer) -> Json:
    """Of how many principals nobody says what they called, and of how many users what they used."""
    callers, credentials = answer.unjudged.callers, answer.unjudged.credentials
    return {"unjudged": callers, "unjudged_credentials": credentials}


def finding_data(finding: AccessFinding, at: str | None) -> Json:
    """One finding as GetFindingV2 gives it."""
    data: Json = {
        "id": finding.id,
        "findingType": finding.kind.value,
        "resource": finding.resource,
        "resourceType": finding.resource_type,
        "resourceOwnerAccount": finding.account,
        "status": finding.status.value,
    }
    if at is not None:
        data |= {"analyzedAt": at, "createdAt": at, "updatedAt": at}
    data["findingDetails"] = [_unused_permission(service) for service in finding.services] or [
        _details(finding)
    ]
    extra: Json = {}
    if finding.services:
        extra["services"] = {
            service.namespace: _of_service(service) for service in finding.services
        }
    if finding.steps:
        extra["recommendedSteps"] = [_step(step) for step in finding.steps]
    if finding.depends_on:
        extra["dependsOn"] = list(finding.depends_on)
    if finding.archived_by is not None:
        extra["archivedBy"] = finding.archived_by
    if finding.span is not None:
        extra["place"] = str(finding.span.place)
    return data | {"iamsim": extra} if extra else data


def _unused_permission(service: UnusedService) -> Json:
    """The details of one service: its unused actions, or none where it was not used at all."""
    details: Json = {"serviceNamespace": service.namespace}
    if service.last_accessed is not None:
        details["lastAccessed"] = service.last_accessed
    if service.actions:
        details["actions"] = [
            {"action": name} if at is None else {"action": name, "lastAccessed": at}
            for name, at in service.actions
        ]
    return {"unusedPermissionDetails": details}


def _step(step: Step) -> Json:
    if step.document is None:
        return {"recommendedAction": "DETACH_POLICY", "existingPolicyId": step.policy}
    return {
        "recommendedAction": "CREATE_POLICY",
        "existingPolicyId": step.policy,
        "recommendedPolicy": json.dumps(step.document),
    }


def _of_service(service: UnusedService) -> Json:
    return {
        "granted": service.granted,
        "notTracked": list(service.untracked),
        "blocked": list(service.blocked),
    }


def _details(finding: AccessFinding) -> Json:
    """The one member of the union that the type of the finding has."""
    match finding.kind:
        case FindingKind.UNUSED_ROLE:
            return {"unusedIamRoleDetails": dict(finding.details)}
        case FindingKind.UNUSED_KEY:
            return {"unusedIamUserAccessKeyDetails": dict(finding.details)}
        case FindingKind.UNKNOWN:
            return {"unknownAccessDetails": dict(finding.details)}
        case FindingKind.UNUSED_PASSWORD:
            return {"unusedIamUserPasswordDetails": dict(finding.details)}
    shared: Json = {
        "action": list(finding.actions),
        "condition": dict(finding.condition),
        "principal": dict(finding.principal),
        **finding.restricted,
    }
    if finding.access_point is not None:
        detail = {"accessPointArn": finding.access_point}
        shared["sources"] = [{"type": "S3_ACCESS_POINT", "detail": detail}]
    elif finding.resource_type in WITH_SOURCES:
        shared["sources"] = [{"type": "POLICY"}]
    if finding.kind is FindingKind.EXTERNAL:
        return {"externalAccessDetails": {**shared, "isPublic": finding.is_public}}
    owner = {"principalOwnerAccount": finding.principal_account}
    return {"internalAccessDetails": {**shared, **owner, **finding.details}}


def _kept(kept: Kept) -> Json:
    layer = kept.decision.layer
    return {
        "resource": kept.resource,
        "resourceType": kept.resource_type,
        "resourceOwnerAccount": kept.account,
        "principal": dict(kept.principal),
        "action": list(kept.actions),
        "blockedBy": None if layer is None else layer.value,
        "statements": statements_data(kept.decision),
    }


def access_findings_sarif(answer: FindingsAnswer, version: str) -> Json:
    """A SARIF log; archived findings are there, and suppressed by their rule."""
    names = sorted({_rule(finding) for finding in answer.findings})
    rules = [
        {
            "id": name,
            "helpUri": HELP,
            "shortDescription": {"text": RULES[name][1]},
            "defaultConfiguration": {"level": RULES[name][0]},
        }
        for name in names
    ]
    return sarif_log(rules, [_result(finding, names) for finding in answer.findings], version)


def _rule(finding: AccessFinding) -> str:
    return PUBLIC if finding.is_public else finding.kind.value


def _result(finding: AccessFinding, names: list[str]) -> Json:
    rule = _rule(finding)
    result: Json = {
        "ruleId": rule,
        "ruleIndex": names.index(rule),
        "level": RULES[rule][0],
        "message": {"text": finding_sentence(finding)},
        "partialFingerprints": {"findingId": finding.id},
    }
    if finding.span is not None:
        result["locations"] = [sarif_location(finding.span.source.name, finding.span)]
    if finding.status is Status.ARCHIVED:
        result["suppressions"] = [
            {"kind": "external", "justification": f"archive rule {finding.archived_by}"}
        ]
    return result
