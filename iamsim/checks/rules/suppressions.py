"""A suppression that says too little, or that nothing needs.

## What it finds
A Sid with `IamsimIgnore` in it that names no code, or gives no reason; and a suppression, in a Sid
or in a file beside the policy, to which no finding belongs (any more), or whose last day is past.

## Why it matters
A finding is only accepted by somebody who says why; [how to suppress one][page] has the form.
A suppression that outlives its finding hides the next one.

[page]: ../validate-configuration.md
"""

from __future__ import annotations

from iamsim.checks.finding import Finding, Place
from iamsim.checks.suppression import Suppression, in_sid
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import several
from iamsim.core.caret import quote

INVALID = "IAMSIM_INVALID_SUPPRESSION"
UNUSED = "IAMSIM_UNUSED_SUPPRESSION"


@checks(INVALID, UNUSED)  # the second is given when all findings are known
def invalid_suppressions(policy: PolicyView) -> Findings:
    """Sids that suppress something, without code or reason."""
    for statement in policy.statements:
        if statement.sid is None:
            continue
        written = in_sid(statement.sid.text)
        if written is None:
            continue
        path = statement.sid.path
        if written.unknown:
            names = several(written.unknown) if any(written.unknown) else quote("")
            message = f"the Sid suppresses {names}, and there is no such check"
            hint = "write the code without underscores: `IamsimIgnoreRedundantActionBecause...`"
            yield policy.finding(INVALID, message, path, hint=hint)
        elif not written.reason:
            message = f"the Sid suppresses `{written.codes[0]}` without a reason"
            hint = "say why behind `Because`: `IamsimIgnoreRedundantActionBecauseItIsExplicit`"
            yield policy.finding(INVALID, message, path, hint=hint)


def unused_suppression(suppression: Suppression, today: str | None) -> Finding:
    """Make the finding about a suppression that suppressed nothing."""
    if suppression.holds(today):
        message = f"no finding `{suppression.code}` is there to be suppressed"
        hint = "take the suppression out"
    else:
        message = f"the suppression of `{suppression.code}` ended on {suppression.until}"
        hint = "take it out, or decide anew until when the finding is accepted"
    return Finding(UNUSED, message, (Place(suppression.path),), suppression.source, hint)
