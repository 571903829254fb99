"""Which decisions differ from a record, and which change of a policy made each differ.

A cause is proved: with that one policy as it was, the engine decides as it did. Where no single
change is enough, the fewest that do it together are looked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.compile.policy import CompiledPolicy, PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.relations import ResourceKind
from iamsim.engine.situation import PlacedPolicies, Situation
from iamsim.suites.record import Place, PolicyText, Record, RecordedDecision, Recorder, in_play
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.cases import Case, Shelf

    Levels = tuple[tuple[str, PolicySet], ...]

_TYPES = {
    "service-control-policy": PolicyType.SERVICE_CONTROL,
    "resource-control-policy": PolicyType.RESOURCE_CONTROL,
    "resource-based-policy": PolicyType.RESOURCE,
    "identity-based-policy": PolicyType.IDENTITY,
    "permissions-boundary": PolicyType.PERMISSIONS_BOUNDARY,
    "session-policy": PolicyType.SESSION,
    "vpc-endpoint-policy": PolicyType.VPC_ENDPOINT,
}


# Layers in which one policy counts.
_ALONE = frozenset({"resource-based-policy", "permissions-boundary", "vpc-endpoint-policy"})


class PolicyChange(NamedTuple):
    """A policy in play whose text differs: `before` is `None` for one that is new there, `after`
    for one that is gone."""

    place: Place
    before: PolicyText | None
    after: PolicyText | None

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A question that is decided otherwise than it was.

    Each entry of `causes` brings the old decision back when it is undone: a single change, or
    several that do it only together. It is empty where no policy accounts for it: then `asked` says
    whether the question itself differs, and else a fact of the world does (a tag, an account that
    moved). `differing` are all policies in play that differ.
    """

    case: Case
    before: RecordedDecision
    after: RecordedDecision
    causes: tuple[tuple[PolicyChange, ...], ...]
    differing: tuple[PolicyChange, ...]

    @property
    def asked(self) -> bool:
        """Whether the question itself is another than it was."""
        return self.before.asked != self.after.asked


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a recorded set of requests; `new` and `gone` are the ids of cases that only
    one side has."""

    changes: tuple[DecisionChange, ...]
    same: int
    new: tuple[str, ...]
    gone: tuple[str, ...]
    before: Record
    after: Record


def compare(before: Record, cases: Sequence[Case], shelf: Shelf) -> Comparison:
    """Decide cases and compare with a record; raises what reading a world raises."""
    recorder = Recorder(shelf)
    after = recorder.add(cases)
    changes: list[DecisionChange] = []
    same = 0
    for case in cases:
        known = before.cases.get(case.id)
        if known is None:
            continue
        world = shelf.compiled(case.scenario)
        asked = {(recorded.action.lower(), recorded.resource): recorded for recorded in known}
        for question, now in zip(case.request.questions, after.cases[case.id], strict=True):
            # A renamed action or resource leaves the place in the list to go by.
            then = asked.get((now.action.lower(), now.resource))
            if then is None and len(known) == len(case.request.questions):
                then = known[case.request.questions.index(question)]
            if then is None or then.decision == now.decision:
                same += then is not None
                continue
            differing = _differing(then, now, before, after)
            causes = _Causes(question, world, then, differing).found()
            changes.append(DecisionChange(case, then, now, causes, differing))
    ids = {case.id for case in cases}
    return Comparison(
        tuple(changes),
        same,
        tuple(sorted(ids - before.cases.keys())),
        tuple(sorted(before.cases.keys() - ids)),
        before,
        after,
    )


def _differing(
    then: RecordedDecision, now: RecordedDecision, before: Record, after: Record
) -> tuple[PolicyChange, ...]:
    """The policies in play whose texts differ, by the places where they count."""
    old, new = dict(then.policies), dict(now.policies)
    for gone in [place for place in old if place not in new and place.layer in _ALONE]:
        # Another policy in a place for one stands for a change of it.
        others = [place for place in new if place[:2] == gone[:2] and place not in old]
        if others:
            old[others[0]] = old.pop(gone)
    return tuple(
        PolicyChange(
            place,
            before.policies[old[place]] if place in old else None,
            after.policies[new[place]] if place in new else None,
        )
        for place in dict.fromkeys((*old, *new))
        if place not in old
        or place not in new
        or before.policies[old[place]].document != after.policies[new[place]].document
    )


class _Causes:
    """Undoes changes of one question, and asks the engine again."""

    def __init__(
        self,
        question: Question,
        world: CompiledWorld | None,
        then: RecordedDecision,
        differing: Sequence[PolicyChange],
    ) -> None:
        self._question = question
        self._world = world
        self._then = then
        self._differing = differing

    def found(self) -> tuple[tuple[PolicyChange, ...], ...]:
        """The single changes that account for it, else the fewest that do together."""
        if self._question.unknown or self._question.partial or not self._differing:
            return ()
        try:
            prepared = prepare(self._question, self._world)
            single = [
                (policy_text,)
                for policy_text in self._differing
                if self._restores(prepared, (policy_text,))
            ]
            if single:
                return tuple(single)
            needed = list(self._differing)
            if len(needed) == 1 or not self._restores(prepared, needed):
                return ()
            for policy_text in self._differing:
                rest = [other for other in needed if other is not policy_text]
                if self._restores(prepared, rest):
                    needed = rest
        except IamsimError:
            return ()
        return (tuple(needed),)

    def _restores(self, prepared: Prepared, undone: Iterable[PolicyChange]) -> bool:
        situation = prepared.situation
        for change in undone:
            situation = _undo(situation, change)
        return situation.decide(prepared.request).verdict.value == self._then.decision


def _undo(situation: Situation, change: PolicyChange) -> Situation:
    """The situation with one policy as it was."""
    place = change.place
    swap = _Swap(
        frozenset(id(policy) for where, policy in in_play(situation) if where == place),
        None if change.before is None else _compiled(change.before, place, situation),
    )
    match place.layer:
        case "service-control-policy":
            return _with(situation, scp_levels=swap.levels(situation.scp_levels, place))
        case "resource-control-policy":
            return _with_controls(situation, swap, place)
        case "vpc-endpoint-policy":
            return _with(situation, endpoint=swap.policies(situation.endpoint))
        case "identity-based-policy":
            return _with(situation, identity=swap.policies(situation.identity))
        case "permissions-boundary":
            return _with(situation, boundary=swap.policies(situation.boundary))
        case "session-policy":
            return _with(situation, session=swap.policies(situation.session))
        case _:
            placed = swap.placed(situation.resource_policies, place)
            return _with(situation, resource_policies=placed)


def _with_controls(situation: Situation, swap: _Swap, place: Place) -> Situation:
    """The resource control policies of one level: of the resource, or of a bucket behind it."""
    if not any(
        name == place.level for bucket in situation.buckets for name, _ in bucket.rcp_levels or ()
    ):
        return _with(situation, rcp_levels=swap.levels(situation.rcp_levels, place))
    placed = tuple(
        replace(resource_policy, rcp_levels=swap.levels(resource_policy.rcp_levels, place))
        if resource_policy.behind
        else resource_policy
        for resource_policy in situation.resource_policies
    )
    return _with(situation, resource_policies=placed)


def _with(situation: Situation, **parts: Any) -> Situation:  # noqa: ANN401 - fields of a situation
    """A situation with other policies, and nothing remembered of the old ones."""
    return replace(situation, _reads={}, _arrangements={}, plans={}, **parts)


class _Swap(NamedTuple):
    """A policy in the place of others, known by their ids; behind the rest where there are none."""

    gone: frozenset[int]
    back: CompiledPolicy | None

    def policies(self, known: PolicySet | None) -> PolicySet | None:
        """Swap in one set."""
        kept: list[CompiledPolicy] = []
        back = self.back
        for policy in known.policies if known is not None else ():
            if id(policy) not in self.gone:
                kept.append(policy)
            elif back is not None:
                kept.append(back)
                back = None
        if back is not None:
            kept.append(back)
        return PolicySet(tuple(kept)) if kept else None

    def levels(self, known: Levels | None, place: Place) -> Levels | None:
        """Swap at one level; one that is left empty was not there."""
        policy_sets: dict[str, PolicySet | None] = dict(known or ())
        name = place.level or ""
        policy_sets[name] = self.policies(policy_sets.get(name))
        left = tuple((level, some) for level, some in policy_sets.items() if some is not None)
        return left or None

    def placed(self, known: tuple[PlacedPolicies, ...], place: Place) -> tuple[PlacedPolicies, ...]:
        """Swap in the resource-based policies of one level."""
        some = list(known)
        if not any(placed.level == place.level for placed in some):
            some.append(PlacedPolicies(PolicySet(()), place.level))
        swapped = (
            (
                placed,
                self.policies(placed.policies) if placed.level == place.level else placed.policies,
            )
            for placed in some
        )
        return tuple(
            replace(entry, policies=policies) for entry, policies in swapped if policies is not None
        )


def _compiled(text: PolicyText, place: Place, situation: Situation) -> CompiledPolicy:
    """Compile a policy of the record; raises `PolicyError` where this version refuses it."""
    policy_type = _TYPES[place.layer]
    if policy_type is PolicyType.RESOURCE and situation.kind is ResourceKind.ROLE:
        policy_type = PolicyType.TRUST
    written = json.dumps(text.document, indent=2)
    policy = parse_policy(
        text.document,
        name=text.name,
        source=Source(text.file, written, locate_json),
        policy_type=policy_type,
    )
    return compile_policy(policy, policy_type, arn=text.arn)
