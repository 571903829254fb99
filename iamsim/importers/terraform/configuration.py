"""The configuration part of a plan: expressions as far as plans tell them.

A plan names what an expression refers to, not the expression itself: a function call or a template
around a reference is not there. https://developer.hashicorp.com/terraform/internals/json-format#expression-representation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.importers.terraform.addresses import Address, ModulePath

Json = dict[str, object]


class Configuration:
    """Finds modules, resources and expressions of a plan's configuration."""

    def __init__(self, data: Json) -> None:
        """Take the plan (or the state, which has no configuration)."""
        found = data.get("configuration")
        self.data: Json = found if isinstance(found, dict) else {}
        self._modules: dict[tuple[str, ...], Json] = {}
        self._resources: dict[tuple[tuple[str, ...], str], Json | None] = {}

    def module(self, path: ModulePath) -> Json:
        """Give the module at a path; an empty one where the plan has none."""
        names = tuple(name for name, _ in path)
        if names not in self._modules:
            module = self.data.get("root_module")
            for name in names:
                call = part(part(module, "module_calls"), name)
                module = part(call, "module")
            self._modules[names] = module if isinstance(module, dict) else {}
        return self._modules[names]

    def call(self, path: ModulePath) -> Json:
        """Give the call of the module at a path, which must not be the root."""
        found = part(part(self.module(path[:-1]), "module_calls"), path[-1][0])
        return found if isinstance(found, dict) else {}

    def resource(self, address: Address) -> Json | None:
        """Give the configuration of a resource, `None` where the plan has none."""
        names = tuple(name for name, _ in address.module)
        key = (names, address.resource)
        if key not in self._resources:
            resources = self.module(address.module).get("resources")
            for resource in resources if isinstance(resources, list) else ():
                if isinstance(resource, dict):
                    mode = "data." if resource.get("mode") == "data" else ""
                    text = f"{mode}{resource.get('type')}.{resource.get('name')}"
                    self._resources.setdefault((names, text), resource)
            self._resources.setdefault(key, None)
        return self._resources[key]

    def expression(self, address: Address, *steps: str | int) -> object:
        """Give an expression of a resource: by the name of the argument, and inside of blocks."""
        resource = self.resource(address)
        found: object = None if resource is None else resource.get("expressions")
        for step in steps:
            found = part(found, step)
        return found

    def provider_key(self, address: Address) -> str | None:
        """Say which provider configuration a resource is made with."""
        found = part(self.resource(address), "provider_config_key")
        return found if isinstance(found, str) else None

    @property
    def providers(self) -> dict[str, Json]:
        """The provider configurations by key."""
        found = self.data.get("provider_config")
        entries = found.items() if isinstance(found, dict) else ()
        return {key: value for key, value in entries if isinstance(value, dict)}


def part(value: object, step: str | int) -> object:
    """Give a part of a map or a list; a block that may come once stands alone or in a list."""
    if isinstance(value, dict):
        return value.get(step) if step != 0 else value
    if isinstance(value, list):
        if isinstance(step, int):
            return value[step] if 0 <= step < len(value) else None
        return part(value[0], step) if len(value) == 1 else None
    return None


def constant(expression: object) -> object:
    """Give the value of an expression that refers to nothing."""
    return part(expression, "constant_value")


def constant_texts(expression: object) -> list[str]:
    """Give the texts of an expression that is a constant list of them."""
    value = constant(expression)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
