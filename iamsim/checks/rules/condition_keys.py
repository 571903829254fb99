"""A condition key that does not exist.

## What it finds
A key with the prefix `aws:` that AWS does not document, a key that its service does not have, a
key or an ARN whose service does not exist, and `aws:ARN`, which is an error but in identity-based
policies, where it is tolerated.

## Why it matters
No request carries the key. A positive condition never holds, a negated one always does. Findings
about keys of services rest on a snapshot of the service reference, whose day they tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_formats import cut_arn
from iamsim.checks.view import ConditionView, Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard, wildcard_free
from iamsim.core.caret import quote
from iamsim.core.suggest import AMONG_MANY, did_you_mean

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding

REPLACED = "aws:arn"
# Claims of SAML assertions and of Amazon's own web identities stand under these prefixes.
OTHER_PREFIXES = frozenset({"saml", "cognito-identity", "identitystore"})


@checks("UNSUPPORTED_GLOBAL_CONDITION_KEY", "DEPRECATED_GLOBAL_CONDITION_KEY")
def replaced_key(policy: PolicyView) -> Findings:
    """The old name for two different things."""
    for _, condition in policy.conditions():
        if condition.lower == REPLACED:
            tolerated = policy.is_identity
            code = (
                "DEPRECATED_GLOBAL_CONDITION_KEY"
                if tolerated
                else "UNSUPPORTED_GLOBAL_CONDITION_KEY"
            )
            message = f"`{condition.key}` is no key any more"
            hint = "ask `aws:PrincipalArn` of the caller, `aws:SourceArn` of a source"
            yield policy.finding(code, message, condition.key_path, hint=hint)


@checks("INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY")
def unknown_keys(policy: PolicyView) -> Findings:
    """Every condition key that is written as one."""
    for _, condition in policy.conditions():
        key = condition.key
        prefix, colon, name = condition.lower.partition(":")
        if not colon or not prefix or not name or " " in prefix or condition.lower == REPLACED:
            continue
        if policy.reference.key(key) is not None or "${" in key or _lacks_tag(policy, key):
            continue
        if prefix == "aws":
            code, message = "INVALID_GLOBAL_CONDITION_KEY", f"there is no key {quote(key)}"
        elif prefix in policy.reference.services:
            code = "INVALID_SERVICE_CONDITION_KEY"
            message = f"the service `{prefix}` has no key {quote(key)}"
        else:
            continue
        meant = catalog.suggest_condition_key(key, 1)
        hint = f"did you mean `{meant[0]}`?" if meant else None
        yield policy.finding(code, message, condition.key_path, hint=hint, dated=True)


@checks("INVALID_SERVICE")
def unknown_services(policy: PolicyView) -> Findings:
    """The services of condition keys, and those of ARNs in Resource and NotResource."""
    for _, condition in policy.conditions():
        prefix, colon, name = condition.lower.partition(":")
        if colon and prefix and name and _is_no_prefix(policy, condition.key, prefix):
            yield _unknown_service(policy, condition, prefix)
    for statement in () if policy.is_trust else policy.statements:
        for value in statement.resources.values if statement.resources else ():
            arn = cut_arn(value.text)
            service = "" if arn is None else arn.service
            if not service.islower() or not wildcard_free(service):
                continue
            if not policy.reference.has_arns(service):
                message = f"there is no service {quote(service)}"
                hint = did_you_mean(service, policy.reference.services, AMONG_MANY)
                yield policy.finding("INVALID_SERVICE", message, value.path, hint=hint, dated=True)


def _is_no_prefix(policy: PolicyView, key: str, prefix: str) -> bool:
    if prefix == "aws" or prefix in policy.reference.services or any(m in prefix for m in " ."):
        return False
    if prefix in OTHER_PREFIXES or "${" in key or _is_family(policy, prefix):
        return False
    return policy.reference.key(key) is None and not _lacks_tag(policy, key)


def _unknown_service(policy: PolicyView, condition: ConditionView, prefix: str) -> Finding:
    message = f"the key {quote(condition.key)} is of no service: there is no `{prefix}`"
    hint = did_you_mean(prefix, ("aws", *policy.reference.services), AMONG_MANY)
    return policy.finding("INVALID_SERVICE", message, condition.key_path, hint=hint, dated=True)


def _lacks_tag(policy: PolicyView, key: str) -> bool:
    """Whether only the name of a tag is missing, which has a code of its own."""
    return policy.reference.key(f"{key.rstrip('/')}/tag") is not None and key.endswith(
        ("/", "Tag", "TagKey", "tag")
    )


def _is_family(policy: PolicyView, prefix: str) -> bool:
    """Whether some service declares keys under a prefix that is not its own, or once did."""
    reference = policy.reference
    return (
        prefix in reference.key_prefixes
        or prefix in reference.retired_services
        or has_wildcard(prefix)
    )
