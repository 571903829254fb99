"""Log files read by the members that matter, with msgspec: many times faster than as plain JSON.

A record is known by the members that `iamsim.calls.events` reads, what nothing reads left out; one
of each kind is then read like any other record. A file in any other form than that of a log file,
or with records in odd forms, is not read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from iamsim.core.remember import remember
from iamsim.replay.alike import without_object

if TYPE_CHECKING:
    from iamsim.replay.alike import Alike

__all__ = ["Record", "TypedLogs"]

NOTHING = Raw(b"")
CONTEXTS = 20_000  # of sessions, whose reading is at hand


class Attributes(msgspec.Struct, omit_defaults=True):
    """Attributes of a session."""

    mfaAuthenticated: Raw = NOTHING  # noqa: N815 - the names are CloudTrail's
    creationDate: Raw = NOTHING  # noqa: N815


class SessionContext(msgspec.Struct, omit_defaults=True):
    """How a session was opened."""

    sessionIssuer: Raw = NOTHING  # noqa: N815
    attributes: Attributes | None = None
    sourceIdentity: Raw = NOTHING  # noqa: N815
    webIdFederationData: Raw = NOTHING  # noqa: N815
    assumedRoot: Raw = NOTHING  # noqa: N815
    ec2RoleDelivery: Raw = NOTHING  # noqa: N815


class UserIdentity(msgspec.Struct, omit_defaults=True):
    """Who called."""

    type: str | None = None
    principalId: str | None = None  # noqa: N815
    arn: str | None = None
    accountId: str | None = None  # noqa: N815
    userName: str | None = None  # noqa: N815
    invokedBy: str | None = None  # noqa: N815
    identityProvider: str | None = None  # noqa: N815
    sourceIdentity: Raw = NOTHING  # noqa: N815
    inScopeOf: Raw = NOTHING  # noqa: N815
    sessionContext: Raw = NOTHING  # noqa: N815
    principalid: Raw = NOTHING  # as Athena and Lake write it


class Additional(msgspec.Struct, omit_defaults=True):
    """What S3 says of the signature."""

    SignatureVersion: Raw = NOTHING
    AuthenticationMethod: Raw = NOTHING


class TlsDetails(msgspec.Struct, omit_defaults=True):
    """Whether a call came over TLS."""

    tlsVersion: Raw = NOTHING  # noqa: N815


class Record(msgspec.Struct, omit_defaults=True):
    """The members of a record that something is read of."""

    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    userIdentity: UserIdentity  # noqa: N815
    eventTime: str | None = None  # noqa: N815
    eventID: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: Raw = NOTHING  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: Raw = NOTHING  # noqa: N815
    requestParameters: Raw = NOTHING  # noqa: N815
    resources: Raw = NOTHING
    additionalEventData: Additional | None = None  # noqa: N815
    tlsDetails: TlsDetails | None = None  # noqa: N815
    vpcEndpointId: str | None = None  # noqa: N815
    vpcEndpointAccountId: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    eventType: str | None = None  # noqa: N815
    eventCategory: str | None = None  # noqa: N815
    insightDetails: Raw = NOTHING  # noqa: N815
    digestS3Bucket: Raw = NOTHING  # noqa: N815
    digestStartTime: Raw = NOTHING  # noqa: N815
    detail: Raw = NOTHING
    Records: Raw = NOTHING
    Events: Raw = NOTHING
    QueryResultRows: Raw = NOTHING


class LogFile(msgspec.Struct):
    """A log file; each record stays text until it has to be read."""

    Records: list[Raw]


class TypedLogs:
    """Reads log files, and says of each record what it is known by."""

    def __init__(self, alike: Alike) -> None:
        """Take what nothing reads."""
        self._alike = alike
        self._sessions, self._addresses = alike.sessions_are_alike, alike.addresses_are_alike
        self._times, self._agents = alike.times_are_alike, alike.agents_are_alike
        self._issues, self._objects = alike.issues_are_alike, alike.objects_are_alike
        self._contexts: dict[bytes, Raw] = {}
        self._encode = msgspec.json.Encoder().encode
        self._context = msgspec.json.Decoder(SessionContext)
        self._file = msgspec.json.Decoder(LogFile)
        self._record = msgspec.json.Decoder(Record)
        self._resources = msgspec.json.Decoder(list[dict[str, str]])
        self._parameters = msgspec.json.Decoder(dict[str, str])

    def records(self, content: bytes) -> list[tuple[Record, Raw]] | None:
        """The records of a log file, each with its text; `None` where it has another form."""
        try:
            if not content.isascii():
                content.decode()
            texts = self._file.decode(content).Records
            decode = self._record.decode
            found = [(decode(text), text) for text in texts]
        except (ValueError, RecursionError):
            return None
        return None if any(_is_odd(record) for record, _ in found) else found

    def outline(self, record: Record) -> bytes:
        """What a record is known by: two of the same outline ask the same. It is the record written
        again without what nothing reads, and the record is left so."""
        who = record.userIdentity
        arn = who.arn
        if self._sessions and arn is not None:
            if ":assumed-role/" in arn:
                who.arn = arn[: arn.rindex("/")]
            if who.principalId is not None:
                who.principalId = who.principalId.partition(":")[0]
        if who.sessionContext:
            who.sessionContext = self._session(who.sessionContext)
        address = record.sourceIPAddress
        if self._addresses and address and address[0].isdigit():
            record.sourceIPAddress = ""
        if self._objects and record.eventSource == "s3.amazonaws.com":
            self._reduce_object(record)
        if self._times:
            record.eventTime = None
        if self._agents:
            record.userAgent = NOTHING
        record.eventID = record.errorCode = None
        return self._encode(record)

    def _session(self, text: Raw) -> Raw:
        """How a session was opened, without when where nothing reads that."""
        written = bytes(text)
        known = self._contexts.get(written)
        if known is None:
            try:
                context = self._context.decode(written)
            except ValueError:
                return text
            if context.attributes is not None and self._issues:
                context.attributes.creationDate = NOTHING
            known = Raw(self._encode(context))
            remember(self._contexts, written, known, CONTEXTS)
        return known

    def _reduce_object(self, record: Record) -> None:
        """Put what tells an object apart in place of its name."""
        try:
            known = self._parameters.decode(record.requestParameters)
        except ValueError:
            return
        bucket, name = known.get("bucketName"), known.get("key")
        if bucket is not None and name is not None:
            known["key"] = self._alike.resource(f"arn:aws:s3:::{bucket}/{name}")
            record.requestParameters = Raw(self._encode(known))
            if record.resources:
                self._reduce_resources(record)

    def _reduce_resources(self, record: Record) -> None:
        """Name buckets in place of their objects."""
        try:
            known = self._resources.decode(record.resources)
        except ValueError:
            return
        record.resources = Raw(self._encode([without_object(one) for one in known]))


def _is_odd(record: Record) -> bool:
    """Whether a record is something else, holds others, or is written as Athena and Lake do."""
    return bool(
        record.insightDetails
        or record.digestS3Bucket
        or record.digestStartTime
        or record.detail
        or record.Records
        or record.Events
        or record.QueryResultRows
        or record.userIdentity.principalid
    )
