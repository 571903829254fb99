"""Who could ask for something in a world: its principals, whom policies name, and strangers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from iamsim.core.arn import PRINCIPAL_SERVICES, find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.question import Question
from iamsim.suites.vicinity import principals_of
from iamsim.universe.asked import ANONYMOUS, FRESH_ACCOUNT, Asked, somebody_of
from iamsim.universe.candidates import granted_by, partition_of
from iamsim.universe.others import NO_ORGANIZATION, others_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import AnyPolicy

_PROBE = "sts:GetCallerIdentity"


class People:
    """The callers of a world, and what resource-based policies grant them."""

    def __init__(self, world: CompiledWorld) -> None:
        """Take a world."""
        self._world = world
        self._known = {principal.arn: principal.account for principal in principals_of(world.model)}

    @cached_property
    def everyone(self) -> tuple[str, ...]:
        """Users, roles and permission sets, whom resource-based policies name or designate, and one
        of everybody else."""
        return tuple(dict.fromkeys((*self._known, *self._others)))

    def asked(self, principal: str) -> tuple[Asked, ...]:
        """In whose name a principal is asked for: of a stranger once for each organization that
        policies tell apart."""
        return self._others.get(principal, (Asked(principal),))

    @cached_property
    def _others(self) -> dict[str, tuple[Asked, ...]]:
        """Everybody whom the world does not list, by the principals that stand for them."""
        model = self._world.model
        about = tuple(self._guarding)
        names = granted_by(about)
        listed = sorted(name for name in names if name.startswith("account:"))
        roots = [f"arn:aws:iam::{name.partition(':')[2]}:root" for name in listed]
        others: dict[str, tuple[Asked, ...]] = {root: (Asked(root),) for root in roots}
        strangers = somebody_of(FRESH_ACCOUNT, partition_of(model), unset=NO_ORGANIZATION)
        for asked in (
            *(asked for candidate in others_of(about, model, names) for asked in candidate.asked),
            *strangers[:1],
            ANONYMOUS,
        ):
            some = others.get(asked.principal, ())
            others[asked.principal] = some if asked in some else (*some, asked)
        return others

    @property
    def _guarding(self) -> Iterator[CompiledStatement]:
        """The statements on the side of resources."""
        for policy, policy_type, _ in self._policies():
            yield from self._world.policies.compiled(policy, policy_type).statements
        for policy, policy_type in policies_in_use(self._world.model):
            if policy_type is PolicyType.RESOURCE_CONTROL:
                yield from self._world.policies.compiled(policy, policy_type).statements

    def is_stranger(self, principal: str) -> bool:
        """Whether a caller comes with policies that the world does not know."""
        arn = find_arn(principal)
        if principal in self._known or arn is None or arn.service not in PRINCIPAL_SERVICES:
            return False
        kind = arn.resource.partition("/")[0]
        known = arn.account in self._world.model.accounts
        return not known and kind not in {"root", "oidc-provider", "saml-provider"}

    def is_foreign(self, principal: str) -> bool:
        """Whether a caller is of no account of the world; AWS services are of none."""
        arn = find_arn(principal)
        return arn is None or arn.account not in self._world.model.accounts

    def owns(self, resource: str) -> bool:
        """Whether an account of the world is known to own a resource."""
        return self._world.model.account_of_resource(resource) in self._world.model.accounts

    def granting(self, principal: str) -> Iterator[tuple[CompiledStatement, str]]:
        """The resource-based statements that allow something to a caller, with what each guards."""
        try:
            caller = self._world.caller_facts(Question(principal, _PROBE)).caller
        except IamsimError:
            return
        for statement, guarded in self._grants:
            principals = statement.principals
            if principals is not None and principals.grants(caller):
                yield statement, guarded

    @cached_property
    def _grants(self) -> tuple[tuple[CompiledStatement, str], ...]:
        """The allow statements of resource-based and trust policies, with what they guard."""
        grants: list[tuple[CompiledStatement, str]] = []
        for policy, policy_type, guarded in self._policies():
            compiled = self._world.policies.compiled(policy, policy_type)
            grants += [
                (statement, guarded) for statement in compiled.statements if not statement.denies
            ]
        return tuple(grants)

    def _policies(self) -> Iterator[tuple[AnyPolicy, PolicyType, str]]:
        for account in self._world.model.accounts.values():
            for role in account.roles.values():
                if role.trust is not None:
                    yield role.trust, PolicyType.TRUST, role.arn
            for resource in account.resources.values():
                if resource.policy is not None:
                    yield resource.policy, PolicyType.RESOURCE, resource.arn
