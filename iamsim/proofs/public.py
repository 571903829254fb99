"""Whether a resource-based policy lets in the public (AWS: CheckNoPublicAccess).

A grant is public if it reaches somebody whom nothing fixed names: a caller of an account that the
policy does not know, whose address, organization, network and source are none of the fixed ones.
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoPublicAccess.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.compile.literals import read_network
from iamsim.core.arn import is_account_id
from iamsim.core.request import CallerKind
from iamsim.core.wildcard import Wildcard
from iamsim.proofs.callers import ANY_PROVIDER, document_callers
from iamsim.proofs.documents import Asked, ask, to_result
from iamsim.proofs.formats import arn_account
from iamsim.proofs.result import CheckResult, Verdict
from iamsim.proofs.rules import key_is

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.template import Template
    from iamsim.proofs.conditions import KeyTest

TRUST_TYPE = "AWS::IAM::AssumeRolePolicyDocument"
RESOURCE_TYPES = tuple(sorted(row.public_check for row in resource_types() if row.public_check))
FIXING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
WIDEST = {32: 8, 128: 32}  # address blocks that are wider name nobody
PUBLIC = {
    Verdict.PASS: "The resource policy does not grant public access for the given resource type.",
    Verdict.FAIL: "The resource policy grants public access for the given resource type.",
    Verdict.UNKNOWN: "It was not proved that the resource policy grants no public access for the"
    " given resource type.",
}
STRANGERS = frozenset(
    {
        CallerKind.ANONYMOUS,
        CallerKind.FEDERATED_USER,
        CallerKind.ROLE_SESSION,
        CallerKind.USER,
    }
)


def check_no_public_access(policy: CompiledPolicy, resource_type: str) -> CheckResult:
    """Prove that nobody is let in whom nothing fixed names; `resource_type` is one of
    `RESOURCE_TYPES`."""
    trust = resource_type == TRUST_TYPE
    strangers = tuple(
        caller
        for caller in document_callers(policy.statements, trust=trust)
        if caller.alias == ANY_PROVIDER
        or (
            caller.caller is not None
            and caller.caller.kind in STRANGERS
            and not any(
                name in statement.principals.names
                for statement in policy.statements
                if statement.principals is not None
                for name in caller.caller.names
                if name != "*"
            )
        )
    )
    fixed = tuple(
        test
        for statement in policy.statements
        if not statement.denies
        for condition in statement.conditions
        for test in _outside(condition)
    )
    opened = ask(Asked(policy, None, trust=trust, callers=strangers, beside=fixed))
    return to_result(opened, PUBLIC, "Public access granted in the statement with {}.")


def _outside(condition: ConditionTest) -> Iterator[KeyTest]:
    """The tests that keep a request outside of what a condition fixes."""
    operator = condition.operator
    if condition.key not in FIXING_KEYS or operator.negated or operator.base == "Null":
        return
    for template in condition.values.templates:
        if template.keys:
            continue
        text = template.text
        if condition.key == "aws:principalarn":
            account = arn_account(text) or ""
            if is_account_id(account):
                yield _not(condition.key, f"arn:*:*:*:{account}:*", "ArnLike")
        elif condition.key == "aws:sourceip":
            network = read_network(text)
            if network is not None and network[0][1].bit_count() >= WIDEST[network[0][0]]:
                yield _not(condition.key, text, "IpAddress")
        elif condition.key == "s3:dataaccesspointarn" or not _is_wild(template, operator.base):
            yield _not(condition.key, text, "StringLike")


def _is_wild(template: Template, base: str) -> bool:
    """Whether a value has wildcards that count."""
    wild = any(isinstance(part, Wildcard) for part in template.parts)
    return wild and base in {"ArnEquals", "ArnLike", "StringLike"}


def _not(key: str, text: str, operator: str) -> KeyTest:
    """The test that a key is none of some values."""
    positive = f"ForAnyValue:{operator}" if key.endswith("paths") else operator
    return key_is(key, text, operator=positive)._replace(holds=False)
