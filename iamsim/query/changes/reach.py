"""The places where one principal's decisions may differ, and the actions to ask about at each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.checks.arn_examples import example_arn
from iamsim.checks.arn_formats import cut_arn
from iamsim.engine.authorize import prepare
from iamsim.engine.services.s3 import ACCOUNT_ACTIONS
from iamsim.engine.services.sts import ASSUME_ROOT, TRUST_ACTIONS
from iamsim.query.changes.model import Reached, probe
from iamsim.query.what_can.askable import about_service, askable, starts_of_parts
from iamsim.query.what_can.places import EVERYTHING, Place, find_families
from iamsim.symbolic.actions import ActionUniverse, joined_mask
from iamsim.universe.candidates import administrators_of
from iamsim.universe.contents import content_of
from iamsim.universe.elsewhere import OWNER_KEYS, elsewhere

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller, Request
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.changes.resources import ListedResource
    from iamsim.world.model import World

UNLISTED = "iamsim-unlisted"  # the name of a role and a key that no world lists
REGION = "us-east-1"
REMEMBERED = 10_000  # resources of which it is known what can be asked

Context = "Mapping[str, ContextValue]"


def places_of(  # noqa: PLR0913 - all that decides where to ask
    batches: tuple[Batch, Batch],
    candidate: Candidate,
    context: Mapping[str, ContextValue],
    *,
    universe: ActionUniverse,
    own: Sequence[CompiledStatement],
    theirs: Mapping[str, Sequence[CompiledStatement]],
    everything: Iterable[CompiledStatement],
    listed: Sequence[ListedResource],
) -> tuple[list[Reached], bool]:
    """Find the places that patterns in play tell apart, with the actions to compare there.

    `own` are changed statements of the caller's side, `theirs` those of resources by ARN;
    `everything` is the whole of the caller's side, and `listed` the resources whose policies are
    about the caller. Also says whether every way in which patterns meet was found.
    """
    changed = _unique([*own, *(statement for some in theirs.values() for statement in some)])
    actions = joined_mask(changed, universe)
    pool = _unique(
        [*everything, *changed, *(statement for some in listed for statement in some.statements)]
    )
    relevant = [statement for statement in pool if universe.mask(statement.actions) & actions]
    named = [
        (resource.arn, joined_mask(resource.statements, universe) | actions) for resource in listed
    ]
    requests = _requests(batches, candidate, context)
    request = requests[-1]
    models = [batch.world.model for batch in batches]
    inside = starts_of_parts(models, named, universe)
    assumes_root = universe.mask_of({ASSUME_ROOT})
    families = [
        family
        for request in requests
        for family in find_families(relevant, named, universe, request.context, inside)[0]
    ]
    places: list[tuple[Place, int | str]] = [
        *_generic(request.caller, universe),
        *(_root_users(request.caller, models, universe) if actions & assumes_root else ()),
        *(
            (place, family.service)
            for family in families
            for place in (*family.places(), *family.met_by_value())
        ),
    ]
    if len(requests) > 1:  # most are places in both worlds
        places = list(dict.fromkeys(places))
    found = []
    nowhere: set[object] = set()  # what is no ARN comes with every service, and is asked once
    for place, limit in places:
        if isinstance(limit, str) and cut_arn(place.sample) is None:
            if (place.sample, place.label, place.values) in nowhere:
                continue
            nowhere.add((place.sample, place.label, place.values))
        given = {**dict(place.values), **context}
        seen = [
            replace(request, resource=place.sample, context={**request.context, **given})
            for request in requests
        ]
        mask = joined_mask(
            (statement for statement in own if _may_match(statement, *seen)), universe
        )
        resource = _resource_at(batches, place.sample, theirs)
        if resource is not None:
            mask |= joined_mask(
                (statement for statement in theirs[resource] if _may_match(statement, *seen)),
                universe,
            )
        if mask:
            # What can be asked about a place of a service is looked up where it is needed.
            mask &= limit if isinstance(limit, int) else askable(limit, place, universe, mask)
        if mask:
            owner = _owner_of(batches, place.sample)
            found.append(Reached(candidate, place, mask, given, owner))
    for there, mask in _foreign(request, own, universe, batches[1].world.model):
        given = {**there.context, **context}
        found.append(Reached(candidate, there.place, mask, given, there.owner, open_to_all=True))
    return found, all(family.complete for family in families)


def _requests(
    batches: tuple[Batch, Batch], candidate: Candidate, context: Mapping[str, ContextValue]
) -> list[Request]:
    """A request of the caller with the keys that it has in each world, where these differ."""
    found: list[Request] = []
    for batch in batches:
        question = batch.question_as(candidate, probe(candidate), "*", context)
        request = prepare(question, batch.world).request
        if not found or found[0].context != request.context:
            found.append(request)
    return found


class There(NamedTuple):
    """A resource of somebody else, with the keys that say whose it is."""

    place: Place
    owner: str
    context: Mapping[str, ContextValue]


def _foreign(
    request: Request, own: Sequence[CompiledStatement], universe: ActionUniverse, model: World
) -> Iterator[tuple[There, int]]:
    """Resources of others, where changed statements of the caller's side ask whose they are: one of
    each kind on which some of their actions act."""
    reading = [statement for statement in own if not OWNER_KEYS.isdisjoint(statement.keys)]
    for owner in elsewhere(reading, model):
        samples: dict[str, int] = {}
        for number in universe.numbers(joined_mask(reading, universe)):
            sample = _example(universe.written[number], owner.account, request.caller.partition)
            if sample is not None:
                samples[sample] = samples.get(sample, 0) | 1 << number
        for sample, actions in samples.items():
            seen = replace(request, resource=sample)
            mask = actions & joined_mask(
                (statement for statement in reading if _may_match(statement, seen)), universe
            )
            if mask:
                place = Place(owner.label, sample, ())
                yield There(place, owner.account, dict(owner.context)), mask


@lru_cache(maxsize=REMEMBERED)
def _example(action: str, account: str, partition: str) -> str | None:
    """A resource of an account on which an action acts."""
    facts = catalog.find_action(action)
    for use in () if facts is None else facts.resource_types:
        service = catalog.find_service(action.partition(":")[0])
        for kind in () if service is None else service.resource_types:
            if kind.name == use.name:
                for form in kind.arn_formats:
                    made = example_arn(form, account, partition=partition, region=REGION)
                    if made is not None:
                        return made
    return None


def heads_of(own: Iterable[CompiledStatement], theirs: Iterable[str]) -> tuple[str, ...] | None:
    """What every resource begins with that changed statements can be about: `own` of the caller's
    side, and of resources those of `theirs`; `None` where it may begin with anything."""
    heads = set(theirs)
    for statement in own:
        if statement.resources is None or statement.resources.negated:
            return None
        for pattern in statement.resources.patterns:
            first = (pattern.parts or ("",))[0]
            if not isinstance(first, str):
                return None
            heads.add(first)
    return tuple(sorted(heads))


def _unique(statements: Iterable[CompiledStatement]) -> list[CompiledStatement]:
    """Statements that say something else each."""
    return list({content_of(statement): statement for statement in statements}.values())


def _may_match(statement: CompiledStatement, *requests: Request) -> bool:
    """Whether a statement can be about the resource of one of some requests."""
    return statement.resources is None or any(
        statement.resources.residual(request) is not False for request in requests
    )


def _resource_at(
    batches: tuple[Batch, Batch], sample: str, theirs: Mapping[str, object]
) -> str | None:
    """The changed resource that a place is in."""
    if sample in theirs:
        return sample
    for batch in batches:
        known = batch.world.model.find_resource(sample)
        if known is not None and known.arn.removesuffix(":*") in theirs:
            return known.arn.removesuffix(":*")
    return None


def _owner_of(batches: tuple[Batch, Batch], sample: str) -> str | None:
    """The account of a resource that only one of the worlds may list."""
    arn = cut_arn(sample)
    if arn is None or arn.account:
        return None
    known = (batch.world.model.find_resource(sample) for batch in reversed(batches))
    return next((resource.account for resource in known if resource is not None), None)


def _generic(caller: Caller, universe: ActionUniverse) -> Iterator[tuple[Place, int]]:
    """Resources of the own account that no policy names: a role and a key for the actions that ask
    the policies of these, and for the others none in particular."""
    trust, keys = universe.mask_of(TRUST_ACTIONS), _key_actions(universe)
    head = f"arn:{caller.partition}"
    if caller.account is not None:
        role = f"{head}:iam::{caller.account}:role/{UNLISTED}"
        yield Place(f"{head}:iam::{caller.account}:role/*", role, ()), trust
        key = f"{head}:kms:us-east-1:{caller.account}:key/{UNLISTED}"
        yield Place(f"{head}:kms:*:{caller.account}:key/*", key, ()), keys
    buckets = universe.mask_of(ACCOUNT_ACTIONS)
    every_bucket = f"{head}:s3:::*"
    yield Place(every_bucket, every_bucket, ()), buckets
    yield Place(EVERYTHING, EVERYTHING, ()), universe.everything & ~trust & ~keys & ~buckets


def _root_users(
    caller: Caller, models: Iterable[World], universe: ActionUniverse
) -> Iterator[tuple[Place, int]]:
    """The root users of other accounts, for whoever administers the organization.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
    """
    accounts = {
        account: None
        for model in models
        if caller.account in administrators_of(model)
        for account in sorted({*model.accounts, *model.index.nodes})
    }
    for account in accounts:
        if account != caller.account:
            root = f"arn:{caller.partition}:iam::{account}:root"
            yield Place(root, root, ()), universe.mask_of({ASSUME_ROOT})


def can_be_asked(text: str, universe: ActionUniverse, actions: int) -> bool:
    """Whether some of the actions can be about a resource, or about something in it."""
    arn = cut_arn(text)
    if arn is None or not arn.service:
        return True
    return bool(about_service(arn.service, universe, actions))


@lru_cache(maxsize=2)
def _key_actions(universe: ActionUniverse) -> int:
    """The actions that ask the policy of a key."""
    key = f"arn:aws:kms:us-east-1:111122223333:key/{UNLISTED}"
    return askable("kms", Place(None, key, ()), universe, universe.service_mask("kms"))
