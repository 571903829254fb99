"""The laws of quick decisions catch faults: each is planted in what requests or callers are known
by, and must be found."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from iamsim.engine import quick
from iamsim.engine.reading import Reading
from tests.property.crowds import crowd
from tests.property.tape import Tape
from tests.property.test_quick_laws import hold_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

    Part = list[Hashable]
    Fault = Callable[[Part, Part, Part, Part], tuple[Hashable, ...]]

CROWDS = 120  # the slowest fault needs 49 of them

# What the class of a caller is made of; that it is a service-linked role is known of the spot, too,
# so that nothing changes without it here: the last part.
PARTS = ("kind", "partition", "account", "identity", "boundary")

# What becomes of a signature: the fits of the resource, the classes of single keys, the values of
# keys that count together, and the resource itself where it counts.
FAULTS: dict[str, Fault] = {
    "the resource fits nothing": lambda _, keys, raw, whole: (0, *keys, *raw, *whole),
    "a pattern is left out": lambda fits, keys, raw, whole: (
        *[int(str(fit)) & ~1 for fit in fits],
        *keys,
        *raw,
        *whole,
    ),
    "the first key is left out": lambda fits, keys, raw, whole: (*fits, *keys[1:], *raw, *whole),
    "the last key is left out": lambda fits, keys, raw, whole: (*fits, *keys[:-1], *raw, *whole),
    "a test of each key is left out": lambda fits, keys, raw, whole: (
        *fits,
        *[key if key is None else int(str(key)) & ~1 for key in keys],
        *raw,
        *whole,
    ),
    "an absent key is as one that fits nothing": lambda fits, keys, raw, whole: (
        *fits,
        *[0 if key is None else key for key in keys],
        *raw,
        *whole,
    ),
    "keys that count together are left out": lambda fits, keys, _, whole: (*fits, *keys, *whole),
    "the resource is left out": lambda fits, keys, raw, _: (*fits, *keys, *raw),
}


def without_sessions(situation: Any, action: str) -> frozenset[str]:
    """The names of principals, but for those of sessions."""
    found = NAMES_IN(situation, action)
    return frozenset(entry for entry in found if ":assumed-role/" not in entry)


NAMES_IN = quick._names_in
# What stands in place of a part of the module, by the part's name.
OTHERS: dict[str, tuple[str, Any]] = {
    "no policy names anybody": ("_names_in", lambda *_: frozenset()),
    "no policy names a session": ("_names_in", without_sessions),
    "a session has the user id of another": ("USER_ID", "aws:username"),
    "no way counts": ("keys_through_endpoints", frozenset),
    "no time counts": ("_time_of", lambda *_: {}),
    "nothing follows from other keys": ("said_otherwise", lambda *_: ()),
    "a key has nothing of its own": ("kms_context", lambda *_: ()),
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


def crowds_until_caught() -> int | None:
    """Hold the law in one crowd after the other; the number of the one that breaks it."""
    for number in range(CROWDS):
        source = random.Random(number)  # noqa: S311 - no secret
        try:
            hold_all(*crowd(Tape(source.randbytes(600))))
        except AssertionError:
            return number
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_a_signature_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature that forgets something makes two requests alike that are not."""
    monkeypatch.setattr(Reading, "signature", bent(FAULTS[name]))
    assert crowds_until_caught() is not None


@pytest.mark.parametrize("place", range(len(PARTS)), ids=PARTS)
def test_fault_of_a_class_is_caught(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that forgets what tells callers apart makes two alike that are not."""
    whole = quick._class_of

    def without(facts: Any) -> Hashable:
        parts = whole(facts)
        assert isinstance(parts, tuple)
        assert len(parts) == len(PARTS) + 1
        return (*parts[:place], *parts[place + 1 :])

    monkeypatch.setattr(quick, "_class_of", without)
    assert crowds_until_caught() is not None


@pytest.mark.parametrize("name", OTHERS)
def test_other_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor may names, sessions, ways and times be forgotten."""
    where, replacement = OTHERS[name]
    monkeypatch.setattr(quick, where, replacement)
    assert crowds_until_caught() is not None
