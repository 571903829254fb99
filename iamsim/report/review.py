"""Several answers about one change, joined to one document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from iamsim.report.document import Badge, Block, Document, Prose, Remark

WELL, BADLY = Badge("yes", "passes"), Badge("no", "fails")
Told = tuple[str, str, Document, bool]


def review_document(parts: Sequence[Told]) -> Document:
    """Join answers: of each its name, its title, its document, and whether it fails."""
    remarks: dict[Remark, None] = {}
    blocks: list[Block] = []
    for name, title, document, fails in parts:
        word = (BADLY if fails else WELL).word
        sentences = tuple(f"{line}." for line in document.summary.splitlines())
        blocks.append(Prose(f"{name}-part", f"{title}: {word}", sentences or (f"{word}.",)))
        blocks += _renamed(name, document)
        remarks.update(dict.fromkeys(document.remarks))
    failing = [title.lower() for _, title, _, fails in parts if fails]
    return Document(
        "what this change does to access",
        tuple(blocks),
        tuple(remarks),
        f"of {len(parts)} parts {len(failing)} fail: {', '.join(failing)}"
        if failing
        else f"all {len(parts)} parts pass",
        BADLY if failing else WELL,
    )


def _renamed(name: str, document: Document) -> Iterator[Block]:
    """The blocks of a part, whose names are unique in the whole then."""
    for block in document.blocks:
        yield replace(block, name=f"{name}-{block.name}")


def review_lines(parts: Sequence[Told]) -> list[str]:
    """A line for each part."""
    return [
        f"{(BADLY if fails else WELL).word} {name}: {' '.join(document.summary.split())}"
        for name, _, document, fails in parts
    ]
