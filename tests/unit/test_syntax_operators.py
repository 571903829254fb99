"""The condition operators as data, and names taken apart."""

from __future__ import annotations

import pytest

from iamsim.syntax.operators import (
    OPERATORS,
    SET_OPERATORS,
    Family,
    OperatorName,
    operator_spellings,
    split_operator,
)

# As the tables of AWS's page on condition operators list them.
DOCUMENTED = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
]


def test_the_operators_are_those_that_aws_documents():
    """No operator is missing, and none is invented."""
    assert sorted(OPERATORS) == sorted(DOCUMENTED)


def test_spellings_are_all_combinations_but_null_if_exists():
    """Every operator takes both set operators, and all but Null take IfExists."""
    assert len(operator_spellings()) == (len(DOCUMENTED) * 2 - 1) * 3
    assert not any("NullIfExists" in text for text in operator_spellings())


@pytest.mark.parametrize("text", operator_spellings())
def test_a_documented_name_is_taken_apart_and_put_together(text):
    """The parts of a name give the name back; any letter case is read, and told."""
    name = split_operator(text)
    assert name.text == text
    assert name.canonical
    assert name.set_operator in (None, *SET_OPERATORS)
    assert split_operator(text.upper()) == name._replace(canonical=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "StringEqual",
        "ForAnyValues:StringEquals",
        "ForAnyValue:",
        "ForAnyValue:ForAnyValue:StringEquals",
        "StringEqualsIfExistsIfExists",
        "NullIfExists",
        "ForAllValues:NullIfExists",
        "NotBool",
        "StringLikeIgnoreCase",
        " StringEquals",
        "String\u017fEquals",
        "StringLi\u212ae",
    ],
)
def test_other_names_are_no_operators(text):
    """Near misses are refused, letters that fold to Latin ones too."""
    assert split_operator(text) is None


def test_operators_know_their_family_and_whether_they_negate():
    """What the compiler needs stands in the table."""
    name = split_operator("ForAllValues:ArnNotLikeIfExists")
    assert name == OperatorName("ForAllValues", "ArnNotLike", if_exists=True)
    assert name.negated
    assert name.operator.family is Family.ARN
    assert {operator.family for operator in OPERATORS.values()} == set(Family)
    assert {name for name, operator in OPERATORS.items() if operator.negated} == {
        name for name in DOCUMENTED if "Not" in name
    }
