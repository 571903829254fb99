"""Resources that answer requests without TLS.

## What it finds
`bucket-without-tls`: a bucket that answers without TLS, by a request that the engine allows.
`resource-without-tls`: another resource, such as a queue, a topic or a file system, of which AWS
asks for a policy that denies requests without TLS.
Policies above the account count: a resource control policy that denies them is enough. Asked is
about an administrator of the account, about whomever a condition spares by its ARN, and about
somebody of another account, whom the policy may let in. Every finding has the statement that is
missing. Services that AWS asks for no such policy answer with TLS alone, or have a setting for it,
which no policy says.

## Why it matters
<https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>,
<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html>,
<https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html>,
<https://docs.aws.amazon.com/efs/latest/ug/create-file-system-policy.html>.

## What it needs
The resources of every account with their policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    Evidence,
    Finding,
    Fix,
    Outcome,
    Passed,
    Request,
    Severity,
)
from iamsim.audit.policies import written_out
from iamsim.audit.registry import audits
from iamsim.catalog.resource_types import find_type, resource_types, type_of_arn
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import example_of
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one, opened
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.catalog.resource_types import ResourceType, TransportPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import Account

HEADING = "conditions"
NO_TLS = {"aws:SecureTransport": "false"}
SECURE_TRANSPORT = "aws:securetransport"
OBJECTS = ("object", "iamsim-probe/1")
STRANGER = "999999999999"
BUCKET = find_type("AWS::S3::Bucket")
IN_TRANSIT = "https://docs.aws.amazon.com/wellarchitected/latest/framework/sec_protect_data_transit_encrypt.html"
BUCKETS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"


@audits("bucket-without-tls", HEADING, "Buckets answer with TLS only", Severity.MEDIUM, BUCKETS)
def buckets(looking: Looking) -> Iterator[Outcome]:
    """Buckets that answer without TLS."""
    yield from _without_tls(looking, lambda row: row is BUCKET)


@audits(
    "resource-without-tls",
    HEADING,
    "Queues, topics and file systems answer with TLS only",
    Severity.LOW,
    IN_TRANSIT,
)
def others(looking: Looking) -> Iterator[Outcome]:
    """Resources of other types that answer without TLS."""
    yield from _without_tls(looking, lambda row: row is not BUCKET)


def _without_tls(looking: Looking, wanted: Callable[[ResourceType], bool]) -> Iterator[Outcome]:
    for account in looking.accounts:
        for arn in sorted(account.resources):
            row = type_of_arn(arn)
            if row is not None and row.tls is not None and wanted(row):
                yield _ask(looking, account, arn, row) or Passed(arn)
    services = {row.service for row in resource_types() if row.tls is not None and wanted(row)}
    yield from looking.gaps_of_resources(services)
    yield from looking.policy_gaps(PolicyType.RESOURCE, PolicyType.RESOURCE_CONTROL)


def _ask(looking: Looking, account: Account, arn: str, row: ResourceType) -> Outcome | None:
    """Ask for things without TLS, as an administrator of the account."""
    if row.tls is None:
        return None
    within = row.separator == "/"
    statements = looking.statements(account.resources[arn].policy, PolicyType.RESOURCE)
    if any(_denies_everybody(statement, arn, row.tls.asked) for statement in statements):
        return None
    for principal in _callers(account, statements):
        for action in row.tls.asked:
            inside = within and not action.endswith("Bucket")
            for resource in _inside(arn, statements) if inside else [arn]:
                question = Question(
                    principal,
                    action,
                    resource,
                    dict(NO_TLS),
                    now=looking.at_text,
                    attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
                )
                answer = decide_one(opened(question), looking.batch.world)
                gap = looking.open_gap(arn, answer, "whether it answers requests without TLS")
                if gap is not None:
                    return gap
                if answer.possible:
                    request = Request(principal, action, question.resource, NO_TLS)
                    return _found(account, arn, row.tls, request, within=within)
    return None


def _inside(arn: str, statements: tuple[CompiledStatement, ...]) -> list[str]:
    """Things in a resource: some, and those that denials spare or name."""
    named = {
        example_of(entry.template.text, "iamsim-probe")
        for statement in statements
        if statement.denies and statement.resources is not None
        for entry in statement.resources.patterns
        if entry.pattern.startswith(f"{arn}/")
    }
    return [*(f"{arn}/{name}" for name in OBJECTS), *sorted(named)]


def _denies_everybody(statement: CompiledStatement, arn: str, actions: tuple[str, ...]) -> bool:
    """Whether a denial asks for nothing but TLS, whoever calls, for all actions on all of a
    resource: then every request without it is denied, and none need be asked."""
    principals, named = statement.principals, statement.resources
    return (
        statement.denies
        and [test.key for test in statement.conditions] == [SECURE_TRANSPORT]
        and statement.conditions[0].test({SECURE_TRANSPORT: "false"})
        and principals is not None
        and not principals.negated
        and "*" in principals.granted
        and all(statement.actions.covers(action.lower()) for action in actions)
        and (
            named is None
            or named.everything
            or (
                not named.negated
                and {arn, f"{arn}/*"} <= {pattern.pattern for pattern in named.patterns}
            )
        )
    )


def _callers(account: Account, statements: tuple[CompiledStatement, ...]) -> Iterator[str]:
    """Who is asked about: an administrator, whom conditions name by ARN, and a stranger, where a
    policy lets some in."""
    yield f"arn:{account.partition}:iam::{account.id}:role/iamsim-probe"
    start = f"arn:{account.partition}:iam::{account.id}"
    named = {
        example_of(template.text, "iamsim-probe")
        if test.key == "aws:principalarn"
        else f"{start}:user/{example_of(template.text, 'iamsim-probe')}"
        for statement in statements
        for test in statement.conditions
        if test.key in {"aws:principalarn", "aws:username"}
        for template in test.values.templates
    }
    for statement in statements:
        if statement.denies and statement.principals is not None and statement.principals.negated:
            spared = statement.principals.names
            named |= {name.removeprefix("aws:") for name in spared if name.startswith("aws:arn:")}
    parts = {text: find_arn(text) for text in named}
    yield from sorted(
        text
        for text, part in parts.items()
        if part is not None and part.resource.startswith(("role/", "user/"))
    )
    if any(not statement.denies for statement in statements):
        yield f"arn:{account.partition}:iam::{STRANGER}:role/iamsim-probe"


def _found(
    account: Account, arn: str, tls: TransportPolicy, request: Request, *, within: bool
) -> Finding:
    statement = {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": tls.denied,
        "Resource": [arn, f"{arn}/*"] if within else arn,
        "Condition": {"Bool": dict(request.context)},
    }
    return Finding(
        arn,
        "answers requests without TLS",
        Fix("policy", written_out(statement)),
        account.id,
        (Evidence("request", BY_ADMINISTRATOR, request), Evidence("policy", tls.page)),
        span=account.resources[arn].span,
    )
