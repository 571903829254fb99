"""The shortest lists of action patterns that cover exactly some actions of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.query.batch import ActionUniverse


def shrunk_actions(universe: ActionUniverse, mask: int) -> list[str]:
    """Cover a set with as few names and `Prefix*` patterns as there are, and nothing but it."""
    if mask == universe.everything:
        return ["*"]
    found: list[str] = []
    for service in universe.services:
        whole = universe.service_mask(service)
        inside = mask & whole
        if inside == whole:
            found.append(f"{universe.written[_first(whole)].partition(':')[0]}:*")
        elif inside:
            numbers = list(universe.numbers(whole))
            covered = [bool(inside >> number & 1) for number in numbers]
            names = [universe.written[number] for number in numbers]
            found += _prefixes(names, covered, len(service) + 1)
    return found


def _whole_words(names: list[str], length: int) -> int:
    """Lengthen a prefix to the end of the last word that all names share: `Get*`, not `G*`."""
    first, last = names[0], names[-1]
    shared = length
    while shared < min(len(first), len(last)) and first[shared].lower() == last[shared].lower():
        shared += 1
    rests = {name[shared : shared + 1] for name in names}
    while shared > length and not all(rest == "" or rest.isupper() for rest in rests):
        shared -= 1
        rests = {name[shared : shared + 1] for name in names}
    return shared


def _first(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _prefixes(names: list[str], covered: list[bool], length: int) -> Iterator[str]:
    """Walk down the tree of prefixes; where all names under a prefix are covered, one pattern does.

    `names` are sorted without regard to letter case, and share their first `length` characters.
    """
    if not any(covered):
        return
    if len(names) == 1:
        yield names[0]
        return
    if all(covered):
        yield f"{names[0][: _whole_words(names, length)]}*"
        return
    start = 0
    while start < len(names):
        letter = names[start][length : length + 1].lower()
        end = start
        while end < len(names) and names[end][length : length + 1].lower() == letter:
            end += 1
        if not letter:
            # A name that ends here: no pattern can name it without those that go on.
            if covered[start]:
                yield names[start]
        else:
            yield from _prefixes(names[start:end], covered[start:end], length + 1)
        start = end
