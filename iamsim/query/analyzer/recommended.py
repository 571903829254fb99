"""What to write in place of the policies of a user or role, so that it loses what it did not use.

As the steps of AWS's recommendations for unused permissions:
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionsRecommendedStep.html.
Only the actions of statements that allow change: an entry that covers nothing unused stays as it
is, another one becomes the shortest list of what is left of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.managed import find_managed_policy
from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.compile.residual import all_of, any_of, negate
from iamsim.core.decision import PolicyType
from iamsim.engine.terms import decision_terms
from iamsim.query.analyzer.finding import AccessFinding, FindingKind, Step
from iamsim.query.analyzer.known import Known
from iamsim.query.analyzer.unused_permissions import Holder, may_hold
from iamsim.query.batch.classes import refine
from iamsim.query.what_can.shrink import shrunk_actions
from iamsim.syntax.read import parse_policy
from iamsim.world.model import AnyPolicy, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.query.batch import ActionUniverse, Batch

NEVER = datetime.min.replace(tzinfo=UTC)


def recommend(
    batch: Batch,
    findings: Iterable[AccessFinding],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Give findings of unused permissions the steps that take exactly these away, where the engine
    finds that the principal's policies allow all the rest as before, and nothing that is unused.

    There are none where another's policy grants what is unused: that of a user's group.
    """
    some = [finding for finding in findings if finding.kind is FindingKind.UNUSED_PERMISSION]
    known = Known(batch.universe)
    for number, finding in enumerate(some):
        progress(number, len(some))
        holder = batch.world.model.find_principal(finding.resource)
        if holder is not None:
            unused = _unused(batch, finding)
            steps = _steps(batch, holder, unused)
            if _leaves_the_rest(Holder(batch, holder, NEVER, known), steps, unused):
                finding.steps = tuple(steps)


def _unused(batch: Batch, finding: AccessFinding) -> int:
    """The actions that a finding is about, as far as some Allow names them: a mask."""
    universe = batch.universe
    known = set(universe.services)
    found = 0
    for service in finding.services:
        if service.actions:
            found |= universe.mask_of(name for name, _ in service.actions)
        elif service.namespace in known:
            found |= universe.service_mask(service.namespace)
    return found & batch.may(finding.resource)


def _leaves_the_rest(holder: Holder, steps: Sequence[Step], unused: int) -> bool:
    """Whether the policies with the steps allow what they did, but for what is unused."""
    identity = holder.identity
    if identity is None or not steps:
        return False
    library = holder.batch.world.policies
    written = {step.policy: step.document for step in steps}
    names = {
        id(library.compiled(policy, PolicyType.IDENTITY)): policy.arn or policy.name
        for policy in holder.holder.policies
    }
    left = []
    for policy in identity.policies:
        name = names.get(id(policy))
        if name not in written:
            left.append(policy)
        elif (document := written[name]) is not None:
            parsed = parse_policy(document, name=name, policy_type=PolicyType.IDENTITY)
            left.append(compile_policy(parsed, PolicyType.IDENTITY))
    alone, after = holder.alone(identity), holder.alone(PolicySet(tuple(left)))
    may = holder.batch.may(holder.holder.arn)
    for part in refine(may, [*(statement.actions for statement in holder.statements), unused]):
        for named_place in holder.named_places(part):
            request = holder.request(holder.batch.universe.first(part), named_place.place)
            now = decision_terms(after, request).allowed
            before = decision_terms(alone, request).allowed
            apart = any_of([all_of([now, negate(before)]), all_of([negate(now), before])])
            if may_hold(alone, now if part & unused else apart, request.action):
                return False
    return True


def _steps(batch: Batch, holder: User | Role, unused: int) -> list[Step]:
    """A step for each policy of the principal's own that allows something unused. The policies of a
    user's groups stay: others have them, too."""
    steps = []
    for policy in holder.policies:
        document = _document_of(policy)
        masks = [
            None if statement.denies else batch.universe.mask(statement.actions)
            for statement in batch.world.policies.compiled(policy, PolicyType.IDENTITY).statements
        ]
        if document is not None and any(mask & unused for mask in masks if mask):
            name = policy.arn or policy.name
            steps.append(Step(name, _without(document, masks, unused, batch.universe)))
    return steps


def _document_of(policy: AnyPolicy) -> Mapping[str, object] | None:
    if isinstance(policy, PolicyDocument):
        return policy.document
    known = find_managed_policy(policy.arn)
    found = None if known is None else json.loads(known.document_text)
    return found if isinstance(found, dict) else None


def _without(
    document: Mapping[str, object],
    masks: Sequence[int | None],
    unused: int,
    universe: ActionUniverse,
) -> Mapping[str, object] | None:
    """A document that no longer allows some actions; `None` where no statement is left. `masks` are
    the actions that each statement allows, `None` for one that denies."""
    written = document.get("Statement")
    statements = written if isinstance(written, list) else [written]
    left: list[object] = []
    for statement, mask in zip(statements, masks, strict=True):
        if mask is None or not mask & unused:
            left.append(statement)
        else:
            narrowed = _narrowed(statement, mask, unused, universe)
            if narrowed is not None:
                left.append(narrowed)
    return {**document, "Statement": left} if left else None


def _narrowed(
    statement: Mapping[str, object], mask: int, unused: int, universe: ActionUniverse
) -> dict[str, object] | None:
    """A statement with fewer actions, in the order of its members; `None` where none are left."""
    value = statement.get("Action")
    entries = value if isinstance(value, list) else [value]
    actions: list[object] = []
    if value is None:
        actions += shrunk_actions(universe, mask & ~unused)
    for entry in entries if value is not None else ():
        covered = universe.mask_of(catalog.expand(str(entry)))
        if covered & unused:
            actions += shrunk_actions(universe, covered & ~unused)
        else:
            actions.append(entry)
    if not actions:
        return None
    found: dict[str, object] = {}
    for key, part in statement.items():
        if key in ("Action", "NotAction"):
            found["Action"] = list(dict.fromkeys(actions))
        else:
            found[key] = part
    return found
