"""JSON texts: read, located, and refused in words; and errors as people see them."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc

import pytest

from iamsim.core import json_text
from iamsim.core.caret import caret_block, quote, render_error
from iamsim.core.errors import PolicyError, WorldError
from iamsim.core.json_places import KEY, JsonPlaces
from iamsim.core.json_text import (
    MAXIMUM_DEPTH,
    JsonNumber,
    check_depth,
    load_json,
    locate_json,
)
from iamsim.core.span import Source, Span

TEXT = '{\n  "a": [1, {"b": "x"}, []],\n  "c d": {},\n  "e": null\n}'


def source(text):
    """Make a source whose places can be found."""
    return Source("t.json", text, locate_json)


def refuse(text, **options):
    """Load a text that must be refused; gives the error."""
    with pytest.raises(PolicyError) as caught:
        load_json(source(text), PolicyError, **options)
    return caught.value


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "1", '"x"', ' [1, 2.5, -3e4, true, false, null, "\\u00e9\\ud800"]\n', TEXT],
)
def test_loads_what_json_loads(text):
    """A valid text gives the value that Python's own reader gives."""
    assert load_json(source(text), PolicyError) == json.loads(text)


def test_a_byte_order_mark_in_front_is_tolerated():
    """A byte order mark is no part of the document, and does not move the places."""
    text = "\ufeff {}"
    assert load_json(source(text), PolicyError) == {}
    assert source(text).span(()).text == "{}"


def test_numbers_can_keep_their_written_form():
    """With `keep_numbers`, `1.0` and `1` stay different texts, and no number is too long."""
    loaded = load_json(source(f"[1.0, 10, 1e5, {'9' * 5000}]"), PolicyError, keep_numbers=True)
    assert loaded == [
        JsonNumber("1.0"),
        JsonNumber("10"),
        JsonNumber("1e5"),
        JsonNumber("9" * 5000),
    ]


def test_locates_every_value_and_every_key():
    """Each path leads to the characters of its value, and `KEY` behind it to those of the key."""
    places = {path: TEXT[start:end] for path, (start, end) in locate_json(TEXT).items()}
    assert places == {
        (): TEXT,
        ("a", KEY): '"a"',
        ("a",): '[1, {"b": "x"}, []]',
        ("a", 0): "1",
        ("a", 1): '{"b": "x"}',
        ("a", 1, "b", KEY): '"b"',
        ("a", 1, "b"): '"x"',
        ("a", 2): "[]",
        ("c d", KEY): '"c d"',
        ("c d",): "{}",
        ("e", KEY): '"e"',
        ("e",): "null",
    }


def test_locates_what_stands_in_front_of_a_fault():
    """Of a broken text the places up to the fault are still found."""
    assert locate_json('{"a": 1, "b" 2}')[("a",)] == (6, 7)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("", "1:1", "the text is empty", "a policy is a JSON object"),
        ("\ufeff\n", "1:1", "the text is empty", "a policy is a JSON object"),
        ('{"a" ', "1:5", "the `{` of line 1, column 1 is not closed", "a colon is missing"),
        ("[", "1:2", "the `[` of line 1, column 1 is not closed", "a value is missing"),
        ("[1\n\n", "1:3", "the `[` of line 1, column 1 is not closed", "`]` is missing at the end"),
        ("{\n [", "2:2", "expected a name in double quotes, found `[`", None),
        ("[1,]", "1:3", "trailing comma before `]`", "remove the comma"),
        ('{"a": 1,}', "1:8", "trailing comma before `}`", "remove the comma"),
        ("[1,}", "1:3", "trailing comma before `}`", "remove the comma"),
        ("[}", "1:2", "`}` can't close the `[` of line 1, column 1", "`]` is missing"),
        ('{"a": [1}', "1:9", "`}` can't close the `[` of line 1, column 7", "`]` is missing"),
        ('{"a":}', "1:6", "a value is missing before `}`", None),
        ("}", "1:1", "a value is missing before `}`", None),
        ("[,]", "1:2", "a value is missing before the comma", "remove one comma"),
        ("{,}", "1:2", "a name is missing before the comma", "remove the comma"),
        ('{"a":1,,}', "1:8", "a name is missing before the comma", "remove one comma"),
        ("{]", "1:2", "expected a name in double quotes, found `]`", None),
        ("{a: 1}", "1:2", "the name `a` stands without quotes", '`"a"`'),
        ("{'a': 1}", "1:2", "`'a'` stands in single quotes", "double quotes"),
        ("['a\n]", "1:2", "`'a` stands in single quotes", "double quotes"),
        ("[allow]", "1:2", "`allow` stands without quotes", '`"allow"`'),
        ("[True]", "1:2", "`True` is not JSON", "write `true`"),
        ("[None]", "1:2", "`None` is not JSON", "write `null`"),
        ("[NaN]", "1:2", "`NaN` is not JSON", "no such number"),
        ("[-Infinity]", "1:2", "`-Infinity` is not JSON", "no such number"),
        ("[(1)]", "1:2", "expected a value, found `(`", None),
        ("[`a`]", "1:2", "expected a value, found a backtick", None),
        ("[01]", "1:2", "`01` is not a JSON number", "no zeros in front"),
        ("[.5]", "1:2", "`.5` is not a JSON number", "no zeros in front"),
        ("[1.]", "1:2", "`1.` is not a JSON number", "digits on both sides"),
        ("[truex]", "1:2", "`truex` is not a JSON value", "texts in quotes"),
        ('{"a" = 1}', "1:6", '`=` stands behind `"a"` where a colon belongs', "write `:`"),
        ('{"a" 1}', "1:6", 'a colon is missing behind `"a"`', "write `:`"),
        ('["a" "b"]', "1:6", 'a comma is missing before `"b"`', "write `,` at line 1, column 5"),
        ('["a" b]', "1:6", "a comma is missing before `b`", "write `,` at line 1, column 5"),
        ("[[]\n{}]", "2:1", "a comma is missing before `{`", "write `,` at line 1, column 4"),
        ('["a"; 1]', "1:5", "`;` stands where a comma belongs", "write `,`"),
        ('["a": 1]', "1:5", "a colon stands where none belongs", "an object"),
        ('["a, "b"]', "1:7", "`b` stands right behind a closing quote", '`"` is missing'),
        ("{}}", "1:3", "one `}` too many", "remove it"),
        ("{} []", "1:4", "a second document follows the first", "a file of its own"),
        ("{},", "1:3", "a comma stands behind the end of the document", "remove it"),
        ("{} end", "1:4", "`end` stands behind the end of the document", None),
        ("{} (", "1:4", "`(` stands behind the end of the document", None),
        ("// a\n{}", "1:1", "JSON has no comments", "Sid"),
        ("{} # a", "1:4", "JSON has no comments", "Sid"),
        ("[/* a */]", "1:2", "JSON has no comments", "Sid"),
        ("[\u201ca\u201d]", "1:2", "typographic quotes", "straight"),
        ("[\u00a01]", "1:2", "unexpected character U+00A0", "remove it"),
        ("[1\u200b]", "1:3", "unexpected character U+200B", "remove it"),
        ("[\x1b[0m]", "1:2", "unexpected character U+001B", None),
        ("{\x00", "1:2", "unexpected character U+0000", "UTF-16"),
        ('{\\"a\\": 1}', "1:2", "unexpected character `\\`", "take it out"),
        ("<html>", "1:1", "this is not JSON", "HTML"),
        ("a: 1\n", "1:1", "this is not JSON", "YAML"),
        ("---\n{}", "1:1", "this is not JSON", "YAML"),
        ("%7B%7D", "1:1", "this is not JSON", "URL-encoded"),
        ('["abc', "1:2", 'the string `"abc` is not closed', 'write `"`'),
        ('["abc\n"]', "1:2", "a string is not closed on its line", "\\n"),
        ('["a\tb"]', "1:4", "a tab stands inside a string", "\\t"),
        ('["\x01"]', "1:3", "the control character U+0001 stands inside", "\\u0001"),
        ('["\\d"]', "1:3", "`\\d` is not an escape that JSON knows", "backslash"),
        ('["\\u12"]', "1:3", "four hexadecimal digits", None),
        ('{"\\q": 1}', "1:3", "`\\q` is not an escape that JSON knows", "backslash"),
    ],
)
def test_says_where_and_why_a_text_is_not_json(text, place, message, hint):
    """Every usual mistake has its place, its words, and a hint where one helps."""
    error = refuse(text)
    assert error.code == "invalid-json"
    assert error.span.place == f"t.json:{place}"
    assert message in error.message
    assert "\n" not in error.message
    assert (error.hint is None) if hint is None else hint in error.hint


def test_a_key_that_stands_twice_names_the_line_of_the_first():
    """Of a duplicate key the second is the place, and the first is named by its line."""
    error = refuse('{"a": {\n"b": 1,\n"c": 2,\n"b": 3}}')
    assert (error.code, error.span.place) == ("duplicate-key", "t.json:4:1")
    assert error.message == "`b` stands twice in one object, first on line 2"
    escaped = refuse('{"b": 1, "\\u0062": 2}')
    assert escaped.span.text == '"\\u0062"'


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_has_a_limit(opening):
    """One bracket more than allowed is refused at its place, one less is read."""
    closing = "]" if opening == "[" else "}"
    inner = "1" if opening != "[" else ""
    fine = opening * 5 + inner + closing * 5
    assert load_json(source(fine), PolicyError, maximum_depth=5) == json.loads(fine)
    error = refuse(opening * 6 + inner + closing * 6, maximum_depth=5)
    assert (error.code, error.span.start) == ("nested-too-deep", 5 * len(opening))
    check_depth(source(fine), PolicyError, 5)
    with pytest.raises(PolicyError):
        check_depth(source(fine), PolicyError, 4)


def test_siblings_do_not_add_to_depth():
    """Many lists beside each other are not deep."""
    text = f"[{','.join(['[]'] * 1000)}]"
    assert load_json(source(text), PolicyError, maximum_depth=2) == [[]] * 1000


def test_hundred_thousand_brackets_are_an_error_and_no_crash():
    """Nesting that exhausts Python's own reader is refused, whatever the caller allows."""
    deep = "[" * 100_000 + "]" * 100_000
    assert refuse(deep).code == "nested-too-deep"
    assert refuse(deep, maximum_depth=None).code == "nested-too-deep"
    allowed = refuse(deep, maximum_depth=200_000)
    assert (allowed.code, allowed.span) == ("nested-too-deep", None)
    assert len(locate_json(deep)) <= MAXIMUM_DEPTH


def test_lines_are_counted_as_far_as_somebody_asks():
    """Places, lines and the end of a text, in whatever order they are asked for."""
    text = "a\nbc\r\n\nd"
    places = [Source("p", text).line_column(offset) for offset in range(len(text) + 2)]
    assert places == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        (2, 3),
        (2, 4),
        (3, 1),
        (4, 1),
        (4, 2),
        (4, 3),
    ]
    backwards = Source("p", text)
    assert [backwards.line_text(line) for line in (4, 3, 2, 1)] == ["d", "", "bc", "a"]
    assert [backwards.line_column(offset) for offset in reversed(range(10))] == places[::-1]
    assert Source("p", "").line_text(1) == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("[1, 2, 3, 4]", True),
        ("[1,2,3,4,5]", False),
        ("[[[[[ ]]]]]", False),
        ("[1" + " " * 20 + "]", True),
        ("[" + "\n" * 5 + "]", False),
        ("{" + "\n" * 5, False),
    ],
)
def test_values_and_lines_are_counted_before_a_text_is_read(monkeypatch, text, read):
    """More than so many are refused at once, whatever else is wrong with the text."""
    monkeypatch.setattr(json_text, "MOST_VALUES", 4)
    if read:
        assert load_json(Source("p", text), PolicyError) == json.loads(text)
        return
    error = refuse(text)
    assert (error.code, error.span.place) == ("text-too-large", "t.json:1:1")


def test_a_number_with_more_digits_than_python_reads_is_an_error():
    """Python limits the digits of an integer; the error shows the longest number."""
    limit = sys.get_int_max_str_digits()
    error = refuse(f"[12, {'7' * (limit + 1)}]")
    assert error.code == "number-too-long"
    assert error.message == f"a number of {limit + 1} digits is too long"
    assert error.span.start == 5


def test_raises_the_kind_of_error_that_was_asked_for():
    """Worlds and scenarios read JSON too, and have errors of their own."""
    with pytest.raises(WorldError):
        load_json(source("{"), WorldError)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "[" + "1," * 300_000,
        '"' + "\\" * 999_999,
        "{" + " " * 1_000_000,
        "'" * 1_000_000,
    ],
    ids=["brackets", "list", "backslashes", "blanks", "quotes"],
)
def test_megabytes_of_nonsense_are_refused_in_bounded_time(text):
    """The diagnosis takes time linear in the text."""
    started = time.monotonic()
    assert refuse(text).code in {"invalid-json", "nested-too-deep"}
    assert time.monotonic() - started < 10


def test_a_caret_stands_under_its_place_behind_tabs():
    """Tabs in front of the place are repeated above the caret, so both lines shift alike."""
    text = '\t\t"Effct": 1'
    block = caret_block(Span(Source("t", text), 2, 9))
    assert block == '1 | \t\t"Effct": 1\n  | \t\t^^^^^^^'


@pytest.mark.parametrize("start", [0, 50, 99, 100, 160, 4_000, 9_999])
def test_long_lines_are_cut_around_the_place(start):
    """Whatever the place, the shown line is short and the caret is under the right character."""
    text = "".join(chr(ord("a") + index % 26) for index in range(10_000))
    shown, carets = caret_block(Span(Source("t", text), start, start + 3)).splitlines()
    assert len(shown) <= 110
    assert shown[carets.index("^")] == text[start]
    assert carets.count("^") == min(3, 10_000 - start)


def test_what_a_terminal_would_obey_is_shown_as_an_escape():
    """Control characters of a policy never reach the terminal, and carets stay in place."""
    text = "\x1b[31m x\x00y"
    block = caret_block(Span(Source("t", text), 8, 9))
    assert "\x1b" not in block
    shown, carets = block.splitlines()
    assert shown[carets.index("^")] == "y"
    assert quote("a\nb\x00") == "`a\\nb\\x00`"
    assert len(quote("x" * 1000)) < 70


def test_a_span_over_several_lines_is_marked_on_its_first():
    """Carets do not run over the end of the line."""
    block = caret_block(Span(Source("t", "ab\ncd"), 1, 5))
    assert block == "1 | ab\n  |  ^"


def test_renders_errors_with_and_without_place_and_hint():
    """The line with the caret and the hint are there where they are known."""
    assert render_error(PolicyError("x", "no")) == "error: no"
    span = Span(Source("t", "ab"), 1, 2)
    error = PolicyError("x", "no", span=span, hint="yes")
    assert render_error(error) == "t:1:2: error: no\n1 | ab\n  |  ^\nhint: yes"
    blank = PolicyError("x", "no", span=Span(Source("t", " "), 0, 0))
    assert render_error(blank) == "t:1:1: error: no"


@pytest.mark.parametrize("text", ["[" + "1," * 100_000 + "1]", '[{"a":' * 80 + "[1]" + "}]" * 80])
def test_places_of_all_values_take_few_bytes(text):
    """However many there are and however deep they stand; objects took 300 for each value."""
    tracemalloc.start()
    places = locate_json(text)
    taken, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert max(taken, most) < 40 * len(places) + 50_000
    deep = (0, "a") * 80 if len(text) < 10_000 else ()
    assert text[slice(*places[(*deep, 0)])] == "1"


@pytest.mark.parametrize("text", [TEXT, '{"a": [1, {"b": ', '{"a": 1, "b" 2}', "[1, [2, [3,", ""])
def test_paths_that_are_gone_through_lead_somewhere(text):
    """All that are given can be asked for, in a broken text too, and no others."""
    places = locate_json(text)
    assert len(list(places)) == len(places)
    assert all(places[path] for path in places)
    for path in [*places, ()]:
        for wrong in ((*path, "none"), (*path, 99), (*path, "none", 0)):
            assert wrong not in places


@pytest.mark.parametrize("path", [(KEY,), ("a", 0, KEY), ("a", 3), ("none",), ("a", "b")])
def test_what_a_text_lacks_has_no_place(path):
    """The text as a whole and the members of a list have no key; others are not there."""
    places = locate_json(TEXT)
    assert path not in places
    assert path[:-1] in places


def test_a_text_that_was_not_read_has_no_places():
    """Nothing was found before its fault."""
    places = JsonPlaces("")
    assert (list(places), len(places), () in places) == ([], 0, False)
