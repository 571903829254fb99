"""What a check found, and where.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicyFinding.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.codes import CODES, FindingType, learn_more
from iamsim.core.span import Path, Source, Span

if TYPE_CHECKING:
    from iamsim.checks.shown import Witness

ESCAPE_LENGTH = 2
UNICODE_ESCAPE_LENGTH = 6
SURROGATES = range(0xD800, 0xDC00)


class Place(NamedTuple):
    """An element of a policy, or a part of a text in it.

    `path` ends in ``"#key"`` where the name of a member is meant. `start` and `length` count the
    characters of the text, escapes undone.
    """

    path: Path
    start: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one policy.

    `snapshot` is the day of the service reference (ISO 8601) that the finding rests on, `None`
    where it rests on the language alone. One that is `tentative` rests on what the reference does
    not list, and is no error: AWS may have it all the same. `witness` is a request that shows the
    fault, decided by the engine. `policy` names the policy, as its source does.
    """

    code: str
    message: str
    places: tuple[Place, ...]
    source: Source = field(compare=False)
    hint: str | None = None
    snapshot: str | None = None
    fault: Span | None = field(default=None, compare=False)  # in a text that is no JSON
    tentative: bool = False
    changed_type: FindingType | None = None  # where the user takes it for graver, or milder
    witness: Witness | None = None
    kept: Path | None = None  # a place that stays when the finding is mended

    @property
    def finding_type(self) -> FindingType:
        """How grave it is."""
        if self.changed_type is not None:
            return self.changed_type
        kind = CODES[self.code]
        return FindingType.WARNING if self.tentative and kind is FindingType.ERROR else kind

    @property
    def learn_more(self) -> str:
        """The address that explains the code."""
        return learn_more(self.code)

    @property
    def details(self) -> str:
        """The message, with the day of the service reference that it rests on."""
        if self.snapshot is None:
            return self.message
        doubt = ", which may lack it" if self.tentative else ""
        return f"{self.message} (service reference of {self.snapshot}{doubt})"

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self.source.name

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the places stand in the text, in their order."""
        if self.fault is not None:
            return (self.fault,)
        return tuple(_span(self.source, place) for place in self.places)


def _span(source: Source, place: Place) -> Span:
    """Find a place in the text."""
    whole = source.span(place.path)
    literal = whole.text
    if place.start is None or place.length is None or not literal.startswith('"'):
        return whole
    start = _offset(literal, place.start)
    return Span(
        source, whole.start + start, whole.start + _offset(literal, place.start + place.length)
    )


def _offset(literal: str, count: int) -> int:
    """Find the offset in a JSON string, quote included, behind `count` characters of its value."""
    if "\\" not in literal:
        return min(1 + count, len(literal) - 1)
    offset = 1
    for _ in range(count):
        if literal[offset] != "\\":
            offset += 1
        elif literal[offset + 1] != "u":
            offset += ESCAPE_LENGTH
        else:
            high = int(literal[offset + 2 : offset + UNICODE_ESCAPE_LENGTH], 16) in SURROGATES
            offset += UNICODE_ESCAPE_LENGTH
            if high and literal.startswith("\\u", offset):
                offset += UNICODE_ESCAPE_LENGTH
        if offset >= len(literal) - 1:
            return len(literal) - 1
    return offset
