"""Seeking statements by resource finds what trying them one by one does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from hypothesis import given
from hypothesis import strategies as st

import iamsim
from iamsim.engine.first_match import MANY, first_match

if TYPE_CHECKING:
    from iamsim.core.request import Request

USER = "arn:aws:iam::111122223333:user/maya"
ENDS = ("a", "ab/*", "a*", "*/b", "?b/c", "${aws:username}/*", "ab/${aws:PrincipalTag/t}", "")
RESOURCES = st.one_of(
    st.just("*"),
    st.builds("arn:aws:s3:::{}{}".format, st.sampled_from(("", "x", "xy-")), st.sampled_from(ENDS)),
    st.sampled_from(("arn:aws:s3:*:*:x", "arn:*:s3:::xa", "arn:aws:s?:::xyz", "arn:aws:s3")),
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(("Allow", "Deny")),
        "Action": st.just("s3:GetObject"),
    },
    optional={
        "Condition": st.just({"StringEquals": {"aws:PrincipalTag/t": "a"}}),
    },
)
ELEMENTS = st.tuples(
    STATEMENTS,
    st.sampled_from(("Resource", "Resource", "Resource", "NotResource")),
    st.lists(RESOURCES, min_size=1, max_size=3),
)
HEADS = st.lists(st.text("ab", min_size=1, max_size=3), max_size=2)
ASKED = st.builds(
    "arn:aws:s3:::{}{}".format,
    st.sampled_from(("", "x", "xy-")),
    st.sampled_from(("a", "ab/c", "b", "maya/z", "ab/a", "zz/b")),
)


@given(st.lists(ELEMENTS, min_size=MANY, max_size=3 * MANY), ASKED, st.sampled_from(("", "a", "b")))
def test_many_statements_decide_as_they_explain(
    elements: list[tuple[dict[str, Any], str, list[str]]], resource: str, tag: str
) -> None:
    """The fast reading seeks, the explanation tries every statement: they agree, whatever the
    statements begin with, and the first of those that match is named."""
    statements = [{**rest, name: resources} for rest, name, resources in elements]
    asked: dict[str, Any] = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": resource,
        "context": {"aws:PrincipalTag/t": tag} if tag else {},
        "identity_policies": [
            iamsim.parse_policy({"Version": "2012-10-17", "Statement": statements})
        ],
    }
    fast, full = iamsim.decide(**asked), iamsim.explain(**asked).decision
    assert (fast.verdict, fast.layer, fast.reason) == (full.verdict, full.layer, full.reason)
    assert list(fast.statements) == sorted(full.statements, key=lambda one: one.index)[:1]


@given(
    st.one_of(
        st.lists(st.one_of(st.none(), HEADS), min_size=1, max_size=3),
        st.lists(st.one_of(st.none(), HEADS, HEADS, HEADS), min_size=MANY, max_size=2 * MANY),
    ),
    st.text("ab", max_size=4),
    st.integers(0, 4),
)
def test_the_first_test_is_the_first(
    heads: list[list[str] | None], resource: str, modulus: int
) -> None:
    """The number is that of the first test that holds, in a loop or by the index."""

    def holds(number: int) -> bool:
        begins = heads[number]
        fits = begins is None or any(map(resource.startswith, begins))
        return fits and number % 4 >= modulus

    tests = [lambda _, number=number: holds(number) for number in range(len(heads))]
    request = cast("Request", SimpleNamespace(resource=resource))
    found = first_match(tests, [None if head is None else tuple(head) for head in heads])(request)
    assert found == next(filter(holds, range(len(heads))), -1)


def test_none_of_many_holds() -> None:
    """Where no head fits, or no test of those that fit holds, there is none."""
    tests = [lambda _: False] * MANY
    for resource in ("a", "b", ""):
        request = cast("Request", SimpleNamespace(resource=resource))
        assert first_match(tests, [None, *[("a", "ab")] * (MANY - 1)])(request) == -1
