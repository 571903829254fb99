"""The policies of configurations, evaluated, with their places in the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from iamsim.catalog.resource_types import find_terraform_type, resource_types
from iamsim.core.decision import PolicyType
from iamsim.core.span import Source, Span
from iamsim.importers.placed import OF_ORGANIZATION, OpenPart, PlacedPolicy, ScatteredSource, Use
from iamsim.importers.places import Place
from iamsim.importers.terraform.choices import DOCUMENT
from iamsim.importers.terraform.configuration import part
from iamsim.importers.terraform.documents import Stated
from iamsim.importers.terraform.hcl.blocks import Values
from iamsim.importers.terraform.hcl.placing import Places, decoded
from iamsim.importers.terraform.hcl.values import (
    Encoded,
    EncodedPartly,
    ListOf,
    MapOf,
    PartlyKnown,
    plain,
)
from iamsim.importers.unknown import Unknown, marked
from iamsim.syntax.hcl.parse import TEMPLATE_END, TEMPLATE_START

if TYPE_CHECKING:
    from iamsim.importers.terraform.hcl.roots import Root
    from iamsim.importers.terraform.instances import Instance

MAX_VARIANTS = 20  # of what one place comes to, for each item of a loop
INLINE = {
    "aws_iam_group_policy": "AWS::IAM::Group",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_iam_role_policy": "AWS::IAM::Role",
    "aws_iam_user_policy": "AWS::IAM::User",
}
IDENTITY = ("aws_iam_policy", "aws_ssoadmin_permission_set_inline_policy")
ENDPOINTS = ("aws_vpc_endpoint", "aws_vpc_endpoint_policy")
TRUST = "assume_role_policy"
ARGUMENTS = (TRUST, "content", "inline_policy")  # of what has no policy of its resource


class _Written(NamedTuple):
    """A policy with the places of its parts, and the place of all of it; `plain` is its data
    without places, where somebody has asked for it."""

    data: object
    places: Places
    span: Span
    plain: object = None


def configured_policies(root: Root, is_policy: Callable[[object], bool]) -> Iterator[PlacedPolicy]:
    """Give the policies of a configuration: those of resources, then documents that none uses."""
    seen = _Seen()
    used: set[tuple[str, int]] = set()
    for instance in root.instances.values():
        if instance.address.mode != "managed" or not isinstance(instance.values, Values):
            continue
        for name in instance.values:
            for written in _find(instance.values.written(name), is_policy, instance, name):
                used |= _stated(written.data)
                policy = _placed(written, instance, _use(instance, name))
                if seen.is_new(policy, written.span):
                    yield policy
    for instance in root.instances.values():
        if instance.type != DOCUMENT or instance.address.mode != "data" or instance.span is None:
            continue
        document = root.plan.attribute(instance, "json")
        own = {parts for parts in _stated(document) if parts[0] == instance.text}
        if isinstance(document, dict) and not own & used:
            written = _Written(document, Places.of_document(document), instance.span)
            policy = _placed(written, instance, Use())
            if seen.is_new(policy, written.span):
                yield policy


def lost_policies(root: Root) -> Iterator[OpenPart]:
    """Give what stands in the place of policies and can't be evaluated, each place once."""
    seen: set[tuple[str, int]] = set()
    arguments = _policy_arguments()
    for instance in root.instances.values():
        values = instance.values
        if instance.address.mode != "managed" or not isinstance(values, Values):
            continue
        for name in values:
            span = values.place(name) or instance.span
            waiting = [(name, values.written(name), span)]
            while waiting:
                argument, value, place = waiting.pop()
                if isinstance(value, ListOf):
                    waiting += [(argument, item, place) for item in value]
                elif isinstance(value, MapOf):
                    waiting += [
                        (key, item, value.places.get(key, place)) for key, item in value.items()
                    ]
                elif argument in arguments and place is not None and _is_lost(value):
                    key = place.source.name, place.start
                    if key not in seen:
                        seen.add(key)
                        path = (instance.text, argument)
                        yield OpenPart(path, value.why, value.source, _in_file(place, {}))


def _is_lost(value: object) -> TypeGuard[Unknown]:
    """Whether nothing of a policy is known, its form neither."""
    if not isinstance(value, Unknown) or isinstance(value, EncodedPartly):
        return False
    return not isinstance(value, PartlyKnown) or decoded(value) is None


@cache
def _policy_arguments() -> frozenset[str]:
    """The names of arguments that hold policies."""
    places = (place for row in resource_types() for place in row.plan)
    return frozenset({*(place.path[-1] for place in places if place.path), *ARGUMENTS})


class _Seen:
    """What each place has come to so far, as text where it came to several things."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, int], object] = {}
        self.texts: dict[tuple[str, int], set[str]] = {}

    def is_new(self, policy: PlacedPolicy, span: Span) -> bool:
        """Whether a place has come to something that it had not before."""
        place = span.source.name, span.start
        if place not in self.first:
            self.first[place] = policy.data
            return True
        variants = self.texts.setdefault(place, {_text(self.first[place])})
        text = _text(policy.data)
        if text in variants or len(variants) >= MAX_VARIANTS:
            return False
        variants.add(text)
        return True


def _text(data: object) -> str:
    return json.dumps(data, sort_keys=True, default=str)


def _stated(document: object) -> set[tuple[str, int]]:
    """The blocks that state the statements of a document."""
    statements = document.get("Statement") if isinstance(document, dict) else None
    return {
        (statement.instance.text, statement.number)
        for statement in (statements if isinstance(statements, list) else ())
        if isinstance(statement, Stated)
    }


def _find(
    value: object, is_policy: Callable[[object], bool], instance: Instance, name: str
) -> Iterator[_Written]:
    """Go through the policies in the value of an attribute, or of inner blocks."""
    values = instance.values
    own = values.place(name) if isinstance(values, Values) else None
    waiting: list[tuple[object, Span | None]] = [(value, own or instance.span)]
    while waiting:
        item, span = waiting.pop()
        if span is None:
            continue
        written = _written(item, span)
        data = None if written is None else plain(written.data)
        if written is not None and is_policy(data):
            yield written._replace(plain=data)
        elif isinstance(item, MapOf):
            waiting += [(member, item.places.get(key, span)) for key, member in item.items()]
        elif isinstance(item, list):
            waiting += [(entry, span) for entry in item]


def _written(value: object, span: Span) -> _Written | None:
    """Read what may be a policy: an encoded value, a text, or a document of the provider."""
    if isinstance(value, Encoded | EncodedPartly):
        value = value.value
        if isinstance(value, MapOf):
            return _Written(value, Places.of_value(value), value.place or span)
    if isinstance(value, MapOf):
        return None
    if isinstance(value, dict):
        stated = [entry for entry in value.get("Statement", ()) if isinstance(entry, Stated)]
        place = next((entry.instance.span for entry in stated), None)
        return _Written(value, Places.of_document(value), place or span)
    if not isinstance(value, str | PartlyKnown):
        return None
    text = decoded(value)
    return None if text is None else _Written(text.data, Places(text.places), text.span or span)


def place_of_policy(instance: Instance, path: Sequence[str | int]) -> Place | None:
    """The place of the policy at a path of the attributes of an instance; `None` for instances of
    plans and states, and for what is no policy."""
    values = instance.values
    if not isinstance(values, Values) or instance.span is None:
        return None
    name, *steps = path
    span = values.place(str(name)) or instance.span
    value = values.written(str(name))
    for step in steps:
        if isinstance(value, MapOf):
            span = value.places.get(str(step), span)
        value = part(value, step)
    written = _written(value, span)
    if written is None:
        return place_of_instance(instance)
    source = _source(written)
    whole = source.span(())
    return Place(source, (whole.source.name, whole.start, whole.end))


def place_of_instance(instance: Instance) -> Place | None:
    """The place of a resource; `None` for those of plans and states."""
    span = instance.span
    if span is None:
        return None
    whole = _in_file(span, {})
    source = ScatteredSource(whole.source.name, whole.source.text, spans={(): whole})
    return Place(source, (whole.source.name, whole.start, whole.end))


def _source(found: _Written) -> ScatteredSource:
    """The source of a policy: the file in which it begins, and the places of parts elsewhere."""
    spans = found.places.spans
    whole = found.span
    of_template = {
        id(span.source): span.source.text.startswith(TEMPLATE_START)
        for span in (whole, *spans.values())
    }
    if any(of_template.values()):
        sources: dict[int, Source] = {}
        spans = {path: _in_file(span, sources) for path, span in spans.items()}
        whole = _in_file(whole, sources)
    return ScatteredSource(whole.source.name, whole.source.text, spans={**spans, (): whole})


def _placed(found: _Written, instance: Instance, use: Use) -> PlacedPolicy:
    source = _source(found)
    holder = "" if instance.span is None else instance.span.source.name
    data = plain(found.data) if found.plain is None else found.plain
    return PlacedPolicy(marked(data), source, instance.text, use, holder)


def _in_file(span: Span, sources: dict[int, Source]) -> Span:
    """Give a place in the file as it is: a template was read with a line in front of it."""
    source = span.source
    if not source.text.startswith(TEMPLATE_START):
        return span
    shift = len(TEMPLATE_START)
    if id(source) not in sources:
        end = source.text.rindex(TEMPLATE_END)
        sources[id(source)] = Source(source.name, source.text[shift:end])
    text = sources[id(source)].text
    start, end = (min(max(at - shift, 0), len(text)) for at in (span.start, span.end))
    return Span(sources[id(source)], start, end)


def _use(instance: Instance, name: str) -> Use:
    """Say what the policy in an attribute is used as."""
    kind = instance.type
    if name == TRUST:
        return Use(PolicyType.TRUST)
    if kind in INLINE:
        return Use(PolicyType.IDENTITY, INLINE[kind])
    if kind in IDENTITY:
        return Use(PolicyType.IDENTITY)
    if kind == "aws_organizations_policy":
        told = instance.values.get("type") or "SERVICE_CONTROL_POLICY"
        return Use(OF_ORGANIZATION.get(str(told)))
    if kind in ENDPOINTS:
        return Use(PolicyType.VPC_ENDPOINT)
    for row in resource_types():
        if any(place.type == kind for place in row.plan):
            return Use(PolicyType.RESOURCE, row.name)
    own = find_terraform_type(kind)
    return Use(PolicyType.RESOURCE, own.name) if own is not None and own.has_policy else Use()
