"""What plans and states say about resources: policies, tags, grants, public access blocks.

Where Terraform holds the policy of which type, `iamsim.catalog.resource_types` says; the
functions that its rows name stand here. Each reads resource types of
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import PolicyPlace, ResourceType, resource_types, type_of_arn
from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts import (
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
from iamsim.importers.terraform.choices import dig
from iamsim.importers.unknown import Unknown, find_unknown, marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Record
    from iamsim.importers.terraform.reading import Reading

PERMISSION = (
    "action",
    "event_source_token",
    "function_name",
    "function_url_auth_type",
    "principal",
    "principal_org_id",
    "qualifier",
    "source_account",
    "source_arn",
)
LAYER_PERMISSION = ("action", "layer_name", "organization_id", "principal", "version_number")
PROFILE_PERMISSION = ("action", "principal", "profile_name", "profile_version")


def _arn(reading: Reading, kind: str, *named: str) -> str | None:
    """Give the ARN of a resource that is referred to by its name, id, URL or ARN."""
    return target_arn(known_type(kind), reading.scope, named)


def _record(reading: Reading, arn: str) -> Record:
    return reading.draft.resource(arn, reading.account)


def _policy_of(kinds: list[tuple[ResourceType, PolicyPlace]]) -> Callable[[Reading], None]:
    """Make the reader of a resource that gives another its policy; its type may be one of some."""

    def read(reading: Reading) -> None:
        kind, place = kinds[0]
        named = _named(reading, place)
        document = reading.policy(".".join(place.path))
        if named is None:
            why = f"which resource {quote(reading.place)} is about is not known"
            reading.draft.lose(why, {row.service for row, _ in kinds})
            return
        document = document or reading.lost(place.path[-1])
        arn = target_arn(kind, reading.scope, named) if _is_sure(kinds, named) else None
        if arn is None:
            shown = quote("/".join(named))
            reading.remark("not-an-arn", f"{shown} names no resource", "skipped")
        else:
            own = type_of_arn(arn) or kind
            set_policy(_record(reading, arn), document, reading.place, several=own.several)

    return read


def _is_sure(kinds: list[tuple[ResourceType, PolicyPlace]], named: list[str]) -> bool:
    """Say whether a name says which of several types is meant: ARNs do, and buckets' names."""
    return len(kinds) == 1 or named[-1].startswith("arn:") or kinds[0][0].service == "s3"


def _named(reading: Reading, place: PolicyPlace) -> list[str] | None:
    """Give what names the resource that a policy is for; `[""]` for the only one there is."""
    if not place.targets:
        return [""]
    found = []
    for name in place.targets[0]:
        value = reading.dug(name)
        text = value if isinstance(value, str) else reading.owner(name)
        if text is None:
            return None
        found.append(text)
    return found


def read_tagged(reading: Reading) -> None:
    """Read a resource of which only the tags matter."""
    reading.tags(_record(reading, reading.arn))


def _holder_arn(reading: Reading) -> str:
    """Give the ARN that the policy of an instance is asked about."""
    return policy_holder(reading.arn, reading.scope) or reading.arn


def _public_access_block(reading: Reading) -> None:
    bucket = reading.text("bucket")
    arn = None if bucket is None else _arn(reading, "aws_s3_bucket", bucket)
    if arn is not None:
        block = public_access_block(reading.instance.values)
        _record(reading, arn).set("public_access_block", block, reading.place)


def _block_of_unknown(reading: Reading) -> None:
    """Mark the settings of all buckets without others, where nothing says whose these are."""
    if reading.text("bucket") is not None:
        return
    account = reading.draft.data["accounts"].get(reading.account)
    resources = account.get("resources") if isinstance(account, dict) else None
    for arn in list(resources) if isinstance(resources, dict) else ():
        kind = type_of_arn(arn)
        if kind is not None and kind.cloudformation == ("AWS::S3::Bucket",):
            record = _record(reading, arn)
            if "public_access_block" not in record.data:
                why = f"whose {quote(reading.place)} is depends on what is not known"
                record.set("public_access_block", marker(why, reading.place), reading.place)


def _account_public_access_block(reading: Reading) -> None:
    account = reading.text("account_id")
    account = account if account is not None and is_account_id(account) else reading.account
    block = public_access_block(reading.instance.values)
    reading.draft.account(account).set("public_access_block", block, reading.place)


def _access_point(reading: Reading) -> None:
    record = _record(reading, reading.arn)
    bucket = reading.text("bucket")
    if bucket is not None:
        record.set("bucket", _arn(reading, "AWS::S3::Bucket", bucket), reading.place)
    networks = reading.settled("vpc_configuration")
    network = networks[0] if isinstance(networks, list) and networks else networks or None
    record.fill(point_network(network, "vpc_id"), reading.place)
    for block in reading.blocks("public_access_block_configuration"):
        record.set("public_access_block", public_access_block(block), reading.place)


def _region_point(reading: Reading) -> None:
    """Read which buckets are behind a multi-Region access point."""
    record, details = _record(reading, reading.arn), reading.settled("details")
    regions = dig(details, [0, "region"])
    named = [dig(region, ["bucket"]) for region in (regions if isinstance(regions, list) else ())]
    buckets = [_arn(reading, "AWS::S3::Bucket", name) for name in named if isinstance(name, str)]
    if named and len(buckets) == len(named) and None not in buckets:
        record.set("buckets", buckets, reading.place)
    else:
        why = "which buckets are behind the access point is not known"
        reading.remark("unknown-value", why)
        record.set("buckets", marker(why, reading.place), reading.place)
    block = dig(details, [0, "public_access_block", 0])
    if isinstance(block, dict):
        record.set("public_access_block", public_access_block(block), reading.place)
    if not isinstance(reading.plan.attribute(reading.instance, "alias"), str):
        shown = quote(reading.arn)
        why = f"AWS gives the access point an alias: its ARN is {shown} here"
        reading.remark("name-unknown", why)


def _region_point_policy(reading: Reading) -> None:
    """Read the policy of a multi-Region access point. It names the access point by its name, which
    is not in its ARN."""
    name, document = reading.dug("details.0.name"), reading.policy("details.0.policy")
    if not isinstance(name, str) or document is None:
        return
    points = (
        reading.plan.arn(instance)
        for instance in reading.plan.instances.values()
        if instance.type == "aws_s3control_multi_region_access_point"
        and dig(reading.plan.attribute(instance, "details"), [0, "name"]) == name
    )
    arn = next(points, None) or _arn(reading, "AWS::S3::MultiRegionAccessPoint", name)
    if arn is not None:
        _record(reading, arn).set("policy", document, reading.place)


def _own_policy(path: tuple[str, ...]) -> Callable[[Reading], None]:
    """Make the reader of the policy that a resource itself has, unless another resource said it or
    removes it."""

    def read(reading: Reading) -> None:
        record = _record(reading, _holder_arn(reading))
        names = {reading.arn, reading.name, str(reading.instance.values.get("id"))}
        removed = reading.plan.removals.policy_of(reading.plan.kind(reading.instance), names)
        kind = type_of_arn(_holder_arn(reading))
        several = kind is not None and kind.several
        if ("policy" not in record.data or several) and removed is not True:
            document = reading.unless_removed(reading.policy(".".join(path)), removed)
            if document is not None:
                set_policy(record, document, reading.place, several=several)

    return read


_own_key_policy = _own_policy(("policy",))


def _key(reading: Reading) -> None:
    """Read the policy of a key; without one it has the policy that AWS gives every key."""
    _own_key_policy(reading)
    record = _record(reading, reading.arn)
    reading.tags(record)
    configured = reading.plan.configuration.expression(reading.instance.address, "policy")
    if configured is None and reading.value("policy") in (None, ""):
        record.data.setdefault("policy", default_key_policy(reading.scope))


def _grant(reading: Reading) -> None:
    key, grantee = reading.text("key_id"), reading.text("grantee_principal")
    arn = None if key is None else _arn(reading, "aws_kms_key", key)
    if arn is None or grantee is None:
        return
    grant: dict[str, object] = {
        "grantee": grantee,
        "operations": sorted(reading.texts("operations")),
    }
    for ours, theirs in (("name", "name"), ("retiring_principal", "retiring_principal")):
        value = reading.instance.values.get(theirs)
        if isinstance(value, str) and value:
            grant[ours] = value
    constraints: dict[str, object] = {}
    for block in reading.blocks("constraints"):
        for ours, theirs in (
            ("EncryptionContextEquals", "encryption_context_equals"),
            ("EncryptionContextSubset", "encryption_context_subset"),
        ):
            if isinstance(block.get(theirs), dict) and find_unknown(block[theirs]) is None:
                constraints[ours] = block[theirs]
    if constraints:
        grant["constraints"] = constraints
    _record(reading, arn).extend("grants", [grant])


def _parts(
    reading: Reading, names: tuple[str, ...]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Give the arguments of a permission as texts, and why others are not known."""
    values = {name: reading.value(name) for name in names}
    unknown = {name: value.why for name, value in values.items() if isinstance(value, Unknown)}
    return {name: reading.text(name) for name in names}, unknown


def _sid(reading: Reading) -> str:
    """Give the id of a permission's statement; one that Terraform makes is the resource's name."""
    sid = reading.instance.values.get("statement_id")
    return sid if isinstance(sid, str) else reading.instance.address.name


def _permission(reading: Reading) -> None:
    texts, unknown = _parts(reading, PERMISSION)
    function, principal = texts["function_name"], texts["principal"]
    arn = None if function is None else _arn(reading, "aws_lambda_function", function)
    if arn is None or (principal is None and "principal" not in unknown):
        return
    if texts["qualifier"] is not None and not arn.endswith(f":{texts['qualifier']}"):
        arn = f"{arn}:{texts['qualifier']}"
    via_url = reading.flag("invoked_via_function_url")
    permission = Permission(
        _sid(reading),
        texts["action"] or "lambda:InvokeFunction",
        principal or "",
        texts["source_arn"],
        texts["source_account"],
        texts["principal_org_id"],
        texts["function_url_auth_type"],
        texts["event_source_token"],
        via_url,
    )
    statement = permission_statement(permission, arn, reading.scope.partition)
    add_statement(_record(reading, arn), mark_unknown(statement, unknown))


def _layer_permission(reading: Reading) -> None:
    texts, unknown = _parts(reading, LAYER_PERMISSION)
    layer, version, principal = map(texts.get, ("layer_name", "version_number", "principal"))
    arn = None if layer is None else _arn(reading, "AWS::Lambda::LayerVersion", layer)
    if arn is None or version is None or (principal is None and "principal" not in unknown):
        return
    arn = f"{arn}:{version}"
    action = texts["action"] or "lambda:GetLayerVersion"
    organization = texts["organization_id"]
    statement = layer_statement(_sid(reading), action, principal or "", organization, arn)
    add_statement(_record(reading, arn), mark_unknown(statement, unknown))


def _certificate_permission(reading: Reading) -> None:
    """Read what lets AWS Certificate Manager renew certificates."""
    authority, principal = reading.text("certificate_authority_arn"), reading.text("principal")
    arn = None if authority is None else policy_holder(authority, reading.scope)
    actions = reading.texts("actions")
    if arn is not None and principal is not None and actions:
        source = reading.text("source_account")
        statement = certificate_statement(principal, actions, source, arn)
        add_statement(_record(reading, arn), statement)


def _profile_permission(reading: Reading) -> None:
    texts, unknown = _parts(reading, PROFILE_PERMISSION)
    profile, principal, action = map(texts.get, ("profile_name", "principal", "action"))
    arn = None if profile is None else _arn(reading, "AWS::Signer::SigningProfile", profile)
    said = {name for name, text in texts.items() if text is not None} | unknown.keys()
    if arn is not None and {"principal", "action"} <= said:
        version = texts["profile_version"]
        statement = profile_statement(_sid(reading), action or "", principal or "", version, arn)
        add_statement(_record(reading, arn), mark_unknown(statement, unknown))


def _shared(reading: Reading) -> None:
    """Read what AWS RAM shares: the principals of its share, for actions that the plan does not
    tell."""
    resource, plan = reading.text("resource_arn"), reading.plan
    share = plan.attribute(reading.instance, "resource_share_arn")
    holder = None if resource is None else policy_holder(resource, reading.scope)
    others = (
        instance
        for instance in plan.instances.values()
        if instance.type == "aws_ram_principal_association"
    )
    principals = [
        principal
        for other in others
        if plan.attribute(other, "resource_share_arn") == share
        and isinstance(principal := plan.attribute(other, "principal"), str)
    ]
    if holder is not None and principals:
        add_statement(_record(reading, holder), share_statement(principals, holder, reading.place))
    reading.remark("policy-not-read", "which actions a share gives is not in it")


def _function_url(reading: Reading) -> None:
    """Read a function URL: for one that anyone may call, Terraform adds a permission."""
    function, qualifier = reading.text("function_name"), reading.text("qualifier")
    arn = None if function is None else _arn(reading, "aws_lambda_function", function)
    if arn is None or reading.text("authorization_type") != "NONE":
        return
    arn = arn if qualifier is None else f"{arn}:{qualifier}"
    permission = Permission(
        "FunctionURLAllowPublicAccess", "lambda:InvokeFunctionUrl", "*", url_auth_type="NONE"
    )
    statement = permission_statement(permission, arn, reading.scope.partition)
    add_statement(_record(reading, arn), statement)


def _bus_policy(reading: Reading) -> None:
    arn = _arn(reading, "aws_cloudwatch_event_bus", reading.text("event_bus_name") or "default")
    document = reading.policy()
    statements = None if document is None else document.get("Statement")
    if arn is not None and isinstance(statements, list):
        for statement in statements:
            add_statement(_record(reading, arn), statement)


def _bus_permission(reading: Reading) -> None:
    """Read the older way to let another account or an organization put events on a bus."""
    arn = _arn(reading, "aws_cloudwatch_event_bus", reading.text("event_bus_name") or "default")
    principal = reading.text("principal")
    if arn is None or principal is None:
        return
    who: object = principal
    if is_account_id(principal):
        who = {"AWS": f"arn:{reading.scope.partition}:iam::{principal}:root"}
    statement: dict[str, object] = {
        "Sid": reading.text("statement_id") or reading.instance.address.name,
        "Effect": "Allow",
        "Principal": who,
        "Action": reading.text("action") or "events:PutEvents",
        "Resource": arn,
    }
    for block in reading.blocks("condition"):
        statement["Condition"] = {
            str(block.get("type")): {str(block.get("key")): block.get("value")}
        }
    if find_unknown(statement) is None:
        add_statement(_record(reading, arn), statement)


def _endpoint(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.name)
    service = reading.text("service_name")
    if service is not None:
        record.set("service", endpoint_service(service), reading.place)
    vpc = reading.instance.values.get("vpc_id")
    if isinstance(vpc, str):
        record.set("vpc", vpc, reading.place)
    kind = reading.text("vpc_endpoint_type") or "Gateway"
    if kind in ("Gateway", "Interface"):
        record.set("type", kind, reading.place)


def _endpoint_own_policy(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.name)
    removed = reading.plan.removals.policy_of(reading.plan.kind(reading.instance), {reading.name})
    if "policy" not in record.data and removed is not True:
        record.set("policy", reading.unless_removed(reading.policy(), removed), reading.place)


def _endpoint_policy(reading: Reading) -> None:
    endpoint = reading.text("vpc_endpoint_id")
    if endpoint is not None:
        record = reading.draft.vpc_endpoint(reading.account, endpoint)
        record.set("policy", reading.policy(), reading.place)


# What rows of the table name.
FUNCTIONS: dict[str, Callable[[Reading], None]] = {
    "bus_permission": _bus_permission,
    "bus_policy": _bus_policy,
    "certificate_permission": _certificate_permission,
    "endpoint": _endpoint,
    "endpoint_policy": _endpoint_policy,
    "function_url": _function_url,
    "layer_permission": _layer_permission,
    "permission": _permission,
    "profile_permission": _profile_permission,
    "region_point_policy": _region_point_policy,
}
LATE_FUNCTIONS: dict[str, Callable[[Reading], None]] = {
    "endpoint": _endpoint_own_policy,
    "key": _key,
}
# Settings beside policies.
SETTINGS: dict[str, Callable[[Reading], None]] = {
    "aws_kms_grant": _grant,
    "aws_ram_resource_association": _shared,
    "aws_s3_access_point": _access_point,
    "aws_s3_account_public_access_block": _account_public_access_block,
    "aws_s3_bucket": read_tagged,
    "aws_s3_bucket_public_access_block": _public_access_block,
    "aws_s3control_multi_region_access_point": _region_point,
}


def _readers() -> dict[str, Callable[[Reading], None]]:
    """Derive the readers of resources that give others their policy."""
    readers = dict(SETTINGS)
    places: dict[str, list[tuple[ResourceType, PolicyPlace]]] = {}
    for row in resource_types():
        for place in row.plan:
            if place.function in FUNCTIONS:
                for kind in (place.type,) if place.type else row.terraform:
                    readers[kind] = FUNCTIONS[place.function]
            elif place.type:
                places.setdefault(place.type, []).append((row, place))
    return readers | {kind: _policy_of(found) for kind, found in places.items()}


def _each(*readers: Callable[[Reading], None]) -> Callable[[Reading], None]:
    """Read with several readers; of the places of a policy, the first that has one counts."""

    def read(reading: Reading) -> None:
        for reader in readers:
            reader(reading)

    return read


def _late_readers() -> dict[str, Callable[[Reading], None]]:
    """Derive the readers of what resources say themselves, when no other has said it.

    Their argument `policy` is what AWS has.
    """
    readers: dict[str, Callable[[Reading], None]] = {}
    for row in resource_types():
        for place in row.plan:
            if place.type:
                continue
            read = LATE_FUNCTIONS[place.function] if place.function else _own_policy(place.path)
            for kind in row.terraform:
                readers[kind] = _each(readers[kind], read) if kind in readers else read
    return readers


READERS = _readers()
LATE_READERS = _late_readers() | {"aws_s3_bucket_public_access_block": _block_of_unknown}
