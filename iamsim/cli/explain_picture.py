"""Pictures of `iamsim explain`: as SVG, PNG or DOT, and as lines in the text answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.cli.picture_options import write_drawn
from iamsim.core.errors import RequestError
from iamsim.draw.chain import WIDTH as CHAIN
from iamsim.draw.decision import NARROW, WIDE
from iamsim.draw.organization import tree_of
from iamsim.draw.picture import Picture, draw_chain, draw_decision, draw_organization
from iamsim.draw.style import State
from iamsim.draw.terminal import decision_lines, tree_lines
from iamsim.report.paint import Paint
from iamsim.words.steps import picture_of

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.query.chains import Chain
    from iamsim.world.model import World


def write_explanation(
    answers: Sequence[Answer], options: Options, model: World | None, chain: Chain | None = None
) -> None:
    """Write the picture that the options ask for.

    Raises `RequestError` where several questions were asked, or Graphviz is needed and not there.
    """
    if chain is not None and options["picture"] != "organization":
        picture = draw_chain(chain, answers, NARROW if options["narrow"] else CHAIN)
    else:
        answer = _single(answers if chain is None or answers else (chain.hops[-1].deciding,))
        picture = _picture(answer, options, model)
    write_drawn(picture, options)


def _picture(answer: Answer, options: Options, model: World | None) -> Picture:
    width = NARROW if options["narrow"] else WIDE
    if options["picture"] == "organization":
        return draw_organization(_needed(model), answer, width)
    return draw_decision(answer, width=width)


def _single(answers: Sequence[Answer]) -> Answer:
    """The one answer that a picture shows."""
    if len(answers) != 1:
        raise RequestError(
            "one-picture-one-question",
            f"a picture shows one question, and {len(answers)} are asked",
            hint="give one action and one resource",
        )
    return answers[0]


def _needed(model: World | None) -> World:
    """The world whose organization is drawn."""
    if model is None:
        raise RequestError(
            "no-organization",
            "there is no world, so there is no organization to draw",
            hint="give one with `--world PATH`",
        )
    return model


def drawing_of(
    answers: Sequence[Answer], options: Options, model: World | None, *, color: bool
) -> Callable[[Answer, int], list[str]] | None:
    """What draws an answer with lines, given a width; `None` where no drawing is wanted.

    The gates come with `--picture decision` and with `-v`, where the terminal is wide enough.
    """
    kind = options.text("picture")
    if kind is None and not options["verbose"]:
        return None
    paint = Paint(color)

    def painted(text: str, state: State) -> str:
        if state is State.OPEN:
            return paint.good(text)
        return paint.bad(text) if state is State.CLOSED else paint.quiet(text)

    plain = bool(options["ascii"]) or not _writes_unicode(options)
    if kind == "organization":
        tree = tree_of(_needed(model), _single(answers))
        return lambda _, width: tree_lines(tree, width, ascii_only=plain, paint=painted)
    if kind is not None:
        _single(answers)
    return lambda answer, width: decision_lines(
        picture_of(answer), width, ascii_only=plain, paint=painted
    )


def _writes_unicode(options: Options) -> bool:
    """Whether lines of other characters than ASCII come out: files are always UTF-8."""
    if options.text("output") is not None:
        return True
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}
