"""CloudTrail records: which questions a call that was made asked of IAM, and in which context.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.calls.arns import Resource
from iamsim.calls.event_forms import unwrapped
from iamsim.calls.event_parameters import parameters_of
from iamsim.calls.identities import INTERNAL, Identity, identity_of, is_service
from iamsim.calls.mapping import read
from iamsim.calls.model import Call, ContextValue, Reading, Requested
from iamsim.calls.names import service_of_source
from iamsim.core.arn import find_arn
from iamsim.core.wildcard import match_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.calls.data import Operation, Service

DATED = re.compile(r"_?(?:\d{4}_\d{2}_\d{2}|20\d{6}(?:v\d+)?)$")
MESSAGE = re.compile(
    r"is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<quote>\"?)(?:(?P<kind>user|role|group|policy) )?"
    r"(?P<resource>[^\s\"]+)(?P=quote))?"
)
# Names of S3's records that are not the operation's.
S3_EVENTS = {
    "DeleteBucketLifecycle": "DeleteBucketLifecycle",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "GetAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "GetBucketObjectLockConfiguration": "GetObjectLockConfiguration",
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "ListVersions": "ListObjectVersions",
    "ListObjectVersions": "ListObjectVersions",
    "PostObject": "PutObject",
    "PutAccelerateConfiguration": "PutBucketAccelerateConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
}
ACCOUNT_BLOCK = {
    "GetAccountPublicAccessBlock": "GetPublicAccessBlock",
    "PutAccountPublicAccessBlock": "PutPublicAccessBlock",
    "DeleteAccountPublicAccessBlock": "DeletePublicAccessBlock",
}
# Kinds of records that are no call that IAM decides.
NOT_CALLS = {
    "AwsServiceEvent": "an event of the service itself, not a call",
    "AwsConsoleSignIn": "a sign-in to the console: no policy of IAM decides it",
    "AwsConsoleAction": "something done in the console that is no call of the API",
    "AwsCloudTrailInsight": "an Insights event: it counts calls, and is none",
}


def read_event(record: Mapping[str, Any]) -> Reading:
    """Say what a CloudTrail record asked of IAM, by whom, and with which context.

    Takes a record as trails write it, or inside an event of EventBridge, an entry of
    `lookup-events`, or a row of CloudTrail Lake. `skipped` says why a record asks nothing: it is a
    digest, an Insights event, a sign-in, an event of a service. A request's `principal` is None
    where the record does not name the caller. Raises `RequestError` for what is no record.
    """
    event = unwrapped(record)
    reason = _no_call(event)
    if reason is not None:
        return Reading(skipped=reason)
    source, name = str(event.get("eventSource")), str(event.get("eventName"))
    identity = identity_of(event)
    if identity.skipped is not None:
        return Reading(skipped=identity.skipped, service=source, operation=name)
    reading = _asked(event, source, name, identity)
    if reading.skipped is None:
        _complete(reading, event, identity)
    return reading


def _no_call(event: dict[str, Any]) -> str | None:
    if "digestS3Bucket" in event or "digestStartTime" in event:
        return "a digest file: it holds signatures of log files"
    kind = str(event.get("eventType") or "")
    if "insightDetails" in event or event.get("eventCategory") == "Insight":
        kind = "AwsCloudTrailInsight"
    if kind in NOT_CALLS:
        return f"{NOT_CALLS[kind]} (`{event.get('eventName')}`)"
    if not event.get("eventSource") or not event.get("eventName"):
        return "the record names no service or no operation"
    if event.get("eventSource") == "signin.amazonaws.com" and kind != "AwsApiCall":
        return NOT_CALLS["AwsConsoleSignIn"]
    return None


def _asked(event: dict[str, Any], source: str, name: str, identity: Identity) -> Reading:
    """Map the operation; a name that is none may be that of an action."""
    operation_name = DATED.sub("", name) or name
    host = source.removesuffix(".amazonaws.com")
    if host == "s3" and operation_name in ACCOUNT_BLOCK:
        operation_name = ACCOUNT_BLOCK[operation_name]
        source = "s3-control.amazonaws.com"
    elif host == "s3":
        operation_name = S3_EVENTS.get(operation_name, operation_name)
    service = service_of_source(source, operation_name)
    operation = None if service is None else service.operation(operation_name)
    account = event.get("recipientAccountId") or identity.account
    region = event.get("awsRegion")
    if service is None or operation is None:
        return _by_action(event, host, operation_name, service)
    parameters, notes = parameters_of(service, operation, event.get("requestParameters"))
    call = Call(
        service.name,
        operation.name,
        _told(service, operation, parameters, event),
        str(region) if region else None,
        str(account) if account else None,
        notes,
    )
    return read(call)


def _told(
    service: Service, operation: Operation, parameters: dict[str, Any], event: dict[str, Any]
) -> dict[str, Any]:
    """Add what other parts of the record tell of the parameters."""
    if service.name in ("dynamodb", "dynamodbstreams"):
        items = parameters.get("RequestItems")
        if isinstance(items, list):
            names = [item.get("tableName") for item in items if isinstance(item, dict)]
            parameters["RequestItems"] = {str(name): {} for name in names if name}
    if service.name == "s3" and operation.name == "DeleteObjects":
        given = event.get("requestParameters")
        held = given.get("delete") if isinstance(given, dict) else None
        if held == "" or held is None:
            parameters.pop("Delete", None)
            parameters.pop("delete", None)
    return parameters


def _by_action(event: dict[str, Any], host: str, name: str, service: Service | None) -> Reading:
    """Records of calls that no model of botocore has, where an action is called like them."""
    prefixes = [host, *(service.prefixes if service is not None else ()), host.partition(".")[0]]
    for prefix in dict.fromkeys(prefixes):
        facts = catalog.find_action(f"{prefix}:{name}")
        if facts is None:
            continue
        known = [str(resource["ARN"]) for resource in _resources(event) if resource.get("ARN")]
        resource = Resource(known[0]) if known else Resource("*", not facts.resource_types)
        requested = Requested(
            facts.full_name,
            resource.arn,
            {},
            [] if resource.known else ["resource"],
            because=f"{event.get('eventSource')}:{event.get('eventName')}",
        )
        return Reading([requested], None, [], prefix, name)
    return Reading(
        skipped=f"`{event.get('eventSource')}` has no operation `{event.get('eventName')}` that is"
        " known: which permissions it needs is not known either",
        service=host,
        operation=name,
    )


def _complete(reading: Reading, event: dict[str, Any], identity: Identity) -> None:
    """Put the caller and the context of the record into every question."""
    context, via = _context(event, identity)
    _fill_from_message(reading, event)
    completed = []
    for requested in reading.asked:
        for resource in _with_resources(requested, event):
            services = [*identity.services, *resource.via.get("service", ())]
            own = {**via, **({"service": services} if services else {})}
            keys = {
                **context,
                **_chain_keys(services, resource),
                **_of_service(event, resource.action),
            }
            if resource.via.get("service"):  # a follow-up call does not come through the endpoint
                own.pop("vpc_endpoint", None)
                keys = {key: value for key, value in keys.items() if key not in ENDPOINT_KEYS}
            completed.append(
                replace(
                    resource,
                    context={**keys, **resource.context},
                    unknown=[
                        *resource.unknown,
                        *(k for k in identity.unknown if k not in resource.unknown),
                    ],
                    via=own,
                    principal=identity.principal,
                    of_record=True,
                    session=dict(identity.session),
                    resource_account=_owner(event, resource),
                )
            )
    reading.asked = completed
    reading.notes = [*identity.notes, *reading.notes]


ENDPOINT_KEYS = frozenset({"aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount"})


def _chain_keys(services: list[str], requested: Requested) -> dict[str, ContextValue]:
    """What a forward access session sets.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    if not services:
        return {}
    chain_keys: dict[str, ContextValue] = {
        "aws:ViaAWSService": "true",
        "aws:CalledVia": list(services),
        "aws:CalledViaFirst": services[0],
        "aws:CalledViaLast": services[-1],
    }
    pieces = requested.resource.split(":")
    if requested.action.startswith("kms:") and len(pieces) > 5 and pieces[3]:  # noqa: PLR2004
        host, _, domain = services[-1].partition(".")
        chain_keys["kms:ViaService"] = f"{host}.{pieces[3]}.{domain}"
    return chain_keys


def _context(
    event: dict[str, Any], identity: Identity
) -> tuple[dict[str, ContextValue], dict[str, Any]]:
    context: dict[str, ContextValue] = dict(identity.context)
    via: dict[str, Any] = {}
    if event.get("awsRegion"):
        context["aws:RequestedRegion"] = str(event["awsRegion"])
    if event.get("eventTime"):
        context["aws:CurrentTime"] = str(event["eventTime"])
    agent = event.get("userAgent")
    if agent and not is_service(agent) and not str(agent).startswith(INTERNAL):
        context["aws:UserAgent"] = str(agent)
    endpoint = event.get("vpcEndpointId")
    address = event.get("sourceIPAddress")
    if endpoint:
        via["vpc_endpoint"] = str(endpoint)
        context["aws:SourceVpce"] = str(endpoint)
        if event.get("vpcEndpointAccountId"):
            context["aws:VpceAccount"] = str(event["vpcEndpointAccountId"])
    if _is_address(address):
        context["aws:VpcSourceIp" if endpoint else "aws:SourceIp"] = str(address)
    if isinstance(event.get("tlsDetails"), dict) and event["tlsDetails"].get("tlsVersion"):
        context["aws:SecureTransport"] = "true"
    return context, via


def _is_address(text: object) -> bool:
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


SIGNATURES = {"SigV4": "AWS4-HMAC-SHA256", "SigV2": "AWS", "SigV4A": "AWS4-ECDSA-P256-SHA256"}
AUTHENTICATION = {
    "AuthHeader": "REST-HEADER",
    "QueryString": "REST-QUERY-STRING",
    "PostForm": "POST",
}


def _of_service(event: dict[str, Any], action: str) -> dict[str, ContextValue]:
    """Keys of S3 that stand outside the parameters.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
    """
    if not action.startswith("s3:"):
        return {}
    found: dict[str, ContextValue] = {}
    more = event.get("additionalEventData")
    if isinstance(more, dict):
        signature = SIGNATURES.get(str(more.get("SignatureVersion")))
        method = AUTHENTICATION.get(str(more.get("AuthenticationMethod")))
        if signature:
            found["s3:signatureversion"] = signature
        if method:
            found["s3:authType"] = method
    tls = event.get("tlsDetails")
    if isinstance(tls, dict) and tls.get("tlsVersion"):
        found["s3:TlsVersion"] = str(tls["tlsVersion"]).removeprefix("TLSv")
    return found


def _resources(event: dict[str, Any]) -> list[dict[str, Any]]:
    given = event.get("resources")
    resources = []
    for entry in given if isinstance(given, list) else ():
        if isinstance(entry, dict):
            arn = entry.get("ARN") or entry.get("arn") or entry.get("resourceARN")
            prefix = entry.get("ARNPrefix") or entry.get("arnPrefix")
            resources.append({**entry, "ARN": arn or (f"{prefix}*" if prefix else None)})
    return resources


def _with_resources(requested: Requested, event: dict[str, Any]) -> list[Requested]:
    """Name a resource that the parameters leave open by those that the record lists."""
    if "resource" not in requested.unknown or requested.via:
        return [requested]
    pattern = tokenize(requested.resource)
    kind = requested.action.partition(":")[0]
    fitting = [
        str(resource["ARN"])
        for resource in _resources(event)
        if resource.get("ARN")
        and match_tokens(pattern, str(resource["ARN"]))
        and _is_of(str(resource["ARN"]), kind)
    ]
    if requested.resource == "*":
        fitting = [arn for arn in fitting if _acted_on(requested.action, arn)]
    rest = [key for key in requested.unknown if key != "resource"]
    return [
        replace(requested, resource=arn, unknown=["resource", *rest] if arn.endswith("*") else rest)
        for arn in dict.fromkeys(fitting)
    ] or [requested]


def _is_of(arn: str, prefix: str) -> bool:
    service = arn.split(":")[2] if arn.count(":") > 1 else ""
    return service == prefix or prefix in ("es", "elasticloadbalancing") or service == "iam"


def _acted_on(action: str, arn: str) -> bool:
    from iamsim.calls.arns import formats_of, matches

    facts = catalog.find_action(action)
    if facts is None:
        return False
    names = {use.name for use in facts.resource_types}
    return any(
        name in names and matches(arn, text) is not None for name, text in formats_of(facts.service)
    )


def _refused(event: dict[str, Any], kind: str | None, name: str) -> str | None:
    """The ARN of what a message names: IAM names users, roles and groups by their names."""
    name = name.rstrip(".,")
    if name.startswith("arn:"):
        return name
    owner, caller = event.get("recipientAccountId"), find_arn(str(_caller_arn(event)))
    if kind is None or kind == "policy" or not isinstance(owner, str):
        return None
    partition = "aws" if caller is None else caller.partition
    return f"arn:{partition}:iam::{owner}:{kind}/{name}"


def _caller_arn(event: dict[str, Any]) -> object:
    """The ARN of the caller as the record has it."""
    identity = event.get("userIdentity")
    return identity.get("arn") if isinstance(identity, dict) else None


def _fill_from_message(reading: Reading, event: dict[str, Any]) -> None:
    """A denial's message names the action and the resource that were refused."""
    match = MESSAGE.search(str(event.get("errorMessage") or ""))
    if match is None:
        return
    action, arn = match["action"], _refused(event, match["kind"], match["resource"] or "")
    if arn is None:
        return
    for requested in reading.asked:
        same = requested.action.lower() == action.lower()
        if (
            same
            and "resource" in requested.unknown
            and match_tokens(tokenize(requested.resource), arn)
        ):
            requested.resource = arn
            requested.unknown = [key for key in requested.unknown if key != "resource"]
            return
    if all(requested.action.lower() != action.lower() for requested in reading.asked):
        facts = catalog.find_action(action)
        name = action if facts is None else facts.full_name
        reading.asked.append(Requested(name, arn, because="named in the message of the denial"))


def _owner(event: dict[str, Any], requested: Requested) -> str | None:
    """The account of a resource whose ARN does not tell it, where the record does."""
    pieces = requested.resource.split(":")
    if len(pieces) < 6 or pieces[4] or requested.action.partition(":")[0] != "s3":  # noqa: PLR2004
        return None
    bucket = pieces[5].partition("/")[0]
    for resource in _resources(event):
        arn = str(resource.get("ARN") or "")
        if resource.get("accountId") and arn.rpartition(":::")[2].partition("/")[0] == bucket:
            return str(resource["accountId"])
    return None
