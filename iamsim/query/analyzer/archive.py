"""Archive rules: what is expected, and need not be reported again.

A file has AWS's own form, as `aws accessanalyzer list-archive-rules` prints it: ``archiveRules``, a
list of ``ruleName`` and ``filter``. A filter is criteria by key, all of which must hold:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from iamsim.core.errors import WorldError
from iamsim.core.suggest import did_you_mean
from iamsim.query.analyzer.finding import AccessFinding, Status
from iamsim.world.documents import Document, read_document

OPERATORS = ("eq", "neq", "contains", "exists")
FIELDS: dict[str, Callable[[AccessFinding], tuple[str, ...]]] = {
    "id": lambda item: (item.id,),
    "resource": lambda item: (item.resource,),
    "resourceType": lambda item: (item.resource_type,),
    "resourceOwnerAccount": lambda item: (item.account,),
    "findingType": lambda item: (item.kind.value,),
    "isPublic": lambda item: (str(item.is_public).lower(),),
    "action": lambda item: item.actions,
    "accessType": lambda item: _named(item.details, "accessType"),
    "principalType": lambda item: _named(item.details, "principalType"),
    "principalOwnerAccount": lambda item: (
        () if item.principal_account is None else (item.principal_account,)
    ),
    "accessPointArn": lambda item: () if item.access_point is None else (item.access_point,),
    "resourceControlPolicyRestriction": lambda item: _named(
        item.restricted, "resourceControlPolicyRestriction"
    ),
    "serviceControlPolicyRestriction": lambda item: _named(
        item.restricted, "serviceControlPolicyRestriction"
    ),
    "error": lambda _one: (),  # what can't be looked at ends the analysis with an error instead
}
PREFIXES = ("principal.", "condition.")


class ArchiveRule(NamedTuple):
    """One rule: its name, and values by filter key and operator."""

    name: str
    criteria: Mapping[str, Mapping[str, tuple[str, ...]]]

    def holds(self, finding: AccessFinding) -> bool:
        """Whether all criteria hold for a finding."""
        return all(
            _holds(operator, values, values_of(finding, key))
            for key, criterion in self.criteria.items()
            for operator, values in criterion.items()
        )


def _named(facts: Mapping[str, str], name: str) -> tuple[str, ...]:
    value = facts.get(name)
    return () if value is None else (value,)


def values_of(finding: AccessFinding, key: str) -> tuple[str, ...]:
    """What a finding has under a filter key."""
    if key in FIELDS:
        return FIELDS[key](finding)
    kind, _, name = key.partition(".")
    pairs = finding.principal if kind == "principal" else finding.condition
    # Condition keys are compared in any letter case, as IAM does.
    return tuple(value for known, value in pairs.items() if known.lower() == name.lower())


def _holds(operator: str, wanted: tuple[str, ...], values: tuple[str, ...]) -> bool:
    match operator:
        case "eq":
            return any(value in wanted for value in values)
        case "neq":
            return not any(value in wanted for value in values)
        case "contains":
            return any(text in value for value in values for text in wanted)
        case _:
            return bool(values) is (wanted == ("true",))


def apply_rules(findings: Iterable[AccessFinding], rules: Iterable[ArchiveRule]) -> None:
    """Archive the findings that a rule is about; the first one counts."""
    every = tuple(rules)
    for finding in findings:
        rule = next((archive_rule for archive_rule in every if archive_rule.holds(finding)), None)
        if rule is not None:
            finding.status, finding.archived_by = Status.ARCHIVED, rule.name


def read_rules(path: str) -> list[ArchiveRule]:
    """Read a file of archive rules, JSON or YAML; raises `WorldError` for what is none."""
    document = read_document(path)
    data = document.data
    rules = data.get("archiveRules") if isinstance(data, Mapping) else None
    if not isinstance(rules, list):
        raise WorldError(
            "invalid-archive-rules",
            f"`{path}` has no archive rules",
            span=document.span(()),
            hint="write `archiveRules:`, a list of `ruleName` and `filter`",
        )
    return [_read_rule(document, number, rule) for number, rule in enumerate(rules)]


def _read_rule(document: Document, number: int, rule: object) -> ArchiveRule:
    where = ("archiveRules", number)
    name = rule.get("ruleName") if isinstance(rule, Mapping) else None
    criteria = rule.get("filter") if isinstance(rule, Mapping) else None
    if not isinstance(name, str) or not isinstance(criteria, Mapping) or not criteria:
        raise WorldError(
            "invalid-archive-rules",
            "a rule needs `ruleName`, and a `filter` with at least one key",
            span=document.span(where),
        )
    return ArchiveRule(
        name,
        {
            key: _read_criterion(document, (*where, "filter", key), value)
            for key, value in criteria.items()
        },
    )


def _read_criterion(
    document: Document, where: tuple[str | int, ...], criterion: object
) -> dict[str, tuple[str, ...]]:
    """Read the operators of one filter key."""
    key = str(where[-1])
    if key not in FIELDS and not key.startswith(PREFIXES):
        raise WorldError(
            "invalid-archive-rules",
            f"`{key}` is no filter key",
            span=document.span(where),
            hint=did_you_mean(key, FIELDS) or f"keys are {', '.join(FIELDS)}",
        )
    found: dict[str, tuple[str, ...]] = {}
    for operator, values in criterion.items() if isinstance(criterion, Mapping) else ():
        some = values if isinstance(values, list) else [values]
        if operator in OPERATORS:
            found[operator] = tuple(
                str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in some
            )
    if not found or not isinstance(criterion, Mapping) or len(found) != len(criterion):
        raise WorldError(
            "invalid-archive-rules",
            f"the criterion of `{key}` has no operator, or one that is not known",
            span=document.span(where),
            hint=f"operators are {', '.join(OPERATORS)}",
        )
    return found
