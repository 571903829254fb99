"""The principal is not written as one.

## What it finds
A `Principal` that is a text other than `*` or no object, kinds of principal other than `AWS`,
`Service`, `Federated` and `CanonicalUser`, and an `AWS` principal whose account has not twelve
digits, a placeholder that nobody replaced, or what can't be a principal, such as a group or
`users/eva`.

## Why it matters
The service that keeps the policy refuses it. An ARN without its kind is the most frequent case.
"""

from __future__ import annotations

import re

from iamsim.checks.view import WITH_PRINCIPAL, Findings, PolicyView, checks
from iamsim.checks.words import is_template_function
from iamsim.core.arn import PRINCIPAL_SERVICES, find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean
from iamsim.syntax.elements import PRINCIPAL_KINDS

ELEMENTS = ("Principal", "NotPrincipal")
OF_IAM = ("root", "user", "role", "oidc-provider", "saml-provider")
OF_STS = ("assumed-role", "federated-user")
OF_AWS = ("cloudfront",)  # which stands in the ARNs of origin access identities
# What is left of a deleted principal:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
is_unique_id = re.compile(r"A[A-Z]{3}[A-Z0-9]{8,124}").fullmatch


@checks("INVALID_PRINCIPAL_FORMAT")
def principal_format(policy: PolicyView) -> Findings:
    """A principal element is a star or an object."""
    if policy.policy_type not in WITH_PRINCIPAL:
        return
    for statement in policy.statements:
        for name in ELEMENTS:
            given = statement.raw.get(name, "*")
            if given != "*" and not isinstance(given, dict):
                shown = quote(given) if isinstance(given, str) else "this"
                message = f"{shown} is no principal: `{name}` is `*` or an object"
                hint = f'write its kind: `"{name}": {{"AWS": ...}}`'
                place = statement.element(name)
                yield policy.finding("INVALID_PRINCIPAL_FORMAT", message, place, hint=hint)


@checks("INVALID_PRINCIPAL_KEY")
def principal_key(policy: PolicyView) -> Findings:
    """There are four kinds of principals."""
    if policy.policy_type not in WITH_PRINCIPAL:
        return
    for statement in policy.statements:
        for name in ELEMENTS:
            given = statement.raw.get(name)
            if not isinstance(given, dict) or is_template_function(given):
                continue
            for kind in given:
                if kind not in PRINCIPAL_KINDS:
                    hint = did_you_mean(kind, PRINCIPAL_KINDS)
                    if hint is None:
                        hint = "the kinds are `AWS`, `Service`, `Federated` and `CanonicalUser`"
                    message = f"there is no kind of principal {quote(kind)}"
                    place = (*statement.element(name), kind, "#key")
                    yield policy.finding("INVALID_PRINCIPAL_KEY", message, place, hint=hint)


@checks("IAMSIM_INVALID_PRINCIPAL")
def principal_accounts(policy: PolicyView) -> Findings:
    """Accounts have twelve digits, and neither groups nor placeholders are principals.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if policy.policy_type not in WITH_PRINCIPAL:
        return
    for statement in policy.statements:
        for kind, value in statement.principals.entries if statement.principals else ():
            fault = _fault(value.text) if kind == "AWS" else None
            if fault is not None:
                message = f"{quote(value.text)} is no principal: {fault}"
                hint = "IAM refuses to save a policy that names it"
                yield policy.finding("IAMSIM_INVALID_PRINCIPAL", message, value.path, hint=hint)


def _fault(text: str) -> str | None:
    """What is wrong with a principal of kind AWS; `None` where nothing can be said."""
    if "${" in text or "*" in text or "?" in text:
        return None
    if text.isdigit():
        return None if is_account_id(text) else f"an account has 12 digits, not {len(text)}"
    arn = find_arn(text)
    if arn is None:
        known = is_unique_id(text)
        return None if known else "it is neither an account, an ARN nor a unique id"
    if arn.service not in PRINCIPAL_SERVICES:
        return None
    if arn.account.isdigit() and not is_account_id(arn.account):
        return f"an account has 12 digits, not {len(arn.account)}"
    if not is_account_id(arn.account) and arn.account not in OF_AWS:
        return f"{quote(arn.account)} is no account"
    if arn.resource.startswith("group/"):
        return "a group can't call"
    form, forms = arn.resource.partition("/")[0], OF_IAM if arn.service == "iam" else OF_STS
    if form in forms:
        return None
    return did_you_mean(form, forms) or "it names no user, role, session, provider or account"
