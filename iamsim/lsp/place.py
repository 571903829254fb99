"""Where in a document somebody types: the way to the element, also where the text is not whole.

JSON and YAML in flow style are read token by token up to the place; YAML in block style line by
line, by its indentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

Path = tuple[str | int, ...]

_token = re.compile(
    r'"(?:[^"\\\n]|\\.)*"?'  # a text, maybe not ended
    r"|'[^'\n]*'?"
    r"|[{}\[\],]"
    r"|:(?=[\s{}\[\],]|$|\"|')"  # behind a key
    r"|#[^\n]*"
    r"|[^\s{}\[\],\"'#:](?:[^\s{}\[\],\"':]|:(?![\s{}\[\],\"']|$))*"  # a plain scalar
    r"|[^\S\n]+|\n|.",
    re.MULTILINE,
)
_key = re.compile(
    r"""(?P<quote>["']?)(?P<key>[^"'#{}\[\],&*!|>%@`][^"'{}\[\]]*?)(?P=quote)\s*:(?=\s|$)"""
)
_tag = re.compile(r"![A-Za-z][\w:]*\s+")
QUOTES = ('"', "'")


class Place(NamedTuple):
    """A place. `path` leads to the element, a key's with the key's own name; `text` is what stands
    there, from `start` to `end` in the document, quotes left out. `form` is of HCL: ``block`` where
    the name of an argument or a block stands, ``argument`` where the value of one is a key."""

    path: Path
    is_key: bool
    text: str
    start: int
    end: int
    quoted: bool = False
    form: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of the path, in lower case, without the numbers of lists."""
        return tuple(step.lower() for step in self.path if isinstance(step, str))


@dataclass(slots=True)
class _Frame:
    """A map or list that is open: the key or the number that is reached."""

    is_map: bool
    at: str | int = 0
    before_value: bool = True  # of a map: a key is expected
    keys: list[str] = field(default_factory=list)


def place_at(text: str, offset: int, language: str) -> Place:
    """Find the place of an offset."""
    if language == "json":
        return _flow(text, 0, offset, ())
    return _block(text, offset)


def place_in_flow(text: str, start: int, offset: int) -> Place:
    """Find the place of an offset in JSON that stands in a text from `start` on."""
    return _flow(text, start, offset, ())


def _flow(text: str, start: int, offset: int, base: Path) -> Place:
    """Read tokens from `start` on, up to the one that the offset is in or behind."""
    frames: list[_Frame] = []
    position = start
    while position < len(text):
        match = _token.match(text, position)
        token = match[0] if match is not None else text[position]
        end = position + len(token)
        scalar = token[0] in QUOTES or not (token.isspace() or token[0] in "{}[],:#")
        inside = position <= offset <= end if scalar else position <= offset < end
        if scalar and position < offset and inside and not _ended_before(token, position, offset):
            return _place(frames, base, token, position)
        if scalar and position == offset:
            return _place(frames, base, token, position)
        if position >= offset:
            break
        _take(frames, token, scalar=scalar)
        position = end
    return _place(frames, base, "", offset)


def _ended_before(token: str, position: int, offset: int) -> bool:
    """Whether a quoted text was closed before the offset."""
    closed = len(token) > 1 and token[0] in QUOTES and token[-1] == token[0]
    return closed and offset >= position + len(token)


def _take(frames: list[_Frame], token: str, *, scalar: bool) -> None:
    """Go on behind a token."""
    top = frames[-1] if frames else None
    if scalar:
        if top is not None and top.is_map and top.before_value:
            top.at = token.strip("\"'")
        return
    match token:
        case "{" | "[":
            frames.append(_Frame(is_map=True, at="") if "{" in token else _Frame(is_map=False))
        case "}" | "]":
            if frames:
                frames.pop()
        case ":" if top is not None and top.is_map:
            top.before_value = False
        case "," if top is not None:
            if top.is_map:
                top.at, top.before_value = "", True
            elif isinstance(top.at, int):
                top.at += 1


def _place(frames: list[_Frame], base: Path, token: str, position: int) -> Place:
    """The place of a token, which may be empty."""
    steps: list[str | int] = []
    is_key = False
    for frame in frames:
        last = frame is frames[-1]
        if last and frame.is_map and frame.before_value:
            is_key = True
            continue
        steps.append(frame.at)
    quoted = token[:1] in QUOTES
    content = token[1:] if quoted else token
    if quoted and len(content) and content[-1] == token[0]:
        content = content[:-1]
    start = position + quoted
    path = (*base, *steps, *((content,) if is_key else ()))
    return Place(path, is_key, content, start, start + len(content), quoted)


def _block(text: str, offset: int) -> Place:
    """Read YAML line by line up to the offset."""
    frames: list[tuple[int, str | int]] = []  # indentation, and key or number of a list
    position = 0
    flow_from = -1
    depth = 0
    while position <= len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        current = position <= offset <= end
        if depth > 0:
            if current:
                return _flow(text, flow_from, offset, _path(frames))
            depth += _depth(line)
        elif line.strip() and not line.lstrip().startswith("#"):
            value_at = _behind_tag(line, _enter(frames, line))
            value = line[value_at:]
            if value.lstrip()[:1] in ("{", "["):
                flow_from = position + value_at
                depth = _depth(value)
                if current and offset >= flow_from:
                    return _flow(text, flow_from, offset, _path(frames))
            if current:
                return _line_place(frames, line, position, offset, value_at)
        elif current:
            path = _path(_above(frames, offset - position))
            return Place((*path, ""), True, "", offset, offset)
        position = end + 1
    return Place(("",), True, "", offset, offset)


def _enter(frames: list[tuple[int, str | int]], line: str) -> int:
    """Take the dashes and the key of a line; gives where its value begins."""
    indent = len(line) - len(line.lstrip())
    rest = line[indent:]
    while rest == "-" or rest.startswith("- "):
        while frames and (frames[-1][0] > indent):
            frames.pop()
        if frames and frames[-1][0] == indent and isinstance(frames[-1][1], int):
            frames[-1] = (indent, frames[-1][1] + 1)
        else:
            frames.append((indent, 0))
        step = len(rest) - len(rest[1:].lstrip()) if rest[1:].strip() else len(rest)
        indent += step
        rest = rest[step:]
        if not rest:
            return indent
    match = _key.match(rest)
    while frames and frames[-1][0] >= indent:
        frames.pop()
    if match is None:
        return indent
    frames.append((indent, match["key"].strip()))
    behind = match.end()
    return indent + behind + (len(rest[behind:]) - len(rest[behind:].lstrip()))


def _behind_tag(line: str, at: int) -> int:
    """Where a value begins behind the short form of a function, such as `!Sub`."""
    match = _tag.match(line, at)
    return at if match is None else match.end()


def _above(frames: list[tuple[int, str | int]], indent: int) -> list[tuple[int, str | int]]:
    """The frames around what would be typed at an indentation."""
    return [frame for frame in frames if frame[0] < indent]


def _path(frames: list[tuple[int, str | int]]) -> Path:
    return tuple(step for _, step in frames)


def _depth(line: str) -> int:
    """How many brackets of a line stay open, texts left out."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', "", line)
    return sum(plain.count(entry) for entry in "{[") - sum(plain.count(entry) for entry in "}]")


def _line_place(
    frames: list[tuple[int, str | int]], line: str, position: int, offset: int, value_at: int
) -> Place:
    """The place in a line without brackets: its key, or its value."""
    column = offset - position
    bare = line.split(" #", 1)[0].rstrip()
    key = frames[-1][1] if frames else ""
    has_key = isinstance(key, str) and _key.match(line.lstrip().lstrip("- ")) is not None
    if has_key and column < value_at and isinstance(key, str):
        start = line.find(key)
        return Place(_path(frames), True, key, position + start, position + start + len(key))
    value = bare[value_at:] if value_at <= len(bare) else ""
    quoted = value[:1] in QUOTES
    content = value.strip("\"'") if quoted else value
    start = position + value_at + quoted
    path = _path(frames)
    if not has_key and (not frames or isinstance(frames[-1][1], str)):
        # a word that is to be a key, below a key: what stands there has no colon yet
        return Place((*path, content), True, content, start, start + len(content), quoted)
    return Place(path, False, content, start, start + len(content), quoted)
