"""Steps of an edit: how the data of a policy changes, and how its text does.

The text is changed at the places that change and nowhere else; what comes out is read again, and
is worth showing only if it is the data that was decided.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from iamsim.core.errors import InputError
from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source
from iamsim.syntax.layout import Layout
from iamsim.syntax.splicing import (
    Change,
    append_item,
    insert_member,
    remove_items,
    rename_member,
    replace_value,
)
from iamsim.world.documents import parse_document

ADD = "add"
INSERT = "insert"
RENAME = "rename"
DROP = "drop"
Data = dict[str, Any]


class Step(NamedTuple):
    """One step.

    ``add`` puts `value` at the end of the list at `path` (a single value becomes a list first),
    ``insert`` adds the member `name` to the object at `path`, ``rename`` gives the member at `path`
    another name and value, ``drop`` takes the entry at `path` out. Paths are those of the policy
    before all steps.
    """

    verb: str
    path: Path
    value: Any = None
    name: str = ""

    @classmethod
    def add(cls, path: Path, value: object) -> Step:
        """Add an entry to a list."""
        return cls(ADD, path, value)

    @classmethod
    def insert(cls, path: Path, name: str, value: object) -> Step:
        """Add a member to an object."""
        return cls(INSERT, path, value, name)

    @classmethod
    def rename(cls, path: Path, name: str, value: object) -> Step:
        """Give a member another name and value."""
        return cls(RENAME, path, value, name)

    @classmethod
    def drop(cls, path: Path) -> Step:
        """Take an entry out of its list."""
        return cls(DROP, path)


def apply_steps(data: Data, steps: Iterable[Step]) -> Data:
    """Give the policy after the steps; entries are taken out last, so that paths stay true.

    Raises `KeyError` where two steps do not go together.
    """
    changed = copy.deepcopy(data)
    for step in _ordered(steps):
        *parents, last = step.path or (None,)
        holder: Any = changed
        for part in parents:
            holder = _member(holder, part)
        match step.verb:
            case "add":
                present = _member(holder, last)
                holder[last] = [*(present if isinstance(present, list) else [present]), step.value]
            case "insert":
                target = holder if last is None else _member(holder, last)
                if not isinstance(target, dict) or step.name in target:
                    raise KeyError(step.name)
                target[step.name] = step.value
            case "rename":
                _member(holder, last)
                members = [
                    (step.name, step.value) if name == last else (name, value)
                    for name, value in holder.items()
                ]
                holder.clear()
                holder.update(members)
            case _:
                _member(holder, last)
                del holder[last]
    return changed


def _member(holder: Any, part: object) -> Any:  # noqa: ANN401 - policies are plain data
    """Give a part of plain data; raises `KeyError` where there is none."""
    if isinstance(holder, dict):
        return holder[part]
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return holder[part]
    raise KeyError(part)


def _ordered(steps: Iterable[Step]) -> list[Step]:
    """Each step once: additions, then other names, then what goes, from behind."""
    seen: list[Step] = []
    for step in steps:
        if step not in seen:
            seen.append(step)
    order = {ADD: 0, INSERT: 0, RENAME: 1, DROP: 2}
    drops = sorted(
        (step for step in seen if step.verb == DROP),
        key=lambda step: [part if isinstance(part, int) else -1 for part in step.path],
        reverse=True,
    )
    return [*sorted((s for s in seen if s.verb != DROP), key=lambda s: order[s.verb]), *drops]


def policy_data(source: Source) -> Data | None:
    """Read the policy of a source as plain data; `None` where its text is none."""
    if source.evaluated is not None:
        found: Data = json.loads(json.dumps(source.evaluated))
        return found
    span = source.span(())
    try:
        data = read_part(" " * (span.column - 1) + span.text, source)
    except InputError:
        return None
    return data if isinstance(data, dict) else None


def read_part(text: str, source: Source) -> object:
    """Read a part of a source's text, or what becomes of it, in the language of the whole.

    Raises `WorldError`.
    """
    language = "json" if source.text.lstrip()[:1] in ("{", "[") else "yaml"
    return parse_document(text, source.name, language=language).data


def text_changes(source: Source, steps: Sequence[Step]) -> tuple[Change, ...]:
    """Say which characters of a source change. Raises `ValueError` where that can't be said."""
    changes: list[Change] = []
    added: dict[Path, list[Any]] = {}
    drops = []
    for step in _ordered(steps):
        match step.verb:
            case "add":
                added.setdefault(step.path, []).append(step.value)
            case "insert":
                changes.append(insert_member(source, step.path, step.name, step.value))
            case "rename":
                changes.append(rename_member(source, step.path, step.name))
                changes.append(_replaced(source, step.path, step.value))
            case _:
                drops.append(step.path)
    for path, values in added.items():
        changes += _appended(source, path, values)
    if drops:
        changes += remove_items(source, drops)
    return tuple(changes)


def _replaced(source: Source, path: Path, value: object) -> Change:
    """Put a value in the place of another; where that is a block, in the line of its key."""
    span = source.span(path)
    change = replace_value(source, path, value)
    key = source.span((*path, KEY))
    between = source.text[key.end : span.start]
    if "\n" not in between or source.text[span.start : span.start + 1] in ("[", "{"):
        return change
    return Change(key.end, span.end, f": {change.text}")


def _appended(source: Source, path: Path, values: list[Any]) -> tuple[Change, ...]:
    """Add entries; a single object becomes a list by brackets around it."""
    span = source.span(path)
    if source.text[span.start : span.start + 1] != "{":
        if isinstance(values[0], dict) and _is_block_object(source, path):
            return _listed_block(source, path, values)
        return (append_item(source, path, *values),)
    written = [replace_value(source, path, value).text for value in values]
    return (
        Change(span.start, span.start, "["),
        Change(span.end, span.end, "".join(f", {text}" for text in written) + "]"),
    )


def _listed_block(source: Source, path: Path, values: list[Any]) -> tuple[Change, ...]:
    """Make an object in block style the first entry of a list in block style."""
    span = source.span(path)
    text, layout = source.text, Layout(source.text)
    column = " " * (span.column - 1)
    indents = [
        Change(position + 1, position + 1, "  ")
        for position in range(span.start, span.end)
        if text[position] == "\n"
    ]
    added = "".join(
        f"{layout.newline}{column}{layout.item(value).block(column)}" for value in values
    )
    return (Change(span.start, span.start, "- "), *indents, Change(span.end, span.end, added))


def _is_block_object(source: Source, path: Path) -> bool:
    """Whether an object without brackets stands at a path."""
    offsets = source.locate_all(source.text) if source.locate_all is not None else {}
    depth = len(path) + 1
    return any(
        len(offset) == depth
        and offset[:-1] == path
        and isinstance(offset[-1], str)
        and offset[-1] != KEY
        for offset in offsets
    )
