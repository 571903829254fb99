"""The documentation site builds without a warning, hangs together, and needs nothing besides."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.repo.conftest import ROOT

pytestmark = [pytest.mark.xdist_group("site"), pytest.mark.timeout(1200)]


class Page(HTMLParser):
    """What a page loads, where it leads, and what can be led to in it."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.leads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Keep what matters of one tag."""
        values = dict(attrs)
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and values.get("href"):
            self.leads.append(values["href"])
        elif tag == "link" and "stylesheet" in values.get("rel", ""):
            self.loads.append(values["href"])
        elif values.get("src"):
            self.loads.append(values["src"])


@pytest.fixture(scope="module")
def site(documentation_site):
    """The site, which is built once."""
    return documentation_site


@pytest.fixture(scope="module")
def pages(site):
    """Read every page of the site."""
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def test_links_lead_to_pages_and_headings(pages):
    """Every link within the site leads to a file, and where it says so to a place in it."""
    broken = []
    for path, page in pages.items():
        for link in [*page.leads, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else set()
            fragment = unquote(parts.fragment)
            if not target.is_file() or (fragment and fragment not in anchors):
                broken.append((path.name, link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages):
    """Styles, scripts and pictures are all part of the site."""
    loads = {link for page in pages.values() for link in page.loads}
    assert [link for link in loads if urlsplit(link).scheme not in {"", "data"}] == []


def test_every_page_of_the_documentation_is_there(site):
    """What stands in docs/ stands in the site, and the search knows words of both languages."""
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / (name.with_name("index.html") if name.stem == "README" else name)).is_file()
    for folder, word in ((site, "boundari"), (site / "ja", "境界")):
        assert json.dumps(word) in (folder / "searchindex.js").read_text("utf-8")
