"""A policy from what a principal did: every call of a trail that succeeded, and nothing else.

Access Analyzer's policy generation names actions and leaves resources to be filled in
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html); here the
resources come from the records, exact or grouped by patterns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from iamsim.catalog import managed
from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.core.errors import InputError
from iamsim.engine.inventory import identity_policies
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.calls import question_of
from iamsim.symbolic import partial
from iamsim.syntax.read import parse_policy
from iamsim.world.items import PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamsim.calls.model import Requested
    from iamsim.engine.world import CompiledWorld
    from iamsim.replay.counting import Count
    from iamsim.syntax.ast import Policy

__all__ = ["Generated", "generate"]

Json = dict[str, Any]
HEAD = 5  # parts of an ARN before its resource
DATA_EVENTS = (
    "a trail holds data events (objects of S3, items of DynamoDB, invocations of Lambda, messages"
    " of SQS and SNS, ...) only where it was told to: calls that were not logged are not allowed"
)
PLACES = "calls from other networks than those of the trail are not allowed; who moves is shut out"
PLACE_KEYS = ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceIp", "aws:VpcSourceIp")
MOST_PLACES = 5  # of one action
# The network of an address that a condition names, by the version of its protocol.
NETWORK_BITS = {4: 24, 6: 64}
WINDOW = "calls that the principal makes more seldom than the trail is long are not allowed"


@dataclass(slots=True)
class Generated:
    """The policy, what was `left_out` of it and why, what it covers, and on what that rests.

    `beyond` counts the patterns by which the policy grants more than was seen. `today` is one
    policy with all statements that the principal has today, `None` without a world.
    """

    policy: Json
    today: Json | None = None
    left_out: list[Json] = field(default_factory=list)
    calls: int = 0
    covered: int = 0
    denied: int = 0
    statements: int = 0
    beyond: int = 0
    proof: str | None = None
    why_unknown: str | None = None
    assumptions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Seen:
    """One action on one resource under one condition, with how often it was called."""

    action: str
    resource: str
    condition: str
    count: int
    requested: Requested


def generate(
    count: Count,
    principal: str,
    world: CompiledWorld | None = None,
    *,
    most_resources: int = 10,
    conditions: bool = False,
) -> Generated:
    """Write the least policy for a principal (the ARN of a user or role).

    More than `most_resources` resources of one action under one head become patterns. With a world
    the policy stays within what the principal has today: conditions of the statements that allow a
    call today come along, and calls that today's policies do not allow are left out. With
    `conditions` calls must come from where they came from: VPC endpoints, or networks.
    """
    result = Generated({})
    by_name = {} if world is None else _documents(principal, world)
    documents = list(by_name.values())
    if world is not None:
        result.today = {"Version": "2012-10-17", "Statement": _all_statements(documents)}
    seen = list(_seen(count, principal, world, by_name, result))
    if conditions:
        _add_places(seen)
    for most in (most_resources, 0):  # exact resources where patterns would grant something new
        statements, result.beyond = _statements(seen, most)
        for denies in ((), _denies(documents)):
            result.policy = {"Version": "2012-10-17", "Statement": [*statements, *denies]}
            if world is None or not statements:
                break
            result.proof, result.why_unknown = _proved(documents, result.policy)
            if result.proof == "PASS":
                break
        if world is None or result.proof == "PASS" or not statements:
            break
    result.statements = len(result.policy["Statement"])
    result.covered = sum(one.count for one in seen if _is_allowed(one, result.policy))
    result.assumptions = [DATA_EVENTS, WINDOW, *([PLACES] if conditions else [])]
    return result


def _seen(
    count: Count,
    principal: str,
    world: CompiledWorld | None,
    documents: Mapping[str, Json],
    result: Generated,
) -> Iterator[_Seen]:
    """What the principal did, with the conditions under which it may do so today."""
    totals: dict[object, int] = {}
    for group in count.groups.values():
        asked = [count.requests[key] for key in group.requests]
        if not any(_is_of(requested, principal) for requested in asked):
            continue
        result.calls += group.allowed
        result.denied += group.denied
        if group.allowed:
            for key in group.requests:
                totals[key] = totals.get(key, 0) + group.allowed
    for key, number in totals.items():
        requested = count.requests[key]
        if not _is_of(requested, principal):
            continue
        resource = _written(requested)
        if world is None:
            yield _Seen(requested.action, resource, "", number, requested)
            continue
        condition = _condition_today(requested, world, documents)
        if condition is None:
            result.left_out.append(
                {
                    "action": requested.action,
                    "resource": resource,
                    "count": number,
                    "why": "today's policies of the principal do not allow it",
                }
            )
        else:
            yield _Seen(requested.action, resource, condition, number, requested)


def _written(requested: Requested) -> str:
    """The resource of a call as a policy writes it: `*`, `?` and `$` of a name are no wildcards.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    resource = requested.resource
    if resource == "*" or "resource" in requested.unknown:
        return resource
    return "".join(f"${{{sign}}}" if sign in "$*?" else sign for sign in resource)


def _is_of(requested: Requested, principal: str) -> bool:
    """Whether a request was made by a principal, or a session of it."""
    return principal in (requested.principal, requested.context.get("aws:PrincipalArn"))


def _condition_today(
    requested: Requested, world: CompiledWorld, documents: Mapping[str, Json]
) -> str | None:
    """The condition, as JSON, of the identity-based statement that allows a request today; empty
    for none. `None` where the request is denied or something else lets the caller in."""
    base = Question(requested.principal or "", requested.action, requested.resource)
    try:
        answer = partial.answer(question_of(requested, base), world)
    except InputError:
        return None
    if answer.decision.verdict in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY):
        return None
    for reference in answer.decision.statements:
        if reference.layer is Layer.IDENTITY_BASED_POLICY and reference.policy in documents:
            statement = _statements_of(documents[reference.policy])[reference.index]
            condition = statement.get("Condition")
            return json.dumps(condition, sort_keys=True) if condition else ""
    return "" if answer.decision.verdict is Verdict.ALLOWED else None


def _documents(principal: str, world: CompiledWorld) -> dict[str, Json]:
    """The identity-based policies of a principal by name, as plain documents."""
    entity = world.model.find_principal(principal)
    documents: dict[str, Json] = {}
    for policy in () if entity is None else identity_policies(entity, world.model):
        if isinstance(policy, PolicyDocument):
            documents[policy.name] = json.loads(json.dumps(policy.document, default=str))
        else:
            known = managed.find_managed_policy(policy.arn)
            if known is not None:
                documents[policy.name] = json.loads(known.document_text)
    return documents


def _denies(documents: Iterable[Json]) -> list[Json]:
    """The statements that deny today."""
    return [one for one in _all_statements(documents) if one.get("Effect") == "Deny"]


def _all_statements(documents: Iterable[Json]) -> list[Json]:
    return [statement for document in documents for statement in _statements_of(document)]


def _statements_of(document: Json) -> list[Json]:
    statements = document.get("Statement", [])
    return [dict(statements)] if isinstance(statements, Mapping) else list(statements)


def _proved(documents: list[Json], policy: Json) -> tuple[str, str | None]:
    """Whether the policy grants nothing that the documents together do not grant."""
    from iamsim.compile.policy import compile_policy  # noqa: PLC0415 - with a world only
    from iamsim.proofs.documents import check_no_new_access  # noqa: PLC0415 - as above

    existing, new = (
        compile_policy(parse_policy(document), PolicyType.IDENTITY)
        for document in (
            {"Version": "2012-10-17", "Statement": _all_statements(documents)},
            policy,
        )
    )
    checked = check_no_new_access(existing, new)
    return checked.result, checked.why_unknown


def _statements(seen: list[_Seen], most: int) -> tuple[list[Json], int]:
    """One statement for the actions that share resources and condition; with how many patterns."""
    resources: dict[tuple[str, str], set[str]] = {}
    for one in seen:
        resources.setdefault((one.action, one.condition), set()).add(one.resource)
    shared: dict[tuple[tuple[str, ...], str], list[str]] = {}
    # What the trail does not tell of a resource is a pattern as well.
    untold = {one.resource for one in seen if "resource" in one.requested.unknown}
    patterns = sum("*" in resource for resource in untold)
    for (action, condition), some in sorted(resources.items()):
        grouped = tuple(sorted(_grouped(some, most)))
        patterns += len(set(grouped) - some)
        shared.setdefault((grouped, condition), []).append(action)
    statements = []
    for (grouped, condition), actions in shared.items():
        statement: Json = {"Effect": "Allow", "Action": _single(actions)}
        statement["Resource"] = _single(list(grouped))
        if condition:
            statement["Condition"] = json.loads(condition)
        statements.append(statement)
    return statements, patterns


def _add_places(seen: list[_Seen]) -> None:
    """Add to conditions where an action was called from, if it always came through few endpoints,
    or always from few networks and not through a service, and no condition reads such a key."""
    together: dict[tuple[str, str], list[_Seen]] = {}
    for one in seen:
        together.setdefault((one.action, one.condition), []).append(one)
    for some in together.values():
        block = _places([one.requested for one in some])
        condition = some[0].condition.lower()
        if block and not any(f'"{key.lower()}"' in condition for key in PLACE_KEYS):
            for one in some:
                today = json.loads(one.condition) if one.condition else {}
                for operator, keys in block.items():
                    today[operator] = {**today.get(operator, {}), **keys}
                one.condition = json.dumps(today, sort_keys=True)


def _places(requests: list[Requested]) -> Json:
    """A condition block that all requests meet, empty for none.

    A call that a service makes comes from nobody's network:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    if any(one.via for one in requests):
        return {}
    for operator, key in (("StringEquals", "aws:SourceVpce"), ("IpAddress", "aws:SourceIp")):
        values = {str(one.context.get(key) or "") for one in requests}
        if operator == "IpAddress":
            values = {_network(value) for value in values}
        if "" not in values and len(values) <= MOST_PLACES:
            return {operator: {key: _single(sorted(values))}}
    return {}


def _network(address: str) -> str:
    """The network of an address; empty for what is none."""
    try:
        bits = NETWORK_BITS[ip_address(address).version]
        return str(ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        return ""


def _single(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _grouped(resources: set[str], most: int) -> set[str]:
    """Resources, or patterns for them where they are more than `most` under one head (0: never)."""
    if not most or len(resources) <= most:
        return resources
    by_head: dict[str, list[str]] = {}
    for resource in sorted(resources):
        parts = resource.split(":", HEAD)
        name = parts[-1]
        cut = max(name.find("/"), name.find(":"))
        head = ":".join([*parts[:-1], name[: cut + 1]]) if cut > 0 else resource
        by_head.setdefault(head, []).append(resource)
    grouped: set[str] = set()
    for some in by_head.values():
        if len(some) <= most:
            grouped.update(some)
            continue
        shared = _shared_start(some[0], some[-1])
        end = max(shared.rfind(sign) for sign in "/:-_.")
        grouped.add(f"{shared[: end + 1]}*")
    return grouped


def _shared_start(first: str, last: str) -> str:
    """How the first and the last of sorted texts begin, and so all between them."""
    length = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        length += 1
    return first[:length]


def _key_policy(requested: Requested) -> Policy:
    """The key policy that leaves everything to IAM, as new keys have it: no trail tells another.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    account = requested.resource.split(":")[HEAD - 1] if requested.resource != "*" else ""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": account or "*"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return parse_policy({"Version": "2012-10-17", "Statement": statement})


def _is_allowed(one: _Seen, policy: Json) -> bool:
    """Whether a call that was seen goes through under the policy alone."""
    requested = one.requested
    base = Question(
        requested.principal or "",
        requested.action,
        requested.resource,
        attached=AttachedPolicies(
            identity_policies=(parse_policy(policy),),
            resource_policy=_key_policy(requested) if one.action.startswith("kms:") else None,
        ),
    )
    try:
        verdict = partial.decide(question_of(requested, base)).verdict
    except InputError:
        return False
    return verdict in (Verdict.ALLOWED, Verdict.CONDITIONAL)
