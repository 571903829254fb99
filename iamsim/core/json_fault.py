"""Why a text is not JSON, in words that say what would be right.

The mistakes are those that people make in policies: a trailing comma, single quotes, comments, a
missing comma or brace, names without quotes, quotes from a word processor, Python's constants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from iamsim.core.caret import quote
from iamsim.core.data_class import NamedTuple


class Expected(Enum):
    """What must stand where a reader stopped."""

    VALUE = "a value"
    KEY = "a name in double quotes"
    COLON = "a colon"
    SEPARATOR = "a comma or a closing bracket"
    END = "the end of the text"


class Fault(NamedTuple):
    """A fault of a text: what is wrong, what would be right, and from where to where."""

    message: str
    hint: str | None
    start: int
    end: int


CLOSING = {"{": "}", "[": "]"}
TYPOGRAPHIC_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb"
COMMENTS = ("//", "/*", "#")
CONSTANTS = {
    "true": "true",
    "false": "false",
    "null": "null",
    "none": "null",
    "nil": "null",
    "undefined": "null",
    "nan": None,
    "infinity": None,
    "-infinity": None,
}
MAXIMUM_CLOSERS = 12  # a hint lists no more closing brackets than this

_match_word = re.compile(r"[^\s\"'`,:={}\[\]<>;()]++").match
_match_number_like = re.compile(r"[-+.]?[0-9]").match
_match_yaml = re.compile(r"(?:---|%YAML|[A-Za-z_][A-Za-z0-9_]*+:(?:\s|$)|- )").match
_match_url_encoded = re.compile(r"%7[bB]|%5[bB]").match


def explain_fault(
    text: str, position: int, expected: Expected, opened: Sequence[int], before: int
) -> Fault:
    """Say what is wrong at `position`, where `expected` should stand.

    `opened` are the offsets of the brackets that are open, outermost first. `before` is the offset
    of the comma in front of a value or key (-1: none), else the offset behind what was read last.
    """
    if position >= len(text):
        return _end_of_text(text, expected, opened)
    whole = _not_json_at_all(text, position) if not opened and expected is Expected.VALUE else None
    fault = whole or _foreign_character(text, position)
    if fault is not None:
        return fault
    match expected:
        case Expected.VALUE:
            return _bad_value(text, position, opened, before)
        case Expected.KEY:
            return _bad_key(text, position, before)
        case Expected.COLON:
            return _bad_colon(text, position, before)
        case Expected.SEPARATOR:
            return _bad_separator(text, position, opened, before)
        case _:
            return _text_behind_the_end(text, position)


def explain_string_fault(text: str, start: int, position: int) -> Fault:
    """Say what is wrong with the string that opens at `start`; the reader stopped at `position`."""
    if position == start:
        end = _line_end(text, start)
        message = f"the string {quote(text[start:end].rstrip())} is not closed"
        return Fault(message, 'write `"` behind its last character', start, end)
    if text.startswith("\\u", position - 1):
        position -= 1  # Python's reader points behind the backslash of this escape
    character = text[position : position + 1]
    if character == "\\":
        return _bad_escape(text, position)
    if character in ("\n", "\r"):
        message = "a string is not closed on its line"
        hint = 'write `"` behind its last character; a line break inside is written `\\n`'
        return Fault(message, hint, start, position)
    if character == "\t":
        message = "a tab stands inside a string"
        return Fault(message, "write it as `\\t`", position, position + 1)
    message = f"the control character {_name(character)} stands inside a string"
    hint = f"remove it, or write it as `\\u{ord(character):04x}`"
    return Fault(message, hint, position, position + 1)


def _bad_escape(text: str, position: int) -> Fault:
    """Explain a backslash that is followed by something it can't escape."""
    escape = text[position : position + 2]
    if escape == "\\u":
        end = position + 6
        message = (
            f"{quote(text[position:end])} is not an escape: four hexadecimal digits follow `u`"
        )
        return Fault(message, None, position, min(end, len(text)))
    message = f"{quote(escape)} is not an escape that JSON knows"
    return Fault(message, "write a backslash as `\\\\`", position, position + len(escape))


def _end_of_text(text: str, expected: Expected, opened: Sequence[int]) -> Fault:
    """Explain a text that ends too early."""
    end = len(text.rstrip(" \t\r\n"))
    if not text[:end].strip("\ufeff"):
        return Fault("the text is empty", "a policy is a JSON object", 0, 0)
    bracket = text[opened[-1]]
    message = f"the text ends, but the `{bracket}` of {_place(text, opened[-1])} is not closed"
    closers = "".join(CLOSING[text[offset]] for offset in reversed(opened[-MAXIMUM_CLOSERS:]))
    if expected is Expected.SEPARATOR:
        hint = f"{quote(closers)} is missing at the end"
    else:
        hint = f"{expected.value} is missing at the end, and then {quote(closers)}"
    return Fault(message, hint, end, end)


def _not_json_at_all(text: str, position: int) -> Fault | None:
    """Recognize a text of another format."""
    end = _line_end(text, position)
    if text[position] == "<":
        hint = "it looks like HTML or XML: was a login page or an error page saved?"
        return Fault("this is not JSON", hint, position, end)
    if _match_url_encoded(text, position):
        return Fault("this is not JSON", "it is URL-encoded: decode it first", position, end)
    if _match_yaml(text, position):
        hint = "it looks like YAML; a policy document is JSON: start with `{`"
        return Fault("this is not JSON", hint, position, end)
    return None


def _foreign_character(text: str, position: int) -> Fault | None:
    """Recognize what no JSON text has at this place, whatever is expected."""
    character = text[position]
    if text.startswith(COMMENTS, position):
        hint = "take comments out; a statement's Sid can hold a remark"
        return Fault("JSON has no comments", hint, position, _line_end(text, position))
    if character == "'":
        end = _closing_quote(text, position, "'")
        message = f"{quote(text[position:end])} stands in single quotes"
        return Fault(message, 'write double quotes: `"`', position, end)
    if character in TYPOGRAPHIC_QUOTES:
        message = f'typographic quotes: {quote(character)} is not `"`'
        hint = "a word processor or a chat changed the quotes: write straight ones"
        return Fault(message, hint, position, position + 1)
    if character == "\\" or not character.isprintable():
        message = f"unexpected character {_name(character)}"
        return Fault(message, _foreign_hint(character), position, position + 1)
    return None


def _foreign_hint(character: str) -> str | None:
    """Say where a character that can't stand in JSON may come from."""
    if character == "\x00":
        return "NUL characters come from a binary file, or from UTF-16 read as UTF-8"
    if character == "\\":
        return "a JSON text inside a JSON string: take it out of its string first"
    if character.isspace() or character in "\u200b\u2060\ufeff":
        return "only blanks, tabs and line breaks may stand between values: remove it"
    return None


def _bad_value(text: str, position: int, opened: Sequence[int], before: int) -> Fault:
    character = text[position]
    if character in "}]":
        if before >= 0:
            return _trailing_comma(text, position, before)
        if opened and CLOSING[text[opened[-1]]] != character:
            return _wrong_bracket(text, position, opened)
        return Fault(f"a value is missing before `{character}`", None, position, position + 1)
    if character == ",":
        message = "a value is missing before the comma"
        return Fault(message, "remove one comma, or write the value", position, position + 1)
    if _match_number_like(text, position):
        return _bad_number(text, position)
    word = _match_word(text, position)
    if word is None:
        message = f"expected a value, found {_name(character)}"
        return Fault(message, None, position, position + 1)
    found = word.group()
    if found.lower() in CONSTANTS:
        right = CONSTANTS[found.lower()]
        hint = f"write `{right}`" if right else "JSON has no such number"
        return Fault(f"{quote(found)} is not JSON", hint, position, word.end())
    hint = f"write it in double quotes: {quote(f'{chr(34)}{found}{chr(34)}')}"
    return Fault(f"{quote(found)} stands without quotes", hint, position, word.end())


def _bad_number(text: str, position: int) -> Fault:
    """Explain a number that JSON writes in another way."""
    word = _match_word(text, position)
    end = word.end() if word else position + 1
    message = f"{quote(text[position:end])} is not a JSON number"
    hint = "no `+` and no zeros in front, digits on both sides of the point; or write it in quotes"
    return Fault(message, hint, position, end)


def _bad_key(text: str, position: int, before: int) -> Fault:
    """Explain what is not the name of a member."""
    character = text[position]
    if character in "}]" and before >= 0:
        return _trailing_comma(text, position, before)
    if character == ",":
        hint = "remove one comma" if before >= 0 else "remove the comma"
        return Fault("a name is missing before the comma", hint, position, position + 1)
    word = _match_word(text, position)
    if word is None:
        message = f"expected a name in double quotes, found {_name(character)}"
        return Fault(message, None, position, position + 1)
    found = word.group()
    hint = f"write it in double quotes: {quote(f'{chr(34)}{found}{chr(34)}')}"
    return Fault(f"the name {quote(found)} stands without quotes", hint, position, word.end())


def _bad_colon(text: str, position: int, before: int) -> Fault:
    """Explain what is not the colon behind a name."""
    character = text[position]
    start = text.rfind('"', 0, before - 1)
    key = quote(text[start:before])
    if character in "=,;":
        message = f"`{character}` stands behind {key} where a colon belongs"
        return Fault(message, "write `:`", position, position + 1)
    return Fault(f"a colon is missing behind {key}", "write `:`", position, position + 1)


def _bad_separator(text: str, position: int, opened: Sequence[int], before: int) -> Fault:
    """Explain what is neither a comma nor the bracket that closes."""
    character = text[position]
    if character in "}]":
        return _wrong_bracket(text, position, opened)
    if character == ";":
        return Fault("`;` stands where a comma belongs", "write `,`", position, position + 1)
    if position == before and (word := _match_word(text, position)):
        return _glued(text, position, word.end())
    if character == ":":
        hint = "a list holds values only: members with names need an object, `{`"
        return Fault("a colon stands where none belongs", hint, position, position + 1)
    end = position + 1
    if character == '"':
        end = _closing_quote(text, position, '"')
    elif word := _match_word(text, position):
        end = word.end()
    message = f"a comma is missing before {quote(text[position:end])}"
    return Fault(message, f"write `,` at {_place(text, before)}", position, end)


def _glued(text: str, position: int, end: int) -> Fault:
    """Explain a word that stands right behind a value, with nothing in between."""
    if text[position - 1] == '"':
        message = f"{quote(text[position:end])} stands right behind a closing quote"
        hint = 'a `"` is missing in front, or one inside a text is not written as `\\"`'
        return Fault(message, hint, position, end)
    start = position
    while _match_word(text, start - 1):
        start -= 1
    if _match_number_like(text, start):
        return _bad_number(text, start)
    message = f"{quote(text[start:end])} is not a JSON value"
    return Fault(message, "write a comma between values, and texts in quotes", start, end)


def _text_behind_the_end(text: str, position: int) -> Fault:
    """Explain what follows the value that the text should consist of."""
    character = text[position]
    if character in "}]":
        return Fault(f"one `{character}` too many", "remove it", position, position + 1)
    if character in "{[":
        message = "a second document follows the first"
        hint = "one text holds one document: give each a file of its own"
        return Fault(message, hint, position, position + 1)
    if character == ",":
        message = "a comma stands behind the end of the document"
        return Fault(message, "remove it", position, position + 1)
    word = _match_word(text, position)
    end = word.end() if word else position + 1
    found = text[position:end]
    return Fault(f"{quote(found)} stands behind the end of the document", None, position, end)


def _trailing_comma(text: str, position: int, comma: int) -> Fault:
    """Explain a comma with nothing but a closing bracket behind it."""
    message = f"trailing comma before `{text[position]}`"
    return Fault(message, "remove the comma", comma, comma + 1)


def _wrong_bracket(text: str, position: int, opened: Sequence[int]) -> Fault:
    """Explain a bracket that closes another kind than was opened last."""
    opening = text[opened[-1]]
    right = CLOSING[opening]
    message = f"`{text[position]}` can't close the `{opening}` of {_place(text, opened[-1])}"
    return Fault(message, f"`{right}` is missing before it", position, position + 1)


def _closing_quote(text: str, position: int, mark: str) -> int:
    """Find the offset behind the quote that closes on this line, or the end of the line."""
    end = _line_end(text, position)
    closing = text.find(mark, position + 1, end)
    return end if closing < 0 else closing + 1


def _line_end(text: str, position: int) -> int:
    """Find the end of the line."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _place(text: str, offset: int) -> str:
    """Say line and column of an offset in words."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return f"line {line}, column {column}"


def _name(character: str) -> str:
    """Name a character, by its number where it can't be shown."""
    if character == "`":
        return "a backtick"
    if character.isprintable():
        return f"`{character}`"
    return f"U+{ord(character):04X}"
