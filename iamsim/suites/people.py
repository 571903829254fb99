"""Who could ask for something in a world: its principals, whom policies name, and strangers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError
from iamsim.engine.question import Question
from iamsim.suites.vicinity import principals_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.compile.principal import PrincipalPattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import AnyPolicy

__all__ = ["STRANGER", "People"]

STRANGER = "arn:aws:iam::999988887777:role/stranger"
_PROBE = "sts:GetCallerIdentity"


class People:
    """The callers of a world, and what resource-based policies grant them."""

    def __init__(self, world: CompiledWorld) -> None:
        """Take a world."""
        self._world = world
        self._known = {one.arn: one.account for one in principals_of(world.model)}

    @cached_property
    def everyone(self) -> tuple[str, ...]:
        """Users, roles and permission sets, whom resource-based policies name, and strangers."""
        named = {
            name
            for statement, _ in self._grants
            if statement.principals is not None
            for pattern in statement.principals.patterns
            for name in self._meant(pattern)
        }
        return tuple(dict.fromkeys((*self._known, *sorted(named), STRANGER, "anonymous")))

    def _meant(self, pattern: PrincipalPattern) -> Iterator[str]:
        """Callers that an entry of a Principal element names: of an account, its root user, and of
        one that the world does not know some role."""
        kind, _, text = pattern.name.partition(":")
        if kind == "account":
            yield f"arn:aws:iam::{text}:root"
            if text not in self._world.model.accounts:
                yield f"arn:aws:iam::{text}:role/anybody"
        elif kind == "service" or ("*" not in text and find_arn(text) is not None):
            yield text

    def is_stranger(self, principal: str) -> bool:
        """Whether a caller comes with policies that the world does not know."""
        arn = find_arn(principal)
        if principal in self._known or arn is None or arn.service not in {"iam", "sts"}:
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
        found: list[tuple[CompiledStatement, str]] = []
        for policy, policy_type, guarded in self._policies():
            compiled = self._world.policies.compiled(policy, policy_type)
            found += [(one, guarded) for one in compiled.statements if not one.denies]
        return tuple(found)

    def _policies(self) -> Iterator[tuple[AnyPolicy, PolicyType, str]]:
        for account in self._world.model.accounts.values():
            for role in account.roles.values():
                if role.trust is not None:
                    yield role.trust, PolicyType.TRUST, role.arn
            for resource in account.resources.values():
                if resource.policy is not None:
                    yield resource.policy, PolicyType.RESOURCE, resource.arn
