"""Texts with policy variables, cut into parts by hand; ``grammar/policy_variable.lark`` is the law.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from iamsim.core.data_class import NamedTuple, dataclass

OPENING = "${"
ESCAPES = ("*", "?", "$")  # ${*}, ${?} and ${$} stand for the character itself


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters that stand for themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key}`` or ``${key, 'default'}``; the key is as written."""

    key: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Star:
    """The wildcard for any run of characters."""


@dataclass(frozen=True, slots=True)
class Question:
    """The wildcard for exactly one character."""


TemplatePart = Literal | Variable | Star | Question


class TemplateFault(NamedTuple):
    """What is wrong with a variable, and the offset of its ``${`` in the text."""

    code: str
    offset: int


def has_variables(text: str) -> bool:
    """Say quickly whether a text holds a policy variable or one of the three escapes."""
    return OPENING in text and "}" in text


def parse_template(text: str) -> tuple[TemplatePart, ...]:
    """Cut a text at its wildcards and policy variables.

    Neighboring literals are joined, so a text without wildcards and variables gives at most one
    part. Nothing is refused: an unclosed ``${`` is literal, ``${}`` is a variable with an empty
    key. `find_fault` says what AWS would not accept.
    """
    parts: list[TemplatePart] = []
    literal = ""
    start = 0
    for opening, variable, end in _variables(text):
        literal = _cut_wildcards(text[start:opening], literal, parts)
        start = end
        if variable.default is None and variable.key in ESCAPES:
            literal += variable.key
            continue
        if literal:
            parts.append(Literal(literal))
            literal = ""
        parts.append(variable)
    literal = _cut_wildcards(text[start:], literal, parts)
    if literal:
        parts.append(Literal(literal))
    return tuple(parts)


def find_fault(text: str) -> TemplateFault | None:
    """Find the first variable that is not closed (``unclosed-variable``) or that has no key
    (``empty-variable``)."""
    opening = text.find(OPENING)
    while opening >= 0:
        start = opening + len(OPENING)
        closing = text.find("}", start)
        if closing < 0:
            return TemplateFault("unclosed-variable", opening)
        end = closing + 1
        empty = closing == start
        if text.find(",", start, closing) >= 0:
            variable, end = _read_variable(text, start, closing)
            empty = not variable.key
        if empty:
            return TemplateFault("empty-variable", opening)
        opening = text.find(OPENING, end)
    return None


def _variables(text: str) -> list[tuple[int, Variable, int]]:
    """Find the variables with the offsets of their start and of what follows them."""
    variables = []
    opening = text.find(OPENING)
    while opening >= 0:
        closing = text.find("}", opening)
        if closing < 0:
            break
        variable, end = _read_variable(text, opening + len(OPENING), closing)
        variables.append((opening, variable, end))
        opening = text.find(OPENING, end)
    return variables


def _read_variable(text: str, start: int, closing: int) -> tuple[Variable, int]:
    """Read one variable whose key begins at `start`; `closing` is the first ``}`` behind it.

    The key ends at the first comma that a quoted default follows, else at the brace. A default may
    hold braces, but no quote.
    """
    comma = text.find(",", start, closing)
    while comma >= 0:
        quote = comma + 1
        while text[quote].isspace():
            quote += 1
        if text[quote] == "'":
            end = text.find("'", quote + 1)
            if end >= 0 and text.startswith("}", end + 1):
                return Variable(text[start:comma].rstrip(), text[quote + 1 : end]), end + 2
        comma = text.find(",", comma + 1, closing)
    return Variable(text[start:closing]), closing + 1


def _cut_wildcards(text: str, literal: str, parts: list[TemplatePart]) -> str:
    """Append the parts of a text without variables; give back the literal that is still open."""
    if "*" not in text and "?" not in text:
        return literal + text
    start = 0
    for position, character in enumerate(text):
        if character in "*?":
            literal += text[start:position]
            if literal:
                parts.append(Literal(literal))
                literal = ""
            parts.append(Star() if character == "*" else Question())
            start = position + 1
    return literal + text[start:]
