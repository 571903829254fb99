"""A service may act for anybody's resource.

## What it finds
A statement that allows a service without asking for which resource, account or organization it
acts (`aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID`, `aws:SourceOrgPaths`), or that asks
a weaker key; and a statement for services that demands a key which requests of services never
carry.

## Why it matters
Services act for all customers. Without a condition on the source, a stranger can make the service
use your resource: the confused deputy. Each finding shows the request for a stranger's account
that the engine allows, where it finds one. Keys about the caller's organization are absent when the
caller is a service, so a condition on them shuts the service out. Amazon EC2 and AWS Lambda
assume roles without telling a source, so their role trust policies are not reported.

A condition on the source may let strangers through all the same: a pattern that fits resources of
every account, or an operator with `IfExists` or `ForAllValues` where nothing else names the
source. That is a code of our own, given only with a request that the engine allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.presence import source_keys
from iamsim.checks.arn_formats import cut_arn
from iamsim.checks.rules.value_formats import is_service_principal
from iamsim.checks.shown import Witness
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.witness import (
    STRANGER,
    action_of,
    first_allowed,
    meet,
    resource_of,
)
from iamsim.checks.words import has_wildcard, is_guard, must_be_present
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import example_of

if TYPE_CHECKING:
    from iamsim.syntax.ast import Value

WEAKER_KEYS = frozenset({"aws:referer", "aws:sourceowner", "aws:useragent"})
# They assume roles for workloads of the account itself, and send no source.
WITHOUT_SOURCE = ("ec2.", "lambda.", "edgelambda.", "rolesanywhere.", "pods.eks.")
NOT_OF_SERVICES = ("aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/")
TYPES = (PolicyType.RESOURCE, PolicyType.TRUST)


@checks("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL")
def unguarded_services(policy: PolicyView) -> Findings:
    """Services that are allowed whoever they act for."""
    for statement, value in _services(policy):
        if statement.keys & source_keys() or not is_service_principal(value.text):
            continue
        if any(key.startswith(NOT_OF_SERVICES) for key in statement.keys):
            continue  # shuts the service out, which is another code
        if policy.is_trust and value.text.lower().startswith(WITHOUT_SOURCE):
            continue
        weaker = [condition for condition in statement.conditions if condition.lower in WEAKER_KEYS]
        hint = "add a condition on `aws:SourceArn` or `aws:SourceAccount`"
        witness = _stranger(policy, statement, value)
        if weaker:
            message = f"`{weaker[0].key}` does not tell for whom {quote(value.text)} acts"
            code = "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
            place = weaker[0].key_path
            yield policy.finding(code, message, place, hint=hint, witness=witness)
        else:
            message = f"{quote(value.text)} is allowed whoever it acts for"
            code = "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"
            yield policy.finding(code, message, value.path, hint=hint, witness=witness)


@checks("IAMSIM_SOURCE_OF_STRANGERS")
def open_sources(policy: PolicyView) -> Findings:
    """Services whose source is asked, and strangers pass."""
    reported = set()
    for statement, value in _services(policy):
        asked = [
            condition for condition in statement.conditions if condition.lower in source_keys()
        ]
        if not asked or not is_service_principal(value.text) or statement.path in reported:
            continue
        witness = _stranger(policy, statement, value)
        if witness is None:
            continue
        reported.add(statement.path)
        lax = next((condition for condition in asked if not must_be_present(condition)), None)
        shown = asked[0] if lax is None else lax
        told = any(key.lower() in source_keys() for key, _ in witness.context)
        who = "for accounts of strangers" if told else "without telling for whom it acts"
        message = f"{quote(value.text)} passes `{shown.key}` {who}"
        hint = "write `StringEquals` on `aws:SourceAccount` or `aws:SourceOrgID` with your own"
        place = shown.operator_path if lax is not None else shown.path
        code = "IAMSIM_SOURCE_OF_STRANGERS"
        yield policy.finding(code, message, place, hint=hint, witness=witness)


@checks("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL")
def absent_keys(policy: PolicyView) -> Findings:
    """Keys that tell the organization or the tags of a caller who has none."""
    reported = set()
    for statement, _ in _services(policy):
        principals = statement.principals
        if principals is None or any(kind != "Service" for kind, _ in principals.entries):
            continue
        for condition in statement.conditions:
            if not condition.lower.startswith(NOT_OF_SERVICES) or condition.path in reported:
                continue
            if is_guard(statement, condition) and must_be_present(condition):
                reported.add(condition.path)
                message = f"requests of services carry no `{condition.key}`"
                hint = "ask `aws:SourceOrgID` or `aws:SourceAccount` of services"
                code = "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
                yield policy.finding(code, message, condition.key_path, hint=hint)


def _stranger(policy: PolicyView, statement: StatementView, service: Value) -> Witness | None:
    """Find a request of a service for the account of a stranger that a statement allows."""
    named = cut_arn(resource_of(policy, statement))
    known = policy.reference.expand(f"{named.service}:*") if named is not None else ()
    usual = "sts:AssumeRole" if policy.is_trust else next(iter(known), "s3:GetObject")
    action = action_of(policy, statement, usual)
    resource = resource_of(policy, statement, action)
    others = meet(policy, statement, source_keys())
    source = f"arn:aws:{service.text.partition('.')[0]}:us-east-1:{STRANGER}:stranger"
    arns = [source]
    for condition in statement.conditions:
        if condition.lower == "aws:sourcearn" and not condition.operator.negated:
            made = [_of_stranger(value.text) for value in condition.values]
            arns += [arn for arn in made if arn is not None]
    requests = [
        Witness(
            service.text,
            action,
            resource,
            (("aws:SourceAccount", STRANGER), ("aws:SourceArn", arn), *others.items()),
        )
        for arn in arns
    ]
    # A service that tells no source passes where an absent key does.
    requests.append(Witness(service.text, action, resource, tuple(others.items())))
    return first_allowed(policy, statement, requests)


def _of_stranger(pattern: str) -> str | None:
    """Write an ARN of a stranger's account that a pattern may match; `None` where the pattern names
    an account, or a bucket, whose name is its owner's alone."""
    arn = cut_arn(pattern)
    if arn is None:
        return example_of(pattern, "stranger") if has_wildcard(pattern) else None
    if not has_wildcard(arn.account or arn.resource):
        return None
    partition = example_of(arn.partition, "aws")
    region = example_of(arn.region, "us-east-1")
    account = STRANGER if arn.account else ""
    rest = example_of(arn.resource, "stranger")
    return f"arn:{partition}:{example_of(arn.service, 's3')}:{region}:{account}:{rest}"


def _services(policy: PolicyView) -> Iterator[tuple[StatementView, Value]]:
    """Go through the services that a policy allows."""
    if policy.policy_type not in TYPES:
        return
    for statement in policy.statements:
        principals = statement.principals
        if statement.allows and principals is not None and not principals.negated:
            for kind, value in principals.entries:
                if kind == "Service":
                    yield statement, value
