"""Reads policies by the letter of ``grammar/policy.lark``.

Every text that this reader accepts, `iamsim.syntax.read` accepts, with the same tree and the same
places, and the other way round: a test holds that. It takes a hundred times as long, so nothing
but that test, and people who change the language, need it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamsim.core.caret import quote
from iamsim.core.errors import PolicyError
from iamsim.core.json_places import KEY
from iamsim.core.span import Source, Span
from iamsim.syntax.ast import (
    Condition,
    Entries,
    Policy,
    PrincipalEntry,
    Principals,
    Statement,
    Value,
)
from iamsim.syntax.build import (
    VERSION_WITH_VARIABLES,
    check_principal,
    check_variables,
)
from iamsim.syntax.elements import check_policy_elements, check_statement_elements
from iamsim.syntax.grammar import load_grammar
from iamsim.syntax.operators import split_operator
from iamsim.syntax.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark, Token

    from iamsim.core.span import Path

Node = Any  # a Tree or a Token: what stands where is the grammar's business, not the type's
BYTE_ORDER_MARK = "\ufeff"
END = "$END"  # what lark calls the end of the text
SEVERAL = 8  # an error lists no more of what could stand at its place


def read_by_grammar(text: str, *, name: str = "policy") -> Policy:
    """Read one policy document through the grammar, with the places that the grammar gives.

    Raises `PolicyError`: ``not-in-grammar`` names what could stand at the place of the fault.
    """
    from lark.exceptions import UnexpectedInput

    text = text.removeprefix(BYTE_ORDER_MARK)
    offsets: dict[Path, tuple[int, int]] = {}
    source = Source(name, text, lambda _text: offsets)
    parser = _parser()
    try:
        tree = parser.parse(text)
    except UnexpectedInput as unexpected:
        raise _not_in_grammar(source, parser, unexpected) from None
    walker = _Walker(offsets)
    try:
        return walker.policy(tree.children[0], source)
    except Problem as problem:
        raise problem.to_error(source) from None


def _parser() -> Lark:
    """Load the grammar, and learn its words for strings that are written with escapes."""
    parser = load_grammar("policy", on_string=_by_meaning)
    if not _words:
        _words.update(
            (terminal.pattern.value, terminal.name)
            for terminal in parser.terminals
            if terminal.pattern.value.startswith('"')
        )
    return parser


_words: dict[str, str] = {}


def _by_meaning(token: Token) -> Token:
    """Give a string with escapes the type of the text that it stands for."""
    if "\\" not in token:
        return token
    text = json.loads(token)
    kind = "OPERATOR" if split_operator(text) else _words.get(f'"{text}"', token.type)
    return token.update(type=kind)


def _not_in_grammar(source: Source, parser: Lark, unexpected: Node) -> PolicyError:
    """Say what could stand where the parser stopped."""
    token = getattr(unexpected, "token", None)
    if token is None:
        start = unexpected.pos_in_stream
        end = start + 1
    elif token.type == END:
        start = end = len(source.text)
    else:
        start, end = token.start_pos, token.end_pos
    found = quote(source.text[start:end]) if end > start else "the end of the text"
    expected = getattr(unexpected, "accepts", None) or getattr(unexpected, "allowed", None) or ()
    names = sorted(_shown(parser, name) for name in expected)
    more = ", ..." if len(names) > SEVERAL else ""
    return PolicyError(
        "not-in-grammar",
        f"{found} can't stand here",
        span=Span(source, start, end),
        hint=f"here can stand {', '.join(names[:SEVERAL])}{more}" if names else None,
    )


def _shown(parser: Lark, name: str) -> str:
    """Write a terminal of the grammar as it stands in a text, if it is one word."""
    if name == END:
        return "the end of the text"
    pattern = parser.get_terminal(name).pattern
    return f"`{pattern.value}`" if pattern.type == "str" else name.lower()


class _Walker:
    """Turns the tree of the grammar into the syntax tree, and notes every place."""

    def __init__(self, offsets: dict[Path, tuple[int, int]]) -> None:
        self.offsets = offsets

    def policy(self, tree: Node, source: Source) -> Policy:
        """Read the whole document."""
        self.note((), tree)
        version: str | None = None
        identifier: str | None = None
        members = dict(self.members(tree, ()))
        check_policy_elements(members)
        if "Version" in members:
            version = self.token(members["Version"].children[1], ("Version",))
        if "Id" in members:
            identifier = self.text(members["Id"].children[1], ("Id",)).text
        statements: tuple[Statement, ...]
        variables = version == VERSION_WITH_VARIABLES
        child = members["Statement"].children[1]
        if child.data == "statement":
            statements = (self.statement(child, 0, ("Statement",), variables=variables),)
        else:
            self.note(("Statement",), child)
            statements = tuple(
                self.statement(entry, index, ("Statement", index), variables=variables)
                for index, entry in enumerate(child.children)
            )
        return Policy(version, identifier, statements, source, source.name)

    def statement(self, tree: Node, index: int, path: Path, *, variables: bool) -> Statement:
        """Read one statement."""
        self.note(path, tree)
        members = dict(self.members(tree, path))
        check_statement_elements(members, path)
        places = {name: (*path, name) for name in members}
        effect = self.token(members["Effect"].children[1], places["Effect"])
        acting = "Action" if "Action" in members else "NotAction"
        actions = Entries(
            acting, self.texts(members[acting].children[1], places[acting]), places[acting]
        )
        sid: str | None = None
        principals: Principals | None = None
        resources: Entries | None = None
        conditions: tuple[Condition, ...] = ()
        for name, member in members.items():
            child = member.children[1]
            match name:
                case "Sid":
                    sid = self.text(child, places[name]).text
                case "Principal" | "NotPrincipal":
                    principals = self.principals(name, child, places[name])
                case "Resource" | "NotResource":
                    resources = Entries(name, self.texts(child, places[name]), places[name])
                    _check(resources.values, variables=variables)
                case "Condition":
                    conditions = tuple(self.conditions(child, places[name], variables=variables))
        return Statement(index, sid, effect, principals, actions, resources, conditions, path)

    def principals(self, name: str, tree: Node, path: Path) -> Principals:
        """Read Principal or NotPrincipal."""
        self.note(path, tree)
        if tree.data == "everyone":
            return Principals(name, (PrincipalEntry("*", Value("*", path)),), path)
        entries: list[PrincipalEntry] = []
        for kind, member in self.members(tree, path):
            for value in self.texts(member.children[1], (*path, kind)):
                check_principal(kind, value)
                entries.append(PrincipalEntry(kind, value))
        return Principals(name, tuple(entries), path)

    def conditions(self, tree: Node, path: Path, *, variables: bool) -> Iterator[Condition]:
        """Read a Condition element."""
        self.note(path, tree)
        for operator, member in self.members(tree, path):
            keys = member.children[1]
            place = (*path, operator)
            self.note(place, keys)
            name = split_operator(operator)
            check = variables and name is not None and name.operator.variables
            for key, condition in self.members(keys, place):
                values = self.texts(condition.children[1], (*place, key))
                _check(values, variables=check)
                yield Condition(operator, key, values, (*place, key))

    def members(self, tree: Node, path: Path) -> Iterator[tuple[str, Node]]:
        """Go through the members of an object, with their names; none may stand twice."""
        seen: set[str] = set()
        for member in tree.children:
            token = member.children[0]
            name = _text(token)
            self.note((*path, name, KEY), token)
            if name in seen:
                message = f"{quote(name)} stands twice in one object"
                raise Problem("duplicate-key", message, (*path, name, KEY))
            seen.add(name)
            yield name, member

    def texts(self, tree: Node, path: Path) -> tuple[Value, ...]:
        """Read one value or a list of values."""
        (child,) = tree.children
        if child.data in ("text", "value"):
            return (self.text(child, path),)
        self.note(path, child)
        return tuple(self.text(entry, (*path, index)) for index, entry in enumerate(child.children))

    def text(self, tree: Node, path: Path) -> Value:
        """Read one text, number, true or false."""
        self.note(path, tree)
        return Value(_text(tree.children[0]), path)

    def token(self, token: Node, path: Path) -> str:
        """Read a word of the language."""
        self.note(path, token)
        return _text(token)

    def note(self, path: Path, node: Node) -> None:
        """Keep the place of a value or of a key."""
        place: Node = getattr(node, "meta", node)
        self.offsets[path] = (place.start_pos, place.end_pos)


def _check(values: tuple[Value, ...], *, variables: bool) -> None:
    """Check the variables of values, where there can be any."""
    for value in values if variables else ():
        check_variables(value)


def _text(token: Node) -> str:
    """Give the text that a token stands for: a string decoded, anything else as written."""
    written = str(token)
    return str(json.loads(written)) if written.startswith('"') else written
