"""An action that does not exist.

## What it finds
An action that its service does not have, a pattern that covers none, and an action of a service
that does not exist. Actions that the service had until lately are reported under a code of our own;
those that ended before March 2026, when AWS's answers about its own policies were last recorded,
are errors like any other name that the reference does not list.

## Why it matters
The entry matches no request: what it should allow is not allowed, and what it should deny is not
denied. Names of API operations and names of actions differ in places. The finding rests on a
snapshot of the service reference, whose day it tells: a newer action may be missing in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.reference import ENDED_SERVICES
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote
from iamsim.core.suggest import AMONG_MANY, did_you_mean

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.syntax.ast import Value

# Actions that AWS's validation does not know any more, as its answers of March 2026 about its own
# managed policies show; other names that the catalog calls retired it still knew then.
ENDED_ACTIONS = frozenset(
    {
        "cloud9:validateenvironmentname",
        "qapps:importdocumenttoqapp",
        "qapps:importdocumenttoqappsession",
    }
)

# AWS Private Marketplace had these before the oldest reference that the catalog was made from, and
# AWS's own sample policies still name them.
PRIVATE_MARKETPLACE = frozenset(
    f"aws-marketplace:{name}"
    for name in (
        "createprivatemarketplace",
        "createprivatemarketplaceprofile",
        "updateprivatemarketplaceprofile",
        "updateprivatemarketplacesettings",
    )
)


@checks("INVALID_ACTION", "INVALID_SERVICE_IN_ACTION", "IAMSIM_RETIRED_ACTION")
def unknown_actions(policy: PolicyView) -> Findings:
    """Every entry of Action and NotAction."""
    for statement in policy.statements:
        for value in statement.actions.values if statement.actions else ():
            finding = _judge(policy, value)
            if finding is not None:
                yield finding


def _judge(policy: PolicyView, value: Value) -> Finding | None:
    """Look one entry up."""
    reference, text = policy.reference, value.text
    if not text.strip("*") and text:
        return None
    prefix, colon, name = text.partition(":")
    if "${" in text:
        return None  # a variable, which no action may have: another code
    if not colon or not prefix or not name or " " in text:
        message = f"{quote(text)} is no action"
        meant = reference.suggest(text)[:1]
        form = f"did you mean `{meant[0]}`?" if meant else "write `service:action`, or `*`"
        return policy.finding("INVALID_ACTION", message, value.path, hint=form)
    hint: str | None
    known = prefix.lower() in reference.services
    if reference.expand(text):
        return None
    gone = prefix.lower() in ENDED_SERVICES or prefix.lower() not in reference.retired_services
    if not known and not has_wildcard(prefix) and gone:
        message = f"there is no service {quote(prefix)}"
        hint = did_you_mean(prefix, reference.services, AMONG_MANY)
        return policy.finding(
            "INVALID_SERVICE_IN_ACTION",
            message,
            value.path,
            hint=hint,
            dated=True,
        )
    if _is_retired(policy, text):
        message = f"{quote(text)} is no action any more"
        return policy.finding("IAMSIM_RETIRED_ACTION", message, value.path, dated=True)
    what = "covers no action" if has_wildcard(text) else "is no action of its service"
    meant = () if has_wildcard(text) else reference.suggest(text)[:1]
    hint = f"did you mean `{meant[0]}`?" if meant else None
    message = f"{quote(text)} {what}"
    return policy.finding("INVALID_ACTION", message, value.path, hint=hint, dated=True)


def _is_retired(policy: PolicyView, text: str) -> bool:
    """Whether an entry names, or covers, actions that a service had once."""
    lowered = text.lower()
    if lowered.partition(":")[0] in policy.reference.retired_services:
        return True
    if not has_wildcard(text):
        return lowered in PRIVATE_MARKETPLACE or (
            catalog.is_retired(text) and lowered not in ENDED_ACTIONS
        )
    return policy.reference.covers_retired(text)
