"""A resource control policy has what it can't have.

## What it finds
A `Principal` other than `"*"`, `NotPrincipal`, `NotAction`, a statement that allows less than
everything, and actions of services that resource control policies do not reach.

## Why it matters
AWS Organizations refuses the document. What may be done is allowed by the built-in
RCPFullAWSAccess; a policy of your own denies, with the exceptions in its conditions.
"""

from __future__ import annotations

from iamsim.catalog import resource_control_services
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.core.caret import quote

# AWS's list writes `opensearch`; the prefix of its actions is `es`.
ALIASES = frozenset({"es"})


@checks("RCP_SYNTAX_ERROR_PRINCIPAL")
def principal(policy: PolicyView) -> Findings:
    """A resource control policy is about everyone."""
    for statement in policy.statements if policy.is_rcp else ():
        for name in ("Principal", "NotPrincipal"):
            if name in statement.raw and (name == "NotPrincipal" or statement.raw[name] != "*"):
                message = 'a resource control policy takes `"Principal": "*"` only'
                hint = "narrow it down in a condition, for example on `aws:PrincipalArn`"
                place = statement.element(name)
                yield policy.finding("RCP_SYNTAX_ERROR_PRINCIPAL", message, place, hint=hint)


@checks("RCP_SYNTAX_ERROR_NOTACTION")
def not_action(policy: PolicyView) -> Findings:
    """What is denied is listed."""
    for statement in policy.statements if policy.is_rcp else ():
        if "NotAction" in statement.raw:
            message = "a resource control policy has no `NotAction`"
            hint = "list what it denies in `Action`"
            place = statement.element("NotAction", key=True)
            yield policy.finding("RCP_SYNTAX_ERROR_NOTACTION", message, place, hint=hint)


@checks("RCP_SYNTAX_ERROR_ALLOW")
def allow(policy: PolicyView) -> Findings:
    """Only everything can be allowed."""
    for statement in policy.statements if policy.is_rcp else ():
        if statement.allows and not _is_full_access(statement):
            message = "a resource control policy allows everything, or nothing"
            hint = "write `Deny`, with the exceptions in a condition"
            place = statement.element("Effect")
            yield policy.finding("RCP_SYNTAX_ERROR_ALLOW", message, place, hint=hint)


@checks("RCP_SYNTAX_ERROR_ACTION")
def action(policy: PolicyView) -> Findings:
    """Only some services know resource control policies."""
    date, services = resource_control_services()
    reached = services | ALIASES
    for statement in policy.statements if policy.is_rcp else ():
        if statement.allows or statement.actions is None:
            continue
        for value in statement.actions.values:
            prefix, colon, _ = value.text.lower().partition(":")
            if colon and prefix in reached:
                continue
            if not colon and value.text != "*":
                continue  # no action at all, which has a code of its own
            shown = quote(value.text if value.text == "*" else prefix)
            message = f"resource control policies do not reach {shown} (list of {date})"
            hint = "name a service that they reach, for example `s3:*`"
            newer = (
                prefix in policy.reference.services
            )  # they reach more services from time to time
            code = "RCP_SYNTAX_ERROR_ACTION"
            yield policy.finding(code, message, value.path, hint=hint, tentative=newer)


def _is_full_access(statement: StatementView) -> bool:
    """Whether a statement allows everything to everyone, as RCPFullAWSAccess does."""
    raw = statement.raw
    return (
        raw.get("Principal") == "*"
        and raw.get("Action") in ("*", ["*"])
        and raw.get("Resource") in ("*", ["*"])
        and not raw.get("Condition")
    )
