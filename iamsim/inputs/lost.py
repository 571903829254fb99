"""Markers in files that are checked: policies that are lost, and parts of policies.

What a file should have said there no check looks at. Facts of which no check asks, such as tags,
are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.span import Path as ElementPath
from iamsim.core.unknown import FACTS, MARK, Unknown, find_marker
from iamsim.engine.unknowns import SETTINGS
from iamsim.importers.placed import OpenPart
from iamsim.inputs.policies import is_policy

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.importers.placed import PlacedPolicy
    from iamsim.world.documents import Document

WORLD = frozenset({"accounts", "organization", "policies", "unlisted"})  # fields of a world file
HOLDERS = ("inline_policies", "policies")  # names of policies stand below
UNLISTED = "unlisted"
MISSING = ("which is not here", "which is not there")  # how the reason ends where something is lost


class FoundUnknown(NamedTuple):
    """Something in a file that is not known, with its place: a marker, or what a template or a
    configuration gets only `at_deployment`."""

    path: ElementPath
    unknown: Unknown
    span: Span
    at_deployment: bool = False

    @property
    def what(self) -> str:
        """The place in the file, in words."""
        return f"`{'.'.join(map(str, self.path))}`"

    def to_dict(self) -> dict[str, object]:
        """Plain data, as JSON reports hold it."""
        return {
            "file": self.span.source.name,
            "line": self.span.line,
            "path": list(self.path),
            "why": self.unknown.why,
            "source": self.unknown.source,
            **({"at_deployment": True} if self.at_deployment else {}),
        }


def left_open(part: OpenPart) -> FoundUnknown:
    """What a template or a configuration does not tell; a file or a resource that is not there is
    lost, and nothing that comes with the deployment."""
    unknown = Unknown(part.why, part.source)
    return FoundUnknown(part.path, unknown, part.span, not part.why.endswith(MISSING))


def open_within(policy: PlacedPolicy) -> Iterator[FoundUnknown]:
    """The parts of an evaluated policy that have no value before it is deployed."""
    waiting: list[tuple[ElementPath, object]] = [((), policy.data)]
    while waiting:
        path, value = waiting.pop()
        unknown = find_marker(value)
        if unknown is not None:
            why = unknown.why.removeprefix("it depends on ")
            yield left_open(OpenPart(path, why, unknown.source, policy.source.span(path)))
            continue
        items = value.items() if isinstance(value, Mapping) else ()
        pairs = enumerate(value) if isinstance(value, list) else items
        waiting += [((*path, step), item) for step, item in pairs]


def lost_within(document: Document) -> Iterator[FoundUnknown]:
    """The markers in the place of policies, or inside of them."""
    data = document.data
    is_world = isinstance(data, Mapping) and not WORLD.isdisjoint(data)
    waiting: list[tuple[ElementPath, object, bool]] = [((), data, is_world)]
    while waiting:
        path, value, wanted = waiting.pop()
        wanted = wanted or is_policy(value)
        if isinstance(value, Mapping):
            unknown = _marker_at(path, value) if wanted else None
            if unknown is not None:
                yield FoundUnknown(path, unknown, document.span(path))
                continue
            members: list[tuple[str | int, object]] = list(value.items())
        else:
            members = list(enumerate(value)) if isinstance(value, list) else []
        waiting += (
            ((*path, step), member, wanted)
            for step, member in reversed(members)
            if isinstance(member, Mapping | list)
        )


def _marker_at(path: ElementPath, value: Mapping[object, object]) -> Unknown | None:
    """The marker that a value is, where a check could have looked at what it stands for."""
    if path[:1] == (UNLISTED,) and value.get("kinds") != [SETTINGS]:
        return find_marker({key: item for key, item in value.items() if key in (MARK, "source")})
    above, last = path[-2:-1], path[-1:]
    is_fact = above == ("tags",) or (last and last[0] in FACTS and above[:1] not in _HELD)
    return None if is_fact else find_marker(value)


_HELD = tuple((name,) for name in HOLDERS)
