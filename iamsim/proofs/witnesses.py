"""A request that shows something, as scenarios write it; and back to the question that it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.catalog.keys import spelled
from iamsim.core.decision import PolicyType
from iamsim.engine.question import AttachedPolicies, Question, Via
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.symbolic.actions import ActionUniverse
    from iamsim.syntax.ast import Policy

ALLOW_ALL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
ALLOW_NOTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"},
}


def witness_of(question: Question, universe: ActionUniverse) -> dict[str, Any]:
    """A request as scenarios write it, with the policies of callers that are not listed."""
    number = universe.number(question.action)
    found: dict[str, Any] = {
        "principal": question.principal,
        "action": question.action if number is None else universe.written[number],
        "resource": question.resource,
    }
    if question.context:
        found["context"] = {
            written_key(key): list(value) if isinstance(value, tuple) else value
            for key, value in sorted(question.context.items())
        }
    if question.unset:
        found["unset"] = sorted(map(written_key, question.unset))
    if question.via.vpc_endpoint is not None:
        found["via"] = {"vpc_endpoint": question.via.vpc_endpoint}
    if question.resource_account is not None:
        found["resource_account"] = question.resource_account
    if question.attached.identity_policies is not None:
        found["identity_policies"] = [ALLOW_ALL]
    if question.attached.session_policies is not None:
        own = question.attached.identity_policies is not None
        found["session_policies"] = [ALLOW_ALL if own else ALLOW_NOTHING]
    if question.attached.resource_policy is not None:
        found["resource_policy"] = {
            "Version": ALLOW_ALL["Version"],
            "Statement": {**ALLOW_ALL["Statement"], "Principal": "*"},
        }
    return found


def written_key(key: str) -> str:
    """A key (in lower case) as AWS's pages write it, those of services too."""
    written = spelled(key)
    facts = catalog.find_condition_key(key) if written == key else None
    if facts is not None:
        start = facts.name.partition("${")[0]
        written = start + key[len(start) :]
    return written if written.lower() == key else key


def question_of(witness: Mapping[str, Any]) -> Question:
    """The question that a witness of a claim asks."""
    given = witness.get("context", {})
    resource = witness.get("resource_policy")
    return Question(
        witness["principal"],
        witness["action"],
        witness["resource"],
        {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()},
        unset=frozenset(witness.get("unset", ())),
        via=Via(vpc_endpoint=witness.get("via", {}).get("vpc_endpoint")),
        resource_account=witness.get("resource_account"),
        attached=AttachedPolicies(
            identity_policies=_policies(witness.get("identity_policies"), PolicyType.IDENTITY),
            session_policies=_policies(witness.get("session_policies"), PolicyType.SESSION),
            resource_policy=None
            if resource is None
            else parse_policy(resource, policy_type=PolicyType.RESOURCE),
        ),
    )


def _policies(written: Sequence[Any] | None, policy_type: PolicyType) -> tuple[Policy, ...] | None:
    """The policies that come with a caller; `None` where the witness has none."""
    if written is None:
        return None
    return tuple(parse_policy(entry, policy_type=policy_type) for entry in written)
