"""Applying edits to a copy of the question and its world.

While edits are looked for, documents are changed on the way to the compiler, which costs nothing;
what is shown in the end was applied to a copy of the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from iamsim.core.errors import InputError
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.formula import Slot
from iamsim.engine.world import CompiledWorld
from iamsim.query.edits.model import Edit, EditKind
from iamsim.query.edits.overlay import EditedLibrary
from iamsim.query.edits.steps import Step, apply_steps, policy_data
from iamsim.symbolic.partial import decide
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy
from iamsim.syntax.written import write_down
from iamsim.world.model import PolicyDocument, Role, User, World
from iamsim.world.replacing import replace_owner, replace_policy

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.engine.question import AttachedPolicies, Question
    from iamsim.query.edits.place import Place

NEW_POLICY = "new policy"
Asked = tuple["Question", "CompiledWorld"]
Levels = tuple[tuple[Policy, ...], ...]


class Trial:
    """Tries edits of one question. Policies that stay the same are compiled once for all tries."""

    def __init__(self, question: Question, world: CompiledWorld) -> None:
        """Keep what was asked."""
        self.question = question
        self.world = world
        self.tried = 0
        self._library = PolicyLibrary()
        self._data: dict[int, dict[str, Any] | None] = {}
        self._known: dict[frozenset[int], Decision | None] = {}
        self._overlays: dict[frozenset[int], Asked | None] = {}
        self._kept: list[Edit] = []

    def decide(self, edits: Iterable[Edit]) -> Decision | None:
        """Decide the question after some edits; `None` where they can't be applied together."""
        several = tuple(edits)
        key = frozenset(map(id, several))
        if key not in self._known:
            self.tried += 1
            self._known[key] = self._decided(several)
        return self._known[key]

    def _decided(self, edits: tuple[Edit, ...]) -> Decision | None:
        asked = self.overlay(edits)
        try:
            return None if asked is None else decide(*asked)
        except InputError:
            return None

    def overlay(self, edits: Iterable[Edit]) -> Asked | None:
        """Give the question and a world that compiles changed documents; remembered. `None` where
        the edits make no valid policy."""
        several = tuple(edits)
        key = frozenset(map(id, several))
        if key not in self._overlays:
            self._kept += several  # so that their ids stay theirs
            self._overlays[key] = self._applied(several, copies=False)
        return self._overlays[key]

    def apply(self, edits: Iterable[Edit]) -> Asked | None:
        """Give the question and a copy of the world with the edits made; `None` where they make no
        valid policy."""
        return self._applied(tuple(edits), copies=True)

    def _applied(self, edits: tuple[Edit, ...], *, copies: bool) -> Asked | None:
        """Make the edits of the question, of what is attached, and then those of documents."""
        question, model = self.question, self.world.model
        steps: dict[int, tuple[Place, list[Step]]] = {}
        changed: dict[int, PolicyDocument] = {}
        try:
            for edit in edits:
                place = edit.place
                if edit.kind is EditKind.CONTEXT or place is None:
                    question = _with_context(question, edit)
                elif edit.kind is EditKind.SETTING:
                    block = {"restrict_public_buckets": False}
                    attached = replace(question.attached, public_access_block=block)
                    question = replace(question, attached=attached)
                elif edit.document is not None and edit.kind is not EditKind.ADD_STATEMENT:
                    question, model = _with_policy(question, model, place, edit.document)
                else:
                    _, found = steps.setdefault(id(place.origin), (place, []))
                    found.extend(edit.steps)
            for place, found in steps.values():
                origin, document = place.origin, self._changed(place, found)
                if isinstance(origin, Policy) and isinstance(document, Policy):
                    question = _with_given(question, origin, document)
                elif isinstance(origin, PolicyDocument) and isinstance(document, PolicyDocument):
                    changed[id(origin.document)] = document
                    if copies:
                        model = replace_policy(model, origin, document)
        except (InputError, KeyError):
            return None
        world = CompiledWorld(model)
        if not copies:
            world.policies = EditedLibrary(self._library, changed)
        return question, world

    def data(self, place: Place) -> dict[str, Any] | None:
        """Give the policy of a place as plain data."""
        origin = place.origin
        if origin is None:
            return None
        if id(origin) not in self._data:
            known = origin.document if isinstance(origin, PolicyDocument) else None
            self._data[id(origin)] = dict(known) if known else policy_data(origin.source)
        return self._data[id(origin)]

    def _changed(self, place: Place, steps: list[Step]) -> Policy | PolicyDocument:
        """Make the changed document of a place. Raises `PolicyError` where it is no policy, and
        `KeyError` where the steps do not go together."""
        data = self.data(place)
        origin = place.origin
        if data is None or origin is None:
            raise KeyError(place.key)
        changed = apply_steps(data, steps)
        if isinstance(origin, Policy):
            return parse_policy(changed, name=origin.name, policy_type=place.policy_type)
        source = write_down(changed, origin.name)
        document = PolicyDocument(origin.name, changed, source, origin.arn)
        self._library.compiled(document, place.policy_type)
        return document


def _with_context(question: Question, edit: Edit) -> Question:
    """Ask with other context values; `None` is for a key that is absent."""
    names = {name.lower() for name in edit.context}
    context = {key: value for key, value in question.context.items() if key.lower() not in names}
    absent = {name.lower() for name, value in edit.context.items() if value is None}
    unset = {key for key in question.unset if key.lower() not in names}
    given = {name: value for name, value in edit.context.items() if value is not None}
    return replace(question, context={**context, **given}, unset=frozenset(unset | absent))


def _with_given(question: Question, old: Policy, new: Policy) -> Question:
    """Put a policy that the question brings in the place of another."""

    def changed(policies: tuple[Policy, ...] | None) -> tuple[Policy, ...] | None:
        if policies is None:
            return None
        return tuple(new if policy is old else policy for policy in policies)

    def levels(
        given: tuple[tuple[Policy, ...], ...] | None,
    ) -> tuple[tuple[Policy, ...], ...] | None:
        return None if given is None else tuple(changed(level) or () for level in given)

    attached = question.attached
    return replace(
        question,
        session=replace(question.session, policies=changed(question.session.policies)),
        attached=replace(
            attached,
            identity_policies=changed(attached.identity_policies),
            resource_policy=new if attached.resource_policy is old else attached.resource_policy,
            boundary=new if attached.boundary is old else attached.boundary,
            session_policies=changed(attached.session_policies),
            scps=levels(attached.scps),
            rcps=levels(attached.rcps),
            vpce_policies=changed(attached.vpce_policies),
        ),
    )


def _with_policy(
    question: Question, model: World, place: Place, document: Mapping[str, object]
) -> tuple[Question, World]:
    """Attach a policy where there was none, or an own one in the place of AWS's.

    It is attached in the world where the principal or resource stands there, so that the copy says
    of others what the edit does to them; else it goes with the question.
    """
    new = PolicyDocument(NEW_POLICY, document, write_down(document, NEW_POLICY))
    attached = question.attached
    slot = place.slot
    entity = model.find_principal(question.session.source_user or question.principal)
    if slot is Slot.IDENTITY and attached.identity_policies is None and entity is not None:
        return question, _attach(model, entity, new)
    if slot is Slot.BOUNDARY and attached.boundary is None and _stands(entity, model):
        return question, replace_owner(model, entity, replace(entity, boundary=new))
    if slot is Slot.RESOURCE and attached.resource_policy is None:
        listed = model.find_resource(question.resource)
        target = model.find_principal(question.resource)
        if _stands(target, model) and isinstance(target, Role):
            return question, replace_owner(model, target, replace(target, trust=new))
        if listed is not None and not listed.buckets:
            return question, replace_owner(model, listed, replace(listed, policy=new))
    policy = parse_policy(document, name=NEW_POLICY, policy_type=place.policy_type)
    return _with_given_policy(question, attached, slot, policy), model


def _with_given_policy(
    question: Question, attached: AttachedPolicies, slot: Slot, policy: Policy
) -> Question:
    """Let the question bring one more policy."""
    if slot is Slot.SESSION:
        policies = (*(question.session.policies or ()), policy)
        return replace(question, session=replace(question.session, policies=policies))
    if slot is Slot.IDENTITY:
        changed = replace(attached, identity_policies=(*(attached.identity_policies or ()), policy))
    elif slot is Slot.BOUNDARY:
        changed = replace(attached, boundary=policy)
    else:
        changed = replace(attached, resource_policy=policy)
    return replace(question, attached=changed)


def _attach(model: World, entity: User | Role, policy: PolicyDocument) -> World:
    """Attach an identity-based policy: for a provisioned role, to its permission set."""
    account = model.accounts[entity.account]
    if (
        isinstance(entity, Role)
        and entity.permission_set is not None
        and not _stands(entity, model)
    ):
        permission_set = account.permission_sets[entity.permission_set]
        changed = replace(permission_set, policies=(*permission_set.policies, policy))
        return replace_owner(model, permission_set, changed)
    return replace_owner(model, entity, replace(entity, policies=(*entity.policies, policy)))


def _stands(entity: User | Role | None, model: World) -> TypeGuard[User | Role]:
    """Whether a user or role is listed in its account, and not made from a permission set."""
    if entity is None:
        return False
    account = model.accounts[entity.account]
    return entity in (*account.users.values(), *account.roles.values())
