"""The values of blocks: attributes when they are asked for, inner blocks as lists of maps.

https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.importers.misspelt import find_misspelt
from iamsim.importers.terraform.hcl.evaluate import Scope, evaluate, items_of, place_of, unknown_at
from iamsim.importers.terraform.hcl.refused import Refused
from iamsim.importers.terraform.hcl.values import ListOf, MapOf, plain
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.syntax.hcl import tree

DYNAMIC = "dynamic"
MAX_BLOCKS = 10_000
# What Terraform itself reads of a block.
META = frozenset(("count", "depends_on", "for_each", "provider", "providers"))
META_BLOCKS = frozenset(("connection", "lifecycle", "provisioner"))


class Values(Mapping[str, object]):
    """The attributes of a resource, each evaluated when it is first asked for.

    `written` gives a value with the places of its parts; as a mapping it gives plain data.
    `more` are attributes that nobody wrote.
    """

    def __init__(
        self,
        body: tree.Body,
        scope: Scope,
        more: Mapping[str, Callable[[], object]],
    ) -> None:
        """Take the block."""
        self.body = body
        self.scope = scope
        self.more = more
        self.found: dict[str, object] = {}
        self.plain: dict[str, object] = {}
        self.open: set[str] = set()
        self.names = {
            name: None for name in (*body.attributes, *_types(body), *more) if name not in META
        }

    def __getitem__(self, name: str) -> object:
        """Give an attribute as plain data."""
        if name not in self.names:
            raise KeyError(name)
        if name in self.plain:
            return self.plain[name]
        found = plain(self.written(name))
        self.plain[name] = found
        return found

    def get(self, name: str, default: object = None) -> object:
        """Give an attribute as plain data; most of those that are asked for nobody wrote."""
        return self[name] if name in self.names else find_misspelt(name, self.names) or default

    def __contains__(self, name: object) -> bool:
        """Say whether an attribute is written."""
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self.names)

    def __len__(self) -> int:
        """Count the names."""
        return len(self.names)

    def written(self, name: str) -> object:
        """Give an attribute with its places."""
        if name in self.found:
            return self.found[name]
        attribute = self.body.attributes.get(name)
        if name in self.open:
            place = "" if attribute is None else place_of(attribute.span)
            return Unknown(f"`{name}`, which leads back to itself", place)
        self.open.add(name)
        try:
            if attribute is not None:
                value = evaluate(attribute.value, self.scope)
            elif name in self.more:
                value = self.more[name]()
            else:
                value = inner_blocks(self.body, name, self.scope)
        finally:
            self.open.discard(name)
        self.found[name] = value
        return value

    def place(self, name: str) -> Span | None:
        """Say where the value of an attribute stands."""
        attribute = self.body.attributes.get(name)
        return None if attribute is None else attribute.value.span


def _types(body: tree.Body) -> list[str]:
    """The types of the inner blocks."""
    kinds = [
        block.labels[0] if block.type == DYNAMIC and block.labels else block.type
        for block in body.blocks
        if block.type not in META_BLOCKS
    ]
    return list(dict.fromkeys(kinds))


def inner_blocks(body: tree.Body, kind: str, scope: Scope) -> ListOf:
    """Give the inner blocks of a type, dynamic ones among them."""
    list_of = ListOf()
    for block in body.blocks:
        if block.type == kind:
            list_of.append(block_value(block, scope))
            list_of.places.append(block.span)
        elif block.type == DYNAMIC and block.labels[:1] == (kind,):
            for value in _dynamic(block, kind, scope):
                list_of.append(value)
                list_of.places.append(block.span)
                if len(list_of) > MAX_BLOCKS:
                    return ListOf([unknown_at(block.span, "blocks, of which there are too many")])
    return list_of


def block_value(block: tree.Block, scope: Scope) -> MapOf:
    """Give the value of a block: its attributes, and lists of the blocks in it."""
    map_of = MapOf(place=block.span)
    for name, attribute in block.body.attributes.items():
        map_of[name] = evaluate(attribute.value, scope)
        map_of.places[name] = attribute.value.span
        map_of.key_places[name] = attribute.span
    for kind in _types(block.body):
        map_of[kind] = inner_blocks(block.body, kind, scope)
    return map_of


def _dynamic(block: tree.Block, kind: str, scope: Scope) -> Iterator[object]:
    """Write a dynamic block out."""
    attributes = block.body.attributes
    content = next(
        (other_block for other_block in block.body.blocks if other_block.type == "content"), None
    )
    if "for_each" not in attributes or content is None:
        yield unknown_at(block.span, f"the blocks `{kind}`, of which not all is said")
        return
    of = evaluate(attributes["for_each"].value, scope)
    if isinstance(of, Unknown):
        yield Unknown(of.why, of.source)
        return
    name = kind
    if "iterator" in attributes:
        name = attributes["iterator"].value.span.text
    try:
        for key, value in items_of(of):
            each = MapOf([("key", key), ("value", value)])
            yield block_value(content, scope.with_names({name: each}))
    except Refused:
        yield unknown_at(attributes["for_each"].value.span)
