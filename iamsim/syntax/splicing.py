"""Changing a policy in its text: the places that change are replaced, every other character stays.

Works on whatever a `Source` knows the places of: JSON, and YAML in flow or block style; what an
alias of YAML stands for is not changed (`ValueError`), since it stands elsewhere, too. Changes are
data; several of one text are applied at once. Comments and blank lines behind what stays stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span
from iamsim.syntax.layout import Layout, WrittenItem, indentation

QUOTES = ('"', "'")

# Bytes of a name as git writes them between quotes; others are octal.
_ESCAPES = {
    **{byte: chr(byte) for byte in range(0x20, 0x7F)},
    **{ord(sign): f"\\{sign}" for sign in '"\\'},
    ord("\n"): "\\n",
    ord("\t"): "\\t",
}


class Change(NamedTuple):
    """Put `text` in place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


class _Item(NamedTuple):
    """An entry of a list or a member of an object, with its dash or its key."""

    path: Path
    start: int
    end: int


def apply_changes(text: str, changes: Iterable[Change]) -> str:
    """Make all changes at once; one that is given twice is made once.

    Raises `ValueError` when two of them overlap.
    """
    ordered = sorted(set(changes))
    for first, second in pairwise(ordered):
        if second.start < first.end:
            message = f"two changes overlap at offset {second.start}"
            raise ValueError(message)
    parts = []
    position = 0
    for change in ordered:
        parts += [text[position : change.start], change.text]
        position = change.end
    return "".join([*parts, text[position:]])


def unified_diff(name: str, before: str, after: str, *, context: int = 3) -> str:
    """Write the difference of two texts of a file as a patch; nothing where they are equal.

    A name that a terminal would obey is quoted as git does it, and git reads it:
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
    """
    from difflib import unified_diff as difference

    lines = difference(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        _quoted(f"a/{name}"),
        _quoted(f"b/{name}"),
        n=context,
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _quoted(name: str) -> str:
    """The name of a file as it stands in a patch."""
    if name.isprintable() and not set(name) & set('"\\'):
        return name
    written = (
        _ESCAPES.get(byte) or f"\\{byte:03o}" for byte in name.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(written)}"'


def replace_value(source: Source, path: Path, value: object) -> Change:
    """Write another value in the place of the one at `path`."""
    span = _place(source, path)
    layout = Layout(source.text)
    base = indentation(source.text, span.start)
    if layout.is_json or layout.is_flow(span.start) or span.text.startswith(QUOTES):
        return Change(span.start, span.end, layout.flow(value, base, lines="\n" in span.text))
    return _instead(source, path, layout.inline(value))


def rename_member(source: Source, path: Path, name: str) -> Change:
    """Give the member at `path` another name."""
    _place(source, path)
    span = source.span((*path, KEY))
    layout = Layout(source.text)
    written = layout.flow(name, "") if span.text.startswith(QUOTES) else layout.inline(name)
    return Change(span.start, span.end, written)


def remove_items(source: Source, paths: Collection[Path]) -> tuple[Change, ...]:
    """Take entries out of their lists, and members out of their objects.

    A list or object that loses everything is left empty.
    """
    changes: list[Change] = []
    for parent in {path[:-1]: None for path in paths}:
        items = _items(source, parent)
        gone = [item.path in paths for item in items]
        if all(gone):
            empty = "[]" if isinstance(items[0].path[-1], int) else "{}"
            changes.append(_instead(source, parent, empty))
            continue
        last_kept = max(index for index, removed in enumerate(gone) if not removed)
        changes += [
            Change(item.start, following.start, "")
            for removed, (item, following) in zip(gone, pairwise(items), strict=False)
            if removed and following.start <= items[last_kept].start
        ]
        if last_kept < len(items) - 1:
            start, end = items[last_kept].end, items[-1].end
            if not Layout(source.text).is_flow(source.span(parent).start):
                # What stands behind an entry on its line is a comment of it.
                start, end = _line_end(source.text, start), _line_end(source.text, end)
            changes.append(Change(start, end, ""))
    return tuple(changes)


def _instead(source: Source, path: Path, written: str) -> Change:
    """Put one line in the place of a value; the block of a key in YAML begins on lines below it."""
    span = _place(source, path)
    layout = Layout(source.text)
    if path and isinstance(path[-1], str) and not layout.is_json:
        key = source.span((*path, KEY))
        colon = source.text.find(":", key.end, span.start)
        if "\n" in source.text[colon : span.start]:
            return Change(colon, span.end, f": {written}")
    return Change(span.start, span.end, written)


def append_item(source: Source, path: Path, *values: object) -> Change:
    """Add entries at the end of the list at `path`; a single value becomes a list first."""
    span = _place(source, path)
    text = source.text
    layout = Layout(text)
    items = _items(source, path)
    if not items:
        kept = [] if span.text[:1] == "[" else [layout.quoted(span.text)]
        written = [*kept, *(layout.flow(value, "") for value in values)]
        return Change(span.start, span.end, f"[{layout.comma.join(written)}]")
    return _behind(layout, text, items, [layout.item(value) for value in values], span.start)


def insert_member(
    source: Source, path: Path, name: str, value: object, *, first: bool = False
) -> Change:
    """Add a member to the object at `path`: at its end, or in front of all others."""
    span = _place(source, path)
    text = source.text
    layout = Layout(text)
    items = _items(source, path)
    member = layout.member(name, value)
    if not items:
        return Change(span.start, span.end, f"{{{member.flow('')}}}")
    if not first:
        return _behind(layout, text, items, [member], span.start)
    start = items[0].start
    base = indentation(text, start)
    if not layout.is_flow(span.start):
        column = " " * (start - text.rfind("\n", 0, start) - 1)
        return Change(start, start, f"{member.block(column)}{layout.newline}{column}")
    gap = text[span.start + 1 : start] if _begins_line(text, start) else layout.comma[1:]
    return Change(start, start, f"{member.flow(base)},{gap}")


def _behind(
    layout: Layout, text: str, items: Sequence[_Item], added: Sequence[WrittenItem], start: int
) -> Change:
    """Put what was written behind the last item of a list or an object that starts at `start`."""
    first, last = items[0], items[-1]
    if not layout.is_flow(start):
        column = " " * (first.start - text.rfind("\n", 0, first.start) - 1)
        lines = "".join(f"{layout.newline}{column}{item.block(column)}" for item in added)
        end = _line_end(text, last.end)
        return Change(end, end, lines)
    base = indentation(text, last.start)
    lines_each = _begins_line(text, last.start)
    gap = f",{layout.newline}{base}" if lines_each else layout.comma
    spread = "\n" in text[last.start : last.end]
    return Change(
        last.end, last.end, "".join(f"{gap}{item.flow(base, lines=spread)}" for item in added)
    )


def _place(source: Source, path: Path) -> Span:
    """Find a part of the text. Raises `ValueError` for what an alias of YAML stands for: it does
    not stand inside of what it belongs to."""
    inner = source.span(path)
    span = inner
    for count in range(len(path) - 1, -1, -1):
        outer = source.span(path[:count])
        if not outer.start <= inner.start <= inner.end <= outer.end:
            message = f"what stands at offset {span.start} belongs to an alias"
            raise ValueError(message)
        inner = outer
    return span


def _items(source: Source, parent: Path) -> list[_Item]:
    """Find the entries of a list or the members of an object, in the order of the text."""
    span = _place(source, parent)
    offsets = source.locate_all(source.text) if source.locate_all is not None else {}
    depth = len(parent) + 1
    block = not Layout(source.text).is_flow(span.start)
    items = []
    for path, (start, end) in offsets.items():
        if len(path) != depth or path[:-1] != parent or path[-1] == KEY:
            continue
        _place(source, path)
        if isinstance(path[-1], str):
            items.append(_Item(path, offsets[(*path, KEY)][0], end))
        else:
            dash = source.text.rfind("-", 0, start)
            items.append(_Item(path, dash if block else start, end))
    return sorted(items, key=lambda item: item.start)


def _line_end(text: str, offset: int) -> int:
    """The end of the line of an offset, before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end


def _begins_line(text: str, offset: int) -> bool:
    """Whether only blanks stand before an offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()
