"""Policies inside of templates and configurations, evaluated, with their places in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from iamsim.catalog.resource_types import ResourceType, find_type, resource_types
from iamsim.core.decision import PolicyType
from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span

Offsets = Mapping["Path", tuple[int, int]]
# What else has an inline policy of each kind of principal, and how long all of them may be.
INLINE = {
    "AWS::IAM::Group": "AWS::IAM::Group",
    "AWS::IAM::GroupPolicy": "AWS::IAM::Group",
    "AWS::IAM::Role": "AWS::IAM::Role",
    "AWS::IAM::RolePolicy": "AWS::IAM::Role",
    "AWS::IAM::User": "AWS::IAM::User",
    "AWS::IAM::UserPolicy": "AWS::IAM::User",
    "AWS::Serverless::Function": "AWS::IAM::Role",
    "AWS::Serverless::StateMachine": "AWS::IAM::Role",
}
IDENTITY = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::SSO::PermissionSet")
TRUST = "AssumeRolePolicyDocument"
OF_ORGANIZATION = {
    "SERVICE_CONTROL_POLICY": PolicyType.SERVICE_CONTROL,
    "RESOURCE_CONTROL_POLICY": PolicyType.RESOURCE_CONTROL,
}


class Use(NamedTuple):
    """What a policy is used as; `resource_type` is what it is attached to, or what holds it."""

    policy_type: PolicyType | None = None
    resource_type: str | None = None


class OpenPart(NamedTuple):
    """What stands in the place of a policy, or of a part of one, and has no value before it is
    deployed: its path, why, what should have told it, and where it is written."""

    path: Path
    why: str
    source: str
    span: Span


class PlacedPolicy(NamedTuple):
    """A policy with the source in which it stands: the paths of the source are those of `data`.

    `address` is the resource that holds it. What is not known of it stands as a marker, or as the
    function of a template.
    """

    data: object
    source: Source
    address: str
    use: Use
    holder: str = ""  # the file of that resource, where it may be another one

    @property
    def files(self) -> set[str]:
        """The files in which it, parts of it and what holds it stand."""
        own = {self.source.name, self.holder}
        if isinstance(self.source, ScatteredSource):
            own |= {span.source.name for span in self.source.spans.values()}
        return own


@dataclass(eq=False, slots=True)
class ScatteredSource(Source):
    """A source whose parts stand in several files: `spans` says where, by their paths."""

    spans: Mapping[Path, Span] = field(default_factory=dict, repr=False)

    def span(self, path: Path) -> Span:
        """Find the place of an element; the nearest known parent if it has none."""
        while path not in self.spans and path:
            path = path[:-1]
        return self.spans.get(path) or Span(self, 0, len(self.text))


class PlacesByPath(Mapping["Path", tuple[int, int]]):
    """Places of what was evaluated: `paths` says which path of the text each of its paths has."""

    __slots__ = ("paths", "whole")

    def __init__(self, whole: Offsets, paths: Mapping[Path, Path]) -> None:
        """Take the places in the text, and the paths."""
        self.whole = whole
        self.paths = paths

    def __getitem__(self, path: Path) -> tuple[int, int]:
        """Give the place of a value, or of its key."""
        if path[-1:] == (KEY,):
            return self.whole[(*self.paths[path[:-1]], KEY)]
        return self.whole[self.paths[path]]

    def __iter__(self) -> Iterator[Path]:
        """Go through the paths of values."""
        return iter(self.paths)

    def __len__(self) -> int:
        """Count the values."""
        return len(self.paths)


def use_in_template(kind: str, properties: Mapping[str, object], path: Path) -> Use:
    """Say what a policy at a path of the properties of a resource is used as."""
    if path[:1] == (TRUST,):
        return Use(PolicyType.TRUST)
    if kind in INLINE:
        return Use(PolicyType.IDENTITY, INLINE[kind])
    if kind in IDENTITY:
        return Use(PolicyType.IDENTITY)
    if kind == "AWS::Organizations::Policy":
        return Use(OF_ORGANIZATION.get(str(properties.get("Type"))))
    if kind == "AWS::EC2::VPCEndpoint":
        return Use(PolicyType.VPC_ENDPOINT)
    row = _of_policy(kind)
    return Use() if row is None else Use(PolicyType.RESOURCE, row.name)


def _of_policy(kind: str) -> ResourceType | None:
    """Find the type of which a resource of a template holds the policy."""
    for row in resource_types():
        if any(place.type == kind for place in row.template):
            return row
    own = find_type(kind)
    return own if own is not None and own.has_policy else None
