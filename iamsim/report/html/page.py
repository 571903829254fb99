"""From a template and plain data to the text of a page.

Everything that data brings is escaped by the templates. The page also forbids itself, by a content
security policy, every request and every script but its own
(https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP), so that a mistake there would stay text.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from iamsim.core.caret import without_orders
from iamsim.files.reading import read_text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render_page(template: str, title: str, **data: object) -> str:
    """Fill a template, such as ``explain``, which shows what `data` holds."""
    style, script = _asset("style.css"), _asset("script.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    page = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            title=title,
            style=own_markup(style),
            script=own_markup(script),
            security_policy=policy,
            layout="base.html.j2",
            **data,
        )
    )
    return _harmless(page)


def render_fragment(template: str, **data: object) -> str:
    """Fill a template for a page that is there already: its main part alone."""
    found = _environment().get_template(f"{template}.html.j2")
    return _harmless(found.render(layout="fragment.html.j2", **data))


def _harmless(page: str) -> str:
    """A page that may be printed: nothing in it is obeyed, and no line of a name begins as a
    command of GitHub Actions does."""
    return re.sub(r"(?m)^(\s*)::", r"\1&#58;:", without_orders(page))


def prose(text: str) -> Markup:
    """Escape a sentence; what stands in backticks becomes code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick of what somebody wrote
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def anchor(*parts: object) -> str:
    """Make an element id: parts joined with dashes, and nothing in it that needs escaping."""
    text = "-".join(str(part) for part in parts)
    return "".join(name if name.isascii() and name.isalnum() else "-" for name in text)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("iamsim.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    return environment


@cache
def _asset(name: str) -> str:
    """Read a style sheet or script; neither has anything filled in."""
    folder = os.path.dirname(__file__)  # noqa: PTH120 - plain text paths everywhere
    return read_text(os.path.join(folder, "templates", f"{name}.j2")).strip() + "\n"  # noqa: PTH118


def own_markup(text: str) -> Markup:
    """What this package wrote, which stands on the page as it is: a style sheet, a drawing."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - nobody else's text


def _hash(text: str) -> str:
    """What a content security policy knows an inline text by."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
