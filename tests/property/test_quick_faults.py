"""The laws of quick decisions catch faults: each is planted in the signature, and must be found."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from iamsim.engine.reading import Reading
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of
from tests.property.test_quick_laws import hold, tape_of
from tests.property.worlds import case

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

    Part = list[Hashable]
    Fault = Callable[[Part, Part, Part, Part], tuple[Hashable, ...]]

CASES = 400  # the slowest fault needs 188 of them

# What becomes of a signature: the fits of the resource, the classes of single keys, the values of
# keys that count together, and the resource itself where it counts.
FAULTS: dict[str, Fault] = {
    "the resource fits nothing": lambda _, keys, raw, whole: (0, *keys, *raw, *whole),
    "a pattern is left out": lambda fits, keys, raw, whole: (
        *[int(str(one)) & ~1 for one in fits],
        *keys,
        *raw,
        *whole,
    ),
    "the first key is left out": lambda fits, keys, raw, whole: (*fits, *keys[1:], *raw, *whole),
    "the last key is left out": lambda fits, keys, raw, whole: (*fits, *keys[:-1], *raw, *whole),
    "a test of each key is left out": lambda fits, keys, raw, whole: (
        *fits,
        *[one if one is None else int(str(one)) & ~1 for one in keys],
        *raw,
        *whole,
    ),
    "an absent key is as one that fits nothing": lambda fits, keys, raw, whole: (
        *fits,
        *[0 if one is None else one for one in keys],
        *raw,
        *whole,
    ),
    "keys that count together are left out": lambda fits, keys, _, whole: (*fits, *keys, *whole),
}


def bent(fault: Fault) -> Callable[[Any, str, Mapping[str, Any]], Hashable]:
    """A signature with a fault."""
    original = Reading.signature

    def signature(self: Any, resource: str, values: Mapping[str, Any]) -> Hashable:
        signed = original(self, resource, values)
        assert isinstance(signed, tuple)
        ends = (1, 1 + len(self._single), 1 + len(self._single) + len(self._raw_keys))
        parts = (signed[: ends[0]], signed[ends[0] : ends[1]], signed[ends[1] : ends[2]])
        first, second, third = map(list, parts)
        return fault(first, second, third, list(signed[ends[2] :]))

    return signature


def cases_until_caught() -> int | None:
    """Hold the law in one case after the other; the number of the one that breaks it."""
    for number in range(CASES):
        source = random.Random(number)  # noqa: S311 - no secret
        made = case(*(Tape(source.randbytes(600)) for _ in range(5)))
        question, world = question_of(*made)
        try:
            hold(question, world, tape_of(*made))
        except AssertionError:
            return number
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature that forgets something makes two requests alike that are not."""
    monkeypatch.setattr(Reading, "signature", bent(FAULTS[name]))
    assert cases_until_caught() is not None
