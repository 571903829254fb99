"""Reading HCL text: tree-sitter finds the syntax, this makes the tree of it.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.span import Source, Span
from iamsim.syntax.hcl import tree
from iamsim.syntax.hcl.templates import TemplateReader

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from iamsim.syntax.hcl.typed import TypedText

MAX_CHARACTERS = 5_000_000
TEMPLATE_START = "v = <<IAMSIM_END_OF_TEMPLATE\n"  # in front of a template, which is read alone
TEMPLATE_END = "\nIAMSIM_END_OF_TEMPLATE\n"
MAX_DEPTH = 64
# A quoted text in which nothing is escaped, interpolated or of more than one line.
_plain_text = re.compile(r'"([^"\\$%\x00-\x1f\x7f-\x9f\u2028\u2029]*)"')
_parsers: list[Parser] = []


def parse_hcl(text: str, name: str, typed: TypedText | None = None) -> tree.Body:
    """Read a file of HCL; `name` stands for it in errors, `typed` is what it was before.

    Raises `WorldError` with the place of what is no HCL, of what nests deeper than 64 levels and
    of a file that is too large; `RequestError` where tree-sitter is not installed.
    """
    source = Source(name, text)
    reader = _Reader(source, typed)
    try:
        for child in reader.root.children:
            if child.type == "body":
                return reader.body(child, 0)
    except RecursionError:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise WorldError("nested-too-deep", message, span=Span(source, 0, 0)) from None
    return tree.Body()


def parse_template(text: str, name: str) -> tree.Expression:
    """Read the file of a template, as `templatefile` takes it."""
    whole = f"{TEMPLATE_START}{text}{TEMPLATE_END}"
    body = parse_hcl(whole, name)
    return body.attributes["v"].value


def _parser() -> Parser:
    """Make the parser, once."""
    if not _parsers:
        try:
            import tree_sitter
            import tree_sitter_hcl
        except ImportError as error:
            raise WorldError(
                "extra-missing",
                "Terraform's HCL needs the extra `terraform`, which is not installed",
                hint="pip install 'iamsim[terraform]', or give a plan as JSON",
            ) from error
        language = tree_sitter.Language(tree_sitter_hcl.language())
        _parsers.append(tree_sitter.Parser(language))
    return _parsers[0]


class _Reader:
    """Turns the nodes of one text into the tree."""

    def __init__(self, source: Source, typed: TypedText | None) -> None:
        self.source = source
        text = source.text
        if len(text) > MAX_CHARACTERS:
            message = f"the file has more than {MAX_CHARACTERS} characters"
            raise WorldError("hcl-too-large", message, span=Span(source, 0, 0))
        content = text.encode("utf-8", "replace")
        self.offsets = None if len(content) == len(text) else _offsets(text)
        parser = _parser()
        parsed = parser.parse(content) if typed is None else typed.parse(parser, content)
        self.root = parsed.root_node
        if self.root.has_error:
            self.fail_at_error()

    def span(self, node: Node) -> Span:
        """The place of a node."""
        return self.between(node.start_byte, node.end_byte)

    def between(self, start: int, end: int) -> Span:
        """The place between two bytes."""
        if self.offsets is None:
            return Span(self.source, start, end)
        return Span(self.source, self.offsets[start], self.offsets[end])

    def at(self, start: int, end: int) -> Span:
        """The place between two characters."""
        return Span(self.source, start, end)

    def fail_at_error(self) -> NoReturn:
        """Raise the error about the first text that is none of the language."""
        node = self.root
        while not (node.is_error or node.is_missing):
            inner = next(
                (child for child in node.children if child.has_error or child.is_missing), None
            )
            if inner is None:
                break
            node = inner
        span = self.span(node)
        if node.is_missing:
            self.fail(f"this is not HCL: `{node.type}` is missing here", span)
        first = span.text.strip().split("\n")[0][:40]
        shown = f": {quote(first)} is not expected here" if first else ""
        self.fail(f"this is not HCL{shown}", Span(self.source, span.start, span.start + len(first)))

    def fail(self, message: str, span: Span) -> NoReturn:
        """Raise an error at a place."""
        raise WorldError("invalid-hcl", message, span=span)

    def body(self, node: Node, depth: int) -> tree.Body:
        """Read the attributes and blocks of a body."""
        attributes: dict[str, tree.Attribute] = {}
        blocks: list[tree.Block] = []
        for child in node.named_children:
            kind = child.type
            if kind == "attribute":
                parts = child.children
                name = self.text(parts[0])
                if name in attributes:
                    line = attributes[name].span.line
                    self.fail(f"`{name}` stands here already: line {line}", self.span(child))
                value = self.expression(parts[-1], depth + 1)
                attributes[name] = tree.Attribute(self.span(child), name, value)
            elif kind == "block":
                blocks.append(self.block(child, depth + 1))
        return tree.Body(attributes, tuple(blocks))

    def block(self, node: Node, depth: int) -> tree.Block:
        """Read a block."""
        self.check_depth(node, depth)
        names: list[str] = []
        body = tree.Body()
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                names.append(self.text(child))
            elif kind == "string_lit":
                names.append(self.text(child)[1:-1])
            elif kind == "body":
                body = self.body(child, depth)
        return tree.Block(self.span(node), names[0], tuple(names[1:]), body)

    def check_depth(self, node: Node, depth: int) -> None:
        """Raise an error for what nests too deep."""
        if depth > MAX_DEPTH:
            span = self.span(node)
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise WorldError(
                "nested-too-deep", message, span=Span(self.source, span.start, span.start)
            )

    def text(self, node: Node) -> str:
        """The text of a node."""
        if self.offsets is None:
            return self.source.text[node.start_byte : node.end_byte]
        return self.span(node).text

    def expression(self, node: Node, depth: int) -> tree.Expression:
        """Read an expression."""
        self.check_depth(node, depth)
        kind = node.type
        read = _READERS.get(kind)
        if read is None:
            self.fail(f"`{kind}` is not known here", self.span(node))
        # Most expressions are plain texts: their nodes say no more than their characters do.
        plain = self.plain_text(node) if kind == "expression" else None
        return read(self, node, depth) if plain is None else plain

    def plain_text(self, node: Node) -> tree.Template | None:
        """Read a node that is a quoted text in which nothing needs reading, else `None`."""
        start, end = node.start_byte, node.end_byte
        if self.offsets is not None:
            start, end = self.offsets[start], self.offsets[end]
        match = _plain_text.fullmatch(self.source.text, start, end)
        if match is None:
            return None
        span = self.at(start, end)
        text = (tree.Text(self.at(span.start + 1, span.end - 1), match[1]),) if match[1] else ()
        return tree.Template(span, text)

    def wrapped(self, node: Node, depth: int) -> tree.Expression:
        """Read what stands in a node: one expression, in brackets or with steps behind it."""
        children = [
            named_child for named_child in node.named_children if named_child.type != "comment"
        ]
        expression = self.expression(children[0], depth if len(children) == 1 else depth + 1)
        return self.steps(expression, children[1:], node, depth)

    def steps(
        self, found: tree.Expression, steps: list[Node], node: Node, depth: int
    ) -> tree.Expression:
        """Read the steps of a reference."""
        start = node.start_byte
        for step in steps:
            span = self.between(start, step.end_byte)
            if step.type == "splat":
                each = tuple(self.splat_steps(step.children[0], depth))
                found = tree.Splat(span, found, each)
                continue
            read = self.step(step, depth)
            if isinstance(read, str):
                found = tree.GetAttribute(span, found, read)
            else:
                found = tree.Index(span, found, read)
        return found

    def splat_steps(self, node: Node, depth: int) -> list[str | tree.Expression]:
        """Read the steps behind a star."""
        return [
            self.step(named_child, depth)
            for named_child in node.named_children
            if named_child.type != "comment"
        ]

    def step(self, node: Node, depth: int) -> str | tree.Expression:
        """Read one step: a name, or the expression of an index."""
        if node.type == "get_attr":
            return self.text(node.children[-1])
        if node.type != "index":
            self.fail(f"`{node.type}` is not known here", self.span(node))
        inner = node.children[0]
        if inner.type == "legacy_index":
            return tree.Literal(self.span(inner), int(self.text(inner)[1:] or 0))
        return self.expression(inner.children[1], depth + 1)

    def number(self, node: Node, _depth: int) -> tree.Expression:
        """Read a number."""
        text = self.text(node)
        try:
            value: object = int(text) if text.isdecimal() else float(text)
        except (ValueError, OverflowError):
            self.fail("this is no number", self.span(node))
        return tree.Literal(self.span(node), value)

    def call(self, node: Node, depth: int) -> tree.Expression:
        """Read a call of a function."""
        arguments: list[tree.Expression] = []
        expand = False
        names = [self.text(child) for child in node.children if child.type == "identifier"]
        for child in node.children:
            if child.type == "function_arguments":
                arguments = [
                    self.expression(named_child, depth + 1)
                    for named_child in child.named_children
                    if named_child.type == "expression"
                ]
                expand = any(other_child.type == "ellipsis" for other_child in child.children)
        return tree.Call(self.span(node), "::".join(names), tuple(arguments), expand)

    def tuple_of(self, node: Node, depth: int) -> tree.Expression:
        """Read a list."""
        items = [
            named_child for named_child in node.named_children if named_child.type == "expression"
        ]
        return tree.TupleOf(
            self.span(node), tuple(self.expression(item, depth + 1) for item in items)
        )

    def object_of(self, node: Node, depth: int) -> tree.Expression:
        """Read an object."""
        items: list[tuple[tree.Expression, tree.Expression]] = []
        for element in node.named_children:
            if element.type == "object_elem":
                parts = [
                    named_child
                    for named_child in element.named_children
                    if named_child.type == "expression"
                ]
                key = self.expression(parts[0], depth + 1)
                if isinstance(key, tree.Variable) and not self.text(parts[0]).startswith("("):
                    key = tree.Text(key.span, key.name)
                items.append((key, self.expression(parts[1], depth + 1)))
        return tree.ObjectOf(self.span(node), tuple(items))

    def for_of(self, node: Node, depth: int) -> tree.Expression:
        """Read a for expression."""
        inner = node.children[0]
        names, of = self.for_intro(inner, depth)
        parts = [child for child in inner.children if child.type == "expression"]
        values = [self.expression(part, depth + 1) for part in parts]
        condition = next(
            (
                self.expression(child.named_children[-1], depth + 1)
                for child in inner.children
                if child.type == "for_cond"
            ),
            None,
        )
        key = values[0] if inner.type == "for_object_expr" else None
        group = any(child.type == "ellipsis" for child in inner.children)
        return tree.For(self.span(node), names, of, values[-1], key, condition, group)

    def for_intro(self, node: Node, depth: int) -> tuple[tuple[str, ...], tree.Expression]:
        """Read the names and the collection of a loop."""
        intro = next(
            child for child in node.children if child.type in ("for_intro", "template_for_start")
        )
        names = tuple(self.text(child) for child in intro.children if child.type == "identifier")
        of = next(child for child in intro.children if child.type == "expression")
        return names, self.expression(of, depth + 1)

    def unary(self, node: Node, depth: int) -> tree.Expression:
        """Read an operation with one operand."""
        of = self.operand(node.named_children, depth)
        return tree.Unary(self.span(node), self.text(node.children[0]), of)

    def binary(self, node: Node, depth: int) -> tree.Expression:
        """Read an operation with two operands."""
        children = node.children
        place = next(
            index
            for index, child in enumerate(children)
            if not child.is_named and re.fullmatch(r"[-+*/%<>=!&|]+", child.type)
        )
        left = self.operand(children[:place], depth)
        right = self.operand(children[place + 1 :], depth)
        return tree.Binary(self.span(node), children[place].type, left, right)

    def operand(self, nodes: list[Node], depth: int) -> tree.Expression:
        """Read an operand, which may be in brackets or have steps behind it."""
        named = [node for node in nodes if node.is_named and node.type != "comment"]
        expression = self.expression(named[0], depth + 1)
        if len(named) == 1:
            return expression
        return self.steps(expression, named[1:], named[0], depth)

    def conditional(self, node: Node, depth: int) -> tree.Expression:
        """Read a choice."""
        parts = [
            named_child for named_child in node.named_children if named_child.type != "comment"
        ]
        condition, yes, no = (self.expression(part, depth + 1) for part in parts)
        return tree.Conditional(self.span(node), condition, yes, no)

    def template(self, node: Node, depth: int) -> tree.Expression:
        """Read a quoted text or a heredoc."""
        return TemplateReader(self).template(node, depth)


_READERS: dict[str, Callable[[_Reader, Node, int], tree.Expression]] = {
    "binary_operation": _Reader.binary,
    "bool_lit": lambda self, node, _: tree.Literal(self.span(node), self.text(node) == "true"),
    "collection_value": _Reader.wrapped,
    "conditional": _Reader.conditional,
    "expression": _Reader.wrapped,
    "for_expr": _Reader.for_of,
    "function_call": _Reader.call,
    "heredoc_template": _Reader.template,
    "identifier": lambda self, node, _: tree.Variable(self.span(node), self.text(node)),
    "literal_value": _Reader.wrapped,
    "null_lit": lambda self, node, _: tree.Literal(self.span(node), None),
    "numeric_lit": _Reader.number,
    "object": _Reader.object_of,
    "operation": _Reader.wrapped,
    "quoted_template": _Reader.template,
    "string_lit": _Reader.template,
    "template_expr": _Reader.wrapped,
    "tuple": _Reader.tuple_of,
    "unary_operation": _Reader.unary,
    "variable_expr": lambda self, node, _: tree.Variable(self.span(node), self.text(node)),
}


def _offsets(text: str) -> list[int]:
    """Give the character for each byte of a text."""
    offsets: list[int] = []
    for index, character in enumerate(text):
        offsets += [index] * len(character.encode("utf-8", "replace"))
    offsets.append(len(text))
    return offsets
