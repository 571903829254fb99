"""What tests ask of an HTML page: that it is well-formed, whole, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import html5lib

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_page(text: str) -> Element:
    """Parse a page as browsers do; a fault in it, an id twice, or a link to nowhere is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parse(text)
    ids = [entry.get("id") for entry in page.iter() if entry.get("id") is not None]
    assert len(ids) == len(set(ids)), "an id is there twice"
    for entry in page.iter("a"):
        href = entry.get("href", "")
        assert href.startswith(("#", "https://docs.aws.amazon.com/")), href
        assert not href.startswith("#") or href[1:] in ids, f"{href} leads nowhere"
    for member in page.iter():
        for name in ("aria-labelledby", "for"):
            assert all(part in ids for part in member.get(name, "").split())
        assert not any(name.startswith("on") for name in member.attrib), "a handler in an attribute"
        assert member.get("src", "data:").startswith("data:"), "something from elsewhere"
    return page


def text_of(element: Element) -> str:
    """All text of an element, blanks put together."""
    return " ".join("".join(element.itertext()).split())


def find_all(page: Element, tag: str, css: str | None = None) -> list[Element]:
    """The elements of a tag, and of a class."""
    return [
        entry for entry in page.iter(tag) if css is None or css in entry.get("class", "").split()
    ]


def outline(element: Element, depth: int = 0) -> str:
    """A page as lines: each element that is not about style, and the text in it."""
    if element.tag in {"style", "script", "meta", "link"}:
        return ""
    marks = "".join(f".{part}" for part in element.get("class", "").split())
    name = f"#{element.get('id')}" if element.get("id") else ""
    link = f" -> {element.get('href')}" if element.get("href") else ""
    state = " (open)" if element.get("open") is not None else ""
    words = "".join(element.text or "") if element.tag == "pre" else element.text or ""
    lines = [f"{'  ' * depth}{element.tag}{name}{marks}{link}{state} {_flat(words)}".rstrip()]
    for child in element:
        lines += outline(child, depth + 1).splitlines()
        if _flat(child.tail or ""):
            lines.append(f"{'  ' * (depth + 1)}{_flat(child.tail or '')}")
    return "\n".join(line for line in lines if line) + "\n"


def _flat(text: str) -> str:
    return " ".join(text.split())
