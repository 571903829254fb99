"""Values of the AWS CLI's options: JSON, shorthand syntax, plain text; by the shape of the member.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.calls.data import Service

UNREAD = ("file://", "fileb://")
DEEPEST = 64


class _Shorthand:
    """Reads ``Key=value,Key2=[a,b],Key3={...}``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def read(self) -> Any:  # noqa: ANN401 - parameters are JSON
        value = self._pairs("")
        if self.at != len(self.text):
            raise self._error()
        return value

    def _error(self) -> RequestError:
        return RequestError(
            "invalid-shorthand",
            f"`{self.text}` is not in the shorthand syntax of the AWS CLI (column {self.at + 1})",
            hint="write Key=value,Key2=value2, or JSON",
        )

    def _pairs(self, end: str) -> dict[str, Any]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error()
        pairs: dict[str, Any] = {}
        while True:
            if end and self._peek() == end:
                break
            key = self._key()
            if self._peek() == "@":
                self.at += 1
            if self._peek() != "=":
                raise self._error()
            self.at += 1
            pairs[key] = self._value(end)
            if self._peek() != ",":
                break
            self.at += 1
        self.depth -= 1
        return pairs

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _key(self) -> str:
        start = self.at
        if self._peek() in ("'", '"'):
            return self._quoted()
        while self._peek() not in ("", "=", ",", "@", "]", "}", "{", "["):
            self.at += 1
        if start == self.at:
            raise self._error()
        return self.text[start : self.at].strip()

    def _value(self, end: str) -> Any:  # noqa: ANN401 - as above
        """A value, or several with commas between: a list that is not written as one."""
        first = self._single(end)
        if isinstance(first, dict | list):
            return first
        several = [first]
        while self._peek() == "," and self._continues(end):
            self.at += 1
            several.append(self._single(end))
        return several if len(several) > 1 else first

    def _continues(self, end: str) -> bool:
        """Whether what follows a comma is another value, not another key."""
        position = self.at + 1
        while position < len(self.text):
            letter = self.text[position]
            if letter in ("'", '"'):
                close = self.text.find(letter, position + 1)
                position = len(self.text) if close < 0 else close + 1
                continue
            if letter == "=":
                return False
            if letter in {",", end}:
                return True
            position += 1
        return True

    def _single(self, end: str) -> Any:  # noqa: ANN401 - as above
        letter = self._peek()
        if letter in ("'", '"'):
            return self._quoted()
        if letter == "[":
            return self._list()
        if letter == "{":
            self.at += 1
            found = self._pairs("}")
            if self._peek() != "}":
                raise self._error()
            self.at += 1
            return found
        start = self.at
        while self._peek() not in ("", ",") and (not end or self._peek() != end):
            self.at += 2 if self._peek() == "\\" else 1
        return self.text[start : self.at].replace("\\,", ",").strip()

    def _list(self) -> list[Any]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error()
        self.at += 1
        found: list[Any] = []
        while self._peek() != "]":
            if not self._peek():
                raise self._error()
            found.append(self._single("]"))
            if self._peek() == ",":
                self.at += 1
        self.at += 1
        self.depth -= 1
        return found

    def _quoted(self) -> str:
        quote = self._peek()
        self.at += 1
        quoted = ""
        while self._peek() != quote:
            if not self._peek():
                raise self._error()
            if self._peek() == "\\":
                self.at += 1
            quoted += self._peek()
            self.at += 1
        self.at += 1
        return quoted


def _json(text: str, name: str) -> Any:  # noqa: ANN401 - parameters are JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            "invalid-json", f"the value of `{name}` is no JSON: {error}".replace("\n", " ")
        ) from error


def value_of(service: Service, kind: str, words: list[str], name: str) -> Any:  # noqa: ANN401
    """Read the words after an option by the kind of its member.

    Raises `RequestError` for what is neither JSON nor shorthand syntax.
    """
    if not kind.isdigit():
        return _scalar(kind, words[0] if words else "true")
    shape = int(kind)
    if words and words[0].startswith(UNREAD):
        return None
    match service.kind(shape):
        case "L":
            return _list(service, shape, words, name)
        case _:
            text = words[0] if words else "{}"
            if text.lstrip().startswith(("{", "[")):
                return _json(text, name)
            return shaped(service, kind, _Shorthand(",".join(words)).read())


def _list(service: Service, shape: int, words: list[str], name: str) -> Any:  # noqa: ANN401
    inner = service.inner(shape)
    if len(words) == 1 and words[0].lstrip().startswith("["):
        return _json(words[0], name)
    if not inner.isdigit():
        return [_scalar(inner, word) for word in words]
    found = []
    for word in words:
        if word.lstrip().startswith(("{", "[")):
            found.append(_json(word, name))
        elif "=" in word:
            found.append(shaped(service, inner, _Shorthand(word).read()))
        else:
            found.append(_only_member(service, inner, word))
    return found


def _only_member(service: Service, kind: str, word: str) -> Any:  # noqa: ANN401 - as above
    """A bare value where a structure is wanted: that of its first member."""
    members = service.members(int(kind)) if service.kind(int(kind)) == "S" else {}
    first = next(iter(members), None)
    return word if first is None else {first: word}


def _scalar(kind: str, text: str) -> Any:  # noqa: ANN401 - as above
    if kind == "b":
        return text.lower() == "true"
    if kind == "n":
        try:
            return int(text)
        except ValueError:
            return text
    return text


def shaped(service: Service, kind: str, value: Any, depth: int = 0) -> Any:  # noqa: ANN401
    """Bring a value into the form of its shape: one value where a list is wanted becomes one."""
    if depth > DEEPEST:
        return value
    if not kind.isdigit():
        return _scalar(kind, value) if isinstance(value, str) else value
    shape = int(kind)
    form = service.kind(shape)
    if form == "L":
        several = value if isinstance(value, list) else [] if value == "" else [value]
        return [shaped(service, service.inner(shape), entry, depth + 1) for entry in several]
    if not isinstance(value, dict):
        return value
    if form == "M":
        inner = service.inner(shape)
        return {name: shaped(service, inner, member, depth + 1) for name, member in value.items()}
    members = service.members(shape)
    lowered = {name.lower(): name for name in members}
    found = {}
    for name, member in value.items():
        known = name if name in members else lowered.get(name.lower(), name)
        inner = members[known].kind if known in members else "s"
        found[known] = shaped(service, inner, member, depth + 1)
    return found
