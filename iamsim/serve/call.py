"""A call that somebody makes: who, in which account, what they ask, and what the answer carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from iamsim.serve.paging import DEFAULT_ITEMS, page

if TYPE_CHECKING:
    from iamsim.serve.errors import ServiceError
    from iamsim.serve.estate import Estate
    from iamsim.world.model import Account

T = TypeVar("T")
Json = dict[str, object]


@dataclass(slots=True)
class Call:
    """One call. `caller` is the ARN of the caller, `notes` are headers that say what AWS has no
    member for."""

    estate: Estate
    account: Account
    caller: str
    region: str
    operation: str
    parameters: Json
    notes: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A parameter that is a text."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else None

    def required(self, name: str) -> str:
        """A text that the check of the shapes has found to be there."""
        return str(self.parameters[name])

    def items(self, name: str) -> list[object]:
        """A parameter that is a list."""
        value = self.parameters.get(name)
        return value if isinstance(value, list) else []

    def texts(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of texts."""
        return tuple(map(str, self.items(name)))

    def number(self, name: str) -> int | None:
        """A parameter that is a number."""
        value = self.parameters.get(name)
        return value if isinstance(value, int) else None

    def page(
        self,
        items: Sequence[T],
        token: str,
        most: str,
        fault: ServiceError,
        default: int = DEFAULT_ITEMS,
    ) -> tuple[Sequence[T], str | None]:
        """A page of items, by the parameters of these names; raises `fault` for a strange token."""
        asked = self.parameters | {"": self.operation}
        try:
            return page(items, asked, self.text(token), self.number(most) or default)
        except ValueError:
            raise fault from None
