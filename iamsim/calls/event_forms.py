"""The forms in which CloudTrail records come: as trails write them, and inside something else.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-cloudtrail.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from iamsim.core.errors import RequestError

NAMES = (
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "resources",
    "eventType",
    "apiVersion",
    "managementEvent",
    "recipientAccountId",
    "serviceEventDetails",
    "sharedEventID",
    "annotation",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "addendum",
    "sessionCredentialFromConsole",
    "edgeDeviceDetails",
    "tlsDetails",
    "eventCategory",
    "insightDetails",
)
IDENTITY_NAMES = (
    "type",
    "principalId",
    "arn",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "sessionContext",
    "identityProvider",
    "credentialId",
    "onBehalfOf",
    "inScopeOf",
    "sessionIssuer",
    "attributes",
    "webIdFederationData",
    "sourceIdentity",
    "ec2RoleDelivery",
    "assumedRoot",
    "creationDate",
    "mfaAuthenticated",
    "federatedProvider",
)
TEXTS = (
    "userIdentity",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "resources",
    "tlsDetails",
    "insightDetails",
)
LOWERED = {name.lower(): name for name in (*NAMES, *IDENTITY_NAMES)}
HOLDERS = ("CloudTrailEvent", "eventJson", "eventjson", "eventData")


def unwrapped(record: Mapping[str, Any]) -> dict[str, Any]:
    """Take a record out of what it came in; raises `RequestError` for what is no record."""
    if not isinstance(record, Mapping):
        raise RequestError("not-a-record", "a CloudTrail record is an object of JSON")
    found = dict(record)
    if "detail" in found and ("detail-type" in found or "eventName" not in found):
        return unwrapped(_object(found["detail"]))
    for holder in HOLDERS:
        if holder in found and "eventSource" not in found:
            return unwrapped(_object(found[holder]))
    records = found.get("Records")
    if isinstance(records, list):
        if len(records) != 1:
            raise RequestError(
                "not-a-record", f"the log file holds {len(records)} records: read each of them"
            )
        return unwrapped(_object(records[0]))
    if "eventname" in found and "eventName" not in found:
        found = {LOWERED.get(name, name): value for name, value in found.items()}
    for name in TEXTS:
        if isinstance(found.get(name), str) and found[name].lstrip()[:1] in ("{", "["):
            found[name] = _json(found[name], name)
    identity = found.get("userIdentity")
    if isinstance(identity, dict) and "principalid" in identity:
        found["userIdentity"] = _lowered(identity)
    known = ("eventName", "eventSource", "eventType", "digestS3Bucket", "insightDetails")
    if not any(name in found for name in known):
        raise RequestError(
            "not-a-record",
            "this is no CloudTrail record: it has no eventSource and no eventName",
        )
    return found


def _lowered(value: object) -> object:
    """Give names back their capital letters, which Athena and Lake take away."""
    if isinstance(value, dict):
        return {LOWERED.get(name, name): _lowered(member) for name, member in value.items()}
    return value


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = _json(value, "record")
    if not isinstance(value, Mapping):
        raise RequestError("not-a-record", "a CloudTrail record is an object of JSON")
    return value


def _json(text: str, name: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("not-a-record", f"`{name}` of the record is no JSON: {error}") from error


def records_in(document: object) -> Iterator[Any]:
    """Give the records of a document: a log file, `lookup-events`, a list, a query's result.

    What is no record in a list is given like the others: `unwrapped` refuses it.
    """
    if isinstance(document, list):
        for entry in document:
            yield from _inside(entry)
        return
    if not isinstance(document, Mapping):
        raise RequestError("not-a-record", "a CloudTrail record is an object of JSON")
    for holder in ("Records", "Events", "QueryResultRows"):
        held = document.get(holder)
        if isinstance(held, list):
            for entry in held:
                yield from _inside(_row(entry) if holder == "QueryResultRows" else entry)
            return
    yield document


def _inside(held: object) -> Iterator[Any]:
    """The records of an element of a list."""
    if isinstance(held, list | Mapping):
        yield from records_in(held)
    else:
        yield held


def _row(columns: object) -> object:
    """A row of GetQueryResults is a list of objects with one column each."""
    if not isinstance(columns, list):
        return columns
    row: dict[str, Any] = {}
    for column in columns:
        if isinstance(column, Mapping):
            row |= column
    return row
