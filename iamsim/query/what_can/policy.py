"""One identity-based policy that allows what a principal can do, no more and no less.

For every set of actions that is decided alike everywhere, the places are taken from the widest
pattern to the narrowest: where a place gets more than the patterns around it give, an Allow adds
it, and where it gets less, a Deny takes it away. Conditions are those of the engine's residuals.
What the policy comes to mean is then decided by the engine and held against the world's answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.policy import CompiledPolicy, PolicySet, compile_policy
from iamsim.compile.residual import Term, all_of, any_of, negate
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.core.request import CallerKind
from iamsim.core.span import Source
from iamsim.core.unknown import is_open_key
from iamsim.engine.authorize import prepare
from iamsim.engine.relations import ResourceKind
from iamsim.engine.situation import Situation
from iamsim.engine.terms import decision_terms
from iamsim.query.batch.classes import refine
from iamsim.query.batch.shipping import whole_residual
from iamsim.query.what_can.effective import Asked, Decided, Effective, given_at
from iamsim.query.what_can.places import EVERYTHING, Place
from iamsim.query.what_can.shrink import shrunk_actions
from iamsim.symbolic.blocks import write_blocks
from iamsim.symbolic.formula import OutOfBudgetError
from iamsim.symbolic.lists import Shapes, listed_keys
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.query.batch import ActionUniverse, Batch, BatchAnswer

Blocks = frozenset[str]  # Condition blocks as JSON, one of which must hold
ALWAYS: Blocks = frozenset({"{}"})
NEVER: Blocks = frozenset()
MOST_WORK = 1_000_000  # requests times statements of the policy that is compared
NAME = "effective"
LEAST_COMPARED = 500  # requests, however long the policy is
SHORTER = 4  # times that NotAction must be shorter than Action to be written instead


class Grant(NamedTuple):
    """What one statement says, but for its actions."""

    effect: str
    element: str
    resources: tuple[str, ...]
    block: str


class Mismatch(NamedTuple):
    """A request that the policy does not decide as the world does."""

    action: str
    resource: str


@dataclass(slots=True)
class EffectivePolicy:
    """The document, how many of all requests were compared, and those that came out otherwise.

    `unwritable` are actions whose conditions the policy language has no words for; `complete` says
    whether every way in which patterns meet was compared, `cut` that known places were left out.
    """

    document: dict[str, object]
    compared: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    unwritable: tuple[str, ...] = ()
    complete: bool = True
    cut: bool = False
    requests: int = 0

    @property
    def allows_nothing(self) -> bool:
        """Whether there is nothing to allow: the document has no statement, which AWS refuses.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
        """
        return not self.document.get("Statement")

    @property
    def compiled(self) -> CompiledPolicy:
        """The document as an identity-based policy."""
        if self.allows_nothing:
            return CompiledPolicy(NAME, (), Source(NAME, ""))
        parsed = parse_policy(self.document, name=NAME, policy_type=PolicyType.IDENTITY)
        return compile_policy(parsed, PolicyType.IDENTITY)

    @property
    def exact(self) -> bool:
        """Whether every compared request came out alike, and none was left out."""
        return not (self.cut or self.mismatches or self.unwritable)

    @property
    def searched(self) -> bool:
        """Whether every request was compared, wherever patterns meet."""
        return self.complete and self.compared == self.requests


def write_policy(effective: Effective, batch: Batch, *, shrink: bool = False) -> EffectivePolicy:
    """Write what a principal can do as one policy, and check it."""
    universe = effective.universe
    decided = list(effective.decided)
    masks = [row.actions for row in decided]
    parts = refine(universe.everything, masks)
    grants: dict[Grant, int] = {}
    unwritable = 0
    for part in parts:
        here = [row for row in decided if row.actions & part]
        if not any(decided.answer.possible for decided in here):
            continue
        try:
            for grant in _grants(here, effective.asked, batch, universe.first(part)):
                grants[grant] = grants.get(grant, 0) | part
        except UnsupportedError:
            unwritable |= part
    document = _document(grants, universe, shrink=shrink)
    written = EffectivePolicy(
        document,
        unwritable=tuple(universe.actions(unwritable)),
        complete=effective.complete,
        cut=effective.cut,
    )
    _check(written, decided, parts, effective.asked, batch, unwritable)
    return written


def _grants(here: Sequence[Decided], asked: Asked, batch: Batch, action: str) -> list[Grant]:
    """The statements for actions that are decided alike: `here` are their decisions."""
    base = NEVER
    at: dict[str, Blocks] = {}
    order: list[Decided] = []
    for decided in here:
        if decided.place.label == EVERYTHING:
            base = _blocks(decided.answer)
        elif decided.place.label is not None:
            at[decided.place.label] = _blocks(decided.answer)
            order.append(decided)
    order.sort(key=lambda entry: (len(entry.place.within), entry.place.label or ""))
    spared = _spared(order, at) if base == ALWAYS else ()
    allows: dict[str, list[str]] = {}
    denies: dict[str, list[str]] = {}
    given: dict[str, Blocks] = {}
    for decided in order:
        label, wanted = decided.place.label or "", at[decided.place.label or ""]
        around = [given[name] for name in decided.place.within if name in given and name != label]
        outside = NEVER if any(name in spared for name in decided.place.within) else base
        inherited = outside.union(*around)
        given[label] = NEVER
        if wanted == inherited or (inherited >= ALWAYS and wanted == ALWAYS):
            continue
        added = wanted - inherited if ALWAYS.isdisjoint(inherited) else NEVER
        for block in sorted(added):
            allows.setdefault(block, []).append(label)
        given[label] = wanted
        if wanted != ALWAYS and not inherited <= wanted:
            for block in sorted(_opposite(decided, asked, batch, action)):
                denies.setdefault(block, []).append(label)
    for label in _denied_overlaps(here, given, base):
        denies.setdefault("{}", []).append(label)
    grants = []
    if base and spared:
        grants.append(Grant("Allow", "NotResource", spared, "{}"))
    elif base:
        grants += [Grant("Allow", "Resource", (EVERYTHING,), block) for block in sorted(base)]
    grants += [Grant("Allow", "Resource", tuple(some), block) for block, some in allows.items()]
    grants += [Grant("Deny", "Resource", tuple(some), block) for block, some in denies.items()]
    return grants


def _denied_overlaps(
    here: Sequence[Decided], given: dict[str, Blocks], base: Blocks
) -> dict[str, None]:
    """Patterns to deny for places where two patterns overlap and nothing is allowed, although one
    of them gives something: those that are denied wherever they fit."""
    giving = {name for decided in here if decided.answer.possible for name in decided.place.within}
    denied = {name for decided in here for name in decided.place.within} - giving
    denied_overlaps: dict[str, None] = {}
    for decided in here:
        around = base.union(*(given.get(name, NEVER) for name in decided.place.within))
        if decided.place.label is None and not decided.answer.possible and around != NEVER:
            denied_overlaps.update(dict.fromkeys(sorted(denied & set(decided.place.within))[:1]))
    return denied_overlaps


def _spared(order: Sequence[Decided], at: dict[str, Blocks]) -> tuple[str, ...]:
    """Places that get nothing although everything around does, and that hold places which do: a
    Deny would take these, too, so the Allow spares the whole."""
    return tuple(
        decided.place.label
        for decided in order
        if decided.place.label is not None
        and at[decided.place.label] == NEVER
        and any(
            decided.place.label in other.place.within and at[other.place.label or ""] != NEVER
            for other in order
        )
    )


def _blocks(answer: BatchAnswer) -> Blocks:
    """An answer as Condition blocks; raises `UnsupportedError` where there are no words."""
    if answer.residual is None:
        return ALWAYS if answer.verdict is Verdict.ALLOWED else NEVER
    if any(is_open_key(key.lower()) for key in answer.residual.stand_ins):
        raise UnsupportedError(
            "residual-without-condition", "it depends on a part of a policy that is not known"
        )
    return frozenset(json.dumps(block, sort_keys=True) for block in answer.residual.to_condition())


def _opposite(decided: Decided, asked: Asked, batch: Batch, action: str) -> Blocks:
    """When the request is not allowed, as Condition blocks."""
    residual = decided.answer.residual
    if residual is None:
        return ALWAYS
    prepared = prepare(_question(decided.place, asked, batch, action), batch.world)
    shapes = Shapes(listed_keys(prepared.situation, prepared.request.action))
    solution = remembered_solution(negate(_term(decided.answer)), shapes)
    try:
        blocks, _ = write_blocks(*solution.cubes(), usual=False)
    except OutOfBudgetError:
        raise UnsupportedError("residual-too-large", "the opposite is too long") from None
    return frozenset(json.dumps(block.to_condition(), sort_keys=True) for block in blocks)


def _term(answer: BatchAnswer) -> Term:
    residual = whole_residual(answer.residual)
    if residual is not None:
        return residual.branches[-1].term
    return answer.verdict is Verdict.ALLOWED


def _question(place: Place, asked: Asked, batch: Batch, action: str) -> Question:
    given = given_at(asked, place)
    return batch.question(asked.principal, action, place.sample, given, asked.session)


def _document(
    grants: dict[Grant, int], universe: ActionUniverse, *, shrink: bool
) -> dict[str, object]:
    """The statements, Allow first; those that differ in their actions alone are one."""
    statements = []
    for grant, mask in sorted(
        grants.items(), key=lambda item: (item[0].effect, item[1] & -item[1])
    ):
        element, actions = "Action", universe.actions(mask)
        if shrink:
            element, actions = _shrunk(universe, mask)
        statement: dict[str, object] = {
            "Effect": grant.effect,
            element: _one_or_more(actions),
            grant.element: _one_or_more(grant.resources),
        }
        condition = json.loads(grant.block)
        if condition:
            statement["Condition"] = condition
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def _shrunk(universe: ActionUniverse, mask: int) -> tuple[str, list[str]]:
    """The patterns that cover a set; those of all others where they are far fewer."""
    actions = shrunk_actions(universe, mask)
    others = shrunk_actions(universe, universe.everything & ~mask)
    if others and len(others) * SHORTER < len(actions):
        return "NotAction", others
    return "Action", actions


def _one_or_more(texts: Sequence[str]) -> object:
    return texts[0] if len(texts) == 1 else list(texts)


def _check(
    written: EffectivePolicy,
    decided: Iterable[Decided],
    parts: Sequence[int],
    asked: Asked,
    batch: Batch,
    aside: int,
) -> None:
    """Ask the engine what the policy allows at every place, for an action of every kind."""
    policy = written.compiled
    policies = PolicySet((policy,))
    universe = batch.universe
    pairs = [
        (row, both) for row in decided for part in parts if (both := part & row.actions & ~aside)
    ]
    # A long policy is asked a part of them, taken from everywhere.
    most = max(MOST_WORK // max(len(policy.statements), 1), LEAST_COMPARED)
    step = -(-len(pairs) // most) or 1
    written.requests = len(pairs)
    for entry, both in pairs[::step]:
        written.compared += 1
        action = universe.first(both)
        if not _agrees(entry, policies, _question(entry.place, asked, batch, action), batch):
            written.mismatches.append(
                Mismatch(universe.actions(both & -both)[0], entry.place.sample)
            )


def _agrees(decided: Decided, policies: PolicySet, question: Question, batch: Batch) -> bool:
    """Whether the policy, alone in the account, allows exactly when the world does."""
    prepared = prepare(question, batch.world)
    caller = prepared.situation.caller
    if caller.kind.is_root:
        # The root user needs no policy; this asks what one would give.
        caller = replace(caller, kind=CallerKind.USER)
    alone = Situation(caller, ResourceKind.OTHER, caller.account, identity=policies)
    mine = decision_terms(alone, prepared.request).allowed
    theirs = _term(decided.answer)
    if isinstance(mine, bool) and isinstance(theirs, bool):
        return mine is theirs
    shapes = Shapes(
        listed_keys(alone, prepared.request.action)
        | listed_keys(prepared.situation, prepared.request.action)
    )
    apart = any_of([all_of([mine, negate(theirs)]), all_of([negate(mine), theirs])])
    return remembered_solution(apart, shapes).modality is Modality.NEVER
