"""The pages that a reader follows step by step do what they say, in every language."""

from __future__ import annotations

import sys

import pytest

from tests.docs.test_documents import PAGES
from tests.docs.walking import is_walked, steps, walk
from tests.repo.conftest import ROOT

WALKED = [page for page in PAGES if is_walked(page)]
TRANSLATED = sorted((ROOT / "docs" / "ja").rglob("*.md"))


@pytest.fixture
def programs(tmp_path_factory):
    """Give a folder with `iamsim`, as run from the checkout."""
    folder = tmp_path_factory.mktemp("programs")
    program = folder / "iamsim"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iamsim "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize("page", WALKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_walk_through_the_page(page, programs, tmp_path):
    """Its files are saved, its commands typed, and each prints what the page shows."""
    text = page.read_text("utf-8")
    assert list(steps(text))
    walk(text, tmp_path, programs, PYTHONPATH=str(ROOT))


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: str(page.relative_to(ROOT)))
def test_translations_have_the_same_files_and_commands(page):
    """What a reader types does not hang on the language: the Japanese page has all, in order."""
    home = ROOT / "docs" / "ja"
    name = page.relative_to(home)
    original = ROOT / name if name.name == "README.md" else ROOT / "docs" / name
    english, translated = (list(steps(entry.read_text("utf-8"))) for entry in (original, page))
    assert translated == english
