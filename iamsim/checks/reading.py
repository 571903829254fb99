"""From a document as `json` gives it to a `PolicyView`: what is malformed is left out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.view import ConditionView, PolicyView, StatementView
from iamsim.checks.words import is_template_function
from iamsim.core.decision import PolicyType
from iamsim.core.json_text import JsonNumber
from iamsim.syntax.ast import Entries, PrincipalEntry, Principals, Value
from iamsim.syntax.elements import EFFECTS, PRINCIPAL_KINDS
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from iamsim.checks.reference import Reference
    from iamsim.core.span import Path, Source

SERVICE_FIELD = 2  # of an ARN
TRUST_RESOURCE_TYPE = "AWS::IAM::AssumeRolePolicyDocument"
TRUST_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


def text_of(raw: object) -> str | None:
    """Give a value of a condition as the text that it means; `None` for what is no such value."""
    match raw:
        case str():
            return raw
        case bool():
            return "true" if raw else "false"
        case JsonNumber():
            return raw.text
        case int() | float():
            return str(raw)
        case _:
            return None


def recognize_type(raw: object) -> PolicyType:
    """Guess what a document is used as.

    Principals make it a resource-based policy; principals and actions of STS alone a role trust
    policy, unless most of it denies everybody on resources: that, and denials to everybody of
    actions of several services, are resource control policies. Everything else is identity-based.
    """
    statements = raw.get("Statement") if isinstance(raw, Mapping) else None
    listed = statements if isinstance(statements, list) else [statements]
    found = [entry for entry in listed if isinstance(entry, Mapping)]
    named = [entry for entry in found if "Principal" in entry or "NotPrincipal" in entry]
    if not named:
        return PolicyType.IDENTITY
    actions = [
        action
        for entry in named
        for action in _listed(entry.get("Action", entry.get("NotAction")))
        if isinstance(action, str)
    ]
    # A resource beside Allow is a fault of a role trust policy; resource control policies deny.
    guards = [entry for entry in found if entry.get("Effect") == "Deny" and _names_everybody(entry)]
    on_resources = [entry for entry in guards if "Resource" in entry or "NotResource" in entry]
    if actions and all(action.lower().startswith(TRUST_ACTIONS) for action in actions):
        guarding = 2 * len(on_resources) > len(found)
        return PolicyType.RESOURCE_CONTROL if guarding else PolicyType.TRUST
    services = {action.partition(":")[0].lower() for action in actions}
    # A resource control policy of a customer never names all actions by `*` alone.
    guarding = len(guards) == len(found) and len(services) > 1 and "*" not in services
    return PolicyType.RESOURCE_CONTROL if guarding else PolicyType.RESOURCE


def may_be_resource_control(raw: object) -> bool:
    """Whether a document may be a resource control policy: not where all that a statement names,
    actions or else resources, is of services that such policies do not reach.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    statements = raw.get("Statement") if isinstance(raw, Mapping) else None
    reached = {"", "*", *catalog.resource_control_services()[1]}
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping):
            named = {
                text.partition(":")[0].lower() for text in _texts_of(statement.get("Action"))
            } - {"*"}
            named = named or {_service(text) for text in _texts_of(statement.get("Resource"))}
            if named and not named & reached:
                return False
    return True


def _texts_of(raw: object) -> list[str]:
    return [text for text in _listed(raw) if isinstance(text, str)]


def _service(resource: str) -> str:
    """The service of an ARN, or of API Gateway's short form; empty for what names none."""
    fields = resource.split(":")
    return fields[2] if resource.startswith("arn:") and len(fields) > SERVICE_FIELD else fields[0]


def _names_everybody(statement: Mapping[str, object]) -> bool:
    """Whether a statement is about all principals."""
    return statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})


def read_view(
    raw: object,
    source: Source,
    policy_type: PolicyType,
    resource_type: str | None,
    reference: Reference,
) -> PolicyView:
    """Make the view of a document, whatever it is."""
    version = None
    statements: list[StatementView] = []
    if isinstance(raw, Mapping):
        given = raw.get("Version")
        version = given if isinstance(given, str) else None
        listed = raw.get("Statement")
        if isinstance(listed, list):
            for index, entry in enumerate(listed):
                if isinstance(entry, Mapping) and not is_template_function(entry):
                    statements.append(_statement(entry, index, ("Statement", index)))
        elif isinstance(listed, Mapping):
            statements.append(_statement(listed, 0, ("Statement",)))
    return PolicyView(
        raw, source, policy_type, resource_type, version, tuple(statements), reference
    )


def _statement(raw: Mapping[str, object], index: int, path: Path) -> StatementView:
    effect = raw.get("Effect")
    sid = raw.get("Sid")
    return StatementView(
        index,
        path,
        raw,
        effect if isinstance(effect, str) and effect in EFFECTS else None,
        Value(sid, (*path, "Sid")) if isinstance(sid, str) else None,
        _principals(raw, path),
        _entries(raw, "Action", path),
        _entries(raw, "Resource", path),
        tuple(_conditions(raw.get("Condition"), (*path, "Condition"))),
    )


def _entries(raw: Mapping[str, object], name: str, path: Path) -> Entries | None:
    """Read an element or its Not form; of both, the plain one."""
    element = name if name in raw else f"Not{name}"
    if element not in raw:
        return None
    place = (*path, element)
    return Entries(element, _texts(raw[element], place), place)


def _texts(raw: object, path: Path) -> tuple[Value, ...]:
    """Read one text or the texts of a list."""
    if isinstance(raw, str):
        return (Value(raw, path),)
    if not isinstance(raw, list):
        return ()
    return tuple(Value(entry, (*path, i)) for i, entry in enumerate(raw) if isinstance(entry, str))


def _principals(raw: Mapping[str, object], path: Path) -> Principals | None:
    """Read Principal or NotPrincipal; kinds that do not exist are left out."""
    element = "Principal" if "Principal" in raw else "NotPrincipal"
    if element not in raw:
        return None
    place = (*path, element)
    given = raw[element]
    entries: list[PrincipalEntry] = []
    if given == "*":
        entries.append(PrincipalEntry("*", Value("*", place)))
    elif isinstance(given, Mapping):
        for kind, values in given.items():
            if kind in PRINCIPAL_KINDS:
                entries += [PrincipalEntry(kind, value) for value in _texts(values, (*place, kind))]
    return Principals(element, tuple(entries), place)


def _conditions(raw: object, path: Path) -> list[ConditionView]:
    """Read the conditions whose operator exists."""
    conditions: list[ConditionView] = []
    known = isinstance(raw, Mapping) and not is_template_function(raw)
    for written, keys in raw.items() if isinstance(raw, Mapping) and known else ():
        operator = split_operator(written) if isinstance(written, str) else None
        if operator is None or not isinstance(keys, Mapping) or is_template_function(keys):
            continue
        for key, values in keys.items():
            if isinstance(key, str):
                place = (*path, written, key)
                read = _condition_values(values, place)
                conditions.append(ConditionView(operator, written, key, read, place, values))
    return conditions


def _condition_values(raw: object, path: Path) -> tuple[Value, ...]:
    """Read the values of one key."""
    if not isinstance(raw, list):
        text = text_of(raw)
        return () if text is None else (Value(text, path),)
    texts = [(text_of(entry), (*path, index)) for index, entry in enumerate(raw)]
    return tuple(Value(text, place) for text, place in texts if text is not None)


def _listed(raw: object) -> list[object]:
    return raw if isinstance(raw, list) else [raw]
