"""Findings as plain data: the shape of ValidatePolicy's answer, and SARIF 2.1.0.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicyFinding.html
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from iamsim.checks.codes import FindingType
from iamsim.core.json_text import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamsim.checks.finding import Finding, Place
    from iamsim.core.span import Source, Span
    from iamsim.report.findings import CheckedPolicy

__all__ = ["findings_to_dict", "findings_to_sarif"]

Json = dict[str, object]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "note",
}


def findings_to_dict(checked: Iterable[CheckedPolicy]) -> Json:
    """Turn findings into the shape that ValidatePolicy gives, each with its file."""
    return {
        "findings": [
            {"file": policy.name, **_finding(found)}
            for policy in checked
            for found in policy.findings
        ]
    }


def _finding(found: Finding) -> Json:
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
    return data


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


def findings_to_sarif(checked: Sequence[CheckedPolicy], version: str) -> Json:
    """Turn findings into a SARIF log of one run; `version` is that of the program."""
    codes = sorted({found.code for policy in checked for found in policy.findings})
    kinds = {found.code: found for policy in checked for found in policy.findings}
    rules = [
        {
            "id": code,
            "helpUri": kinds[code].learn_more,
            "defaultConfiguration": {"level": _LEVELS[kinds[code].finding_type]},
            "properties": {"findingType": kinds[code].finding_type.value},
        }
        for code in codes
    ]
    results = [
        _result(policy, found, codes.index(found.code))
        for policy in checked
        for found in policy.findings
    ]
    driver: Json = {"name": "iamsim", "semanticVersion": version, "rules": rules}
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(policy: CheckedPolicy, found: Finding, rule: int) -> Json:
    """One finding as a result of SARIF."""
    text = f"{found.details}; {found.hint}" if found.hint else found.details
    locations = [_location(policy.name, span) for span in found.spans]
    result: Json = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVELS[found.finding_type],
        "message": {"text": text},
        "locations": locations[:1],
    }
    if len(locations) > 1:
        result["relatedLocations"] = [
            {"id": number, **location} for number, location in enumerate(locations[1:])
        ]
    return result


def _location(file: str, span: Span) -> Json:
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
