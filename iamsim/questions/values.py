"""Whether a request can carry a value of a context key: what a key of a type holds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.compile.literals import read_address, read_date, read_number

if TYPE_CHECKING:
    from iamsim.catalog import ConditionKeyFacts
    from iamsim.core.request import ContextValue

_BOOLEANS = ("true", "false")
_HOLDS: Mapping[str, Callable[[str], bool]] = {
    "Bool": lambda text: text.lower() in _BOOLEANS,
    "Date": lambda text: read_date(text) is not None,
    "Numeric": lambda text: read_number(text) is not None,
    "IPAddress": lambda text: read_address(text) is not None,
}
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    "Bool": _BOOLEANS,
    "Date": ("2026-01-31T12:00:00Z",),
    "Numeric": ("300",),
    "IPAddress": ("203.0.113.7", "2001:db8::7"),
}


def amiss(value: ContextValue, facts: ConditionKeyFacts) -> str | None:
    """The first text of a value that no request carries in a key of these types; `None` where each
    can be, or nothing is known of the types. Texts and ARNs may be anything."""
    types = _types(facts)
    if not types or not types <= _HOLDS.keys():
        return None
    texts = (value,) if isinstance(value, str) else value
    for text in texts:
        if not any(_HOLDS[name](text) for name in types):
            return text
    return None


def samples(facts: ConditionKeyFacts) -> tuple[str, ...]:
    """What a key of these types holds, by example."""
    return tuple(text for name in sorted(_types(facts)) for text in _SAMPLES.get(name, ()))


def _types(facts: ConditionKeyFacts) -> set[str]:
    return {name.removeprefix("ArrayOf") for name in facts.types}
