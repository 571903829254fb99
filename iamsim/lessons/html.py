"""Lessons as one HTML page: no network, no script, a new sheet of paper for each lesson.

Everything is escaped here; the page also forbids itself, by a content security policy
(https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP), whatever it does not bring along.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from html import escape

from iamsim.core.answer import Answer
from iamsim.draw.picture import draw_decision
from iamsim.draw.style import Theme
from iamsim.lessons.blocks import (
    Block,
    Break,
    Code,
    Explanation,
    Facts,
    Heading,
    Items,
    Plain,
    Prose,
    spoken_blocks,
)
from iamsim.report.layers import layer_rows
from iamsim.report.message import denied_message
from iamsim.report.summary import summary
from iamsim.words.language import course_speaker, in_english
from iamsim.words.markup import spoken_markup
from iamsim.words.sentences import OUTCOMES

_PAGE = 800  # pixels between the margins of a page

_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.about { color: #57606a; } .question { font-weight: 600; }
.learned { border-left: 4px solid #1a7f37; padding-left: 0.8rem; }
pre { background: #f6f8fa; border: 1px solid #d0d7de; border-radius: 4px; padding: 0.6rem;
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; }
code { font-size: 0.9em; overflow-wrap: anywhere; } ins { color: #116329; } del { color: #a40e26; }
ins, del { text-decoration: none; display: inline; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; }
table { border-collapse: collapse; } th, td { border: 1px solid #d0d7de; padding: 0.2rem 0.5rem;
  text-align: left; vertical-align: top; } img { max-width: 100%; }
hr { border: 0; border-top: 2px dashed #8c959f; margin: 3rem 0; }
@media print { hr { border: 0; margin: 0; break-after: page; }
  pre, table, img { break-inside: avoid; } }
"""
_marked = re.compile(r"`([^`]+)`|\*(\w[^*`]*)\*")
_url = re.compile(r"https://\S+")


def blocks_html(blocks: Iterable[Block], title: str, language: str = "en") -> str:
    """Write blocks as a page, in the `language` as far as there are words."""
    say = course_speaker(language)
    body = blocks_fragment(blocks, language, _PAGE, Theme.LIGHT)
    if say is not in_english:
        body = spoken_markup(body, say)
    security = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="'
        f'{"en" if say is in_english else escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{security}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(say(title))} · iamsim</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def blocks_fragment(
    blocks: Iterable[Block], language: str = "en", width: float = _PAGE, theme: Theme = Theme.AUTO
) -> str:
    """Write blocks as a part of a page that somebody else makes, where a picture has a `width` in
    pixels; what the lesson itself says is in the `language` of that page, or marked as English
    where there are no words for it."""
    say = course_speaker(language)
    parts = []
    for block in blocks:
        (shown,) = spoken_blocks([block], say)
        foreign = say is not in_english and isinstance(block, Prose) and shown == block
        if isinstance(shown, Explanation):
            parts.append(_explanation(shown.answer, language, width, theme))
        else:
            parts.append(_block(shown, ' lang="en"' if foreign else ""))
    return "\n".join(parts)


def _block(block: Plain, foreign: str) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{_prose(text)}</h{level}>"
        case Prose(text, label):
            kind = f' class="{escape(label)}"' if label else ""
            return f"<p{kind}{foreign}>{_prose(text)}</p>"
        case Code(title, text, language):
            shown = _changes(text) if language == "diff" else escape(text)
            return f"<h3>{_prose(title)}</h3>\n<pre>{shown}</pre>"
        case Facts(title, facts):
            rows = "".join(
                f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>\n"
                for name, value in facts
            )
            return f"<h3>{_prose(title)}</h3>\n<dl>\n{rows}</dl>"
        case Items(title, items):
            rows = "".join(f"<li>{_item(item)}</li>\n" for item in items)
            return f"<h3>{_prose(title)}</h3>\n<ul>\n{rows}</ul>"
        case Break():
            return "<hr>"


def _prose(text: str) -> str:
    """Escape a sentence; backticks mark code, and stars around words stress them."""
    made = []
    end = 0
    for match in _marked.finditer(text):
        made.append(escape(text[end : match.start()]))
        code, stressed = match.groups()
        made.append(f"<code>{escape(code)}</code>" if code else f"<em>{escape(stressed)}</em>")
        end = match.end()
    return "".join((*made, escape(text[end:])))


def _item(text: str) -> str:
    """An entry of a list; an address is a link."""
    if _url.fullmatch(text):
        return f'<a href="{escape(text)}">{escape(text)}</a>'
    return _prose(text)


def _changes(text: str) -> str:
    tags = {"+": "ins", "-": "del"}
    lines = []
    for line in text.splitlines():
        tag = tags.get(line[:1])
        lines.append(f"<{tag}>{escape(line)}</{tag}>" if tag else escape(line))
    return "\n".join(lines)


def _explanation(answer: Answer, language: str, width: float, theme: Theme) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(OUTCOMES[outcome])}</td>"
        f"<td>{_prose(detail)}</td></tr>\n"
        for name, outcome, detail in layer_rows(answer)
    )
    parts = [
        f"<p>{_prose(summary(answer))}</p>",
        f"<table>\n<tr><th>layer</th><th>outcome</th><th>why</th></tr>\n{rows}</table>",
    ]
    message = denied_message(answer)
    if message is not None:
        parts.append(f"<p>AWS would say:</p>\n<blockquote>{escape(message)}</blockquote>")
    drawn = draw_decision(answer, width=width, language=language).render("svg", theme)
    picture = b64encode(drawn).decode()
    parts.append(f'<img src="data:image/svg+xml;base64,{picture}" alt="{escape(summary(answer))}">')
    return "\n".join(parts)
