"""Which requests of a trail can't differ: those that no policy of the worlds tells apart.

A request is known by what its decision can depend on. Values of context keys that change with every
call, names of sessions and names of objects are left out of that where no policy of the worlds
reads them; everything else stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from iamsim.catalog import managed
from iamsim.core.remember import remember
from iamsim.core.span import Source
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.engine.context import TIME_KEYS
from iamsim.world.items import ManagedPolicyReference, PolicyDocument

if TYPE_CHECKING:
    from iamsim.calls.model import Requested
    from iamsim.core.wildcard import TextTest
    from iamsim.world.model import World

ANY_SESSION = "session"  # the name of sessions whose own name nothing reads

# Keys that change with every call, and that the engine itself derives nothing from.
PASSING = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:sourceip",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:vpcsourceip",
        "s3:delimiter",
        "s3:max-keys",
        "s3:prefix",
        "s3:signatureage",
        "sts:rolesessionname",
    }
)
# What reads the name of a session.
SESSION_WORDS = ("assumed-role", "aws:userid", "sts:rolesessionname", "aws:principalarn")
SESSION = re.compile(r"(arn:[a-z-]+:sts::\d{12}:assumed-role/[^/]+/).+")
# Members of a record that differ from call to call, and ask nothing.
NOISE = frozenset(
    {
        "addendum",
        "apiVersion",
        "bytesTransferredIn",
        "bytesTransferredOut",
        "eventID",
        "eventVersion",
        "managementEvent",
        "readOnly",
        "requestID",
        "responseElements",
        "sharedEventID",
        "x-amz-id-2",
    }
)
MOST_OBJECTS = 50_000
FEW = 8  # patterns, which are tried sooner than a name is looked up
LAST_PART = 5  # of an ARN


class Alike:
    """Knows what the policies of some worlds read; can be sent to other processes."""

    def __init__(
        self, models: Iterable[World], more: Iterable[str] = (), *, objects: bool = False
    ) -> None:
        """Read all policies of the worlds, and the texts of `more`; names of `objects` may be kept
        apart whatever reads them."""
        texts = [*more, *(text for model in models for text in _texts(model))]
        everything = "\n".join(texts).lower()
        self._unread = frozenset(key for key in PASSING if key not in everything)
        # An address is that of a call through an endpoint, or not: two keys hold it.
        self.addresses_are_alike = "sourceip" not in everything
        self._sessions = any(word in everything for word in SESSION_WORDS)
        patterns = {pattern for text in texts for pattern in _object_patterns(text)}
        # A pattern with a variable depends on more than the name of the object.
        self._variable = objects or any("${" in pattern for pattern in patterns)
        self._patterns = tuple(sorted(patterns))
        self._tests: tuple[TextTest, ...] | None = None
        self._objects: dict[str, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What other processes need; tests are compiled there."""
        return {
            "_unread": self._unread,
            "addresses_are_alike": self.addresses_are_alike,
            "_sessions": self._sessions,
            "_variable": self._variable,
            "_patterns": self._patterns,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start without compiled tests."""
        for name, value in state.items():
            setattr(self, name, value)
        self._tests = None
        self._objects = {}

    @property
    def times_are_alike(self) -> bool:
        """Whether nothing reads the time of a request."""
        return self._unread.issuperset(TIME_KEYS)

    @property
    def agents_are_alike(self) -> bool:
        """Whether nothing reads the user agent."""
        return "aws:useragent" in self._unread

    @property
    def issues_are_alike(self) -> bool:
        """Whether nothing reads since when a session is open."""
        return "aws:tokenissuetime" in self._unread

    @property
    def sessions_are_alike(self) -> bool:
        """Whether nothing reads the name of a session."""
        return not self._sessions

    @property
    def objects_are_alike(self) -> bool:
        """Whether objects of a bucket differ only by the patterns that they fit."""
        return not self._variable

    def outline(self, record: Mapping[str, Any]) -> str | None:
        """A record without what nothing reads: two of the same outline ask the same. `None` where
        that can't be told before the record is read."""
        identity = record.get("userIdentity")
        if not isinstance(identity, Mapping) or not isinstance(record.get("eventSource"), str):
            return None
        kept = {name: value for name, value in record.items() if name not in NOISE}
        if self.times_are_alike:
            kept.pop("eventTime", None)
        if self.agents_are_alike:
            kept.pop("userAgent", None)
        address = kept.get("sourceIPAddress")
        if self.addresses_are_alike and isinstance(address, str) and address[:1].isdigit():
            kept["sourceIPAddress"] = "an address"
        kept["userIdentity"] = self._identity(identity)
        more = record.get("additionalEventData")
        if isinstance(more, Mapping):
            kept["additionalEventData"] = {k: v for k, v in more.items() if k not in NOISE}
        if record["eventSource"] == "s3.amazonaws.com" and self.objects_are_alike:
            self._object_of(kept)
        return json.dumps(kept, sort_keys=True, default=str)

    def _identity(self, identity: Mapping[str, Any]) -> dict[str, Any]:
        """Who called, without the session where no policy reads its name."""
        kept = {name: value for name, value in identity.items() if name != "accessKeyId"}
        context = identity.get("sessionContext")
        if isinstance(context, Mapping) and self.issues_are_alike:
            attributes = context.get("attributes")
            if isinstance(attributes, Mapping):
                dated = {k: v for k, v in attributes.items() if k != "creationDate"}
                kept["sessionContext"] = {**context, "attributes": dated}
        arn = kept.get("arn")
        if self.sessions_are_alike and isinstance(arn, str):
            kept["arn"] = SESSION.sub(rf"\1{ANY_SESSION}", arn)
            kept["principalId"] = str(kept.get("principalId")).partition(":")[0]
        return kept

    def _object_of(self, kept: dict[str, Any]) -> None:
        """Say of an object what tells it apart, in place of its name."""
        parameters = kept.get("requestParameters")
        if not isinstance(parameters, Mapping):
            return
        bucket, name = parameters.get("bucketName"), parameters.get("key")
        if isinstance(bucket, str) and isinstance(name, str):
            reduced = self.resource(f"arn:aws:s3:::{bucket}/{name}")
            kept["requestParameters"] = {**parameters, "key": reduced}
            if isinstance(kept.get("resources"), list):
                kept["resources"] = [without_object(entry) for entry in kept["resources"]]

    def reduce(self, requested: Requested) -> Hashable:
        """Leave out of a request what nothing reads, and give what it is known by."""
        if requested.principal is not None and self.sessions_are_alike:
            requested.principal = SESSION.sub(rf"\1{ANY_SESSION}", requested.principal)
        for key in list(requested.context):
            if key.lower() in self._unread:
                del requested.context[key]
        if requested.unknown:
            requested.unknown = [
                key for key in requested.unknown if key.lower() not in self._unread
            ]
        context = tuple(
            (key, tuple(value) if isinstance(value, list) else value)
            for key, value in sorted(requested.context.items())
        )
        return (
            requested.principal,
            requested.action,
            self.resource(requested.resource),
            context,
            tuple(sorted(requested.unknown)),
            json.dumps(requested.via, sort_keys=True) if requested.via else "",
            json.dumps(requested.session, sort_keys=True) if requested.session else "",
            requested.resource_account,
        )

    def resource(self, resource: str) -> str:
        """An object of a bucket by the bucket and the patterns it fits; others as they are."""
        if len(self._patterns) < FEW:
            return self._reduced(resource)
        known = self._objects.get(resource)
        if known is None:
            known = remember(self._objects, resource, self._reduced(resource), MOST_OBJECTS)
        return known

    def _reduced(self, resource: str) -> str:
        """Work out what tells a resource apart."""
        if self._variable or not resource.startswith("arn:aws:s3:::") or "*" in resource:
            return resource
        bucket, slash, name = resource.partition("/")
        return f"{bucket}/{self._fits(resource)}" if slash and name else resource

    def _fits(self, resource: str) -> str:
        if self._tests is None:
            self._tests = tuple(compile_tokens(tokenize(pattern)) for pattern in self._patterns)
        return "".join(["1" if test(resource) else "0" for test in self._tests])


def without_object(resource: Any) -> Any:  # noqa: ANN401 - JSON
    """An entry of a record's resources; of an object only the bucket."""
    arn = resource.get("ARN") if isinstance(resource, Mapping) else None
    if not isinstance(arn, str) or not arn.startswith("arn:aws:s3:::"):
        return resource
    return {**resource, "ARN": arn.partition("/")[0]}


def _object_patterns(text: str) -> Iterator[str]:
    """The texts of a policy that, as resource patterns, can tell objects of a bucket apart."""
    for pattern in set(re.findall(r'"((?:arn:|[*?])[^"]*)"', text)):
        parts = pattern.split(":", 5)
        whole = len(parts) > LAST_PART
        service = parts[2] if whole else "*"
        if pattern.strip("*") and (service == "s3" or "*" in service or "?" in service):
            yield pattern


def _texts(model: World) -> Iterator[str]:
    """The texts of all policies of a world, however they are attached."""
    seen: set[int] = set()
    waiting: list[object] = [model]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str | bytes | int | None | Source) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, PolicyDocument):
            yield json.dumps(value.document, default=str)
        elif isinstance(value, ManagedPolicyReference):
            policy = managed.find_managed_policy(value.arn)
            yield "" if policy is None else policy.document_text
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, Iterable):
            waiting += value
        elif is_dataclass(value):
            waiting += (getattr(value, field.name) for field in fields(value))
