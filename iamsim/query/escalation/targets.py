"""What ways lead to: targets that no policy tells apart, and resources that policies name.

Two roles are one to a way where every pattern that is about its actions fits both or neither, and
where they have the same trust policy, tags and boundary; so the steps are decided for one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from iamsim.catalog.regions import REGIONS
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.universe.alike import classes, fitting
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import Batch, Candidate

NEW = "iamsim-any"  # the name of something that no policy names
PARTS = 6
WILD = frozenset("*?")
NAMES = frozenset({"aws:principalarn", "aws:userid", "aws:username"})

Entity: TypeAlias = "User | Role | Group"


class Statements:
    """The statements of all policies on the side of an account's principals, each once."""

    def __init__(self, batch: Batch, account: str, candidates: Iterable[Candidate]) -> None:
        """Look at the identity-based policies, boundaries, and the account's control policies."""
        statements: dict[int, CompiledStatement] = {}
        seen: set[int] = set()
        for candidate in candidates:
            facts = batch.world.caller_facts(
                batch.question(candidate.principal, "sts:GetCallerIdentity")
            )
            levels = [policies for _, policies in facts.scp_levels or ()]
            for policies in (facts.identity, facts.boundary, *levels):
                if policies is None or id(policies) in seen:
                    continue
                seen.add(id(policies))
                for policy in policies.policies:
                    statements.update((id(statement), statement) for statement in policy.statements)
        for _, attached in batch.world.model.rcp_levels(account) or ():
            for document in attached:
                control = batch.world.policies.compiled(document, PolicyType.RESOURCE_CONTROL)
                statements.update((id(statement), statement) for statement in control.statements)
        self.statements = tuple(statements.values())
        self._patterns: dict[str, tuple[ResourcePattern, ...]] = {}
        self._keys: dict[str, frozenset[str]] = {}
        self._classes: dict[tuple[str, str], object] = {}

    @cached_property
    def tells_names_apart(self) -> bool:
        """Whether some condition asks who the caller is."""
        return any(not NAMES.isdisjoint(statement.keys) for statement in self.statements)

    def patterns(self, action: str) -> tuple[ResourcePattern, ...]:
        """The resource patterns of statements about an action, each text once."""
        known = self._patterns.get(action)
        if known is None:
            name = action.lower()
            found = {
                pattern.pattern: pattern
                for statement in self.statements
                if statement.resources is not None and statement.actions.covers(name)
                for pattern in statement.resources.patterns
                if not pattern.everything
            }
            known = self._patterns[action] = tuple(found.values())
        return known

    def keys(self, action: str) -> frozenset[str]:
        """The context keys, in lower case, that statements about an action read."""
        known = self._keys.get(action)
        if known is None:
            name = action.lower()
            known = self._keys[action] = frozenset().union(
                *(statement.keys for statement in self.statements if statement.actions.covers(name))
            )
        return known

    def class_of(self, action: str, target: Entity) -> object:
        """What statements about an action see of a target: equal for two that they can't tell
        apart."""
        place = action, target.arn
        known = self._classes.get(place)
        if known is None:
            known = self._classes[place] = _seen(target, self._tests(action))
        return known

    def fits(self, action: str, arn: str) -> object:
        """What of an ARN alone statements about an action see."""
        return fitting(arn, self._tests(action))

    def _tests(self, action: str) -> list[Callable[[str], bool] | None]:
        return [pattern.test for pattern in self.patterns(action)]

    def classes(
        self,
        targets: Sequence[Entity],
        actions: Iterable[str],
        *,
        by_trust: bool,
        besides: Callable[[Entity], object] = lambda _target: None,
    ) -> list[list[Entity]]:
        """Sort targets into classes that actions can't tell apart; what `besides` gives tells them
        apart as well."""
        asked = tuple(dict.fromkeys(actions))
        return classes(
            targets,
            lambda target: (
                tuple([self.class_of(action, target) for action in asked]),
                _document(getattr(target, "trust", None)) if by_trust else None,
                besides(target),
            ),
        )


def classes_of(targets: Sequence[Role], patterns: Iterable[ResourcePattern]) -> list[list[Role]]:
    """Sort roles into classes that neither these patterns nor their trust policies tell apart."""
    tests = [pattern.test for pattern in patterns]
    return classes(targets, lambda target: (_seen(target, tests), _document(target.trust)))


def _seen(target: Entity, tests: Sequence[Callable[[str], bool] | None]) -> object:
    """What patterns and conditions can see of a target."""
    return (
        fitting(target.arn, tests),
        tuple(sorted(getattr(target, "tags", {}).items())),
        id(getattr(target, "boundary", None)),
    )


def _document(policy: AnyPolicy | None) -> object:
    """The content of a policy, to compare by."""
    if isinstance(policy, PolicyDocument):
        return json.dumps(policy.document, sort_keys=True)
    return None if policy is None else policy.arn


def trusted_names(world: CompiledWorld, role: Role) -> frozenset[str]:
    """The names in what a trust policy allows (see `iamsim.compile.principal.entry_name`)."""
    if role.trust is None:
        return frozenset()
    compiled = world.policies.compiled(role.trust, PolicyType.TRUST)
    return frozenset().union(
        *(
            statement.principals.names
            for statement in compiled.statements
            if statement.principals is not None and not statement.denies
        )
    )


def policies_of(account: Account, entity: Entity) -> tuple[AnyPolicy, ...]:
    """The policies of a user, role or group; those of its groups are a user's as well."""
    groups = account.groups_of(entity) if isinstance(entity, User) else ()
    return (*entity.policies, *(policy for group in groups for policy in group.policies))


def customer_managed(account: Account, entity: Entity) -> list[str]:
    """The ARNs of the customer managed policies among them."""
    arns = [customer_managed_arn(account, policy) for policy in policies_of(account, entity)]
    return sorted({arn for arn in arns if arn is not None})


def customer_managed_arn(account: Account, policy: AnyPolicy | None) -> str | None:
    """The ARN of a managed policy of the account itself, which can be written over; else `None`."""
    arn = policy.arn if isinstance(policy, PolicyDocument) else None
    return arn if arn is not None and f"::{account.id}:" in arn else None


def _name_like(pattern: str, prefix: str) -> str | None:
    """A name that begins so and fits the last part of a pattern; `None` where none came up."""
    if pattern.startswith(prefix):
        return pattern.replace("*", "x").replace("?", "x")
    head, star, rest = pattern.partition("*")
    if not star or not prefix.startswith(head):
        return None
    return f"{prefix}{NEW}{rest}".replace("*", "x").replace("?", "x")


def _region_like(pattern: str, usual: str) -> str:
    """A Region that fits a part of a pattern: the usual one, where it does."""
    fits = compile_tokens(tokenize(pattern))
    return next((region for region in (usual, *REGIONS) if fits(region)), usual)


def resources_like(
    form: str, patterns: Iterable[str], partition: str, account: str, region: str
) -> list[str]:
    """Resources of a form: one that no policy names, then those that patterns name."""
    filled = (
        form.replace("{partition}", partition)
        .replace("{region}", region)
        .replace("{account}", account)
    )
    whole = not filled.endswith("*")
    stem = filled if whole else filled[:-1]
    if not stem:
        return ["*"]
    found = [stem if whole else stem + NEW]
    arn = find_arn(filled)
    if arn is None:
        return found
    for pattern in patterns:
        parts = pattern.split(":", PARTS - 1)
        parts += ["*"] * (PARTS - len(parts))  # as the compiler completes them
        service, place, owner = parts[2:5]
        if service != arn.service and not WILD & set(service):
            continue
        if owner not in {arn.account, ""} and not WILD & set(owner):
            continue
        prefix = arn.resource if whole else arn.resource[:-1]
        name = _name_like(parts[5], prefix)
        if name is None or (name == prefix and not whole):
            continue
        if WILD & set(place):
            place = _region_like(place, arn.region)
        name = prefix if whole else name
        found.append(f"arn:{partition}:{arn.service}:{place}:{arn.account}:{name}")
    return list(dict.fromkeys(found))
