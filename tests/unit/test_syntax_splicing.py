"""Changing the text of a policy in place: what changes, and what stays as it was."""

from __future__ import annotations

import pytest

from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.syntax.splicing import (
    Change,
    append_item,
    apply_changes,
    insert_member,
    remove_items,
    rename_member,
    replace_value,
    unified_diff,
)
from iamsim.world.documents import parse_document

LINES = """{
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:Get*",
                "s3:List*"
            ]
        }
    ]
}
"""
INLINE = '{"Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"]}]}'
BLOCK = """Statement:
  - Effect: Allow  # ours
    Action:
      - s3:Get*  # first
      - s3:List*  # second
    Resource: '*'
"""
ACTION = ("Statement", 0, "Action")


def source(text):
    """The source of a JSON or YAML text."""
    return parse_document(text, "a").source


def changed(text, *changes):
    """Make changes."""
    return apply_changes(text, changes)


def test_changes_are_made_together_and_once():
    """Two equal ones count once; two that overlap are refused."""
    assert changed("abc", Change(0, 1, "x"), Change(2, 3, "z"), Change(0, 1, "x")) == "xbz"
    with pytest.raises(ValueError, match="two changes overlap at offset 1"):
        changed("abc", Change(0, 2, "x"), Change(1, 3, "y"))


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (
            LINES,
            '                "s3:List*"\n',
            '                "s3:List*",\n                "s3:Put*"\n',
        ),
        (INLINE, '"s3:List*"', '"s3:List*","s3:Put*"'),
        (BLOCK, "  # second\n", '  # second\n      - "s3:Put*"\n'),
    ],
)
def test_entry_is_added_as_the_others_stand(text, before, after):
    """In lines, in one line, or in a block."""
    change = append_item(source(text), ACTION, "s3:Put*")
    assert changed(text, change) == text.replace(before, after)


def test_single_value_becomes_a_list():
    """Quoted or not, as the text has it."""
    text = '{"Action": "s3:Get*"}'
    assert changed(text, append_item(source(text), ("Action",), "a:b", "c:d")) == (
        '{"Action": ["s3:Get*", "a:b", "c:d"]}'
    )
    text = "Action: s3:Get*\n"
    assert changed(text, append_item(source(text), ("Action",), "a:b")) == (
        'Action: ["s3:Get*", "a:b"]\n'
    )


def test_statement_is_added_in_lines():
    """With the indent of the text."""
    new = {"Effect": "Deny", "Action": ["*"]}
    after = changed(LINES, append_item(source(LINES), ("Statement",), new))
    assert after == LINES.replace(
        "        }\n    ]",
        '        },\n        {\n            "Effect": "Deny",\n            "Action": [\n'
        '                "*"\n            ]\n        }\n    ]',
    )
    windows = LINES.replace("\n", "\r\n")
    after = changed(windows, append_item(source(windows), ("Statement",), new))
    assert "\n" not in after.replace("\r\n", "")


def test_last_entry_of_a_block_goes_with_its_comment():
    """The comment of the entry before stays."""
    after = changed(BLOCK, *remove_items(source(BLOCK), [(*ACTION, 1)]))
    assert after == BLOCK.replace("      - s3:List*  # second\n", "")
    after = changed(BLOCK, *remove_items(source(BLOCK), [(*ACTION, 0)]))
    assert after == BLOCK.replace("      - s3:Get*  # first\n", "")
    unended = BLOCK.rstrip("\n")
    after = changed(unended, *remove_items(source(unended), [("Statement", 0, "Resource")]))
    assert after == BLOCK.replace("\n    Resource: '*'\n", "")


def test_all_entries_leave_an_empty_list():
    """So that the document still has its element."""
    every = [(*ACTION, 0), (*ACTION, 1)]
    assert '"Action":[]' in changed(INLINE, *remove_items(source(INLINE), every))
    assert "    Action: []  # second" in changed(BLOCK, *remove_items(source(BLOCK), every))
    text = '{"Condition": {"Bool": {"a:b": "true"}}}'
    after = changed(text, *remove_items(source(text), [("Condition", "Bool")]))
    assert after == '{"Condition": {}}'


def test_member_is_put_first_or_last():
    """On a line of its own where the others have one."""
    first = insert_member(source(LINES), (), "Version", "2012-10-17", first=True)
    assert changed(LINES, first).startswith('{\n    "Version": "2012-10-17",\n    "Statement"')
    first = insert_member(source(INLINE), (), "Version", "2012-10-17", first=True)
    assert changed(INLINE, first).startswith('{"Version":"2012-10-17","Statement"')
    first = insert_member(source(BLOCK), ("Statement", 0), "Sid", "Ours", first=True)
    assert "  - Sid: Ours\n    Effect: Allow  # ours\n" in changed(BLOCK, first)
    empty = insert_member(source("{}"), (), "Version", "2012-10-17")
    assert changed("{}", empty) == '{"Version": "2012-10-17"}'


def test_names_and_values_are_replaced():
    """With quotes where the text has them, and where YAML needs them."""
    assert changed('{"effect": 1}', rename_member(source('{"effect": 1}'), ("effect",), "E")) == (
        '{"E": 1}'
    )
    text = "effect: allow\n'x': y\n"
    both = (
        rename_member(source(text), ("effect",), "Effect"),
        replace_value(source(text), ("effect",), "yes"),
        rename_member(source(text), ("x",), "z"),
        replace_value(source(text), ("x",), ["a"]),
    )
    assert changed(text, *both) == 'Effect: "yes"\n"z": ["a"]\n'
    after = changed(LINES, replace_value(source(LINES), ACTION, ["a:b"]))
    assert '"Action": [\n                "a:b"\n            ]' in after
    after = changed(BLOCK, replace_value(source(BLOCK), ACTION, "a:b"))
    assert "    Action: a:b  # second\n" in after


def test_source_without_places_takes_the_whole():
    """Nothing is known of its parts."""
    assert changed("ab", replace_value(Source("a", "ab"), (), "x")) == "x"
    located = Source("a", "[]", locate_json)
    assert changed("[]", append_item(located, (), "x")) == '["x"]'


def test_what_an_alias_stands_for_is_not_changed():
    """It stands with its anchor, where a change would reach both."""
    text = "a: &list\n- x\n- y\nb: *list\nc: {d: *list}\n"
    located = source(text)
    for change in (
        lambda: remove_items(located, [("b", 0)]),
        lambda: append_item(located, ("c", "d"), "z"),
        lambda: replace_value(located, ("b", 1), "z"),
    ):
        with pytest.raises(ValueError, match="belongs to an alias"):
            change()
    assert changed(text, replace_value(located, ("b",), "z")) == text.replace("b: *list", "b: z")
    assert changed(text, *remove_items(located, [("a", 1)])) == text.replace("- y\n", "")


def test_difference_as_a_patch():
    """Nothing where nothing changed; a missing line end is told."""
    assert unified_diff("a", "x\n", "x\n") == ""
    assert unified_diff("f", "x", "y") == (
        "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n"
        "\\ No newline at end of file\n"
    )
