"""Findings as plain data: the shape of ValidatePolicy's answer, and SARIF 2.1.0.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicyFinding.html
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from iamsim.checks.codes import CODES, FindingType
from iamsim.core.json_places import KEY
from iamsim.report.unknowns import unchecked_text, unknowns_data

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding, Place
    from iamsim.checks.shown import Witness
    from iamsim.checks.suppression import Suppression
    from iamsim.core.span import Source, Span
    from iamsim.report.findings import CheckedPolicy
    from iamsim.report.unknowns import NotKnown, Unchecked

Json = dict[str, object]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "note",
}


def findings_to_dict(
    checked: Iterable[CheckedPolicy],
    without: Sequence[str] = (),
    unknowns: Sequence[NotKnown] = (),
) -> Json:
    """Turn findings into the shape that ValidatePolicy gives, each with its file; those that are
    suppressed stand apart, with the reason, and so do files `without` a policy and `unknowns`."""
    policies = list(checked)
    data: Json = {
        "findings": [
            {"file": _file(policy, finding), **finding_to_dict(finding)}
            for policy in policies
            for finding in policy.findings
        ]
    }
    suppressed = [
        {
            "file": _file(policy, suppressed.finding),
            **finding_to_dict(suppressed.finding),
            "suppression": _suppression(suppressed.suppression),
        }
        for policy in policies
        for suppressed in policy.suppressed
    ]
    if suppressed:
        data["suppressed"] = suppressed
    if without:
        data["without_policy"] = list(without)
    if unknowns:
        data["unknowns"] = unknowns_data(unknowns)
    return data


def _file(policy: CheckedPolicy, found: Finding) -> str:
    """The file in which a finding stands."""
    spans = found.spans
    return spans[0].source.name if spans else policy.name


def _suppression(by: Suppression) -> Json:
    """Who accepts a finding: the reason, where it stands, and until when it holds."""
    span = by.source.span(by.path)
    data: Json = {"reason": by.reason, "file": by.source.name, "line": span.line}
    return data | {"until": by.until} if by.until else data


def finding_to_dict(found: Finding) -> Json:
    """One finding; lines count from 1, columns and offsets from 0, as AWS counts them."""
    data: Json = {
        "findingDetails": found.details,
        "findingType": found.finding_type.value,
        "issueCode": found.code,
        "learnMoreLink": found.learn_more,
        "locations": [
            {"path": _path(place), "span": _span(span)}
            for place, span in zip(found.places, found.spans, strict=True)
        ],
    }
    if found.hint:
        data["hint"] = found.hint
    if found.witness is not None:
        data["request"] = _request(found.witness)
    return data


def _request(witness: Witness) -> Json:
    """The request that shows a fault, as `iamsim explain` takes it."""
    return {
        "principal": witness.principal,
        "action": witness.action,
        "resource": witness.resource,
        "context": dict(witness.context),
    }


def _path(place: Place) -> list[Json]:
    """The way to an element: values of members, places in lists, a name, or a part of a text."""
    steps: list[Json] = []
    path = place.path
    named = path[-1:] == (KEY,)
    members = path[:-1] if named else path
    for number, step in enumerate(members, start=1):
        if isinstance(step, int):
            steps.append({"index": step})
        elif named and number == len(members):
            steps.append({"key": step})
        else:
            steps.append({"value": step})
    if place.start is not None and place.length is not None:
        steps.append({"substring": {"start": place.start, "length": place.length}})
    return steps


def _span(span: Span) -> Json:
    """Start and end of a stretch."""
    return {"start": _position(span.source, span.start), "end": _position(span.source, span.end)}


def _position(source: Source, offset: int) -> Json:
    """One place in a text."""
    line, column = source.line_column(offset)
    return {"line": line, "column": column - 1, "offset": offset}


def findings_to_sarif(
    checked: Sequence[CheckedPolicy], version: str, unknowns: Sequence[Unchecked] = ()
) -> Json:
    """Turn findings into a SARIF log of one run; `version` is that of the program. The `unknowns`,
    at which no check could look, are notifications of the run."""
    every = [(policy, finding, None) for policy in checked for finding in policy.findings]
    accepted = [
        (policy, suppressed.finding, suppressed.suppression)
        for policy in checked
        for suppressed in policy.suppressed
    ]
    kinds = {finding.code: finding for _, finding, _ in (*accepted, *every)}
    codes = sorted(kinds)
    rules = [
        {
            "id": code,
            **_help(kinds[code].learn_more),
            "defaultConfiguration": {"level": _LEVELS[CODES[code]]},
            "properties": {"findingType": CODES[code].value},
        }
        for code in codes
    ]
    results = [
        _result(finding, codes.index(finding.code), by)
        for policy, finding, by in (*every, *accepted)
    ]
    notes = [
        {
            "level": "note" if unknown.at_deployment else "warning",
            "message": {"text": unchecked_text(unknown)},
            "locations": [sarif_location(unknown.span.source.name, unknown.span)],
        }
        for unknown in unknowns
    ]
    return sarif_log(rules, results, version, notes)


def sarif_log(
    rules: Sequence[object],
    results: Sequence[object],
    version: str,
    notifications: Sequence[object] = (),
) -> Json:
    """A SARIF log of one run of the program."""
    driver: Json = {"name": "iamsim", "semanticVersion": version, "rules": rules}
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    if notifications:
        run["invocations"] = [
            {"executionSuccessful": True, "toolExecutionNotifications": notifications}
        ]
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _help(place: str) -> Json:
    """Where a rule is explained: an address, or a page of this repository, which has none."""
    return {"helpUri": place} if "://" in place else {"help": {"text": f"see {place}"}}


def _result(found: Finding, rule: int, by: Suppression | None) -> Json:
    """One finding as a result of SARIF, with what suppresses it."""
    text = f"{found.details}; {found.hint}" if found.hint else found.details
    locations = [sarif_location(span.source.name, span) for span in found.spans]
    result: Json = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVELS[found.finding_type],
        "message": {"text": text},
        "locations": locations[:1],
    }
    if found.witness is not None:
        result["properties"] = {"request": _request(found.witness)}
    if len(locations) > 1:
        result["relatedLocations"] = [
            {"id": number, **location} for number, location in enumerate(locations[1:])
        ]
    if by is not None:
        kind = "inSource" if by.in_policy else "external"
        result["suppressions"] = [{"kind": kind, "justification": by.reason}]
    return result


def sarif_location(file: str, span: Span) -> Json:
    """One place as SARIF writes it: lines and columns from 1, the end behind the last character."""
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file.replace("\\", "/"), safe="/,:@")},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": end_line,
                "endColumn": end_column,
            },
        }
    }
