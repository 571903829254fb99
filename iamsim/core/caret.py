"""How errors show the user's text: quoted in a message, and as a line with a caret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.errors import IamsimError
    from iamsim.core.span import Span

WIDTH = 100
BEFORE = 60  # of a long line, this much is shown in front of the place
QUOTE_WIDTH = 60
ELLIPSIS = "..."
# What terminals obey (C0 but tab and line feed, and C1), and what reorders text (UAX #9).
ORDERS = (
    *(code for code in (*range(32), *range(127, 160)) if code not in (9, 10)),
    *(0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
)
_REPLACED = dict.fromkeys(ORDERS, "\N{REPLACEMENT CHARACTER}")


def quote(text: str, width: int = QUOTE_WIDTH) -> str:
    """Put a user's text in backticks: cut when longer than `width` characters, nothing in it that
    is not printable."""
    cut = text if len(text) <= width else text[: width - len(ELLIPSIS)] + ELLIPSIS
    return f"`{printable(cut)}`"


def caret_block(span: Span) -> str:
    """Show the line where a span begins and carets under the part of the span on that line.

    Long lines are cut around the place; tabs are kept, and repeated above the carets.
    """
    line, column = span.source.line_column(span.start)
    text = span.source.line_text(line)
    start = min(column - 1, len(text))
    end = max(start + 1, min(len(text), start + span.end - span.start))
    window = max(0, start - BEFORE) if len(text) > WIDTH else 0
    shown = text[window : window + WIDTH]
    end = max(start + 1, min(end, window + WIDTH))
    left = ELLIPSIS if window else ""
    right = ELLIPSIS if window + WIDTH < len(text) else ""
    head = shown[: start - window]
    padding = " " * len(left) + "".join(
        "\t" if character == "\t" else " " * len(printable(character)) for character in head
    )
    marked = len(printable(shown[start - window : end - window])) or 1
    number = str(line)
    margin = " " * len(number)
    return (
        f"{number} | {left}{printable(shown, keep_tabs=True)}{right}\n"
        f"{margin} | {padding}{'^' * marked}"
    )


def render_error(error: IamsimError) -> str:
    """Write an error for a person: place and message, the line with a caret, the hint.

    The first line is ``name:line:column: error: message``, as compilers print it.
    """
    lines = [f"error: {printable(error.message)}"]
    if error.span is not None:
        lines[0] = f"{printable(error.span.place)}: {lines[0]}"
        if error.span.source.text.strip():
            lines.append(caret_block(error.span))
    if error.hint:
        lines.append(f"hint: {printable(error.hint)}")
    return "\n".join(lines)


def without_orders(text: str) -> str:
    """Markup in which the characters that viewers obey, or that reorder text, are replaced: escaped
    they would do the same."""
    return text if text.isprintable() else text.translate(_REPLACED)


def printable(text: str, *, keep_tabs: bool = False) -> str:
    """Replace what a terminal can't show, or would obey, by its escape."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or (keep_tabs and character == "\t")
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
