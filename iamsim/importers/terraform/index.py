"""Finding instances by what references call them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.importers.terraform.addresses import Key, ModulePath, Step, is_index, parse_steps

if TYPE_CHECKING:
    from iamsim.importers.terraform.instances import Instance

RESOURCE_STEPS = 2


class InstanceIndex:
    """Instances by module and resource; `module_keys` are the keys of each module call."""

    def __init__(self, instances: Iterable[Instance]) -> None:
        """Index the instances."""
        self.by_resource: dict[tuple[ModulePath, str], list[Instance]] = {}
        for instance in instances:
            key = (instance.address.module, instance.address.resource)
            self.by_resource.setdefault(key, []).append(instance)
        self.module_keys: dict[tuple[ModulePath, str], dict[Key, None]] = {}
        for module, _ in self.by_resource:
            for depth, (name, own_key) in enumerate(module):
                self.module_keys.setdefault((module[:depth], name), {})[own_key] = None

    def find(
        self, steps: list[Step], module: ModulePath, key: Key
    ) -> tuple[Instance | None, list[Step]]:
        """Find the instance that a reference names, and give the steps behind it.

        Without a key, the one of `key` is meant, or the only one.
        """
        mode = "data." if steps[:1] == ["data"] else ""
        steps = steps[1:] if mode else steps
        if len(steps) < RESOURCE_STEPS:
            return None, []
        instances = self.by_resource.get((module, f"{mode}{steps[0]}.{steps[1]}"), [])
        rest = steps[RESOURCE_STEPS:]
        if rest and is_index(rest[0]):
            key, rest = rest[0], rest[1:]
        return _choose_instance(instances, key), rest


def resource_of(reference: str) -> str:
    """Give the part of a reference that names a resource as a whole; of others, nothing."""
    steps = parse_steps(reference)
    if steps[:1] in (["var"], ["module"], ["local"], ["each"], ["count"]):
        return ""
    length = RESOURCE_STEPS + (steps[:1] == ["data"])
    return ".".join(map(str, steps[:length]))


def _choose_instance(found: list[Instance], key: object) -> Instance | None:
    """Choose the instance of a key; one that stands alone is meant without."""
    for instance in found:
        if instance.address.key == key:
            return instance
    return found[0] if len(found) == 1 and found[0].address.key is None else None
