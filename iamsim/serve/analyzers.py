"""Access Analyzer: analyzers and their findings.

Every account has an analyzer of access from outside and one of unused access; in an organization
the management account has one of the whole organization.
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.query.analyzer.archive import FIELDS, PREFIXES, ArchiveRule
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.unused import DEFAULT_DAYS, find_unused
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.report.access_findings_data import finding_data
from iamsim.serve.errors import NOT_FOUND, ServiceError
from iamsim.serve.policy_checks import invalid_token

if TYPE_CHECKING:
    from iamsim.query.analyzer.finding import AccessFinding
    from iamsim.serve.call import Call, Json


EXTERNAL, ORGANIZATION, UNUSED = "ACCOUNT", "ORGANIZATION", "ACCOUNT_UNUSED_ACCESS"
NAMES = {
    EXTERNAL: "iamsim-external",
    ORGANIZATION: "iamsim-organization",
    UNUSED: "iamsim-unused",
}
STATUS = "status"


class Analyzer(NamedTuple):
    """An analyzer of an account."""

    kind: str
    arn: str

    @property
    def name(self) -> str:
        """Its name."""
        return NAMES[self.kind]


def _analyzers(call: Call) -> list[Analyzer]:
    """The analyzers of the caller's account."""
    account = call.account
    kinds = [EXTERNAL, UNUSED]
    if call.estate.model.is_management(account.id):
        kinds.append(ORGANIZATION)
    start = f"arn:{account.partition}:access-analyzer:{call.region}:{account.id}:analyzer"
    return [Analyzer(kind, f"{start}/{NAMES[kind]}") for kind in kinds]


def _record(call: Call, analyzer: Analyzer) -> Json:
    record: Json = {
        "arn": analyzer.arn,
        "name": analyzer.name,
        "type": analyzer.kind,
        "createdAt": call.estate.now,
        "status": "ACTIVE",
        "tags": {},
    }
    if analyzer.kind == UNUSED:
        record["configuration"] = {"unusedAccess": {"unusedAccessAge": DEFAULT_DAYS}}
    return record


def _list_analyzers(call: Call) -> Json:
    wanted = call.text("type")
    analyzers = [analyzer for analyzer in _analyzers(call) if wanted in (None, analyzer.kind)]
    shown, token = call.page(analyzers, "nextToken", "maxResults", invalid_token())
    return {"analyzers": [_record(call, analyzer) for analyzer in shown], "nextToken": token}


def _get_analyzer(call: Call) -> Json:
    name = call.required("analyzerName")
    found = next((analyzer for analyzer in _analyzers(call) if analyzer.name == name), None)
    if found is None:
        raise _not_found(name, "ANALYZER")
    return {"analyzer": _record(call, found)}


def _list_archive_rules(call: Call) -> Json:
    _get_analyzer(call)
    return {"archiveRules": []}


def _not_found(identifier: str, kind: str) -> ServiceError:
    facts: dict[str, object] = {"resourceId": identifier, "resourceType": kind}
    return ServiceError("ResourceNotFoundException", f"{kind} {identifier}", NOT_FOUND, facts)


def _analyzer(call: Call) -> Analyzer:
    arn = call.required("analyzerArn")
    found = next((analyzer for analyzer in _analyzers(call) if analyzer.arn == arn), None)
    if found is None:
        raise _not_found(arn, "ANALYZER")
    return found


def _findings(call: Call, analyzer: Analyzer) -> list[AccessFinding]:
    """What an analyzer finds; found once."""
    estate = call.estate
    now = estate.now

    def unused() -> list[AccessFinding]:
        findings = find_unused(estate.model, now)
        return findings + find_unused_permissions(
            Batch(estate.compiled, now=now), now, DEFAULT_DAYS
        )

    def external(zone: str) -> Callable[[], list[AccessFinding]]:
        return lambda: list(find_external(Batch(estate.compiled, now=now), zone).findings)

    if analyzer.kind == ORGANIZATION:
        return list(estate.kept(ORGANIZATION, external("organization")))
    kind = analyzer.kind
    every = estate.kept(kind, unused if kind == UNUSED else external("account"))
    return [entry for entry in every if entry.account == call.account.id]


def _wanted(call: Call, analyzer: Analyzer) -> list[tuple[AccessFinding, Json]]:
    """The findings that fit the filter, in the order that is asked for."""
    criteria: dict[str, dict[str, tuple[str, ...]]] = {}
    asked: Any = call.parameters.get("filter") or {}
    for key, criterion in asked.items():
        if key not in FIELDS and key != STATUS and not key.startswith(PREFIXES):
            facts: dict[str, object] = {"reason": "fieldValidationFailed"}
            message = f"The filter key {key} is not known"
            raise ServiceError("ValidationException", message, facts=facts)
        criteria[key] = {
            operator: (str(values).lower(),) if isinstance(values, bool) else tuple(values)
            for operator, values in criterion.items()
        }
    status = criteria.pop(STATUS, {})
    rule = ArchiveRule("", criteria)
    found = [
        (finding, finding_data(finding, call.estate.now))
        for finding in _findings(call, analyzer)
        if rule.holds(finding) and _has_status(finding.status.value, status)
    ]
    order: Any = call.parameters.get("sort") or {}
    name = order.get("attributeName", "id")
    found.sort(
        key=lambda pair: (str(pair[1].get(name, "")), pair[0].id),
        reverse=order.get("orderBy") == "DESC",
    )
    return found


def _has_status(status: str, criterion: dict[str, tuple[str, ...]]) -> bool:
    if "eq" in criterion and status not in criterion["eq"]:
        return False
    return status not in criterion.get("neq", ())


def _list_findings_v2(call: Call) -> Json:
    found = _wanted(call, _analyzer(call))
    shown, token = call.page(found, "nextToken", "maxResults", invalid_token())
    return {"findings": [data for _, data in shown], "nextToken": token}


def _list_findings(call: Call) -> Json:
    analyzer = _analyzer(call)
    if analyzer.kind == UNUSED:
        facts: dict[str, object] = {"reason": "notSupported"}
        message = "Findings of unused access are listed by ListFindingsV2"
        raise ServiceError("ValidationException", message, facts=facts)
    findings = _wanted(call, analyzer)
    shown, token = call.page(findings, "nextToken", "maxResults", invalid_token())
    return {"findings": [_first_version(data) for _, data in shown], "nextToken": token}


def _first_version(data: Json) -> Json:
    """A finding as GetFinding gives it: its details stand in itself."""
    details: Any = data["findingDetails"]
    return data | (details[0].get("externalAccessDetails") or {})


def _one(call: Call) -> Json:
    identifier = call.required("id")
    for entry, data in _wanted(call, _analyzer(call)):
        if entry.id == identifier:
            return data
    raise _not_found(identifier, "FINDING")


def _get_finding_v2(call: Call) -> Json:
    data = _one(call)
    details: Any = data["findingDetails"]
    shown, token = call.page(details, "nextToken", "maxResults", invalid_token())
    return data | {"findingDetails": list(shown), "nextToken": token}


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "ListAnalyzers": _list_analyzers,
    "GetAnalyzer": _get_analyzer,
    "ListArchiveRules": _list_archive_rules,
    "ListFindingsV2": _list_findings_v2,
    "GetFindingV2": _get_finding_v2,
    "ListFindings": _list_findings,
    "GetFinding": lambda call: {"finding": _first_version(_one(call))},
}
