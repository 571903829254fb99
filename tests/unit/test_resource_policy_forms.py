"""One policy, in every form in which a source can hold it, is the same policy of the same resource.

The forms of each type are those of the table of resource types: templates of CloudFormation, states
of Terraform, outputs of the AWS CLI, items of AWS Config.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from iamsim.catalog.resource_types import resource_types
from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.catalog.resource_types import Call, PolicyPlace, ResourceType

ACCOUNT, REGION, STACK = "111122223333", "eu-west-1", "app"
HOME = f"{REGION}:{ACCOUNT}"
NAME = f"{STACK}-Sample"
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "One",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "*",
            "Resource": "*",
        }
    ],
}
# Of rows whose readers are functions, the properties and arguments that hold the document.
TEMPLATES: dict[str, dict[str, object]] = {
    "access_point": {"Bucket": "b", "Policy": DOCUMENT},
    "bus_policy": {
        "EventBusName": NAME,
        "StatementId": "One",
        "Statement": DOCUMENT["Statement"][0],
    },
    "key": {"KeyPolicy": DOCUMENT},
    "log_group": {"ResourcePolicyDocument": DOCUMENT},
    "table": {"ResourcePolicy": {"PolicyDocument": DOCUMENT}},
}
PLANS: dict[str, dict[str, object]] = {
    "bus_policy": {"event_bus_name": NAME, "policy": json.dumps(DOCUMENT)},
    "key": {"policy": json.dumps(DOCUMENT)},
    "region_point_policy": {"details": [{"name": NAME, "policy": json.dumps(DOCUMENT)}]},
}
# Readers of what is no document of a resource; below they are held against each other.
PERMISSIONS = {
    "bucket": "it blocks public access, and its policy is another resource's",
    "bus_permission": "a permission",
    "certificate_permission": "a permission",
    "endpoint": "the policy of a VPC endpoint",
    "endpoint_policy": "the policy of a VPC endpoint",
    "function_url": "a permission that follows from the type of the URL",
    "layer_permission": "a permission",
    "permission": "a permission",
    "profile_permission": "a permission",
    "region_point": "it names buckets, and its policy is another resource's",
}
# Forms that can't name the resource of the sample.
UNNAMED = {
    (
        "AWS::DynamoDB::Stream",
        "AWS::DynamoDB::Table",
    ): "the stream of a table in a template has a name by AWS",
}


def name_of(row: ResourceType) -> str:
    """Give the name of the sample; names of S3 Express One Zone tell what they are."""
    ends = {"AWS::S3Express::DirectoryBucket": "--x-s3", "AWS::S3Express::AccessPoint": "--xa-s3"}
    return f"{NAME}{ends.get(row.name, '')}"


def parts_of(row: ResourceType) -> dict[str, str]:
    """Give what the sample of a type is called."""
    outer = {part: f"outer{number}" for number, (part, _) in enumerate(row.outer)}
    return {
        "region": REGION,
        "account": ACCOUNT,
        "name": name_of(row),
        "path": "/",
        "table": "t",
    } | outer


def arn(row: ResourceType) -> str:
    """Give the ARN of the sample."""
    return row.arn_in("aws", parts_of(row))


def named(row: ResourceType, target: str) -> str:
    """Name the sample as a property or an argument of a name does."""
    if row.reference == "url" and target != "name":
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{NAME}"
    by_arn = "arn" in target.lower() or target in ("ResourceIdentifier", "resource_identifier")
    return arn(row) if by_arn or row.outer else name_of(row)


def nested(path: tuple[str, ...], value: object) -> Any:
    """Put a value at a path."""
    for step in reversed(path):
        value = [value] if step == "*" else {step: value}
    return value


def template(row: ResourceType, place: PolicyPlace) -> dict[str, object]:
    """Write a template that holds the policy at a place."""
    outer = {part: value for part, value in parts_of(row).items() if part in dict(row.outer)}
    if row.name == "AWS::S3Outposts::AccessPoint":
        outer["Bucket"] = f"arn:aws:s3-outposts:{HOME}:outpost/{outer['Bucket']}/bucket/b"
    own = {row.name_property: name_of(row)} if row.name_property else {}
    if place.function:
        properties = {**own, **outer, **TEMPLATES[place.function]}
    elif not place.type:
        properties = {**own, **outer, **nested(place.path, DOCUMENT)}
    else:
        properties = nested(place.path, DOCUMENT)
        for target in place.targets[0] if place.targets else ():
            one = (
                parts_of(row).get(target, NAME) if len(place.targets[0]) > 1 else named(row, target)
            )
            properties[target] = [one] if target in ("Queues", "Topics") else one
    kind = place.type or row.cloudformation[0]
    return {"Resources": {"Sample": {"Type": kind, "Properties": properties}}}


def state(row: ResourceType, place: PolicyPlace) -> dict[str, object]:
    """Write a state that holds the policy at a place."""
    values: dict[str, object]
    if place.function:
        values = dict(PLANS[place.function])
        if not place.type:
            values["arn"] = arn(row)
    elif not place.type:
        document = json.dumps(nested(place.path[1:], DOCUMENT))
        values = {"arn": arn(row), "id": NAME, place.path[0]: document}
    else:
        values = {}
        insert(values, place.path, json.dumps(DOCUMENT))
        arguments = {argument: parts_of(row)[part] for part, argument in row.outer}
        for target in place.targets[0] if place.targets else ():
            several = len(place.targets[0]) > 1
            insert(
                values,
                tuple(target.split(".")),
                arguments.get(target, NAME) if several else named(row, target),
            )
    kind = place.type or row.terraform[0]
    resource = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x"}
    resources = [resource | {"values": values}]
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": resources}},
    }


def insert(values: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Put a value at a path of arguments and blocks; a number is a place in a list of one."""
    *steps, last = path
    for step in steps:
        if step != "0":
            values = values.setdefault(step, [{}])[0]
    values[last] = value


def output(row: ResourceType, call: Call, folder: Path) -> None:
    """Write the output of a call that prints the policy, named as the recipe names it."""
    data = nested(call.path, json.dumps(DOCUMENT))
    if call.path[-1] == "*":
        data = nested(call.path[:-1], {"One": json.dumps(DOCUMENT)})
    if call.of_account and "{name}" in row.policy_arn:
        data[call.path[0]][0]["arn"] = arn(row)
    subject = ""
    if call.by_name:
        subject = f".{name_of(row)}"
    elif not call.of_account:
        subject = f".{quote(arn(row), safe='')}"
    place = folder / ACCOUNT / REGION
    place.mkdir(parents=True)
    (place / f"{call.operation}{subject}.json").write_text(json.dumps(data))


def item(row: ResourceType, path: tuple[str, ...]) -> dict[str, object]:
    """Write a snapshot of AWS Config with an item that holds the policy."""
    return {
        "configurationItems": [
            {
                "resourceType": row.cloudformation[0],
                "ARN": arn(row),
                "awsAccountId": ACCOUNT,
                "awsRegion": REGION,
                "configurationItemStatus": "OK",
                "supplementaryConfiguration": nested(path, json.dumps(DOCUMENT)),
                "configuration": {},
            }
        ]
    }


def policies(folder: Path) -> dict[str, object]:
    """Import a folder: the policies of all resources."""
    options = SourceOptions(account=ACCOUNT, region=REGION, stack=STACK)
    found = import_sources([str(folder)], options=options)
    accounts = found.data["accounts"]
    return {
        name: resource["policy"]
        for account in accounts.values()
        for name, resource in account.get("resources", {}).items()
        if "policy" in resource and ":alias/aws/" not in name
    }


def forms(kind: str) -> list[Any]:
    """List the rows with each of their forms of a kind."""
    listed = []
    for row in resource_types():
        found = {
            "template": [entry for entry in row.template if entry.function not in PERMISSIONS],
            "plan": [entry for entry in row.plan if entry.function not in PERMISSIONS],
            "call": list(row.calls),
            "item": [
                path
                for path in (*row.items, *(entry.path for entry in row.template if not entry.type))
                if path and row.cloudformation
            ],
        }[kind]
        for form in found:
            shown = (
                getattr(form, "type", "")
                or getattr(form, "function", "")
                or "-".join(getattr(form, "path", form))
            )
            if (row.name, shown) not in UNNAMED:
                listed.append(pytest.param(row, form, id=f"{row.name}-{shown}"))
    return listed


def expected(row: ResourceType) -> dict[str, object]:
    """What every form gives."""
    return {row.arn_in("aws", parts_of(row), of_policy=True): DOCUMENT}


@pytest.mark.parametrize(("row", "place"), forms("template"))
def test_a_template_gives_the_policy_to_its_resource(row, place, tmp_path):
    """As CloudFormation has it."""
    (tmp_path / "app.json").write_text(json.dumps(template(row, place)))
    assert policies(tmp_path) == expected(row)


@pytest.mark.parametrize(("row", "place"), forms("plan"))
def test_a_state_gives_the_policy_to_its_resource(row, place, tmp_path):
    """As Terraform has it."""
    (tmp_path / "state.json").write_text(json.dumps(state(row, place)))
    assert policies(tmp_path) == expected(row)


@pytest.mark.parametrize(("row", "call"), forms("call"))
def test_an_output_gives_the_policy_to_its_resource(row, call, tmp_path):
    """As the AWS CLI prints it."""
    output(row, call, tmp_path)
    assert policies(tmp_path) == expected(row)


@pytest.mark.parametrize(("row", "path"), forms("item"))
def test_an_item_gives_the_policy_to_its_resource(row, path, tmp_path):
    """As AWS Config records it."""
    (tmp_path / "snapshot.json").write_text(json.dumps(item(row, path)))
    assert policies(tmp_path) == expected(row)


def of_type(kind: str, properties: dict[str, object]) -> dict[str, object]:
    """Write a template of one resource."""
    return {"Resources": {"One": {"Type": kind, "Properties": properties}}}


def of_state(kind: str, values: dict[str, object]) -> dict[str, object]:
    """Write a state of one resource."""
    resource = {"address": f"{kind}.One", "mode": "managed", "type": kind, "name": "One"}
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": [resource | {"values": values}]}},
    }


LAYER = f"arn:aws:lambda:{HOME}:layer:l"
AUTHORITY = f"arn:aws:acm-pca:{HOME}:certificate-authority/a"
PROFILE = f"arn:aws:signer:{HOME}:/signing-profiles/p"
FUNCTION = f"arn:aws:lambda:{HOME}:function:f"


@pytest.mark.parametrize(
    ("in_template", "in_state", "resource", "statement"),
    [
        (
            of_type(
                "AWS::Lambda::Permission",
                {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": "f",
                    "Principal": "s3.amazonaws.com",
                    "SourceAccount": ACCOUNT,
                },
            ),
            of_state(
                "aws_lambda_permission",
                {
                    "action": "lambda:InvokeFunction",
                    "function_name": FUNCTION,
                    "principal": "s3.amazonaws.com",
                    "source_account": ACCOUNT,
                    "statement_id": "One",
                },
            ),
            FUNCTION,
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            },
        ),
        (
            of_type(
                "AWS::Lambda::LayerVersionPermission",
                {
                    "Action": "lambda:GetLayerVersion",
                    "LayerVersionArn": f"{LAYER}:3",
                    "Principal": "*",
                    "OrganizationId": "o-1234567890",
                },
            ),
            of_state(
                "aws_lambda_layer_version_permission",
                {
                    "action": "lambda:GetLayerVersion",
                    "layer_name": LAYER,
                    "version_number": 3,
                    "principal": "*",
                    "organization_id": "o-1234567890",
                    "statement_id": "One",
                },
            ),
            f"{LAYER}:3",
            {
                "Principal": "*",
                "Action": "lambda:GetLayerVersion",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            },
        ),
        (
            of_type(
                "AWS::ACMPCA::Permission",
                {
                    "Actions": ["IssueCertificate"],
                    "CertificateAuthorityArn": AUTHORITY,
                    "Principal": "acm.amazonaws.com",
                    "SourceAccount": ACCOUNT,
                },
            ),
            of_state(
                "aws_acmpca_permission",
                {
                    "actions": ["IssueCertificate"],
                    "certificate_authority_arn": AUTHORITY,
                    "principal": "acm.amazonaws.com",
                    "source_account": ACCOUNT,
                },
            ),
            AUTHORITY,
            {
                "Principal": {"Service": "acm.amazonaws.com"},
                "Action": ["acm-pca:IssueCertificate"],
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            },
        ),
        (
            of_type(
                "AWS::Signer::ProfilePermission",
                {
                    "Action": "signer:StartSigningJob",
                    "Principal": "444455556666",
                    "ProfileName": "p",
                    "ProfileVersion": "v1",
                    "StatementId": "One",
                },
            ),
            of_state(
                "aws_signer_signing_profile_permission",
                {
                    "action": "signer:StartSigningJob",
                    "principal": "444455556666",
                    "profile_name": "p",
                    "profile_version": "v1",
                    "statement_id": "One",
                },
            ),
            PROFILE,
            {
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "Action": "signer:StartSigningJob",
                "Condition": {"StringEquals": {"signer:ProfileVersion": "v1"}},
            },
        ),
        (
            of_type(
                "AWS::Events::EventBusPolicy",
                {
                    "EventBusName": NAME,
                    "StatementId": "One",
                    "Action": "events:PutEvents",
                    "Principal": "*",
                    "Condition": {
                        "Type": "StringEquals",
                        "Key": "aws:PrincipalOrgID",
                        "Value": "o-1234567890",
                    },
                },
            ),
            of_state(
                "aws_cloudwatch_event_permission",
                {
                    "event_bus_name": NAME,
                    "statement_id": "One",
                    "principal": "*",
                    "condition": [
                        {
                            "type": "StringEquals",
                            "key": "aws:PrincipalOrgID",
                            "value": "o-1234567890",
                        }
                    ],
                },
            ),
            f"arn:aws:events:{HOME}:event-bus/{NAME}",
            {
                "Principal": "*",
                "Action": "events:PutEvents",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            },
        ),
        (
            of_type(
                "AWS::Lambda::Permission",
                {
                    "Action": "lambda:InvokeFunctionUrl",
                    "FunctionName": "f",
                    "Principal": "*",
                    "FunctionUrlAuthType": "NONE",
                },
            ),
            of_state(
                "aws_lambda_function_url",
                {"function_name": FUNCTION, "authorization_type": "NONE"},
            ),
            FUNCTION,
            {
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            },
        ),
    ],
    ids=["function", "layer", "certificate-authority", "signing-profile", "bus", "function-url"],
)
def test_a_permission_is_the_same_statement(in_template, in_state, resource, statement, tmp_path):
    """What AWS makes of a permission, whoever asks for it."""
    wanted = statement | {"Effect": "Allow", "Resource": resource}
    for name, data in (("app", in_template), ("state", in_state)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.json").write_text(json.dumps(data))
        [found] = policies(folder)[resource]["Statement"]
        assert found.pop("Sid", "One") in ("One", "FunctionURLAllowPublicAccess")
        assert found == wanted


SERVICE = f"com.amazonaws.{REGION}.s3"
ENDPOINTS = {
    "template": (
        "app.json",
        of_type(
            "AWS::EC2::VPCEndpoint",
            {"ServiceName": SERVICE, "VpcId": "vpc-1", "PolicyDocument": DOCUMENT},
        ),
    ),
    "state": (
        "state.json",
        of_state(
            "aws_vpc_endpoint",
            {
                "id": "vpce-1",
                "service_name": SERVICE,
                "vpc_id": "vpc-1",
                "policy": json.dumps(DOCUMENT),
            },
        ),
    ),
    "output": (
        f"{ACCOUNT}/{REGION}/describe-vpc-endpoints.json",
        {
            "VpcEndpoints": [
                {
                    "VpcEndpointId": "vpce-1",
                    "OwnerId": ACCOUNT,
                    "ServiceName": SERVICE,
                    "VpcId": "vpc-1",
                    "VpcEndpointType": "Gateway",
                    "PolicyDocument": json.dumps(DOCUMENT),
                }
            ]
        },
    ),
}


@pytest.mark.parametrize(("file", "data"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_a_vpc_endpoint_is_the_same_in_every_form(file, data, tmp_path):
    """What a template, a state and an output of the AWS CLI say of an endpoint and its policy."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(json.dumps(data))
    options = SourceOptions(account=ACCOUNT, region=REGION, stack=STACK)
    accounts = import_sources([str(tmp_path)], options=options).data["accounts"]
    [endpoint] = accounts[ACCOUNT]["vpc_endpoints"].values()
    assert endpoint == {"service": "s3", "vpc": "vpc-1", "type": "Gateway", "policy": DOCUMENT}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Lambda::LayerVersionPermission", {"Action": "lambda:GetLayerVersion"}),
        ("AWS::ACMPCA::Permission", {"Principal": "acm.amazonaws.com"}),
        ("AWS::Signer::ProfilePermission", {"ProfileName": "p"}),
    ],
)
def test_half_a_permission_is_remarked(kind, properties, tmp_path):
    """What a permission needs is not there."""
    (tmp_path / "app.json").write_text(json.dumps(of_type(kind, properties)))
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path)], options=options)
    assert [remark.code for remark in found.remarks] == ["incomplete"]


SHARED = Counter(place.type for row in resource_types() for place in row.template)
REFERRED = [
    pytest.param(row, place, id=f"{row.name}-{place.type}")
    for row in resource_types()
    for place in row.template
    if place.path and place.targets and row.cloudformation == (row.name, *row.cloudformation[1:])
    if len(place.targets[0]) == 1
    if row.reference == "arn" or SHARED[place.type] == 1
]


@pytest.mark.parametrize(("row", "place"), REFERRED)
def test_a_policy_refers_to_a_resource_of_its_template(row, place, tmp_path):
    """`Ref` gives what the property takes: the policy is that of the resource beside it."""
    outer = {part: value for part, value in parts_of(row).items() if part in dict(row.outer)}
    own = {row.name_property: name_of(row)} if row.name_property else {}
    target = place.targets[0][0]
    reference = [{"Ref": "Sample"}] if target in ("Queues", "Topics") else {"Ref": "Sample"}
    data = {
        "Resources": {
            "Sample": {"Type": row.name, "Properties": own | outer},
            "Policy": {
                "Type": place.type,
                "Properties": nested(place.path, DOCUMENT) | {target: reference},
            },
        }
    }
    (tmp_path / "app.json").write_text(json.dumps(data))
    assert policies(tmp_path) == expected(row)


def test_a_name_that_may_be_of_several_types_is_remarked(tmp_path):
    """A policy of Kinesis may be a stream's or a consumer's: only an ARN says which."""
    properties = {"ResourceArn": "s", "ResourcePolicy": DOCUMENT}
    data = of_type("AWS::Kinesis::ResourcePolicy", properties)
    (tmp_path / "app.json").write_text(json.dumps(data))
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path)], options=options)
    assert [remark.code for remark in found.remarks] == ["not-an-arn"]


PLANNED = [
    pytest.param(row, place, id=f"{row.name}-{place.type}")
    for row in resource_types()
    for place in row.plan
    if place.type and row.terraform and len(place.path) == 1
    if place.targets and len(place.targets[0]) == 1 and "." not in place.targets[0][0]
    if not row.name.startswith("AWS::S3Express")  # Terraform calls its resources like those of S3
]


@pytest.mark.parametrize(("row", "place"), PLANNED)
def test_a_policy_refers_to_a_resource_of_its_plan(row, place, tmp_path):
    """What is known after apply follows from what the configuration refers to."""
    [target] = place.targets[0]
    own, kind = row.terraform[0], place.type
    attribute = "arn" if "arn" in target or target == "resource_identifier" else "id"
    values = {row.name_argument: name_of(row)} if row.name_argument else {}
    outer = {argument: parts_of(row)[part] for part, argument in row.outer}
    document = {place.path[0]: json.dumps(DOCUMENT)}

    def change(of: str, after: dict[str, object], unknown: dict[str, object]) -> dict[str, object]:
        made = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
        named = {"address": f"{of}.{NAME}", "mode": "managed", "type": of, "name": NAME}
        return named | {"change": made}

    def configured(of: str, expressions: dict[str, object]) -> dict[str, object]:
        named = {"address": f"{of}.{NAME}", "mode": "managed", "type": of, "name": NAME}
        return named | {"expressions": expressions}

    referred = {"references": [f"{own}.{NAME}.{attribute}", f"{own}.{NAME}"]}
    constants = {name: {"constant_value": value} for name, value in (values | outer).items()}
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            change(own, values | outer, {"arn": True, "id": True, "url": True}),
            change(kind, document, {target: True}),
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    configured(own, constants),
                    configured(kind, {target: referred, place.path[0]: {}}),
                ]
            }
        },
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    # Names that AWS makes are made of the address.
    name = name_of(row) if row.name_argument else f"{own}.{NAME}"
    holder = row.arn_in("aws", parts_of(row) | {"name": name}, of_policy=True)
    assert policies(tmp_path) == {holder: DOCUMENT}


# Rows of which a source has no document, or none that names the resource of the sample.
ELSEWHERE = {
    "AWS::ACMPCA::CertificateAuthority": "a template has permissions: held against the state above",
    "AWS::DynamoDB::Stream": "a template names the stream of a table, whose name AWS makes",
    "AWS::EC2::VPCEndpoint": "its policy is no resource policy: its forms are held above",
    "AWS::Lambda::Function": "a state has permissions: held against the template above",
    "AWS::Lambda::LayerVersion": "both have permissions: held against each other above",
    "AWS::Signer::SigningProfile": "both have permissions: held against each other above",
}


def test_every_row_with_a_policy_is_held_to_the_law():
    """No row is passed over: what a source can hold is one of the forms, or has its reason."""
    tried = {
        (form.values[0].name, kind) for kind in ("template", "plan", "call") for form in forms(kind)
    }
    held = {"template": "template", "plan": "plan", "call": "calls"}
    missing = {
        row.name
        for row in resource_types()
        for kind, member in held.items()
        if getattr(row, member) and (row.name, kind) not in tried
    }
    assert missing == set(ELSEWHERE)
    used = {place.function for row in resource_types() for place in (*row.template, *row.plan)}
    assert used >= PERMISSIONS.keys()
