"""Delegation that nothing limits, and boundaries that can be taken off.

## What it finds
`delegation-without-boundary`: somebody who is no administrator, and may make a role or user and
give it policies or a group without a permissions boundary, with one that allows everything, or with
one that it may take off, replace or change, or that leaves whom it is given to a way around it: it
can give more than it has. Names and paths of its statements are tried, and the boundaries that its
conditions name, of the account and of AWS.
`boundary-removable`: somebody with a permissions boundary who may take it off.
`boundary-editable`: somebody with a permissions boundary who may change the policy that is it.
Each is asked of the engine.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate>:
who makes principals must be held to set a boundary (`iam:PermissionsBoundary`), and kept from
changing boundaries.

## What it needs
The account authorization details.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.audit.asking import resources_named
from iamsim.audit.model import Evidence, Finding, Fix, Gap, Outcome, Passed, Request, Severity
from iamsim.audit.policies import written_out
from iamsim.audit.registry import audits
from iamsim.catalog.managed import find_managed_policy
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.wildcard import match_tokens, tokenize
from iamsim.engine.inventory import identity_policies
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one
from iamsim.query.escalation.administrators import (
    ADMINISTRATOR_ACCESS,
    PROBES,
    as_policy,
    probe_resource,
)
from iamsim.world.model import Account, AnyPolicy, ManagedPolicyReference, PolicyDocument, User

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.query.batch import BatchAnswer, Candidate

HEADING = "boundaries"
DELEGATE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
    "#access_policies_boundaries-delegate"
)
BOUNDARY = "iam:PermissionsBoundary"
# What makes somebody, and what gives it permissions; both together delegate.
MAKERS = {"role": "iam:CreateRole", "user": "iam:CreateUser"}
GIVERS = {
    "role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"),
    "user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
}
REMOVERS = {
    "role": "iam:DeleteRolePermissionsBoundary",
    "user": "iam:DeleteUserPermissionsBoundary",
}
REPLACERS = {
    "role": "iam:PutRolePermissionsBoundary",
    "user": "iam:PutUserPermissionsBoundary",
}
REGION = "us-east-1"  # in which probes make what is in no policy
EDITORS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion")
ADD_TO_GROUP = "iam:AddUserToGroup"
USES = (PolicyType.IDENTITY, PolicyType.PERMISSIONS_BOUNDARY, PolicyType.SERVICE_CONTROL)


@audits(
    "delegation-without-boundary",
    HEADING,
    "Who makes principals must give them a boundary",
    Severity.HIGH,
    DELEGATE,
)
def delegation(looking: Looking) -> Iterator[Outcome]:
    """Who makes principals without a boundary."""
    universe = looking.batch.universe
    makers = universe.mask_of(list(MAKERS.values()))
    for account in looking.accounts:
        for candidate in looking.candidates(account.id):
            if not looking.may(candidate) & makers:
                continue
            if candidate.principal in looking.administrators:
                continue  # there is nothing more to give
            findings = [
                one
                for kind in MAKERS
                if (one := _delegates(looking, account, candidate, kind)) is not None
            ]
            yield findings[0] if findings else Passed(candidate.principal)
    yield from looking.policy_gaps(*USES)


def _delegates(
    looking: Looking, account: Account, candidate: Candidate, kind: str
) -> Finding | None:
    """The finding of somebody who may make a user or role, and give it policies, unlimited."""
    named = _boundaries(looking, candidate)
    for made in _made(looking, account, candidate, kind):
        found = _unlimited(looking, account, candidate, kind, made)
        if found is None:
            continue
        maker, how = found
        # What has a boundary may be asked for when policies are given.
        worn = (None, _everything(account), *named) if how else (None,)
        giver = next(
            (
                giver
                for giver in GIVERS[kind]
                for boundary in worn
                if _ask(looking, candidate, giver, made, boundary).possible
            ),
            None,
        )
        if giver is None and kind == "user":
            giver = _adds_to_group(looking, account, candidate)
        if giver is None or looking.open_gap(candidate.principal, maker, ""):
            continue
        certain = maker.verdict is Verdict.ALLOWED
        return Finding(
            candidate.principal,
            f"may make a {kind} {how or 'without a boundary'} and give it policies with {giver}"
            + ("" if certain else ", conditionally"),
            Fix("policy", written_out(_demand(account, kind))),
            account.id,
            (Evidence("request", "", Request(candidate.principal, MAKERS[kind], made)),),
            None if certain else Severity.MEDIUM,
            None if candidate.entity is None else candidate.entity.span,
        )
    return None


def _unlimited(
    looking: Looking, account: Account, candidate: Candidate, kind: str, made: str
) -> tuple[BatchAnswer, str] | None:
    """How somebody may make a user or role that nothing limits: without a boundary, with one that
    allows everything, or with one that comes off again."""
    maker = _ask(looking, candidate, MAKERS[kind], made)
    if maker.possible:
        return maker, ""
    maker = _ask(looking, candidate, MAKERS[kind], made, _everything(account))
    if maker.possible:
        return maker, "with any boundary"
    if not _may_make(looking, candidate, kind, made):
        return None
    # The request to take a boundary off is about the one that is on.
    for worn in (None, *_boundaries(looking, candidate)):
        remover = _ask(looking, candidate, REMOVERS[kind], made, worn)
        if remover.possible:
            return remover, "with a boundary that it may take off"
    replacer = _ask(looking, candidate, REPLACERS[kind], made, _everything(account))
    if replacer.possible:
        return replacer, "with a boundary that it may replace"
    return _by_named(looking, account, candidate, kind, made)


def _by_named(
    looking: Looking, account: Account, candidate: Candidate, kind: str, made: str
) -> tuple[BatchAnswer, str] | None:
    """The same by the boundaries that conditions name: those that allow everything, and those that
    somebody may change."""
    named = _boundaries(looking, candidate)
    documents: dict[str, AnyPolicy] = {
        f"arn:{account.partition}:iam::{account.id}:policy{account.policy_paths.get(name, '/')}"
        f"{name}": document
        for name, document in account.policies.items()
    }
    of_aws = {entry: find_managed_policy(entry) for entry in named}
    documents |= {
        key: ManagedPolicyReference(key) for key, known in of_aws.items() if known is not None
    }
    for boundary in sorted(entry for entry in documents if _fits_any(entry, named)):
        maker = _ask(looking, candidate, MAKERS[kind], made, boundary)
        document = documents[boundary]
        if not maker.possible:
            continue
        if (left := _left_by(looking, account, kind, document)) is not None:
            return maker, f"with {boundary}, which allows {left},"
        editors = [looking.batch.decide(candidate.principal, entry, boundary) for entry in EDITORS]
        if (editor := next((entry for entry in editors if entry.possible), None)) is not None:
            return editor, f"with {boundary}, which it may change,"
    return None


def _fits_any(text: str, patterns: Sequence[str]) -> bool:
    return any(match_tokens(tokenize(pattern), text) for pattern in patterns)


def _left_by(looking: Looking, account: Account, kind: str, document: AnyPolicy) -> str | None:
    """What a boundary leaves an administrator that has it, by which it is one still or makes one:
    everything, making others without a boundary and giving them policies, or taking its own off;
    `None` where that is closed."""
    attached = AttachedPolicies(
        identity_policies=(ADMINISTRATOR_ACCESS,), boundary=as_policy(document)
    )
    start = f"arn:{account.partition}:iam::{account.id}"
    itself = f"{start}:{kind}/iamsim-probe"

    def may(action: str, resource: str) -> bool:
        question = Question(
            itself, action, resource, unset=frozenset({BOUNDARY}), attached=attached
        )
        return decide_one(question, looking.batch.world).possible

    if all(
        may(action, probe_resource(pattern, account.partition, account.id, REGION))
        for action, pattern in PROBES
    ):
        return "everything"
    for made, maker in MAKERS.items():
        other = f"{start}:{made}/iamsim-probe-2"
        giver = next((giver for giver in GIVERS[made] if may(giver, other)), None)
        if giver is not None and may(maker, other):
            return f"{maker} and {giver} without a boundary"
    return REMOVERS[kind] if may(REMOVERS[kind], itself) else None


def _boundaries(looking: Looking, candidate: Candidate) -> list[str]:
    """The boundaries that conditions of somebody's own statements name."""
    if candidate.entity is None:
        return []
    return sorted(
        {
            template.text
            for policy in identity_policies(candidate.entity, looking.model)
            for statement in looking.statements(policy, PolicyType.IDENTITY)
            for test in statement.conditions
            if test.key == BOUNDARY.lower()
            for template in test.values.templates
        }
    )


def _adds_to_group(looking: Looking, account: Account, candidate: Candidate) -> str | None:
    """The action that puts whom somebody made into a group with policies, if it may."""
    groups = [group.arn for group in account.groups.values() if group.policies]
    may = any(
        looking.batch.decide(candidate.principal, ADD_TO_GROUP, group).possible for group in groups
    )
    return ADD_TO_GROUP if may else None


def _may_make(looking: Looking, candidate: Candidate, kind: str, made: str) -> bool:
    """Whether somebody may make a user or role with some boundary."""
    return looking.batch.decide(candidate.principal, MAKERS[kind], made).possible


def _everything(account: Account) -> str:
    return f"arn:{account.partition}:iam::aws:policy/AdministratorAccess"


def _made(looking: Looking, account: Account, candidate: Candidate, kind: str) -> list[str]:
    """Users or roles that somebody might make: of any name, and as its statements name them."""
    made = {f"arn:{account.partition}:iam::{account.id}:{kind}/iamsim-probe": None}
    if candidate.entity is not None:
        statements = [
            statement
            for policy in identity_policies(candidate.entity, looking.model)
            for statement in looking.statements(policy, PolicyType.IDENTITY)
        ]
        for action in (MAKERS[kind], *GIVERS[kind]):
            named = resources_named(statements, action.lower(), account.id, account.partition)
            made |= dict.fromkeys(entry for entry in named if f":{kind}/" in entry)
    return list(made)


def _ask(
    looking: Looking, candidate: Candidate, action: str, resource: str, boundary: str | None = None
) -> BatchAnswer:
    """Decide a request about somebody with a boundary, or without one."""
    context = {} if boundary is None else {BOUNDARY: boundary}
    question = looking.batch.question(candidate.principal, action, resource, context)
    if boundary is None:
        question = replace(question, unset=question.unset | {BOUNDARY})
    return decide_one(question, looking.batch.world)


def _demand(account: Account, kind: str) -> dict[str, object]:
    """The policy that lets somebody make principals with one boundary alone, which stays."""
    boundary = f"arn:{account.partition}:iam::{account.id}:policy/BOUNDARY"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyWithTheBoundary",
                "Effect": "Deny",
                "Action": [MAKERS[kind], REPLACERS[kind], *GIVERS[kind]],
                "Resource": "*",
                "Condition": {"StringNotEquals": {BOUNDARY: boundary}},
            },
            {
                "Sid": "LeaveBoundariesOn",
                "Effect": "Deny",
                "Action": REMOVERS[kind],
                "Resource": "*",
            },
            {
                "Sid": "LeaveTheBoundaryAlone",
                "Effect": "Deny",
                "Action": list(EDITORS),
                "Resource": boundary,
            },
        ],
    }


def _bounded(looking: Looking) -> Iterator[tuple[Account, Candidate]]:
    """Everybody with a permissions boundary."""
    for account in looking.accounts:
        for candidate in looking.candidates(account.id):
            if candidate.entity is not None and candidate.entity.boundary is not None:
                yield account, candidate


@audits("boundary-removable", HEADING, "Boundaries stay on", Severity.HIGH, DELEGATE)
def removable(looking: Looking) -> Iterator[Outcome]:
    """Who may take its own boundary off, or set another."""
    for account, candidate in _bounded(looking):
        kind = "User" if isinstance(candidate.entity, User) else "Role"
        actions = (f"iam:Delete{kind}PermissionsBoundary", f"iam:Put{kind}PermissionsBoundary")
        yield _may(looking, account, candidate, actions, candidate.principal, "take off or replace")
    yield from looking.policy_gaps(*USES)


@audits("boundary-editable", HEADING, "Boundaries stay as they are", Severity.HIGH, DELEGATE)
def editable(looking: Looking) -> Iterator[Outcome]:
    """Who may change the policy that is its boundary."""
    for account, candidate in _bounded(looking):
        boundary = None if candidate.entity is None else candidate.entity.boundary
        arn = getattr(boundary, "arn", None)
        if not isinstance(boundary, PolicyDocument):
            yield Passed(candidate.principal)  # AWS alone changes its policies
        elif arn is None:
            yield Gap(candidate.principal, "which policy its boundary is", "", "")
        else:
            yield _may(looking, account, candidate, EDITORS, arn, "change")
    yield from looking.policy_gaps(*USES)


def _may(
    looking: Looking,
    account: Account,
    candidate: Candidate,
    actions: Sequence[str],
    resource: str,
    what: str,
) -> Outcome:
    """Whether somebody may do one of some actions to its boundary."""
    if not looking.may(candidate) & looking.batch.universe.mask_of(actions):
        return Passed(candidate.principal)
    for action in actions:
        answer = looking.batch.decide(candidate.principal, action, resource)
        gap = looking.open_gap(candidate.principal, answer, f"whether {action} is allowed")
        if gap is not None:
            return gap
        if answer.possible:
            certain = answer.verdict is Verdict.ALLOWED
            deny = {
                "Sid": "LeaveBoundariesAlone",
                "Effect": "Deny",
                "Action": list(actions),
                "Resource": "*",
            }
            return Finding(
                candidate.principal,
                f"may {what} its own permissions boundary with {action}"
                + ("" if certain else ", conditionally"),
                Fix("policy", written_out(deny)),
                account.id,
                (Evidence("request", "", Request(candidate.principal, action, resource)),),
                None if certain else Severity.MEDIUM,
                None if candidate.entity is None else candidate.entity.span,
            )
    return Passed(candidate.principal)
