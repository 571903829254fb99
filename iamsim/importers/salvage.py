"""What is left of a JSON text that breaks off or has a fault in it: all records before the fault.

A dump that was cut off (a full disk, a broken pipe) is still a list of records but for its end. The
text is cut behind the last value of a list that is complete; the brackets open there are closed,
each with a marker in it that something is not known.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from iamsim.core.caret import quote
from iamsim.core.unknown import MARK

MOST_CUTS = 50
CLOSING = {"{": "}", "[": "]"}
# What is open where the text breaks off is not known in whole: each part of it says so.
MARKED = {
    "{": ',"unknown":"the text breaks off here"}',
    "[": ',{"unknown":"the text breaks off here"}]',
}
# Strings as a whole, so that brackets inside of them don't count; a string that is cut off is none.
_find_tokens = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL).finditer


class UniqueKeys:
    """Reads objects of JSON; one that has a key twice is a marker, for readers differ in which of
    the two they take. `repeated` are the keys that stood twice.

    https://www.rfc-editor.org/rfc/rfc8259#section-4
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.repeated: dict[str, None] = {}
        self.decoder = json.JSONDecoder(object_pairs_hook=self._object)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        self.repeated[key] = None
        return {MARK: f"the key {quote(key)} stands twice in the object"}


def salvage(text: str) -> object | None:
    """Read what stands before the fault of a broken JSON text; `None` where there is nothing.

    Cuts are tried from behind: a fault inside of a record costs that record and what follows it.
    """
    cuts = list(_cuts(text))
    for end, closing in reversed(cuts[-MOST_CUTS:]):
        try:
            found: object = json.loads(text[:end] + closing)
        except (ValueError, RecursionError):
            continue
        return found
    return None


def _closing(open_brackets: list[str]) -> str:
    """Write what closes the open parts, each with a marker at its end."""
    return "".join(MARKED[open_bracket] for open_bracket in reversed(open_brackets))


def _cuts(text: str) -> Iterator[tuple[int, str]]:
    """Find where values of lists are complete, up to the fault, with what would close the rest."""
    fault = _fault(text)
    open_brackets: list[str] = []
    for token in _find_tokens(text):
        if token.end() > fault:
            return
        character = token.group()
        if character in CLOSING:
            open_brackets.append(character)
        elif character in ("}", "]"):
            if not open_brackets or CLOSING[open_brackets.pop()] != character:
                return
            if open_brackets and open_brackets[-1] == "[":
                yield token.end(), _closing(open_brackets)
        elif character != "," and open_brackets and open_brackets[-1] == "[":
            yield token.end(), _closing(open_brackets)


def _fault(text: str) -> int:
    """Find the offset at which reading the text fails."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0
    return len(text)
