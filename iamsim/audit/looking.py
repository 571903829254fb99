"""What checks look at: a world with its engine, and what several of them ask, worked out once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.asking import whole_services
from iamsim.audit.guardrails import GuardrailProver
from iamsim.audit.model import Gap, some_of
from iamsim.audit.policies import Held, ValidatedPolicy, held_policies, managed_policies
from iamsim.audit.sources import AUTHORIZATION_DETAILS, ORGANIZATION, RESOURCES
from iamsim.checks.validate import Validator
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.identity_center import ROLE_PATH
from iamsim.core.unknown import MARK, is_open_key
from iamsim.query.analyzer.external import External, find_external
from iamsim.query.analyzer.resources import listing_calls
from iamsim.query.analyzer.since import read_time
from iamsim.query.analyzer.unused import find_unused
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.escalation.administrators import PROBES, find_administrators
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.home import KINDS
from iamsim.query.escalation.routes import Chain, administrators, shortest_chains
from iamsim.replay.generate import Generated, generate
from iamsim.world.model import Account, AnyPolicy, PolicyDocument, Role, RootUser, User

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from iamsim.checks.finding import Finding as PolicyFinding
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.analyzer.finding import AccessFinding
    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.query.escalation.model import Escalations
    from iamsim.replay.counting import Count

NEVER = "never"
PRINCIPALS = ("users", "roles")
IDENTITY = PolicyType.IDENTITY
REGION = "us-east-1"  # in which probes make what is in no policy


class Limits(NamedTuple):
    """How old is too old, in days, by default as AWS's own controls have it (Security Hub IAM.3;
    IAM Access Analyzer); ARN patterns of principals that no guardrail need hold; and services of
    which the world lists all resources, ``*`` for all."""

    key_days: int = 90
    unused_days: int = 90
    root_days: int = 90
    guardrail_exempt: tuple[str, ...] = ()
    listed_services: tuple[str, ...] = ()


DEFAULT_LIMITS = Limits()


class Key(NamedTuple):
    """An access key of a user or of the root user, as far as it is known; a credential report does
    not name them."""

    id: str
    is_active: bool
    created: datetime | None
    last_used: datetime | None
    never_used: bool
    service: str | None
    is_named: bool = True


class Looking:
    """A world that is looked at: at what time, and with which limits.

    `at` is `None` where no time was given: what depends on it is unknown then.
    """

    def __init__(
        self,
        batch: Batch,
        at: str | None,
        limits: Limits = DEFAULT_LIMITS,
        trail: Count | None = None,
    ) -> None:
        """Take a world, and what was counted in a trail, if one is given."""
        self.trail = trail
        self._successors: dict[str, Generated | None] = {}
        self.batch = batch
        self.model = batch.world.model
        self.at_text = at
        self.at = None if at is None else read_time(at)
        self.limits = limits
        self._arns: dict[str, Mapping[int, str]] = {}
        self._may: dict[str, int] = {}
        self._whole: dict[int, tuple[object, list[tuple[CompiledStatement, list[str]]]]] = {}

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts of the world whose principals are listed, by id."""
        return tuple(
            account for _, account in sorted(self.model.accounts.items()) if _lists_anybody(account)
        )

    @cached_property
    def missing_accounts(self) -> tuple[str, ...]:
        """Accounts that the world names and whose principals it does not list."""
        named = {*self.model.accounts, *self.model.index.nodes}
        organization = self.model.organization
        if organization is not None and organization.management_account is not None:
            named.add(organization.management_account)
        return tuple(sorted(named - {account.id for account in self.accounts}))

    def gaps_of_accounts(self) -> Iterator[Gap]:
        """Gaps for what no check can see: accounts without a list, and sources that are lost."""
        for missing in self.missing_accounts:
            known = self.model.accounts.get(missing)
            empty = [] if known is None else [kind for kind in PRINCIPALS if has_no(known, kind)]
            what = "the users, groups and roles of the account are not listed"
            if empty:
                what += f": it has no {empty[0]}"
            yield AUTHORIZATION_DETAILS.gap(missing, what, account=missing)
        if not self.accounts and not self.missing_accounts:
            yield AUTHORIZATION_DETAILS.gap(
                "world", "the world lists no account", account="ACCOUNT"
            )
        for lost in self.model.lost:
            yield Gap("world", f"a file is lost: {lost.message}", str(lost.span or "that file"), "")
        for marker in self.model.unlisted:
            why = str(marker.document.get("unknown", "a source is lost"))
            yield Gap("world", why, str(marker.document.get("source", "that file")), "")

    def gaps_of_resources(self, services: Iterable[str]) -> Iterator[Gap]:
        """Gaps for services of which an account lists no resource: it may have some, unless the
        configuration says that what is listed is all."""
        said = {*self.limits.listed_services}
        wanted = set() if "*" in said else {*services} - said
        for account in self.accounts:
            arns = map(find_arn, account.resources)
            missing = wanted - {arn.service for arn in arns if arn is not None}
            empty = empty_services(account)
            for service in sorted(missing & empty.keys()):
                if empty[service]:
                    regions = ", ".join(sorted(empty[service]))
                    what = f"whether it has resources of {service} in Regions other than {regions}"
                    gap = RESOURCES.gap(account.id, what, account=account.id)
                    yield gap._replace(services=(service,))
            missing -= empty.keys()
            if wanted and not account.resources and not empty:
                what = "its resources and their policies are not listed"
                yield RESOURCES.gap(account.id, what, account=account.id)
            elif missing:
                what = f"whether it has resources of {', '.join(sorted(missing))}: none is listed"
                gap = RESOURCES.gap(account.id, what, account=account.id)
                yield gap._replace(services=tuple(sorted(missing)))

    def empty_lists(self) -> Iterator[str]:
        """What accounts are known to have none of."""
        for kind in PRINCIPALS:
            some = [account.id for account in self.accounts if has_no(account, kind)]
            if some:
                yield f"listed, and there are none: {kind} of {some_of(some)}"

    def scope_of_resources(self) -> str:
        """What access from outside was looked for in: roles, and listed resources by service."""
        listed: dict[str, int] = {}
        regions: dict[str, set[str]] = {}
        for account in self.accounts:
            found = [arn for arn in map(find_arn, account.resources) if arn is not None]
            for service in {arn.service for arn in found}:
                listed[service] = listed.get(service, 0) + 1
            for arn in found:
                regions.setdefault(arn.service, set()).update({arn.region} - {""})
        known = [
            f"{service} ({count} of {len(self.accounts)} accounts"
            + (f", in {', '.join(sorted(regions[service]))})" if regions[service] else ")")
            for service, count in sorted(listed.items())
        ]
        return (
            "access from outside was looked for in roles and in the resources that the world"
            f" lists, which are of {', '.join(known) or 'no service'}; of others nothing is known"
            " unless `listed-services` in the configuration says that these are all"
        )

    def open_gap(self, subject: str, answer: BatchAnswer, what: str) -> Gap | None:
        """The gap of an answer that depends on a part of a policy that is not known."""
        keys = () if answer.residual is None else answer.residual.keys
        if not any(map(is_open_key, keys)):
            return None
        return Gap(subject, f"{what}: a part of a policy is not known", "", "iamsim world lint")

    @cached_property
    def unknowns(self) -> tuple[UnknownInWorld, ...]:
        """The parts of policies that are not known."""
        return self.batch.world.unknowns()

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Every attached policy with its holder."""
        return tuple(held_policies(self.model))

    def held_by(self, holder: str) -> list[Held]:
        """The policies of one holder."""
        return self._by_holder.get(holder, [])

    def arns_of(self, account: Account) -> Mapping[int, str]:
        """The ARNs of the managed policies of an account, by the identity of their documents."""
        known = self._arns.get(account.id)
        if known is None:
            start = f"arn:{account.partition}:iam::{account.id}:policy"
            known = self._arns[account.id] = {
                id(policy): f"{start}{account.policy_paths.get(name, '/')}{name}"
                for name, policy in account.policies.items()
            }
        return known

    def holders_of(self, policy: AnyPolicy) -> list[Held]:
        """Who has an identity-based policy."""
        return self._by_policy.get(id(policy), [])

    @cached_property
    def _by_policy(self) -> dict[int, list[Held]]:
        found: dict[int, list[Held]] = {}
        for held in self.held:
            if held.use is IDENTITY:
                found.setdefault(id(held.policy), []).append(held)
        return found

    def naming(self, principal: str) -> list[tuple[AnyPolicy, CompiledStatement, str]]:
        """The statements of resources and roles that allow somebody something by its ARN, also in a
        condition, with their policies and what has them."""
        return self._naming.get(f"aws:{principal}", [])

    @cached_property
    def _naming(self) -> dict[str, list[tuple[AnyPolicy, CompiledStatement, str]]]:
        found: dict[str, list[tuple[AnyPolicy, CompiledStatement, str]]] = {}
        for held in self.held:
            if held.use not in {PolicyType.RESOURCE, PolicyType.TRUST}:
                continue
            for statement in self.statements(held.policy, held.use):
                if statement.denies or statement.principals is None:
                    continue
                by_condition = {
                    f"aws:{template.text}"
                    for test in statement.conditions
                    if test.key == "aws:principalarn" and not test.operator.negated
                    for template in test.values.templates
                }
                for name in {*statement.principals.granted, *by_condition}:
                    found.setdefault(name, []).append((held.policy, statement, held.holder))
        return found

    def members_of(self, group: str) -> list[str]:
        """The users of a group, by its ARN."""
        return self._members.get(group, [])

    @cached_property
    def _members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for account, user in self.users:
            for name in user.groups:
                if name in account.groups:
                    found.setdefault(account.groups[name].arn, []).append(user.arn)
        return found

    @cached_property
    def _by_holder(self) -> dict[str, list[Held]]:
        found: dict[str, list[Held]] = {}
        for held in self.held:
            found.setdefault(held.holder, []).append(held)
        return found

    @cached_property
    def external(self) -> External:
        """Access from outside of the zone of trust, by the engine."""
        return find_external(self.batch)

    @cached_property
    def beyond_accounts(self) -> External:
        """Access from outside of each account."""
        return find_external(self.batch, "account")

    @cached_property
    def unused(self) -> list[AccessFinding]:
        """Roles, keys and passwords that nobody used; nothing without a time."""
        if self.at_text is None:
            return []
        return find_unused(self.model, self.at_text, self.limits.unused_days)

    @cached_property
    def unused_permissions(self) -> list[AccessFinding]:
        """Permissions that nobody used; nothing without a time."""
        if self.at_text is None:
            return []
        return find_unused_permissions(self.batch, self.at_text, self.limits.unused_days)

    @cached_property
    def validated(self) -> list[ValidatedPolicy]:
        """What the checks of policies say of every customer's policy, attached or not."""
        validator = Validator(today=None if self.at_text is None else self.at_text[:10])
        found = []
        seen: set[object] = set()
        alike: dict[object, tuple[PolicyFinding, ...]] = {}  # many principals have the same texts
        for held in (*self.held, *managed_policies(self.model)):
            policy = held.policy
            use = IDENTITY if held.use is PolicyType.PERMISSIONS_BOUNDARY else held.use
            if not isinstance(policy, PolicyDocument) or (id(policy), use) in seen:
                continue
            seen.add((id(policy), use))
            of_aws = policy.arn is not None and ":aws:policy/" in policy.arn
            if of_aws or MARK in policy.document:
                continue
            text = held.use, json.dumps(policy.document, default=str)
            findings = alike.get(text)
            if findings is None:
                findings = validator.validate_data(policy.document, policy.source, held.use)
                alike[text] = findings
            elif findings:
                findings = tuple(replace(finding, source=policy.source) for finding in findings)
            holder = held.holder if policy.arn is None else policy.arn
            found.append(ValidatedPolicy(held.account, holder, policy, held.use, findings))
        return found

    @cached_property
    def administrators(self) -> dict[str, BatchAnswer]:
        """Who can do everything in an account, by the engine: users, roles and permission sets."""
        batch_answers: dict[str, BatchAnswer] = {}
        for account in self.accounts:
            able = [
                candidate
                for candidate in self.candidates(account.id)
                if self.may(candidate) & self._probes == self._probes
            ]
            batch_answers |= find_administrators(self.batch, account.id, able, REGION)
        return batch_answers

    @cached_property
    def escalations(self) -> tuple[Escalations, list[Chain]]:
        """The ways up, and the shortest chain to an administrator of everybody who has one."""
        found = find_escalations(self.batch)
        there = set(found.administrators)
        chains = shortest_chains(found, administrators(found))
        return found, [
            chain
            for chain in chains
            if chain.source not in there and found.candidates[chain.source].kind in KINDS
        ]

    @cached_property
    def _probes(self) -> int:
        return self.batch.universe.mask_of([action for action, _ in PROBES])

    @cached_property
    def _by_account(self) -> dict[str | None, list[Candidate]]:
        found: dict[str | None, list[Candidate]] = {}
        for candidate in self.batch.candidates:
            if candidate.kind in KINDS:
                found.setdefault(candidate.account, []).append(candidate)
        return found

    def candidates(self, account: str) -> list[Candidate]:
        """The users, roles and permission sets of an account."""
        return self._by_account.get(account, [])

    def may(self, candidate: Candidate) -> int:
        """The actions that some Allow of somebody's own policies is about, as a mask."""
        known = self._may.get(candidate.principal)
        if known is None:
            known = self._may[candidate.principal] = self.batch.may(candidate.principal)
        return known

    def successor(self, principal: str) -> Generated | None:
        """The least policy for what a user or role did in the trail; `None` without a trail, or
        where the trail has no call of it that passed."""
        if self.trail is None:
            return None
        if principal not in self._successors:
            made = generate(self.trail, principal, self.batch.world)
            self._successors[principal] = made if made.calls else None
        return self._successors[principal]

    def statements(
        self, policy: AnyPolicy | None, use: PolicyType
    ) -> tuple[CompiledStatement, ...]:
        """The statements of a policy, compiled as what it is used for; none where there is none."""
        if policy is None:
            return ()
        return self.batch.world.policies.compiled(policy, use).statements

    def whole_services(self, policy: AnyPolicy) -> list[tuple[CompiledStatement, list[str]]]:
        """The statements of an identity-based policy that stand for whole services on everything,
        with these; see `iamsim.audit.asking.whole_services`."""
        compiled = self.batch.world.policies.compiled(policy, IDENTITY)
        known = self._whole.get(id(compiled))
        if known is None:
            found = [
                (statement, services)
                for statement in compiled.statements
                if (services := whole_services(statement))
            ]
            known = self._whole[id(compiled)] = compiled, found
        return known[1]

    def policy_gaps(self, *uses: PolicyType) -> Iterator[Gap]:
        """Gaps for the parts of policies that are not known, of these uses (of all without any)."""
        if not uses or IDENTITY in uses:
            for account in self.accounts:
                if not _lists_policies(account):
                    yield AUTHORIZATION_DETAILS.gap(
                        account.id,
                        "the policies of its principals are not listed",
                        account=account.id,
                    )
        for unknown in self.unknowns:
            if not uses or unknown.use in uses:
                why = f"{unknown.what} is not known: {unknown.unknown.why}"
                yield Gap(
                    unknown.policy, why, unknown.unknown.source or str(unknown.span.place), ""
                )

    @cached_property
    def guardrails(self) -> GuardrailProver:
        """What proves guardrails of the organization."""
        return GuardrailProver(self.model, self.members, self.limits.guardrail_exempt)

    def partition_of(self, account: str) -> str:
        """The partition of an account; `aws` for one that the world does not list."""
        known = self.model.accounts.get(account)
        return "aws" if known is None else known.partition

    @cached_property
    def users(self) -> tuple[tuple[Account, User], ...]:
        """All users with their accounts."""
        return tuple(
            (account, user)
            for account in self.accounts
            for _, user in sorted(account.users.items())
        )

    @cached_property
    def roles(self) -> tuple[tuple[Account, Role], ...]:
        """All roles but the service-linked ones, which AWS alone changes."""
        return tuple(
            (account, role)
            for account in self.accounts
            for _, role in sorted(account.roles.items())
            if not role.service_linked
        )

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The member accounts of the organization."""
        return tuple(
            sorted(node for node in self.model.index.nodes if not self.model.is_management(node))
        )

    def gap_of_organization(self) -> Gap:
        """What is said where a world has no organization."""
        return ORGANIZATION.gap(
            "organization", "the world has no organization, or the accounts have none"
        )

    def is_older(self, time: datetime, days: int) -> bool | None:
        """Whether a time is more than so many days back; `None` without a time of the audit."""
        return None if self.at is None else (self.at - time).days > days

    def age(self, time: datetime) -> timedelta | None:
        """How long ago a time is."""
        return None if self.at is None else self.at - time

    def gap_of_time(self, subject: str) -> Gap:
        """What is said where an answer depends on the time, and none was given."""
        return Gap(
            subject, "how long ago that was depends on the time of the audit", "--at TIME", ""
        )


def _lists_anybody(account: Account) -> bool:
    """Whether an account lists its principals, or says that there are none."""
    somebody = account.users or account.roles or account.permission_sets
    return bool(somebody) or all(has_no(account, kind) for kind in PRINCIPALS)


def has_no(account: Account, kind: str) -> bool:
    """Whether an account is known to have no ``users``, or no ``roles``."""
    return kind in account.empty_lists and not getattr(account, kind)


def empty_services(account: Account) -> dict[str, set[str]]:
    """The services of which an account is known to have no resources, with the Regions that this is
    about; none where it is about all."""
    empty: dict[str, set[str]] = {}  # calls by Region
    for name in account.empty_lists:
        region, _, call = name.rpartition("/")
        empty.setdefault(region, set()).add(call)
    everywhere = empty.pop("", set())
    found = {}
    for service, calls in listing_calls().items():
        regions = {region for region, some in empty.items() if calls <= some | everywhere}
        if calls <= everywhere:
            found[service] = set[str]()
        elif regions:
            found[service] = regions
    return found


def _lists_policies(account: Account) -> bool:
    """Whether something shows that the policies of principals were listed: a credential report
    alone names users, and says nothing of what they may do."""
    if account.roles or account.groups or account.policies or account.permission_sets:
        return True
    if not account.users and has_no(account, "users"):
        return True
    return any(
        user.id or user.policies or user.groups or user.boundary for user in account.users.values()
    )


def active(credentials: tuple[object, ...] | None) -> list[Mapping[str, object]]:
    """The credentials of a list that are not switched off."""
    return [
        credential
        for credential in credentials or ()
        if isinstance(credential, Mapping)
        and str(credential.get("status", "Active")).lower() != "inactive"
    ]


def keys_of(entity: User | RootUser) -> list[Key] | None:
    """The access keys of a user; `None` where nobody says."""
    if entity.access_keys is None:
        return None
    return [
        _key(number, access_key)
        for number, access_key in enumerate(entity.access_keys, start=1)
        if isinstance(access_key, Mapping)
    ]


def _key(number: int, data: Mapping[str, object]) -> Key:
    used = data.get("last_used")
    service = data.get("service")
    return Key(
        str(data.get("id", f"key {number}")),
        str(data.get("status", "Active")).lower() != "inactive",
        time_of(data.get("created")),
        time_of(used),
        used == NEVER,
        service if isinstance(service, str) else None,
        "id" in data,
    )


def time_of(value: object) -> datetime | None:
    """A time that somebody wrote; `None` for what is none."""
    if not isinstance(value, str):
        return None
    try:
        return read_time(value)
    except (ValueError, OverflowError):
        return None


def is_provisioned(role: Role) -> bool:
    """Whether IAM Identity Center provisioned a role."""
    return role.permission_set is not None or role.path.startswith(ROLE_PATH)
