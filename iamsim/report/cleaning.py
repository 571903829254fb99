"""Names from outside, made harmless for what they are written into: one function a format.

Account names, Sids, tags, ARNs and file names are other people's text. A terminal obeys escape
sequences (ECMA-48), and anything that shows Unicode reorders bidirectional text (UAX #9), so that
a name can say something else than it holds (CVE-2021-42574). HTML is escaped by its templates
too, XML and workflow commands by `iamsim.report.ci_text`.
"""

from __future__ import annotations

import re

from iamsim.core.caret import ORDERS, printable

_IN_JSON = {code: f"\\u{code:04x}" for code in ORDERS}
_MARKDOWN = re.compile(r"[\\|*_<>\[\]#~]|&(?=[#\w])")


def for_terminal(text: str) -> str:
    """Text on one line in which nothing moves the cursor, changes colors or reorders the rest."""
    return printable(text)


def for_html(text: str) -> str:
    """Text that a page shows in its own order; the templates escape it."""
    return for_terminal(text)


def for_html_tag(text: str) -> str:
    """Text between HTML tags that stand in Markdown, where nobody is mentioned either."""
    plain = for_terminal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "&#64;")


def for_markdown(text: str) -> str:
    """Text in which nothing is markup and nobody is mentioned; backticks stay, they mark names."""
    pieces = for_terminal(text).split("`")
    if len(pieces) % 2 == 0:  # a backtick that somebody's name holds
        return _escaped("`".join(pieces)).replace("`", "\\`")
    written = (
        for_markdown_code(piece) if number % 2 else _escaped(piece)
        for number, piece in enumerate(pieces)
    )
    return "".join(written)


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}", text).replace("@", "@\u2060")


def for_markdown_lines(text: str) -> str:
    """Lines below each other in one cell of a table."""
    return "<br>".join(map(for_markdown, text.split("\n")))


def for_markdown_code(text: str) -> str:
    """A name as a code span, also inside a table (GFM: a pipe is escaped there, in code too)."""
    clean = for_terminal(text).replace("|", "\\|")
    if not clean.strip():
        return clean
    longest = max((len(run) for run in re.findall("`+", clean)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def for_csv(text: str) -> str:
    """A cell that no spreadsheet reads as a formula, and that stays on one line."""
    clean = for_terminal(text)
    return f"'{clean}" if clean.startswith(("=", "+", "-", "@")) else clean


def to_json(data: object, indent: int = 2) -> str:
    """Plain data as JSON that people may read in a terminal: what it would obey is escaped."""
    import json

    written = json.dumps(data, indent=indent, ensure_ascii=False).translate(_IN_JSON)
    return f"{written}\n"
