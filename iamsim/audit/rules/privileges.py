"""More permissions than anybody should have.

## What it finds
`administrator`: users and roles that can do everything in their account, as the engine decides it
and not the names of policies: guardrails, boundaries and denials count. A user is graver than a
role, and so is a role that a service or another account takes. Roles of IAM Identity Center are how
people should administer, and pass.
`escalation-path`: users and roles that are no administrators, and can become one by what they may
do, as `iamsim paths` finds it.
`full-service-access`: policies of yours, attached or not, that allow every action, or every action
of a service, on every resource (of the service), without a condition or with one that limits
nobody: every request meets it, or those that lack its key do (`IfExists`), or it is about the
caller and a holder of the policy is one such; also by `NotAction` or `NotResource`, or by patterns
that are the whole service together. What AWS says of its control IAM.21 spares no condition.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege>.

## What it needs
The account authorization details; parts of policies that are not known leave the answer open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.audit.asking import gives_everything, whole_services, whole_services_together
from iamsim.audit.holders import conditions_met
from iamsim.audit.looking import Looking, is_provisioned
from iamsim.audit.model import Evidence, Finding, Fix, Gap, Outcome, Passed, Request, Severity
from iamsim.audit.policies import managed_policies, written_out
from iamsim.audit.registry import audits
from iamsim.core.decision import PolicyType, Verdict
from iamsim.query.escalation.administrators import PROBES, probe_resource
from iamsim.world.model import PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement

HEADING = "least-privilege"
PRACTICE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"
)
ESCALATION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
USES = (
    PolicyType.IDENTITY,
    PolicyType.PERMISSIONS_BOUNDARY,
    PolicyType.SERVICE_CONTROL,
)
REGION = "us-east-1"


@audits("administrator", HEADING, "Nobody is an administrator", Severity.MEDIUM, PRACTICE)
def administrators(looking: Looking) -> Iterator[Outcome]:
    """Who can do everything in an account."""
    batch_answers = looking.administrators
    for account in looking.accounts:
        for candidate in looking.candidates(account.id):
            entity, answer = candidate.entity, batch_answers.get(candidate.principal)
            if answer is None or (isinstance(entity, Role) and is_provisioned(entity)):
                yield Passed(candidate.principal)
                continue
            gap = looking.open_gap(candidate.principal, answer, "whether it is an administrator")
            action, pattern = PROBES[0]
            resource = probe_resource(pattern, account.partition, account.id, REGION)
            if gap is not None:  # what is not known of a bucket makes nobody less in IAM
                yield gap
                answer = looking.batch.decide(candidate.principal, action, resource)
                if answer.verdict is not Verdict.ALLOWED:
                    continue
            certain = answer.verdict is Verdict.ALLOWED
            when = "" if certain or answer.residual is None else f" {answer.residual.sentence}"
            yield Finding(
                candidate.principal,
                f"is an administrator of {account.id}{when}",
                Fix("commands", _narrow(entity)),
                account.id,
                (Evidence("request", "", Request(candidate.principal, action, resource)),),
                _grade(looking, entity),
                None if entity is None else entity.span,
            )
    yield from looking.policy_gaps(*USES)


def _grade(looking: Looking, entity: User | Role | None) -> Severity | None:
    """Users are graver, and so are roles that a service or a stranger takes."""
    if isinstance(entity, User):
        return Severity.HIGH
    if entity is None:
        return None
    names = trusted_names(looking, entity)
    own = {f"account:{entity.account}", f"aws:arn:{entity.partition}:iam::{entity.account}:"}
    others = [name for name in names if not any(name.startswith(mine) for mine in own)]
    return Severity.HIGH if others else None


def trusted_names(looking: Looking, role: Role) -> set[str]:
    """Whom a role trusts, by the names of compiled policies."""
    return {
        name
        for statement in looking.statements(role.trust, PolicyType.TRUST)
        if not statement.denies and statement.principals is not None
        for name in statement.principals.granted
    }


def _narrow(entity: User | Role | None) -> str:
    if entity is None:
        return (
            "aws sso-admin detach-managed-policy-from-permission-set --instance-arn INSTANCE"
            " --permission-set-arn PERMISSION_SET --managed-policy-arn ARN"
        )
    kind = "user" if isinstance(entity, User) else "role"
    return (
        f"iamsim generate TRAIL --world WORLD --principal {entity.arn} --quiet > least.json\n"
        f"aws iam put-{kind}-policy --{kind}-name {entity.name} --policy-name least"
        " --policy-document file://least.json"
    )


@audits("escalation-path", HEADING, "Nobody can become an administrator", Severity.HIGH, ESCALATION)
def escalations(looking: Looking) -> Iterator[Outcome]:
    """Who is no administrator and can become one."""
    found, chains = looking.escalations
    seen = set()
    for chain in chains:
        candidate = found.candidates[chain.source]
        seen.add(chain.source)
        first = chain.hops[0].edge
        ways = " -> ".join(f"{hop.edge.way.id} -> {hop.target}" for hop in chain.hops)
        taken = first.taken[0] if first.taken else None
        evidence = [Evidence("path", f"{chain.source} -> {ways}")]
        if taken is not None:
            request = Request(chain.source, taken.step.action, taken.resource)
            evidence.append(Evidence("request", "", request))
        certain = chain.verdict is Verdict.ALLOWED
        yield Finding(
            chain.source,
            f"can become {chain.target}: {first.way.title}"
            + ("" if certain else ", conditionally"),
            Fix(
                "policy",
                written_out(
                    {
                        "Sid": "NoWayUp",
                        "Effect": "Deny",
                        "Action": sorted({taken.step.action for taken in first.taken}),
                        "Resource": "*",
                    }
                ),
            ),
            candidate.account or "",
            tuple(evidence),
            None if certain else Severity.MEDIUM,
            None if candidate.entity is None else candidate.entity.span,
        )
    for account in looking.accounts:
        for candidate in looking.candidates(account.id):
            if candidate.principal not in seen:
                yield Passed(candidate.principal)
    for call in (*found.not_followed, *found.not_tried):
        yield Gap("world", f"whether a way goes through {call}, which was not searched", "", "")
    yield from looking.policy_gaps()


@audits(
    "full-service-access",
    HEADING,
    "No policy allows a whole service on everything",
    Severity.MEDIUM,
    PRACTICE,
)
def full_access(looking: Looking) -> Iterator[Outcome]:
    """Statements that allow everything of a service."""
    seen: set[int] = set()
    for held in (*looking.held, *managed_policies(looking.model)):
        policy = held.policy
        if held.use is not PolicyType.IDENTITY or not isinstance(policy, PolicyDocument):
            continue
        if id(policy) in seen:
            continue
        seen.add(id(policy))
        subject = policy.arn or held.holder
        universe = looking.batch.universe
        statements = looking.statements(policy, held.use)
        wide: list[tuple[CompiledStatement, list[str], tuple[Evidence, ...]]] = []
        open_: list[Gap] = []
        for statement in statements:
            if services := whole_services(statement, held.account, universe):
                wide.append((statement, services, ()))
                continue
            free = replace(statement, conditions=())
            if statement.conditions and (services := whole_services(free, held.account, universe)):
                met = conditions_met(looking, statement, looking.holders_of(policy), held.account)
                if met is not None and met.is_unknown:
                    open_.append(Gap(subject, met.sentence, "", ""))
                elif met is not None:
                    wide.append((statement, services, (Evidence("fact", met.sentence),)))
        if not wide and (together := whole_services_together(statements, held.account, universe)):
            wide = [(statements[-1], together, ())]
        for statement, services, shown in wide:
            yield Finding(
                subject,
                f"statement {statement.index + 1} of `{policy.name}` allows"
                f" {', '.join(services)} on everything",
                Fix(
                    "commands",
                    f"iamsim what-can {held.holder} --as-policy --shrink --world WORLD\n"
                    "# list the actions and the resources that are needed",
                ),
                held.account,
                (*shown, Evidence("policy", str(statement.source.span(statement.path).place))),
                Severity.HIGH if gives_everything(services) else None,
                statement.source.span(statement.path),
            )
        yield from open_
        if not wide and not open_:
            yield Passed(subject)
    yield from looking.policy_gaps(PolicyType.IDENTITY)
