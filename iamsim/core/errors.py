"""Every error that iamsim raises on purpose.

::

    IamsimError                  code, message, span, hint
    ├── InputError               the user's files or arguments
    │   ├── PolicyError          a policy: syntax or meaning
    │   ├── WorldError           a world or an imported file that does not fit
    │   └── RequestError         a question that can't be asked
    ├── UnsupportedError         real AWS behavior that is not modelled
    └── InternalError            a bug of ours

Messages are in lower case and without a full stop; what the user wrote stands in backticks. Each
code has a heading in ``docs/reference/errors.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.span import Span


class IamsimError(Exception):
    """An error with a stable code, a message, and where known a place and a hint."""

    def __init__(
        self, code: str, message: str, *, span: Span | None = None, hint: str | None = None
    ) -> None:
        """Keep the four parts; `span` is the place in the user's text."""
        super().__init__(code, message, span, hint)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling, so that worker processes can hand errors back."""
        return _rebuild, (type(self), self.code, self.message, self.span, self.hint)

    def __str__(self) -> str:
        """Say the place (`file:line:column`) and the message; the hint follows on its own line."""
        place = f"{self.span.place}: " if self.span is not None else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


def _rebuild(
    kind: type[IamsimError], code: str, message: str, span: Span | None, hint: str | None
) -> IamsimError:
    """Make an error again from what `__reduce__` kept."""
    return kind(code, message, span=span, hint=hint)


class InputError(IamsimError):
    """Something in the user's files or arguments is wrong."""


class PolicyError(InputError):
    """A policy document is not JSON, or not a policy: unknown operator, bad CIDR, no Effect."""


class WorldError(InputError):
    """A world, a scenario or an imported file does not fit its format."""


class RequestError(InputError):
    """A question that can't be asked: a bad ARN, no principal, an action without a service."""


class UnsupportedError(IamsimError):
    """AWS does something here that iamsim does not model; the message says what."""


class InternalError(IamsimError):
    """Two readings of the same policies disagree, or an invariant broke: please report it."""
