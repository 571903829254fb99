"""Conditions one rule at a time, and the terms that unknown keys leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.compile.condition import compile_condition, is_null
from iamsim.compile.residual import (
    AllTrue,
    AnyTrue,
    Atom,
    Negated,
    all_of,
    any_of,
    negate,
    term_holds,
)
from iamsim.core.errors import PolicyError
from iamsim.core.reason import Note, Reason
from iamsim.core.span import Source
from iamsim.syntax.ast import Condition, Value
from tests.unit.questions import (
    request_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.compile.residual import Term
    from iamsim.core.request import ContextValue

NOWHERE = Source("nowhere", "")


def condition(operator: str, *texts: str) -> Any:
    """Compile one condition on the key `k`."""
    values = tuple(Value(text, ()) for text in texts)
    return compile_condition(Condition(operator, "k", values, ()), NOWHERE, with_variables=True)


HOLDS: list[tuple[str, list[str], ContextValue | None, bool]] = [
    ("StringEquals", ["a"], ("a",), True),
    ("StringEquals", ["a"], ("a", "a"), False),
    ("StringNotEquals", ["a"], ("b", "c"), False),
    ("StringNotEquals", ["a"], (), True),
    ("StringEquals", ["a"], (), False),
    ("NumericNotEquals", ["x"], "1", False),
    ("NumericNotEquals", ["x"], ("1", "2"), False),
    ("NumericNotEquals", ["x"], (), True),
    ("NumericNotEquals", ["x"], None, True),
    ("NumericNotEquals", ["1"], "x", True),
    ("NumericEquals", ["x", "1"], "1", True),
    ("ForAllValues:NumericNotEquals", ["x"], ("1",), False),
    ("ForAnyValue:NumericEquals", ["1"], ("2", "1"), True),
    ("ForAllValues:StringLike", ["${a}*"], ("b",), False),
    ("ForAnyValue:StringNotLike", ["${a}*"], ("b",), True),
    ("ForAllValues:StringEquals", ["a"], "a", True),
    ("ForAllValues:StringEquals", ["a"], "", True),
    ("ForAnyValue:StringEquals", [""], "", True),
    ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
    ("Null", ["true", "false"], "x", True),
    ("Null", ["TRUE"], None, True),
    ("Null", ["maybe"], None, False),
    ("Null", ["true"], ("", ""), True),
    ("Null", ["true"], "", False),
    ("StringEquals", [], "a", False),
    ("StringNotEquals", [], "a", False),
    ("StringNotEqualsIfExists", [], "a", False),
    ("StringEqualsIfExists", [], None, True),
    ("ForAllValues:StringNotEquals", [], "a", False),
    ("ForAllValues:StringEquals", [], None, True),
    ("ForAnyValue:StringNotEquals", [], "a", False),
    ("Null", [], None, False),
    ("ForAllValues:Null", ["false"], None, True),
    ("ForAnyValue:Null", ["false"], "a", False),
    ("StringEquals", ["a", "${b, 'c'}"], "a", True),
    ("StringEquals", ["a", "${b, 'c'}"], "c", True),
    ("StringEqualsIgnoreCase", ["${b, 'C'}"], "c", True),
    ("ArnLike", ["arn:aws:s3:::${b, 'c'}"], "arn:aws:s3:::c", True),
    ("ArnLike", ["arn:${b, 'aws:s3'}:::c*"], "arn:aws:s3:::cd", True),
    ("ArnLike", ["*"], "arn:aws:s3:::c", True),
    ("ArnLike", ["*"], "c", False),
    ("ArnLike", ["*"], "a:b:c:d:e:f", False),
    ("ArnLike", ["c*"], "c", False),
    ("ArnLike", ["arn:aws:s3*"], "arn:aws:s3:::c", False),
    ("ArnLike", ["*", "arn:aws:s3*"], "arn:aws:sqs:::c", True),
    ("ArnLike", ["arn:aws:s3:::c"], "arn:aws:s3", False),
    ("ArnLike", ["arn:aws:s3:::*"], "arn:aws:s3:::c:d", True),
    ("Bool", ["${b, 'true'}"], "TRUE", True),
    ("Bool", ["yes"], "yes", False),
    ("Bool", ["${b, 'yes'}"], "yes", False),
    ("IpAddress", ["0.0.0.0/0"], "2001:db8::1", False),
    ("IpAddress", ["::/0"], "203.0.113.9", False),
    ("IpAddress", ["203.0.113.0/24"], "::cb00:7109", False),
    ("StringLike", ["a", "b*"], "bc", True),
    ("StringLike", ["a*", "b*"], "c", False),
    ("stringequals", ["a"], "a", True),
]


@pytest.mark.parametrize(("operator", "values", "value", "holds"), HOLDS)
def test_conditions(
    operator: str, values: list[str], value: ContextValue | None, holds: bool
) -> None:
    """One operator, its values, and what the request says (or does not)."""
    context: dict[str, ContextValue] = {} if value is None else {"k": value}
    request = request_of(context=context)
    test = condition(operator, *values)
    assert test.matches(request) is holds
    assert test.explain(request).matched is holds


@pytest.mark.parametrize(
    ("value", "null"),
    [(None, True), ((), True), (("",), True), (("", "x"), False), ("", False), ("x", False)],
)
def test_what_counts_as_null(value: ContextValue | None, null: bool) -> None:
    """No key, no values and nothing but empty values are null; a single empty string is not."""
    assert is_null(value) is null


def test_unknown_operators_are_refused() -> None:
    """An operator that does not exist can't be compiled."""
    with pytest.raises(PolicyError) as caught:
        condition("StringEqual", "a")
    assert caught.value.code == "unknown-operator"


def test_addresses_of_a_policy_must_be_addresses() -> None:
    """A value that is no block holds no address, and lets nobody in by negation either."""
    inside = request_of(context={"k": "10.0.0.1"})
    assert not condition("IpAddress", "10.0.0.0/33").matches(inside)
    assert not condition("NotIpAddress", "10.0.0.0/33").matches(inside)
    assert condition("IpAddress", "10.0.0.0/33", "10.0.0.0/8").matches(inside)
    assert not condition("IpAddress", "10.0.0.0/8").matches(request_of(context={"k": "somewhere"}))


def test_conditions_read_their_variables_too() -> None:
    """The keys of a test are its own and those of its values, each once, in lower case."""
    test = condition("StringEquals", "${K}", "${aws:UserName}", "${aws:username}x")
    assert test.keys == ("k", "aws:username")


def test_resolved_values_are_shown() -> None:
    """An explanation shows values filled in, and says which have nothing to fill in."""
    clause = condition("StringEquals", "${a}", "${b}x").explain(
        request_of(context={"k": "c", "b": "d"})
    )
    assert clause.pattern == "${a}, ${b}x"
    assert clause.resolved == "(unresolved), dx"
    assert clause.reason is Reason.VARIABLE_UNRESOLVED


@pytest.mark.parametrize(
    ("context", "notes"),
    [({"b": ""}, (Note.EMPTY_STRING_VALUE,)), ({}, ()), ({"b": ("c", "d")}, ())],
)
def test_a_default_for_an_empty_value_is_noted(
    context: dict[str, ContextValue], notes: tuple[Note, ...]
) -> None:
    """That a default stands in for an empty value is uncertain; for an absent one it is not."""
    test = condition("StringEquals", "${b, 'c'}")
    assert test.explain(request_of(context={"k": "c", **context})).notes == notes


@pytest.mark.parametrize(
    ("operator", "value", "reason"),
    [
        ("StringEquals", "b", Reason.VALUE_MISMATCH),
        ("StringEquals", "a", Reason.MATCHED),
        ("StringEquals", None, Reason.KEY_ABSENT),
        ("StringNotEquals", None, Reason.KEY_ABSENT_PASSES),
        ("StringEquals", ("a", "b"), Reason.SEVERAL_VALUES_WITHOUT_SET_OPERATOR),
        ("ForAllValues:StringEquals", ("b",), Reason.VALUE_MISMATCH),
        ("Null", "x", Reason.KEY_PRESENT),
        ("Null", None, Reason.KEY_ABSENT),
    ],
)
def test_why_a_condition_fails(operator: str, value: ContextValue | None, reason: Reason) -> None:
    """The reason of a clause says what kept it from holding, or let it hold."""
    context: dict[str, ContextValue] = {} if value is None else {"k": value}
    assert condition(operator, "a").explain(request_of(context=context)).reason is reason


class Key:
    """A leaf that holds where its key has the value ``yes``."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        self.keys = (key,)

    def holds(self, _resource: str, context: Mapping[str, ContextValue]) -> bool:
        """Ask the context."""
        return context.get(self.keys[0]) == "yes"


ATOMS = [Atom(Key(key), request_of()) for key in "abc"]
TERMS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.sampled_from(ATOMS)),
    lambda inner: st.one_of(
        st.tuples(st.just("all"), st.lists(inner, max_size=4)),
        st.tuples(st.just("any"), st.lists(inner, max_size=4)),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=12,
)


def folded(shape: Any) -> Term:
    """Build a term of a shape."""
    match shape:
        case ("all", parts):
            return all_of(map(folded, parts))
        case ("any", parts):
            return any_of(map(folded, parts))
        case ("not", part):
            return negate(folded(part))
        case _:
            term: Term = shape
            return term


def plainly(shape: Any, context: Mapping[str, ContextValue]) -> bool:
    """Decide a shape by what its words mean."""
    match shape:
        case ("all", parts):
            return all(plainly(part, context) for part in parts)
        case ("any", parts):
            return any(plainly(part, context) for part in parts)
        case ("not", part):
            return not plainly(part, context)
        case Atom():
            return shape.holds(context)
        case _:
            return bool(shape)


@given(TERMS, st.dictionaries(st.sampled_from("abc"), st.sampled_from(["yes", "no"])))
def test_terms_mean_what_they_say(shape: Any, context: dict[str, ContextValue]) -> None:
    """Folding a term early never changes what it decides later."""
    assert term_holds(folded(shape), context) is plainly(shape, context)


@given(TERMS)
def test_terms_are_flat(shape: Any) -> None:
    """A folded term has no constant in it, no *and* in an *and*, no *not* of a *not*."""
    waiting = [folded(shape)]
    if isinstance(waiting[0], bool):
        return
    while waiting:
        term = waiting.pop()
        assert not isinstance(term, bool)
        if isinstance(term, AllTrue | AnyTrue):
            assert len(term.parts) > 1
            assert not any(type(part) is type(term) for part in term.parts)
            waiting.extend(term.parts)
        elif isinstance(term, Negated):
            assert not isinstance(term.part, Negated)
            waiting.append(term.part)
