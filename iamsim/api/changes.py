"""What is to be different, from plain arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.query.changed_layers import POLICY_TYPES, Addition, Change
from iamsim.query.policies_in_play import check_names_in_world
from iamsim.query.what_if import ChangedWorld
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.api.inputs import PoliciesInput
    from iamsim.engine.world import CompiledWorld

_LAYERS = {layer.value: layer for layer in Layer}


def change_of(
    world: CompiledWorld,
    *,
    with_policies: Mapping[str, PoliciesInput] | PoliciesInput,
    without: Iterable[str],
    without_layers: Iterable[str],
) -> Change:
    """Read the arguments of `World.what_if`, and check the names of policies."""
    additions = []
    for name, policies in _by_layer(with_policies).items():
        layer = _layer(name)
        if layer not in POLICY_TYPES:
            raise RequestError("unknown-layer", f"the layer `{name}` has no policies of its own")
        additions += [Addition(layer, policy) for policy in _parsed(policies, layer)]
    names = (without,) if isinstance(without, str) else tuple(without)
    layers = (without_layers,) if isinstance(without_layers, str) else tuple(without_layers)
    check_names_in_world(names, world, _added_before(world))
    return Change(tuple(additions), names, frozenset(map(_layer, layers)))


def _by_layer(
    given: Mapping[str, PoliciesInput] | PoliciesInput,
) -> Mapping[str, PoliciesInput]:
    """Policies by layer; a list of them, or one document, is identity-based policies."""
    if isinstance(given, Mapping) and "Statement" not in given:
        return given
    return {Layer.IDENTITY_BASED_POLICY.value: given}


def _parsed(policies: PoliciesInput, layer: Layer) -> Iterator[Policy]:
    """Parse the policies of a layer; a resource-based policy without resources is that of a role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
    """
    several = [policies] if isinstance(policies, str | bytes | Mapping | Policy) else policies
    for number, document in enumerate(several):
        policy = parse_policy(document, name=f"{layer.value}[{number}]")
        policy_type = POLICY_TYPES[layer]
        if policy_type is PolicyType.RESOURCE and not any(
            statement.resources for statement in policy.statements
        ):
            policy_type = PolicyType.TRUST
        yield parse_policy(policy, policy_type=policy_type)


def _added_before(world: CompiledWorld) -> Iterator[Policy]:
    """The policies that earlier changes added."""
    if isinstance(world, ChangedWorld):
        for change in world.changes:
            yield from (addition.policy for addition in change.additions)


def _layer(name: str) -> Layer:
    """Find a layer by the name that answers give it."""
    layer = _LAYERS.get(name)
    if layer is None:
        hint = did_you_mean(name, list(_LAYERS)) or f"layers are {', '.join(_LAYERS)}"
        raise RequestError("unknown-layer", f"`{name}` is not a layer", hint=hint)
    return layer
