"""The catalog's actions as bits: which actions an Action element covers is one integer.

The bits are set by the elements' own compiled patterns; the service prefix of an entry only says
where to look. What isn't in the catalog has no bit and is asked for by name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import compress
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.compile.action import action_test
from iamsim.core.remember import remember
from iamsim.engine.singular_actions import kin_of, kin_without_resource

if TYPE_CHECKING:
    from iamsim.catalog import CatalogVersion
    from iamsim.compile.statement import ActionTest, CompiledStatement

WILDCARD = re.compile(r"[*?]")
LAST = "\U0010ffff"  # behind every letter
REMEMBERED = 100_000  # elements whose actions are kept at hand
UNLISTED = "ZzNotInTheReference"  # behind all others in the order of names
OTHER_SERVICE = "zz-not-in-the-reference"
FEW = 256  # actions of a set that are cheaper found one by one


def is_stand_in(action: str) -> bool:
    """Whether an action stands for those of its service that the reference does not list."""
    return action.lower().endswith(f":{UNLISTED.lower()}")


class ActionUniverse:
    """Actions in a fixed order, and sets of them as integers.

    `names` are in lower case, as requests have them; `written` as AWS writes them.
    """

    def __init__(self, written: Iterable[str]) -> None:
        """Take the full names of the actions, each once."""
        by_name = {name.lower(): name for name in written}
        self.names = tuple(sorted(by_name, key=lambda name: (name.partition(":")[0], name)))
        self.written = tuple(by_name[name] for name in self.names)
        self.everything = (1 << len(self.names)) - 1
        self._number = {name: number for number, name in enumerate(self.names)}
        self._services: dict[str, tuple[int, int]] = {}
        for number, name in enumerate(self.names):
            service = name.partition(":")[0]
            start, _ = self._services.get(service, (number, number))
            self._services[service] = start, number + 1
        self._kins: dict[str, tuple[int, ...]] = {}
        self._kins_without_resource: dict[frozenset[str], tuple[int, ...]] = {}
        self._by_pattern: dict[str, int] = {}
        self._by_identity: dict[int, tuple[ActionTest, int]] = {}
        self._by_element: dict[tuple[bool, tuple[str, ...]], int] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """The service prefixes of the actions, sorted."""
        return tuple(self._services)

    @cached_property
    def listed(self) -> int:
        """The actions that the reference lists: all but those that stand for others."""
        others = self.mask_of(f"{service}:{UNLISTED}" for service in self._services)
        return self.everything & ~others

    def service_mask(self, service: str) -> int:
        """All actions of a service (in lower case)."""
        start, end = self._services.get(service, (0, 0))
        return ((1 << (end - start)) - 1) << start

    def mask_of(self, names: Iterable[str]) -> int:
        """The set of some actions by name; those that have no bit are left out."""
        found = 0
        for name in names:
            number = self._number.get(name.lower())
            if number is not None:
                found |= 1 << number
        return found

    def number(self, name: str) -> int | None:
        """The bit of an action, in any letter case; `None` for one that has none."""
        return self._number.get(name.lower())

    def mask(self, element: ActionTest) -> int:
        """The actions that an Action or NotAction element covers; remembered by its entries."""
        action_tests = self._by_identity.get(id(element))
        if action_tests is None:
            # The element is kept beside it, so that its id stays its own.
            action_tests = element, self._mask(element)
            remember(self._by_identity, id(element), action_tests, REMEMBERED)
        return action_tests[1]

    def _mask(self, element: ActionTest) -> int:
        """The same, looked up by the entries."""
        key = element.negated, tuple(pattern.pattern for pattern in element.patterns)
        known = self._by_element.get(key)
        if known is None:
            known = self.mask_of_patterns(pattern.pattern for pattern in element.patterns)
            if element.negated:
                known ^= self.everything
            self._by_element[key] = known
        return known

    def mask_of_patterns(self, patterns: Iterable[str]) -> int:
        """The actions that some entry of an Action element covers."""
        found = 0
        for pattern in patterns:
            found |= self._pattern_mask(pattern.lower())
        return found

    def _pattern_mask(self, text: str) -> int:
        """The actions that one entry covers, in lower case."""
        known = self._by_pattern.get(text)
        if known is None:
            prefix, colon, _ = text.partition(":")
            service = prefix if colon and WILDCARD.search(prefix) is None else None
            start, end = (
                (0, len(self.names)) if service is None else self._services.get(service, (0, 0))
            )
            # Names are in order within a service: those with the same beginning are neighbors.
            head = WILDCARD.split(text, 1)[0]
            if service is not None:
                start = bisect_left(self.names, head, start, end)
                end = bisect_left(self.names, head + LAST, start, end)
            test = action_test(text)
            known = 0
            for number in range(start, end):
                if test(self.names[number]):
                    known |= 1 << (number - start)
            known <<= start
            self._by_pattern[text] = known
        return known

    def services_of(self, mask: int) -> Iterator[str]:
        """The services that some action of a set belongs to, in order."""
        rest = mask
        while rest:
            service = self.first(rest).partition(":")[0]
            yield service
            rest &= ~self.service_mask(service)

    def kins_of(self, mask: int) -> Iterator[int]:
        """A set of actions in parts that meet the same: each of one service and of like rules."""
        for service in self.services_of(mask):
            parts = self._kins.get(service)
            if parts is None:
                parts = self._kins[service] = self._kins_of_service(service)
            for part in parts:
                if part & mask:
                    yield part & mask

    def kins_without_resource(self, mask: int, covered: frozenset[str]) -> Iterator[int]:
        """The same where no resource is named and no VPC endpoint is on the way: those of many
        services together. `covered` are the services that resource control policies cover."""
        parts = self._kins_without_resource.get(covered)
        if parts is None:
            joined: dict[object, int] = {}
            for service, (start, end) in self._services.items():
                for number in range(start, end):
                    key = kin_without_resource(self.names[number]), service in covered
                    joined[key] = joined.get(key, 0) | 1 << number
            parts = self._kins_without_resource[covered] = tuple(joined.values())
        return (part & mask for part in parts if part & mask)

    def _kins_of_service(self, service: str) -> tuple[int, ...]:
        parts: dict[object, int] = {}
        start, end = self._services[service]
        for number in range(start, end):
            kin = kin_of(self.names[number])
            parts[kin] = parts.get(kin, 0) | 1 << number
        return tuple(parts.values())

    def listed_first(self, mask: int) -> Iterator[int]:
        """The bits of a set, service by service, those last that stand for unlisted actions."""
        for part in (mask & self.listed, mask & ~self.listed):
            for service in self.services_of(part):
                yield from self.numbers(part & self.service_mask(service))

    def numbers(self, mask: int) -> Iterator[int]:
        """The numbers of the actions of a set, in order."""
        if not mask:
            return
        start = (mask & -mask).bit_length() - 1
        rest = mask >> start
        if rest.bit_count() > FEW:
            bits = [bit == "1" for bit in reversed(f"{rest:b}")]
            yield from compress(range(start, start + len(bits)), bits)
            return
        while rest:
            low = rest & -rest
            yield start + low.bit_length() - 1
            rest ^= low

    def first(self, mask: int) -> str:
        """The name of the first action of a set that is not empty."""
        return self.names[(mask & -mask).bit_length() - 1]

    def actions(self, mask: int) -> list[str]:
        """The actions of a set as AWS writes them, sorted by service and name."""
        written = self.written
        return [written[number] for number in self.numbers(mask)]


def catalog_actions() -> ActionUniverse:
    """All actions of the catalog as it is now; the same catalog gives the same object."""
    return _of_version(catalog.version())


@lru_cache(maxsize=2)
def _of_version(_version: CatalogVersion) -> ActionUniverse:
    return ActionUniverse(
        f"{service}:{name}"
        for service in catalog.services()
        for name in catalog.action_names(service)
    )


def all_actions() -> ActionUniverse:
    """All actions of the catalog as it is now, and those that stand for others.

    Beside the actions of the reference there is one in each service that the reference does not
    list, and one of a service that it does not list: what holds for all of them holds for new
    actions, as far as their names are met by a wildcard for all of a service.
    """
    return _with_others(catalog.version())


@lru_cache(maxsize=2)
def _with_others(_version: CatalogVersion) -> ActionUniverse:
    services = catalog.services()
    return ActionUniverse(
        [
            *(f"{name}:{action}" for name in services for action in catalog.action_names(name)),
            *(f"{service}:{UNLISTED}" for service in services),
            f"{OTHER_SERVICE}:{UNLISTED}",
        ]
    )


def joined_mask(statements: Iterable[CompiledStatement], universe: ActionUniverse) -> int:
    """The actions that some of the statements are about."""
    found = 0
    for statement in statements:
        found |= universe.mask(statement.actions)
    return found
