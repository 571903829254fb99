"""What a question gets: the request as asked, the decision, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamsim.core.decision import Decision
    from iamsim.core.explanation import Explanation

__all__ = ["Answer", "RequestRecord", "Residual"]


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


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The request as the user asked it. `context` holds only what was given."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]]


@dataclass(slots=True, eq=False)
class Answer:
    """One answered question. The explanation is made when it is first asked for.

    An answer has no truth value of its own, so that `if answer:` can't be mistaken for
    `if answer.allowed:`.
    """

    request: RequestRecord
    decision: Decision
    residual: Residual | None
    _explain: Callable[[], Explanation] = field(repr=False)
    _explanation: Explanation | None = field(default=None, repr=False)

    @property
    def explanation(self) -> Explanation:
        """The whole trace: layers, ways in, statements and clauses."""
        if self._explanation is None:
            self._explanation = self._explain()
        return self._explanation

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed, whatever the unknown keys are."""
        return self.decision.allowed

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value."""
        message = "an answer has no truth value: use `answer.allowed`"
        raise TypeError(message)
