"""What a review found wrong with gates, files, outputs and questions, one command an item: all are
mended.

That each failed before is written in `README.md`, and seen again with `run.py`.
"""

from __future__ import annotations

import re

import pytest

from tests.review import run

ITEMS = run.items()
ROW = re.compile(r"^\| ([34]\.\d+) \| (.+?) \| (.+?) \| (\d) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize(
    "item", ITEMS, ids=[f"{entry['item']} {entry['about']}" for entry in ITEMS]
)
def test_an_item_of_the_review_is_mended(item, tmp_path):
    """The command ends as it should, says what it should, and leaves the files that it should."""
    outcome = run.run(item, tmp_path, run.ROOT)
    assert not outcome.amiss, outcome.printed


def test_every_item_has_failed_before():
    """The table has a row for each, with another exit code, or what was amiss."""
    rows = ROW.findall((run.HERE / "README.md").read_text("utf-8"))
    assert [row[:2] for row in rows] == [(entry["item"], entry["about"]) for entry in ITEMS]
    for row, item in zip(rows, ITEMS, strict=True):
        assert int(row[3]) == item["exit"]
        assert row[2] != row[3] or ";" in row[4]


def test_every_number_of_the_review_has_an_item():
    """3.1 to 3.14, and 4.1 to 4.12."""
    numbers = [f"3.{number}" for number in range(1, 15)] + [
        f"4.{number}" for number in range(1, 13)
    ]
    assert {entry["item"] for entry in ITEMS} == set(numbers)
