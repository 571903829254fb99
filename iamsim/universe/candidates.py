"""Who could be a caller: the principals of a world, and those that policies name besides.

Principals of accounts that are not in the world are asked for with their own identity-based
policies unknown. Identity Center people come in through the role of their permission set:
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import PRINCIPAL_SERVICES, Arn, find_arn, is_account_id
from iamsim.core.identity_center import ROLE_PATH, permission_set_of, role_name
from iamsim.engine.callers import (
    ORIGIN_ACCESS_IDENTITY_ACCOUNT,
    SERVICE,
    WEB_IDENTITY_PROVIDERS,
)
from iamsim.universe.asked import (
    ANONYMOUS,
    FEDERATED_USER,
    NOT_THE_OWNER,
    Asked,
    somebody_of,
)
from iamsim.world.model import Account, PermissionSet, Role, User, World

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement

EVERYONE = "*"
NO_SUFFIX = "0" * 16  # stands for what Identity Center appends to the name of a role


class CandidateKind(Enum):
    """What a candidate is, by the words of answers."""

    __hash__ = object.__hash__  # members are single objects; the Enum's own hash is slower

    ROOT_USER = "root user"
    USER = "user"
    ROLE = "role"
    SERVICE_LINKED_ROLE = "service-linked role"
    IDENTITY_CENTER = "Identity Center permission set"
    SESSION = "session"
    EXTERNAL = "principal of another account"
    EXTERNAL_ACCOUNT = "another account"
    ORGANIZATION = "another organization"
    CANONICAL_USER = "account of a canonical user id"
    BY_USER_ID = "principal of a unique id"
    FUTURE = "principal that does not exist yet"
    UNLISTED = "accounts that the world does not have"
    ANY_ACCOUNT = "anyone with credentials"
    SERVICE = "AWS service"
    ORIGIN_ACCESS_IDENTITY = "CloudFront origin access identity"
    IDENTITY_PROVIDER = "identity provider"
    ANONYMOUS = "anyone"


# What AWS does not say that the requests of an origin access identity have.
UNSAID_OF_IDENTITIES = frozenset({"aws:PrincipalAccount", "aws:PrincipalArn"})


class Candidate(NamedTuple):
    """Somebody who could call. `principal` is what is asked for; `account` is `None` for services
    and for anyone. `people` are those to whom a permission set is assigned. `standing` are the
    callers that stand for one that is no single principal."""

    principal: str
    kind: CandidateKind
    account: str | None
    entity: User | Role | None = None
    people: tuple[str, ...] = ()
    standing: tuple[Asked, ...] = ()

    @property
    def by_condition(self) -> bool:
        """Whether it is all principals of a pattern that only a condition has."""
        return self.kind is CandidateKind.EXTERNAL and bool(self.standing)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """In whose name the engine is asked: it can do what the first of them that can does."""
        if self.standing:
            return self.standing
        if self.kind is CandidateKind.ANONYMOUS:
            return (ANONYMOUS,)
        if self.kind is CandidateKind.EXTERNAL:
            return (Asked(self.principal, unset=NOT_THE_OWNER, outside=True),)
        if self.kind is CandidateKind.EXTERNAL_ACCOUNT:
            arn = find_arn(self.principal)
            return somebody_of(self.account or "", "aws" if arn is None else arn.partition)
        if self.kind is CandidateKind.ORIGIN_ACCESS_IDENTITY:
            return (Asked(self.principal, unset=NOT_THE_OWNER | UNSAID_OF_IDENTITIES),)
        # Nobody says which user asked for the session of a federated user.
        federated = self.kind is CandidateKind.SESSION and FEDERATED_USER in self.principal
        return (Asked(self.principal, outside=federated),)

    @property
    def stands(self) -> str:
        """The first principal that stands for it."""
        return self.asked[0].principal

    def narrowed(self, asked: Asked) -> Candidate:
        """The candidate, as one of those that stand for it."""
        return self if len(self.asked) == 1 else self._replace(standing=(asked,))


def world_candidates(model: World, accounts: Collection[str] | None = None) -> Iterator[Candidate]:
    """Every principal of a world, or of some of its accounts: root users, users, roles and
    permission sets, by account."""
    for account_id in sorted(model.accounts if accounts is None else accounts):
        account = model.accounts[account_id]
        root = f"arn:{account.partition}:iam::{account.id}:root"
        yield Candidate(root, CandidateKind.ROOT_USER, account.id)
        for _, user in sorted(account.users.items()):
            yield Candidate(user.arn, CandidateKind.USER, account.id, user)
        provisioned = set()
        for _, role in sorted(account.roles.items()):
            candidate = _role(account, role)
            if candidate.kind is CandidateKind.IDENTITY_CENTER:
                provisioned.add(permission_set_name(role))
            yield candidate
        for name, permission_set in sorted(account.permission_sets.items()):
            if name not in provisioned:
                yield from _of_permission_set(model, account, permission_set)


def permission_set_name(role: User | Role) -> str | None:
    """The permission set of a role that Identity Center provisioned."""
    if isinstance(role, User):
        return None
    if role.permission_set is not None:
        return role.permission_set
    return permission_set_of(role.name) if role.path.startswith(ROLE_PATH) else None


def _role(account: Account, role: Role) -> Candidate:
    """A role, by what provisioned it."""
    name = permission_set_name(role)
    if name is not None:
        permission_set = account.permission_sets.get(name)
        people = permission_set.assignments if permission_set is not None else ()
        kind = CandidateKind.IDENTITY_CENTER
        return Candidate(role.arn, kind, account.id, role, people)
    kind = CandidateKind.SERVICE_LINKED_ROLE if role.service_linked else CandidateKind.ROLE
    return Candidate(role.arn, kind, account.id, role)


def _of_permission_set(
    model: World, account: Account, permission_set: PermissionSet
) -> Iterator[Candidate]:
    """The role of a permission set whose ARN nobody lists: its suffix is not known."""
    name = role_name(permission_set.name, NO_SUFFIX)
    arn = f"arn:{account.partition}:iam::{account.id}:role{ROLE_PATH}{name}"
    entity = model.find_principal(arn)
    if entity is not None:
        kind = CandidateKind.IDENTITY_CENTER
        yield Candidate(arn, kind, account.id, entity, permission_set.assignments)


def find_candidate(model: World, principal: str) -> Candidate:
    """Say what a principal is; a text that names none is left to the engine to refuse."""
    arn = find_arn(principal)
    account = arn.account if arn is not None and is_account_id(arn.account) else None
    entity = model.find_principal(principal)
    if arn is not None and arn.service == "iam":
        if isinstance(entity, Role) and account is not None:
            return _role(model.accounts[account], entity)
        if isinstance(entity, User):
            return Candidate(principal, CandidateKind.USER, account, entity)
    found = _named(principal, model)
    return found or Candidate(principal, CandidateKind.SESSION, account, entity)


def granted_by(statements: Iterable[CompiledStatement]) -> frozenset[str]:
    """The names in the Principal elements of what statements allow (see
    `iamsim.compile.principal.entry_name`)."""
    names: set[str] = set()
    for statement in statements:
        if statement.principals is not None and not statement.denies:
            names.update(statement.principals.granted)
    return frozenset(names)


def names_granted(statement: CompiledStatement) -> Collection[str]:
    """The names in the Principal element of a statement; one that is not known may name anybody."""
    if statement.principals is None:
        return (EVERYONE,) if statement.unknowns else ()
    return statement.principals.granted


def named_candidates(names: Iterable[str], model: World) -> list[Candidate]:
    """The callers among names that no account of the world lists, sorted; with `*` anyone."""
    candidates = {}
    for name in names:
        candidate = _named(_principal_of(name, model), model)
        if candidate is not None:
            candidates[candidate.principal] = candidate
    return sorted(candidates.values(), key=lambda entry: (entry.account or "", entry.principal))


def _principal_of(name: str, model: World) -> str:
    """The principal that an entry of a Principal element names (see `entry_name`)."""
    if name == EVERYONE:
        return "anonymous"
    kind, _, text = name.partition(":")
    return f"arn:{partition_of(model)}:iam::{text}:root" if kind == "account" else text


def administrators_of(model: World) -> frozenset[str]:
    """The accounts that manage the organization or administer services for it."""
    organization = model.organization
    if organization is None:
        return frozenset()
    manager = organization.management_account
    delegated = (*organization.delegated_services, *organization.delegated_administrators)
    return frozenset(delegated if manager is None else (manager, *delegated))


def partitions_of(model: World) -> tuple[str, ...]:
    """The partitions of a world, sorted; the usual one where it has no account."""
    return tuple(sorted({account.partition for account in model.account_names})) or ("aws",)


def partition_of(model: World) -> str:
    """The partition of a world: an account id alone does not say it."""
    found = partitions_of(model)
    return found[0] if len(found) == 1 else "aws"


def _named(principal: str, model: World) -> Candidate | None:
    """What a named principal is; `None` for those of the world, which are candidates anyway, and
    for what can't call."""
    if principal == "anonymous":
        return Candidate(principal, CandidateKind.ANONYMOUS, None)
    if principal in WEB_IDENTITY_PROVIDERS:
        return Candidate(principal, CandidateKind.IDENTITY_PROVIDER, None)
    if SERVICE.fullmatch(principal):
        return Candidate(principal, CandidateKind.SERVICE, None)
    arn = find_arn(principal)
    if arn is None or "*" in principal or "?" in principal:
        return None
    if arn.service == "iam" and arn.resource.startswith(("oidc-provider/", "saml-provider/")):
        return Candidate(principal, CandidateKind.IDENTITY_PROVIDER, arn.account or None)
    if arn.service == "iam" and arn.account == ORIGIN_ACCESS_IDENTITY_ACCOUNT:
        return Candidate(principal, CandidateKind.ORIGIN_ACCESS_IDENTITY, None)
    return _of_account(principal, arn, model) if is_account_id(arn.account) else None


def _of_account(principal: str, arn: Arn, model: World) -> Candidate | None:
    """The same for an ARN with an account."""
    known = arn.account in model.accounts
    if arn.service == "sts":
        # A session of a role that the world knows has names and policies of its own.
        entity = model.find_principal(principal) if known else None
        if entity is not None or (known and arn.resource.startswith("federated-user/")):
            return Candidate(principal, CandidateKind.SESSION, arn.account, entity)
    if known:
        if arn.service == "iam" and arn.resource.startswith("role/"):
            return _provisioned(principal, model)
        is_root = arn.service == "iam" and arn.resource == "root"
        return Candidate(principal, CandidateKind.ROOT_USER, arn.account) if is_root else None
    if arn.resource == "root":
        return Candidate(principal, CandidateKind.EXTERNAL_ACCOUNT, arn.account)
    if arn.service in PRINCIPAL_SERVICES:
        return Candidate(principal, CandidateKind.EXTERNAL, arn.account)
    return None


def _provisioned(principal: str, model: World) -> Candidate | None:
    """The role of a permission set under the name that AWS gave it, where only a policy says it."""
    role = model.find_principal(principal)
    if not isinstance(role, Role):
        return None
    account = model.accounts[role.account]
    name = permission_set_name(role)
    if any(permission_set_name(role) == name for role in account.roles.values()):
        return None
    return _role(account, role)
