"""What a world knows of the resource of a request: the entry that it is, or lies in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.containers import containment_of, is_tagged_as
from iamsim.catalog.presence import identifier_keys
from iamsim.catalog.rules import service_rules
from iamsim.catalog.tag_keys import tag_key_starts
from iamsim.core.arn import Arn, find_arn, is_account_id
from iamsim.core.data_class import NamedTuple
from iamsim.core.explanation import Origin
from iamsim.core.reason import Note
from iamsim.core.request import Caller, CallerKind
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.engine.relations import ResourceKind, resource_kind
from iamsim.engine.services.s3 import ALL_BUCKETS, access_point_name, is_bucket
from iamsim.world.model import Resource, Role, User, World

if TYPE_CHECKING:
    from iamsim.engine.context import Derived
    from iamsim.engine.question import Question

AWS_MANAGED_KEY = "aws-managed-key"
SERVICE_LINKED_ROLE = "service-linked-role"


class Target(NamedTuple):
    """What a world knows of a request's resource: the entry that lists it, or the user or role
    that it names; and its account. Everything that facts about resources rest on is here: two
    requests with equal targets share them.

    `itself` says that the resource is that entry or has its tags, and is no object in it;
    `access_point` is the ARN of the access point that the request goes through. `objects` name the
    kinds of objects with rules of their own that it is one of (`iamsim.catalog.rules`): a
    service-linked role, say, which the path tells where no world does; or its type, where keys go
    by that. The policy of `container` counts together with the resource's.
    """

    kind: ResourceKind
    listed: Resource | None
    entity: User | Role | None
    account: str | None
    container: Resource | None
    region: str
    itself: bool
    access_point: str | None
    all_buckets: bool
    objects: frozenset[str]

    @property
    def known(self) -> Resource | User | Role | None:
        """The entry of the world, where there is one."""
        return self.listed or self.entity


def find_target(question: Question, model: World, caller: Caller) -> Target:
    """Look a resource up."""
    resource = question.resource
    arn = find_arn(resource)
    kind = resource_kind(arn, resource)
    listed = model.find_resource(resource) if model.accounts else None
    container = None
    if arn is not None and model.accounts:
        listed, container = _of_container(arn, listed, model, question.action, caller)
    entity = model.find_principal(resource) if arn is not None and arn.service == "iam" else None
    account = question.resource_account
    if account is None:
        if arn is not None and is_account_id(arn.account):
            account = arn.account
        else:
            owner = listed or container
            account = owner.account if owner is not None else caller.account
    known = listed or entity
    return Target(
        kind,
        listed,
        entity,
        account,
        container,
        arn.region if arn is not None else "",
        known is not None and (known.arn == resource or is_tagged_as(resource, known.arn)),
        access_point_name(resource),
        resource in ALL_BUCKETS.values(),
        _objects(arn, resource, entity),
    )


def _of_container(
    arn: Arn, listed: Resource | None, model: World, action: str, caller: Caller
) -> tuple[Resource | None, Resource | None]:
    """The entry of the resource itself, and that of the container whose policy counts for a call;
    what stands in front of the resource in its ARN is its entry unless AWS says otherwise."""
    known = containment_of(arn)
    if known is None:
        return listed, None
    row, outer = known
    if outer is None:
        return (listed if listed is not None and listed.arn == arn.text else None), None
    container = model.find_resource(outer)
    if listed is container:
        listed = None
    asked = row.concerns(action.lower(), is_service=caller.kind is CallerKind.SERVICE)
    return listed, container if asked and container is not None and container.arn == outer else None


@cache
def _tests_of(service: str) -> tuple[tuple[str, str, Callable[[str], bool]], ...]:
    """The kinds of objects of a service that have rules of their own, with tests of their ARNs, and
    what stands in each of these: looking for that is quicker than the test."""
    kinds = [(name, tokenize(pattern)) for name, pattern in service_rules(service).objects]
    return tuple(
        (name, max([part for part in tokens if isinstance(part, str)], key=len), test)
        for name, tokens in kinds
        for test in (compile_tokens(tokens),)
    )


NO_OBJECT: frozenset[str] = frozenset()


@cache
def _type_alone(resource_type: str) -> frozenset[str]:
    """A type as the one kind that a resource is; none where a pattern stands for several."""
    return NO_OBJECT if {"*", "?"} & set(resource_type) else frozenset({resource_type})


def _objects(arn: Arn | None, resource: str, entity: User | Role | None) -> frozenset[str]:
    tests = _tests_of(arn.service) if arn is not None else ()
    if not tests:
        if arn is None or arn.service not in identifier_keys():
            return NO_OBJECT
        return _type_alone(arn.resource.partition("/")[0].lower())
    objects = NO_OBJECT
    for name, within, test in tests:
        if within in resource and test(resource):
            objects |= {name}
    if isinstance(entity, Role) and entity.service_linked:
        objects |= {SERVICE_LINKED_ROLE}
    return objects


def tags_of(target: Target) -> tuple[Mapping[str, str], tuple[Note, ...]]:
    """The tags that a request on a resource carries, with what is to say of them.

    The tags of a resource are not those of what lies in it, but those of an S3 access point are
    there whatever the request goes for:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-tagging.html
    """
    known = target.known
    if known is None or not (target.itself or known.arn == target.access_point):
        return {}, ()
    if "abac" in known.unknown:
        return {}, ()
    if target.listed is None or not is_bucket(known.arn) or target.listed.abac or not known.tags:
        return known.tags, ()
    # A world that gives a bucket tags and says no more is taken to mean them.
    counted = target.listed.abac is None
    return known.tags if counted else {}, (Note.BUCKET_TAGS_WITHOUT_ABAC,) if counted else ()


def tag_context(service: str, target: Target, tags: Mapping[str, str]) -> Iterator[Derived]:
    """The keys that hold tags of the resource, of the bucket that it lies in, and of the access
    point that the request goes through.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    known, holder = target.known, target.container or target.listed
    if known is not None and tags:
        kind = known.arn.split(":", 5)[-1].partition("/")[0].partition(":")[0]
        starts = ("aws:resourcetag/", *tag_key_starts(service, "resource", kind))
        yield from _tagged(starts, known)
    if holder is None:
        return
    if holder.arn == target.access_point:
        yield from _tagged(tag_key_starts(service, "access-point"), holder)
    elif holder.abac or not is_bucket(holder.arn):
        yield from _tagged(tag_key_starts(service, "container"), holder)


def _tagged(starts: tuple[str, ...], known: Resource | User | Role) -> Iterator[Derived]:
    """The tags of an entry, under keys that begin so."""
    origin = Origin("resource", known.arn)
    for start in starts:
        for key, value in known.tags.items():
            yield start + key.lower(), value, origin


def has_listed_tags(target: Target) -> bool:
    """Whether the world says which tags a request on a resource carries, so that it has no others.

    An entry without tags says nothing of them: many sources of a world do not hold tags.
    """
    known = target.known
    if known is None or not (target.itself or known.arn == target.access_point):
        return False
    if not known.unknown.keys().isdisjoint(("tags", "abac")):
        return False
    return bool(known.tags) or (target.listed is not None and target.listed.abac is False)
