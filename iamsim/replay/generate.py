"""A policy from what a principal did: every call of a trail that succeeded, and nothing else.

Access Analyzer's policy generation names actions and leaves resources to be filled in
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html); here the
resources come from the records, exact or grouped by patterns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from iamsim.catalog import managed
from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.core.errors import InputError
from iamsim.engine.inventory import identity_policies
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.questions.called import in_world, question_of
from iamsim.replay.grouping import (
    HEAD,
    Seen,
    Trade,
    characters,
    limits,
    single,
    statements_of,
    trades,
)
from iamsim.replay.unlogged import unlogged
from iamsim.symbolic import partial
from iamsim.syntax.read import parse_policy
from iamsim.world.items import PolicyDocument

if TYPE_CHECKING:
    from iamsim.calls.model import Requested
    from iamsim.engine.world import CompiledWorld
    from iamsim.replay.counting import Count
    from iamsim.syntax.ast import Policy

Json = dict[str, Any]
DATA_EVENTS = (
    "a trail holds data events (objects of S3, items of DynamoDB, invocations of Lambda, messages"
    " of SQS and SNS, ...) only where it was told to: calls that were not logged are not allowed"
)
PLACES = "calls from other networks than those of the trail are not allowed; who moves is shut out"
PLACE_KEYS = ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceIp", "aws:VpcSourceIp")
MOST_PLACES = 5  # of one action
# The network of an address that a condition names, by the version of its protocol.
NETWORK_BITS = {4: 24, 6: 64}
PASSED = (
    "CloudTrail logs no call of iam:PassRole: it follows from the roles that the calls hand over"
)
MANAGED_QUOTA = 6_144  # characters of a managed policy
WINDOW = "calls that the principal makes more seldom than the trail is long are not allowed"


@dataclass(slots=True)
class Generated:
    """The policy, what was `left_out` of it and why, what it covers, and on what that rests.

    `beyond` counts the patterns by which the policy grants more than was seen, `most` is the limit
    of resources that it keeps to, `size` its characters, and `trades` what other limits would make.
    `today` is one policy with all statements that the principal has today, `None` without a world.
    """

    policy: Json
    today: Json | None = None
    left_out: list[Json] = field(default_factory=list)
    calls: int = 0
    covered: int = 0
    denied: int = 0
    statements: int = 0
    beyond: int = 0
    most: int = 0
    size: int = 0
    trades: list[Trade] = field(default_factory=list)
    proof: str | None = None
    why_unknown: str | None = None
    assumptions: list[str] = field(default_factory=list)


def generate(
    count: Count,
    principal: str,
    world: CompiledWorld | None = None,
    *,
    most_resources: int = 10,
    most_characters: int = MANAGED_QUOTA,
    conditions: bool = False,
) -> Generated:
    """Write the least policy for a principal (the ARN of a user or role).

    More than `most_resources` resources of one action under one head become patterns, and fewer do
    where the policy would have more than `most_characters`; `most_resources` 0 leaves all of them
    exact. With a world
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
    result.most = _fitting(seen, most_resources, most_characters)
    result.trades = trades(seen, result.most)
    for most in (result.most, 0):  # exact resources where patterns would grant something new
        statements, result.beyond = statements_of(seen, most)
        for denies in ((), _denies(documents)):
            result.policy = {"Version": "2012-10-17", "Statement": [*statements, *denies]}
            if world is None or not statements:
                break
            result.proof, result.why_unknown = _proved(documents, result.policy)
            if result.proof == "PASS":
                break
        if world is None or result.proof == "PASS" or not statements:
            break
        result.most = 0
    result.size = characters(result.policy)
    result.statements = len(result.policy["Statement"])
    result.covered = sum(
        observation.count for observation in seen if _is_allowed(observation, result.policy)
    )
    result.assumptions = [DATA_EVENTS, *unlogged(count, documents), WINDOW]
    if any(observation.action == "iam:PassRole" for observation in seen):
        result.assumptions.append(PASSED)
    if conditions:
        result.assumptions.append(PLACES)
    if result.size > most_characters:
        result.assumptions.append(
            f"the policy has {result.size:,} characters, {most_characters:,} were asked for at most"
        )
    return result


def _fitting(seen: list[Seen], most_resources: int, most_characters: int) -> int:
    """The largest limit of resources under which the policy is no larger than asked for; the last
    one tried where none is."""
    for most in limits(most_resources):
        statements, _ = statements_of(seen, most)
        if characters({"Version": "2012-10-17", "Statement": statements}) <= most_characters:
            return most
    return limits(most_resources)[-1]


def _seen(
    count: Count,
    principal: str,
    world: CompiledWorld | None,
    documents: Mapping[str, Json],
    result: Generated,
) -> Iterator[Seen]:
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
        requested = in_world(count.requests[key], None if world is None else world.model)
        if not _is_of(requested, principal):
            continue
        resource = _written(requested)
        if world is None:
            yield Seen(requested.action, resource, "", number, requested)
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
            yield Seen(requested.action, resource, condition, number, requested)


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
    return [
        statement for statement in _all_statements(documents) if statement.get("Effect") == "Deny"
    ]


def _all_statements(documents: Iterable[Json]) -> list[Json]:
    return [statement for document in documents for statement in _statements_of(document)]


def _statements_of(document: Json) -> list[Json]:
    statements = document.get("Statement", [])
    return [dict(statements)] if isinstance(statements, Mapping) else list(statements)


def _proved(documents: list[Json], policy: Json) -> tuple[str, str | None]:
    """Whether the policy grants nothing that the documents together do not grant."""
    from iamsim.compile.policy import compile_policy
    from iamsim.proofs.documents import check_no_new_access

    existing, new = (
        compile_policy(parse_policy(document), PolicyType.IDENTITY)
        for document in (
            {"Version": "2012-10-17", "Statement": _all_statements(documents)},
            policy,
        )
    )
    checked = check_no_new_access(existing, new)
    return checked.result, checked.why_unknown


def _add_places(seen: list[Seen]) -> None:
    """Add to conditions where an action was called from, if it always came through few endpoints,
    or always from few networks and not through a service, and no condition reads such a key."""
    together: dict[tuple[str, str], list[Seen]] = {}
    for observation in seen:
        together.setdefault((observation.action, observation.condition), []).append(observation)
    for some in together.values():
        block = _places([seen.requested for seen in some])
        condition = some[0].condition.lower()
        if block and not any(f'"{key.lower()}"' in condition for key in PLACE_KEYS):
            for observation in some:
                today = json.loads(observation.condition) if observation.condition else {}
                for operator, keys in block.items():
                    today[operator] = {**today.get(operator, {}), **keys}
                observation.condition = json.dumps(today, sort_keys=True)


def _places(requests: list[Requested]) -> Json:
    """A condition block that all requests meet, empty for none.

    A call that a service makes comes from nobody's network:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    if any(request.via for request in requests):
        return {}
    for operator, key in (("StringEquals", "aws:SourceVpce"), ("IpAddress", "aws:SourceIp")):
        values = {str(request.context.get(key) or "") for request in requests}
        if operator == "IpAddress":
            values = {_network(value) for value in values}
        if "" not in values and len(values) <= MOST_PLACES:
            return {operator: {key: single(sorted(values))}}
    return {}


def _network(address: str) -> str:
    """The network of an address; empty for what is none."""
    try:
        bits = NETWORK_BITS[ip_address(address).version]
        return str(ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        return ""


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


def _is_allowed(seen: Seen, policy: Json) -> bool:
    """Whether a call that was seen goes through under the policy alone."""
    requested = seen.requested
    base = Question(
        requested.principal or "",
        requested.action,
        requested.resource,
        attached=AttachedPolicies(
            identity_policies=(parse_policy(policy),),
            resource_policy=_key_policy(requested) if seen.action.startswith("kms:") else None,
        ),
    )
    try:
        verdict = partial.decide(question_of(requested, base)).verdict
    except InputError:
        return False
    return verdict in (Verdict.ALLOWED, Verdict.CONDITIONAL)
