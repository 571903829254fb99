"""Input made to hurt: right answers in bounded work.

Nothing here measures time. Work is bounded by the timeout of each test, which a matcher that
backtracks would exceed by many orders of magnitude, and by what wildcards look at, counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import iamsim
from iamsim.core.errors import PolicyError
from iamsim.core.wildcard import Wildcard, compile_tokens, match_tokens, tokenize

pytestmark = pytest.mark.timeout(60)

A = "111111111111"
USER = f"arn:aws:iam::{A}:user/maya"
LONG = 100_000


def decide(resource: str, context: dict[str, Any] | None = None, **elements: Any) -> bool:
    """Say whether one Allow lets a request for a resource through; both readings must agree."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}
    asked: dict[str, Any] = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": resource,
        "context": context or {},
        "identity_policies": [{"Version": "2012-10-17", "Statement": statement}],
    }
    allowed = iamsim.decide(**asked).allowed
    assert iamsim.explain(**asked).allowed is allowed
    return allowed


PATTERNS = [
    ("*a*a*a*a*a*a*a*b", "a" * LONG, False),
    ("*a*a*a*a*a*a*a*b", "a" * LONG + "b", True),
    ("*a" * 1_000 + "*b", "a" * LONG, False),
    ("*a" * 1_000 + "*b", "a" * LONG + "b", True),
    ("?" * 2_000 + "*b", "a" * LONG, False),
    ("?" * 2_000, "a" * 2_000, True),
    ("?" * 2_000, "a" * 2_001, False),
    ("*?" * 500 + "b", "a" * 20_000 + "b", True),
    ("*?" * 500 + "b", "a" * 20_000, False),
    ("*" * LONG, "a" * LONG, True),
    ("*" * LONG + "b", "a" * LONG, False),
    ("a*" * 20_000 + "b", "a" * LONG, False),
    ("*aab" * 1_000, "aa" * 50_000, False),
    ("?*" * 1_000 + "c?c", "ab" * 10_000, False),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), PATTERNS)
def test_wildcards_never_backtrack(pattern: str, text: str, matches: bool) -> None:
    """Patterns on which a backtracking matcher takes ages come back, and with the right answer."""
    tokens = tokenize(pattern)
    assert compile_tokens(tokens)(text) is matches
    assert match_tokens(tokens, text) is matches


class CountedText(str):
    """A text that counts the characters that are looked at one by one."""

    __slots__ = ("looked_at",)

    def __init__(self, _text: str) -> None:
        self.looked_at = 0

    def __iter__(self) -> Any:
        for character in str(self):
            self.looked_at += 1
            yield character


@given(
    st.lists(st.sampled_from(["a", "b", ":", *Wildcard]), min_size=1, max_size=60),
    st.text("ab:", max_size=300),
)
def test_wildcards_look_at_each_character_once(tokens: list[str | Wildcard], text: str) -> None:
    """However many wildcards a pattern has, a text is read once, from front to back."""
    counted = CountedText(text)
    match_tokens(tokens, counted)
    assert counted.looked_at <= len(text)


ARNS = [
    ("arn:aws:s3:::b/" + "*a" * 200 + "*b", "arn:aws:s3:::b/" + "a" * LONG, False),
    ("arn:aws:s3:::b/" + "*a" * 200 + "*b", "arn:aws:s3:::b/" + "a" * LONG + "b", True),
    ("arn:aws:s3:*a*a*a*a*b:*:x", "arn:aws:s3:" + "a" * 20_000 + "::x", False),
    ("arn:aws:s3:*a*a*a*a*b:*:x", "arn:aws:s3:" + "a" * 20_000 + "b::x", True),
    ("arn:aws:s3:*a*b:" + "?" * 500 + ":x", "arn:aws:s3:ab:" + "c" * 500 + ":x", True),
    ("arn:aws" + ":*" * 4, "arn:aws" + ":" * 20_000, True),
    ("arn:aws:s3:::b/*" + ":*" * 2_000 + ":c", "arn:aws:s3:::b/" + ":" * 20_000, False),
]


@pytest.mark.parametrize(("pattern", "resource", "matches"), ARNS)
def test_resource_patterns_never_backtrack(pattern: str, resource: str, matches: bool) -> None:
    """The stricter wildcards of an ARN's first parts are as harmless as the free ones."""
    assert decide(resource, Resource=pattern) is matches


CONDITIONS: list[tuple[str, Any, Any, bool]] = [
    ("StringLike", "*a*a*a*a*a*a*a*b", "a" * LONG, False),
    ("StringLike", "?" * 1_000 + "*b", "a" * LONG + "b", True),
    ("StringLike", "${aws:username}*a*a*a*b", "maya" + "a" * LONG + "b", True),
    ("ArnLike", "arn:aws:iam::*1*1*1*2:*", "arn:aws:iam::" + "1" * LONG + ":x", False),
    ("ArnLike", "arn:aws:iam::*1*1*1*2:*", "arn:aws:iam::" + "1" * LONG + "2:x", True),
    ("NumericEquals", "1", "9" * LONG, False),
    ("NumericLessThan", "1" + "0" * LONG, "9" * LONG, True),
    ("NumericEquals", "0." + "0" * 10_000, "0", True),
    ("DateLessThan", "2026-01-01", "9" * LONG, False),
    ("DateEquals", "2026-01-01T00:00:00." + "0" * LONG + "Z", "2026-01-01", True),
    ("IpAddress", "10.0.0.0/8", "1" * LONG, False),
    ("IpAddress", "::/0", ":" * LONG, False),
    ("BinaryEquals", "Y" * LONG, "Y" * LONG, True),
    ("Bool", "true", "t" * LONG, False),
    ("StringEquals", ["x"] * 10_000, "y" * LONG, False),
    ("ForAllValues:StringLike", ["a*b"] * 100, ["a" * 500 + "b"] * 1_000, True),
    ("ForAnyValue:StringLike", ["*a*a*b"] * 100, ["a" * 500] * 100, False),
]


@pytest.mark.parametrize(("operator", "values", "given_value", "holds"), CONDITIONS)
def test_long_values_are_only_long(
    operator: str, values: Any, given_value: Any, holds: bool
) -> None:
    """Conditions on very long or very many values come back with the right answer."""
    condition = {operator: {"example:Key": values}}
    assert decide("*", {"example:Key": given_value}, Condition=condition) is holds


ODD = [
    "\ud800",
    "\udfff\ud800",
    "\u202e\u202d\u2066",
    "e\u0301",
    "\u00e9",
    "\U0001f511",
    "\ufeff",
    "\u2028",
    "\u200b",
    "\u0130",
    "\u1e9e",
    "\n",
    "`",
    "'\"\\",
]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_characters_are_characters(odd: str) -> None:
    """Surrogates, NUL, right-to-left marks and the like match themselves and one `?`, no more."""
    resource = f"arn:aws:s3:::b/{odd}"
    context = {"aws:RequestTag/odd": odd}
    assert decide(resource, Resource=resource)
    assert decide(resource, Resource="arn:aws:s3:::b/" + "?" * len(odd))
    assert not decide(resource, Resource="arn:aws:s3:::b/" + "?" * (len(odd) + 1))
    assert not decide(resource, Resource="arn:aws:s3:::b/x")
    for operator in ("StringEquals", "StringLike", "StringEqualsIgnoreCase"):
        literally = odd.replace("*", "${*}")
        assert decide("*", context, Condition={operator: {"aws:RequestTag/odd": literally}})
        assert not decide("*", context, Condition={operator: {"aws:RequestTag/odd": odd + "x"}})


def test_a_damaged_text_is_refused() -> None:
    """No policy of IAM can hold NUL: a transfer has damaged the text."""
    with pytest.raises(PolicyError, match="damaged"):
        decide("arn:aws:s3:::b/x", Resource="arn:aws:s3:::b/\0")


@pytest.mark.parametrize(
    ("one", "other"), [("e\u0301", "\u00e9"), ("\uff41", "a"), ("\u212a", "k")]
)
def test_characters_that_look_alike_are_not_alike(one: str, other: str) -> None:
    """Nothing is normalized: what looks or sounds like another character is not that character."""
    condition = {"StringEquals": {"aws:RequestTag/odd": one}}
    assert decide("*", {"aws:RequestTag/odd": one}, Condition=condition)
    assert not decide("*", {"aws:RequestTag/odd": other}, Condition=condition)


def told(principal: str, action: str, context: dict[str, str]) -> str:
    """Give the text of an answer, or of the error that stands in for it."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    try:
        answer = iamsim.explain(
            principal=principal,
            action=action,
            context=context,
            identity_policies=[{"Version": "2012-10-17", "Statement": statement}],
        )
    except iamsim.InputError as error:
        return str(error)
    return json.dumps(answer.to_dict()) + str(answer)


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_names_are_answered_or_refused(odd: str) -> None:
    """Odd principals, actions and keys get an answer or an error of ours, in words either way."""
    assert told(USER + odd, "s3:GetObject", {})
    assert told(odd, "s3:GetObject", {})
    assert told(USER, "s3:Get" + odd, {})
    assert told(USER, "s3:GetObject", {"aws:RequestTag/" + odd: odd})


def many_statements(count: int) -> dict[str, Any]:
    """Make a policy of many statements, of which the last but one lets one object through."""
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": [f"s3:Get{number}*", "sqs:*"],
            "Resource": f"arn:aws:s3:::b{number}/*a*a*b",
            "Condition": {"StringLike": {"aws:username": f"*{number}*"}},
        }
        for number in range(count)
    ]
    statements[-2] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/ok"}
    return {"Version": "2012-10-17", "Statement": statements}


def test_five_thousand_statements() -> None:
    """A policy of 5,000 statements is read, decided, and explained to the last statement."""
    document = many_statements(5_000)
    asked: dict[str, Any] = {"principal": USER, "action": "s3:GetObject"}
    policies = iamsim.compile_policies(principal=USER, identity_policies=[document])
    for name, allowed in (("ok", True), ("other", False)):
        request = policies.request(action="s3:GetObject", resource=f"arn:aws:s3:::b/{name}")
        assert policies.decide(request).allowed is allowed
    answer = iamsim.explain(**asked, resource="arn:aws:s3:::b/ok", identity_policies=[document])
    assert answer.decision.statements[0].index == 4_998
    (layer,) = [entry for entry in answer.explanation.layers if entry.policies]
    assert len(layer.policies[0].statements) == 5_000


def test_five_thousand_entries() -> None:
    """One statement with 5,000 actions and 5,000 resources is no harder than it is long."""
    actions = [f"s3:Get{number}*" for number in range(4_999)]
    resources = [f"arn:aws:s3:::b/*{number}*x" for number in range(4_999)]
    elements: dict[str, Any] = {
        "Action": [*actions, "s3:Get*"],
        "Resource": [*resources, "arn:aws:s3:::b/y"],
    }
    assert decide("arn:aws:s3:::b/y", **elements)
    assert not decide("arn:aws:s3:::b/z", **elements)


@pytest.mark.parametrize(
    "text",
    [
        "[" * LONG,
        '{"Statement":' * LONG,
        '{"Version": "2012-10-17", "Statement": [' + "[" * LONG + "]" * LONG + "]}",
        "{" * LONG + "}" * LONG,
        '"' + "\\u0000" * LONG,
        '{"Statement": ' + "9" * LONG + "}",
        " " * LONG * 10,
        "\x00" * LONG,
    ],
    ids=["lists", "objects", "valid-lists", "braces", "string", "number", "blanks", "nul"],
)
def test_texts_that_are_no_policy_are_refused(text: str) -> None:
    """Deep, endless or empty texts get an error with a place, whatever their size."""
    with pytest.raises(iamsim.PolicyError) as caught:
        iamsim.parse_policy(text)
    assert caught.value.code
    assert "\n" not in caught.value.message


def test_deep_lists_do_not_exhaust_a_small_stack() -> None:
    """With little of the stack left, a deep policy is still refused in words."""
    program = (
        "import sys, iamsim\n"
        "sys.setrecursionlimit(120)\n"
        "try:\n"
        "    iamsim.parse_policy('[' * 5000 + ']' * 5000)\n"
        "except iamsim.PolicyError as error:\n"
        "    print(error.code)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.stdout, run.stderr) == ("nested-too-deep\n", "")
