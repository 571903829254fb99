"""Findings that somebody looked at and accepts, with the reason.

A suppression stands in a file beside the policy (`iamsim.checks.sidecar`) or in the Sid of the
statement, which takes letters and digits only: ``ReadAllIamsimIgnorePassRoleWithStarInResource
BecauseOnlyAuditorsHaveIt``. The code is written without underscores, each word with a capital;
what stands behind ``Because`` is the reason. Several codes stand one behind the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.codes import CODES

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView, StatementView
    from iamsim.core.span import Path, Source

MARK = "IamsimIgnore"
REASON = "Because"
OWN = "Iamsim"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True, eq=False)
class Suppression:
    """One accepted code: everywhere in the policy, or in the statement of an index or a Sid.

    `until` is the last day on which it holds (ISO 8601). `source` and `path` are where it stands;
    `in_policy` says that this is the policy itself.
    """

    code: str
    reason: str
    source: Source
    path: Path
    index: int | None = None
    sid: str | None = None
    until: str | None = None
    in_policy: bool = False

    def covers(self, finding: Finding, statement: StatementView | None) -> bool:
        """Whether this is about a finding, which stands in a statement, or in none."""
        if finding.code != self.code:
            return False
        if self.index is None and self.sid is None:
            return True
        if statement is None or (self.index is not None and statement.index != self.index):
            return False
        sid = statement.sid.text if statement.sid is not None else None
        return self.sid is None or sid == self.sid

    def holds(self, today: str | None) -> bool:
        """Whether it has not ended; without a date of today none has."""
        return self.until is None or today is None or today <= self.until


class SuppressedFinding(NamedTuple):
    """A finding that is not counted, and why."""

    finding: Finding
    suppression: Suppression


class SidSuppression(NamedTuple):
    """What the Sid of a statement says: codes, names that are none, and the reason."""

    codes: tuple[str, ...]
    unknown: tuple[str, ...]
    reason: str


def in_sid(sid: str) -> SidSuppression | None:
    """Read the suppression in a Sid; `None` where there is none."""
    _, mark, rest = sid.partition(MARK)
    if not mark:
        return None
    names, _, reason = rest.partition(REASON)
    codes, unknown = [], []
    for name in names.split(MARK):
        code = _codes_in_sids().get(name)
        if code is None:
            unknown.append(name)
        else:
            codes.append(code)
    return SidSuppression(tuple(codes), tuple(unknown), sid_words(reason))


def sid_words(text: str) -> str:
    """Give the words of a text that is written without blanks."""
    words = _WORDS.findall(text)
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)


@cache
def _codes_in_sids() -> dict[str, str]:
    """The codes by the names that they have in Sids; our own ones also without their prefix."""
    names = {"".join(word.capitalize() for word in code.split("_") if word): code for code in CODES}
    own = {name.removeprefix(OWN): code for name, code in names.items() if name.startswith(OWN)}
    return {**own, **names}


def sid_suppressions(policy: PolicyView) -> Iterator[Suppression]:
    """Give the suppressions in the Sids of a policy that have a reason."""
    for statement in policy.statements:
        written = in_sid(statement.sid.text) if statement.sid is not None else None
        if written is None or statement.sid is None or not written.reason:
            continue
        for code in written.codes:
            yield Suppression(
                code,
                written.reason,
                policy.source,
                statement.sid.path,
                index=statement.index,
                in_policy=True,
            )


def apply(
    policy: PolicyView,
    findings: Sequence[Finding],
    suppressions: Sequence[Suppression],
    today: str | None,
) -> tuple[list[Finding], list[SuppressedFinding]]:
    """Part the findings of a policy into those that stand and those that are suppressed."""
    holding = [suppression for suppression in suppressions if suppression.holds(today)]
    if not holding:
        return list(findings), []
    standing, suppressed = [], []
    for finding in findings:
        statement = _statement_of(policy, finding)
        by = next(
            (suppression for suppression in holding if suppression.covers(finding, statement)), None
        )
        if by is None:
            standing.append(finding)
        else:
            suppressed.append(SuppressedFinding(finding, by))
    return standing, suppressed


def _statement_of(policy: PolicyView, finding: Finding) -> StatementView | None:
    """The statement in which the first place of a finding stands."""
    if not finding.places:
        return None
    path = finding.places[0].path
    return next(
        (
            statement
            for statement in policy.statements
            if path[: len(statement.path)] == statement.path
        ),
        None,
    )
