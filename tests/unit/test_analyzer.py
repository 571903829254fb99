"""Findings: zones, trusted conditions, what is public, archive rules, AWS's shape."""

from __future__ import annotations

import json

import pytest
from botocore.session import get_session

from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError, WorldError
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.archive import apply_rules, read_rules
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.finding import FindingKind, Status
from iamsim.query.analyzer.internal import find_internal
from iamsim.query.analyzer.unused import find_unused
from iamsim.query.batch import Batch
from iamsim.report.access_findings import FindingsAnswer
from iamsim.report.access_findings_data import access_findings_data, access_findings_sarif
from iamsim.world.load import load_world_data

HOME, SISTER, STRANGER = "111111111111", "222222222222", "333333333333"
BUCKET = "arn:aws:s3:::pile"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:work"
OURS = "o-ours000001"


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
        ({"StringEquals": {"aws:PrincipalOrgID": "o-other00001"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/*"}}, False),
    ],
)
def test_what_is_public(condition, public):
    """What anyone can do, from wherever; everything here is external."""
    (finding,) = external(send("*", condition)).findings
    assert finding.is_public is public
    assert finding.principal == {"AWS": "*"}


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
    assert [one.is_public for one in open_.findings] == [True]
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
    (through,) = [one for one in found if one.access_point is not None]
    assert (through.resource, through.access_point) == (BUCKET, point)
    assert not [
        one for one in external(world({BUCKET: {}, point: door})).findings if one.access_point
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
    (finding,) = find_internal(batch, [BUCKET])
    assert finding.principal == {"AWS": f"arn:aws:iam::{HOME}:user/ana"}
    assert finding.actions == ("s3:GetObject",)
    assert finding.details["accessType"] == "INTRA_ACCOUNT"
    with pytest.raises(RequestError, match="no resource of the world"):
        find_internal(batch, ["arn:aws:s3:::other"])


def test_what_nobody_used():
    """Older than the limit, or without any date where others have one."""
    key = {"id": "AKIAIOSFODNN7EXAMPLE", "status": "Active", "last_used": "2026-01-01T00:00:00Z"}
    model = world(
        users={
            "ana": {"password_last_used": "2026-11-20T00:00:00Z", "access_keys": [key]},
            "bob": {
                "password_last_used": "2026-02-01T00:00:00Z",
                "access_keys": [{"id": "AKIAI44QH8DHBEXAMPLE", "status": "Inactive"}, {}],
            },
        },
        roles={"new": {"last_used": "2026-11-01T00:00:00Z"}, "old": {}},
    )
    found = [
        (one.kind, one.resource.rpartition("/")[2]) for one in find_unused(model, "2026-11-25")
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
    listed = [{"ruleName": f"rule-{number}", "filter": one} for number, one in enumerate(criteria)]
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
        *find_internal(batch, [QUEUE], ["sqs:SendMessage"]),
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
        finding.pop("iamsim", None)
        check(finding, shape)
        kinds.add(finding["findingType"])
    assert kinds == {"ExternalAccess", "UnusedIAMUserPassword", "InternalAccess"}


def test_sarif_names_the_statement():
    """A result for each finding, at its place; public access is an error."""
    log = access_findings_sarif(answer(), "0.1.0")
    (run,) = log["runs"]
    levels = {one["ruleId"]: one["level"] for one in run["results"]}
    assert levels["PublicAccess"] == "error"
    assert all(one["locations"] for one in run["results"])
    assert {one["id"] for one in run["tool"]["driver"]["rules"]} == set(levels)
