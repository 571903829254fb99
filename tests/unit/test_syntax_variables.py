"""Texts with wildcards and policy variables, cut into parts."""

from __future__ import annotations

import pytest

from iamsim.syntax.variables import (
    Literal,
    Question,
    Star,
    Variable,
    find_fault,
    has_variables,
    parse_template,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("abc", (Literal("abc"),)),
        ("a*b?", (Literal("a"), Star(), Literal("b"), Question())),
        ("**", (Star(), Star())),
        ("${aws:username}", (Variable("aws:username"),)),
        ("a${k}b", (Literal("a"), Variable("k"), Literal("b"))),
        ("${a}${b}", (Variable("a"), Variable("b"))),
        ("${k, 'x'}", (Variable("k", "x"),)),
        ("${k,'x'}", (Variable("k", "x"),)),
        ("${k  ,\t'x'}", (Variable("k", "x"),)),
        ("${k, ''}", (Variable("k", ""),)),
        ("${k, '*'}", (Variable("k", "*"),)),
        ("${k, 'a}b'}c", (Variable("k", "a}b"), Literal("c"))),
        ("${k, 'x' }", (Variable("k, 'x' "),)),
        ("${k, 'x}", (Variable("k, 'x"),)),
        ("${k, x}", (Variable("k, x"),)),
        ("${a, b, 'x'}", (Variable("a, b", "x"),)),
        ("${ k }", (Variable(" k "),)),
        ("${aws:PrincipalTag/cost center.x/y}", (Variable("aws:PrincipalTag/cost center.x/y"),)),
        ("${*}", (Literal("*"),)),
        ("a${?}b${$}{c}", (Literal("a?b${c}"),)),
        ("*${*}*", (Star(), Literal("*"), Star())),
        ("${$}${k}", (Literal("$"), Variable("k"))),
        ("${*, 'x'}", (Variable("*", "x"),)),
        ("$", (Literal("$"),)),
        ("$a{b}", (Literal("$a{b}"),)),
        ("${k", (Literal("${k"),)),
        ("${a}${k", (Variable("a"), Literal("${k"))),
        ("${}", (Variable(""),)),
        ("${, 'x'}", (Variable("", "x"),)),
        ("${a${b}}", (Variable("a${b"), Literal("}"))),
    ],
)
def test_texts_are_cut_by_the_rules(text, parts):
    """Each form of R9.1 to R9.13 gives its parts."""
    assert parse_template(text) == parts


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", None),
        ("${a}${$}{", None),
        ("x${", ("unclosed-variable", 1)),
        ("${a}${b", ("unclosed-variable", 4)),
        ("${}", ("empty-variable", 0)),
        ("${a} ${, 'x'}", ("empty-variable", 5)),
        ("${a, '}'}${", ("unclosed-variable", 9)),
        ("${ }", None),
    ],
)
def test_faults_are_found_with_their_offset(text, fault):
    """The first variable that AWS would not accept is named, and nothing else."""
    assert find_fault(text) == fault


def test_the_quick_check_has_no_false_negatives():
    """Every text with a variable passes the quick check."""
    assert has_variables("a${b}")
    assert not has_variables("a${b")
    assert not has_variables("a{b}")


@pytest.mark.parametrize(
    "text", ["${" * 300_000, "${" + ", '" * 300_000 + "}", "*?" * 300_000, "${a}" * 300_000]
)
@pytest.mark.timeout(60)
def test_long_texts_are_cut_in_time_linear_in_their_length(text):
    """No text makes the scanner look at the same characters again and again."""
    assert parse_template(text)
    fault = find_fault(text)
    assert fault is None or fault.offset < len(text)
