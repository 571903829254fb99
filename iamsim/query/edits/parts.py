"""Pieces of new statements: the action as AWS spells it, the resource as a pattern, the caller as a
Principal entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.core.decision import PolicyType
from iamsim.core.request import Caller, CallerKind, GrantKind
from iamsim.engine.formula import RESOURCE_POLICIES, Slot
from iamsim.engine.inert import takes_no_resource
from iamsim.engine.services.logs import log_group_pattern

if TYPE_CHECKING:
    from iamsim.engine.arrangement import Station
    from iamsim.engine.question import Question
    from iamsim.query.edits.place import Place

VERSION = "2012-10-17"
WITH_PRINCIPAL = frozenset({*RESOURCE_POLICIES, Slot.VPC_ENDPOINT, Slot.RESOURCE_CONTROL})
# The narrowest name comes first; a role is named rather than one of its sessions.
NARROWEST = (
    GrantKind.USER,
    GrantKind.ROLE,
    GrantKind.FEDERATED_USER,
    GrantKind.SERVICE,
    GrantKind.FEDERATED,
    GrantKind.SESSION,
    GrantKind.FEDERATED_SOURCE,
    GrantKind.ACCOUNT,
    GrantKind.WILDCARD,
)
DIRECT_NAMES = GrantKind.USER | GrantKind.ROLE | GrantKind.FEDERATED_USER
KINDS = {"aws": "AWS", "service": "Service", "federated": "Federated"}


class PrincipalName(NamedTuple):
    """An entry of a Principal element: the kind (``AWS``) and the text."""

    kind: str
    text: str


def action_name(action: str) -> str:
    """Spell an action as AWS does, where it is known."""
    facts = catalog.find_action(action)
    return action if facts is None else facts.full_name


def resource_pattern(resource: str) -> str:
    """Write a resource so that a Resource element means it and no other.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: how
    characters that would have a special meaning are written.
    """
    if resource == "*":
        return resource
    group = log_group_pattern(resource)
    if group is not None:
        return group
    return "".join(f"${{{text}}}" if text in "*?$" else text for text in resource)


def principal_name(caller: Caller, kinds: int) -> PrincipalName | None:
    """Name a caller in a Principal element so that it is a grant of one of the kinds.

    Sessions of a role and everyone are named only where a caller has no other name; so is the
    account, which leaves it to the account whom to let in.
    """
    if kinds == GrantKind.ACCOUNT and principal_name(caller, DIRECT_NAMES) is not None:
        return None
    unsigned = caller.kind is CallerKind.ANONYMOUS
    for kind in NARROWEST:
        if not kind & kinds or (kind is GrantKind.WILDCARD and not unsigned):
            continue
        if kind is GrantKind.SESSION and caller.kind is CallerKind.ROLE_SESSION:
            continue
        for name, grant in caller.names.items():
            if grant != kind.value:
                continue
            prefix, _, text = name.partition(":")
            if name == "*":
                return PrincipalName("AWS", "*")
            if prefix == "account":
                return PrincipalName("AWS", f"arn:{caller.partition}:iam::{text}:root")
            if prefix in KINDS and (prefix != "aws" or text.startswith("arn:")):
                return PrincipalName(KINDS[prefix], text)
    return None


def new_statement(
    effect: str,
    question: Question,
    station: Station,
    place: Place,
    caller: Caller,
    principal: PrincipalName | None,
) -> dict[str, object]:
    """Make the statement that is about the request and nothing else."""
    statement: dict[str, object] = {"Effect": effect}
    condition: dict[str, object] = {}
    if place.slot is Slot.VPC_ENDPOINT:
        # At gateway endpoints the caller is named in a condition:
        # https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
        statement["Principal"] = "*"
        if caller.principal_arn is not None:
            condition = {"ArnEquals": {"aws:PrincipalArn": caller.principal_arn}}
    elif place.slot in WITH_PRINCIPAL and principal is not None:
        everyone = principal == PrincipalName("AWS", "*")
        statement["Principal"] = "*" if everyone else {principal.kind: principal.text}
    statement["Action"] = action_name(question.action)
    if place.policy_type is not PolicyType.TRUST:
        # In the policy of a key, `*` is the key:
        # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
        key = place.slot is Slot.RESOURCE and question.action.lower().startswith("kms:")
        resource = station.resource or question.resource
        alone = key or takes_no_resource(question.action)
        statement["Resource"] = "*" if alone else resource_pattern(resource)
    if condition:
        statement["Condition"] = condition
    return statement


def new_policy(statements: Iterable[object]) -> dict[str, object]:
    """Make a policy of statements."""
    return {"Version": VERSION, "Statement": list(statements)}
