"""A federated principal in the wrong place, in the wrong form, or with the wrong action.

## What it finds
A `Federated` principal in a resource-based policy; in a role trust policy, one that is neither a
host name nor the ARN of a SAML or OpenID Connect provider; and an action of AWS STS that no
principal of the statement can call: `sts:AssumeRoleWithSAML` needs a SAML provider,
`sts:AssumeRoleWithWebIdentity` an OpenID Connect provider, `sts:AssumeRole` neither.

## Why it matters
Nobody can assume the role this way, although the policy reads as if somebody could.
"""

from __future__ import annotations

import re

from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType

_match_host = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE).fullmatch
_match_provider = re.compile(
    r"arn:[a-z-]+:iam::[0-9]{12}:(saml-provider|oidc-provider)/.+"
).fullmatch

CALLERS = {
    "sts:assumerolewithsaml": ({"saml"}, "a SAML provider"),
    "sts:assumerolewithwebidentity": ({"oidc"}, "an OpenID Connect provider"),
    "sts:assumerole": ({"AWS", "Service", "CanonicalUser"}, "a principal of AWS or a service"),
}


def provider_kind(text: str) -> str | None:
    """Say whether a federated principal is a ``saml`` or ``oidc`` provider; `None` for neither."""
    match = _match_provider(text)
    if match is not None:
        return "saml" if match[1] == "saml-provider" else "oidc"
    return "oidc" if _match_host(text) else None


@checks("FEDERATED_PRINCIPAL_NOT_SUPPORTED")
def federated_elsewhere(policy: PolicyView) -> Findings:
    """Only role trust policies know federated principals."""
    if policy.policy_type is not PolicyType.RESOURCE:
        return
    for statement in policy.statements:
        for kind, value in statement.principals.entries if statement.principals else ():
            if kind == "Federated":
                message = f"the federated principal {quote(value.text)} can't call this resource"
                hint = "name the role that its users assume"
                code = "FEDERATED_PRINCIPAL_NOT_SUPPORTED"
                yield policy.finding(code, message, value.path, hint=hint)


@checks("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY")
def federated_form(policy: PolicyView) -> Findings:
    """A provider is a host or an ARN."""
    for statement in policy.statements if policy.is_trust else ():
        for kind, value in statement.principals.entries if statement.principals else ():
            if kind != "Federated" or has_wildcard(value.text) or provider_kind(value.text):
                continue
            message = f"{quote(value.text)} is neither a host name nor the ARN of a provider"
            hint = "write `arn:aws:iam::ACCOUNT:oidc-provider/HOST` or `...:saml-provider/NAME`"
            code = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
            yield policy.finding(code, message, value.path, hint=hint)


@checks("MISMATCHED_ACTION_FOR_PRINCIPAL")
def mismatched_action(policy: PolicyView) -> Findings:
    """Each action of STS is for one kind of caller."""
    for statement in policy.statements if policy.is_trust else ():
        kinds = _caller_kinds(statement)
        actions = statement.actions
        if kinds is None or actions is None or actions.negated:
            continue
        for value in actions.values:
            callers, named = CALLERS.get(value.text.lower(), (kinds, ""))
            if not kinds & callers:
                message = f"no principal of the statement can call {quote(value.text)}"
                hint = f"it is for {named}"
                code = "MISMATCHED_ACTION_FOR_PRINCIPAL"
                yield policy.finding(code, message, value.path, hint=hint)


def _caller_kinds(statement: StatementView) -> set[str] | None:
    """Collect the kinds of callers; `None` where somebody unknown is among them, or nobody."""
    principals = statement.principals
    if principals is None or principals.negated or not principals.entries:
        return None
    kinds = set()
    for kind, value in principals.entries:
        known = provider_kind(value.text) if kind == "Federated" else kind
        if known in (None, "*") or value.text == "*":
            return None
        kinds.add(str(known))
    return kinds
