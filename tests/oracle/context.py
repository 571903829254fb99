"""The request context: what is given, and the keys that AWS would add (semantics 12)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle import places
from tests.oracle.conditions import moment
from tests.oracle.principals import IAM_KINDS, Caller, caller_of
from tests.oracle.text import Context, as_list, scalar

GLOBAL_SERVICES = ("iam", "organizations", "route53", "cloudfront")
WITH_TAG_KEYS = (  # services that have a key of their own for the tags of the resource (19.C)
    "autoscaling ec2 ecr ecr-public ecs elasticloadbalancing elasticmapreduce glacier iam "
    "iotanalytics license-manager ram sagemaker secretsmanager"
)
OWN_TAG_KEYS = {
    **dict.fromkeys(WITH_TAG_KEYS.split(), "{service}:ResourceTag/"),
    "arc-zonal-shift": "elasticloadbalancing:ResourceTag/",
    "ssm": "ssm:resourceTag/",
    "sts": "iam:ResourceTag/",
    "datapipeline": "datapipeline:Tag/",
    "rds": "rds:{type}-tag/",
    "dms": "dms:{type}-tag/",
}
CONTAINER_TAG_KEYS = {  # tags of the bucket that the resource is, or lies in
    "s3": "s3:BucketTag/",
    "s3express": "s3express:BucketTag/",
    "s3tables": "s3tables:TableBucketTag/",
    "s3vectors": "s3vectors:VectorBucketTag/",
}
POINT_TAG_KEYS = {"s3": "s3:AccessPointTag/", "s3express": "s3express:AccessPointTag/"}
NO_RESOURCE_ACCOUNT = (  # the page of global condition keys, aws:ResourceAccount
    " auditmanager:updateassessmentframeworkshare detective:acceptinvitation "
    " ds:acceptshareddirectory ec2:accepttransitgatewaypeeringattachment "
    " ec2:acceptvpcendpointconnections ec2:acceptvpcpeeringconnection ec2:copyimage "
    " ec2:copysnapshot ec2:createtransitgatewaypeeringattachment ec2:createvolume "
    " ec2:createvpcendpoint ec2:createvpcpeeringconnection "
    " ec2:deletetransitgatewaypeeringattachment ec2:deletevpcpeeringconnection "
    " ec2:rejecttransitgatewaypeeringattachment ec2:rejectvpcendpointconnections "
    " ec2:rejectvpcpeeringconnection es:acceptinboundconnection "
    " guardduty:acceptadministratorinvitation macie2:acceptinvitation "
    " route53:associatevpcwithhostedzone route53:createvpcassociationauthorization "
    " route53:deletevpcassociationauthorization route53:disassociatevpcfromhostedzone "
    " route53:listhostedzonesbyvpc securityhub:acceptadministratorinvitation "
)
# Whose requests through a VPC endpoint say whose it is (the same page, Properties of the network).
TELL_THE_OWNER = (
    " acm-pca apprunner applicationinsights athena cloudformation comprehendmedical datasync "
    " compute-optimizer discovery dynamodb ebs ecr ecs firehose gamelift healthlake iam rbin "
    " iotfleetwise iotwireless kinesisanalytics kms lambda medical-imaging omics polly route53 "
    " payment-cryptography rekognition s3 scheduler servicediscovery servicequotas shield "
    " ssm-contacts storagegateway textract transcribe transfer "
)
TELL_THE_ORGANIZATION_ONLY = (
    " b2bi cassandra cognito-identity dms ds-data identitystore iottwinmaker network-firewall "
    " pricing ses sms-voice sqs workmail "
)
DO_NOT_TELL_THE_VPC = " dynamodb gamelift shield "  # of those that tell the owner
ID_KEYS = {  # keys that EC2 lists for one type of resource alone, whose id they filter by
    "dhcp-options": "ec2:DhcpOptionsID",
    "elastic-ip": "ec2:AllocationId",
    "image": "ec2:ImageID",
    "instance": "ec2:InstanceID",
    "internet-gateway": "ec2:InternetGatewayID",
    "key-pair": "ec2:KeyPairName",
    "network-acl": "ec2:NetworkAclID",
    "network-interface": "ec2:NetworkInterfaceID",
    "placement-group": "ec2:PlacementGroupName",
    "route-table": "ec2:RouteTableID",
    "security-group": "ec2:SecurityGroupID",
    "snapshot": "ec2:SnapshotID",
    "subnet": "ec2:SubnetID",
    "transit-gateway": "ec2:transitGatewayId",
    "transit-gateway-attachment": "ec2:transitGatewayAttachmentId",
    "transit-gateway-connect-peer": "ec2:transitGatewayConnectPeerId",
    "transit-gateway-multicast-domain": "ec2:transitGatewayMulticastDomainId",
    "transit-gateway-policy-table": "ec2:transitGatewayPolicyTableId",
    "transit-gateway-route-table": "ec2:transitGatewayRouteTableId",
    "volume": "ec2:VolumeID",
    "vpc": "ec2:VpcID",
    "vpc-peering-connection": "ec2:VpcPeeringConnectionID",
}
ON_A_BOUNDED_ENTITY = (  # the calls that carry iam:PermissionsBoundary of their target (R5.7)
    " iam:attachrolepolicy iam:attachuserpolicy iam:deleterolepermissionsboundary "
    " iam:deleterolepolicy iam:deleteuserpermissionsboundary iam:deleteuserpolicy "
    " iam:detachrolepolicy iam:detachuserpolicy iam:putrolepolicy iam:putuserpolicy "
)


def tidy(context: dict[str, Any]) -> Context:
    """Lower the keys, turn every value into text or a list of texts, and drop what is empty."""
    tidied: Context = {}
    for key, value in context.items():
        if value is None or value == []:
            tidied.pop(key.lower(), None)
        elif isinstance(value, list):
            tidied[key.lower()] = [scalar(item) for item in value]
        else:
            tidied[key.lower()] = scalar(value)
    return tidied


def principal_keys(
    caller: Caller, session: dict[str, Any], world: dict[str, Any]
) -> dict[str, Any]:
    """Give the keys that describe the caller."""
    if caller["kind"] == "anonymous":
        who = "anonymous"
        return {
            "aws:PrincipalAccount": who,
            "aws:PrincipalType": "Anonymous",
            "aws:userid": who,
        }
    if caller["kind"] == "origin-access-identity":
        return {}
    if caller["kind"] == "service":
        host, _, domain = caller["name"].partition(".")
        plain = ".".join([host, *domain.split(".")[-2:]])
        regional = domain.count(".") > 1 and not domain.endswith(".cn")
        return {
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": caller["name"],
            "aws:PrincipalServiceNamesList": [*([plain] if regional else []), caller["name"]],
        }
    if caller["kind"] == "federated":
        is_saml = ":saml-provider/" in caller["name"]
        return {} if is_saml else {"aws:FederatedProvider": caller["name"]}
    entity = caller["entity"] or {}
    keys: dict[str, Any] = {
        "aws:PrincipalArn": caller["arn"],
        "aws:PrincipalAccount": caller["account"],
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": user_id(caller, entity),
        "aws:SourceIdentity": session.get("source_identity"),
    }
    types = ("Account", "User", "AssumedRole", "FederatedUser")
    keys["aws:PrincipalType"] = dict(zip(IAM_KINDS, types, strict=True))[caller["kind"]]
    if caller.get("assumed_root"):
        keys["aws:AssumedRoot"] = "true"
    if caller["kind"] == "user":
        keys["aws:username"] = caller["name"]
    if caller["kind"] == "federated-user" and caller["source_user"]:
        entity = caller_of(caller["source_user"], {}, world)["entity"] or {}
    tags = {name.lower(): value for name, value in (entity.get("tags") or {}).items()}
    tags |= {name.lower(): value for name, value in (session.get("tags") or {}).items()}
    keys |= {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
    return keys | org_keys("Principal", world, caller["account"])


def user_id(caller: Caller, entity: dict[str, Any]) -> str | None:
    """Give aws:userid where it is known."""
    known = entity.get("id")
    if caller["kind"] == "root":
        return str(caller["account"])
    if caller["kind"] == "federated-user":
        return f"{caller['account']}:{caller['name']}"
    if caller["kind"] == "role":
        return f"{known}:{caller['session_name']}" if known and caller["session_name"] else None
    return known


def org_keys(whose: str, world: dict[str, Any], account: str | None) -> dict[str, Any]:
    """Give the organization's id and the account's path in it."""
    path = places.org_path(world, account)
    if path is None:
        return {}
    organization = places.section(world, "organization").get("id")
    trail = "/".join([str(organization), *(str(node.get("id")) for node in path), ""])
    return {f"aws:{whose}OrgID": organization, f"aws:{whose}OrgPaths": [trail]}


def resource_tags(world: dict[str, Any], arn: str) -> dict[str, Any]:
    """Give the tags of the listed resource, role or user.

    An object doesn't have those of its bucket, but what is reached through an access point has the
    access point's. A bucket's own count unless the world says that this is not enabled.
    """
    _, entry = places.resource_entry(world, arn)
    if re.match(r"arn:[^:]*:s3:::", arn) and (
        "/" in arn or str(entry.get("abac")).lower() == "false"
    ):
        entry = {}
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "iam":
        kind, _, rest = parts[5].partition("/")
        name = rest.rpartition("/")[2]
        if kind == "role":
            role = places.find_role(world, parts[4], name) or {}
            entry = role if places.full_name(role, name) == rest else {}
        elif kind == "user":
            entry = places.find_user(world, parts[4], rest) or {}
    return entry.get("tags") or {}


def tag_keys(service: str, resource: str, world: dict[str, Any]) -> dict[str, Any]:
    """Give the keys that hold tags of the resource and of what it lies in."""
    kind = re.split("[/:]", resource.split(":", 5)[-1])[0]
    starts = ["aws:ResourceTag/"]
    if service in OWN_TAG_KEYS:
        starts.append(OWN_TAG_KEYS[service].format(service=service, type=kind))
    found = {
        f"{start}{name}": value
        for start in starts
        for name, value in resource_tags(world, resource).items()
    }
    _, entry = places.resource_entry(world, resource)
    enabled = str(entry.get("abac")).lower() == "true" or not re.match("arn:[^:]*:s3:::", resource)
    start = CONTAINER_TAG_KEYS.get(service) if enabled else None
    if places.access_point(resource) is not None:
        start = POINT_TAG_KEYS.get(service)
    inside = re.match(r"(arn:[^:]*:s3(?:tables|vectors):[^/]*/[^/]*)/", resource)
    if inside is not None:  # tables and vectors lie in a bucket with an ARN of its own
        _, entry = places.listed(world, inside.group(1))
    tags = entry.get("tags") or {}
    return found | ({f"{start}{name}": value for name, value in tags.items()} if start else {})


def inherited_tags(service: str, session: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Put tags that a session inherited in the place of a role's own of the same key (R6.27)."""
    inherited = {name.lower() for name in session.get("transitive_tags") or [] if service == "sts"}
    tags = {name.lower(): value for name, value in (session.get("tags") or {}).items()}
    ends = {key: key.partition("/")[2].lower() for key in keys}
    return {key: tags[ends[key]] if ends[key] in inherited else keys[key] for key in keys}


def times(given: dict[str, Any]) -> dict[str, Any]:
    """Give the time that is said in one of the two forms in both."""
    for key, value in given.items():
        seconds = moment(value) if isinstance(value, str) else None
        if key.lower() in ("aws:currenttime", "aws:epochtime") and seconds is not None:
            start = datetime(1970, 1, 1, tzinfo=UTC)
            written = start + timedelta(seconds=min(int(seconds), 253_402_300_799))
            text = written.strftime("%Y-%m-%dT%H:%M:%SZ") if value.isdigit() else value
            return {"aws:CurrentTime": text, "aws:EpochTime": str(int(seconds))}
    return {}


def same_values(service: str, given: dict[str, Any]) -> dict[str, Any]:
    """Give what a service calls otherwise: the Region of EC2 and the owner of S3 (R19.16)."""
    pairs = [("aws:requestedregion", "ec2:region")] if service == "ec2" else []
    if service in ("s3", "s3express"):
        pairs = [("aws:resourceaccount", f"{service}:resourceaccount")]
    both = [*pairs, *((second, first) for first, second in pairs)]
    return {second: given[first] for first, second in both if first in given}


def target_keys(world: dict[str, Any], action: str, arn: str, owner: str | None) -> dict[str, Any]:
    """Give the keys of the access point that a request goes through, and of a target of IAM that
    has a permissions boundary."""
    keys: dict[str, Any] = {}
    point = places.access_point(arn)
    if point is not None:
        _, entry = places.resource_entry(world, arn)
        start = point.split(":")[2]
        keys = {f"{start}:DataAccessPointArn": point, f"{start}:DataAccessPointAccount": owner}
        keys[f"{start}:AccessPointNetworkOrigin"] = places.origin(entry)
    _, _, service, _, account, tail = (arn.split(":", 5) + [""] * 6)[:6]
    kind, _, path = tail.partition("/")
    if service == "iam" and f" {action.lower()} " in ON_A_BOUNDED_ENTITY:
        role = places.find_role(world, account, path.rpartition("/")[2]) or {}
        if places.full_name(role, path.rpartition("/")[2]) != path:
            role = {}
        entity = (places.find_user(world, account, path) or {}) if kind == "user" else role
        name = entity.get("boundary")
        if isinstance(name, str) and not name.startswith(("arn:", "{")):
            name = f"arn:aws:iam::{account}:policy/{name}"
        keys["iam:PermissionsBoundary"] = name if isinstance(name, str) else None
    return keys


def id_key(action: str, arn: str) -> dict[str, Any]:
    """Give the key for the id of the thing that a call of EC2 is about; a pattern has no id."""
    found = re.fullmatch(r"arn:[^:]*:ec2:[^:]*:[^:]*:([a-z-]+)/([^/*?]+)", arn)
    if found is None or not action.lower().startswith("ec2:") or found[1] not in ID_KEYS:
        return {}
    return {ID_KEYS[found[1]]: found[2]}


def source_keys(world: dict[str, Any], caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
    """Give the organization of the account on whose behalf a service calls."""
    accounts = [of for key, of in given.items() if key.lower() == "aws:sourceaccount"]
    if caller["kind"] != "service" or not accounts or isinstance(accounts[0], list):
        return {}
    return org_keys("Source", world, accounts[0])


def way_keys(
    service: str, resource: str, world: dict[str, Any], caller: Caller, request: dict[str, Any]
) -> dict[str, Any]:
    """Give the keys that follow from the way of the call."""
    session, via = request.get("session") or {}, request.get("via") or {}
    keys: dict[str, Any] = {}
    keys["aws:ViaAWSService"] = "false"
    if ":s3:" in (places.access_point(resource) or ""):
        keys["aws:SecureTransport"] = "true"  # there is no other way through an access point
    chain = as_list(via.get("service"))
    if chain:
        if caller["kind"] == "user" and session.get("credentials") != "session-token":
            keys["aws:MultiFactorAuthPresent"] = "false"
        keys |= {
            "aws:ViaAWSService": "true",
            "aws:CalledVia": chain,
            "aws:CalledViaFirst": chain[0],
            "aws:CalledViaLast": chain[-1],
        }
    elif via.get("vpc_endpoint"):
        holder, endpoint = places.endpoint(world, via["vpc_endpoint"])
        keys |= {"aws:SourceVpce": via["vpc_endpoint"], "aws:SourceVpc": endpoint.get("vpc")}
        if holder is not None:
            owner = {"aws:VpceAccount": holder} | org_keys("Vpce", world, holder)
            keys |= {key: owner[key] for key in owner_keys(request["action"]) if key in owner}
    return keys


def owner_keys(action: str) -> list[str]:
    """Name the keys about an endpoint's owner that requests for an action have."""
    service = f" {action.lower().partition(':')[0]} "
    if action.lower() == "iam:passrole":
        return []
    if service in TELL_THE_ORGANIZATION_ONLY:
        return ["aws:VpceOrgID"]
    if service not in TELL_THE_OWNER:
        return []
    return ["aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]


def region_keys(action: str) -> list[str]:
    """Give the keys of the Region: all services have one, and EC2 another."""
    return ["aws:RequestedRegion", *(["ec2:Region"] if action.lower().startswith("ec2:") else [])]


def names_of_pairs(service: str, given: Context) -> Context:
    """A request that passes tags, or an encryption context, has the set of their names as well.

    "When you tag resources in AWS, you can include multiple tag key-value pairs in a single
    request": aws:TagKeys is multivalued (reference_policies_condition-single-vs-multi-valued).
    """
    lists = {"aws:requesttag/": "aws:TagKeys"}
    if service == "kms":
        lists["kms:encryptioncontext:"] = "kms:EncryptionContextKeys"
    if service == "s3":
        lists["s3:requestobjecttag/"] = "s3:RequestObjectTagKeys"
    keys: Context = {}
    for start, list_key in lists.items():
        names = [key[len(start) :] for key in given if key.lower().startswith(start)]
        if names:
            keys[list_key] = sorted(names)
    return keys


def build(
    request: dict[str, Any], world: dict[str, Any], caller: Caller, owner: str | None
) -> Context:
    """Build the whole context; a key that the request gives wins over a derived one."""
    action, resource = request["action"], scalar(request.get("resource", "*"))
    session, via = request.get("session") or {}, request.get("via") or {}
    keys = principal_keys(caller, session, world)
    service = action.lower().partition(":")[0]
    if f" {action.lower()} " not in NO_RESOURCE_ACCOUNT and service != "ebs":
        keys |= {"aws:ResourceAccount": owner} | org_keys("Resource", world, owner)
        if service in ("s3", "s3express"):
            keys[f"{service}:ResourceAccount"] = owner
    keys |= inherited_tags(service, session, tag_keys(service, resource, world))
    keys |= target_keys(world, action, resource, owner) | id_key(action, resource)
    keys |= source_keys(world, caller, request.get("context") or {})
    keys |= way_keys(service, resource, world, caller, request)
    parts = resource.split(":", 5)
    if len(parts) == 6 and parts[3]:
        keys |= dict.fromkeys(region_keys(action), parts[3])
    elif action.lower().partition(":")[0] in GLOBAL_SERVICES:
        keys["aws:RequestedRegion"] = "us-east-1"
    if action.lower().startswith("kms:") and via.get("service") and len(parts) == 6 and parts[3]:
        last = as_list(via["service"])[-1]
        if last.endswith(".amazonaws.com"):
            host = last.removesuffix(".amazonaws.com")
            keys["kms:ViaService"] = f"{host}.{parts[3]}.amazonaws.com"
    if action.lower().startswith("kms:generatedatakey"):
        keys["kms:EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT"
    if action.lower().startswith("kms:") and caller["kind"] in IAM_KINDS:
        keys["kms:CallerAccount"] = caller["account"]
        if action.lower() in ("kms:creategrant", "kms:listgrants", "kms:revokegrant"):
            keys["kms:GrantIsForAWSResource"] = "true" if via.get("service") else "false"
    if service == "es":  # OpenSearch does not know the caller's tags (its guide, ac)
        keys = {key: value for key, value in keys.items() if "aws:PrincipalTag/" not in key}
    given = request.get("context") or {}
    keys |= names_of_pairs(service, given)
    keys |= times(given)
    keys = tidy(keys) | same_values(service, tidy(given))
    removed = {key.lower() for key, value in given.items() if value is None or value == []}
    context = tidy(keys) | tidy(given)
    return {key: value for key, value in context.items() if key not in removed}
