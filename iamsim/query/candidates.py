"""The differences that are worth a try where a world does not explain a denial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from iamsim.catalog.presence import derived_from
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer, Outcome
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.question import Question, Via
from iamsim.query.difference import Difference, DifferenceKind
from iamsim.query.sample_policies import with_policy
from iamsim.symbolic.samples import sample_values

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.core.answer import Answer
    from iamsim.engine.world import CompiledWorld
    from iamsim.syntax.denial import DenialMessage

MOST_PLACES = 50  # endpoints, and accounts
STRANGER = "000000000000"  # an account that is nobody's
# Policies that a world easily lacks, the likeliest first.
UNSEEN = (
    Layer.SESSION_POLICY,
    Layer.SERVICE_CONTROL_POLICY,
    Layer.RESOURCE_CONTROL_POLICY,
    Layer.PERMISSIONS_BOUNDARY,
    Layer.VPC_ENDPOINT_POLICY,
)
ALWAYS_EXPLICIT = Layer.RESOURCE_CONTROL_POLICY
# What the caller's ARN in the message does not settle although it follows from the caller.
OWN = ("aws:principaltag/", "aws:userid", "aws:assumedroot", "aws:federatedprovider")
# What a world knows for certain, if it is right at all.
CERTAIN = frozenset({"organization", "resource"})
USER_ID, RESOURCE_TAG = "aws:userid", "aws:resourcetag/"


def candidates(
    message: DenialMessage, question: Question, world: CompiledWorld, answer: Answer
) -> Iterator[Difference]:
    """Everything that is worth a try."""
    prepared = prepare(question, world)
    yield from _policies(message, question, answer)
    yield from _endpoints(question, world)
    yield from _owners(question, world)
    yield from _public_access(message, question)
    yield from _keys(prepared)


def _policies(message: DenialMessage, question: Question, answer: Answer) -> Iterator[Difference]:
    """A policy of the type that the message names, which the world lacks or has otherwise; where
    it names none, of each type that the world lacks here."""
    there = {
        entry.layer
        for entry in answer.explanation.layers
        if entry.policies and entry.outcome is not Outcome.NOT_APPLICABLE
    }
    named = message.layer
    layers = (named,) if named is not None else tuple(e for e in UNSEEN if e not in there)
    for layer in layers:
        explicit = message.explicit is True or (named is None and layer is ALWAYS_EXPLICIT)
        changed = with_policy(question, layer, explicit=explicit)
        if changed is None:
            continue
        kind = DifferenceKind.POLICY_DIFFERS if layer in there else DifferenceKind.POLICY_MISSING
        rank = 40 if layer in there or named is None else 5
        yield Difference(kind, changed, rank, layer=layer)


def _endpoints(question: Question, world: CompiledWorld) -> Iterator[Difference]:
    """Through each VPC endpoint of the world, or through none."""
    current = question.via.vpc_endpoint
    if current is not None:
        without = replace(question, via=Via(None, question.via.services))
        yield Difference(DifferenceKind.NO_VPC_ENDPOINT, without, 20)
    known = (
        vpc_endpoint
        for account in world.model.accounts.values()
        for vpc_endpoint in account.vpc_endpoints
    )
    for endpoint in islice(known, MOST_PLACES):
        if endpoint != current:
            changed = replace(question, via=Via(endpoint))
            yield Difference(DifferenceKind.VPC_ENDPOINT, changed, 8, name=endpoint)


def _owners(question: Question, world: CompiledWorld) -> Iterator[Difference]:
    """Another owner of a resource whose ARN names none."""
    arn = find_arn(question.resource)
    listed = world.model.find_resource(question.resource)
    if arn is None or arn.account or listed is not None or question.resource_account is not None:
        return
    caller = find_arn(question.principal)
    for account in (*islice(world.model.accounts, MOST_PLACES), STRANGER):
        if caller is None or account != caller.account:
            changed = replace(question, resource_account=account)
            name = None if account == STRANGER else account
            yield Difference(DifferenceKind.OTHER_OWNER, changed, 15, name=name)


def _public_access(message: DenialMessage, question: Question) -> Iterator[Difference]:
    """S3 Block Public Access, of which a message never speaks where it restricts a bucket."""
    silent = message.layer is None and question.action.lower().startswith("s3:")
    if silent and question.attached.public_access_block is None:
        settings = {"restrict_public_buckets": True}
        attached = replace(question.attached, public_access_block=settings)
        yield Difference(
            DifferenceKind.PUBLIC_ACCESS_BLOCKED, replace(question, attached=attached), 9
        )


def _keys(prepared: Prepared) -> Iterator[Difference]:
    """Each key that a statement about the action reads: absent, as mentioned, or otherwise."""
    context = prepared.request.context
    tests: dict[str, list[ConditionTest]] = {}
    for station in prepared.situation.arrange(prepared.request.action).stations:
        if station.policies is None or not station.applies:
            continue
        for _, statement in station.policies.candidates(prepared.request.action):
            for test in statement.conditions:
                tests.setdefault(test.key, []).append(test)
            for key in statement.keys:
                tests.setdefault(key, [])
    question = prepared.question
    given = {key.lower() for key in question.context}
    for key, reading in tests.items():
        if derived_from(key) == "caller" and not key.startswith(OWN):
            continue
        name = next((test.written_key for test in reading), key)
        rank = _rank(key, given=key in given, present=key in context)
        others = {name: value for name, value in question.context.items() if name.lower() != key}
        if key in context:
            unset = replace(question, context=others, unset=question.unset | {key})
            yield Difference(DifferenceKind.KEY_ABSENT, unset, rank, key=name)
        for value, mentioned in sample_values(reading, context):
            if context.get(key) in {value, (value,)}:
                continue
            several = any(test.operator.set_operator for test in reading)
            changed = replace(
                question,
                context={**others, name: (value,) if several else value},
                unset=question.unset - {key},
            )
            kind = DifferenceKind.KEY_VALUE if mentioned else DifferenceKind.KEY_OTHER_VALUE
            yield Difference(
                kind, changed, rank + (0 if mentioned else 1), key=name, values=(value,)
            )


def _rank(key: str, *, given: bool, present: bool) -> int:
    """How likely it is that a key is otherwise than it was taken to be."""
    if given:
        return 30
    if key == USER_ID or (derived_from(key) in CERTAIN and not key.startswith(RESOURCE_TAG)):
        return 34
    return 12 if present else 10
