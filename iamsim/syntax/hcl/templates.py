"""Reading templates: quoted texts and heredocs, with interpolations and directives.

https://developer.hashicorp.com/terraform/language/expressions/strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from iamsim.syntax.hcl import tree

if TYPE_CHECKING:
    from tree_sitter import Node

    from iamsim.core.span import Source, Span

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_escape = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([nrt"\\]))|([$%])\4\{')
_doubled = re.compile(r"([$%])\1\{")
_trailing = re.compile(r"[ \t\r\n]*\Z")
_leading = re.compile(r"\A[ \t\r]*\n?[ \t\r\n]*")
INTERPOLATION = "template_interpolation"
DIRECTIVE = "template_directive"
MARKER = "strip_marker"


class Reader(Protocol):
    """What reads the nodes of a text."""

    source: Source

    def span(self, node: Node) -> Span:
        """The place of a node."""

    def between(self, start: int, end: int) -> Span:
        """The place between two bytes."""

    def at(self, start: int, end: int) -> Span:
        """The place between two characters."""

    def check_depth(self, node: Node, depth: int) -> None:
        """Raise an error for what nests too deep."""

    def text(self, node: Node) -> str:
        """The text of a node."""

    def expression(self, node: Node, depth: int) -> tree.Expression:
        """Read an expression."""


class TemplateReader:
    """Reads the templates of one text with its reader."""

    def __init__(self, reader: Reader) -> None:
        """Take the reader of expressions."""
        self.reader = reader

    def template(self, node: Node, depth: int) -> tree.Expression:
        """Read a quoted text or a heredoc."""
        children = node.children
        if node.type == "heredoc_template":
            return self._heredoc(node, depth)
        start, end = children[0].end_byte, children[-1].start_byte
        parts = self._parts(children[1:-1], start, end, depth, escapes=True)
        return tree.Template(self.reader.span(node), tuple(parts))

    def _heredoc(self, node: Node, depth: int) -> tree.Expression:
        """Read a heredoc: from the line behind its name to the line of its end; `<<-` takes the
        common indentation away."""
        reader = self.reader
        names = [child for child in node.children if child.type == "heredoc_identifier"]
        inner = [
            child
            for child in node.children
            if child.type not in ("heredoc_start", "heredoc_identifier")
        ]
        opening = reader.span(names[0])
        text = reader.source.text
        begin = text.find("\n", opening.end) + 1
        close = reader.span(names[-1]).start
        close = max(text.rfind("\n", 0, close) + 1, begin)
        parts = self._chars(inner, begin, close, depth, escapes=False)
        if reader.text(node.children[0]) == "<<-":
            parts = _without_indentation(parts)
        return tree.Template(reader.span(node), tuple(parts))

    def _parts(
        self, nodes: list[Node], start: int, end: int, depth: int, *, escapes: bool
    ) -> list[tree.Expression]:
        """Read the parts between two bytes."""
        place = self.reader.between(start, end)
        return self._chars(nodes, place.start, place.end, depth, escapes=escapes)

    def _chars(
        self, nodes: list[Node], start: int, end: int, depth: int, *, escapes: bool
    ) -> list[tree.Expression]:
        """Read the parts between two characters: what stands between the nodes is text."""
        parts: list[tree.Expression] = []
        at = start
        strip = False
        for node in nodes:
            if node.type not in (INTERPOLATION, DIRECTIVE):
                continue
            span = self.reader.span(node)
            marks = _marks(node)
            self._text(parts, at, span.start, escapes=escapes, left=strip, right=marks[0])
            if node.type == INTERPOLATION:
                inner = [
                    named_child
                    for named_child in node.named_children
                    if named_child.type == "expression"
                ]
                if inner:
                    parts.append(self.reader.expression(inner[0], depth + 1))
            else:
                parts.append(self._directive(node, depth, escapes=escapes))
            at, strip = span.end, marks[1]
        self._text(parts, at, end, escapes=escapes, left=strip, right=False)
        return parts

    def _text(
        self,
        parts: list[tree.Expression],
        start: int,
        end: int,
        *,
        escapes: bool,
        left: bool,
        right: bool,
    ) -> None:
        """Add the text between two characters, line by line, so that each has its place."""
        raw = self.reader.source.text[start:end]
        if left and (match := _leading.match(raw)):
            start, raw = start + match.end(), raw[match.end() :]
        if right and (match := _trailing.search(raw)):
            raw = raw[: match.start()]
        for line in raw.splitlines(keepends=True):
            pattern = _escape if escapes else _doubled
            text = pattern.sub(_unescaped if escapes else r"\1{", line)
            span = self.reader.at(start, start + len(line))
            parts.append(tree.Text(span, text, plain=text == line))
            start += len(line)

    def _directive(self, node: Node, depth: int, *, escapes: bool) -> tree.Expression:
        """Read `if` or `for` with the templates in it."""
        reader = self.reader
        inner = node.children[0]
        span = reader.span(inner)
        reader.check_depth(inner, depth)
        sections: list[list[Node]] = [[]]
        bounds: list[Node] = []
        for child in inner.children:
            if child.type.endswith(("_intro", "_end", "_start")) and child.type.startswith(
                ("template_if", "template_else", "template_for")
            ):
                bounds.append(child)
                sections.append([])
            else:
                sections[-1].append(child)
        branches = []
        for number in range(len(bounds) - 1):
            first, last = bounds[number], bounds[number + 1]
            begin, end = reader.span(first).end, reader.span(last).start
            text = reader.source.text
            if _marks(first)[1] and (match := _leading.match(text[begin:end])):
                begin += match.end()
            if _marks(last)[0] and (match := _trailing.search(text[begin:end])):
                end = begin + match.start()
            parts = self._chars(sections[number + 1], begin, end, depth + 1, escapes=escapes)
            branches.append(tree.Template(reader.at(begin, end), tuple(parts)))
        if inner.type == "template_if":
            given = next(child for child in bounds[0].children if child.type == "expression")
            condition = reader.expression(given, depth + 1)
            other = branches[1] if len(branches) > 1 else tree.Template(span, ())
            return tree.Directive(span, tree.Conditional(span, condition, branches[0], other))
        names = tuple(
            reader.text(child) for child in bounds[0].children if child.type == "identifier"
        )
        given = next(child for child in bounds[0].children if child.type == "expression")
        of = reader.expression(given, depth + 1)
        return tree.Directive(span, tree.For(span, names, of, branches[0]))


def _marks(node: Node) -> tuple[bool, bool]:
    """Whether a part of a template strips the space in front of it, and behind it."""
    first, last = node, node
    while first.children and first.children[0].children:
        first = first.children[0]
    while last.children and last.children[-1].children:
        last = last.children[-1]
    before = len(first.children) > 1 and first.children[1].type == MARKER
    behind = len(last.children) > 1 and last.children[-2].type == MARKER
    return before, behind


def _unescaped(match: re.Match[str]) -> str:
    short, long, plain, sign = match.groups()
    if sign:
        return f"{sign}{{"
    if plain:
        return ESCAPES[plain]
    number = int(short or long, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - the last character


def _without_indentation(parts: list[tree.Expression]) -> list[tree.Expression]:
    """Take the indentation that all lines have away."""
    starts: list[int] = []
    fresh = True
    for part in parts:
        if isinstance(part, tree.Text):
            if fresh and part.text.strip("\r\n"):
                starts.append(len(part.text) - len(part.text.lstrip(" \t")))
            fresh = part.text.endswith("\n")
        else:
            if fresh:
                starts.append(0)
            fresh = False
    width = min(starts, default=0)
    expressions: list[tree.Expression] = []
    fresh = True
    for part in parts:
        if fresh and isinstance(part, tree.Text):
            cut = min(width, len(part.text) - len(part.text.lstrip(" \t")))
            span = type(part.span)(part.span.source, part.span.start + cut, part.span.end)
            expressions.append(tree.Text(span, part.text[cut:], part.plain))
        else:
            expressions.append(part)
        fresh = isinstance(part, tree.Text) and part.text.endswith("\n")
    return expressions
