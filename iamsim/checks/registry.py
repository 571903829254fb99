"""Which checks there are.

A module of `iamsim.checks.rules` declares its checks with `checks`; the docstring of the module is
the page of their codes in ``docs/reference/checks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView

    Check = Callable[[PolicyView], Iterable[Finding]]


class RegisteredCheck(NamedTuple):
    """A check, the codes that it may give, and the module that documents them."""

    codes: tuple[str, ...]
    run: Check
    module: str


CHECKS: list[RegisteredCheck] = []
"""All checks, in the order in which their modules are loaded."""


def checks(*codes: str) -> Callable[[Check], Check]:
    """Register a function as the check that gives these codes."""

    def register(run: Check) -> Check:
        CHECKS.append(RegisteredCheck(codes, run, run.__module__))
        return run

    return register
