"""The AWS CLI's ways to write arguments: `file://`, JSON, and its shorthand for structures.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_text
from iamsim.query.simulation_entries import CONTEXT_MEMBERS, context_entry, no_entry

_NAME, _VALUES, _TYPE = "ContextKeyName", "ContextKeyValues", "ContextKeyType"
_FILE = "file://"

Values = tuple[str, ...]


def file_text(text: str) -> str:
    """Read what `file://PATH` names; other text stands for itself."""
    if not text.startswith(_FILE):
        return text
    path = text.removeprefix(_FILE)
    try:
        return read_text(path)
    except (OSError, ValueError) as error:
        code = "file-not-found" if isinstance(error, FileNotFoundError) else "file-not-readable"
        reason = (getattr(error, "strerror", None) or "not text in UTF-8").lower()
        raise RequestError(code, f"can't read `{path}`: {reason}") from error


def texts(given: Sequence[str]) -> list[str]:
    """Spread lists: the AWS CLI takes several values, or one JSON list of them."""
    found: list[str] = []
    for text in given:
        content = _list(text) if text.lstrip().startswith("[") else None
        found += [text] if content is None else content
    return found


def _list(text: str) -> list[str] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    # Policies may stand in the list as objects; the AWS CLI wants them as text.
    return [entry if isinstance(entry, str) else json.dumps(entry) for entry in content]


def context_entries(given: Sequence[str]) -> dict[str, str | Values]:
    """Read `--context-entries`: each in shorthand or as JSON, or one JSON list of all.

    A key of a list type, or with several values, is multivalued. Raises `RequestError` for what is
    no context entry.
    """
    context: dict[str, str | Values] = {}
    for word in given:
        text = file_text(word)
        for entry in _from_json(text) if text.lstrip()[:1] in {"[", "{"} else [_shorthand(text)]:
            name, values = context_entry(entry, text)
            context[name] = values
    return context


def _from_json(text: str) -> list[dict[str, object]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise no_entry(text, "is not JSON") from error
    entries = content if isinstance(content, list) else [content]
    if not all(isinstance(entry, dict) for entry in entries):
        raise no_entry(text)
    return entries


def _shorthand(text: str) -> dict[str, object]:
    """Read `Name=value,Name=value`; a value without a name before it continues the list."""
    entry: dict[str, list[str]] = {}
    last = ""
    for part, quoted in _parts(text):
        name, equals, value = part.partition("=")
        if equals and name in CONTEXT_MEMBERS and name not in entry:
            last = name
            entry[last] = [_unquoted(value)] if value or quoted else []
        elif last == _VALUES:
            entry[last].append(_unquoted(part))
        else:
            raise no_entry(text)
    return {name: found if name == _VALUES else "".join(found) for name, found in entry.items()}


def _parts(text: str) -> list[tuple[str, bool]]:
    """Cut at commas outside of quotes; brackets around a list are dropped."""
    parts: list[tuple[str, bool]] = []
    current, quote = "", ""
    was_quoted = False
    for character in text:
        if quote:
            quote = "" if character == quote and not current.endswith("\\") else quote
            current += character
        elif character == "," and not quote:
            parts.append((current, was_quoted))
            current, was_quoted = "", False
        elif character in "'\"":
            quote, was_quoted = character, True
            current += character
        elif character not in "[]":
            current += character
    return [*((part.strip(), quoted) for part, quoted in parts), (current.strip(), was_quoted)]


def _unquoted(text: str) -> str:
    """Drop a pair of quotes, and the backslashes before quotes inside."""
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1].replace("\\" + text[0], text[0])
    return text
