"""What a shell proposes: actions and keys of the catalog, principals and resources of a world.

Proposals never fail: a world that can't be read has nothing to propose.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Options
from iamsim.core.errors import IamsimError

if TYPE_CHECKING:
    from iamsim.cli.grammar import Option
    from iamsim.world.model import Role, User, World

MOST = 200
# Worlds are read once for all the keys that somebody presses.
_worlds: dict[tuple[str, ...], World | None] = {}


def proposals(option: Option, incomplete: str, options: Options) -> list[str]:
    """Propose values of an option, given what was typed and what the other options say."""
    if option.choices:
        return _starting(option.choices, incomplete)
    return [] if option.completes is None else option.completes(incomplete, options)


def actions(incomplete: str, _options: Options) -> list[str]:
    """Propose service prefixes up to the colon, then the actions of the service."""
    from iamsim import catalog

    prefix, colon, name = incomplete.partition(":")
    if not colon:
        return _starting((f"{service}:" for service in catalog.services()), prefix)
    names = catalog.action_names(prefix)
    return [f"{prefix}:{found}" for found in _starting(names, name)]


def keys(incomplete: str, options: Options) -> list[str]:
    """Propose condition keys; for `-c` up to the equals sign, and up to a part of their own.

    These are the keys of all services, those of the actions that are asked about, and those of the
    tags that the world knows.
    """
    from iamsim import catalog

    found = {key.name for key in catalog.global_condition_keys()}
    for action in options.texts("actions"):
        found |= catalog.carried_keys(action)
    found = {name.partition("${")[0].partition("<")[0] for name in found} - {incomplete}
    world = known_world(options)
    if world is not None:
        found |= _tag_keys(world)
    return _starting(sorted(found, key=str.lower), incomplete)


def _tag_keys(world: World) -> set[str]:
    """The keys of tags on users, roles and resources."""
    tag_keys: set[str] = set()
    for account in world.accounts.values():
        holders: tuple[User | Role, ...] = (*account.users.values(), *account.roles.values())
        tag_keys |= {f"aws:PrincipalTag/{tag}" for holder in holders for tag in holder.tags}
        for resource in account.resources.values():
            tag_keys |= {f"aws:ResourceTag/{tag}" for tag in resource.tags}
    return tag_keys


def catalog_names(incomplete: str) -> list[str]:
    """Propose what `catalog show` knows: services and their actions, and global keys."""
    from iamsim import catalog

    known = (key.name for key in catalog.global_condition_keys())
    return [*actions(incomplete, Options()), *_starting(known, incomplete)][:MOST]


def principals(incomplete: str, options: Options, *, anywhere: bool = False) -> list[str]:
    """Propose the users and roles of the worlds that are named on the command line.

    With `anywhere`, what was typed may stand inside of a proposal, not only at its beginning.
    """
    world = known_world(options)
    if world is None:
        return []
    from iamsim.questions.near_misses import known_principals

    return _starting(known_principals(world), incomplete, anywhere=anywhere)


def policy_holders(incomplete: str, options: Options) -> list[str]:
    """Propose the users, roles and groups of the worlds that are named on the command line."""
    world = known_world(options)
    if world is None:
        return []
    groups = (group.arn for account in world.accounts.values() for group in account.groups.values())
    from iamsim.questions.near_misses import known_principals

    return _starting(sorted([*known_principals(world), *groups]), incomplete)


def resources(incomplete: str, options: Options, *, anywhere: bool = False) -> list[str]:
    """Propose the resources of the worlds that are named on the command line, as `principals`
    does."""
    world = known_world(options)
    if world is None:
        return []
    from iamsim.questions.near_misses import known_resources

    return _starting(known_resources(world), incomplete, anywhere=anywhere)


def roles(incomplete: str, options: Options) -> list[str]:
    """Propose the roles of the worlds that are named on the command line."""
    world = known_world(options)
    if world is None:
        return []
    found = [role.arn for account in world.accounts.values() for role in account.roles.values()]
    return _starting(sorted(found), incomplete)


def policies(incomplete: str, options: Options) -> list[str]:
    """Propose the policies that are used in the worlds on the command line."""
    world = known_world(options)
    if world is None:
        return []
    from iamsim.engine.inventory import policies_in_use

    return _starting(sorted({policy.name for policy, _ in policies_in_use(world)}), incomplete)


def layers(incomplete: str, _options: Options) -> list[str]:
    """Propose the layers of a decision, by the names of answers."""
    from iamsim.core.decision import Layer

    return _starting(sorted(layer.value for layer in Layer), incomplete)


def processes(incomplete: str, _options: Options) -> list[str]:
    """Propose how many processes there may be."""
    return _starting(("auto", "2", "4"), incomplete)


def known_world(options: Options) -> World | None:
    """Give the world that the command line names; `None` without one, or if it can't be read."""
    paths = options.get("worlds")
    if not isinstance(paths, tuple) or not paths:
        return None
    if paths not in _worlds:
        _worlds[paths] = _load(paths)
    return _worlds[paths]


def _load(paths: tuple[str, ...]) -> World | None:
    from iamsim.importers.load import load_worlds

    try:
        return load_worlds(*paths, on_demand=True)
    except (IamsimError, OSError, RecursionError):
        return None


def _starting(names: Iterable[str], incomplete: str, *, anywhere: bool = False) -> list[str]:
    """The names that begin with what was typed, in any letter case; then those that hold it."""
    start = incomplete.lower()
    known = list(names)
    found = [name for name in known if name.lower().startswith(start)]
    if anywhere:
        found += [name for name in known if start in name.lower() and name not in found]
    return found[:MOST]
