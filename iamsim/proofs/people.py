"""Who could call in a world: each listed principal, and one for everybody else of each kind.

Others are those that resource-based and trust policies reach directly, listed or not: principals of
other accounts, names that do not exist yet, services, federated callers, anybody without a
signature. Their own accounts allow what they ask for, since nobody here could say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from iamsim.catalog.presence import CallerColumn
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.request import Caller, CallerKind, ContextValue
from iamsim.core.wildcard import Wildcard
from iamsim.engine.callers import WEB_IDENTITY_PROVIDERS
from iamsim.engine.question import NOTHING_ATTACHED, PLAIN_SESSION, AttachedPolicies, Question
from iamsim.proofs.callers import (
    ACCOUNT_ID,
    ANONYMOUS,
    COLUMNS,
    KINDS,
    NAME,
    OTHER_PROVIDER,
    OTHER_SERVICES,
    SERVICE,
    in_account,
)
from iamsim.proofs.globs import Glob, literal_glob
from iamsim.proofs.keys import ACCOUNT, fixed_domain, free_domain
from iamsim.syntax.read import parse_policy
from iamsim.universe.candidates import administrators_of, partitions_of
from iamsim.world.model import Role, User, World

if TYPE_CHECKING:
    from iamsim.engine.facts import CallerFacts
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.conditions import Domain

    Values = Mapping[str, ContextValue | None]

EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    name="the caller's own account allows",
)
OWN_ACCOUNT_ALLOWS = AttachedPolicies(identity_policies=(EVERYTHING,))
# A session of sts:GetFederationToken has nothing without a policy of its own.
SESSION_ALLOWS = AttachedPolicies((EVERYTHING,), session_policies=(EVERYTHING,))
# What a policy gives to a session by name, no policy of the session takes away implicitly; another
# session of its role had no more than its policy allows.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
NARROWED = AttachedPolicies(
    session_policies=(
        parse_policy(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Action": "sts:GetCallerIdentity",
                    "Resource": "*",
                },
            },
            name="a session policy that allows nothing",
        ),
    )
)
TAG_SESSION = "sts:tagsession"
PRINCIPAL_ARN, USER_NAME = "aws:principalarn", "aws:username"
# The key that goes with a name that is not known: users alone have it.
NAMES = {
    "user": {USER_NAME: free_domain(((Glob.of(NAME),),))},
    "role": {USER_NAME: fixed_domain(None)},
    "federated-user": {USER_NAME: fixed_domain(None)},
}


@dataclass(eq=False)
class Person:
    """A caller, or all callers that differ in nothing but the keys that have `domains`.

    `listed` says that the world has it; `attached` are the policies of callers that it has not.
    With `direct_only` grants to a whole account do not count: the account's own policies would
    have to pass them on. `may_be_tagged` says whether somebody could tag its sessions.
    """

    question: Question
    world: CompiledWorld = field(repr=False)
    caller: Caller
    columns: tuple[CallerColumn, ...]
    entity: User | Role | None = None
    direct_only: bool = False
    may_be_tagged: bool = False
    domains: Mapping[str, Domain] = field(default_factory=dict)

    @property
    def principal(self) -> str:
        """Who is asked for."""
        return self.question.principal

    @property
    def attached(self) -> AttachedPolicies:
        """The policies of a caller that the world has not."""
        return self.question.attached

    @property
    def account(self) -> str | None:
        """The account that it belongs to."""
        return self.caller.account

    @cached_property
    def facts(self) -> CallerFacts:
        """Its policies, compiled when somebody asks."""
        return self.world.caller_facts(self.question)

    @cached_property
    def taggable(self) -> bool:
        """Whether sessions can have tags of their own: the trust policy of a role may let somebody
        give them.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
        """
        role = self.entity
        if not isinstance(role, Role) or self.attached is not NOTHING_ATTACHED:
            return self.may_be_tagged
        if role.trust is None or not self.may_be_tagged:
            return False
        trust = self.world.policies.policy_set((role.trust,), PolicyType.TRUST)
        return any(not statement.denies for _, statement in trust.candidates(TAG_SESSION))

    def named(self, values: Values) -> str:
        """The principal that has the ARN, or the account, of a request."""
        arn = values.get(PRINCIPAL_ARN)
        if PRINCIPAL_ARN in self.domains and isinstance(arn, str) and arn != SERVICE:
            return arn
        account = values.get("aws:principalaccount") or values.get("kms:calleraccount")
        return in_account(self.principal, account)


def _person(
    world: CompiledWorld,
    principal: str,
    *,
    attached: AttachedPolicies = NOTHING_ATTACHED,
    direct_only: bool = False,
    may_be_tagged: bool = False,
    domains: Mapping[str, Domain] | None = None,
    federated: bool = False,
) -> Person | None:
    """Make a person; `None` for what names no caller. With `federated` a name that a service has
    too is that of an identity provider."""
    federated = federated or "provider" in principal
    action = "sts:AssumeRoleWithWebIdentity" if federated else "s3:GetObject"
    question = Question(principal, action, session=PLAIN_SESSION, attached=attached)
    try:
        caller = world.caller_alone(question)
    except RequestError:
        return None
    columns: tuple[CallerColumn, ...] = (COLUMNS[caller.kind],)
    if caller.kind in {CallerKind.USER, CallerKind.ROOT_USER}:
        columns = (*columns, CallerColumn.SESSION_TOKEN)
    if caller.kind is CallerKind.ROOT_USER:  # with a session token it has no name either
        domains = {USER_NAME: fixed_domain(None), **(domains or {})}
    if caller.kind is CallerKind.SERVICE:  # it has an ARN that no policy could name
        unnamed = fixed_domain(SERVICE)
        domains = {PRINCIPAL_ARN: unnamed, "aws:principalaccount": unnamed, **(domains or {})}
    entity = world.model.find_principal(principal)
    return Person(
        question, world, caller, columns, entity, direct_only, may_be_tagged, domains or {}
    )


def listed_people(world: CompiledWorld) -> Iterator[Person]:
    """Every user and role that a world lists, and the root user of each account."""
    for account in world.model.accounts.values():
        arns = [(user.arn, False) for user in account.users.values()]
        arns += [(role.arn, True) for role in account.roles.values()]
        for permission_set in account.permission_sets.values():
            path = "role/aws-reserved/sso.amazonaws.com"
            name = f"AWSReservedSSO_{permission_set.name}_0123456789abcdef"
            arns.append((f"arn:{account.partition}:iam::{account.id}:{path}/{name}", False))
        root = (f"arn:{account.partition}:iam::{account.id}:root", False)
        for arn, is_role in (*arns, root):
            made = _person(world, arn, may_be_tagged=is_role)
            if made is not None:
                yield made


def other_people(
    world: CompiledWorld, named: Iterable[tuple[str, str]], *, trust: bool, future: bool
) -> Iterator[Person]:
    """Everybody else: those that principal elements name, as (kind, text), and one for all others
    of each kind. With `trust` federated callers are among them; with `future` also principals of
    the world's accounts that get policies of their own."""
    model = world.model
    named = tuple(named)
    anybody = _person(world, ANONYMOUS)
    if anybody is not None:
        yield anybody  # what is public comes first
    principals = dict.fromkeys(
        text for kind, text in named if kind in {"AWS", "Service", "Federated"} and text != "*"
    )
    # Accounts of the organization that the world does not list are strangers who belong to it.
    members = (*model.index.nodes, *sorted(administrators_of(model)))
    accounts = dict.fromkeys(node for node in members if node not in model.accounts)
    for text in principals:
        arn = find_arn(text)
        account = text if is_account_id(text) else "" if arn is None else arn.account
        if is_account_id(account) and account not in model.accounts:
            accounts[account] = None
        if arn is None or arn.resource == "root" or model.find_principal(text) is not None:
            session = arn is not None and ":assumed-role/" in text
            if not session and (arn is not None or is_account_id(text)):
                continue
        made = _named(world, text)
        yield from () if made is None else _with_narrowed(made)
    yield from _web_identities(world, named)
    for owner in model.accounts.values():
        yield from _unlisted(world, owner.id, principals, future=future)
    fresh, partitions = _fresh(model, accounts), partitions_of(model)
    for partition in partitions:
        for account_id in accounts:
            yield from _stranger(world, partition, account_id, principals, ())
        yield from _stranger(world, partition, fresh, (), (*model.accounts, *accounts))
    services = [text for text in OTHER_SERVICES if text not in principals][:1]
    for principal in (
        *services,
        ANONYMOUS,
        *(OTHER_PROVIDER.format(partition, fresh) for partition in partitions if trust),
    ):
        made = _person(world, principal)
        if made is not None:
            yield made


def _web_identities(world: CompiledWorld, named: Iterable[tuple[str, str]]) -> Iterator[Person]:
    """The providers of web identities that policies name, of which one is a service as well."""
    for kind, text in named:
        if kind == "Federated" and text in WEB_IDENTITY_PROVIDERS:
            made = _person(world, text, federated=True)
            if made is not None:
                yield made


def _named(world: CompiledWorld, text: str) -> Person | None:
    """A caller that a policy names and the world does not list."""
    arn = find_arn(text)
    listed = arn is not None and arn.account in world.model.accounts
    signed = arn is not None and is_account_id(arn.account) and "provider/" not in text
    if not signed:
        return _person(world, text)
    if world.model.find_principal(text) is not None:
        return _person(world, text)  # a session of a listed role
    return _person(world, text, attached=OWN_ACCOUNT_ALLOWS, direct_only=listed, may_be_tagged=True)


def _with_narrowed(person: Person) -> Iterator[Person]:
    """A caller that a policy names; of a session also one whose own policy allows nothing."""
    yield person
    if isinstance(person.entity, Role):
        yield replace(person, question=replace(person.question, attached=NARROWED))


def _unlisted(
    world: CompiledWorld, account: str, named: Iterable[str], *, future: bool
) -> Iterator[Person]:
    """Users, roles and federated users that an account of the world does not list."""
    model = world.model
    owner = model.accounts[account]
    start = f"arn:{owner.partition}:iam::{account}"
    avoided = [literal_glob(text) for text in named]
    avoided += [literal_glob(user.arn) for user in owner.users.values()]
    avoided += [literal_glob(role.arn) for role in owner.roles.values()]
    avoided.append(Glob.of((f"{start}:role/aws-", Wildcard.STAR)))
    for service, kind in KINDS:
        head = f"arn:{owner.partition}:{service}::{account}:{kind}/"
        domain = free_domain(((Glob.of((head, Wildcard.STAR, *NAME)),),), avoided=avoided)
        made = _person(
            world,
            f"{head}zz-not-there-yet",
            attached=SESSION_ALLOWS if service == "sts" else OWN_ACCOUNT_ALLOWS,
            direct_only=not future,
            may_be_tagged=True,
            domains={PRINCIPAL_ARN: domain, **NAMES[kind]},
        )
        if made is not None:
            yield made


def _stranger(
    world: CompiledWorld,
    partition: str,
    account: str,
    named: Iterable[str],
    others: Iterable[str],
) -> Iterator[Person]:
    """Principals of an account that the world does not have; with `others` of any account but
    those."""
    known = tuple(others)
    listed = [literal_glob(text) for text in named]
    own: dict[str, Domain] = {}
    if known:
        accounts = free_domain((ACCOUNT,), avoided=map(literal_glob, known))
        accounts = accounts._replace(usual=(account,))
        own = {"aws:principalaccount": accounts, "kms:calleraccount": accounts}
    for service, kind in KINDS:
        start = f"arn:{partition}:{service}::"
        form = Glob.of(
            (start, *(ACCOUNT_ID if known else (account,)), f":{kind}/", Wildcard.STAR, *NAME)
        )
        avoided = [*listed, *(Glob.of((f"{start}{other}:", Wildcard.STAR)) for other in known)]
        made = _person(
            world,
            f"{start}{account}:{kind}/somebody",
            attached=SESSION_ALLOWS if service == "sts" else OWN_ACCOUNT_ALLOWS,
            may_be_tagged=True,
            domains={
                PRINCIPAL_ARN: free_domain(((form,),), avoided=avoided),
                **NAMES[kind],
                **own,
            },
        )
        if made is not None:
            yield made
    if known:
        form = Glob.of((f"arn:{partition}:iam::", *ACCOUNT_ID, ":root"))
        avoided = [literal_glob(f"arn:{partition}:iam::{other}:root") for other in known]
        own[PRINCIPAL_ARN] = free_domain(((form,),), avoided=avoided)
    made = _person(world, f"arn:{partition}:iam::{account}:root", domains=own)
    if made is not None:
        yield made


def _fresh(model: World, accounts: Iterable[str]) -> str:
    """An account that neither the world nor a policy knows."""
    taken = {*model.accounts, *model.index.nodes, *accounts}
    number = 777_788_889_999
    while f"{number:012}" in taken:
        number += 1
    return f"{number:012}"
