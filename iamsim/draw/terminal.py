"""Line drawings for a terminal: the steps of a decision, and the organization as a tree."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from iamsim.draw.lettering import plain, shortened
from iamsim.draw.style import State
from iamsim.words.labels import on_one_line

if TYPE_CHECKING:
    from iamsim.draw.organization import Branch, Tree
    from iamsim.words.steps import DecisionPicture, Row, Step

    Paint = Callable[[str, State], str]

_SHORT = {
    State.OPEN: "open",
    State.CLOSED: "closed",
    State.BYPASSED: "bypassed",
    State.NOT_APPLICABLE: "n/a",
    State.DEPENDS: "depends",
}
_WORDS = 9  # the longest word on a gate, in parentheses
_PLAIN = str.maketrans({"“": '"', "”": '"', "…": "..."})
_NAMED = 3  # lines that name a statement, its policy and its place
_NARROWEST = 20  # characters of a line beside all that stands before it


class Strokes(NamedTuple):
    """The characters that lines are made of; all have the width of one column."""

    knot: str
    down: str
    dead: str
    branch: str
    last: str
    line: str
    tip: str
    mark: str
    signs: dict[State, str]


LINES = Strokes(
    *("●", "│", "┊", "├", "└", "─", "▼", "◀"),
    {State.OPEN: "✓", State.CLOSED: "✕", State.DEPENDS: "?", State.NOT_APPLICABLE: "─"},
)
ASCII = Strokes(
    *("*", "|", ":", "+", "+", "-", "v", "<-"),
    {State.OPEN: "+", State.CLOSED: "x", State.DEPENDS: "?", State.NOT_APPLICABLE: "-"},
)


def _unpainted(text: str, _state: State) -> str:
    return text


def decision_lines(
    picture: DecisionPicture, width: int, *, ascii_only: bool = False, paint: Paint = _unpainted
) -> list[str]:
    """Draw a decision from top to bottom: the sentence, then each step with its gates.

    A word in parentheses is a gate that the request never comes to. `paint` colors a word by its
    state and must not change its width.
    """
    return _Column(picture, width, ASCII if ascii_only else LINES, paint).lines()


class _Column:
    """One picture while it is written, downwards."""

    def __init__(
        self, picture: DecisionPicture, width: int, strokes: Strokes, paint: Paint
    ) -> None:
        self.picture = picture
        self.width = width
        self.strokes = strokes
        self.paint = paint
        self.written: list[str] = []

    def lines(self) -> list[str]:
        """Write everything."""
        picture = self.picture
        verdict = f"{self.strokes.signs[picture.state]} {picture.word}"
        self._put("  ", verdict, f": {picture.sentence}", picture.state)
        reached = [*(step.reached for step in picture.steps[1:]), picture.allowed]
        for step, alive in zip(picture.steps, reached, strict=True):
            self._step(step, f"  {self.strokes.down if alive else self.strokes.dead} ")
        if picture.allowed:
            self.written.append(f"  {self.strokes.tip}")
        self._put("  ", verdict, "", picture.state)
        return self.written

    def _step(self, step: Step, spine: str) -> None:
        state = State.OPEN if step.reached else State.BYPASSED
        self._put(f"  {self.strokes.knot} ", "", step.head, state, spine)
        for row in step.rows:
            self._row(row, f"{spine}  ", f"{spine}  ")
        for card in step.cards:
            self._put(f"{spine}  ", "", card.title, State.BYPASSED)
            last = len(card.rows) - (0 if card.around else 1)
            for number, row in enumerate(card.rows):
                self._row(row, *self._corners(spine, is_last=number == last))
            if card.around:
                first, rest = self._corners(spine, is_last=True)
                self._put(first, "", card.around, State.BYPASSED, rest)
        if step.note:
            self._put(f"{spine}  ", "", step.note, State.BYPASSED)
        self.written.append(spine.rstrip())

    def _corners(self, spine: str, *, is_last: bool) -> tuple[str, str]:
        """What stands before the first line of a gate on a way, and before the others."""
        strokes = self.strokes
        corner = strokes.last if is_last else strokes.branch
        bar = " " if is_last else strokes.down
        return f"{spine}  {corner}{strokes.line}", f"{spine}  {bar} "

    def _row(self, row: Row, first: str, rest: str) -> None:
        """Write a gate: its word, what it is, whether it decides, and why it stands so."""
        gate, strokes = row.gate, self.strokes
        state = gate.state if row.reached else State.BYPASSED
        word = _SHORT[gate.state] if gate.state is State.NOT_APPLICABLE else row.word
        word = f"{strokes.signs[gate.state]} {word}" if row.reached else f"({word})"
        mark = f" {strokes.mark} {self.picture.mark}" if row.decides else ""
        why = on_one_line(tuple(line.text for line in row.lines))
        text = f"{gate.name}{mark}: {why}" if why else f"{gate.name}{mark}"
        self._put(first, f"{word:<{_WORDS}} ", text, state, f"{rest}{' ' * (_WORDS + 1)}")

    def _put(self, first: str, word: str, text: str, state: State, rest: str | None = None) -> None:
        """Write a text behind what stands before it, broken to the width, its word painted."""
        rest = first if rest is None else rest
        room = max(self.width, len(rest) + _NARROWEST)
        text = plain(f"{word}{text}")
        lines = wrap(
            text.translate(_PLAIN) if self.strokes is ASCII else text,
            room,
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
        )
        bare = word.strip()
        if bare and lines:
            lines[0] = first + lines[0][len(first) :].replace(bare, self.paint(bare, state), 1)
        self.written += lines


def tree_lines(
    tree: Tree, width: int, *, ascii_only: bool = False, paint: Paint = _unpainted
) -> list[str]:
    """Draw the organization as a tree, with its policies and how each level stands."""
    strokes = ASCII if ascii_only else LINES
    lines = [plain(tree.title)]
    if tree.about:
        lines.append(shortened(tree.about, width))
    _branch_lines(lines, tree.root, "", "", width, strokes, paint)
    return lines


def _branch_lines(
    lines: list[str],
    branch: Branch,
    first: str,
    rest: str,
    width: int,
    strokes: Strokes,
    paint: Paint,
) -> None:
    name = f"{branch.kind} {branch.name}" if branch.kind != "accounts" else branch.name
    if branch.id:
        name += f" ({branch.id})"
    lines.append(first + shortened(name, max(width - len(first), 20)))
    below = f"{strokes.down} " if branch.branches else "  "
    if branch.alike:
        names = ", ".join(branch.alike)
        lines.append(shortened(f"{rest}{below} {names}", width))
    for attached in branch.attached:
        head = f"{rest}{below} {attached.kind} "
        names = ", ".join(attached.policies) or "none attached"
        if attached.state is None:
            lines.append(head + shortened(names, max(width - len(head), 20)))
            continue
        word = _SHORT[attached.state]
        room = max(width - len(head) - len(word), 20)
        told = attached.lines
        while told[_NAMED:] and len(f" {names}: {on_one_line(told)}") > room:
            told = told[:-1]  # where the statement stands is told before what it says
        why = f": {on_one_line(told)}" if told else ""
        text = shortened(f" {names}{why}", room)
        lines.append(f"{head}{paint(word, attached.state)}{text}")
    for number, child in enumerate(branch.branches):
        is_last = number == len(branch.branches) - 1
        corner = f"{strokes.last if is_last else strokes.branch}{strokes.line} "
        bar = "   " if is_last else f"{strokes.down}  "
        _branch_lines(lines, child, rest + corner, rest + bar, width, strokes, paint)
