"""The pictures of the documentation are what the program draws."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.repo.conftest import ROOT, run

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


def test_pictures_are_current():
    """`scripts/draw_pictures.py --check` finds nothing to draw."""
    script = str(ROOT / "scripts" / "draw_pictures.py")
    done = run(sys.executable, script, "--check", cwd=ROOT, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_picture_is_shown_and_self_contained(path):
    """A page shows it, and it loads nothing from anywhere."""
    text = path.read_text("utf-8")
    assert ET.fromstring(text).get("viewBox")  # noqa: S314 - we wrote it
    assert not re.search(r"(href|src|@import|url\()", text)
    pages = [page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md")]
    name = path.name.replace("-narrow.svg", ".svg")  # a site shows the one that fits
    assert any(f"pictures/{name})" in page for page in pages)
