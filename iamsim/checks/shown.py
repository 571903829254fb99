"""A request that shows a fault of a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from typing import NamedTuple


class Witness(NamedTuple):
    """A request that the policy allows; `context` in the order in which it reads best."""

    principal: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...]

    @property
    def call(self) -> str:
        """The request without its context."""
        return f"{self.principal} calls {self.action} on {self.resource}"

    @property
    def text(self) -> str:
        """The request in one line."""
        given = ", ".join(f"{key}={value}" for key, value in self.context)
        return f"{self.call} with {given}" if given else self.call
