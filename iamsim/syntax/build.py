"""From a loaded document to the syntax tree: every shape is checked, nothing is interpreted.

This is the fast reader; ``grammar/policy.lark`` is the law that it follows, and
`tests/property/grammar_reader.py` reads by that law. What the grammar can't say (an element that is
missing, two that contradict) is in `iamsim.syntax.elements`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache

from iamsim.core.caret import quote
from iamsim.core.data_class import NamedTuple
from iamsim.core.json_places import KEY
from iamsim.core.json_text import JsonNumber
from iamsim.core.span import Path
from iamsim.core.suggest import did_you_mean
from iamsim.core.unknown import MARK, SOURCE, Unknown, find_marker
from iamsim.syntax.ast import Condition, Entries, PrincipalEntry, Principals, Statement, Value
from iamsim.syntax.elements import (
    EFFECTS,
    PRINCIPAL_KINDS,
    VERSIONS,
    check_policy_elements,
    check_statement_elements,
)
from iamsim.syntax.operators import OPERATORS, OperatorName, operator_spellings, split_operator
from iamsim.syntax.problem import Problem, kind_of
from iamsim.syntax.uncertain import Elements, read_uncertain, unknown_policy
from iamsim.syntax.variables import find_fault

VERSION_WITH_VARIABLES = "2012-10-17"
# Types as tuples: a union would be built anew at every look.
OBJECT = (dict, Mapping)
LIST = (list, tuple)
NUL, REPLACEMENT = "\x00", "\ufffd"
REMEMBERED = 10_000  # paths
QUOTABLE = ("a number", "true or false")

_value = tuple.__new__  # makes a Value in half the time that Value(...) takes


class Body(NamedTuple):
    """What a policy document holds, without its source and its name."""

    version: str | None
    id: str | None
    statements: tuple[Statement, ...]


def build(document: object, *, markers: bool = False, lenient: bool = False) -> Body:
    """Build the syntax tree of a document as `json` or YAML gives it; raises `Problem`.

    With `markers` a part may be marked as unknown (see `iamsim.core.unknown`); with `lenient` so
    are statements and parts of them that can't be read, and the whole document where it is none.
    """
    try:
        marker = find_marker(document) if markers else None
        if marker is not None:
            return Body(VERSION_WITH_VARIABLES, None, unknown_policy(marker))
        return _build(document, markers=markers, lenient=lenient)
    except Problem as problem:
        if not lenient:
            raise
        unknown = Unknown.unreadable(problem.message)
        return Body(VERSION_WITH_VARIABLES, None, unknown_policy(unknown))


def _build(document: object, *, markers: bool, lenient: bool) -> Body:
    """Build the tree of a document that is none of the unknown ones."""
    if not isinstance(document, OBJECT):
        hint = None
        if isinstance(document, list):
            hint = "give one document; a list of statements belongs under `Statement`"
        elif isinstance(document, str) and document.lstrip().startswith("{"):
            hint = "a JSON text inside a JSON string: take it out of its string first"
        raise Problem("wrong-type", f"a policy is an object, not {kind_of(document)}", (), hint)
    check_policy_elements(document)
    version = _text(document, "Version", ())
    if version is not None and version not in VERSIONS:
        raise Problem(
            "invalid-version",
            f"there is no policy language version {quote(version)}",
            ("Version",),
            f"write `{VERSIONS[0]}`: it names the language, it is not the date of the policy",
        )
    variables = version == VERSION_WITH_VARIABLES
    raw = document["Statement"]
    if isinstance(raw, LIST):
        if not raw:
            message = "`Statement` is an empty list"
            raise Problem("empty-list", message, ("Statement",), "write one statement at least")
        places: list[tuple[object, int, Path]] = [
            (entry, index, _below(("Statement",), index)) for index, entry in enumerate(raw)
        ]
    else:
        places = [(raw, 0, ("Statement",))]
    statements: list[Statement] = []
    for entry, index, place in places:
        try:
            statements.append(_statement(entry, index, place, variables=variables))
        except Problem as problem:
            if not markers:
                raise
            elements = _elements(variables=variables)
            statements += read_uncertain(entry, index, place, elements, problem, lenient=lenient)
    return Body(version, _text(document, "Id", ()), tuple(statements))


def _elements(*, variables: bool) -> Elements:
    """The readers of single elements, for statements of which a part is not known."""

    def values(operator: OperatorName, key: str, raw: object, path: Path) -> tuple[Value, ...]:
        """Read the values of a condition key."""
        elements = _condition_values(key, raw, path)
        if variables and OPERATORS[operator.base].variables:
            _check_all_variables(elements)
        return elements

    return Elements(
        lambda name, raw, path: _entries(
            name, raw, path, variables=variables and name.endswith("Resource")
        ),
        _principals,
        values,
    )


def _effect_problem(effect: object, path: Path) -> Problem:
    """Find the words for an effect that is none of the two."""
    if not isinstance(effect, str):
        return _wrong_type("Effect", "`Allow` or `Deny`", effect, path)
    hint = did_you_mean(effect, EFFECTS) or "write `Allow` or `Deny`"
    return Problem("invalid-effect", f"there is no effect {quote(effect)}", path, hint)


def check_principal(kind: str, value: Value) -> None:
    """Raise `Problem` for every service as principal, which AWS does not accept."""
    if kind == "Service" and value.text == "*":
        message = "`*` is no service principal"
        hint = 'name the service, for example `lambda.amazonaws.com`, or write `"Principal": "*"`'
        raise Problem("invalid-principal", message, value.path, hint)


def check_variables(value: Value) -> None:
    """Raise `Problem` when a policy variable of a text is not closed or has no key."""
    fault = find_fault(value.text)
    if fault is None:
        return
    found = quote(value.text[fault.offset :])
    if fault.code == "empty-variable":
        hint = "name a context key, as in `${aws:username}`"
        raise Problem(fault.code, "a policy variable has no key", value.path, hint)
    hint = "write `}` behind the key; for the two characters themselves write `${$}{`"
    raise Problem(fault.code, f"the policy variable {found} is not closed", value.path, hint)


def _operator_problem(operator: object, path: Path) -> Problem:
    """Find the words for a condition operator that does not exist."""
    text = str(operator)
    path = (*path, text, KEY)
    if text.lower().endswith("nullifexists"):
        message = f"{quote(text)} is no condition operator: `Null` takes no `IfExists`"
        hint = "`Null` asks whether the key exists: write it alone"
        return Problem("null-if-exists", message, path, hint)
    message = f"unknown condition operator {quote(text)}"
    meant = did_you_mean(text, operator_spellings())
    if meant is None and ":" in text:
        meant = "operators stand outside, condition keys inside: `{operator: {key: value}}`"
    return Problem("unknown-operator", message, path, meant)


def _statement(raw: object, index: int, path: Path, *, variables: bool) -> Statement:
    if not isinstance(raw, OBJECT):
        raise _wrong_type("Statement", "an object or a list of objects", raw, path)
    check_statement_elements(raw, path)
    effect = raw["Effect"]
    if effect not in EFFECTS:
        raise _effect_problem(effect, (*path, "Effect"))
    principals: Principals | None = None
    if "Principal" in raw:
        principals = _principals("Principal", raw["Principal"], _below(path, "Principal"))
    elif "NotPrincipal" in raw:
        principals = _principals("NotPrincipal", raw["NotPrincipal"], _below(path, "NotPrincipal"))
    element = "Action" if "Action" in raw else "NotAction"
    actions = _entries(element, raw[element], _below(path, element))
    resources: Entries | None = None
    if "Resource" in raw:
        resources = _entries(
            "Resource", raw["Resource"], _below(path, "Resource"), variables=variables
        )
    elif "NotResource" in raw:
        place = _below(path, "NotResource")
        resources = _entries("NotResource", raw["NotResource"], place, variables=variables)
    conditions: tuple[Condition, ...] = ()
    if "Condition" in raw:
        conditions = _conditions(raw["Condition"], _below(path, "Condition"), variables=variables)
    sid = _text(raw, "Sid", path) if "Sid" in raw else None
    return Statement(index, sid, effect, principals, actions, resources, conditions, path)


@lru_cache(maxsize=REMEMBERED)
def _below(path: Path, part: str | int) -> Path:
    """The path of a part, one for all policies that have one at this place."""
    return (*path, part)


def _text(raw: Mapping[str, object], name: str, path: Path) -> str | None:
    """Read an element that is one text, where it is given."""
    if name not in raw:
        return None
    text = raw[name]
    if not isinstance(text, str):
        raise _wrong_type(name, "a text", text, (*path, name))
    return text


def _entries(name: str, raw: object, path: Path, *, variables: bool = False) -> Entries:
    """Read Action, NotAction, Resource or NotResource."""
    values = _texts(name, raw, path)
    if variables:
        _check_all_variables(values)
    return Entries(name, values, path)


def _check_all_variables(values: tuple[Value, ...]) -> None:
    """Check the variables of those values that have any."""
    for value in values:
        if "${" in value[0]:
            check_variables(value)


def _texts(name: str, raw: object, path: Path) -> tuple[Value, ...]:
    """Read one text or a list of texts."""
    if isinstance(raw, str):
        if NUL in raw or REPLACEMENT in raw:
            raise _damaged(path)
        return (_value(Value, (raw, path)),)
    if not isinstance(raw, LIST):
        raise _wrong_type(name, "a text or a list of texts", raw, path)
    values = []
    for index, text in enumerate(raw):
        if not isinstance(text, str):
            raise _wrong_type(name, "a list of texts", text, (*path, index), inside=True)
        if NUL in text or REPLACEMENT in text:
            raise _damaged((*path, index))
        values.append(_value(Value, (text, _below(path, index))))
    return tuple(values)


def _principals(name: str, raw: object, path: Path) -> Principals:
    if raw == "*":
        return Principals(name, (PrincipalEntry("*", Value("*", path)),), path)
    if isinstance(raw, str):
        hint = f"name its kind: {quote(f'{{{chr(34)}AWS{chr(34)}: {chr(34)}{raw}{chr(34)}}}')}"
        raise Problem("invalid-principal", f"{quote(raw)} has no kind", path, hint)
    if not isinstance(raw, OBJECT):
        raise _wrong_type(name, "`*` or an object", raw, path)
    entries: list[PrincipalEntry] = []
    for kind, values in raw.items():
        if kind not in PRINCIPAL_KINDS:
            message = f"there is no kind of principal {quote(str(kind))}"
            hint = did_you_mean(str(kind), PRINCIPAL_KINDS) or _principal_hint(str(kind))
            raise Problem("unknown-principal-kind", message, (*path, str(kind), KEY), hint)
        for value in _texts(kind, values, _below(path, kind)):
            check_principal(kind, value)
            entries.append(PrincipalEntry(kind, value))
    return Principals(name, tuple(entries), path)


def _principal_hint(kind: str) -> str:
    if kind == "*":
        return 'for everyone write `"Principal": "*"`'
    return f"the kinds are {', '.join(f'`{known}`' for known in PRINCIPAL_KINDS)}"


def _conditions(raw: object, path: Path, *, variables: bool) -> tuple[Condition, ...]:
    if not isinstance(raw, OBJECT):
        raise _wrong_type("Condition", "an object of operators", raw, path)
    conditions: list[Condition] = []
    for operator, keys in raw.items():
        name = split_operator(operator) if isinstance(operator, str) else None
        if name is None:
            raise _operator_problem(operator, path)
        if not isinstance(keys, OBJECT):
            raise _wrong_type(operator, "an object of condition keys", keys, (*path, operator))
        if MARK in keys and SOURCE in keys and find_marker(keys) is not None:
            message = f"what {quote(operator)} tests is marked as not known"
            raise Problem("wrong-type", message, (*path, operator))
        check = variables and OPERATORS[name.base].variables
        place = _below(path, operator)
        for key, values in keys.items():
            if not isinstance(key, str):
                raise _wrong_type("a condition key", "a text", key, place)
            key_place = _below(place, key)
            found = _condition_values(key, values, key_place)
            if check:
                _check_all_variables(found)
            conditions.append(Condition(operator, key, found, key_place))
    return tuple(conditions)


def _condition_values(key: str, raw: object, path: Path) -> tuple[Value, ...]:
    """Read the values of one condition key: texts, numbers, true and false."""
    if isinstance(raw, str):
        if NUL in raw or REPLACEMENT in raw:
            raise _damaged(path)
        return (_value(Value, (raw, path)),)
    if not isinstance(raw, LIST):
        return (Value(_scalar(key, raw, path), path),)
    values = []
    for index, entry in enumerate(raw):
        place = _below(path, index)
        text = entry if isinstance(entry, str) else _scalar(key, entry, place)
        if NUL in text or REPLACEMENT in text:
            raise _damaged(place)
        values.append(_value(Value, (text, place)))
    return tuple(values)


def _damaged(path: Path) -> Problem:
    """Find the words for a text that a transfer damaged, which no policy of IAM can hold:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html."""
    message = "the text is damaged: it has a character that stands for one that was lost"
    return Problem("damaged-text", message, path, "take the policy from where it was copied again")


def _scalar(key: str, raw: object, path: Path) -> str:
    """Write a value that is no text as AWS reads it."""
    if isinstance(raw, JsonNumber):
        return raw.text
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int) or (isinstance(raw, float) and math.isfinite(raw)):
        return json.dumps(raw)
    raise _wrong_type(key, "a text, a number, true or false, or a list of these", raw, path)


def _wrong_type(
    name: str, right: str, found: object, path: Path, *, inside: bool = False
) -> Problem:
    """Find the words for a value that has the wrong type."""
    kind = kind_of(found)
    hint = "write it in double quotes" if "text" in right and kind in QUOTABLE else None
    what = f"{quote(name)} is {right}, but holds {kind}" if inside else None
    message = what or f"{quote(name)} must be {right}, not {kind}"
    return Problem("wrong-type", message, path, hint)
