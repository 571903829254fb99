"""Configurations of providers: which one a resource is made with, and what it adds.

https://developer.hashicorp.com/terraform/language/meta-arguments/providers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from iamsim.importers.terraform.hcl.blocks import block_value, inner_blocks
from iamsim.importers.terraform.hcl.evaluate import Scope, evaluate
from iamsim.importers.terraform.hcl.values import MapOf
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl import tree

if TYPE_CHECKING:
    from iamsim.importers.terraform.addresses import Key, ModulePath
    from iamsim.importers.terraform.hcl.modules import ModuleFiles


class Owner(Protocol):
    """A module as it is called."""

    path: ModulePath
    files: ModuleFiles

    @property
    def parent(self) -> Owner | None:
        """The module around it."""

    @property
    def call(self) -> tree.Block | None:
        """The block that calls it."""

    def scope(self) -> Scope:
        """The scope of the module's expressions."""


def provider_arguments(block: tree.Block, scope: Scope) -> dict[str, object]:
    """Write a configuration of a provider as plans do."""
    expressions: dict[str, object] = {}
    for name, value in block_value(block, scope).items():
        if name in block.body.attributes:
            told = isinstance(value, str | list)
            expressions[name] = {"constant_value": value} if told else {}
        elif isinstance(value, list) and value:
            arn = value[-1].get("role_arn") if isinstance(value[-1], dict) else None
            told = isinstance(arn, str)
            expressions[name] = [{"role_arn": {"constant_value": str(arn)}} if told else {}]
    return expressions


def added_attributes(
    module: Owner, block: tree.Block, mode: str
) -> dict[str, Callable[[], object]]:
    """Give the attributes of a resource that its provider adds: tags of all."""
    if mode == "data" or not block.labels[0].startswith("aws_"):
        return {}
    provider = provider_block(module, provider_local(block, block.labels[0]))
    if provider is None:
        return {}
    owner, found = provider
    if not any(block.type == "default_tags" for block in found.body.blocks):
        return {}

    def tags() -> object:
        entries = MapOf()
        for inner_block in inner_blocks(found.body, "default_tags", owner.scope()):
            given = inner_block.get("tags") if isinstance(inner_block, dict) else inner_block
            if isinstance(given, Unknown):
                return Unknown(given.why, given.source)
            entries.update(given if isinstance(given, dict) else {})
        own = block.body.attributes.get("tags")
        value = None if own is None else evaluate(own.value, module.scope())
        if isinstance(value, Unknown):
            return Unknown(value.why, value.source)
        entries.update(value if isinstance(value, dict) else {})
        return entries

    return {"tags_all": tags}


def provider_name(module: Owner, block: tree.Block) -> str:
    """Give the name of a configuration of a provider inside of its module."""
    alias = block.body.attributes.get("alias")
    value = None if alias is None else evaluate(alias.value, module.scope())
    return f"{block.labels[0]}.{value}" if isinstance(value, str) else block.labels[0]


def own_provider(module: Owner, name: str) -> str:
    """Give the key of a configuration that stands in this module."""
    prefix = ".".join(f"module.{entry}{shown_key(own)}" for entry, own in module.path)
    return f"{prefix}:{name}" if prefix else name


def provider_local(block: tree.Block, kind: str) -> str:
    """Give the name by which a block calls its provider."""
    attribute = block.body.attributes.get("provider")
    return kind.partition("_")[0] if attribute is None else attribute.value.span.text


def provider_block(module: Owner, name: str) -> tuple[Owner, tree.Block] | None:
    """Find the configuration of a provider: here, else where the call has it from."""
    for block in module.files.providers:
        if provider_name(module, block) == name:
            return module, block
    if module.parent is None or module.call is None:
        return None
    return provider_block(module.parent, passed_provider(module, name))


def passed_provider(module: Owner, name: str) -> str:
    """Say how the call of this module names a provider."""
    attribute = None if module.call is None else module.call.body.attributes.get("providers")
    if attribute is not None and isinstance(attribute.value, tree.ObjectOf):
        for key, value in attribute.value.items:
            if key.span.text.strip() == name:
                return value.span.text
    return name


def provider_of(module: Owner, block: tree.Block, kind: str) -> str:
    """Give the key of the configuration that a resource is made with."""
    name = provider_local(block, kind)
    found = provider_block(module, name)
    if found is None:
        return name
    owner, configuration = found
    return own_provider(owner, provider_name(owner, configuration))


def shown_key(key: Key) -> str:
    """Write the key of an instance behind its name."""
    return "" if key is None else f"[{json.dumps(key)}]"
