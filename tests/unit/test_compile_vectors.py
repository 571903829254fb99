"""The matchers against the specification's tables, which the oracle is held against as well."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.compile.condition import compile_condition
from iamsim.compile.resource import compile_resource
from iamsim.core.explanation import Element
from iamsim.core.span import Source
from iamsim.syntax.ast import Condition, Value
from tests.oracle.vectors import ACTIONS, CONDITIONS, RESOURCES
from tests.unit.questions import allow, compiled, request_of


def text(value: Any) -> str:
    """Give a value of a table as AWS reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("element", "patterns", "action", "applies"), ACTIONS)
def test_action_vectors(element: str, patterns: Any, action: str, applies: bool) -> None:
    """A statement applies to the actions that the table of actions says it applies to."""
    statement = compiled(allow(Action=None) | {element: patterns})
    assert statement.matches(request_of(action)) is applies


@pytest.mark.parametrize(("pattern", "resource", "matches"), RESOURCES)
def test_resource_vectors(pattern: str, resource: str, matches: bool) -> None:
    """A Resource entry matches the ARNs that the table of resources says it matches."""
    request = request_of(resource=resource)
    assert compiled(allow(Resource=pattern)).matches(request) is matches
    assert compiled(allow(NotResource=pattern)).matches(request) is not matches


def test_the_parts_of_a_resource_pattern() -> None:
    """An entry is read as data: the short form of API Gateway has the ARN that it stands for, and
    one with a variable before the resource matches nothing."""
    variable = "arn:${aws:PrincipalTag/part}:s3:::b/*"
    (leaf,) = compiled(allow(Resource=variable)).resources.patterns
    assert leaf.parts is None
    (leaf,) = compiled(allow(Resource="*")).resources.patterns
    assert leaf.parts == leaf.template.parts
    value = Value("execute-api:/prod/*", ("Statement", 0, "Resource"))
    source = Source("p.json", "{}")
    short = compile_resource(
        value, Element.RESOURCE, source, with_variables=True, complete=False, attached=True
    )
    assert short.parts is not None
    assert len(short.parts) > len(short.template.parts)


@pytest.mark.parametrize(("operator", "values", "given", "holds"), CONDITIONS)
def test_condition_vectors(operator: str, values: Any, given: Any, holds: bool) -> None:
    """A condition holds where the table of operators says it does, absent keys included."""
    texts = [text(value) for value in (values if isinstance(values, list) else [values])]
    test = compile_condition(
        Condition(operator, "TEST:key", tuple(Value(entry, ()) for entry in texts), ()),
        Source("vectors", ""),
        with_variables=True,
    )
    value = tuple(given) if isinstance(given, list) else None if given is None else text(given)
    context = {} if value is None else {"test:key": value}
    request = request_of(context=context)
    assert test.matches(request) is holds
    assert test.explain(request).matched is holds
    assert test.residual(request) is holds
