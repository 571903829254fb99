"""Which checks there are: modules of `iamsim.audit.rules` declare them with `audits`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.headings import HEADINGS

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.audit.model import Outcome, Severity

    Run = Callable[[Looking], Iterable[Outcome]]


class AuditCheck(NamedTuple):
    """A check: its id, the heading that it is under, what holds where it passes, AWS's page."""

    id: str
    heading: str
    title: str
    severity: Severity
    see: str
    run: Run
    module: str


_CHECKS: list[AuditCheck] = []


def audits(
    id_: str, heading: str, title: str, severity: Severity, see: str
) -> Callable[[Run], Run]:
    """Register a function as a check; `title` says what holds where it passes."""

    def register(run: Run) -> Run:
        _CHECKS.append(AuditCheck(id_, heading, title, severity, see, run, run.__module__))
        return run

    return register


def load_checks() -> tuple[AuditCheck, ...]:
    """All checks by heading, in the order of their modules."""
    package = import_module("iamsim.audit.rules")
    for module in sorted(module.name for module in iter_modules(package.__path__)):
        import_module(f"iamsim.audit.rules.{module}")
    order = {heading.id: number for number, heading in enumerate(HEADINGS)}
    return tuple(sorted(_CHECKS, key=lambda check: (order[check.heading], check.module)))
