"""Log files read by the members that matter, with msgspec: many times faster than as plain JSON.

A record is known by the members that `iamsim.calls.events` reads, what nothing reads left out; one
of each kind is then read like any other record. A file in any other form than that of a log file,
or with records in odd forms, is not read here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from iamsim.core.remember import remember

if TYPE_CHECKING:
    from iamsim.replay.alike import Alike

NOTHING = Raw(b"")
NEAR, FAR = 50, 50_000  # parts of a file, and bytes, within which a record is looked for
BEGIN = b'{"eventVersion":'
CALLERS = 20_000  # whose reading is at hand


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


class Additional(msgspec.Struct, gc=False):
    """What S3 says of the signature."""

    SignatureVersion: Raw = NOTHING
    AuthenticationMethod: Raw = NOTHING


class TlsDetails(msgspec.Struct, omit_defaults=True):
    """Whether a call came over TLS."""

    tlsVersion: Raw = NOTHING  # noqa: N815


class Record(msgspec.Struct, kw_only=True, gc=False):
    """The members of a record that something is read of, in CloudTrail's order, in which they are
    found sooner. What repeats from record to record stays text, and is read once."""

    userIdentity: Raw  # noqa: N815
    eventTime: str | None = None  # noqa: N815
    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: Raw = NOTHING  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: Raw = NOTHING  # noqa: N815
    requestParameters: Raw = NOTHING  # noqa: N815
    additionalEventData: Additional | None = None  # noqa: N815
    eventID: str | None = None  # noqa: N815
    resources: Raw = NOTHING
    eventType: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    vpcEndpointId: str | None = None  # noqa: N815
    vpcEndpointAccountId: str | None = None  # noqa: N815
    eventCategory: str | None = None  # noqa: N815
    tlsDetails: Raw = NOTHING  # noqa: N815
    insightDetails: Raw = NOTHING  # noqa: N815
    digestS3Bucket: Raw = NOTHING  # noqa: N815
    digestStartTime: Raw = NOTHING  # noqa: N815
    detail: Raw = NOTHING
    Records: Raw = NOTHING
    Events: Raw = NOTHING
    QueryResultRows: Raw = NOTHING


class LogFile(msgspec.Struct):
    """A log file."""

    Records: list[Record]


class Texts(msgspec.Struct):
    """A log file whose records stay text."""

    Records: list[Raw]


class TypedLogs:
    """Reads log files, and says of each record what it is known by."""

    def __init__(self, alike: Alike) -> None:
        """Take what nothing reads."""
        self._alike = alike
        self._sessions, self._addresses = alike.sessions_are_alike, alike.addresses_are_alike
        self._times, self._agents = alike.times_are_alike, alike.agents_are_alike
        self._issues, self._objects = alike.issues_are_alike, alike.objects_are_alike
        self._callers: dict[bytes, bytes | None] = {}
        self._tls: dict[bytes, bytes] = {}
        self._encode = msgspec.json.Encoder().encode
        self._identity = msgspec.json.Decoder(UserIdentity)
        self._context = msgspec.json.Decoder(SessionContext)
        self._tls_details = msgspec.json.Decoder(TlsDetails)
        self._file = msgspec.json.Decoder(LogFile)
        self._record = msgspec.json.Decoder(Record)
        self._texts = msgspec.json.Decoder(Texts)
        self._parameters = msgspec.json.Decoder(dict[str, str])

    def records(self, content: bytes) -> list[Record] | None:
        """The records of a log file; `None` where it has another form."""
        try:
            if not content.isascii():
                content.decode()
            found = self._file.decode(content).Records
        except (ValueError, RecursionError):
            return None
        return None if any(map(_holds_others, found)) else found

    def text_of(self, content: bytes, records: list[Record]) -> Callable[[int], bytes]:
        """What gives the text of the record at a place; all are read only where one is not written
        as CloudTrail writes it."""
        texts: list[Raw] = []

        def text(place: int) -> bytes:
            found = None if texts else self._text_near(content, records, place)
            if found is None:
                if not texts:
                    texts.extend(self._texts.decode(content).Records)
                found = bytes(texts[place])
            return found

        return text

    def _text_near(self, content: bytes, records: list[Record], place: int) -> bytes | None:
        """The text of a record, found by its id about where it has to be. Only what reads as the
        record does is its text."""
        record = records[place]
        middle, reach = len(content) * place // len(records), len(content) // NEAR + FAR
        first, last = max(middle - reach, 0), middle + reach
        at = content.find(b'"eventID":"%b"' % (record.eventID or "").encode(), first, last)
        begin = content.rfind(BEGIN, 0, at) if at > 0 else -1
        end = content.find(b"}," + BEGIN, at, last) + 1
        if begin < 0 or not end:
            return None
        text = content[begin:end]
        try:
            return text if self._record.decode(text) == record else None
        except ValueError:
            return None

    def outline(self, record: Record) -> tuple[object, ...] | None:
        """What a record is known by, without what nothing reads: two of the same outline ask the
        same. `None` where that can't be told before the record is read whole."""
        written = bytes(record.userIdentity)
        caller = self._callers.get(written, written)
        if caller is written:
            caller = remember(self._callers, written, self._caller(written), CALLERS)
        if (
            caller is None
            or record.insightDetails
            or record.digestS3Bucket
            or record.digestStartTime
        ):
            return None
        source = record.eventSource
        parameters, resources = bytes(record.requestParameters), bytes(record.resources)
        if self._objects and source == "s3.amazonaws.com":
            parameters, resources = self._without_object(parameters, resources)
        address = record.sourceIPAddress
        if self._addresses and address and address[0].isdigit():
            address = ""
        more, message = record.additionalEventData, record.errorMessage
        tls = bytes(record.tlsDetails)
        if tls:
            tls = self._tls.get(tls) or self._tls_version(tls)
        return (
            source,
            record.eventName,
            caller,
            parameters,
            resources,
            record.awsRegion,
            address,
            tls,
            more and (bytes(more.SignatureVersion), bytes(more.AuthenticationMethod)),
            record.vpcEndpointId,
            record.vpcEndpointAccountId,
            record.recipientAccountId,
            record.eventType,
            record.eventCategory,
            bytes(message) if message else None,
            None if self._times else record.eventTime,
            None if self._agents else bytes(record.userAgent),
        )

    def _caller(self, written: bytes) -> bytes | None:
        """Who called, without what nothing reads; `None` for what has another form."""
        try:
            who = self._identity.decode(written)
        except ValueError:
            return None
        if who.principalid:
            return None
        arn = who.arn
        if self._sessions and arn is not None:
            if ":assumed-role/" in arn:
                who.arn = arn[: arn.rindex("/")]
            if who.principalId is not None:
                who.principalId = who.principalId.partition(":")[0]
        if who.sessionContext:
            who.sessionContext = self._session(who.sessionContext)
        return self._encode(who)

    def _session(self, text: Raw) -> Raw:
        """How a session was opened, without when where nothing reads that."""
        try:
            context = self._context.decode(text)
        except ValueError:
            return text
        if context.attributes is not None and self._issues:
            context.attributes.creationDate = NOTHING
        return Raw(self._encode(context))

    def _tls_version(self, text: bytes) -> bytes:
        """The version of TLS alone; what has another form stays as it is."""
        try:
            version = self._encode(self._tls_details.decode(text))
        except ValueError:
            version = text
        return remember(self._tls, text, version, CALLERS)

    def _without_object(self, parameters: bytes, resources: bytes) -> tuple[bytes, bytes]:
        """Put what tells an object apart in place of its name; the record's resources name it as
        well."""
        try:
            known = self._parameters.decode(parameters)
        except ValueError:
            return parameters, resources
        bucket, name = known.get("bucketName"), known.get("key")
        if bucket is None or name is None:
            return parameters, resources
        arn = f"arn:aws:s3:::{bucket}/{name}"
        known["key"] = self._alike.resource(arn)
        if resources:
            resources = resources.replace(f'"{arn}"'.encode(), b'""')
        return self._encode(known), resources


def _holds_others(record: Record) -> bool:
    """Whether a record is what others came in."""
    return bool(record.detail or record.Records or record.Events or record.QueryResultRows)
