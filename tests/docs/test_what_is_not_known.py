"""The page about what is not known: its table names every fact, its gates are those that there
are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamsim.core.unknown import FACTS

PAGE = Path("docs/explanation/what-is-not-known.md").read_text("utf-8")
TABLE = PAGE.partition("| where it stands | what it may do |")[2].partition("\n\n")[0]
GATES = PAGE.partition("## Gates")[2].partition("\n## ")[0]


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_stands_in_the_table(fact: str) -> None:
    """By its field of the world file, or the word for what a lost source may have held."""
    first = "\n".join(row.split("|")[1] for row in TABLE.splitlines() if row.count("|") > 1)
    assert f"`{fact}`" in first or fact in first


def test_every_gate_is_named() -> None:
    """Every command that takes `--accept-unknown` stands in the section."""
    reference = Path("docs/reference/cli.md").read_text("utf-8")
    takes = {
        section.split()[1].strip("`")
        for section in re.split(r"^#+ (?=`?iamsim )", reference, flags=re.MULTILINE)[1:]
        if "`--accept-unknown`" in section
    }
    assert {"check", "import"} <= takes
    assert takes <= set(re.findall(r"`([a-z-]+)[^`]*`", GATES))
