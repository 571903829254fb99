"""The syntax of HCL as a tree: bodies of attributes and blocks, and expressions, with their places.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from iamsim.core.span import Span


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression and where it stands."""

    span: Span


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A number, a boolean or null."""

    value: object


@dataclass(frozen=True, slots=True)
class Text(Expression):
    """Text of a template, escapes undone; `plain` where the text of the file is the same."""

    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Directive(Expression):
    """`%{ if }` or `%{ for }`: an expression whose branches are templates, joined where several."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Template(Expression):
    """A quoted text, a heredoc or the branch of a directive."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    """The first name of a reference."""

    name: str


@dataclass(frozen=True, slots=True)
class GetAttribute(Expression):
    """`of.name`."""

    of: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """`of[key]`."""

    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Splat(Expression):
    """`of[*]` and what follows: `each` are the steps for each item, names or expressions."""

    of: Expression
    each: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A call of a function; with `expand`, the last argument is a list of arguments."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool = False


@dataclass(frozen=True, slots=True)
class TupleOf(Expression):
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf(Expression):
    """`{a = b}`: a key that is a plain name is a `Text`."""

    items: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class For(Expression):
    """`[for k, v in of : value if condition]`; with `key` an object, `group` for `...`."""

    names: tuple[str, ...]
    of: Expression
    value: Expression
    key: Expression | None = None
    condition: Expression | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """`-a` or `!a`."""

    operator: str
    of: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """`a + b` and its like."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    """`a ? b : c`."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`."""

    span: Span
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { ... }`."""

    span: Span
    type: str
    labels: tuple[str, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a file or a block."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
