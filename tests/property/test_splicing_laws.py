"""Changing the text of a document is changing the document (see ``tests/README.md``)."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml  # noqa: TID253 - tests need not start fast
from hypothesis import given
from hypothesis import strategies as st

from iamsim.syntax.splicing import (
    append_item,
    apply_changes,
    insert_member,
    remove_items,
    rename_member,
    replace_value,
)
from iamsim.world.documents import parse_document

TEXTS = st.sampled_from(
    ["s3:GetObject", "a b", "", "*", "x,y", "- dash", "#no", "${aws:user}", "é"]
)
NAMES = st.sampled_from(["Sid", "Action", "Effect", "a:b", "k 1", "${x}"])
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


def json_text(data: Any, layout: int) -> str:
    """Write JSON in one of the layouts that people use."""
    if layout == 0:
        return json.dumps(data)
    if layout == 1:
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return json.dumps(data, indent=["\t", 2, 4][layout - 2]) + "\n"


def yaml_text(data: Any, layout: int) -> str:
    """Write YAML in block style, in flow style, or with lists that are not indented."""
    return yaml.safe_dump(
        data, default_flow_style=[False, True, None][layout % 3], allow_unicode=layout > 2
    )


WRITERS = st.tuples(st.sampled_from([json_text, yaml_text]), st.integers(0, 4))


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the paths of all parts."""
    found = [path]
    if isinstance(data, dict):
        for name in data:
            found += places(data[name], (*path, name))
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            found += places(entry, (*path, index))
    return found


def part(data: Any, path: tuple[Any, ...]) -> Any:
    """Give the part at a path."""
    for step in path:
        data = data[step]
    return data


@given(DOCUMENTS, WRITERS, VALUES, NAMES, st.data())
def test_a_change_of_the_text_is_the_change_of_the_document(
    document: Any, writer: Any, value: Any, name: str, data: st.DataObject
) -> None:
    """Taking out, adding, renaming and replacing do to the text what they would do to its data."""
    write, layout = writer
    text = write(document, layout)
    kind = "json" if write is json_text else "yaml"
    read = parse_document(text, "a", language=kind)
    assert read.data == document
    expected = copy.deepcopy(document)
    path = data.draw(st.sampled_from(places(document)))
    found = part(expected, path)
    operation = data.draw(st.sampled_from(["remove", "append", "member", "rename", "replace"]))
    if operation == "remove" and isinstance(found, dict | list) and found:
        steps = list(found) if isinstance(found, dict) else list(range(len(found)))
        gone = data.draw(st.lists(st.sampled_from(steps), min_size=1, unique=True))
        changes = remove_items(read.source, [(*path, step) for step in gone])
        for step in sorted(gone, reverse=True):
            del found[step]
    elif operation == "append" and isinstance(found, list):
        changes = (append_item(read.source, path, value, "last"),)
        found += [value, "last"]
    elif operation == "append" and isinstance(found, str):
        changes = (append_item(read.source, path, value),)
        assert path
        part(expected, path[:-1])[path[-1]] = [found, value]
    elif operation == "member" and isinstance(found, dict) and name not in found:
        first = data.draw(st.booleans())
        changes = (insert_member(read.source, path, name, value, first=first),)
        found[name] = value
    elif operation == "rename" and path and isinstance(path[-1], str):
        parent = part(expected, path[:-1])
        if name in parent:
            return
        changes = (rename_member(read.source, path, name),)
        parent[name] = parent.pop(path[-1])
    elif operation == "replace" and path:
        changes = (replace_value(read.source, path, value),)
        part(expected, path[:-1])[path[-1]] = value
    else:
        return
    after = apply_changes(text, changes)
    assert parse_document(after, "a", language=kind).data == expected, after
