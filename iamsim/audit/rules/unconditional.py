"""Statements that could ask for more: the organization, the network, MFA, or a tag.

## What it finds
`statement-without-organization`: a statement of a resource or role that lets everybody, or another
account of the organization, in, and does not ask for the organization: it still does when that
account has left.
`statement-without-network`: an IAM user with an active access key, who may call something from the
internet, or through the VPC endpoint of somebody else, as the engine decides it: a key that is
stolen works from everywhere. Each entry of each statement that allows is tried, of the user's
policies and of those that name the user, of roles and of the resources that the world lists.
`statement-without-mfa`: an IAM user who may do something grave, such as making access keys for
others or stopping a trail, with one factor, as the engine decides it.
`statement-without-tags`: a statement that gives somebody who carries a tag every resource of a
service, or of a kind, where resources carry the same tag: it could give those with the same value.
A condition on tags that others and untagged resources pass is none.
Every finding has the statement as it should be.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#use-policy-conditions>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html>.

## What it needs
The policies of principals and resources, the credential report for keys, and tags of both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.audit.asking import (
    demands,
    from_elsewhere,
    is_everywhere,
    request_of,
    resources_named,
    with_one_factor,
)
from iamsim.audit.looking import Looking, keys_of
from iamsim.audit.model import Evidence, Finding, Fix, Outcome, Passed, Request, Severity
from iamsim.audit.policies import Held, with_condition
from iamsim.audit.registry import audits
from iamsim.audit.rules.people import has_password
from iamsim.audit.sources import CREDENTIAL_REPORT
from iamsim.core.arn import Arn, find_arn
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine.inventory import identity_policies
from iamsim.engine.question import Question
from iamsim.query.batch.answers import decide_one, opened
from iamsim.world.model import Account, AnyPolicy, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement, ResourceTest
    from iamsim.core.request import ContextValue

HEADING = "conditions"
KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
PERIMETER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html"
MFA = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"
)
TAGS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html"
# Keys of which each says of what organization a request is, or whose.
ORGANIZATION_KEYS = frozenset(
    ("aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths")
)
CALLER_KEYS = frozenset(("aws:principalaccount", "aws:principalarn"))
SOURCE_KEYS = frozenset(("aws:sourceaccount", "aws:sourcearn"))
WILDCARD = re.compile(r"[*?]|\$\{")
ACCOUNT_PART = 4
MFA_PRESENT = "aws:MultiFactorAuthPresent"
# What is grave by itself, with what it is asked about.
GRAVE = (
    ("iam:CreateAccessKey", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:AddUserToGroup", "arn:{partition}:iam::{account}:group/iamsim-probe"),
    ("iam:AttachGroupPolicy", "arn:{partition}:iam::{account}:group/iamsim-probe"),
    ("iam:AttachUserPolicy", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:AttachRolePolicy", "arn:{partition}:iam::{account}:role/iamsim-probe"),
    ("iam:CreateLoginProfile", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:CreatePolicyVersion", "arn:{partition}:iam::{account}:policy/iamsim-probe"),
    ("iam:DeactivateMFADevice", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:PutGroupPolicy", "arn:{partition}:iam::{account}:group/iamsim-probe"),
    ("iam:PutRolePolicy", "arn:{partition}:iam::{account}:role/iamsim-probe"),
    ("iam:PutUserPolicy", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:UpdateAssumeRolePolicy", "arn:{partition}:iam::{account}:role/iamsim-probe"),
    ("iam:UpdateLoginProfile", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:SetDefaultPolicyVersion", "arn:{partition}:iam::{account}:policy/iamsim-probe"),
    ("kms:PutKeyPolicy", "arn:{partition}:kms:us-east-1:{account}:key/iamsim-probe"),
    ("kms:ScheduleKeyDeletion", "arn:{partition}:kms:us-east-1:{account}:key/iamsim-probe"),
    ("cloudtrail:DeleteTrail", "arn:{partition}:cloudtrail:us-east-1:{account}:trail/iamsim-probe"),
    ("cloudtrail:StopLogging", "arn:{partition}:cloudtrail:us-east-1:{account}:trail/iamsim-probe"),
    ("cloudtrail:UpdateTrail", "arn:{partition}:cloudtrail:us-east-1:{account}:trail/iamsim-probe"),
    (
        "guardduty:DeleteDetector",
        "arn:{partition}:guardduty:us-east-1:{account}:detector/iamsim-probe",
    ),
    ("organizations:LeaveOrganization", "*"),
    ("s3:DeleteBucket", "arn:{partition}:s3:::iamsim-probe"),
    ("s3:PutBucketPolicy", "arn:{partition}:s3:::iamsim-probe"),
)
# A call by the caller itself, and what it may be, where a statement allows much.
BY_ITSELF = {"aws:ViaAWSService": "false"}
SOURCE_IP = "aws:SourceIp"
OTHER_VALUE = "iamsim-probe"  # of a tag
USUAL = ("s3:GetObject", "ec2:DescribeInstances", "iam:GetUser")


def _allows(looking: Looking, policy: AnyPolicy, use: PolicyType) -> list[CompiledStatement]:
    return [statement for statement in looking.statements(policy, use) if not statement.denies]


def _written(
    policy: AnyPolicy, statement: CompiledStatement, operator: str, key: str, value: str
) -> Fix:
    document = policy.document if isinstance(policy, PolicyDocument) else {}
    return Fix("policy", with_condition(document, statement.path, {operator: {key: value}}))


def _place(statement: CompiledStatement) -> tuple[Evidence, ...]:
    return (Evidence("policy", str(statement.source.span(statement.path).place)),)


@audits(
    "statement-without-organization",
    HEADING,
    "Statements for other accounts ask for the organization",
    Severity.LOW,
    KEYS,
)
def organization(looking: Looking) -> Iterator[Outcome]:
    """Statements for everybody or for accounts of the organization."""
    model = looking.model
    if model.organization is None or model.organization.id is None:
        yield looking.gap_of_organization()
        return
    for held in looking.held:
        if held.use not in {PolicyType.RESOURCE, PolicyType.TRUST}:
            continue
        statements = [
            allow
            for allow in _allows(looking, held.policy, held.use)
            if _names_others(looking, held, allow) and not _asks_organization(looking, held, allow)
        ]
        for statement in statements:
            yield Finding(
                held.holder,
                f"statement {statement.index + 1} of `{held.policy.name}` lets others in, and"
                " does not ask for the organization",
                _written(
                    held.policy,
                    statement,
                    "StringEquals",
                    "aws:PrincipalOrgID",
                    model.organization.id,
                ),
                held.account,
                _place(statement),
                span=statement.source.span(statement.path),
            )
        if not statements:
            yield Passed(held.holder)
    yield from looking.policy_gaps(PolicyType.RESOURCE, PolicyType.TRUST)


def _asks_organization(looking: Looking, held: Held, statement: CompiledStatement) -> bool:
    """Whether a statement asks for the organization, or for its own account, or, of a service, for
    an account of the organization as the source."""
    model = looking.model
    organization = None if model.organization is None else model.organization.id
    inside = {*model.accounts, *model.index.nodes, held.account}
    return (
        demands(
            statement, ORGANIZATION_KEYS.__contains__, lambda value: _is_of(value, organization)
        )
        or demands(statement, CALLER_KEYS.__contains__, lambda value: _is_in(value, {held.account}))
        or demands(statement, SOURCE_KEYS.__contains__, lambda value: _is_in(value, inside))
    )


def _is_of(value: str, organization: str | None) -> bool:
    """Whether an id or path of an organization is that of the own one, or of the resource's."""
    if value.lower().startswith(("${aws:resourceorgid}", "${aws:resourceorgpaths}")):
        return True
    return value == organization or value.startswith(f"{organization}/")


def _is_in(value: str, accounts: set[str]) -> bool:
    """Whether an id or ARN is of one of some accounts, or of the resource's; a bucket has no
    account in its ARN, and a name of its own."""
    if value.lower() == "${aws:resourceaccount}" or value in accounts:
        return True
    parts = value.split(":", 5)
    if parts[0] != "arn" or len(parts) <= ACCOUNT_PART + 1:
        return False
    account, name = parts[ACCOUNT_PART:]
    return account in accounts if account else not WILDCARD.match(name)


def _names_others(looking: Looking, held: Held, statement: CompiledStatement) -> bool:
    """Whether a statement is for everybody, or for another account of the organization."""
    granted = () if statement.principals is None else statement.principals.granted
    for name in granted:
        kind, _, text = name.partition(":")
        if name == "*":
            return True
        arn = find_arn(text) if kind == "aws" else None
        account = text if kind == "account" else None if arn is None else arn.account
        if account and account != held.account and account in looking.model.index.nodes:
            return True
    return False


@audits(
    "statement-without-network",
    HEADING,
    "Policies of users with access keys ask for a network",
    Severity.LOW,
    PERIMETER,
)
def network(looking: Looking) -> Iterator[Outcome]:
    """Keys that work from everywhere."""
    for account, user in looking.users:
        keys = keys_of(user)
        if keys is None:
            yield CREDENTIAL_REPORT.gap(user.arn, "its access keys", account=account.id)
            continue
        open_ = None
        if any(key.is_active for key in keys):
            open_ = _from_everywhere(looking, account, user)
        if open_ is None:
            yield Passed(user.arn)
            continue
        policy, one, request = open_
        where = "every network" if SOURCE_IP in request.context else "every VPC"
        yield Finding(
            user.arn,
            f"its access key works from {where}: statement {one.index + 1} of"
            f" `{policy.name}` asks for none",
            _written(policy, one, "IpAddress", "aws:SourceIp", "203.0.113.0/24"),
            account.id,
            (Evidence("request", "", request), *_place(one)),
            span=user.span,
        )
    yield from looking.policy_gaps(PolicyType.IDENTITY, PolicyType.SERVICE_CONTROL)


def _allowing(looking: Looking, entity: User) -> Iterator[tuple[AnyPolicy, CompiledStatement]]:
    for policy in identity_policies(entity, looking.model):
        for allow in _allows(looking, policy, PolicyType.IDENTITY):
            yield policy, allow


def _from_everywhere(
    looking: Looking, account: Account, user: User
) -> tuple[AnyPolicy, CompiledStatement, Request] | None:
    """A statement by which a user may call something from the internet, or through the VPC endpoint
    of a stranger, with the request."""
    told = [
        test
        for policy in identity_policies(user, looking.model)
        for statement in looking.statements(policy, PolicyType.IDENTITY)
        for test in statement.conditions
    ]
    allowing = [(policy, entry, "*") for policy, entry in _allowing(looking, user)]
    for policy, entry, usual in (*allowing, *looking.naming(user.arn)):
        for action in _examples(looking, entry):
            resources = resources_named([entry], action.lower(), account.id, account.partition)
            resource = next(resources, usual)
            question = Question(user.arn, action, resource, dict(BY_ITSELF), now=looking.at_text)
            for asked in from_elsewhere(question, (*told, *entry.conditions)):
                if _is_allowed(looking, asked):
                    return policy, entry, request_of(asked)
    return None


def _is_allowed(looking: Looking, asked: Question) -> bool:
    """Whether a call may pass, as far as policies are known; one that can't be made does not."""
    try:
        answer = decide_one(opened(asked), looking.batch.world)
    except RequestError:
        return False
    return answer.possible and not looking.open_gap(asked.principal, answer, "")


def _examples(looking: Looking, statement: CompiledStatement) -> Iterator[str]:
    """An action for each entry of a statement, and the usual ones."""
    universe, actions = looking.batch.universe, statement.actions
    masks = [universe.mask(actions)]
    if not actions.negated:
        masks = [universe.mask_of_patterns([pattern.pattern]) for pattern in actions.patterns]
    for mask in masks:
        yield from (name for name in USUAL if mask & universe.mask_of([name]))
        if mask:
            yield universe.written[(mask & -mask).bit_length() - 1]


@audits("statement-without-mfa", HEADING, "Users do what is grave with MFA", Severity.MEDIUM, MFA)
def mfa(looking: Looking) -> Iterator[Outcome]:
    """Users who may do something grave with one factor, maybe under other conditions."""
    masks = {action: looking.batch.universe.mask_of([action]) for action, _ in GRAVE}
    users = {user.arn: user for _, user in looking.users}
    for account in looking.accounts:
        for candidate in looking.candidates(account.id):
            user = users.get(candidate.principal)
            if user is None:
                continue
            if has_password(user) is False and keys_of(user) == []:
                yield Passed(user.arn)  # nobody can be the user
                continue
            may = looking.may(candidate)
            asked = [(entry, pattern) for entry, pattern in GRAVE if may & masks[entry]]
            yield _with_one_factor(looking, account, user, asked) or Passed(user.arn)
    yield from looking.policy_gaps(PolicyType.IDENTITY, PolicyType.SERVICE_CONTROL)


def _with_one_factor(
    looking: Looking, account: Account, user: User, asked: list[tuple[str, str]]
) -> Finding | None:
    for action, pattern in asked:
        usual = pattern.format(partition=account.partition, account=account.id)
        name = action.lower()
        seen: set[str] = set()
        for policy, entry in _allowing(looking, user):
            if not entry.actions.covers(name):
                continue
            named = resources_named([entry], name, account.id, account.partition)
            for resource in [entry for entry in (usual, *named) if entry not in seen]:
                seen.add(resource)
                question = Question(user.arn, action, resource, now=looking.at_text)
                shown = next(
                    (
                        (answer, asked)
                        for asked in with_one_factor(question)
                        if (answer := decide_one(opened(asked), looking.batch.world)).possible
                        and not looking.open_gap(user.arn, answer, "")
                    ),
                    None,
                )
                if shown is None:
                    continue
                answer, asked_as = shown
                certain = answer.verdict is Verdict.ALLOWED
                return Finding(
                    user.arn,
                    f"may call {action} with one factor, by statement {entry.index + 1} of"
                    f" `{policy.name}`{'' if certain else ', conditionally'}",
                    _written(policy, entry, "Bool", MFA_PRESENT, "true"),
                    account.id,
                    (Evidence("request", "", request_of(asked_as)),),
                    None if certain else Severity.LOW,
                    user.span,
                )
    return None


@audits(
    "statement-without-tags",
    HEADING,
    "Who carries a tag gets the resources that carry it",
    Severity.LOW,
    TAGS,
)
def tags(looking: Looking) -> Iterator[Outcome]:
    """Statements for everything of a service where both sides carry a tag."""
    for account in looking.accounts:
        carried: dict[str, list[Arn]] = {}
        for arn, resource in account.resources.items():
            parts = find_arn(arn)
            if parts is not None:
                for key in resource.tags or ():
                    carried.setdefault(key, []).append(parts)
        entities: list[User | Role] = [*account.users.values(), *account.roles.values()]
        for entity in entities:
            shared = {key: carried[key] for key in entity.tags or () if key in carried}
            if shared:
                yield _by_tag(looking, account, entity, shared) or Passed(entity.arn)
    yield from looking.policy_gaps(PolicyType.IDENTITY)


def _by_tag(
    looking: Looking, account: Account, entity: User | Role, shared: dict[str, list[Arn]]
) -> Finding | None:
    for policy in identity_policies(entity, looking.model):
        for allow in _allows(looking, policy, PolicyType.IDENTITY):
            if allow.unknowns or allow.resources is None or _asks_a_tag(allow, entity.tags or {}):
                continue
            universe = looking.batch.universe
            services = universe.services_of(universe.mask(allow.actions))
            given = {
                (arn.service, key)
                for key, carriers in shared.items()
                for arn in carriers
                if arn.service in services and _gives_all_like(allow.resources, arn, account.id)
            }
            if not given:
                continue
            key = min(key for _, key in given)
            named = sorted(service for service, tag in given if tag == key)
            return Finding(
                entity.arn,
                f"statement {allow.index + 1} of `{policy.name}` gives everything of"
                f" {', '.join(named)}, where resources carry its tag `{key}`",
                _written(
                    policy,
                    allow,
                    "StringEquals",
                    f"aws:ResourceTag/{key}",
                    f"${{aws:PrincipalTag/{key}}}",
                ),
                account.id,
                _place(allow),
                span=entity.span,
            )
    return None


def _gives_all_like(resources: ResourceTest, arn: Arn, account: str) -> bool:
    """Whether an element covers a resource by a pattern for others of its kind, too."""
    service = f"{arn.service}:*"
    if resources.negated or is_everywhere(resources, service, account):
        return is_everywhere(resources, service, account)
    return any(
        "*" in entry.pattern.rpartition(":")[2]
        and not entry.keys
        and entry.test is not None
        and entry.test(arn.text)
        for entry in resources.patterns
    )


def _asks_a_tag(statement: CompiledStatement, own: Mapping[str, str]) -> bool:
    """Whether a statement asks for a tag: of a request, or of the resource so that those without it
    and those with another value are left out, whatever tags the caller has."""
    caller: dict[str, ContextValue] = {
        f"aws:principaltag/{key.lower()}": value for key, value in own.items()
    }
    mine = {key.lower(): value for key, value in own.items()}
    for test in statement.conditions:
        if test.key.startswith(("aws:requesttag/", "aws:tagkeys")):
            return True
        if "resourcetag/" in test.key:
            alike = {**caller, test.key: mine.get(test.key.partition("/")[2], OTHER_VALUE)}
            without = test.test(caller) and test.test(alike)
            if not without and not test.test({**caller, test.key: OTHER_VALUE}):
                return True
    return False
