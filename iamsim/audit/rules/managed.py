"""Policies that were a start, and still are what counts.

## What it finds
`aws-managed-policy-wide`: an AWS managed policy in use that allows whole services on everything, by
what it allows and not by its name; with its least successor, which is generated where `--events`
gives a trail, and else the call that writes it.
`policy-on-user`: a policy that is attached to a user, or stands in it, and not in a group or role.
`inline-policy`: an inline policy that says the same as that of somebody else: a managed policy
would be changed in one place.
`cloudshell-full-access`: users, groups, roles and permission sets with the AWS managed policy
AWSCloudShellFullAccess. Whoever has it can send files out of the account, as root of a shell with
internet access.
`no-support-role`: accounts in which nobody has the AWS managed policy AWSSupportAccess, so that
incidents can't be managed with AWS Support but by administrators.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-use-aws-defined-policies>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-choosing-managed-or-inline.html>,
<https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-18> and `#iam-27`.

## What it needs
The account authorization details. The least successor needs CloudTrail's logs: `--events TRAIL`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.audit.asking import gives_everything
from iamsim.audit.deleting import name_of_inline
from iamsim.audit.model import (
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.policies import Held, in_one_word, written_out
from iamsim.audit.registry import audits
from iamsim.core.decision import PolicyType
from iamsim.world.model import ManagedPolicyReference, PolicyDocument

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.replay.generate import Generated
    from iamsim.world.model import Account, AnyPolicy, User

HEADING = "managed-to-least"
PRACTICE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    "#bp-use-aws-defined-policies"
)
CHOOSING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-choosing-managed-or-inline.html"
CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html"
CLOUD_SHELL, SUPPORT = "AWSCloudShellFullAccess", "AWSSupportAccess"
PRINCIPALS = ("user", "role")
IDENTITY = PolicyType.IDENTITY


def _identity(looking: Looking) -> Iterator[Held]:
    return (held for held in looking.held if held.use is PolicyType.IDENTITY)


def _is_of_aws(held: Held) -> bool:
    policy = held.policy
    if isinstance(policy, ManagedPolicyReference):
        return True
    return policy.arn is not None and ":iam::aws:policy/" in policy.arn


@audits(
    "aws-managed-policy-wide",
    HEADING,
    "AWS managed policies in use are narrow",
    Severity.MEDIUM,
    PRACTICE,
)
def wide(looking: Looking) -> Iterator[Outcome]:
    """AWS managed policies that allow whole services."""
    yield from looking.policy_gaps(IDENTITY)
    service_linked = {
        role.arn
        for account in looking.accounts
        for role in account.roles.values()
        if role.service_linked
    }
    for held in _identity(looking):
        if not _is_of_aws(held) or held.holder in service_linked:
            continue
        statements = looking.statements(held.policy, held.use)
        if any(statement.unknowns for statement in statements):
            yield Gap(
                held.holder,
                f"what the policy `{held.policy.name}` says",
                "",
                "iamsim catalog refresh",
            )
            continue
        services = sorted(
            {name for _, some in looking.whole_services(held.policy) for name in some}
        )
        if not services:
            yield Passed(held.holder)
            continue
        made = looking.successor(held.holder) if held.holder_type in PRINCIPALS else None
        yield Finding(
            held.holder,
            f"the AWS managed policy {held.policy.name} gives {some_of(services)} on everything",
            Fix("commands", _narrow(held, looking.partition_of(held.account)))
            if made is None
            else Fix("policy", written_out(made.policy)),
            held.account,
            (Evidence("policy", held.policy.name), *(() if made is None else _covered(made))),
            Severity.HIGH if gives_everything(services) else None,
        )


def _covered(made: Generated) -> tuple[Evidence, ...]:
    """What a policy rests on that was generated from a trail."""
    return (Evidence("fact", f"{made.covered} of {made.calls} calls pass by the fix"),)


def _narrow(held: Held, partition: str) -> str:
    """The calls that write the least successor of a policy, and put it in its place."""
    kind, name = held.holder_type, held.holder.rpartition("/")[2]
    arn = held.policy.arn or f"arn:{partition}:iam::aws:policy/{held.policy.name}"
    put = (
        f"aws iam put-{kind}-policy --{kind}-name {name} --policy-name least --policy-document"
        " file://least.json"
    )
    taken = f"aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {arn}"
    if kind == "permission set":
        put = (
            "aws sso-admin put-inline-policy-to-permission-set --instance-arn INSTANCE"
            f" --permission-set-arn {held.holder} --inline-policy file://least.json"
        )
        taken = _off_permission_set(held.holder, arn)
    return (
        f"iamsim generate TRAIL --world WORLD --principal {held.holder} --quiet > least.json\n"
        f"{put}\n{taken}"
    )


def _off_permission_set(arn: str, policy: str) -> str:
    return (
        "aws sso-admin detach-managed-policy-from-permission-set --instance-arn INSTANCE"
        f" --permission-set-arn {arn} --managed-policy-arn {policy}"
    )


@audits("policy-on-user", HEADING, "Users have policies by groups", Severity.LOW, CHOOSING)
def on_users(looking: Looking) -> Iterator[Outcome]:
    """Policies of users themselves."""
    yield from looking.policy_gaps(IDENTITY)
    for account, user in looking.users:
        names = [policy.name for policy in user.policies if _is_there(looking, policy)]
        if not names:
            if not user.policies:
                yield Passed(user.arn)
            continue
        yield Finding(
            user.arn,
            f"has policies of its own: {some_of(names)}",
            Fix("commands", _to_group(user, looking.arns_of(account))),
            account.id,
            (Evidence("policy", some_of(names)),),
            span=user.span,
        )


def _to_group(user: User, managed: Mapping[int, str]) -> str:
    """The calls that give the policies of a user to a group, with the user in it."""
    given, taken = [], []
    for policy in user.policies:
        arn = managed.get(id(policy), policy.arn)
        if arn is not None:
            given.append(f"aws iam attach-group-policy --group-name GROUP --policy-arn {arn}")
            taken.append(f"aws iam detach-user-policy --user-name {user.name} --policy-arn {arn}")
        elif isinstance(policy, PolicyDocument):
            named = name_of_inline(policy)
            given.append(
                f"aws iam put-group-policy --group-name GROUP --policy-name {named}"
                f" --policy-document {in_one_word(policy.document)}"
            )
            taken.append(
                f"aws iam delete-user-policy --user-name {user.name} --policy-name {named}"
            )
    return "\n".join(
        [
            "aws iam create-group --group-name GROUP",
            *given,
            f"aws iam add-user-to-group --group-name GROUP --user-name {user.name}",
            *taken,
        ]
    )


def _is_there(looking: Looking, policy: AnyPolicy) -> bool:
    """Whether a policy certainly says something: one that the list of attachments leaves open may
    be somebody else's."""
    if isinstance(policy, ManagedPolicyReference):
        return True
    statements = looking.statements(policy, IDENTITY)
    return not statements or any(not statement.unknowns for statement in statements)


@audits("inline-policy", HEADING, "What several have is a managed policy", Severity.LOW, CHOOSING)
def inline(looking: Looking) -> Iterator[Outcome]:
    """Inline policies that several principals have."""
    yield from looking.policy_gaps(IDENTITY)
    found: dict[tuple[str, str], list[Held]] = {}
    for held in _identity(looking):
        policy = held.policy
        if not held.is_inline or not isinstance(policy, PolicyDocument):
            continue
        if any(statement.unknowns for statement in looking.statements(policy, IDENTITY)):
            continue  # what it says, or whether it is there, is not known
        if held.holder_type == "permission set":
            continue  # has no other place for a policy that each account need not have
        text = json.dumps(policy.document, sort_keys=True, default=str)
        found.setdefault((held.account, text), []).append(held)
    for (account, _), some in found.items():
        if len(some) == 1:
            yield Passed(some[0].holder)
            continue
        others = len(some) - 1
        name = name_of_inline(some[0].policy)
        for held in some:
            kind, holder = held.holder_type, held.holder.rpartition("/")[2]
            arn = f"arn:{looking.partition_of(account)}:iam::{account}:policy/{name}"
            twin = next(attached.holder for attached in some if attached is not held)
            yield Finding(
                held.holder,
                f"{others} {'other has' if others == 1 else 'others have'} the same inline policy"
                f" as `{held.policy.name}`",
                Fix(
                    "commands",
                    "# once for all that have it:\n"
                    f"aws iam create-policy --policy-name {name} --policy-document"
                    f" {in_one_word(getattr(held.policy, 'document', {}))}\n"
                    f"aws iam attach-{kind}-policy --{kind}-name {holder} --policy-arn {arn}\n"
                    f"aws iam delete-{kind}-policy --{kind}-name {holder} --policy-name"
                    f" {name_of_inline(held.policy)}",
                ),
                account,
                (Evidence("policy", f"as {twin}"),),
            )


@audits(
    "cloudshell-full-access",
    HEADING,
    f"Nobody has {CLOUD_SHELL}",
    Severity.MEDIUM,
    f"{CONTROLS}#iam-27",
)
def cloud_shell(looking: Looking) -> Iterator[Outcome]:
    """Whoever has the policy attached."""
    yield from looking.policy_gaps(IDENTITY)
    found: dict[tuple[str, str], list[Held]] = {}
    for held in _identity(looking):
        found.setdefault((held.account, held.holder), []).append(held)
    for (account, holder), some in found.items():
        if not any(_is(held, CLOUD_SHELL) for held in some):
            yield Passed(holder)
            continue
        arn = f"arn:{looking.partition_of(account)}:iam::aws:policy/{CLOUD_SHELL}"
        kind, name = some[0].holder_type, holder.rpartition("/")[2]
        yield Finding(
            holder,
            f"has the AWS managed policy {CLOUD_SHELL}",
            Fix(
                "commands",
                _off_permission_set(holder, arn)
                if kind == "permission set"
                else f"aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {arn}",
            ),
            account,
            (Evidence("policy", CLOUD_SHELL),),
        )


@audits(
    "no-support-role",
    HEADING,
    "Somebody can manage incidents with AWS Support",
    Severity.LOW,
    f"{CONTROLS}#iam-18",
)
def support(looking: Looking) -> Iterator[Outcome]:
    """Accounts in which nobody has the policy."""
    gaps = [*looking.policy_gaps(IDENTITY)]
    yield from gaps
    having = {held.account for held in _identity(looking) if _is(held, SUPPORT)}
    for account in looking.accounts:
        if account.id in having:
            yield Passed(account.id)
        elif not gaps:
            yield Finding(
                account.id,
                f"nobody has the AWS managed policy {SUPPORT}",
                Fix(
                    "commands",
                    "aws iam create-role --role-name support --assume-role-policy-document"
                    f" {in_one_word(_trust(account))}\n"
                    "aws iam attach-role-policy --role-name support"
                    f" --policy-arn arn:{account.partition}:iam::aws:policy/{SUPPORT}",
                ),
                account.id,
                fact(f"roles of the account: {len(account.roles)}"),
            )


def _trust(account: Account) -> dict[str, object]:
    """The trust policy of a role for people of the account, with MFA."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{account.partition}:iam::{account.id}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            }
        ],
    }


def _is(held: Held, name: str) -> bool:
    """Whether it is an AWS managed policy of this name."""
    return held.policy.name == name and _is_of_aws(held)
