"""Where in HCL somebody types, also where the text is not whole: as the way in the policy.

The blocks of `aws_iam_policy_document` have the elements of policies under other names; objects
(as of `jsonencode`) have their own, and heredocs are JSON.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.lsp.place import Place, place_in_flow

if TYPE_CHECKING:
    Path = tuple[str | int, ...]

_token = re.compile(
    r"#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)"
    r"|<<-?(?P<mark>\w+)\n(?P<body>.*?)(?:\n[ \t]*(?P=mark)\b|\Z)"
    r'|"(?:[^"\\\n$]|\\.|\$(?!\{)|\$\{[^}\n]*\}?)*"?'
    r"|[\w.-]+|[{}\[\]()=:,\n]|[^\S\n]+|.",
    re.DOTALL,
)
_actions = re.compile(r"\b(?:actions|Action)\s*=\s*(\[[^\]]*\]|\"[^\"\n]*\")")
_quoted = re.compile(r'"([^"\n]*)"')
_reference = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[[^\]\n]*\])+")
DOCUMENT = "aws_iam_policy_document"
# The arguments of a `statement` block, and what a policy calls them.
ELEMENTS = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
BLOCKS = {"principals": "Principal", "not_principals": "NotPrincipal", "condition": "Condition"}
BLOCK_ELEMENTS = (*ELEMENTS, *BLOCKS)
ARGUMENTS = {"condition": ("test", "variable", "values"), "principals": ("type", "identifiers")}
ARGUMENTS["not_principals"] = ARGUMENTS["principals"]
BLOCK, ARGUMENT = "block", "argument"  # forms of places
COMMENTS = ("#", "//", "/*")


@dataclass(slots=True)
class _Frame:
    """A bracket that is open: `words` stand before it; of an object or a list what is reached."""

    bracket: str
    words: tuple[str, ...]
    start: int
    is_block: bool = False
    at: str | int = ""
    in_value: bool = False
    statements: int = field(default=0)  # blocks of that name that were closed in it


def hcl_place_at(text: str, offset: int) -> Place:
    """Find the place of an offset."""
    return _read(text, offset)[0]


def actions_at(text: str, offset: int) -> dict[str, object] | None:
    """The actions of the statement that an offset is in, as they are written; `None` outside."""
    _, frames = _read(text, offset)
    around = [
        frame
        for frame in frames
        if frame.bracket == "{" and frame.words[:1] in ((), ("statement",))
    ]
    for frame in reversed(around):
        match = _actions.search(text[frame.start : _end_of(text, frame.start)])
        if match is not None:
            return {"Action": _quoted.findall(match[1])}
    return {} if around else None


def _end_of(text: str, start: int) -> int:
    """Where what a bracket opens is closed, or the text ends."""
    depth = 0
    for match in _token.finditer(text, start):
        depth += (match[0] in ("{", "[", "(")) - (match[0] in ("}", "]", ")"))
        if depth == 0 and match[0] in ("}", "]", ")"):
            return match.end()
    return len(text)


def _read(text: str, offset: int) -> tuple[Place, list[_Frame]]:
    """Read tokens up to an offset."""
    frames: list[_Frame] = []
    words: list[str] = []
    for match in _token.finditer(text):
        token, start, end = match[0], match.start(), match.end()
        inner = match["body"]
        if inner is not None and match.start("body") <= offset <= match.end("body"):
            return place_in_flow(text, match.start("body"), offset), frames
        if start <= offset <= end and token[0] == '"' and _is_inside(token, start, offset):
            return _place(text, frames, token, start), frames
        if start <= offset <= end and re.fullmatch(r"[\w.-]+", token):
            return _place(text, frames, token, start), frames
        if start >= offset:
            break
        _take(frames, words, token, start)
    return _place(text, frames, "", offset), frames


def _is_inside(token: str, start: int, offset: int) -> bool:
    """Whether an offset is within the quotes."""
    closed = len(token) > 1 and token[-1] == '"'
    return start < offset < start + len(token) or (offset == start + len(token) and not closed)


def _take(frames: list[_Frame], words: list[str], piece: str, start: int) -> None:
    """Go on behind a token."""
    top = frames[-1] if frames else None
    if piece.startswith(COMMENTS) or (piece.isspace() and piece != "\n"):
        return
    match piece:
        case "{" | "[" | "(":
            value = top is not None and (top.bracket != "{" or top.in_value)
            is_block = piece == "{" and bool(words) and not value
            at = 0 if piece == "[" else ""
            frames.append(_Frame(piece, tuple(words), start, is_block, at))
        case "}" | "]" | ")":
            _close(frames)
        case "=" | ":":
            if top is not None and top.bracket == "{" and words:
                top.at, top.in_value = words[-1], True
        case "," | "\n":
            if piece == "," and top is not None and isinstance(top.at, int):
                top.at += 1
            if top is not None and top.bracket == "{":
                top.in_value = False
        case _:
            words.append(piece.strip('"'))
            return
    words.clear()


def _close(frames: list[_Frame]) -> None:
    """Close a bracket; statements are counted."""
    if frames:
        closed = frames.pop()
        if frames and closed.is_block and closed.words[:1] == ("statement",):
            frames[-1].statements += 1


def _place(text: str, frames: list[_Frame], token: str, start: int) -> Place:
    """The place of a token, which may be empty."""
    quoted = token[:1] == '"'
    content = token[1:] if quoted else token
    if quoted and content.endswith('"'):
        content = content[:-1]
    begin = start + quoted
    path, is_key, form = _path(text, frames, content)
    return Place(path, is_key, content, begin, begin + len(content), quoted, form)


def _path(text: str, frames: list[_Frame], content: str) -> tuple[Path, bool, str]:
    """The way in the policy, whether a key stands there, and its form."""
    for index, frame in enumerate(frames):
        if frame.is_block and frame.words[:1] == ("data",) and DOCUMENT in frame.words:
            return _in_document(text, frames[index:], content)
    steps: list[str | int] = []
    is_key = False
    for frame in frames:
        last = frame is frames[-1]
        if frame.is_block:
            if last and not frame.in_value:
                return (*steps, content), True, BLOCK
            continue
        if frame.bracket == "(":
            continue
        if last and frame.bracket == "{" and not frame.in_value:
            is_key = True
            continue
        steps.append(frame.at)
    outer = [frame for frame in frames if frame.is_block]
    if outer and outer[-1] is frames[-1] and not is_key:
        return (str(outer[-1].at),), False, ""
    return (*steps, *((content,) if is_key else ())), is_key, ""


def _in_document(text: str, frames: list[_Frame], content: str) -> tuple[Path, bool, str]:
    """Inside of a document: its blocks have the elements of a policy."""
    document, *rest = frames
    if not rest or not rest[0].is_block:
        if document.in_value:
            return (str(document.at),), False, ""
        return (content,), True, BLOCK
    statement, *rest = rest
    path: Path = ("Statement", document.statements)
    if not rest or not rest[0].is_block:
        if not statement.in_value:
            return (*path, content), True, BLOCK
        element = ELEMENTS.get(str(statement.at), str(statement.at))
        return (*path, element, *_numbers(rest)), False, ""
    block, *rest = rest
    name = block.words[0]
    if name == "dynamic" and len(block.words) > 1:
        name = block.words[1]
    path = (*path, BLOCKS.get(name, name))
    if not block.in_value:
        return (*path, content), True, BLOCK
    return _argument(text, block, path, content, _numbers(rest))


def _argument(
    text: str, block: _Frame, path: Path, content: str, numbers: Path
) -> tuple[Path, bool, str]:
    """An argument of a block of principals or conditions; names of keys are values there."""
    match block.at:
        case "test" | "type":
            return (*path, content), True, ARGUMENT
        case "variable":
            return (*path, _given(text, block, "test"), content), True, ARGUMENT
        case "values":
            operator, key = (_given(text, block, name) for name in ("test", "variable"))
            return (*path, operator, key, *numbers), False, ""
        case "identifiers":
            return (*path, _given(text, block, "type"), *numbers), False, ""
    return (*path, str(block.at)), False, ""


def _numbers(frames: list[_Frame]) -> Path:
    return tuple(frame.at for frame in frames if isinstance(frame.at, int))


def _given(text: str, block: _Frame, name: str) -> str:
    """What an argument of a block says, wherever it stands in it."""
    end = text.find("}", block.start)
    stretch = text[block.start : end if end >= 0 else len(text)]
    match = re.search(rf'\b{name}\s*=\s*"([^"\n]*)"', stretch)
    return "" if match is None else match[1]


def reference_at(text: str, offset: int) -> str:
    """The reference that an offset is in, such as ``aws_iam_policy.read.arn``; empty for none."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    return next(_at(line, offset - start), "")


def _at(line: str, column: int) -> Iterator[str]:
    for match in _reference.finditer(line):
        if match.start() <= column <= match.end():
            yield match[0]
