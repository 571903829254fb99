"""Where the policies of a question stand: which can be edited, by whom, and who shares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import is_owned_by_aws
from iamsim.core.decision import PolicyType
from iamsim.engine.formula import GUARDRAILS, Slot
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.services.sts import is_trust_request
from iamsim.query.edits.model import Actor, Edit, EditFields
from iamsim.query.edits.place import Place
from iamsim.world.builtin import BUILT_IN_POLICIES
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from typing import Unpack

    from iamsim.compile.policy import CompiledPolicy
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.edits.place import Origin
    from iamsim.syntax.ast import Policy

# Places whose policies grant nothing: they only limit what others grant.
LIMITS = frozenset({*GUARDRAILS, Slot.BOUNDARY, Slot.SESSION})
TYPES = {
    Slot.RESOURCE_CONTROL: PolicyType.RESOURCE_CONTROL,
    Slot.SERVICE_CONTROL: PolicyType.SERVICE_CONTROL,
    Slot.VPC_ENDPOINT: PolicyType.VPC_ENDPOINT,
    Slot.RESOURCE: PolicyType.RESOURCE,
    Slot.IDENTITY: PolicyType.IDENTITY,
    Slot.BOUNDARY: PolicyType.PERMISSIONS_BOUNDARY,
    Slot.SESSION: PolicyType.SESSION,
}


class Places:
    """The places of one prepared question."""

    def __init__(self, prepared: Prepared, world: CompiledWorld) -> None:
        """Gather the documents of question and world."""
        self.question = prepared.question
        self.situation = prepared.situation
        self.world = world
        self.caller = prepared.request.caller
        self._origins: dict[int, Origin] = {}
        self._uses: dict[int, int] = {}
        for policy, _ in policies_in_use(world.model):
            if isinstance(policy, PolicyDocument):
                self._origins[id(policy.source)] = policy
                data = id(policy.document)
                self._uses[data] = self._uses.get(data, 0) + 1
        for given in _given(self.question):
            self._origins[id(given.source)] = given
        for built_in in BUILT_IN_POLICIES.values():
            self._origins.pop(id(built_in.source), None)

    def of(self, station: Station) -> tuple[Place, ...]:
        """The policies of a station."""
        if station.policies is None:
            return ()
        return tuple(self.of_policy(station, policy) for policy in station.policies.policies)

    def of_policy(self, station: Station, policy: CompiledPolicy) -> Place:
        """The place of one policy of a station."""
        origin = self._origins.get(id(policy.source))
        owned_by_aws = is_owned_by_aws(policy.arn or policy.name)
        if owned_by_aws or station.slot is Slot.GRANT:
            origin = None
        if self.caller.service_linked and station.slot is Slot.IDENTITY:
            origin = None
        uses = self._uses.get(id(origin.document), 1) if isinstance(origin, PolicyDocument) else 1
        return Place(station.slot, station.level, self._type(station), policy, origin, uses)

    def only_of_caller(self, place: Place) -> bool:
        """Whether a policy is attached to the caller alone, and not through a group."""
        if not isinstance(place.origin, PolicyDocument):
            return True
        session = self.question.session
        entity = self.world.model.find_principal(session.source_user or self.question.principal)
        if place.uses != 1 or entity is None:
            return False
        return place.origin is entity.boundary or place.origin in entity.policies

    def new(self, station: Station) -> Place:
        """The place for a policy that is not there yet."""
        return Place(station.slot, station.level, self._type(station), None, None)

    def _type(self, station: Station) -> PolicyType:
        question = self.question
        if station.slot is Slot.RESOURCE and is_trust_request(question.action, question.resource):
            return PolicyType.TRUST
        return TYPES.get(station.slot, PolicyType.RESOURCE)

    def edit(self, place: Place, **fields: Unpack[EditFields]) -> Edit:
        """Make an edit of a place, with who can make it and whether it touches a guardrail."""
        actor, account = self._actor(place.slot)
        own = actor is Actor.SESSION_MAKER or account == self.caller.account
        denies = fields.get("effect") == "Deny"
        conditions = fields.get("element") == "Condition" or bool(fields.get("bypassed"))
        guardrail = place.slot in LIMITS or denies or conditions
        return Edit(
            actor=actor, account=account, own=own, guardrail=guardrail, place=place, **fields
        )

    def _actor(self, slot: Slot) -> tuple[Actor, str | None]:
        """Who may write the policies of a place, and of which account that is."""
        if slot in {Slot.SERVICE_CONTROL, Slot.RESOURCE_CONTROL}:
            organization = self.world.model.organization
            known = None if organization is None else organization.management_account
            return Actor.MANAGEMENT_ACCOUNT, known
        if slot is Slot.BUCKET:
            return Actor.RESOURCE_OWNER, self.situation.buckets[0].owner
        if slot in {Slot.RESOURCE, Slot.PUBLIC_ACCESS, Slot.GRANT}:
            return Actor.RESOURCE_OWNER, self.situation.resource_account
        if slot is Slot.VPC_ENDPOINT:
            endpoint = self.world.endpoint(self.question.via.vpc_endpoint)
            return Actor.ENDPOINT_OWNER, None if endpoint is None else endpoint.account
        if slot is Slot.SESSION:
            return Actor.SESSION_MAKER, None
        return Actor.ACCOUNT, self.caller.account


def _given(question: Question) -> Iterator[Policy]:
    """The policies that a question brings along."""
    attached = question.attached
    yield from attached.identity_policies or ()
    yield from attached.session_policies or ()
    yield from attached.vpce_policies or ()
    yield from question.session.policies or ()
    for levels in (attached.scps, attached.rcps):
        for level in levels or ():
            yield from level
    for policy in (attached.resource_policy, attached.boundary):
        if policy is not None:
            yield policy
