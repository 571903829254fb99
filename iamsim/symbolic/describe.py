"""A conditional answer in words, with the statements behind it and examples."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import StatementReference

SHOWN_STATEMENTS = 3

Context = dict[str, "str | list[str]"]


class ExampleContexts(NamedTuple):
    """Values of the unknown keys with which a request is allowed and is not; `None` where the
    search was cut off before one was found."""

    allowed: Context | None
    denied: Context | None


class ResidualPart(NamedTuple):
    """One thing that a block asks, in words, and the statements that ask for it."""

    phrase: str
    statements: tuple[StatementReference, ...]


def describe(
    sentence: str, parts: Sequence[ResidualPart], examples: ExampleContexts, *, simplified: bool
) -> str:
    """Write a residual out: the sentence, a line for each part, and the two examples."""
    lines = [sentence]
    for part in parts:
        statements = list(dict.fromkeys(map(_statement, part.statements)))
        named = statements[:SHOWN_STATEMENTS]
        more = len(statements) - len(named)
        if more:
            named.append(f"{more} more")
        lines.append(f"  {part.phrase}: {'; '.join(named)}" if named else f"  {part.phrase}")
    for word, context in (("allowed", examples.allowed), ("denied", examples.denied)):
        if context is not None:
            lines.append(f"  {word}, for example, with {_context(context)}")
    if not simplified:
        lines.append("  this was not simplified as far as it could be")
    return "\n".join(lines) + "\n"


def _statement(reference: StatementReference) -> str:
    """Name a statement: its Sid or number, its policy, its place."""
    name = f"`{reference.sid}`" if reference.sid else f"statement {reference.index + 1}"
    span = reference.span
    place = f"{span.source.name}:{span.line}" if span.source.name else ""
    policy = "" if reference.policy in place else f" of `{reference.policy}`"
    return f"{reference.effect} by {name}{policy} ({place})" if place else f"{name}{policy}"


def _context(context: Context) -> str:
    """Keys with values; none at all is said."""
    shown = [
        f"{key} = {value if isinstance(value, str) else ', '.join(value)}"
        for key, value in context.items()
    ]
    return "; ".join(shown) if shown else "none of these keys"
