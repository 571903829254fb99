"""Plain data as YAML text that people read: the reader of worlds gives the same data back.

Maps and lists of maps are blocks; lists of short texts stand on one line. Texts are quoted where
YAML would take them for something else; account ids are, because other readers would make numbers
of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LINE = 100
SURROGATES = range(0xD800, 0xE000)
LAST_SHORT = 0xFFFF
# What can stand without quotes in every YAML reader, inside brackets too.
_is_plain = re.compile(
    r"[A-Za-z_/.$+][A-Za-z0-9_/.$+@=*~-]*(?::+[A-Za-z0-9_/.$+@=*~-]+)*"
).fullmatch
_is_word = re.compile(
    r"[-+.]?\.?(?:[0-9.eE+_]+|inf|nan)|true|false|yes|no|on|off|y|n|null|~", re.IGNORECASE
).fullmatch


def write_yaml(data: dict[str, object]) -> str:
    """Write a map of texts, numbers, flags, lists and maps as YAML."""
    return "".join(f"{line}\n" for line in _map(data, "")) if data else "{}\n"


def _map(data: dict[str, object], indent: str) -> Iterator[str]:
    """Write the lines of a map."""
    for key, value in data.items():
        name = f"{indent}{_scalar(key)}:"
        flat = _flat(value)
        if flat is not None and (len(name) + len(flat) < LINE or not isinstance(value, list)):
            yield f"{name} {flat}"
        elif isinstance(value, dict):
            yield name
            yield from _map(value, f"{indent}  ")
        elif isinstance(value, list):
            yield name
            yield from _list(value, f"{indent}  ")


def _list(data: list[object], indent: str) -> Iterator[str]:
    """Write the lines of a list."""
    for value in data:
        flat = _flat(value)
        if flat is not None:
            yield f"{indent}- {flat}"
            continue
        lines = _map(value, f"{indent}  ") if isinstance(value, dict) else iter(())
        if isinstance(value, list):
            lines = _list(value, f"{indent}  ")
        for index, line in enumerate(lines):
            yield f"{indent}- {line[len(indent) + 2 :]}" if index == 0 else line


def _flat(value: object) -> str | None:
    """Write a value that fits on a line; `None` for one that needs several."""
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            return None
        return f"[{', '.join(map(_scalar, value))}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    """Write a text, a number, a flag or nothing."""
    if value is None:
        return "null"
    if not isinstance(value, str):
        return json.dumps(value)
    if _is_plain(value) and not _is_word(value):
        return value
    return _escape_hidden(json.dumps(value, ensure_ascii=False))


def _escape_hidden(text: str) -> str:
    """Escape what can't be seen or printed; half of a surrogate pair is no character of YAML."""
    if text.isprintable():
        return text
    return "".join(name if name.isprintable() else _escaped(ord(name)) for name in text)


def _escaped(code: int) -> str:
    """Write a character by its number."""
    if code in SURROGATES:
        return "\\ufffd"
    return f"\\u{code:04x}" if code <= LAST_SHORT else f"\\U{code:08x}"
