"""A decision as gates: what every renderer of it draws.

A request comes from the caller, has to pass the guardrails, and then one of the ways in. Each layer
is a gate there: open, closed, bypassed on this way, or without effect on this request. The order of
gates is that in which AWS evaluates:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import (
    Decider,
    Element,
    LayerExplanation,
    NearMiss,
    StatementExplanation,
    WayExplanation,
)
from iamsim.core.layer_names import GRANTS, layer_name
from iamsim.core.reason import Reason
from iamsim.core.ways import is_absent, undecided_layers, way_depends, ways_of_caller
from iamsim.engine.formula import GUARDRAILS, Slot
from iamsim.words.labels import (
    REASONS,
    RELATIONS,
    WAYS,
    bypass_text,
    deny_text,
    element_text,
    lacking_lines,
    near_lines,
    on_one_line,
    statement_lines,
)
from iamsim.words.sentences import SIDES
from iamsim.words.state import State

# What credentials reach is shown with the session, not as a guardrail of its own.
_GUARDRAILS = frozenset(slot.layer for slot in GUARDRAILS if slot is not Slot.CREDENTIALS)
# The kinds of grant that a way in asks of the resource-based policy; other ways ask for any.
_GRANTS_OF_WAY = {
    "resource-based-policy": frozenset(
        {"user", "session", "federated-user", "service", "wildcard"}
    ),
    "resource-based-policy-to-role": frozenset({"role"}),
    "resource-based-policy-to-source-user": frozenset({"federated-source"}),
    "resource-based-policy-to-account": frozenset({"account"}),
}
_OTHER_GRANT = "its Allow names the caller in another way"
_DENIED = (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY)
_WORST_FIRST = (State.CLOSED, State.DEPENDS, State.OPEN, State.NOT_APPLICABLE)


class Place(NamedTuple):
    """Where a gate stands: at a layer; the grants on a key stand apart from its policy."""

    layer: Layer
    grants: bool = False


class Level(NamedTuple):
    """One level of a guardrail: a node of the organization."""

    name: str
    state: State
    lines: tuple[str, ...] = ()


class Gate(NamedTuple):
    """One gate: its state, why, its levels where it has several, and whether it decides.

    `denies` tells a gate that an explicit deny closes from one that merely lacks an allow;
    `may_deny` one of which that is not known, and `only_denies` one that counts for nothing else
    on its way. `doubt` is what may deny where the gate is closed already, for lack of an allow.
    """

    place: Place
    name: str
    state: State
    lines: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    decides: bool = False
    denies: bool = False
    may_deny: bool = False
    only_denies: bool = False
    doubt: tuple[str, ...] = ()


class Lane(NamedTuple):
    """One way in, with a gate for each of the columns, in their order."""

    way: str
    title: str
    state: State
    gates: tuple[Gate, ...]


class DecisionGates(NamedTuple):
    """A decision, taken apart. `absent` are the layers where there is nothing to show; `remark`
    stands where the relation has no ways in at all; `apart` are gates that deny all the same."""

    verdict: Verdict
    principal: str
    action: str
    resource: str
    relation: str
    guardrails: tuple[Gate, ...]
    columns: tuple[Place, ...]
    lanes: tuple[Lane, ...]
    absent: tuple[str, ...]
    remark: str | None = None
    sentence: str = ""
    apart: tuple[Gate, ...] = ()

    @property
    def every(self) -> list[Gate]:
        """All gates, guardrails first."""
        lanes = (gate for lane in self.lanes for gate in lane.gates)
        return [*self.guardrails, *lanes, *self.apart]

    @property
    def denying(self) -> list[Gate]:
        """The gates with an explicit deny, each once, those that decide first."""
        gates = {gate.place: gate for gate in self.every if gate.denies}
        return sorted(gates.values(), key=lambda gate: not gate.decides)

    @property
    def doubtful(self) -> list[Gate]:
        """The gates of which it is not known whether they deny explicitly, each once."""
        doubtful = {gate.place: gate for gate in self.every if gate.may_deny}
        return [
            gate._replace(state=State.DEPENDS, lines=gate.doubt, levels=(), decides=False)
            if gate.doubt
            else gate
            for gate in doubtful.values()
        ]

    def is_folded(self, lane: Lane) -> bool:
        """Whether a way in can't exist here, since nothing is there that it needs. The first way
        with the gate that decides stays, and one where all are like that."""
        kept = [lane for lane in self.lanes if not _is_empty(lane)]
        if not any(map(_decides, kept)):
            kept += [lane for lane in self.lanes if _decides(lane)][:1]
        return lane not in (kept or self.lanes[-1:])


def _decides(lane: Lane) -> bool:
    """Whether a gate on a way is the one that decides."""
    return any(gate.decides for gate in lane.gates)


def _is_empty(lane: Lane) -> bool:
    """Whether a gate on a way is closed because there is no such policy."""
    nothing = (REASONS[Reason.NO_POLICY],)
    return any(gate.state is State.CLOSED and gate.lines == nothing for gate in lane.gates)


def gates_of(answer: Answer) -> DecisionGates:
    """Take an answer apart into gates."""
    return _Reading(answer).gates()


def deciding_texts(gates: DecisionGates) -> list[str]:
    """Say on a line for each which gates decide, and why."""
    texts = []
    for gate in gates.every:
        if not gate.decides:
            continue
        closed = [level for level in gate.levels if level.state is State.CLOSED]
        if closed:
            texts += [
                f"{gate.name} at {level.name}: {on_one_line(level.lines)}" for level in closed
            ]
        else:
            texts.append(f"{gate.name}: {on_one_line(gate.lines)}")
    return list(dict.fromkeys(texts)) or [gates.relation]


class _Reading:
    """One answer while it is taken apart."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.action = answer.request.action
        self.ways = ways_of_caller(answer)
        self.entries: dict[Place, list[LayerExplanation]] = {}
        for entry in answer.explanation.layers:
            self.entries.setdefault(place_of(entry.layer, entry.level), []).append(entry)
        self.unknown = undecided_layers(answer)
        self.deciders: dict[Place, Decider] = {}
        for decider in answer.explanation.decided_by:
            self.deciders.setdefault(place_of(decider.layer, decider.level), decider)
        self.open_way = next((way.name for way in self.ways if way.open), None)

    def gates(self) -> DecisionGates:
        """Put it together."""
        shown = [place for place in self.entries if self._is_shown(place)]
        guardrails = [place for place in shown if place.layer in _GUARDRAILS]
        columns = tuple(place for place in shown if place.layer not in _GUARDRAILS)
        lanes = tuple(self._lane(way, columns) for way in self.ways)
        absent = (self._name(place) for place in self.entries if place not in shown)
        answer, explanation = self.answer, self.answer.explanation
        always = answer.decision.reason is Reason.ALWAYS_ALLOWED  # whatever any layer says
        return DecisionGates(
            answer.decision.verdict,
            answer.request.principal,
            self.action,
            answer.request.resource,
            RELATIONS[explanation.relation],
            () if always else tuple(map(self._guardrail, guardrails)),
            columns if lanes else (),
            lanes,
            () if always else tuple(dict.fromkeys(absent)),
            None if lanes else RELATIONS[explanation.relation],
            self._sentence(),
            () if lanes else tuple(self._denying(columns)),
        )

    def _denying(self, columns: Iterable[Place]) -> Iterator[Gate]:
        """The gates with an explicit deny where there is no way in on which they could stand."""
        for place in columns:
            for entry in self.entries[place]:
                if entry.outcome is Outcome.EXPLICIT_DENY:
                    name, lines = self._name(place), self._why(entry, place)
                    decides = place in self.deciders
                    yield Gate(place, name, State.CLOSED, lines, decides=decides, denies=True)

    def _sentence(self) -> str:
        """Which layer decides, in a sentence: what one should see first."""
        explanation = self.answer.explanation
        parts = []
        for decider in explanation.decided_by:
            if not self.ways and decider.statement is None and decider.layer not in _GUARDRAILS:
                continue  # no policy of that layer could let it in
            name = self._name(place_of(decider.layer, decider.level))
            at = f" at {decider.level}" if decider.level and decider.layer in _GUARDRAILS else ""
            denies = decider.statement is not None and decider.statement.effect == "Deny"
            allows = decider.statement is not None and decider.statement.effect == "Allow"
            verb = "denies it" if denies else "allows it" if allows else "does not allow it"
            unknown = (
                "it is not known whether " if decider.reason is Reason.DEPENDS_ON_UNKNOWN else ""
            )
            if unknown and not denies:
                verb = "allows it"
            which = ""
            if decider.statement is not None:
                which = f": {on_one_line(statement_lines(decider.statement, decider.policy))}"
            elif decider.policy is not None or decider.near is not None:
                name = _named(
                    name, decider.policy or ("" if decider.near is None else decider.near.policy)
                )
            side = SIDES.get(decider.level or "") if decider.layer in _GUARDRAILS else None
            if side is not None:
                parts.append(f"{unknown}{side} {verb}")  # by a rule of AWS's, no policy
                continue
            if decider.reason is Reason.NO_POLICY:
                parts.append(f"there is no {name}{at}")
                continue
            article = "" if decider.layer is Layer.S3_BLOCK_PUBLIC_ACCESS else "the "
            parts.append(f"{unknown}{article}{name}{at} {verb}{which}")
        return "; ".join(dict.fromkeys(parts)) or RELATIONS[explanation.relation]

    def _is_shown(self, place: Place) -> bool:
        """Whether there is something at a place, or a way in fails because there is not."""
        if not all(map(is_absent, self.entries[place])):
            return True
        if place.grants:
            return any(_is_grant_way(way) for way in self.ways)
        return any(place.layer in way.blocked_by and not _is_grant_way(way) for way in self.ways)

    def _there(self, place: Place) -> list[LayerExplanation]:
        """What a place has to say, or why there is nothing."""
        entries = self.entries[place]
        return [entry for entry in entries if not is_absent(entry)] or entries

    def _name(self, place: Place) -> str:
        return layer_name(place.layer, self.action, GRANTS if place.grants else None)

    def _guardrail(self, place: Place) -> Gate:
        entries = self._there(place)
        levels = tuple(
            Level(SIDES.get(level, level), _state(entry), self._why(entry, place))
            for entry in entries
            for level in (entry.level or "",)
        )
        state = next(
            state for state in _WORST_FIRST if any(level.state is state for level in levels)
        )
        named = any(level.name for level in levels)
        return Gate(
            place,
            self._name(place),
            state,
            () if named else levels[0].lines,
            levels if named else (),
            decides=place in self.deciders and state in (State.CLOSED, State.DEPENDS),
            denies=any(entry.outcome is Outcome.EXPLICIT_DENY for entry in entries),
            may_deny=state is State.DEPENDS and any(map(_may_deny, entries)),
        )

    def _lane(self, way: WayExplanation, columns: Iterable[Place]) -> Lane:
        gates = tuple(self._gate(way, place) for place in columns)
        state = State.OPEN if way.open else State.CLOSED
        if way_depends(way, self.answer):
            state = State.DEPENDS
        if any(gate.state is State.CLOSED for gate in gates):
            state = State.CLOSED
        elif state is State.OPEN and any(gate.state is State.DEPENDS for gate in gates):
            state = State.DEPENDS
        policy = layer_name(Layer.RESOURCE_BASED_POLICY, self.action)
        title = WAYS.get(way.name, way.name.replace("-", " ")).format(policy=policy)
        return Lane(way.name, title, state, gates)

    def _gate(self, way: WayExplanation, place: Place) -> Gate:
        entries = self._there(place)
        name, sides = self._name(place), self._sides(place)
        denying = [entry for entry in entries if entry.outcome is Outcome.EXPLICIT_DENY]
        if denying:
            lines = self._why(denying[0], place)
            decides = place in self.deciders
            return Gate(place, name, State.CLOSED, lines, decides=decides, denies=True)
        needed = place.layer in way.requires
        if place.layer is Layer.RESOURCE_BASED_POLICY:
            needed = needed and place.grants is _is_grant_way(way)
        if not needed:
            return self._unasked(way, place, name)
        if place.layer in way.blocked_by and place.layer not in self.unknown:
            decides = place in self.deciders and self.answer.decision.verdict in _DENIED
            lines = () if sides else self._why_closed(entries, place)
            doubt = tuple(dict.fromkeys(map(_doubt, filter(_may_deny, entries))))
            return Gate(
                *(place, name, State.CLOSED, lines, sides),
                decides=decides,
                may_deny=bool(doubt),
                doubt=doubt,
            )
        state = _worst(entries)
        counts = state is not State.OPEN or way.name == self.open_way
        decides = place in self.deciders and counts
        kinds = _GRANTS_OF_WAY.get(way.name) if place.layer is Layer.RESOURCE_BASED_POLICY else None
        lines = self._why(entries[0], place, kinds)
        may_deny = any(map(_may_deny, entries))
        return Gate(place, name, state, lines, sides, decides=decides, may_deny=may_deny)

    def _sides(self, place: Place) -> tuple[Level, ...]:
        """The sides of a request through an access point, each with what it says."""
        entries = self.entries[place]
        if len(entries) == 1 or not all(entry.level in SIDES for entry in entries):
            return ()
        return tuple(
            Level(SIDES[entry.level or ""], _state(entry), self._why(entry, place))
            for entry in entries
        )

    def _unasked(self, way: WayExplanation, place: Place, name: str) -> Gate:
        """A gate that this way leads around: an unknown layer may still deny explicitly."""
        entries = self.entries[place]
        if all(entry.outcome is Outcome.NOT_APPLICABLE for entry in entries):
            return Gate(place, name, State.NOT_APPLICABLE, (REASONS[entries[0].reason],))
        doubtful = next((entry for entry in entries if _may_deny(entry)), None)
        if doubtful is not None:
            return Gate(
                place,
                name,
                State.DEPENDS,
                self._why(doubtful, place),
                decides=place in self.deciders,
                may_deny=True,
                only_denies=True,
            )
        policy = layer_name(Layer.RESOURCE_BASED_POLICY, self.action)
        return Gate(place, name, State.BYPASSED, (bypass_text(way.name, place.layer, policy),))

    def _why_closed(self, entries: list[LayerExplanation], place: Place) -> tuple[str, ...]:
        """Why a gate is closed for lack of an allow."""
        if any(entry.outcome is Outcome.ALLOW for entry in entries) and len(entries) == 1:
            return (_OTHER_GRANT,)
        lacking = next(
            (entry for entry in entries if entry.outcome is not Outcome.ALLOW), entries[0]
        )
        if lacking.residual is not None and lacking.residual.allows is None:
            return (REASONS[Reason.NO_STATEMENT_ALLOWS], *self._closest(lacking, place))
        return self._why(lacking, place)

    def _why(
        self, entry: LayerExplanation, place: Place, kinds: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """What decided within a layer: a statement with its place, or the reason."""
        if entry.residual is not None:
            sentences = dict.fromkeys(
                residual.sentence for residual in entry.residual if residual is not None
            )
            return tuple(sentences) or (REASONS[entry.reason],)
        effect = {Outcome.ALLOW: "Allow", Outcome.EXPLICIT_DENY: "Deny"}.get(entry.outcome)
        matching = [
            (policy.name, statement)
            for policy in entry.policies
            for statement in policy.statements
            if statement.matched and statement.effect == effect
        ]
        fitting = [parts for parts in matching if kinds is None or _grants_any(parts[1], kinds)]
        for policy, statement in fitting or matching:
            lines = statement_lines(statement, policy)
            if any(clause.element is Element.CONDITION for clause in statement.clauses):
                return (*lines, element_text(statement, Element.CONDITION, self.action))
            return (*lines, deny_text(statement)) if effect == "Deny" else lines
        if entry.reason is not Reason.NO_STATEMENT_ALLOWS:
            near = self._near(entry, place)
            lacking = () if near is None else lacking_lines(near, self.action)
            return (REASONS[entry.reason], *lacking)
        count = sum(len(policy.statements) for policy in entry.policies)
        kind = "grant" if place.grants else "statement"
        allows = f"none of {count} {kind}s allows" if count > 1 else f"no {kind} allows"
        named = any(
            holds
            for policy in entry.policies
            for statement in policy.statements
            if statement.effect == "Allow"
            for element, holds in statement.elements
            if element in (Element.ACTION, Element.NOT_ACTION)
        )
        closest = self._closest(entry, place) or self._grant_conditions(entry, place)
        told = named or closest or place not in self.deciders
        what = "it" if told else f"the action {self.action}"
        return (f"{allows} {what}", *closest)

    def _closest(self, entry: LayerExplanation, place: Place) -> tuple[str, ...]:
        """The statement that lacked least, where that is known."""
        near = self._near(entry, place)
        return () if near is None else near_lines(near, self.action)

    def _grant_conditions(self, entry: LayerExplanation, place: Place) -> tuple[str, ...]:
        """Which constraint keeps a grant from counting, where it fits but for that."""
        for policy in entry.policies if place.grants else ():
            for grant in policy.statements:
                if grant.failed_elements == (Element.CONDITION,):
                    return (element_text(grant, Element.CONDITION, self.action),)
        return ()

    def _near(self, entry: LayerExplanation, place: Place) -> NearMiss | None:
        decider = self.deciders.get(place)
        return decider.near if decider is not None and decider.level == entry.level else None


def _named(name: str, policy: str) -> str:
    """A layer with its policy; what hangs at a resource is named by that."""
    if policy.startswith("policy of "):
        return f"{name} {policy.removeprefix('policy ')}"
    if policy.startswith("trust policy of "):
        return policy
    short = policy.rpartition("/")[2]
    return f"{name} “{short}”" if short else name


def place_of(layer: Layer, level: str | None) -> Place:
    """Where the gate of a layer stands."""
    return Place(layer, layer is Layer.RESOURCE_BASED_POLICY and level == GRANTS)


def _is_grant_way(way: WayExplanation) -> bool:
    return way.name.startswith("kms-grant")


def _state(entry: LayerExplanation) -> State:
    """How one level stands by itself."""
    return {
        Outcome.ALLOW: State.OPEN,
        Outcome.EXPLICIT_DENY: State.CLOSED,
        Outcome.IMPLICIT_DENY: State.CLOSED,
        Outcome.UNKNOWN: State.DEPENDS,
        Outcome.NOT_APPLICABLE: State.NOT_APPLICABLE,
    }[entry.outcome]


def _worst(entries: list[LayerExplanation]) -> State:
    states = [_state(entry) for entry in entries]
    return next(state for state in _WORST_FIRST if state in states)


def _may_deny(entry: LayerExplanation) -> bool:
    """Whether a layer whose outcome is not known may deny explicitly."""
    if entry.outcome is not Outcome.UNKNOWN:
        return False
    return entry.residual is None or entry.residual.denies is not None


def _doubt(entry: LayerExplanation) -> str:
    """What may deny in a layer."""
    if entry.residual is None or entry.residual.denies is None:
        return REASONS[entry.reason]
    return entry.residual.denies.sentence


def _grants_any(statement: StatementExplanation, kinds: frozenset[str]) -> bool:
    """Whether a statement names the caller by a grant of one of some kinds."""
    return any(clause.matched and clause.grant in kinds for clause in statement.clauses)
