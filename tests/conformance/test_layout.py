"""Pictures of every answer of the corpus, for a page, a narrow page and a phone: no text leaves its
box, meets another text, or is crossed by an outline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from iamsim.core.decision import Verdict
from iamsim.draw.decision import NARROW, WIDE, decision_svg
from iamsim.draw.lettering import text_width
from iamsim.draw.style import SIZES
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario
from iamsim.words.steps import picture_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.words.steps import Row, Step

CORPUS = Path(__file__).parent.parent.parent / "corpus" / "conformance"
WIDTHS = (WIDE, 600, NARROW)
DENIED = (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
SVG = "{http://www.w3.org/2000/svg}"
# How much wider than the measured font the widest one of common viewers is.
WIDER, WIDER_IN_BOLD = 1.12, 1.2


def boxes_of(root: ET.Element) -> Iterator[tuple[str, float, float, float, float]]:
    """Outlines and lines of text: what it is, left, top, right, bottom."""
    for element in root.iter():
        place = element.attrib
        if element.tag == f"{SVG}rect" and place.get("class") in ("box", "panel"):
            x, y = float(place["x"]), float(place["y"])
            yield "outline", x, y, x + float(place["width"]), y + float(place["height"])
        if element.tag == f"{SVG}text":
            classes = place.get("class", "").split()
            size = SIZES.small if "small" in classes else SIZES.text
            size = SIZES.lead if "lead" in classes else size
            bold = "bold" in classes
            wide = text_width(element.text or "", size) * (WIDER_IN_BOLD if bold else WIDER)
            x, y = float(place["x"]), float(place["y"])
            if place.get("text-anchor") == "end":
                x -= wide
            yield f"text {element.text}", x, y - size * 0.72, x + wide, y + size * 0.2


def faults(svg: str, width: float) -> list[str]:
    """What is wrong with the layout of a picture."""
    every = list(boxes_of(ET.fromstring(svg)))  # noqa: S314 - we wrote it
    texts = [entry for entry in every if entry[0] != "outline"]
    outlines = [entry for entry in every if entry[0] == "outline"]
    wrong = [
        f"{name} leaves the picture"
        for name, left, _, right, _ in texts
        if right > width or left < 0
    ]
    for number, (name, left, top, right, bottom) in enumerate(texts):
        for other, left_2, top_2, right_2, bottom_2 in texts[number + 1 :]:
            if left < right_2 and left_2 < right and top < bottom_2 and top_2 < bottom:
                wrong.append(f"{name} meets {other}")
        for _, left_2, top_2, right_2, bottom_2 in outlines:
            inside = left_2 <= left and right <= right_2 and top_2 <= top and bottom <= bottom_2
            outside = right <= left_2 or right_2 <= left or bottom <= top_2 or bottom_2 <= top
            if not inside and not outside:
                wrong.append(f"{name} meets an outline")
    return wrong


def rows_of(step: Step) -> list[Row]:
    """The gates of a step, those on its ways included."""
    return [*step.rows, *(row for card in step.cards for row in card.rows)]


@pytest.mark.parametrize(
    "folder", sorted(entry.name for entry in CORPUS.iterdir() if entry.is_dir())
)
def test_no_text_meets_a_line(folder: str) -> None:
    """In three widths, for each answer; equal pictures are looked at once. Where a layer denies,
    one gate says so."""
    seen = set()
    for path in sorted((CORPUS / folder).glob("*.yaml")):
        for result in run_scenario(load_scenario(path)):
            for picture in map(picture_of, result.answers):
                if picture.verdict in DENIED and picture.sentence != picture.relation:
                    rows = [row for step in picture.steps for row in rows_of(step)]
                    deciding = [row for row in rows if row.decides]
                    assert len(deciding) == 1, f"{path.name}: {result.request.name}"
                    assert deciding[0].reached
                for width in WIDTHS:
                    svg = decision_svg(picture, width=width)
                    if svg not in seen:
                        seen.add(svg)
                        place = f"{path.name}: {result.request.name} at {width}"
                        assert faults(svg, width) == [], place
    assert seen
