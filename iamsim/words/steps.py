"""The picture of a decision, before anything is drawn: SVG, DOT, terminal and pages all write this.

The steps stand in the order of AWS's flow chart, explicit denies first:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html.
A row is reached if the request comes so far. Of a denial one gate is marked as what decides, and
nothing behind it is reached; of an allow, every gate that lets the request in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.words.gates import DecisionGates, Gate, Lane, Place, gates_of
from iamsim.words.labels import VERDICTS, on_one_line
from iamsim.words.state import VERDICT_STATES, State

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.words.language import Say

DECIDES = "decides"
_AROUND = (State.BYPASSED, State.NOT_APPLICABLE)


class Line(NamedTuple):
    """A line of what a gate says; a heavy one names a level."""

    text: str
    heavy: bool = False


class Row(NamedTuple):
    """A gate where it stands in the picture: the `word` on it, why it stands so, whether the
    request comes so far, and whether it is marked as what decides."""

    gate: Gate
    word: str
    lines: tuple[Line, ...]
    reached: bool
    decides: bool

    @property
    def described(self) -> str:
        """All of it as text, for who points at it or can't see it."""
        gate = self.gate
        levels = [
            f"{level.name}: {level.state.value}; {on_one_line(level.lines)}"
            for level in gate.levels
        ]
        return "\n".join((f"{gate.name}: {gate.state.value}", *gate.lines, *levels))


class Card(NamedTuple):
    """One way in with the gates that it asks; `around` says which layers it does not ask."""

    title: str
    state: State
    rows: tuple[Row, ...]
    around: str
    reached: bool


class Step(NamedTuple):
    """One step: gates that all count, or ways in of which one is enough; `note` stands below."""

    title: str
    remark: str
    reached: bool
    rows: tuple[Row, ...] = ()
    cards: tuple[Card, ...] = ()
    note: str = ""

    @property
    def head(self) -> str:
        """Title and remark on one line."""
        return f"{self.title}: {self.remark}" if self.remark else self.title


class DecisionPicture(NamedTuple):
    """A decision to be drawn: its verdict with the sentence first, who asks for what, the steps."""

    verdict: Verdict
    sentence: str
    facts: tuple[tuple[str, str], ...]
    relation: str
    steps: tuple[Step, ...]
    word: str  # the verdict in a word or two
    mark: str = DECIDES

    @property
    def state(self) -> State:
        """How the verdict looks."""
        return VERDICT_STATES[self.verdict]

    @property
    def allowed(self) -> bool:
        """Whether the request comes to the end."""
        return self.verdict is Verdict.ALLOWED

    @property
    def title(self) -> str:
        """What the picture shows, in short."""
        (_, principal), (_, action), _ = self.facts
        return f"{self.word}: {action} by {principal}"

    @property
    def rows(self) -> list[Row]:
        """Every gate that is drawn, in the order of reading."""
        return [
            row
            for step in self.steps
            for row in (*step.rows, *(row for card in step.cards for row in card.rows))
        ]


def picture_of(answer: Answer) -> DecisionPicture:
    """Make the picture of an answer."""
    return steps_of(gates_of(answer))


def spoken(picture: DecisionPicture, say: Say) -> DecisionPicture:
    """The picture in another language: names and values stay as they are."""

    def row(one: Row) -> Row:
        gate = one.gate._replace(name=say(one.gate.name))
        lines = tuple(line._replace(text=say(line.text)) for line in one.lines)
        return one._replace(gate=gate, word=say(one.word), lines=lines)

    def card(one: Card) -> Card:
        rows = tuple(map(row, one.rows))
        return one._replace(title=say(one.title), rows=rows, around=say(one.around))

    def step(one: Step) -> Step:
        return one._replace(
            title=say(one.title),
            remark=say(one.remark),
            rows=tuple(map(row, one.rows)),
            cards=tuple(map(card, one.cards)),
            note=say(one.note),
        )

    return picture._replace(
        sentence=say(picture.sentence),
        facts=tuple((say(name), value) for name, value in picture.facts),
        relation=say(picture.relation),
        steps=tuple(map(step, picture.steps)),
        word=say(picture.word),
        mark=say(picture.mark),
    )


def steps_of(gates: DecisionGates) -> DecisionPicture:
    """Put gates into the order in which they are read."""
    return _Reading(gates).picture()


class _Reading:
    """One decision while its steps are laid down; `alive` as long as a request comes so far."""

    def __init__(self, gates: DecisionGates) -> None:
        self.gates = gates
        self.alive = True
        self.marked: set[Place] = set()
        self.shown: set[Place] = set()

    def picture(self) -> DecisionPicture:
        """Lay all steps down."""
        gates = self.gates
        steps = [self._denies()]
        if gates.guardrails:
            steps.append(self._guardrails())
        ways = self._ways() if gates.lanes else None
        if ways is not None and (ways.cards or ways.note):
            steps.append(ways)
        elif gates.remark and not gates.lanes and not gates.denying:
            steps.append(Step("Ways in", "", self.alive, note=gates.remark))
        facts = (
            ("caller", gates.principal),
            ("action", gates.action),
            ("resource", gates.resource),
        )
        return DecisionPicture(
            gates.verdict,
            gates.sentence,
            facts,
            gates.relation,
            tuple(steps),
            VERDICTS[gates.verdict],
        )

    def _denies(self) -> Step:
        """A Deny ends it, and what may deny makes it depend."""
        title = "Explicit denies"
        denying = self.gates.denying
        first = denying or self.gates.doubtful
        self.shown = {gate.place for gate in first}
        rows = tuple(self._row(gate, reached=True) for gate in first)
        self.alive = not denying
        doubt = "not known whether it applies" if rows else "none applies"
        return Step(title, "one is enough" if denying else doubt, reached=True, rows=rows)

    def _guardrails(self) -> Step:
        """What each request has to pass: the first that does not allow it ends it."""
        reached = self.alive
        rows = []
        for gate in self.gates.guardrails:
            if gate.place not in self.shown:
                rows.append(self._row(gate, reached=self.alive))
                self.alive = self.alive and gate.state is not State.CLOSED
        return Step("Guardrails", "each must allow", reached, tuple(rows))

    def _ways(self) -> Step:
        """The ways in that can exist; what has no policy to begin with is a note."""
        gates = self.gates
        lanes = [lane for lane in gates.lanes if not gates.is_folded(lane)]
        lanes = sorted(filter(_asked, lanes), key=_first_open)
        folded = "; ".join(lane.title for lane in gates.lanes if gates.is_folded(lane))
        return Step(
            "Ways in" if lanes[1:] else "The way in",
            "one is enough" if lanes[1:] else "",
            self.alive,
            cards=tuple(map(self._card, lanes)),
            note=f"nothing there to let it in: {folded}" if folded else "",
        )

    def _card(self, lane: Lane) -> Card:
        """One way in: behind the gate that is closed nothing is reached."""
        rows = []
        alive = self.alive
        gates = _asked(lane)
        if any(gate.decides and gate.place not in self.marked for gate in gates):
            # Of several that are closed, the one that decides is met first.
            gates.sort(key=lambda gate: gate.state is State.CLOSED and not gate.decides)
        for gate in gates:
            rows.append(self._row(gate, reached=alive))
            alive = alive and gate.state is not State.CLOSED
        around = ", ".join(gate.name for gate in lane.gates if gate.state is State.BYPASSED)
        text = f"not asked: {around}" if around else ""
        return Card(lane.title, lane.state, tuple(rows), text, self.alive)

    def _row(self, gate: Gate, *, reached: bool) -> Row:
        denied = self.gates.verdict in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
        decides = gate.decides and reached and gate.place not in self.marked
        decides = decides and not (denied and self.marked)
        if decides:
            self.marked.add(gate.place)
        word = "deny" if gate.denies else gate.state.value
        return Row(gate, word, tuple(_lines(gate)), reached, decides)


def _lines(gate: Gate) -> Iterable[Line]:
    """Why a gate stands as it does; levels that allow share the last line."""
    yield from map(Line, gate.lines)
    for level in gate.levels:
        if level.state is not State.OPEN:
            yield Line(f"{level.name}: {level.state.value}", heavy=True)
            yield from map(Line, level.lines)
    allowing = [level.name for level in gate.levels if level.state is State.OPEN]
    if allowing:
        yield Line(f"allowed by {', '.join(allowing)}")


def _asked(lane: Lane) -> list[Gate]:
    """The gates that count on a way; what denies or may deny, and does no more, stands first."""
    return [
        gate
        for gate in lane.gates
        if gate.state not in _AROUND and not gate.denies and not gate.only_denies
    ]


def _first_open(lane: Lane) -> tuple[int, bool]:
    """Ways in that are open, then those that may be, then what comes as far as what decides."""
    shut = next((gate for gate in _asked(lane) if gate.state is State.CLOSED), None)
    order = (State.OPEN, State.DEPENDS, State.CLOSED)
    return order.index(lane.state), shut is None or not shut.decides
