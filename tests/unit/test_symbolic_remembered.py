"""Remembered solutions: what tells one open term from another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iamsim.symbolic.remembered import remembered_solution
from tests.unit.questions import OBJECT, allow, compiled, request_of

OWN = compiled(allow(Resource="arn:aws:s3:::reports/${aws:username}-${aws:x}"))
SAME = compiled(allow(Condition={"StringEquals": {"aws:x": "${aws:username}"}}))


def allowing(statement: Any, name: str, resource: str = OBJECT) -> object:
    """Give the unknown value with which a statement matches the request of a user."""
    asked = request_of(resource=resource, context={"aws:username": name})
    term = statement.residual(replace(asked, unknown=frozenset({"aws:x"})))
    return remembered_solution(term).allowing


@pytest.mark.parametrize("name", ["maya", "nils"])
def test_known_values_tell_terms_apart(name: str) -> None:
    """One test with a variable is another one where the variable has another value."""
    assert allowing(SAME, name) == {"aws:x": name}
    assert allowing(SAME, "otto") == {"aws:x": "otto"}


def test_resources_tell_terms_apart() -> None:
    """A resource with a variable is held against the resource of each request."""
    for end in ("july", "june"):
        resource = f"arn:aws:s3:::reports/maya-{end}"
        assert allowing(OWN, "maya", resource) == {"aws:x": end}


def test_one_term_is_solved_once() -> None:
    """Requests that leave the same open share one solution."""
    asked = replace(request_of(context={"aws:username": "maya"}), unknown=frozenset({"aws:x"}))
    assert remembered_solution(SAME.residual(asked)) is remembered_solution(SAME.residual(asked))
