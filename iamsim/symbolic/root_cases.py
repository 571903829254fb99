"""A root ARN of which nobody knows whether it stands for the root user or for a root session.

`aws:AssumedRoot` decides that: with the value ``true``, a session of sts:AssumeRoot calls. A root
ARN with a task policy is such a session anyway.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-assumedroot
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.residual import Atom, Term, all_of, negate
from iamsim.core.data_class import replace
from iamsim.core.request import CallerKind, Request
from iamsim.symbolic.cases import Case, Cases, find_cases, joined_shapes
from iamsim.symbolic.layers import word_test

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.unknowns import Unknowns

ASSUMED_ROOT, WRITTEN = "aws:assumedroot", "aws:AssumedRoot"


def cases_of(unknowns: Unknowns, world: CompiledWorld) -> Cases:
    """Prepare a question in all cases that its unknown things leave: for a root ARN, the cases of
    the root user come before those of a root session."""
    users = find_cases(unknowns, world)
    if not is_either_root(users.request) or users.request.caller.kind is not CallerKind.ROOT_USER:
        return users
    question = unknowns.question
    keys = frozenset(key for key in question.unknown if key.lower() != ASSUMED_ROOT)
    asked = replace(question, unknown=keys, context={**question.context, WRITTEN: "true"})
    sessions = find_cases(unknowns._replace(question=asked), world)
    is_session = Atom(word_test(WRITTEN, ("true",)), users.request)
    cases = [_when(negate(is_session), case) for case in users.found]
    for case in sessions.found:
        # What the case settles stays open in its request, as in those of the others.
        request = case.prepared.request
        request.context.pop(ASSUMED_ROOT, None)
        request.unknown |= {ASSUMED_ROOT}
        cases.append(_when(is_session, case))
    return Cases(tuple(cases), joined_shapes(cases).with_forms(users.shapes.forms))


def is_either_root(request: Request) -> bool:
    """Whether a request comes from the root user or from a root session, and nobody knows which."""
    kinds = {CallerKind.ROOT_USER, CallerKind.ASSUMED_ROOT}
    return request.caller.kind in kinds and ASSUMED_ROOT in request.unknown


def _when(condition: Term, case: Case) -> Case:
    return case._replace(condition=all_of([condition, case.condition]))
