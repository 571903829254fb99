"""What is not known of a world, as remarks of an answer about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from iamsim.core.unknown import UnknownPart, origin_words
from iamsim.importers.sums import unverified_sentence
from iamsim.report.document import Remark

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.span import Span
    from iamsim.core.unknown import Unknown

__all__ = [
    "NotKnown",
    "Unchecked",
    "part_remarks",
    "unchecked_remarks",
    "unchecked_text",
    "unknown_lines",
    "unknown_parts",
    "unknown_remarks",
    "unknown_sentence",
    "unknowns_data",
    "unknowns_there",
    "unverified_remarks",
    "unverified_sentence",
]


class NotKnown(Protocol):
    """Something in a world or a file that is not known, and where it stands."""

    @property
    def what(self) -> str:
        """What is not known, in words."""

    @property
    def unknown(self) -> Unknown:
        """Why, and what should have said it."""

    @property
    def span(self) -> Span:
        """Where it stands."""

    def to_dict(self) -> dict[str, object]:
        """Plain data."""


class Unchecked(NotKnown, Protocol):
    """Something in a file at which no check could look."""

    @property
    def at_deployment(self) -> bool:
        """Whether a template or a configuration gets it when it is deployed."""


class HasUnknowns(Protocol):
    """An answer that says which parts of policies it depends on and are not known."""

    @property
    def unknowns(self) -> tuple[UnknownPart, ...]:
        """The parts."""


def unknown_lines(answer: Answer) -> list[str]:
    """What an answer depends on and is not known: why, and what should have said it."""
    return [
        f"{unknown.what} is not known: {unknown.why}{origin_words(unknown.source)}"
        for unknown in answer.unknowns
    ]


def unknown_parts(answers: Iterable[HasUnknowns]) -> list[UnknownPart]:
    """What some answers depend on and is not known, each part once."""
    return list(dict.fromkeys(part for answer in answers for part in answer.unknowns))


def part_remarks(parts: Sequence[UnknownPart]) -> tuple[Remark, ...]:
    """A remark for every unknown part that answers depend on: why, and what should have said it."""
    return tuple(
        Remark(
            "unknown",
            f"{part.what} is not known, and could change this: {part.why}"
            + origin_words(part.source),
        )
        for part in parts
    )


def unknown_remarks(unknowns: Sequence[NotKnown]) -> tuple[Remark, ...]:
    """A remark for every unknown part of a policy that could have changed the answer."""
    return tuple(
        Remark(
            "unknown",
            f"{unknown.what} is not known, and could change this: {unknown.unknown.why}"
            + origin_words(unknown.unknown.source),
        )
        for unknown in unknowns
    )


def unchecked_text(unknown: Unchecked) -> str:
    """What no check looked at, and why."""
    why, source = unknown.unknown.why, origin_words(unknown.unknown.source)
    if unknown.at_deployment:
        return f"{unknown.what} is known only at deployment, and was not checked: {why}"
    return f"{unknown.what} is not known, and was not checked: {why}{source}"


def unchecked_remarks(unknowns: Sequence[Unchecked]) -> tuple[Remark, ...]:
    """A remark for everything that no check looked at, with its place."""
    return tuple(
        Remark(
            "note" if unknown.at_deployment else "unknown",
            f"{unknown.span.place}: {unchecked_text(unknown)}",
        )
        for unknown in unknowns
    )


def unknowns_data(unknowns: Sequence[NotKnown]) -> list[dict[str, object]]:
    """The same as plain data."""
    return [unknown.to_dict() for unknown in unknowns]


def unknowns_there(unknowns: Sequence[NotKnown]) -> tuple[Remark, ...]:
    """A remark for every unknown part, with its place, where the question is what there is."""
    return tuple(
        Remark("unknown", f"{unknown.span.place}: {unknown.what}: {unknown.unknown.why}")
        for unknown in unknowns
    )


def unknown_sentence(number: int) -> str:
    """How much is not known, in words."""
    if number == 1:
        return "one part of the policies is not known, and could change this"
    return f"{number} parts of the policies are not known, and could change this"


def unverified_remarks(number: int) -> tuple[Remark, ...]:
    """A remark where nothing says whether so many collected files behind a world are whole."""
    return (Remark("note", unverified_sentence(number)),) if number else ()
