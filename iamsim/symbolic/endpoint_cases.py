"""An unknown `aws:SourceVpce` that may name a VPC endpoint of the world, whose policy counts then.

Conditions name endpoints; each of those that the world lists is a case of its own, in which the
request comes through it:
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.compile.residual import Atom, Term, all_of, negate
from iamsim.core.data_class import replace
from iamsim.symbolic.cases import Case, Cases, joined_shapes
from iamsim.symbolic.layers import word_test
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.root_cases import cases_of

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.unknowns import Unknowns

WRITTEN = "aws:SourceVpce"
KEY = WRITTEN.lower()


def cases_through_endpoints(cases: Cases, unknowns: Unknowns, world: CompiledWorld) -> Cases:
    """Put the cases of endpoints that conditions name before those that are there."""
    named = _named(cases, world) if cases.request.is_unknown(KEY) else []
    if not named:
        return cases
    question = unknowns.question
    left = frozenset(key for key in question.unknown if key.lower() != KEY)
    found: list[Case] = []
    others: list[Term] = []
    for endpoint in named:
        is_this = Atom(word_test(WRITTEN, (endpoint,)), cases.request)
        others.append(negate(is_this))
        asked = replace(question, unknown=left, context={**question.context, WRITTEN: endpoint})
        for case in cases_of(unknowns._replace(question=asked), world).found:
            # What the case settles stays open in its request, as in those of the others.
            request = case.prepared.request
            request.context.pop(KEY, None)
            request.unknown |= {KEY}
            found.append(case._replace(condition=all_of([is_this, case.condition])))
    found += [case._replace(condition=all_of([*others, case.condition])) for case in cases.found]
    return Cases(tuple(found), joined_shapes(found).with_forms(cases.shapes.forms))


def _named(cases: Cases, world: CompiledWorld) -> list[str]:
    """The endpoints of the world that conditions name on which the answer hangs."""
    solution = remembered_solution(cases.allowed, cases.shapes)
    texts = {
        template.text
        for region in solution.encoding.regions
        if KEY in region.keys
        for atom in region.atoms
        if isinstance(atom.leaf, ConditionTest)
        for template in atom.leaf.values.templates
    }
    return sorted(text for text in texts if world.endpoint(text) is not None)
