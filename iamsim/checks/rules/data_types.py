"""A value has the wrong JSON type for its element.

## What it finds
A `Version` that is a number, an `Action` that is an object, a `Condition` that is a list: wherever
the grammar of policies asks for a text, a list of texts or an object, and something else stands
there.

## Why it matters
IAM refuses the document. In templates that are filled in by programs this is the most frequent
fault: a number where a text was meant, or a list inside a list. What AWS CloudFormation fills in
(`Ref`, `Fn::Sub`) is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.reading import text_of
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import is_template_function
from iamsim.syntax.operators import split_operator
from iamsim.syntax.problem import kind_of

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.core.span import Path

CODE = "DATA_TYPE_MISMATCH"
LISTS = ("Action", "NotAction", "Resource", "NotResource")


@checks(CODE)
def wrong_types(policy: PolicyView) -> Findings:
    """Look at the type of every element."""
    if not isinstance(policy.raw, dict):
        return
    for name in ("Version", "Id"):
        if name in policy.raw and not isinstance(policy.raw[name], str):
            yield _finding(policy, name, "a text", policy.raw[name], (name,))
    statements = policy.raw.get("Statement", [])
    if not isinstance(statements, dict | list):
        expected = "an object or a list of objects"
        yield _finding(policy, "Statement", expected, statements, ("Statement",))
    elif isinstance(statements, list):
        for index, entry in enumerate(statements):
            if not isinstance(entry, dict):
                yield _finding(policy, "a statement", "an object", entry, ("Statement", index))
    for statement in policy.statements:
        yield from _in_statement(policy, statement)


def _in_statement(policy: PolicyView, statement: StatementView) -> Findings:
    """Look at the elements of one statement."""
    raw = statement.raw
    for name in ("Sid", "Effect"):
        if name in raw and not isinstance(raw[name], str) and not is_template_function(raw[name]):
            yield _finding(policy, name, "a text", raw[name], statement.element(name))
    for name in LISTS:
        if name in raw:
            yield from _in_list(policy, name, raw[name], statement.element(name))
    for name in ("Principal", "NotPrincipal"):
        given = raw.get(name)
        if isinstance(given, dict):
            for kind, values in given.items():
                yield from _in_list(policy, kind, values, (*statement.element(name), kind))
    if "Condition" in raw:
        yield from _in_condition(policy, raw["Condition"], statement.element("Condition"))


def _in_list(policy: PolicyView, name: str, raw: object, path: Path) -> Findings:
    """Look at a text or a list of texts."""
    if isinstance(raw, list):
        for index, entry in enumerate(raw):
            if not isinstance(entry, str) and not is_template_function(entry):
                yield _finding(policy, name, "a list of texts", entry, (*path, index))
    elif not isinstance(raw, str) and not is_template_function(raw):
        yield _finding(policy, name, "a text or a list of texts", raw, path)


def _in_condition(policy: PolicyView, raw: object, path: Path) -> Findings:
    """Look at the objects and values of a Condition element."""
    if not isinstance(raw, dict):
        yield _finding(policy, "Condition", "an object", raw, path)
        return
    for operator, keys in raw.items():
        if split_operator(operator) is None:
            continue
        place = (*path, operator)
        if not isinstance(keys, dict):
            yield _finding(policy, operator, "an object of condition keys", keys, place)
            continue
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            for index, entry in enumerate(listed):
                if text_of(entry) is None and not is_template_function(entry):
                    where = (*place, key, index) if isinstance(values, list) else (*place, key)
                    yield _finding(policy, key, "a text, or a list of texts", entry, where)


def _finding(policy: PolicyView, name: str, expected: str, found: object, path: Path) -> Finding:
    named = name if name == "a statement" else f"`{name}`"
    return policy.finding(CODE, f"{named} is {expected}, not {kind_of(found)}", path)
