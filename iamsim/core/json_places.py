"""Where the values and keys of a JSON text stand, in few bytes: four numbers for each value.

Values are numbered in the order in which they begin, so the members of one stand behind it, and the
number behind its last is that of its next sibling. A path is followed from the top.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from json import decoder as json_decoder

from iamsim.core.span import Path

KEY = "#key"  # the place of an object's key is under the path of its value with this behind
NO_KEY = -1
_scan_string: Callable[[str, int], tuple[str, int]] = json_decoder.scanstring  # type: ignore[attr-defined]


class JsonPlaces(Mapping[Path, tuple[int, int]]):
    """The (start, end) of every value and key of a text, by their paths."""

    __slots__ = ("_behind", "_ends", "_keys", "_members", "_starts", "_text")

    def __init__(self, text: str) -> None:
        """Know of no value yet; see `begin` and `finish`."""
        self._text = text
        self._starts, self._ends = array("i"), array("i")  # no end: the text has a fault inside
        self._keys, self._behind = array("i"), array("i")
        self._members: dict[int, Mapping[str, int] | array[int]] = {}

    def begin(self, key: int = NO_KEY) -> int:
        """Give the next value its number; `key` is where its key stands."""
        self._starts.append(0)
        self._ends.append(0)
        self._behind.append(0)
        self._keys.append(key)
        return len(self._starts) - 1

    def finish(self, number: int, start: int, end: int) -> None:
        """Say where a value stands, after all of its members."""
        self._starts[number] = start
        self._ends[number] = end
        self._behind[number] = len(self._starts)

    def __getitem__(self, path: Path) -> tuple[int, int]:
        """Where the value, or the key, of a path stands; raises `KeyError` where there is none."""
        if path[-1:] == (KEY,):
            number = self._follow(path[:-1])
            if number is not None and self._keys[number] != NO_KEY:
                return self._keys[number], self._key(number)[1]
        number = self._follow(path)
        if number is None or not self._ends[number]:
            raise KeyError(path)
        return self._starts[number], self._ends[number]

    def __iter__(self) -> Iterator[Path]:
        """Give all paths, each value's behind that of its key."""
        waiting: list[tuple[Path, int]] = [((), 0)] if self._starts else []
        while waiting:
            path, number = waiting.pop()
            if self._keys[number] != NO_KEY:
                yield (*path, KEY)
            if self._ends[number]:
                yield path
            members = self._members_of(number)
            steps = members.items() if isinstance(members, Mapping) else enumerate(members)
            waiting += [((*path, step), member) for step, member in steps][::-1]

    def __len__(self) -> int:
        """How many there are, keys included."""
        keys = len(self._keys) - self._keys.count(NO_KEY)
        return len(self._ends) - self._ends.count(0) + keys

    def _follow(self, path: Path) -> int | None:
        """The number of the value at a path."""
        number = 0
        if not self._starts:
            return None
        for step in path:
            members = self._members_of(number)
            if isinstance(members, Mapping):
                found = members.get(step) if isinstance(step, str) else None
            else:
                found = members[step] if isinstance(step, int) and step < len(members) else None
            if found is None:
                return None
            number = found
        return number

    def _members_of(self, number: int) -> Mapping[str, int] | array[int]:
        """The numbers of the members of a value: by their keys, or in order."""
        known = self._members.get(number)
        if known is None:
            inside = array("i", self._inside(number))
            named = bool(inside) and self._keys[inside[0]] != NO_KEY
            known = {self._key(member)[0]: member for member in inside} if named else inside
            self._members[number] = known
        return known

    def _inside(self, number: int) -> Iterator[int]:
        """Go through the numbers of the members of a value."""
        end = self._behind[number] or len(self._starts)
        member = number + 1
        while number < member < end:
            yield member
            member = self._behind[member] or end

    def _key(self, number: int) -> tuple[str, int]:
        """The key of a member of an object, and the offset behind it."""
        return _scan_string(self._text, self._keys[number] + 1)
