"""Which policy a statement comes from and where it stands, as AWS's policy simulator says it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from iamsim.core.arn import is_managed_policy
from iamsim.core.decision import Layer
from iamsim.core.explanation import PolicyExplanation, StatementExplanation
from iamsim.world.model import AnyPolicy, PolicyDocument, Role, User, World

_NUMBERED = {
    Layer.IDENTITY_BASED_POLICY: "PolicyInputList",
    Layer.PERMISSIONS_BOUNDARY: "PermissionsBoundaryPolicyInputList",
    Layer.SESSION_POLICY: "SessionPolicyInputList",
    Layer.VPC_ENDPOINT_POLICY: "VpcEndpointPolicyInputList",
}


class Named(NamedTuple):
    """`SourcePolicyId` and `SourcePolicyType`."""

    identifier: str
    kind: str


class PolicySources:
    """Names policies as the simulator does.

    A managed policy has its name, an inline policy `TYPE_ENTITY_NAME`, and a policy that came with
    the question the name of the parameter with its number.
    """

    def __init__(self, world: World | None = None, source_arn: str | None = None) -> None:
        """Look up what is attached to the user, group or role of an ARN."""
        self._by_source: dict[int, Named] = {}
        self._by_name: dict[str, Named] = {}
        if world is None or source_arn is None:
            return
        for kind, name, policy in _attached(world, source_arn):
            named = _named(kind, name, policy)
            if isinstance(policy, PolicyDocument):
                self._by_source[id(policy.source)] = named
            else:
                self._by_name[policy.name] = named

    def find(self, layer: Layer, policy: PolicyExplanation, number: int) -> Named:
        """Name a policy of a layer; `number` counts the policies of the layer from 1."""
        if layer is Layer.RESOURCE_BASED_POLICY:
            return Named("ResourcePolicy", "resource")
        known = self._by_source.get(id(policy.source)) or self._by_name.get(policy.name)
        if known is not None:
            return known
        if is_managed_policy(policy.name):
            return Named(policy.name.rpartition("/")[2], "aws-managed")
        return Named(f"{_NUMBERED.get(layer, layer.value)}.{number}", "none")


def _attached(world: World, arn: str) -> Iterator[tuple[str, str, AnyPolicy]]:
    """The policies of a user, group or role, with the type and name of what they hang on."""
    entity: User | Role | None = world.find_principal(arn)
    if entity is not None:
        kind = "user" if isinstance(entity, User) else "role"
        policies = entity.policies + ((entity.boundary,) if entity.boundary is not None else ())
        yield from ((kind, entity.name, policy) for policy in policies)
    for account in world.accounts.values():
        for group in account.groups.values():
            member = isinstance(entity, User) and entity.account == account.id
            if group.arn == arn or (
                member and isinstance(entity, User) and group.name in entity.groups
            ):
                yield from (("group", group.name, policy) for policy in group.policies)


def _named(kind: str, name: str, policy: AnyPolicy) -> Named:
    if not isinstance(policy, PolicyDocument):
        return Named(policy.name, "aws-managed")
    if policy.arn is not None:
        return Named(policy.arn.rpartition("/")[2], "user-managed")
    return Named(f"{kind}_{name}_{policy.name}", kind)


def statement_places(statement: StatementExplanation) -> tuple[Mapping[str, int], ...]:
    """Give `StartPosition` and `EndPosition` of a statement.

    Lines and columns count from 1. As in the answers of AWS's simulator, a statement ends behind
    its closing brace, and starts behind what comes before it: the bracket of the list or the
    statement before; a statement that stands alone starts behind its opening brace.
    """
    span = statement.span
    text = span.source.text
    start = span.start
    if text[start : start + 1] == "{":
        before = start - 1
        while before >= 0 and text[before] in " \t\r\n,":
            before -= 1
        start = before + 1 if before >= 0 and text[before] in "[}" else start + 1
    places = (span.source.line_column(start), span.source.line_column(span.end))
    return tuple({"Line": line, "Column": column} for line, column in places)
