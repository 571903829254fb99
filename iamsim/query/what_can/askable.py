"""What can be asked about a resource, by the service reference, and what lies in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import type_of_arn
from iamsim.checks.arn_formats import cut_arn
from iamsim.query.what_can.places import OTHER_WORD, Place

if TYPE_CHECKING:
    from iamsim.checks.reference import Reference
    from iamsim.symbolic.actions import ActionUniverse
    from iamsim.world.model import World

OTHER = {"/": ":", ":": "/"}
REMEMBERED = 10_000  # resources of which it is known what can be asked


def starts_of_parts(
    models: Iterable[World], listed: Iterable[tuple[str, int]], universe: ActionUniverse
) -> Iterator[tuple[str, int]]:
    """What the ARNs of the parts of resources begin with, whose policies are those of the resources
    (the objects of a bucket), where some of the actions that are given with each take a part."""
    several = tuple(models)
    for arn, actions in listed:
        row = type_of_arn(arn)
        known = "" if row is None else row.separator  # what stands before the names of parts
        for sign in "/:":
            start = f"{arn.removesuffix(':*')}{sign}"
            part = start + OTHER_WORD
            found = (model.find_resource(part) for model in several)
            if any(resource is not None and resource.arn == arn for resource in found):
                _, _, service, _, _, name = arn.split(":", 5)
                if known.startswith(OTHER[sign]):
                    continue
                if _has_parts(service, name, sign, universe, actions):
                    yield start, actions


@lru_cache(maxsize=REMEMBERED)
def _has_parts(service: str, name: str, sign: str, universe: ActionUniverse, actions: int) -> bool:
    """Whether some of the actions take what a resource continues as, in a format that is not that
    of the resource itself."""
    return any(
        form.fits_resource(f"{name}{sign}*") and not form.fits_resource(name)
        for number in universe.numbers(about_service(service, universe, actions))
        for form in _reference().formats_of(universe.written[number])
    )


def askable(service: str, place: Place, universe: ActionUniverse, actions: int) -> int:
    """The actions that can be asked about a resource: by the service reference those that take its
    type; where a pattern leaves the service open, all."""
    arn = cut_arn(place.sample)
    if not service or arn is None:
        return universe.everything
    # A pattern may be about more types than the one resource that stands for it.
    label = place.label or ""
    pattern = cut_arn(label) if "*" in label and "${" not in label else None
    texts = {arn.resource, arn.resource if pattern is None else pattern.resource}
    if place.within and all(name.endswith("*") for name in place.within):
        texts.add(f"{arn.resource}*")  # longer resources fit the same patterns
    return _askable(service, frozenset(texts), universe, actions, meeting=place.label is None)


@lru_cache(maxsize=REMEMBERED)
def _askable(
    service: str, texts: frozenset[str], universe: ActionUniverse, actions: int, *, meeting: bool
) -> int:
    """The actions whose resource types some of the texts fit; `meeting` where one text stands for
    what several patterns have in common."""
    found = 0
    for number in _fitting(service, texts, universe, actions, meeting=meeting):
        found |= 1 << number
    return found


def _fitting(
    service: str, texts: frozenset[str], universe: ActionUniverse, actions: int, *, meeting: bool
) -> Iterator[int]:
    for number in universe.numbers(about_service(service, universe, actions)):
        formats = _reference().formats_of(universe.written[number])
        if any(
            (form.fits_meeting if meeting else form.fits_resource)(text)
            for form in formats
            for text in texts
        ):
            yield number


def about_service(service: str, universe: ActionUniverse, actions: int) -> int:
    """The actions that are about resources whose ARN names a service: its own, and those of others
    (Systems Manager starts sessions on instances of EC2), but for those that take a recovery point
    of whatever service."""
    return _about(service, universe) & actions


@lru_cache(maxsize=REMEMBERED)
def _about(service: str, universe: ActionUniverse) -> int:
    """The same, of all actions."""
    about = 0
    for prefix in universe.services_of(universe.everything):
        about |= _hosts(prefix, universe).get(service, 0)
        if prefix == service:
            about |= universe.service_mask(prefix)
    return about


@lru_cache(maxsize=REMEMBERED)
def _hosts(prefix: str, universe: ActionUniverse) -> dict[str, int]:
    """The services that the ARNs for the actions of a prefix name, each with these actions."""
    hosts: dict[str, int] = {}
    for number in universe.numbers(universe.service_mask(prefix)):
        for form in _reference().formats_of(universe.written[number]):
            hosts[form.service] = hosts.get(form.service, 0) | 1 << number
    return hosts


@lru_cache(maxsize=1)
def _reference() -> Reference:
    from iamsim.checks.reference import Reference

    return Reference()
