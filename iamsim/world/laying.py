"""One world laid over another: what it adds is added, what both have is replaced, what it takes
away is taken away.

A layer says only a part of what there is: of a role perhaps nothing but a policy that is attached
to it. So it comes with the names of the fields that it speaks of, and fields that it is silent
about stay. Where the layer is a step from one state to the next (a plan), the state before it tells
what it takes away; and what neither state has was made by others, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, NamedTuple

from iamsim.world.combining import combine_attached, combine_lists, kept
from iamsim.world.items import Account, AnyPolicy, Organization, Placed, PolicyDocument
from iamsim.world.laying_tree import lay_tree
from iamsim.world.merge import content
from iamsim.world.model import World
from iamsim.world.relink import relink

Names = frozenset[str]
# Where the name of a field of the world file is not that of the attribute.
ATTRIBUTES = {"inline_policies": "policies"}
LISTS = frozenset({"policies", "groups", "instance_profiles", "assignments"})
# The records of an account, and how its file calls them.
RECORDS = ("users", "groups", "roles", "resources", "vpc_endpoints", "permission_sets")
# What stands in a file for the role as a whole: a role that has it says all of itself.
WHOLE = "trust"
KEPT_OF_ROLES = frozenset({"id", "last_used", "instance_profiles", "created", "last_accessed"})


@dataclass(frozen=True, slots=True)
class State:
    """A state that is laid over a world, or the one before it.

    `said` holds the fields that it speaks of, by account, kind and name of a record. `borrowed` are
    the records that it only repeats from the world below, so that names in it lead somewhere.
    """

    world: World = field(default_factory=World)
    said: Mapping[tuple[str, str, str], Names] = field(default_factory=dict)
    borrowed: frozenset[tuple[str, str, str]] = frozenset()


NOTHING = State()


class _Sides(NamedTuple):
    """A record of the world below, of the layer, and of the state before the layer."""

    base: Any
    new: Any
    old: Any


def lay_over(
    base: World, layer: State, before: State | None = None, removed: Iterable[str] = ()
) -> World:
    """Lay a layer over a world, which stays as it is.

    `before` is the state that a plan starts from; `removed` are ARNs and ids of what it deletes.
    What does not change keeps its place in the files of the world.
    """
    gone = frozenset(removed)
    laying = _Laying(layer, before, gone)
    new = layer.world
    accounts = {
        number: laying.account(number, base.accounts.get(number))
        for number in dict.fromkeys((*base.accounts, *new.accounts))
    }
    shared = {
        name: kept(base.policies.get(name), policy)
        for name, policy in (base.policies | new.policies).items()
    }
    organization = laying.organization(base.organization)
    laid = World(
        organization=organization,
        accounts=accounts,
        policies=shared,
        unlisted=base.unlisted + new.unlisted,
        unverified=base.unverified + new.unverified,
    )
    return relink(laid, base, gone - _arns(layer))


def _arns(layer: State) -> frozenset[str]:
    """The ARNs of what a layer has: what is deleted and made again is there."""
    return frozenset(
        policy.arn
        for number, account in layer.world.accounts.items()
        for name, policy in account.policies.items()
        if isinstance(policy, PolicyDocument)
        and policy.arn is not None
        and (number, "policies", name) not in layer.borrowed
    )


@dataclass(frozen=True, slots=True)
class _Laying:
    """Lays the parts of one layer."""

    layer: State
    before: State | None
    removed: frozenset[str]

    def account(self, number: str, base: Account | None) -> Account:
        """Lay an account."""
        new = self.layer.world.accounts.get(number)
        old = self._old.world.accounts.get(number)
        if base is None:
            assert new is not None  # noqa: S101 - one of the two has it
            return new
        if new is None:
            new = Account(id=number, partition=base.partition)
        records: dict[str, Any] = {kind: self._records(kind, base, new, old) for kind in RECORDS}
        return replace(
            base,
            **records,
            name=new.name or base.name,
            policies=self._policies(base, new),
            policy_paths=base.policy_paths | new.policy_paths,
            providers=combine_lists(base.providers, new.providers, old.providers if old else ()),
            public_access_block=new.public_access_block or base.public_access_block,
            root_user=new.root_user or base.root_user,
            scps=combine_attached(base.scps, new.scps, old.scps if old else None),
            rcps=combine_attached(base.rcps, new.rcps, old.rcps if old else None),
        )

    @property
    def _old(self) -> State:
        return self.before or NOTHING

    def _policies(self, base: Account, new: Account) -> dict[str, AnyPolicy]:
        """The customer managed policies of an account."""
        policies = {
            name: policy
            for name, policy in base.policies.items()
            if getattr(policy, "arn", None) not in self.removed or name in new.policies
        }
        for name, policy in new.policies.items():
            if (base.id, "policies", name) not in self.layer.borrowed:
                policies[name] = kept(policies.get(name), policy)
        return policies

    def _records(
        self, kind: str, base: Account, new: Account, old: Account | None
    ) -> dict[str, Any]:
        known: dict[str, Any] = getattr(base, kind)
        fresh: dict[str, Any] = getattr(new, kind)
        past: dict[str, Any] = {} if old is None else getattr(old, kind)
        records: dict[str, Any] = {}
        for name in dict.fromkeys((*known, *fresh, *past)):
            key = (base.id, kind, name)
            sides = _Sides(known.get(name), fresh.get(name), past.get(name))
            if key in self.layer.borrowed:
                sides = sides._replace(new=None)
            if sides.new is None and (sides.base is None or self._is_removed(sides.base)):
                continue
            laid = self._record(key, sides)
            if laid is not None:
                records[name] = laid
        return records

    def _is_removed(self, item: Any) -> bool:  # noqa: ANN401 - a record of any kind
        return getattr(item, "arn", None) in self.removed or (
            not hasattr(item, "arn") and getattr(item, "id", None) in self.removed
        )

    def _record(self, key: tuple[str, str, str], sides: _Sides) -> Any:  # noqa: ANN401 - as above
        """One record: field by field."""
        base, new, old = sides
        if base is None:
            return new
        said = self.layer.said.get(key, frozenset()) if new is not None else frozenset()
        said_before = self._old.said.get(key, frozenset()) if old is not None else frozenset()
        whole = WHOLE in said and old is None and key[1] == "roles"
        if whole:
            said |= frozenset(_settings(base)) - KEPT_OF_ROLES
        changes: dict[str, object] = {}
        for name in said | said_before:
            attribute = ATTRIBUTES.get(name, name)
            if not hasattr(base, attribute):
                continue
            mine = getattr(base, attribute)
            if attribute in LISTS:
                theirs = getattr(new, attribute, ())
                past = mine if whole else getattr(old, attribute, ())
                laid: object = combine_lists(mine, theirs, past)
            elif name in said:
                laid = kept(mine, getattr(new, attribute))
            else:
                laid = _default(base, attribute)
            if content(laid) != content(mine):
                changes[attribute] = laid
        unknown = getattr(base, "unknown", {})
        fresh = getattr(new, "unknown", {})
        left = {
            name: value for name, value in unknown.items() if name.partition("/")[0] not in said
        }
        left |= {name: value for name, value in fresh.items() if name.partition("/")[0] in said}
        if left != unknown:
            changes["unknown"] = left
        return replace(base, **changes) if changes else base

    def organization(self, base: Organization | None) -> Organization | None:
        """Lay the organization with its tree."""
        new = self.layer.world.organization
        old = self._old.world.organization
        if base is None or new is None:
            return base if new is None else new
        administrators = combine_lists(
            base.delegated_administrators,
            new.delegated_administrators,
            old.delegated_administrators if old is not None else (),
        )
        return replace(
            base,
            id=base.id or new.id,
            management_account=base.management_account or new.management_account,
            unknown={
                fact: unknown
                for fact, unknown in base.unknown.items()
                if not isinstance(getattr(new, fact), str)
            },
            delegated_administrators=administrators,
            delegated_services=base.delegated_services | new.delegated_services,
            root_features=base.root_features if new.root_features is None else new.root_features,
            root=lay_tree(base.root, new.root, None if old is None else old.root, combine_attached),
        )


def _settings(item: Placed) -> list[str]:
    """The fields of a record that its file can set."""
    return [
        entry.name
        for entry in fields(item)
        if entry.compare and (entry.default is not MISSING or entry.default_factory is not MISSING)
    ]


def _default(item: Placed, name: str) -> object:
    """What a field holds that nobody sets."""
    entry = next(field for field in fields(item) if field.name == name)
    if entry.default_factory is not MISSING:
        return entry.default_factory()
    return entry.default
