"""What a shell proposes: actions and keys of the catalog, principals and resources of a world.

Proposals never fail: a world that can't be read has nothing to propose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.errors import IamsimError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.cli.options import Option, Options
    from iamsim.world.model import World

__all__ = ["actions", "catalog_names", "keys", "principals", "proposals", "resources"]

MOST = 200


def proposals(option: Option, incomplete: str, options: Options) -> list[str]:
    """Propose values of an option, given what was typed and what the other options say."""
    if option.choices:
        return _starting(option.choices, incomplete)
    return [] if option.completes is None else option.completes(incomplete, options)


def actions(incomplete: str, _options: Options) -> list[str]:
    """Propose service prefixes up to the colon, then the actions of the service."""
    from iamsim import catalog  # noqa: PLC0415 - completion alone needs it

    prefix, colon, name = incomplete.partition(":")
    if not colon:
        return _starting((f"{service}:" for service in catalog.services()), prefix)
    names = catalog.action_names(prefix)
    return [f"{prefix}:{found}" for found in _starting(names, name)]


def keys(incomplete: str, _options: Options) -> list[str]:
    """Propose the condition keys of all services; for `-c` up to the equals sign."""
    from iamsim import catalog  # noqa: PLC0415 - completion alone needs it

    return _starting((key.name for key in catalog.global_condition_keys()), incomplete)


def catalog_names(incomplete: str) -> list[str]:
    """Propose what `catalog show` knows: services and their actions, and global keys."""
    return [*actions(incomplete, {}), *keys(incomplete, {})][:MOST]


def principals(incomplete: str, options: Options) -> list[str]:
    """Propose the users and roles of the worlds that are named on the command line."""
    world = _world(options)
    if world is None:
        return []
    found: list[str] = []
    for account in world.accounts.values():
        found += [user.arn for user in account.users.values()]
        found += [role.arn for role in account.roles.values()]
    return _starting(sorted(found), incomplete)


def resources(incomplete: str, options: Options) -> list[str]:
    """Propose the resources of the worlds that are named on the command line."""
    world = _world(options)
    if world is None:
        return []
    found = [arn for account in world.accounts.values() for arn in account.resources]
    return _starting(sorted(found), incomplete)


def _world(options: Options) -> World | None:
    paths = options.get("worlds")
    if not isinstance(paths, tuple) or not paths:
        return None
    from iamsim.world.load import load_world  # noqa: PLC0415 - completion alone needs it

    try:
        return load_world(*paths)
    except (IamsimError, OSError, RecursionError):
        return None


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    """The names that begin with what was typed, in any letter case."""
    start = incomplete.lower()
    return [name for name in names if name.lower().startswith(start)][:MOST]
