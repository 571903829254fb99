"""The keys of one call: those of one kind of caller, on one way, for one action.

Documents are asked about without a world, so nothing but these rules keeps a request from having a
user's name and a role's ARN, or keys that its action never carries. A key that no test asked for
binds nothing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.catalog.presence import (
    CallerColumn,
    Presence,
    Way,
    derived_from,
    has_resource_account,
    owner_account_keys,
    presence_of,
)
from iamsim.catalog.tag_keys import tag_key_starts
from iamsim.checks.reference import Reference
from iamsim.proofs.formula import ActionIn, Formula, all_of, any_of
from iamsim.proofs.rules import ACTION, RESOURCE, broken_rule, key_is, key_is_absent
from iamsim.symbolic.actions import all_actions

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue
    from iamsim.proofs.conditions import KeyTest

    Values = Mapping[str, ContextValue | None]
    Tests = Mapping[str, tuple[KeyTest, ...]]

ARN_KEY, TYPE_KEY = "aws:principalarn", "aws:principaltype"
ID_KEY, VIA_KEY, CALLER_KEY = "aws:userid", "aws:viaawsservice", "kms:calleraccount"
SETTLED = {Presence.ALWAYS, Presence.NEVER}
# The ARN, the type, and the unique id of callers, of which some never have a colon:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
USER = ("arn:*:iam::*:user/*", "User", "?*", True)
ROOT = ("arn:*:iam::*:root", "Account", "?*", True)
SHAPES = {
    CallerColumn.ROOT_USER: (ROOT,),
    CallerColumn.USER: (USER,),
    CallerColumn.SESSION_TOKEN: (USER, ROOT),
    CallerColumn.ROLE_SESSION: (("arn:*:iam::*:role/*", "AssumedRole", "?*:?*", False),),
    CallerColumn.FEDERATED_USER: (
        ("arn:*:sts::*:federated-user/*", "FederatedUser", "?*:?*", False),
    ),
}


class Together(NamedTuple):
    """What one kind of caller on one way says of some keys: which are there, which are not, and
    tests of values."""

    there: tuple[tuple[str, bool], ...]
    tests: tuple[KeyTest, ...]

    def holds(self, values: Values) -> bool:
        """Whether a request has its keys so."""
        return all((values[key] is not None) is there for key, there in self.there) and all(
            _holds(test, values[test.condition.key]) for test in self.tests
        )

    def formula(self) -> Formula:
        """The same as tests."""
        presences = [key_is_absent(key, absent=not there) for key, there in self.there]
        return all_of([*presences, *self.tests])


def broken_rule_of_calls(
    values: Values, tests: Tests, columns: tuple[CallerColumn, ...], known: Values
) -> Formula:
    """What the first rule that a request breaks asks for instead; true where none is broken.
    `columns` are the callers that it could come from, `known` is what is settled of these."""
    asked = frozenset(key for key in values if key not in known and ":" in key)
    kinds = _together(asked, columns)
    if not any(kind.holds(values) for kind in kinds):
        return any_of(kind.formula() for kind in kinds)
    rules = (
        _carried(values, asked),
        _accounts(values, asked, columns),
        _tags(values, asked),
    )
    for wanted in rules:
        if wanted is not True:
            return wanted
    return broken_rule(values, tests)


def fits(values: Values, columns: tuple[CallerColumn, ...]) -> bool:
    """Whether the keys of a request could be those of some callers."""
    asked = frozenset(key for key in values if ":" in key)
    return any(kind.holds(values) for kind in _together(asked, columns))


def _holds(test: KeyTest, value: ContextValue | None) -> bool:
    context = {} if value is None else {test.condition.key: value}
    return test.condition.test(context) is test.holds


@lru_cache(maxsize=10_000)
def _together(keys: frozenset[str], columns: tuple[CallerColumn, ...]) -> tuple[Together, ...]:
    """How some keys can go together in calls of some callers, on any way."""
    found: dict[Together, None] = {}
    for column in columns:
        for way in Way:
            for shape in SHAPES.get(column, (None,)):
                said = {key: presence_of(key, column, way) for key in sorted(keys)}
                if shape is ROOT:  # which has no name and no tags with a session token either
                    root = CallerColumn.ROOT_USER
                    said |= {
                        key: Presence.NEVER
                        for key in keys
                        if presence_of(key, root, way) is Presence.NEVER
                    }
                there = tuple(
                    (key, presence is Presence.ALWAYS)
                    for key, presence in said.items()
                    if presence in SETTLED
                )
                found[Together(there, _tests(keys, way, shape))] = None
    return tuple(found)


def _tests(
    keys: frozenset[str], way: Way, shape: tuple[str, str, str, bool] | None
) -> tuple[KeyTest, ...]:
    """What a way and a kind of caller say of values."""
    tests = []
    if VIA_KEY in keys:
        said = "true" if way is Way.FORWARDED else "false"
        tests.append(key_is(VIA_KEY, said, operator="Bool"))
    if shape is None:
        return tuple(tests)
    arn, kind, unique, plain = shape
    if ARN_KEY in keys:
        tests.append(key_is(ARN_KEY, arn, operator="ArnLike"))
    if TYPE_KEY in keys:
        tests.append(key_is(TYPE_KEY, kind))
    if ID_KEY in keys:
        tests.append(key_is(ID_KEY, unique, operator="StringLike"))
        if plain:
            tests.append(key_is(ID_KEY, "*:*", operator="StringLike")._replace(holds=False))
    return tuple(tests)


def _carried(values: Values, asked: frozenset[str]) -> Formula:
    """A key of a service is there only for actions that carry it, as far as the reference says."""
    action = str(values[ACTION])
    for key in sorted(asked):
        if values[key] is not None and never_carries(action, key):
            carrying = all_actions().everything & ~_without_key(action.partition(":")[0], key)
            return any_of([key_is_absent(key), ActionIn(carrying)])
    return True


@lru_cache(maxsize=200_000)
def never_carries(action: str, key: str) -> bool:
    """Whether requests for an action never carry a key (both in lower case), as far as the
    reference says: of a key that it lists for no action at all it says nothing."""
    service = key.partition(":")[0]
    if service == "aws" or (derived_from(key) is not None and action.startswith(f"{service}:")):
        return False
    facts = catalog.find_condition_key(key)
    return facts is not None and _reference().never_sends(action, facts)


@lru_cache(maxsize=1)
def _reference() -> Reference:
    """The facts that checks of policies judge by."""
    return Reference()


@lru_cache(maxsize=10_000)
def _without_key(service: str, key: str) -> int:
    """The actions of a service whose requests never carry a key."""
    names = _actions_of(service)
    return all_actions().mask_of(name for name in names if never_carries(name, key))


@lru_cache(maxsize=1_000)
def _with_owner(service: str) -> int:
    """The actions of a service whose requests say whose the resource is."""
    return all_actions().mask_of(filter(has_resource_account, _actions_of(service)))


def _actions_of(service: str) -> list[str]:
    universe = all_actions()
    return [universe.names[number] for number in universe.numbers(universe.service_mask(service))]


def _tags(values: Values, asked: frozenset[str]) -> Formula:
    """A service's own key for a tag of the resource says what aws:ResourceTag says."""
    action = str(values[ACTION])
    service = action.partition(":")[0]
    for start in tag_key_starts(service, "resource"):
        for key in sorted(asked):
            both = f"aws:resourcetag/{key.removeprefix(start)}", key
            if not key.startswith(start) or both[0] not in values:
                continue
            said = [values[name] for name in both]
            if said[0] != said[1] and all(catalog.carries(action, name) for name in both):
                texts = [value for value in said if isinstance(value, str)]
                alike = [all_of(key_is(name, text) for name in both) for text in texts]
                other = [
                    key_is(name, text)._replace(holds=False) for name in both for text in texts
                ]
                there = [key_is_absent(name, absent=False) for name in both]
                others = all_actions().everything & ~all_actions().service_mask(service)
                return any_of(
                    [
                        *alike,
                        all_of(map(key_is_absent, both)),
                        ActionIn(others),
                        all_of([*there, *other]),
                    ]
                )
    return True


def _accounts(values: Values, asked: frozenset[str], columns: tuple[CallerColumn, ...]) -> Formula:
    """Requests say whose the resource is, but for some actions. Services have keys of their own for
    that, and KMS one for the account of a caller with an identity."""
    universe = all_actions()
    action = str(values[ACTION])
    service = action.partition(":")[0]
    for owner, key in (*owner_account_keys().items(), ("kms", CALLER_KEY)):
        if key not in asked:
            continue
        with_key = universe.service_mask(service if owner == "aws" else owner)
        if key != CALLER_KEY:
            with_key &= _with_owner(service) if owner in {"aws", service} else with_key
        elif not SHAPES.keys() >= set(columns):
            with_key = 0
        there = values[key] is not None
        told = bool(with_key >> (universe.number(action) or 0) & 1)
        if there is told or (told and key != CALLER_KEY and values[RESOURCE] == "*"):
            continue
        left = universe.everything & ~with_key if told else with_key
        if owner == "aws" and not told:
            left = universe.everything & ~(universe.service_mask(service) & ~with_key)
        return any_of([key_is_absent(key, absent=there), ActionIn(left) if left else False])
    return True
