"""Unknown things as keys: what stands in for a layer, an account or a session that is not known.

An unknown layer is written as a key of the request whose name is that of the layer. Its values are
the outcomes that a layer can have: ``allow``, ``explicitDeny`` and ``notApplicable`` (there is
none); absent or anything else, it says nothing. The tests of such keys are those of the policy
language, so that everything that reads conditions reads them as well.
"""

from __future__ import annotations

from functools import lru_cache

from iamsim.compile.condition import ConditionTest, compile_condition
from iamsim.compile.residual import Atom, Term, negate
from iamsim.core.decision import Layer, Outcome
from iamsim.core.request import CallerKind, Request
from iamsim.core.span import Source
from iamsim.engine.formula import Slot
from iamsim.syntax.ast import Condition, Value

ALLOW = Outcome.ALLOW.value
EXPLICIT_DENY = Outcome.EXPLICIT_DENY.value
NOT_APPLICABLE = Outcome.NOT_APPLICABLE.value
# Whether an unknown bucket policy is public, where S3 Block Public Access asks for that.
POLICY_IS_PUBLIC = "policy-is-public"
RESOURCE_ACCOUNT, SESSION_NAME = "resource-account", "session-name"
LAYERS = {slot.layer.value: slot for slot in Slot if isinstance(slot.value, Layer)}
# Keys that stand for unknown things and are no context keys.
STAND_INS = frozenset({*LAYERS, RESOURCE_ACCOUNT, SESSION_NAME, POLICY_IS_PUBLIC})
NOWHERE = Source("", "")
NEEDED = {Slot.IDENTITY, Slot.RESOURCE}  # without a policy at these places nothing is allowed


@lru_cache(maxsize=4096)
def word_test(key: str, words: tuple[str, ...], operator: str = "StringEquals") -> ConditionTest:
    """Make the test that a key has one of some values; equal ones are the same object."""
    values = tuple(Value(word, ()) for word in words)
    return compile_condition(Condition(operator, key, values, ()), NOWHERE, with_variables=False)


def layer_terms(slot: Slot, request: Request) -> tuple[Term, Term]:
    """When an unknown layer allows a request, and when it denies it explicitly."""
    key = slot.layer.value
    federated = request.caller.kind is CallerKind.FEDERATED_USER and slot is Slot.SESSION
    without = slot in NEEDED or federated
    words = (ALLOW,) if without else (ALLOW, NOT_APPLICABLE)
    allows = Atom(word_test(key, words), request)
    if slot is Slot.PUBLIC_ACCESS:
        return allows, False
    return allows, Atom(word_test(key, (EXPLICIT_DENY,)), request)


def there_is_none(slot: Slot, request: Request, *, wanted: bool) -> Term:
    """Whether an unknown layer is not there at all (or, if not `wanted`, is)."""
    atom = Atom(word_test(slot.layer.value, (NOT_APPLICABLE,)), request)
    return atom if wanted else negate(atom)
