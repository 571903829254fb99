"""The JSON Schema of the world file, made from the tables that read it.

Editors complete and check a `world.yaml` with it: https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.world.records import TABLES, WORLD

if TYPE_CHECKING:
    from iamsim.world.fields import Field, Table


def world_schema() -> dict[str, object]:
    """Give the schema of a world file as plain data, ready for `json.dumps`."""
    definitions = {name: _table_schema(table) for name, table in TABLES.items()}
    definitions["policy"] = {
        "description": "A policy: written out, or its name, its file or its ARN.",
        "anyOf": [{"type": "string"}, {"type": "object"}],
    }
    definitions["unknown"] = {
        "description": "A marker: something is not known, why, and what should have said it.",
        "type": "object",
        "properties": {"unknown": {"type": "string"}, "source": {"type": "string"}},
        "required": ["unknown"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A world: organization, accounts, principals, resources and policies",
        **_table_schema(WORLD),
        "$defs": definitions,
    }


def _table_schema(table: Table) -> dict[str, object]:
    """Give the schema of one kind of record."""
    properties = {
        name: {
            "description": entry.about,
            "anyOf": [
                entry.kind.schema,
                *([{"$ref": "#/$defs/unknown"}] if entry.unknown else []),
            ],
        }
        for entry in table.fields.values()
        for name in (entry.name, *entry.aliases)
    }
    schema: dict[str, object] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = [_required_schema(entry) for entry in table.fields.values() if entry.required]
    return schema | ({"allOf": required} if required else {})


def _required_schema(entry: Field) -> dict[str, object]:
    """Ask for a field under one of its names."""
    return {"anyOf": [{"required": [name]} for name in (entry.name, *entry.aliases)]}
