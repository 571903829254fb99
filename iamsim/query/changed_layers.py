"""One change, applied where the policies of a request meet: to the session policies that come with
a question, to the caller's side, to the resource's side, and to the endpoint between them.

What does not change stays the very same object.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.decision import Layer, PolicyType
from iamsim.core.reason import Reason
from iamsim.core.request import Caller, CallerKind
from iamsim.engine import facts
from iamsim.engine.situation import PlacedPolicies, Situation
from iamsim.engine.target import find_target
from iamsim.query.policies_in_play import check_place, left_of, taken_statements
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from iamsim.engine.documents import PolicyLibrary
    from iamsim.engine.facts import CallerFacts, Levels, ResourceFacts
    from iamsim.engine.question import Question
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import PolicyDocument, World

# What a document is read and compiled as in each layer that has policies.
POLICY_TYPES = {
    Layer.SERVICE_CONTROL_POLICY: PolicyType.SERVICE_CONTROL,
    Layer.RESOURCE_CONTROL_POLICY: PolicyType.RESOURCE_CONTROL,
    Layer.RESOURCE_BASED_POLICY: PolicyType.RESOURCE,
    Layer.IDENTITY_BASED_POLICY: PolicyType.IDENTITY,
    Layer.PERMISSIONS_BOUNDARY: PolicyType.PERMISSIONS_BOUNDARY,
    Layer.SESSION_POLICY: PolicyType.SESSION,
    Layer.VPC_ENDPOINT_POLICY: PolicyType.VPC_ENDPOINT,
}
# Why a guardrail has no levels where it could have some.
_NOT_ATTACHED = frozenset(
    {
        Reason.NOT_PRESENT,
        Reason.CALLER_NOT_IN_ORGANIZATION,
        Reason.RESOURCE_NOT_IN_ORGANIZATION,
    }
)
_CAPPED = frozenset({CallerKind.USER, CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER})
_NEW_LEVEL = "level 1"


@dataclass(frozen=True, slots=True)
class Addition:
    """A policy more in one layer; it was read as what that layer asks for."""

    layer: Layer
    policy: Policy


@dataclass(frozen=True, slots=True)
class Change:
    """What is different.

    `without` names policies, by name, ARN or the last part of the ARN, or one statement of a policy
    as ``POLICY#SID`` or ``POLICY#NUMBER``, counted from 1.
    """

    additions: tuple[Addition, ...] = ()
    without: tuple[str, ...] = ()
    without_layers: frozenset[Layer] = frozenset()

    def added_to(self, layer: Layer) -> tuple[Policy, ...]:
        """The policies that come to a layer."""
        return tuple(addition.policy for addition in self.additions if addition.layer is layer)


NO_CHANGE = Change()


class AppliedChange:
    """A change with its policies compiled.

    Added policies stand where AWS would attach them: identity-based policies and boundaries at the
    caller (for a federated user session, the user behind it), resource-based policies at the
    resource, control policies at the account itself, the last level.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_attach.html
    """

    def __init__(self, change: Change, library: PolicyLibrary) -> None:
        """Compile what the change adds; raises `PolicyError` for what has no meaning."""
        self.change = change
        self._library = library
        self._added = {
            layer: tuple(compile_policy(policy, policy_type) for policy in change.added_to(layer))
            for layer, policy_type in POLICY_TYPES.items()
        }

    def question(self, question: Question) -> Question:
        """Session policies come with the question, so that is where they are changed."""
        session, attached = question.session, question.attached
        passed = session.policies if session.policies is not None else attached.session_policies
        added = self.change.added_to(Layer.SESSION_POLICY)
        left = self._session_policies_left(passed or ())
        emptied = passed == () and Layer.SESSION_POLICY in self.change.without_layers
        if not added and left == (passed or ()) and not emptied:
            return question
        policies = (*left, *added) or None
        changed = replace(question, session=replace(session, policies=policies))
        if attached.session_policies is None:
            return changed
        return replace(changed, attached=replace(attached, session_policies=None))

    def _session_policies_left(self, passed: tuple[Policy, ...]) -> tuple[Policy, ...]:
        """The session policies that the change leaves."""
        if Layer.SESSION_POLICY in self.change.without_layers:
            return ()
        left = []
        for policy in passed:
            taken = taken_statements(self.change.without, policy.name, None, policy.statements)
            if taken is None:
                continue
            kept = tuple(
                statement for statement in policy.statements if statement.index not in taken
            )
            left.append(replace(policy, statements=kept) if taken else policy)
        return tuple(left)

    def caller(self, known: CallerFacts) -> CallerFacts:
        """Change the policies on the caller's side."""
        for addition in self.change.additions:
            check_place(addition.layer, known.caller)
        boundary = self._policies(Layer.PERMISSIONS_BOUNDARY, known.boundary)
        caller = known.caller
        if caller.kind in _CAPPED and caller.has_boundary is not (boundary is not None):
            caller = replace(caller, has_boundary=boundary is not None)
        levels, reason = self._levels(
            Layer.SERVICE_CONTROL_POLICY, known.scp_levels, known.scp_reason, FULL_AWS_ACCESS
        )
        return known._replace(
            caller=caller,
            identity=self._policies(Layer.IDENTITY_BASED_POLICY, known.identity),
            boundary=boundary,
            scp_levels=levels,
            scp_reason=reason,
        )

    def resource(
        self, question: Question, known: ResourceFacts, caller: Caller, model: World
    ) -> ResourceFacts:
        """Change the policies on the resource's side, and what follows from them."""
        change = self.change
        levels, reason = self._levels(
            Layer.RESOURCE_CONTROL_POLICY, known.rcp_levels, known.rcp_reason, RCP_FULL_AWS_ACCESS
        )
        placed = self._placed(known.policies)
        grants = self._left(Layer.RESOURCE_BASED_POLICY, known.grants)
        public = known.public_access
        if Layer.S3_BLOCK_PUBLIC_ACCESS in change.without_layers:
            public = None
        elif public is not None and placed != known.policies:
            target = find_target(question, model, caller)
            service = question.action.lower().partition(":")[0]
            public = facts.public_access(
                question.attached, service, target.listed, known.account, placed, model
            )
        return known._replace(
            policies=placed,
            grants=grants,
            rcp_levels=levels,
            rcp_reason=reason,
            public_access=public,
        )

    def situation(self, made: Situation) -> Situation:
        """Change the policy of the endpoint."""
        if made.endpoint_reason is Reason.FOLLOW_UP_CALL:
            return made
        endpoint = self._policies(Layer.VPC_ENDPOINT_POLICY, made.endpoint)
        if endpoint is made.endpoint:
            return made
        gateway = None if made.endpoint is None else made.endpoint_is_gateway
        return replace(
            made,
            endpoint=endpoint,
            endpoint_reason=Reason.NOT_PRESENT,
            endpoint_is_gateway=gateway,
            _reads={},
            _arrangements={},
            plans={},
        )

    def _placed(self, known: tuple[PlacedPolicies, ...]) -> tuple[PlacedPolicies, ...]:
        """The resource-based policies; what is added comes to the resource of the request."""
        layer = Layer.RESOURCE_BASED_POLICY
        added = self._added[layer]
        if layer in self.change.without_layers and len(known) <= 1:
            known = ()
        placed = []
        for placed_policies in known:
            left = self._left(layer, placed_policies.policies)
            if left is placed_policies.policies:
                placed.append(placed_policies)
            elif left is not None or len(known) > 1:
                # An access point and its bucket must both allow: an empty place allows nothing.
                placed.append(replace(placed_policies, policies=left or PolicySet(())))
        if not added:
            return tuple(placed)
        if not placed:
            return (PlacedPolicies(PolicySet(added)),)
        first = placed[0]
        joined = PolicySet((*first.policies.policies, *added))
        return (replace(first, policies=joined), *placed[1:])

    def _levels(
        self, layer: Layer, levels: Levels | None, reason: Reason, default: PolicyDocument
    ) -> tuple[Levels | None, Reason]:
        """Control policies by level. A first level has what AWS attaches by default as well."""
        added = self._added[layer]
        if levels is not None and layer in self.change.without_layers:
            levels, reason = None, Reason.NOT_PRESENT
        if levels is not None:
            left = [
                (name, self._left(layer, policies) or PolicySet(())) for name, policies in levels
            ]
            if added and left:
                name, policies = left[-1]
                left[-1] = name, PolicySet((*policies.policies, *added))
            return tuple(left), reason
        if not added or reason not in _NOT_ATTACHED:
            return None, reason
        full_access = self._library.compiled(default, POLICY_TYPES[layer])
        return ((_NEW_LEVEL, PolicySet((full_access, *added))),), Reason.NOT_PRESENT

    def _policies(self, layer: Layer, policies: PolicySet | None) -> PolicySet | None:
        """The policies of a layer without levels; the very same set where nothing changes."""
        if layer in self.change.without_layers:
            policies = None
        left = self._left(layer, policies)
        added = self._added[layer]
        if not added:
            return left
        return PolicySet((*(left.policies if left is not None else ()), *added))

    def _left(self, layer: Layer, policies: PolicySet | None) -> PolicySet | None:
        """What is left of a set; `None` when that is nothing, the same set when it is all."""
        if policies is None or layer in self.change.without_layers:
            return None
        left = tuple(left_of(policies.policies, self.change.without, layer))
        if left == policies.policies:
            return policies
        return PolicySet(left) if left else None
