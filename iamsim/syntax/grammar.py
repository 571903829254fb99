"""Finds and loads the grammars: in a checkout, or in an installed package.

lark is imported here and only when a grammar is asked for: its import alone takes longer than
answering a question.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.core.errors import InternalError
from iamsim.files.reading import read_text

if TYPE_CHECKING:
    from lark import Lark, Token

PACKAGE = Path(__file__).parent.parent
FOLDERS = (PACKAGE / "_grammar", PACKAGE.parent / "grammar")  # the wheel's, the checkout's


def grammar_text(name: str) -> str:
    """Give the text of the grammar ``name.lark``; raises `InternalError` when it is not there."""
    for folder in FOLDERS:
        path = folder / f"{name}.lark"
        if path.is_file():
            return read_text(path)
    raise InternalError("missing-grammar", f"the grammar `{name}` is not installed")


@cache
def load_grammar(
    name: str, *, contextual: bool = False, on_string: Callable[[Token], Token] | None = None
) -> Lark:
    """Build the parser of a grammar; once, as this takes some ten milliseconds.

    With `contextual` the words that can stand at a place depend on the place. `on_string` sees
    every STRING that is read, and may give it another type.
    """
    from lark import Lark

    return Lark(
        grammar_text(name),
        parser="lalr",
        lexer="contextual" if contextual else "basic",
        propagate_positions=True,
        maybe_placeholders=False,
        lexer_callbacks={"STRING": on_string} if on_string is not None else {},
    )
