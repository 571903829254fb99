"""Readers of records that several formats share: endpoints, grants, devices, keys, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.credentials import device_type
from iamsim.importers.facts import endpoint_service
from iamsim.importers.shapes import Json, account_of, is_list_of, records, text, texts
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record

PUBLIC_ACCESS_BLOCK = {
    "blockpublicacls": "block_public_acls",
    "ignorepublicacls": "ignore_public_acls",
    "blockpublicpolicy": "block_public_policy",
    "restrictpublicbuckets": "restrict_public_buckets",
}
NETWORK_ORIGINS = ("Internet", "VPC")
ENDPOINT_TYPES = ("Gateway", "Interface")
CONTEXT_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset")


def read_public_access_block(value: object) -> dict[str, object] | None:
    """Read the four settings, whatever the letter case of their names."""
    if not isinstance(value, dict):
        return None
    settings: dict[str, object] = {}
    for key, setting in value.items():
        name = PUBLIC_ACCESS_BLOCK.get(str(key).lower().replace("_", ""))
        if name is not None and isinstance(setting, bool):
            settings[name] = setting
    return settings


def read_vpc_endpoints(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read `aws ec2 describe-vpc-endpoints`; shared endpoints are of other accounts."""
    for record, at in records(draft, data, "VpcEndpoints", place):
        owner = text(record, "OwnerId") or account
        if owner is None or not is_account_id(owner):
            _no_account(draft, "VPC endpoint", at)
            draft.lose("nothing says which account a VPC endpoint is of")
            continue
        read_vpc_endpoint(draft, record, at, owner)


def read_vpc_endpoint(draft: Draft, record: Json, place: str, account: str) -> None:
    """Read one VPC endpoint. Types that have no policy (load balancer endpoints) say no type.

    AWS gives a policy to each of the others that nobody gives one, and prints it; to a service of
    another provider no request goes that IAM decides.
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
    """
    endpoint_id = text(record, "VpcEndpointId")
    if endpoint_id is None:
        draft.unreadable("this VPC endpoint has no id", place)
        return
    endpoint = draft.vpc_endpoint(account, endpoint_id)
    service = text(record, "ServiceName")
    endpoint.set("service", None if service is None else endpoint_service(service), place)
    endpoint.set("vpc", text(record, "VpcId"), place)
    kind = text(record, "VpcEndpointType")
    endpoint.set("type", kind if kind in ENDPOINT_TYPES else None, place)
    policy = record.get("PolicyDocument")
    if policy not in (None, ""):
        at = f"{place}.PolicyDocument"
        endpoint.set("policy", draft.document(policy, at), at)
    elif kind in (None, *ENDPOINT_TYPES) and ".vpce-svc-" not in str(record.get("ServiceName")):
        why = "the record of the endpoint does not tell its policy"
        draft.remark("policy-missing", why, place, "unknown")
        endpoint.data.setdefault("policy", marker(why, draft.file))


def read_grants(draft: Draft, data: Json, place: str, arn: str | None) -> None:
    """Read `aws kms list-grants`; `arn` is that of the key, where the records give its id alone."""
    for record, at in records(draft, data, "Grants", place):
        key = text(record, "KeyId")
        key = key if key is not None and find_arn(key) is not None else arn
        if key is None:
            draft.unreadable("nothing gives the ARN of the key of this grant", at)
            continue
        grantee = text(record, "GranteePrincipal", "GranteeServicePrincipal")
        if grantee is None:
            draft.unreadable("this grant has no grantee", at)
            continue
        operations = texts(record, "Operations")
        if not operations or not is_list_of(
            record, "Operations", lambda item: isinstance(item, str)
        ):
            lost = marker("the operations of a grant can't be read", draft.file)
            draft.resource(key).data["grants"] = lost
            continue
        grant: dict[str, object] = {"grantee": grantee, "operations": operations}
        constraints = record.get("Constraints", {})
        if not _are_constraints(constraints):
            lost = marker("the constraints of a grant can't be read", draft.file)
            draft.resource(key).data["grants"] = lost
            continue
        if constraints:
            grant["constraints"] = constraints
        if retiring := text(record, "RetiringPrincipal", "RetiringServicePrincipal"):
            grant["retiring_principal"] = retiring
        if (issuer := text(record, "IssuingAccount")) is not None:
            grant["issuing_account"] = issuer
        if (name := text(record, "Name")) is not None:
            grant["name"] = name
        if (grant_id := text(record, "GrantId")) is not None:
            grant["id"] = grant_id
        draft.resource(key).extend("grants", [grant])


def _are_constraints(value: object) -> bool:
    """Whether constraints of a grant are read in whole: one that is lost would let more through.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    return isinstance(value, dict) and all(
        isinstance(limit, str)
        if name == "SourceArn"
        else name in CONTEXT_CONSTRAINTS
        and isinstance(limit, dict)
        and all(isinstance(text, str) for text in limit.values())
        for name, limit in value.items()
    )


def read_access_points(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read `aws s3control list-access-points`."""
    for record, at in records(draft, data, "AccessPointList", place):
        arn = text(record, "AccessPointArn")
        if arn is None or find_arn(arn) is None:
            draft.unreadable("this access point has no ARN", at)
            continue
        read_access_point(draft.resource(arn, account), record, draft.file, at)


def read_access_point(point: Record, record: Json, file: str, at: str) -> None:
    """Read what a record tells of an access point beside its policy."""
    bucket, origin = text(record, "Bucket"), text(record, "NetworkOrigin")
    lost = marker("the record of the access point does not say it", file)
    point.set("bucket", lost if bucket is None else f"arn:aws:s3:::{bucket}", at)
    point.set("network_origin", origin if origin in NETWORK_ORIGINS else lost, at)
    inside = record.get("VpcConfiguration")
    point.set("vpc", text(inside, "VpcId") if isinstance(inside, dict) else None, at)


def read_region_points(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read `aws s3control list-multi-region-access-points`, which gives no ARN."""
    for record, at in records(draft, data, "AccessPoints", place):
        if "FileSystemId" in record:
            continue  # an access point of EFS, which has no policy of its own
        alias = text(record, "Alias")
        if alias is None or account is None:
            draft.unreadable("nothing says the ARN of this multi-Region access point", at)
            continue
        point = draft.resource(f"arn:aws:s3::{account}:accesspoint/{alias}")
        block = read_public_access_block(record.get("PublicAccessBlock"))
        point.set("public_access_block", block, at)
        read_region_point(point, record, draft.file, at)


def read_region_point(point: Record, record: Json, file: str, at: str) -> None:
    """Read which buckets are behind a multi-Region access point."""
    regions = record.get("Regions")
    buckets = [
        f"arn:aws:s3:::{bucket}"
        for region in (regions if isinstance(regions, list) else ())
        if isinstance(region, dict) and (bucket := text(region, "Bucket")) is not None
    ]
    whole = isinstance(regions, list) and regions and len(buckets) == len(regions)
    lost = marker("the record of the access point does not say its buckets", file)
    point.set("buckets", buckets if whole else lost, at)


def read_providers(draft: Draft, data: Json, place: str, _account: str | None) -> None:
    """Read the lists of OIDC and SAML identity providers."""
    for key in ("OpenIDConnectProviderList", "SAMLProviderList"):
        for record, at in records(draft, data, key, place):
            arn = text(record, "Arn")
            owner = account_of(arn)
            if arn is None or owner is None:
                draft.remark("record-without-arn", "this provider has no ARN with an account", at)
            else:
                draft.account(owner).extend("providers", [arn])


def read_mfa_devices(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Count MFA devices of users: of one list, or of the virtual ones with their users."""
    for record, at in records(draft, data, "MFADevices", place):
        _add_device(draft, _user_of(draft, text(record, "UserName"), account, at), record)
    for record, at in records(draft, data, "VirtualMFADevices", place):
        user = record.get("User")
        arn = find_arn(text(user, "Arn") or "") if isinstance(user, dict) else None
        if arn is None or not is_account_id(arn.account):
            continue  # not assigned to anybody
        if arn.resource == "root":
            draft.account(arn.account).entry("root_user", "mfa_devices", 1, at)
            serial = text(record, "SerialNumber") or ""
            kind = device_type(serial, text(record, "EnableDate"))
            draft.account(arn.account).entry("root_user", "mfa_types", [kind], at)
        else:
            name = arn.resource.rpartition("/")[2]
            _add_device(draft, draft.user(arn.account, name), record)


def _add_device(draft: Draft, user: Record | None, record: Json) -> None:
    """Count a device once, however many lists it is in."""
    serial = text(record, "SerialNumber")
    if user is None or serial is None:
        return
    devices = draft.state.setdefault("mfa devices", {})
    seen = devices.setdefault(f"{id(user.data)}", {})
    if isinstance(seen, dict):
        seen[serial] = device_type(serial, text(record, "EnableDate"))
        user.data["mfa_devices"] = len(seen)
        user.data["mfa_types"] = sorted({*seen.values()})


def read_access_keys(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read `aws iam list-access-keys`."""
    for record, at in records(draft, data, "AccessKeyMetadata", place):
        user = _user_of(draft, text(record, "UserName"), account, at)
        key = {
            name: value
            for name, value in (
                ("id", text(record, "AccessKeyId")),
                ("status", text(record, "Status")),
                ("created", text(record, "CreateDate")),
            )
            if value is not None
        }
        if user is not None:
            user.extend("access_keys", [key])


def _user_of(draft: Draft, name: str | None, account: str | None, place: str) -> Record | None:
    """Find a user by name in the account that the path of the file names."""
    if name is None or account is None:
        _no_account(draft, "record of a user", place)
        return None
    return draft.user(account, name)


def _no_account(draft: Draft, what: str, place: str) -> None:
    draft.remark(
        "record-without-account",
        f"nothing says which account this {what} is of: it is left out",
        place,
        "unknown",
    )
