"""Guardrails that are missing, or don't hold.

## What it finds
`no-service-control-policy` and `no-resource-control-policy`: a member account that no policy of the
organization limits: there is AWS's own, which allows everything, or others that do.
`guardrail-...`: what a member account should never be able to do, as claims about every principal
that it may ever have: leaving the organization; switching off CloudTrail, AWS Config, GuardDuty or
IAM Access Analyzer; anything by a root user. A claim is proved for every request, or refuted by
one.
`guardrail-regions`: member accounts in which every Region can be used.
`perimeter-identities`, `perimeter-resources`, `perimeter-networks`: whether somebody from outside
reaches a resource whose policy lets them in, whether an administrator can write to a resource
outside, and whether one can work from any network. One or two requests are asked for each of a few
services (S3, SQS, SNS, KMS, Secrets Manager), of a role and of a user, about strangers in another
organization and in none, from the internet and through the VPC endpoint of a stranger; and as
exceptions of guardrails invite them, by names, tags or through services: one that comes through is
a finding. Where a denial names some actions of such a service on such a resource, one of the others
is asked, too; of writes outside, the one that sends data to each of seven services: `s3:PutObject`,
`sqs:SendMessage`, `sns:Publish`, `dynamodb:PutItem`, `events:PutEvents`, `kinesis:PutRecord` and
`lambda:InvokeFunction`. An exception for own principals by tag or name is a finding of low severity
where an administrator of the member may give itself, or a session (`sts:TagSession`), the tag, or
become such a user or role.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-permissions-guardrails>,
<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html>. The
management account is never limited, and left out.

## What it needs
The tree of the organization with its policies. The role `AWSControlTowerExecution` may do what
guardrails forbid; other such roles are patterns under `guardrail-exempt` in the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.asking import request_of, whole_services
from iamsim.audit.crossings import actions_beside, crossings, made_exceptions
from iamsim.audit.guardrails import GUARDRAILS, Guardrail
from iamsim.audit.limits import PROBED, STRANGER, lets_in, probes_of, takes_away
from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    WHERE_LET_IN,
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Request,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.policies import in_one_word, written_out
from iamsim.audit.proving import policy_that_holds, proved
from iamsim.audit.registry import audits
from iamsim.catalog.global_services import SPARED_BY_REGION
from iamsim.catalog.regions import REGIONS
from iamsim.core.decision import Decision, Layer, PolicyType, Verdict
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import AnyPolicy

HEADING = "guardrails"
SCPS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"
RCPS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"
PERIMETER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html"
REGION_DENY = (
    "https://docs.aws.amazon.com/controltower/latest/controlreference/"
    "primary-region-deny-policy.html"
)
REGION_CONTROLS = "AWS-GR_REGION_DENY, CT.MULTISERVICE.PV.1"
CONTROL = PolicyType.SERVICE_CONTROL
PRINCIPAL = "aws:PrincipalArn"
READS = (
    "s3:GetObject",
    "s3:PutObject",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
)
WRITES = (
    *("s3:PutObject", "sqs:SendMessage", "sns:Publish", "dynamodb:PutItem"),
    *("events:PutEvents", "kinesis:PutRecord", "lambda:InvokeFunction"),
)
BY_ITSELF = {"aws:ViaAWSService": "false"}
CONTROLS_OF_ORGANIZATIONS = frozenset((Layer.SERVICE_CONTROL_POLICY, Layer.RESOURCE_CONTROL_POLICY))


class _Crossing(NamedTuple):
    """Requests that cross a perimeter, one a service: of an administrator of a member to a resource
    of it that lets the caller in; `caller` and `owner` are other accounts in the member's place."""

    actions: tuple[str, ...]
    caller: str | None = None
    owner: str | None = None


@audits(
    "no-service-control-policy", HEADING, "SCPs limit every member account", Severity.HIGH, SCPS
)
def without_scps(looking: Looking) -> Iterator[Outcome]:
    """Members without service control policies."""
    yield from _without(looking, "service control policy", CONTROL)


@audits(
    "no-resource-control-policy",
    HEADING,
    "RCPs limit every member account",
    Severity.MEDIUM,
    RCPS,
)
def without_rcps(looking: Looking) -> Iterator[Outcome]:
    """Members without resource control policies."""
    yield from _without(looking, "resource control policy", PolicyType.RESOURCE_CONTROL)


def _without(looking: Looking, what: str, use: PolicyType) -> Iterator[Outcome]:
    model = looking.model
    starts = policy_that_holds(looking.guardrails, GUARDRAILS[0])
    if use is not CONTROL:
        starts = json.loads(_of_organization(looking, _IDENTITIES))
    for gap in _no_organization(looking):
        yield gap
        return
    call = _makes_policy(looking, what, starts)
    for first, alike in looking.guardrails.alike.items():
        levels = model.scp_levels(first) if use is CONTROL else model.rcp_levels(first)
        if any(_limits(looking, first, policies, use) for _, policies in levels or ()):
            yield from map(Passed, alike)
        else:
            for member in alike:
                there = [
                    f"{member if where == first else where}:"
                    f" {some_of([policy.name for policy in policies]) or 'none'}"
                    for where, policies in levels or ()
                ]
                yield Finding(
                    member,
                    f"no {what} limits the account",
                    Fix("commands", call + member),
                    member,
                    fact(f"its policies: {'; '.join(there) or 'none'}"),
                )
    yield from looking.policy_gaps(use)


def _makes_policy(looking: Looking, what: str, policy: object) -> str:
    """The calls that make a first policy of a kind, but for whom it is attached to."""
    kind = what.replace(" ", "_").upper()
    organization = looking.model.organization
    root = None if organization is None else organization.root
    return (
        "# if policies of this type are not enabled yet:\naws organizations enable-policy-type"
        f" --root-id {(root and root.id) or 'ROOT'} --policy-type {kind}\n"
        f"aws organizations create-policy --type {kind} --name guardrails --description guardrails"
        f" --content {in_one_word(policy)}\n# with the id that this prints:\n"
        "aws organizations attach-policy --policy-id ID --target-id "
    )


def _limits(looking: Looking, member: str, policies: Sequence[AnyPolicy], use: PolicyType) -> bool:
    """Whether the policies of one level take anything away: by a denial that requests match, or
    because none of them allows everything."""
    statements = [entry for policy in policies for entry in looking.statements(policy, use)]
    allows_all = any("*" in whole_services(statement) for statement in statements)
    return not allows_all or any(
        statement.denies and takes_away(looking, member, statement) for statement in statements
    )


def _no_organization(looking: Looking) -> Iterator[Gap]:
    """The gap of a world without an organization, or without its tree."""
    organization = looking.model.organization
    if organization is None or organization.root is None:
        yield looking.gap_of_organization()


def _of_claim(guardrail: Guardrail) -> None:
    """Register the check of one claim."""

    def run(looking: Looking) -> Iterator[Outcome]:
        for gap in _no_organization(looking):
            yield gap
            return
        if looking.members:
            yield proved(looking, guardrail, "organization")
            yield from looking.policy_gaps(PolicyType.SERVICE_CONTROL)

    audits(guardrail.id, HEADING, guardrail.title, guardrail.severity, guardrail.see)(run)


for _guardrail in GUARDRAILS:
    _of_claim(_guardrail)


@audits(
    "guardrail-regions",
    HEADING,
    "Some Regions can't be used",
    Severity.LOW,
    REGION_DENY,
)
def regions(looking: Looking) -> Iterator[Outcome]:
    """Members in which every Region can be used."""
    for gap in _no_organization(looking):
        yield gap
        return
    for member, alike in looking.guardrails.alike.items():
        partition = looking.partition_of(member)
        found: dict[str, tuple[str, ...] | None] = {}
        for region in _regions_of(partition):
            found[region] = _in_region(looking, member, region)
            if found[region] is None:
                break  # one that is closed is enough
        open_in = [(region, call) for region, call in found.items() if call]
        if len(open_in) < len(found):
            closed, why = None in found.values(), "whether some Region is closed"
            yield from (Passed(text) if closed else Gap(text, why, "", "") for text in alike)
            continue
        region, (principal, action, resource) = open_in[-1]
        for text in alike:
            shown, where = (name.replace(member, text) for name in (principal, resource))
            request = Request(shown, action, where, {"aws:RequestedRegion": region})
            yield Finding(
                text,
                f"all {len(found)} Regions can be used (AWS Control Tower: {REGION_CONTROLS})",
                Fix("policy", written_out(_REGION_POLICY)),
                text,
                (Evidence("request", BY_ADMINISTRATOR, request),),
            )
    yield from looking.policy_gaps(CONTROL)


# What several services are used for first; a Region in which one can be used is open.
REGIONAL = (
    ("ec2:CreateSubnet", "arn:{partition}:ec2:{region}:{account}:vpc/vpc-0123456789abcdef0"),
    ("lambda:CreateFunction", "arn:{partition}:lambda:{region}:{account}:function:iamsim-probe"),
    ("dynamodb:CreateTable", "arn:{partition}:dynamodb:{region}:{account}:table/iamsim-probe"),
    ("rds:CreateDBInstance", "arn:{partition}:rds:{region}:{account}:db:iamsim-probe"),
    ("sqs:CreateQueue", "arn:{partition}:sqs:{region}:{account}:iamsim-probe"),
)


def _in_region(looking: Looking, member: str, region: str) -> tuple[str, ...] | None:
    """What an administrator of a member may call in a Region; `None` where it is closed, nothing
    where that is not known."""
    partition = looking.partition_of(member)
    undecided = False
    for action, form in REGIONAL:
        resource = form.format(partition=partition, region=region, account=member)
        for principal in probes_of(partition, member):
            decision = _as_administrator(
                looking, principal, action, resource, {"aws:RequestedRegion": region}
            )
            if decision.verdict is Verdict.ALLOWED:
                return principal, action, resource
            undecided = undecided or decision.layer not in CONTROLS_OF_ORGANIZATIONS
    return () if undecided else None


_REGION_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyRegionsInUse",
            "Effect": "Deny",
            "NotAction": list(SPARED_BY_REGION),
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
        }
    ],
}


def _regions_of(partition: str) -> list[str]:
    starts = {"aws-cn": ("cn-",), "aws-us-gov": ("us-gov-",)}.get(partition)
    if starts is not None:
        return [region for region in REGIONS if region.startswith(starts)]
    return [
        region for region in REGIONS if not region.startswith(("cn-", "us-gov-", "us-iso", "eusc-"))
    ]


def _as_administrator(
    looking: Looking,
    principal: str,
    action: str,
    resource: str,
    context: Mapping[str, str],
) -> Decision:
    """Decide what an administrator may do, with the guardrails as they are."""
    question = Question(
        principal,
        action,
        resource,
        dict(context),
        now=looking.at_text,
        attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
    )
    return decide_one(question, looking.batch.world).decision


@audits(
    "perimeter-identities",
    HEADING,
    "RCPs keep identities from outside away from resources",
    Severity.MEDIUM,
    PERIMETER,
)
def identities(looking: Looking) -> Iterator[Outcome]:
    """A stranger before resources that let strangers in."""
    yield from _perimeter(
        looking,
        "resource-based policies alone decide whether somebody outside of the organization gets in",
        _IDENTITIES,
        PolicyType.RESOURCE_CONTROL,
        _Crossing(READS, caller=STRANGER),
    )


@audits(
    "perimeter-resources",
    HEADING,
    "SCPs keep identities away from resources outside",
    Severity.MEDIUM,
    PERIMETER,
)
def resources(looking: Looking) -> Iterator[Outcome]:
    """An administrator before resources of a stranger."""
    yield from _perimeter(
        looking,
        "an administrator can write to resources of another organization",
        _RESOURCES,
        CONTROL,
        _Crossing(WRITES, owner=STRANGER),
    )


@audits(
    "perimeter-networks",
    HEADING,
    "SCPs keep identities to known networks",
    Severity.LOW,
    PERIMETER,
)
def networks(looking: Looking) -> Iterator[Outcome]:
    """An administrator on the internet."""
    yield from _perimeter(
        looking,
        "credentials that are stolen work from any network",
        _NETWORKS,
        CONTROL,
        _Crossing(READS),
    )


def _perimeter(
    looking: Looking,
    detail: str,
    policy: object,
    use: PolicyType,
    crossing: _Crossing,
) -> Iterator[Outcome]:
    """Decide the requests about each member."""
    actions, caller, owner = crossing
    whose = "Principal" if caller else "Resource" if owner else ""
    for gap in _no_organization(looking):
        yield gap
        return
    for member, alike in looking.guardrails.alike.items():
        partition = looking.partition_of(member)
        decisions: list[tuple[Question, Decision]] = []
        excepted: list[tuple[Question, str]] = []
        denials = _denials(looking, member, use)
        tests = [test for statement in denials for test in statement.conditions]
        parts = [[action] for action in actions]
        if not owner:
            parts += actions_beside(looking, actions, denials)
        for part, principal in product(parts, probes_of(partition, caller or member)):
            question = Question(
                principal,
                "",
                "",
                {} if whose else dict(BY_ITSELF),
                resource_account=owner or member,
                now=looking.at_text,
            )
            asked = _first_that_passes(looking, question, part)
            if asked is None:
                continue
            decisions.extend(
                (entry, _let_in(looking, entry)) for entry in crossings(asked, whose, tests)
            )
            for made, how in () if caller else made_exceptions(looking, asked, tests):
                tried = crossings(made, whose, tests)
                answers = ((entry, _let_in(looking, entry).verdict) for entry in tried)
                passing = (entry for entry, verdict in answers if verdict is Verdict.ALLOWED)
                excepted.extend((entry, how) for entry in islice(passing, 1))
        open_ = next(
            (asked for asked, decision in decisions if decision.verdict is Verdict.ALLOWED), None
        )
        how = detail
        if open_ is None and excepted:
            open_, how = excepted[0]
        for text in alike:
            if open_ is not None:
                request = request_of(open_)
                shown, resource = (
                    name.replace(member, text) for name in (request.principal, request.resource)
                )
                request = request._replace(principal=shown, resource=resource)
                yield Finding(
                    text,
                    how.replace(member, text),
                    Fix("policy", _of_organization(looking, policy)),
                    text,
                    (Evidence("request", WHERE_LET_IN, request),),
                    None if how == detail else Severity.LOW,
                )
            elif all(decision.layer in CONTROLS_OF_ORGANIZATIONS for *_, decision in decisions):
                yield Passed(text)
            else:
                yield Gap(text, "whether the perimeter holds", "organizations/", "")
    yield from looking.policy_gaps(use)


def _let_in(looking: Looking, asked: Question, *, lifted: bool = False) -> Decision:
    """Decide a request of an administrator about a resource that lets it in."""
    attached = AttachedPolicies(
        identity_policies=(ADMINISTRATOR_ACCESS,),
        resource_policy=lets_in(asked.principal, asked.action, asked.resource),
    )
    return decide_one(replace(asked, attached=attached), looking.batch.world, lifted).decision


def _first_that_passes(
    looking: Looking, question: Question, actions: Sequence[str]
) -> Question | None:
    """The question about the first of some actions that nothing but guardrails denies, or about the
    only one."""
    partition = question.principal.split(":")[1]
    for action in actions:
        form = PROBED[action.partition(":")[0]]
        resource = form.format(partition=partition, account=question.resource_account)
        asked = replace(question, action=action, resource=resource)
        if len(actions) == 1 or _let_in(looking, asked, lifted=True).verdict is Verdict.ALLOWED:
            return asked
    return None


def _denials(looking: Looking, member: str, use: PolicyType) -> list[CompiledStatement]:
    model = looking.model
    levels = model.scp_levels(member) if use is CONTROL else model.rcp_levels(member)
    return [
        statement
        for _, policies in levels or ()
        for policy in policies
        for statement in looking.statements(policy, use)
        if statement.denies
    ]


def _of_organization(looking: Looking, policy: object) -> str:
    """A policy with the id of the organization, if it is known."""
    organization = looking.model.organization
    known = None if organization is None else organization.id
    # Whatever it holds, it stays a text of the policy.
    return written_out(policy).replace(_ORGANIZATION, json.dumps(known or _ORGANIZATION)[1:-1])


_ORGANIZATION = "o-YOUR-ORGANIZATION"
_IDENTITIES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyIdentitiesOfTheOrganization",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"],
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": _ORGANIZATION},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        }
    ],
}
_RESOURCES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyResourcesOfTheOrganization",
            "Effect": "Deny",
            "Action": list(WRITES),
            "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": _ORGANIZATION}},
        }
    ],
}
_NETWORKS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyKnownNetworks",
            "Effect": "Deny",
            "NotAction": ["iam:PassRole", "sts:*"],
            "Resource": "*",
            "Condition": {
                "NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24"]},
                "StringNotEqualsIfExists": {"aws:VpceOrgID": _ORGANIZATION},
                "BoolIfExists": {"aws:ViaAWSService": "false"},
            },
        }
    ],
}
