"""A picture that is not written yet: in which form, and with which colors, is asked at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.draw.layout import lay_out
from iamsim.draw.raster import rasterized
from iamsim.draw.style import Theme

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.query.chains import Chain
    from iamsim.words.gates import Place
    from iamsim.world.model import World

PICTURE_FORMATS = ("svg", "png", "dot")


class Picture(NamedTuple):
    """A picture: its DOT text, and where it is laid out without Graphviz, its SVG."""

    dot: Callable[[Theme], str]
    svg: Callable[[Theme], str] | None = None

    def render(self, form: str, theme: Theme = Theme.AUTO) -> bytes:
        """Write the picture as `svg`, `png` or `dot`.

        Raises `RequestError` where Graphviz, or what makes a PNG of an SVG, is needed and is not
        there.
        """
        if form == "dot":
            return self.dot(theme).encode(errors="replace")
        if self.svg is not None:
            if form == "png":
                return rasterized(self.svg(Theme.LIGHT if theme is Theme.AUTO else theme))
            return self.svg(theme).encode(errors="replace")
        return lay_out(self.dot(theme), form, theme)


def draw_decision(
    answer: Answer,
    href: Callable[[str], str | None] | None = None,
    width: float = 860,
    language: str = "en",
) -> Picture:
    """Draw one decision, `width` pixels wide: explicit denies, guardrails, the ways in, each layer
    a gate on its way; in English, or as far as there are words in Japanese (``ja``).

    `href` gives the address that the gate of a layer (by its name, such as
    ``permissions-boundary``; ``kms-grant`` for the grants on a key) leads to in the SVG.
    """
    from iamsim.draw.decision import decision_svg
    from iamsim.draw.decision_dot import decision_dot
    from iamsim.words.language import speaker
    from iamsim.words.steps import picture_of, spoken

    picture = spoken(picture_of(answer), speaker(language))

    def address(place: Place) -> str | None:
        name = "kms-grant" if place.grants else place.layer.value
        return None if href is None else href(name)

    return Picture(
        lambda theme: decision_dot(picture, theme),
        lambda theme: decision_svg(picture, theme, address, width),
    )


def draw_organization(world: World, answer: Answer | None = None, width: float = 860) -> Picture:
    """Draw the organization of a world with its control policies, `width` pixels wide; with an
    answer, the levels that the request had to pass are marked.

    Raises `RequestError` where the world has none.
    """
    from iamsim.draw.organization import tree_of
    from iamsim.draw.organization_svg import (
        organization_dot,
        organization_svg,
    )

    tree = tree_of(world, answer)
    return Picture(
        lambda theme: organization_dot(tree, theme),
        lambda theme: organization_svg(tree, theme, width),
    )


def draw_chain(chain: Chain, answers: Sequence[Answer] = (), width: float = 688) -> Picture:
    """Draw a chain of roles, `width` pixels wide, with the answers to the questions at its end."""
    from iamsim.draw.chain import chain_dot, chain_svg, steps_of

    steps = steps_of(chain, answers)
    return Picture(
        lambda theme: chain_dot(steps, theme), lambda theme: chain_svg(steps, theme, width)
    )
