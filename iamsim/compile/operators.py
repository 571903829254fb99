"""What each condition operator asks of one value of the request, given the policy's values.

Negation, missing keys, IfExists and set operators are not here: `iamsim.compile.condition` applies
them once, for all operators.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, TypeVar

from iamsim.compile.literals import (
    lacks_zone,
    read_address,
    read_bytes,
    read_date,
    read_network,
    read_number,
)
from iamsim.compile.template import VARIABLE_OPENING, Template, compile_template
from iamsim.core.arn import ARN_PARTS
from iamsim.core.data_class import dataclass, replace
from iamsim.core.reason import Note
from iamsim.core.wildcard import Token, Wildcard, compile_tokens, match_tokens

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue
    from iamsim.core.wildcard import TextTest

    Context = Mapping[str, ContextValue]
    ContextTest = Callable[[str, Context], bool]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ValueTests:
    """The values of one condition, ready to be held against one value of the request.

    Exactly one of `test` and `context_test` is set: the second where a policy variable makes the
    test depend on the context. `unreadable` says that some policy value can't be read by the
    operator, `readable` whether a request value can.
    """

    templates: tuple[Template, ...]
    test: TextTest | None
    context_test: ContextTest | None = None
    unreadable: bool = False
    readable: TextTest | None = None
    notes: tuple[Note, ...] = ()


def compile_values(base: str, values: Sequence[str], *, with_variables: bool) -> ValueTests:
    """Compile the values for the operator of this (positive) name."""
    positive = POSITIVE.get(base, base)
    if positive in TEXT_OPERATORS:
        return _compile_texts(positive, values, with_variables=with_variables)
    if positive == "IpAddress":
        return _compile_networks(values)
    if positive == "Null":
        return ValueTests(_plain(values), None)
    return _compile_literals(positive, values)


POSITIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnEquals": "ArnLike",
    "ArnNotEquals": "ArnLike",
    "ArnNotLike": "ArnLike",
}
BOOLEANS = frozenset({"true", "false"})
TEXT_OPERATORS = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "Bool"}
ORDER = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}


def _compile_texts(base: str, values: Sequence[str], *, with_variables: bool) -> ValueTests:
    """The operators in whose values policy variables are replaced."""
    templates = tuple(compile_template(value, with_variables=with_variables) for value in values)
    fixed = [template for template in templates if not template.keys]
    open_ones = [template for template in templates if template.keys]
    fixed_test = FIXED_TESTS[base](fixed)
    notes: tuple[Note, ...] = (Note.BOOLEAN_VARIABLE,) if base == "Bool" and open_ones else ()
    if base == "Bool" and any(is_odd_boolean(template.text) for template in fixed):
        notes = (*notes, Note.BOOLEAN_LETTER_CASE)
    if base == "ArnLike" and any(template.text == "*" for template in fixed):
        notes = (Note.WHOLE_VALUE_WILDCARD_ARN,)
    if not with_variables and any(VARIABLE_OPENING in template.text for template in fixed):
        notes = (*notes, Note.POLICY_VERSION_VARIABLES)
    if not open_ones:
        unreadable = base == "Bool" and any(t.text.lower() not in BOOLEANS for t in fixed)
        return ValueTests(templates, fixed_test, unreadable=unreadable, notes=notes)
    resolved_test = RESOLVED_TESTS[base]

    def context_test(value: str, context: Context) -> bool:
        if fixed_test(value):
            return True
        for template in open_ones:
            tokens = template.resolve(context)
            if tokens is not None and resolved_test(tokens, value):
                return True
        return False

    return ValueTests(templates, None, context_test, notes=notes)


def is_odd_boolean(text: str) -> bool:
    """Whether a text is true or false in other letters than AWS writes them."""
    return text.lower() in BOOLEANS and text not in BOOLEANS


def _equals(templates: list[Template]) -> TextTest:
    """Exact comparison with any of the texts."""
    texts = frozenset(template.literal_text() for template in templates)
    if len(texts) == 1:
        (text,) = texts
        return text.__eq__
    return texts.__contains__


def _equals_ignoring_case(templates: list[Template]) -> TextTest:
    """Comparison that ignores letter case."""
    texts = frozenset(template.literal_text().lower() for template in templates)
    return lambda value: value.lower() in texts


def _any_of(tests: list[TextTest]) -> TextTest:
    """Some test accepts the value."""
    if len(tests) == 1:
        return tests[0]

    def test(value: str) -> bool:
        for other_test in tests:  # noqa: SIM110 - any() costs a generator on the hot path
            if other_test(value):
                return True
        return False

    return test


def _like(templates: list[Template]) -> TextTest:
    """Comparison with wildcards, over the whole value."""
    literal = [template for template in templates if template.is_literal]
    tests = [compile_tokens(template.tokens()) for template in templates if not template.is_literal]
    return _any_of([_equals(literal), *tests]) if literal else _any_of(tests)


def _arn_like(templates: list[Template]) -> TextTest:
    """ARNs, part by part."""
    return _any_of([_arn_test(list(template.tokens())) for template in templates])


def _arn_test(tokens: list[Token]) -> TextTest:
    """One ARN pattern. A lone ``*`` accepts every ARN."""
    parts = _arn_parts(tokens)
    if parts is None:
        return _is_arn if tokens == [Wildcard.STAR] else _nothing
    tests = [compile_tokens(part) for part in parts]

    def test(value: str) -> bool:
        fields = value.split(":", ARN_PARTS - 1)
        if len(fields) != ARN_PARTS:
            return False
        for entry, text in zip(tests, fields, strict=True):  # noqa: SIM110 - hot path
            if not entry(text):
                return False
        return True

    return test


def _is_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= ARN_PARTS - 1


def _nothing(_value: str) -> bool:
    return False


def _arn_parts(tokens: list[Token]) -> list[list[Token]] | None:
    """Cut a pattern at its first five colons; `None` when it has fewer."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        text: Token = token
        while isinstance(text, str) and len(parts) < ARN_PARTS and ":" in text:
            head, _, text = text.partition(":")
            parts[-1].append(head)
            parts.append([])
        parts[-1].append(text)
    return parts if len(parts) == ARN_PARTS else None


def _join(tokens: list[Token]) -> str:
    """The text of resolved tokens for operators without wildcards."""
    return "".join(token if isinstance(token, str) else token.value for token in tokens)


def _boolean(templates: list[Template]) -> TextTest:
    """``true`` and ``false``, in any letter case; other policy values match nothing."""
    texts = {template.literal_text().lower() for template in templates} & {"true", "false"}
    return lambda value: value.lower() in texts


FIXED_TESTS: Mapping[str, Callable[[list[Template]], TextTest]] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "ArnLike": _arn_like,
    "Bool": _boolean,
}
RESOLVED_TESTS: Mapping[str, Callable[[list[Token], str], bool]] = {
    "StringEquals": lambda tokens, value: _join(tokens) == value,
    "StringEqualsIgnoreCase": lambda tokens, value: _join(tokens).lower() == value.lower(),
    "StringLike": match_tokens,
    "ArnLike": lambda tokens, value: _arn_test(tokens)(value),
    "Bool": lambda tokens, value: _join(tokens).lower() == value.lower() in {"true", "false"},
}


def _compile_networks(values: Sequence[str]) -> ValueTests:
    """CIDR blocks of both families; an address is in blocks of its own family only. Bits beyond the
    prefix do not count.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    networks = []
    notes: dict[Note, None] = {}
    for value in values:
        network = read_network(value)
        if network is None:
            continue
        networks.append(network[0])
        if ":" in value and "/" not in value:
            notes[Note.IPV6_WITHOUT_PREFIX] = None

    def test(value: str) -> bool:
        address = read_address(value)
        if address is None:
            return False
        bits, number = address
        for family, mask, start in networks:  # noqa: SIM110 - hot path
            if family == bits and number & mask == start:
                return True
        return False

    return ValueTests(
        _plain(values),
        test,
        unreadable=len(networks) < len(values),
        readable=lambda value: read_address(value) is not None,
        notes=tuple(notes),
    )


def _compile_literals(base: str, values: Sequence[str]) -> ValueTests:
    """Numbers, dates and bytes: read once, compared with one operation."""
    if base == "BinaryEquals":
        return _compile_comparison(values, read_bytes, eq)
    if base.startswith("Numeric"):
        return _compile_comparison(values, read_number, ORDER[base.removeprefix("Numeric")])
    tests = _compile_comparison(values, read_date, ORDER[base.removeprefix("Date")])
    without_zone = any(lacks_zone(value) for value in values)
    return replace(tests, notes=(Note.DATE_WITHOUT_ZONE,)) if without_zone else tests


def _compile_comparison(
    values: Sequence[str], read: Callable[[str], T | None], compare: Callable[[T, T], bool]
) -> ValueTests:
    """Compare what the request says, as read, with each policy value, as read."""
    read_values = [read(value) for value in values]
    known = [value for value in read_values if value is not None]

    def test(value: str) -> bool:
        given = read(value)
        if given is None:
            return False
        for t in known:  # noqa: SIM110 - hot path
            if compare(given, t):
                return True
        return False

    return ValueTests(
        _plain(values),
        test,
        unreadable=len(known) < len(read_values),
        readable=lambda value: read(value) is not None,
    )


def _plain(values: Sequence[str]) -> tuple[Template, ...]:
    """Templates of texts in which nothing is replaced."""
    return tuple(compile_template(value, with_variables=False) for value in values)
