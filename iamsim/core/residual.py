"""What an answer depends on when not everything about the request is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Residual(Protocol):
    """The condition on unknown context keys under which a request is allowed."""

    def holds(self, context: Mapping[str, str | list[str]]) -> bool:
        """Say whether the request is allowed when the unknown keys take these values (a key that
        is left out is absent)."""
        ...

    def to_condition(self) -> list[dict[str, dict[str, list[str]]]]:
        """Write it as Condition blocks of the policy language; one of them must hold.

        Raises `UnsupportedError` where that can't be done.
        """
        ...

    def examples(self) -> tuple[Mapping[str, str | list[str]] | None, ...]:
        """Give values of the unknown keys with which the request is allowed, and such with which it
        is not; `None` where none were found."""
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """The unknown keys that it reads."""
        ...

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Those of the keys that are no context keys, but stand for an unknown layer, say."""
        ...

    @property
    def simplified(self) -> bool:
        """Whether it was simplified as far as it goes."""
        ...

    @property
    def sentence(self) -> str:
        """The condition as a person would say it, beginning with *allowed*."""
        ...

    @property
    def description(self) -> str:
        """The sentence, a line for each part of it with the statements that ask for it, and the
        examples."""
        ...
