"""What a question gets: the request as asked, the decision, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass, field
from iamsim.core.residual import Residual

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.core.explanation import Explanation
    from iamsim.core.hint import Hint
    from iamsim.core.unknown import UnknownPart

__all__ = ["Answer", "RequestRecord", "Residual"]


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The request as the user asked it. `context` holds only what was given; `caller` is the ARN
    by which AWS knows who calls, which is that of a session where its name is known; with `pattern`
    the resource stands for all that it matches."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]]
    caller: str = ""
    pattern: bool = False


@dataclass(slots=True, eq=False)
class Answer:
    """One answered question. The explanation is made when it is first asked for, and so is what
    `check` says of the question, where whoever asked knows more of it than the request.

    `unknowns` are the parts of policies that are not known and that the decision depends on.

    An answer has no truth value of its own, so that `if answer:` can't be mistaken for
    `if answer.allowed:`.
    """

    request: RequestRecord
    decision: Decision
    residual: Residual | None
    _explain: Callable[[], Explanation] = field(repr=False)
    check: Callable[[], tuple[Hint, ...]] | None = field(default=None, repr=False)
    _explanation: Explanation | None = field(default=None, repr=False)
    unknowns: tuple[UnknownPart, ...] = ()

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
