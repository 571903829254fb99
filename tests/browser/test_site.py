"""The documentation site in a real browser: pictures that can be read, and no finding of axe."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from iamsim.play.files import BUILT

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
AXE = BUILT.parent / "axe.min.js"
PAGES = (
    "index",
    "how-to/draw-a-decision",
    "how-to/write-guardrail-laws",
    "reference/cli",
    "search",
    "ja/index",
)
SMALLEST = 12  # pixels of a letter in a picture
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(not AXE.is_file(), reason="axe was not brought from npm"),
    pytest.mark.xdist_group("site"),
    pytest.mark.timeout(1200),
]


@pytest.fixture(scope="module")
def site(documentation_site):
    """The site, which is built once."""
    return documentation_site


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Containers have no user namespaces for the sandbox; the pages are our own.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_pages_are_accessible(site, browser, scheme, width):
    """Pages of each kind, in both color schemes and on a phone, where they are no wider than it
    (https://github.com/dequelabs/axe-core)."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [(entry["id"], entry["nodes"][0]["html"][:200]) for entry in found] == [], name
    context.close()


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_pictures_can_be_read(site, browser, width):
    """In each width a picture is shown as large as it was drawn, inside of the page; its smallest
    letters are twelve pixels high."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    for name in ("index", "how-to/draw-a-decision"):
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_load_state("load")
        shown = page.evaluate(
            "[...document.querySelectorAll('.drawn img')].map((one) => {"
            " const box = one.getBoundingClientRect();"
            " return [one.currentSrc, box.width / one.naturalWidth, box.right]; })"
        )
        assert shown
        for source, scale, right in shown:
            text = (site / "pictures" / Path(source).name).read_text("utf-8")
            assert "font-size: 12px" in text
            assert scale * 12 >= SMALLEST, (name, width, source)
            assert right <= width, (name, width, source)
    context.close()


def test_the_first_page_leads_to_the_playground(site, browser):
    """The playground stands in the site, and its address on the first page."""
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    link = page.get_by_role("link", name="Open the playground")
    assert link.is_visible()
    assert (site / link.get_attribute("href")).is_file()
    page.close()
