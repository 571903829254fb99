"""The resource's side: which resources and roles have other policies, grants, tags, guardrails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import type_of_arn
from iamsim.compile.principal import NotPrincipalTest, PrincipalTest
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.identity_center import ROLE_PATH
from iamsim.engine.services.s3 import is_public
from iamsim.query.changes.statements import Difference, compare_levels, compare_sets, statements_of
from iamsim.query.changes.unchanged import same_policy
from iamsim.universe.candidates import granted_by
from iamsim.universe.shares import shares_of

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller
    from iamsim.engine.facts import Levels
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import Account, Resource, Role, User, World

    Entry = Resource | Role | User

# Parts of the names of those who have what a role, a user or a permission set of the world has.
UNLISTED = (":assumed-role/", ":federated-user/", f":role{ROLE_PATH}")


@dataclass(frozen=True, slots=True)
class ListedResource:
    """A resource, a role or a user of one of two worlds, with the statements of its own policies.

    `difference` are the statements that only one world has. With `anything`, something else about
    it differs (tags, owner, public access), so that all statements about it count.
    """

    arn: str
    account: str
    statements: tuple[CompiledStatement, ...]
    difference: Difference
    tags_differ: bool = False
    anything: bool = False

    @property
    def differs(self) -> bool:
        """Whether decisions about it may."""
        return bool(self.difference) or self.tags_differ or self.anything


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Listed resources by the names of those whom their policies allow something, and those of an
    account; `for_many` allow by NotPrincipal."""

    by_name: dict[str, list[ListedResource]]
    by_account: dict[str, list[ListedResource]]
    for_many: list[ListedResource]

    def everything(self) -> list[ListedResource]:
        """All that have policies."""
        return [resource for some in self.by_account.values() for resource in some]

    def near(self, caller: Caller) -> Iterator[ListedResource]:
        """The resources whose policies are about a caller: in its own account with any statement,
        elsewhere with one that allows, since nothing is to be denied there otherwise."""
        for resource in self.by_account.get(caller.account or "", ()):
            if any(statement.concerns(caller) for statement in resource.statements):
                yield resource
        for name in caller.names:
            yield from self.by_name.get(name, ())
        for resource in self.for_many:
            if any(not some.denies and some.concerns(caller) for some in resource.statements):
                yield resource


class Listing:
    """Everything that one of two worlds lists, compared as it is written; policies are compiled
    where they differ or are asked for."""

    def __init__(self, before: CompiledWorld, after: CompiledWorld) -> None:
        """Compare what is written, entry by entry."""
        self._before, self._after = before, after
        first, second = dict(_entries(before.model)), dict(_entries(after.model))
        self._entries = {
            arn: (first.get(arn), second.get(arn)) for arn in sorted({*first, *second})
        }
        self._made: dict[str, ListedResource] = {}
        self._indexes: dict[tuple[tuple[str, ...] | None, int | None], NameIndex] = {}

    def touched(self, control: Mapping[str, object]) -> list[ListedResource]:
        """What differs, and what is under resource control policies that do, sorted by ARN."""
        found = []
        for arn, (mine, theirs) in self._entries.items():
            account = (theirs or mine).account  # type: ignore[union-attr]  # one of them is there
            if account in control or not self._is_same(mine, theirs):
                one = self._get(arn)
                if account in control or one.differs:
                    found.append(one)
        return found

    def index(
        self,
        heads: tuple[str, ...] | None = None,
        actions: int | None = None,
        asked: Callable[[str], bool] = lambda _arn: True,
        about: Callable[[ListedResource], bool] = lambda _one: True,
    ) -> NameIndex:
        """The resources by name: with `heads` only those that begin as one of these, or as which
        one of these begins; with `actions` those that can be `asked` about, and whose policies are
        `about` these."""
        known = self._indexes.get((heads, actions))
        if known is None:
            arns = [
                arn
                for arn in self._entries
                if (heads is None or may_meet(arn, heads)) and asked(arn.removesuffix(":*"))
            ]
            name_index = _index_of(filter(about, map(self._get, arns)))
            known = self._indexes[heads, actions] = name_index
        return known

    def unlisted_names(self) -> frozenset[str]:
        """The sessions and provisioned roles that policies and grants allow something by name; of
        these only what has such a name in its text is compiled."""
        named = (arn for arn, entries in self._entries.items() if any(map(_may_name, entries)))
        granted = granted_by(statement for arn in named for statement in self._get(arn).statements)
        return frozenset(name for name in granted if _is_unlisted(name))

    def _is_same(self, mine: Entry | None, theirs: Entry | None) -> bool:
        """Whether an entry is written alike, and stands in the same place."""
        if mine is None or theirs is None:
            return False
        return (
            same_policy(getattr(mine, "policy", None), getattr(theirs, "policy", None))
            and same_policy(getattr(mine, "trust", None), getattr(theirs, "trust", None))
            and _grants(mine) == _grants(theirs)
            and _shared_with(mine) == _shared_with(theirs)
            and mine.tags == theirs.tags
            and _settings(mine, mine, self._before.model)
            == _settings(theirs, mine, self._after.model)
        )

    def _get(self, arn: str) -> ListedResource:
        """One entry, compiled."""
        known = self._made.get(arn)
        if known is None:
            known = self._made[arn] = self._make(arn)
        return known

    def _make(self, arn: str) -> ListedResource:
        before, after = self._before, self._after
        mine, theirs = self._entries[arn]
        known = theirs or mine
        if known is None:
            raise AssertionError("one of the worlds lists it")
        old, new = _policies(mine, before), _policies(theirs, after)
        same = self._is_same(mine, theirs)
        difference = Difference()
        statements: list[CompiledStatement] = []
        for then, now in zip(old, new, strict=True):
            if not same:
                difference = difference.joined(compare_sets(then, now))
                statements += statements_of(then)
            statements += statements_of(now)
        # Where a policy becomes public, Block Public Access restricts all that it says.
        public = [
            restricts(entry, known, world.model) and _is_public(policies[0])
            for entry, world, policies in ((mine, before, old), (theirs, after, new))
        ]
        return ListedResource(
            arn.removesuffix(":*"),
            known.account,
            tuple(statements),
            difference._replace(presence=False),
            _tags(mine) != _tags(theirs),
            public[0] is not public[1]
            or (
                not same
                and _settings(mine, known, before.model) != _settings(theirs, known, after.model)
            ),
        )


def _may_name(entry: Entry | None) -> bool:
    """Whether something may name those whom no world lists, by its text alone."""
    policies = (getattr(entry, name, None) for name in ("policy", "trust"))
    texts = [str(getattr(policy, "document", "")) for policy in policies]
    return _is_unlisted(str([texts, getattr(entry, "grants", ())]))


def _is_unlisted(text: str) -> bool:
    """Whether a text has the name of a session or of a role that Identity Center provisioned."""
    return any(part in text for part in UNLISTED)


def may_meet(arn: str, heads: Iterable[str]) -> bool:
    """Whether an ARN begins as one of some texts, or one of them as the ARN."""
    return any(arn.startswith(head) or head.startswith(arn) for head in heads)


def _index_of(listed: Iterable[ListedResource]) -> NameIndex:
    """Sort resources by the principals that policies name."""
    index = NameIndex({}, {}, [])
    for resource in listed:
        if resource.statements:
            index.by_account.setdefault(resource.account, []).append(resource)
        tests = [some.principals for some in resource.statements if not some.denies]
        if any(isinstance(test, NotPrincipalTest) for test in tests):
            index.for_many.append(resource)
        named = [test.names for test in tests if isinstance(test, PrincipalTest)]
        for name in sorted(frozenset[str]().union(*named)):
            index.by_name.setdefault(name, []).append(resource)
    return index


def _grants(entry: Entry) -> list[object]:
    return [
        (
            record.grantee,
            record.operations,
            record.encryption_context_equals,
            record.encryption_context_subset,
            record.source_arn,
            record.retiring_principal,
            record.issuing_account,
        )
        for record in getattr(entry, "grants", ())
    ]


def _entries(model: World) -> Iterator[tuple[str, Entry]]:
    """What a world lists, by ARN."""
    for account in model.accounts.values():
        yield from ((resource.arn, resource) for resource in account.resources.values())
        yield from ((role.arn, role) for role in account.roles.values())
        yield from ((user.arn, user) for user in account.users.values())


def _shared_with(entry: Entry | None) -> tuple[str, ...]:
    return getattr(entry, "shared_with", ())


def _shares(entry: Entry | None) -> PolicySet | None:
    """With whom a snapshot is shared, as the policy that it comes to."""
    shared = _shared_with(entry)
    kind = type_of_arn(entry.arn) if entry is not None and shared else None
    if entry is None or kind is None:
        return None
    return shares_of(shared, kind.shared, entry.arn)


def _policies(
    entry: Entry | None, world: CompiledWorld
) -> tuple[PolicySet | None, PolicySet | None, PolicySet | None]:
    """The policy of a resource, its grants and with whom it is shared, compiled."""
    policy = getattr(entry, "policy", None) or getattr(entry, "trust", None)
    use = PolicyType.TRUST if hasattr(entry, "trust") else PolicyType.RESOURCE
    own = None if policy is None else world.policies.policy_set((policy,), use)
    shares = _shares(entry)
    if entry is None or not getattr(entry, "grants", ()):
        return own, None, shares
    # Only resources have grants.
    return own, world.policies.grants(entry), shares  # type: ignore[arg-type]


def _tags(entry: Entry | None) -> dict[str, str]:
    return {} if entry is None else entry.tags


def _settings(entry: Entry | None, known: Entry, model: World) -> object:
    """What bears on access besides policies and tags; `known` is the same in some world. What is
    not listed is like what is listed without anything."""
    owner = known.account if entry is None else entry.account
    boundary = getattr(entry, "boundary", None)
    return (
        owner,
        model.organization_path_text(owner),
        restricts(entry, known, model),
        getattr(entry, "buckets", None),
        getattr(entry, "network_origin", None),
        getattr(entry, "vpc", None),
        getattr(entry, "abac", None),
        getattr(entry, "service_linked", False),
        getattr(boundary, "arn", None) or getattr(boundary, "name", None),
    )


def restricts(entry: Entry | None, known: Entry | ListedResource, model: World) -> bool:
    """Whether Block Public Access restricts a bucket with a public policy."""
    owner = known.account if entry is None else entry.account
    account: Account | None = model.accounts.get(owner)
    arn = find_arn(known.arn)
    of_s3 = arn is not None and arn.service == "s3"
    return any(
        block is not None and block.restrict_public_buckets
        for block in (
            getattr(entry, "public_access_block", None),
            account.public_access_block if account is not None and of_s3 else None,
        )
    )


def _is_public(policies: PolicySet | None) -> bool:
    """Whether S3 counts the policy of a bucket as public."""
    return policies is not None and any(is_public(policy) for policy in policies.policies)


def compare_control_policies(before: CompiledWorld, after: CompiledWorld) -> dict[str, Difference]:
    """The resource control policies that differ, by the account of the resources."""
    found = {}
    for account in sorted({*before.model.accounts, *after.model.accounts}):
        difference = compare_levels(_rcp_levels(account, before), _rcp_levels(account, after))
        if difference:
            found[account] = difference
    return found


def control_statements(account: str, *worlds: CompiledWorld) -> Iterator[CompiledStatement]:
    """All that the resource control policies over an account say."""
    for world in worlds:
        for _, policies in _rcp_levels(account, world) or ():
            yield from statements_of(policies)


def _rcp_levels(account: str, world: CompiledWorld) -> Levels | None:
    """The resource control policies over an account, compiled."""
    model = world.model
    levels = None if model.is_management(account) else model.rcp_levels(account)
    if levels is None:
        return None
    use = PolicyType.RESOURCE_CONTROL
    return tuple((name, world.policies.policy_set(policies, use)) for name, policies in levels)
