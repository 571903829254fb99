"""The ARNs of service and resource control policies, made from the ids that a world gives.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.suggest import did_you_mean
from iamsim.world.items import AnyPolicy, PolicyDocument

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.world.fields import Fields, Problems

# What stands in ARNs for the key under which policies are attached.
TYPES = {"scps": "service_control_policy", "rcps": "resource_control_policy"}


class _Identified(NamedTuple):
    """The id of a policy, and where its name stands."""

    id: str
    span: Span


class OrganizationPolicies:
    """Gives attached policies their ARN: by the name that attaches them, from all files of a
    world."""

    def __init__(self, problems: Problems, partitions: Mapping[str, str]) -> None:
        """Start without ids; `partitions` are those of the accounts."""
        self.problems = problems
        self.partitions = partitions
        self._organization: str | None = None
        self._management: str | None = None
        self._ids: dict[str, _Identified] = {}
        self._made: dict[tuple[int, str], PolicyDocument] = {}
        self._attached: set[str] = set()

    def gather(self, world: Fields) -> None:
        """Take the ids of one file in; another id for the same name is a problem."""
        organization = world.record("organization")
        if organization is None:
            return
        self._organization = self._organization or organization.text("id")
        self._management = self._management or organization.text("management_account")
        for name, policy in organization.records("policies"):
            identified = _Identified(policy.text("id") or "", policy.place.key_span)
            known = self._ids.setdefault(name, identified)
            if known.id != identified.id:
                self.problems.add(
                    "world-conflict",
                    f"the policy `{name}` has another id at {known.span.place}",
                    identified.span,
                )

    def identified(self, policies: Iterable[AnyPolicy], key: str) -> tuple[AnyPolicy, ...]:
        """Give policies that are attached under `scps` or `rcps`, those with ids with ARNs."""
        return tuple(self._with_arn(policy, TYPES[key]) for policy in policies)

    def _with_arn(self, policy: AnyPolicy, policy_type: str) -> AnyPolicy:
        self._attached.add(policy.name)
        known = self._ids.get(policy.name)
        if known is None or not isinstance(policy, PolicyDocument):
            return policy
        if self._organization is None or self._management is None:
            return policy
        place = (id(policy.document), policy_type)
        if place not in self._made:  # one object each, as it is a key of caches
            partition = self.partitions.get(self._management, "aws")
            arn = (
                f"arn:{partition}:organizations::{self._management}:policy/"
                f"{self._organization}/{policy_type}/{known.id}"
            )
            self._made[place] = policy.called(policy.name, arn)
        return self._made[place]

    def check(self, names: Iterable[str]) -> None:
        """Note a problem for each id of a policy that is neither attached nor among `names`."""
        known = {*names, *self._attached}
        for name, policy in self._ids.items():
            if name not in known:
                self.problems.add(
                    "unknown-policy",
                    f"there is no policy named `{name}`",
                    policy.span,
                    did_you_mean(name, known),
                )
