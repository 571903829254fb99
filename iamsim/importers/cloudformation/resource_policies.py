"""What templates say about resources: their policies, tags, public access blocks and endpoints.

Where a template holds the policy of which type, `iamsim.catalog.resource_types` says; the
functions that its rows name stand here. Each reads a type of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import PolicyPlace, ResourceType, resource_types, type_of_arn
from iamsim.core.caret import quote
from iamsim.importers.cloudformation.encryption import replicas_here
from iamsim.importers.cloudformation.functions import as_text
from iamsim.importers.facts import (
    STREAM_LABEL,
    Permission,
    add_statement,
    certificate_statement,
    default_key_policy,
    endpoint_service,
    layer_statement,
    mark_unknown,
    permission_statement,
    point_network,
    profile_statement,
    public_access_block,
    set_policy,
    share_statement,
)
from iamsim.importers.resource_kinds import known_type, policy_holder, target_arn
from iamsim.importers.unknown import Unknown, marker

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.reading import Reading
    from iamsim.importers.draft import Record

PERMISSION = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)
LAYER_PERMISSION = ("Action", "LayerVersionArn", "OrganizationId", "Principal")
PROFILE_PERMISSION = ("Action", "Principal", "ProfileName", "ProfileVersion", "StatementId")


def _own(reading: Reading, arn: str | None = None) -> Record:
    """Give the record of a resource of the stack's account."""
    return reading.draft.resource(arn or reading.identity.policy_arn, reading.account)


def _target(reading: Reading, kind: ResourceType, named: Sequence[str]) -> str | None:
    """Give the ARN of a resource that is referred to by its name or its ARN."""
    arn = target_arn(kind, reading.scope, named)
    if arn is None:
        shown = quote("/".join(named))
        reading.remark("not-an-arn", f"{shown} names no resource", "skipped")
    return arn


def _set_policy(reading: Reading, kind: ResourceType, record: Record, value: object) -> None:
    """Give a resource its policy; of types that can have several, all statements count."""
    document = reading.document(value, "the policy")
    if document is not None:
        set_policy(record, document, reading.place, several=kind.several)


def read_tagged(reading: Reading) -> None:
    """Read a resource of which only the tags matter."""
    if reading.properties.get("Tags"):
        reading.tags(reading.draft.resource(reading.identity.arn, reading.account))


def _policy_of(
    kind: ResourceType, place: PolicyPlace, *, several: bool
) -> Callable[[Reading], None]:
    """Make the reader of a resource type that gives another its policy; where that may be one of
    `several` types, only an ARN says which."""

    def read(reading: Reading) -> None:
        for named in _named(reading, place):
            if several and not named[-1].startswith("arn:"):
                shown = quote(named[-1])
                reading.remark("not-an-arn", f"{shown} may name several resources", "skipped")
                continue
            arn = _target(reading, kind, named)
            if arn is not None:
                own = type_of_arn(arn) or kind
                value = _dig(reading.properties, place.path)
                if value is None:
                    reading.missing(".".join(place.path))
                _set_policy(reading, own, _own(reading, arn), value)

    return read


def _named(reading: Reading, place: PolicyPlace) -> list[list[str]]:
    """Give what names the resources that a policy is for; `[""]` for the only one there is."""
    if not place.targets:
        return [[""]]
    targets = [target for target in place.targets if set(target) <= reading.properties.keys()]
    if not targets:
        reading.missing(*(name for target in place.targets for name in target))
    for target in targets:
        empty = [name for name in target if reading.properties[name] in ("", [])]
        if empty:  # CloudFormation refuses it
            reading.missing(*empty)
            continue
        if len(target) == 1:
            texts = reading.owners(target[0])
            if texts:
                return [[text] for text in texts]
            continue
        parts = [text for text in map(reading.owner, target) if text is not None]
        if len(parts) == len(target):
            return [parts]
    return []


def _holder(kind: ResourceType, places: list[PolicyPlace]) -> Callable[[Reading], None]:
    """Make the reader of a resource type that holds its own policy."""

    def read(reading: Reading) -> None:
        record = _own(reading)
        for place in places:
            _set_policy(reading, kind, record, _dig(reading.properties, place.path))
        read_tagged(reading)

    return read


def _dig(value: object, path: tuple[str, ...]) -> object:
    """Follow a path; what is not known stays so, and what is no map is not known."""
    for step in path:
        if value is None or isinstance(value, Unknown):
            return value
        if not isinstance(value, dict):
            return Unknown(f"what holds {quote(step)}, which can't be read")
        if step in value and value[step] is None:  # CloudFormation refuses null
            return Unknown(f"{quote(step)}, which is null")
        value = value.get(step)
    return value


def _bucket(reading: Reading) -> None:
    record = _own(reading)
    reading.tags(record)
    _public_access(reading, record)


def _public_access(reading: Reading, record: Record) -> None:
    name = "PublicAccessBlockConfiguration"
    block = reading.properties.get(name)
    if isinstance(block, dict) and None not in block.values():  # CloudFormation refuses null
        record.set("public_access_block", public_access_block(block), reading.place)
    elif block is not None:
        reading.remark("unknown-value", f"{quote(name)} is not known")
        record.set("public_access_block", marker(f"{quote(name)} is not known"), reading.place)


def _access_point(reading: Reading) -> None:
    kind = known_type(str(reading.stack.resources[reading.logical_id]["Type"]))
    record = _own(reading)
    bucket = reading.text("Bucket")
    if bucket is not None:
        leads_to = target_arn(known_type(kind.leads_to), reading.scope, [bucket])
        record.set("bucket", leads_to, reading.place)
    network = _dig(reading.properties, ("VpcConfiguration",))
    record.fill(point_network(network, "VpcId"), reading.place)
    _public_access(reading, record)
    _set_policy(reading, kind, record, reading.properties.get("Policy"))


def _region_point(reading: Reading) -> None:
    """Read which buckets are behind a multi-Region access point, which AWS gives an alias."""
    record = _own(reading)
    regions = reading.properties.get("Regions")
    named = [as_text(_dig(region, ("Bucket",))) for region in _items(regions)]
    buckets = [
        target_arn(known_type("AWS::S3::Bucket"), reading.scope, [name or ""]) for name in named
    ]
    if buckets and None not in buckets:
        record.set("buckets", buckets, reading.place)
    else:
        why = "which buckets are behind the access point is not known"
        reading.remark("unknown-value", why)
        record.set("buckets", marker(why, reading.place), reading.place)
    shown = quote(reading.identity.arn)
    reading.remark("name-unknown", f"AWS gives the access point an alias: its ARN is {shown} here")
    _public_access(reading, record)


def _items(value: object) -> list[object]:
    """The items of a list; one of what is none, and is not known."""
    return value if isinstance(value, list) else [value]


def _key(reading: Reading) -> None:
    record = _own(reading)
    reading.tags(record)
    value = reading.properties.get("KeyPolicy")
    if value in (None, ""):
        record.set("policy", default_key_policy(reading.scope), reading.place)
    else:
        _set_policy(reading, known_type("AWS::KMS::Key"), record, value)


def _parts(reading: Reading, names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the properties of a permission as texts, and why others are not known."""
    known: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name in names:
        value = reading.properties.get(name)
        text = as_text(value)
        if text is not None:
            known[name] = text
        elif isinstance(value, Unknown):
            unknown[name] = value.why
            reading.remark("unknown-value", f"{quote(name)} depends on {value.why}")
    return known, unknown


def _incomplete(reading: Reading, *names: str) -> None:
    shown = " and ".join(f"`{name}`" for name in names)
    reading.remark("incomplete", f"a permission needs {shown}", "skipped")


def _grant(
    reading: Reading,
    name: str,
    kind: str,
    unknown: dict[str, str],
    make: Callable[[str], dict[str, object]],
) -> None:
    """Add the statement that a permission makes to the resource that it names; where that is not
    known, it may be any."""
    named = as_text(reading.properties.get(name))
    why = unknown.pop(name, None)
    if named is not None:
        arn = _target(reading, known_type(kind), [named])
        if arn is not None:
            add_statement(_own(reading, arn), mark_unknown(make(arn), unknown))
    elif why is not None:
        shown = f"what {quote(reading.logical_id)} is attached to depends on {why}"
        statement = mark_unknown(make("*"), unknown)
        reading.draft.lose(shown, [known_type(kind).service])
        reading.doubt(shown, {"Version": "2012-10-17", "Statement": [statement]})


def _permission(reading: Reading) -> None:
    """Read a permission of a function."""
    known, unknown = _parts(reading, PERMISSION)
    if not {"FunctionName", "Principal"} <= known.keys() | unknown.keys():
        _incomplete(reading, "FunctionName", "Principal")
        return
    via_url = known.get("InvokedViaFunctionUrl")
    permission = Permission(
        reading.logical_id,
        known.get("Action") or "lambda:InvokeFunction",
        known.get("Principal", ""),
        known.get("SourceArn"),
        known.get("SourceAccount"),
        known.get("PrincipalOrgID"),
        known.get("FunctionUrlAuthType"),
        known.get("EventSourceToken"),
        None if via_url is None else via_url == "true",
    )
    partition = reading.scope.partition

    def statement(arn: str) -> dict[str, object]:
        return permission_statement(permission, arn, partition)

    _grant(reading, "FunctionName", "AWS::Lambda::Function", unknown, statement)


def _layer_permission(reading: Reading) -> None:
    """Read a permission of one version of a layer."""
    known, unknown = _parts(reading, LAYER_PERMISSION)
    if not {"LayerVersionArn", "Principal"} <= known.keys() | unknown.keys():
        _incomplete(reading, "LayerVersionArn", "Principal")
        return
    action = known.get("Action") or "lambda:GetLayerVersion"
    principal, organization = known.get("Principal", ""), known.get("OrganizationId")

    def statement(arn: str) -> dict[str, object]:
        return layer_statement(reading.logical_id, action, principal, organization, arn)

    _grant(reading, "LayerVersionArn", "AWS::Lambda::LayerVersion", unknown, statement)


def _certificate_permission(reading: Reading) -> None:
    """Read what lets AWS Certificate Manager renew certificates."""
    authority, principal = reading.text("CertificateAuthorityArn"), reading.text("Principal")
    actions = reading.texts("Actions")
    if authority is None or principal is None or not actions:
        _incomplete(reading, "CertificateAuthorityArn", "Principal", "Actions")
        return
    arn = _target(reading, known_type("AWS::ACMPCA::CertificateAuthority"), [authority])
    if arn is not None:
        source = reading.text("SourceAccount")
        add_statement(_own(reading, arn), certificate_statement(principal, actions, source, arn))


def _profile_permission(reading: Reading) -> None:
    """Read a permission of a signing profile."""
    known, unknown = _parts(reading, PROFILE_PERMISSION)
    if not {"ProfileName", "Principal", "Action"} <= known.keys() | unknown.keys():
        _incomplete(reading, "ProfileName", "Principal", "Action")
        return
    sid, version = known.get("StatementId"), known.get("ProfileVersion")
    action, principal = known.get("Action", ""), known.get("Principal", "")

    def statement(arn: str) -> dict[str, object]:
        return profile_statement(sid, action, principal, version, arn)

    _grant(reading, "ProfileName", "AWS::Signer::SigningProfile", unknown, statement)


def _share(reading: Reading) -> None:
    """Read what AWS RAM shares: the principals, for actions that the template does not tell."""
    for arn in reading.texts("ResourceArns"):
        holder = policy_holder(arn, reading.scope)
        principals = reading.texts("Principals")
        if holder is not None and principals:
            statement = share_statement(principals, holder, reading.place)
            add_statement(_own(reading, holder), statement)
    reading.remark("policy-not-read", "which actions a share gives is not in it")


def _table(reading: Reading) -> None:
    """Read a table and its stream; of a global one the replica in the stack's region counts."""
    kind = known_type("AWS::DynamoDB::Table")
    for holder in (reading.properties, *replicas_here(reading)):
        policy = _dig(holder, ("ResourcePolicy", "PolicyDocument"))
        if policy is not None:
            _set_policy(reading, kind, _own(reading), policy)
        of_stream = _dig(holder, ("StreamSpecification", "ResourcePolicy", "PolicyDocument"))
        of_stream = of_stream or _dig(holder, ("ReplicaStreamSpecification", *STREAM_POLICY))
        if of_stream is not None:
            stream = f"{reading.identity.arn}/stream/{STREAM_LABEL}"
            reading.remark("name-unknown", f"AWS names the stream: it is {quote(stream)} here")
            _set_policy(reading, kind, _own(reading, stream), of_stream)
    read_tagged(reading)


STREAM_POLICY = ("ResourcePolicy", "PolicyDocument")


def _log_group(reading: Reading) -> None:
    """Read a log group; one without a policy of its own is under those of its account."""
    document = reading.properties.get("ResourcePolicyDocument")
    if document is not None:
        _set_policy(reading, known_type("AWS::Logs::LogGroup"), _own(reading), document)
    read_tagged(reading)


def _bus_policy(reading: Reading) -> None:
    bus = reading.text("EventBusName") or "default"
    kind = known_type("AWS::Events::EventBus")
    arn = _target(reading, kind, [bus])
    if arn is None:
        return
    statement = reading.properties.get("Statement")
    if statement is None:
        statement = _old_event_statement(reading, arn)
    sid = reading.text("StatementId")
    if isinstance(statement, dict):
        statement = ({} if sid is None else {"Sid": sid}) | statement
    _set_policy(reading, kind, _own(reading, arn), {"Statement": [statement]})


def _old_event_statement(reading: Reading, arn: str) -> dict[str, object]:
    """Write the statement that the older form of an event bus policy amounts to.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html.
    """
    principal = reading.properties.get("Principal")
    if isinstance(principal, str) and principal != "*":
        principal = {"AWS": f"arn:{reading.scope.partition}:iam::{principal}:root"}
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": reading.properties.get("Action"),
        "Resource": arn,
    }
    condition = reading.properties.get("Condition")
    if isinstance(condition, dict):
        operator, key = condition.get("Type"), condition.get("Key")
        if isinstance(operator, str) and isinstance(key, str):
            statement["Condition"] = {operator: {key: condition.get("Value")}}
    return statement


def _endpoint(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.identity.name)
    service = reading.text("ServiceName")
    if service is not None:
        record.set("service", endpoint_service(service), reading.place)
    record.set("vpc", reading.text("VpcId"), reading.place)
    kind = reading.text("VpcEndpointType") or "Gateway"
    if kind in ("Gateway", "Interface"):
        record.set("type", kind, reading.place)
    document = reading.document(reading.properties.get("PolicyDocument"), "the policy")
    record.set("policy", document, reading.place)


# What rows of the table name.
FUNCTIONS: dict[str, Callable[[Reading], None]] = {
    "access_point": _access_point,
    "bucket": _bucket,
    "bus_policy": _bus_policy,
    "certificate_permission": _certificate_permission,
    "endpoint": _endpoint,
    "key": _key,
    "layer_permission": _layer_permission,
    "log_group": _log_group,
    "permission": _permission,
    "profile_permission": _profile_permission,
    "region_point": _region_point,
    "table": _table,
}


# What is no row of the table.
SETTINGS: dict[str, Callable[[Reading], None]] = {"AWS::RAM::ResourceShare": _share}


def _readers() -> dict[str, Callable[[Reading], None]]:
    """Derive the readers from the table."""
    readers = dict(SETTINGS)
    count = Counter(place.type for row in resource_types() for place in row.template)
    for row in resource_types():
        inline = [place for place in row.template if not place.type and place.path]
        if inline:
            readers.update(dict.fromkeys(row.cloudformation, _holder(row, inline)))
        for place in row.template:
            several = count[place.type] > 1
            if place.function:
                kinds = (place.type,) if place.type else row.cloudformation
                readers.update(dict.fromkeys(kinds, FUNCTIONS[place.function]))
            elif place.type:
                readers.setdefault(place.type, _policy_of(row, place, several=several))
    return readers


READERS = _readers()
