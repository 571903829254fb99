"""Another statement of the policy makes this one idle.

## What it finds
A statement that allows nothing but what another one denies without condition; and a statement
that allows, or denies, nothing but what another one does without condition. Statements with
`NotAction`, `NotResource` or variables are left alone, and principals must be the same.

## Why it matters
The statement changes no decision. Who edits it, or takes it out, to change what is allowed is
deceived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.registry import checks
from iamsim.checks.rules.redundant_patterns import covers_action, covers_resource
from iamsim.checks.rules.redundant_statements import meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView, StatementView
    from iamsim.syntax.ast import Entries


@checks("IAMSIM_DEAD_STATEMENT", "IAMSIM_SHADOWED_STATEMENT")
def idle_statements(policy: PolicyView) -> Iterator[Finding]:
    """Hold every statement against those without conditions."""
    wide = [one for one in policy.statements if one.effect and not one.raw.get("Condition")]
    for statement in policy.statements if len(policy.statements) > 1 else ():
        for other in wide:
            if other is statement or not statement.effect or not _covers(other, statement):
                continue
            if other.denies and statement.allows:
                message = f"statement {other.index + 1} denies all that the statement allows"
                code = "IAMSIM_DEAD_STATEMENT"
            elif other.effect == statement.effect and meaning(other) != meaning(statement):
                done = "allows" if other.allows else "denies"
                message = f"statement {other.index + 1} {done} all of this without condition"
                code = "IAMSIM_SHADOWED_STATEMENT"
            else:
                continue
            hint = "take the statement out, or narrow the other"
            yield policy.finding(code, message, statement.path, other.path, hint=hint)
            break


def _covers(other: StatementView, statement: StatementView) -> bool:
    """Whether a statement without condition is about everything that another is about."""
    if other.raw.get("Principal") != statement.raw.get("Principal"):
        return False
    if "NotPrincipal" in other.raw or "NotPrincipal" in statement.raw:
        return False
    return _all_covered(other.actions, statement.actions, covers_action) and (
        _all_covered(other.resources, statement.resources, covers_resource)
        or (other.resources is None and statement.resources is None)
    )


def _all_covered(
    wide: Entries | None, narrow: Entries | None, covers: Callable[[str, str], bool]
) -> bool:
    """Whether every entry of one list is covered by some entry of another."""
    if wide is None or narrow is None or wide.negated or narrow.negated or not narrow.values:
        return False
    return all(
        any(covers(pattern.text, value.text) for pattern in wide.values) for value in narrow.values
    )
