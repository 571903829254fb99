"""Which findings are wanted, and how grave they are taken.

Codes are named whole, or by their beginning: ``RCP_`` stands for all codes that start so, and
``risks`` for those about what a policy hands out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.checks.codes import CODES, OPT_IN, RISKS, UNJUDGED, FindingType
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.core.span import Span

PACK = "RISKS"


def codes_of(entry: str, *, selecting: bool = False) -> frozenset[str]:
    """Give the codes that an entry stands for, in any letter case; none where there are none.

    Where codes are selected, those that are off by default are meant when they are named whole.
    """
    name = entry.upper()
    if name == PACK:
        return RISKS
    if name in CODES:
        return frozenset({name})
    meant = frozenset(code for code in CODES if name and code.startswith(name))
    return meant - frozenset(OPT_IN) if selecting else meant


def codes_named(
    entries: Iterable[str], *, selecting: bool = False, span: Span | None = None
) -> frozenset[str]:
    """Give the codes of entries; raises `RequestError` for one that stands for none."""
    found: frozenset[str] = frozenset()
    for entry in entries:
        codes = codes_of(entry, selecting=selecting)
        if not codes:
            hint = did_you_mean(entry.upper(), tuple(CODES)) or "`iamsim docs checks` lists them"
            message = f"there is no check {quote(entry)}"
            raise RequestError("unknown-check", message, span=span, hint=hint)
        found |= codes
    return found


def finding_type_of(text: str) -> FindingType | None:
    """Read a finding type as people write it: ``security-warning``."""
    name = text.upper().replace("-", "_")
    return FindingType(name) if name in FindingType.__members__ else None


@dataclass(frozen=True, slots=True)
class Selection:
    """The codes that are given (all that are on by default where `select` is `None`), those that
    are not, finding types other than AWS's, and codes that are given besides."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, FindingType] = field(default_factory=dict)
    besides: frozenset[str] = frozenset()

    def wants(self, code: str) -> bool:
        """Whether findings of a code are given; codes that are off by default are selected by
        name, and what says that nothing was judged is left out by name only."""
        selected = code not in OPT_IN if self.select is None else code in self.select
        selected = selected or code in UNJUDGED or code in self.besides
        return selected and code not in self.ignore

    def choose(self, findings: Iterable[Finding]) -> list[Finding]:
        """Keep what is wanted, as grave as it is taken."""
        return [
            replace(finding, changed_type=self.severity[finding.code])
            if finding.code in self.severity
            else finding
            for finding in findings
            if self.wants(finding.code)
        ]

    def narrowed(
        self,
        select: frozenset[str] | None,
        ignore: frozenset[str],
        severity: Mapping[str, FindingType],
        besides: frozenset[str] = frozenset(),
    ) -> Selection:
        """Lay other choices over this one: a new `select` replaces, the rest adds. What is selected
        later than ignored is given."""
        chosen = self.select if select is None else select
        kept = self.ignore - (select or frozenset()) - besides
        return Selection(
            chosen,
            kept | ignore,
            {**self.severity, **severity},
            self.besides | besides,
        )
