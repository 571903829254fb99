"""The texts that a lesson shows, as the sources of its policies: what is quoted is what one read.

The file of a lesson is written for authors, with anchors and long lines. Readers see each policy
as JSON under a name, and a world as YAML; explanations quote these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from iamsim.core.json_text import locate_json
from iamsim.core.span import Path, Source
from iamsim.world.documents import Document, parse_document
from iamsim.world.yaml_writing import write_yaml

WORLD = "world.yaml"
_WIDTH = 84
# What says of a place only what everybody sees.
_LEFT_OUT = frozenset({"world", "accounts", "organization", "requests", "session"})


@dataclass(eq=False, slots=True)
class Pages(Document):
    """A lesson's document whose policies come from the texts that are shown.

    `edited` are texts by their names, where somebody has changed them; the data must agree.
    """

    edited: Mapping[str, str] = field(default_factory=dict)

    def sub_source(self, path: Path) -> Source:
        """Give the source of the policy at `path`: its JSON."""
        name = page_name(path)
        text = self.edited.get(name)
        if text is None:
            part: object = self.data
            for step in path:
                part = part[step]  # type: ignore[index]  # the path leads to a policy that was read
            text = policy_json(part)
        return Source(name, text, locate_json)

    def sub_document(self, path: Path) -> Document:
        """Give the world, as the text that is shown."""
        text = self.edited.get(WORLD)
        if text is None:
            text = world_text(Document(self.data, self.source).sub_document(path).data)
        return parse_document(text, WORLD, folder=self.folder, language="yaml")


def world_text(world: object) -> str:
    """A world as the text that is shown."""
    return write_yaml(world if isinstance(world, dict) else {})


def page_name(path: Path) -> str:
    """A file name that says where a policy stands; numbers start with one."""
    steps = path[2:] if path[:1] == ("requests",) else path
    words = []
    for step in steps:
        if isinstance(step, int):
            words.append(str(step + 1))
        elif step not in _LEFT_OUT and not step.isdecimal():
            words.append("".join(text if text.isalnum() else "-" for text in step).strip("-"))
    return f"{'-'.join(words)}.json"


def policy_json(value: object) -> str:
    """JSON as people write policies: what fits on a line stands on one."""
    return value if isinstance(value, str) else "\n".join(_lines(value, ""))


def _lines(value: object, indent: str) -> list[str]:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(indent) + len(flat) <= _WIDTH):
        return [flat]
    inner = f"{indent}  "
    lines = ["{" if isinstance(value, dict) else "["]
    entries: list[tuple[str, object]] = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", member) for key, member in value.items()]
        if isinstance(value, dict)
        else [("", entry) for entry in value]
    )
    for number, (label, entry) in enumerate(entries, 1):
        first, *rest = _lines(entry, inner)
        lines += [f"{inner}{label}{first}", *rest]
        if number < len(entries):
            lines[-1] += ","
    return [*lines, f"{indent}{'}' if isinstance(value, dict) else ']'}"]
