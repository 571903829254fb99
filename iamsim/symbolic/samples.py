"""Values of a context key worth trying: those that policies mention, and one that none does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.wildcard import example_of

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.template import Template
    from iamsim.core.request import ContextValue

MOST_VALUES = 6
OTHER_TEXT = "another-value"
OTHER_ARN = "arn:aws:iam::000000000000:role/another"
# Addresses that are kept for documentation: https://www.rfc-editor.org/rfc/rfc5737.
OTHER_ADDRESSES = ("192.0.2.1", "198.51.100.7", "2001:db8::1")
OTHER_DATES = ("1970-01-02T00:00:00Z", "2999-12-31T00:00:00Z")


def sample_values(
    tests: Iterable[ConditionTest], context: Mapping[str, ContextValue]
) -> Iterator[tuple[str, bool]]:
    """Give values with whether a policy mentions them; each once, at most six of each test.

    Wildcards are filled in, blocks of addresses give their first address.
    """
    seen: set[str] = set()
    tests = list(tests)
    for test in tests:
        for template in test.values.templates[:MOST_VALUES]:
            for value in _mentioned(test.operator.base, template, context):
                if value not in seen:
                    seen.add(value)
                    yield value, True
    for test in tests:
        for value in _others(test):
            if value not in seen:
                seen.add(value)
                yield value, False


def _mentioned(base: str, template: Template, context: Mapping[str, ContextValue]) -> Iterator[str]:
    """The values that one entry of a condition stands for."""
    if base == "Null":
        return
    tokens = template.resolve(context)
    if tokens is None:
        return
    if "Like" in base or base.startswith("Arn"):
        yield example_of(tokens)
        return
    text = "".join(token if isinstance(token, str) else token.value for token in tokens)
    if "IpAddress" in base:
        text = text.partition("/")[0]
    yield text


def _others(test: ConditionTest) -> tuple[str, ...]:
    """Values that the entries of a condition do not stand for."""
    base = test.operator.base
    texts = [template.text for template in test.values.templates]
    if "IpAddress" in base:
        return OTHER_ADDRESSES
    if base.startswith("Date"):
        return OTHER_DATES
    if base.startswith("Numeric"):
        return tuple(_neighbors(texts))
    if base == "Bool":
        return ("true", "false")
    if base.startswith("Arn"):
        return (OTHER_ARN,)
    return (OTHER_TEXT,)


def _neighbors(texts: Iterable[str]) -> Iterator[str]:
    """The whole numbers next to each number."""
    for text in texts:
        try:
            number = int(float(text))
        except (ValueError, OverflowError):
            continue
        yield str(number - 1)
        yield str(number + 1)
