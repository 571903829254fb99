"""Edits that are suggested: what they are, what they open, who can make them, in which order."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import iamsim
from iamsim.core.errors import RequestError
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.edits.model import Actor, EditKind, Obstacle
from iamsim.query.edits.search import suggest_edits
from iamsim.world.documents import parse_document
from iamsim.world.load import load_world

NORA = "arn:aws:iam::111122223333:user/nora"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
OBJECT = "arn:aws:s3:::reports/2026.csv"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11aa"


def policy(*statements):
    """A policy of statements; each has the resource `*` unless it says otherwise."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            statement
            if statement.keys() & {"Resource", "NotResource"}
            else {**statement, "Resource": "*"}
            for statement in statements
        ],
    }


def allow(action, **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, **more}


def deny(action, **more):
    """A statement that denies."""
    return {"Effect": "Deny", "Action": action, **more}


def ask(action="s3:GetObject", resource=OBJECT, principal=NORA, **more):
    """Suggest edits of a question that brings its policies."""
    return iamsim.suggest_edits(principal=principal, action=action, resource=resource, **more)


def kinds(edits):
    """The kinds of edit of each set."""
    return [[edit.kind.value for edit in found.edits] for found in edits.sets]


def world_of(tmp_path, text):
    """Load a world from text."""
    path = tmp_path / "world.yaml"
    path.write_text(text, encoding="utf-8")
    return load_world(path)


def patched(text, diff):
    """Apply a unified diff by hand."""
    lines = text.splitlines(keepends=True)
    result, position = [], 0
    for line in diff.splitlines(keepends=True):
        if line.startswith(("--- ", "+++ ", "\\")):
            continue
        hunk = re.match(r"@@ -(\d+)(?:,(\d+))? ", line)
        if hunk:
            start = int(hunk[1]) - (hunk[2] != "0")
            result += lines[position:start]
            position = start
        elif line[0] == "+":
            result.append(line[1:])
        else:
            # The last line of a text may lack its line break, which a diff says apart.
            assert lines[position].rstrip("\n") == line[1:].rstrip("\n")
            result += [lines[position]] if line[0] == " " else []
            position += 1
    return "".join([*result, *lines[position:]])


def test_a_missing_permission_is_a_statement_or_an_entry_more():
    """The exact statement comes before the entry that opens other resources."""
    found = ask("s3:PutObject", identity_policies=[policy(allow("s3:GetObject"))])
    assert kinds(found) == [["add-statement"], ["widen-statement"]]
    first, second = found.sets
    assert first.edits[0].document == {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": OBJECT,
    }
    assert first.reach.size == 0
    assert second.edits[0].added == ("s3:PutObject",)
    assert second.reach.resources == ("*",)
    assert found.goal == "allowed"
    assert found.answer.verdict is iamsim.Verdict.IMPLICIT_DENY
    assert all(entry.answer.decision.allowed for entry in found.sets)


@pytest.mark.parametrize(
    ("statement", "element", "added", "removed"),
    [
        (allow("s3:GetObject", Resource="arn:aws:s3:::a/*"), "Resource", (OBJECT,), ()),
        (
            {"Effect": "Allow", "NotAction": ["s3:GetObject", "iam:*"]},
            "NotAction",
            (),
            ("s3:GetObject",),
        ),
        (
            {"Effect": "Allow", "Action": "*", "NotResource": [OBJECT, "arn:aws:s3:::b"]},
            "NotResource",
            (),
            (OBJECT,),
        ),
    ],
)
def test_statements_are_widened_by_what_they_lack(statement, element, added, removed):
    """An entry more in a list, or one less in a list of exceptions."""
    found = ask(identity_policies=[policy(statement)])
    widened = [edit for each in found.sets for edit in each.edits if edit.element == element]
    assert [(entry.added, entry.removed) for entry in widened] == [(added, removed)]


def test_an_exception_that_is_alone_or_a_pattern_stays():
    """A list that would be empty is not made, and a pattern is not split."""
    for spared in (["s3:GetObject"], ["s3:Get*", "iam:*"]):
        found = ask(identity_policies=[policy({"Effect": "Allow", "NotAction": spared})])
        assert kinds(found) == [["add-statement"]]


def test_a_principal_is_added_to_a_resource_policy():
    """In the same account either side is enough; the narrower comes first."""
    bucket = policy(allow("s3:*", Principal={"AWS": "arn:aws:iam::111122223333:user/otto"}))
    found = ask(resource_policy=bucket, identity_policies=[])
    layers = {entry.edits[0].element or entry.edits[0].kind.value for entry in found.sets}
    assert layers == {"add-policy", "add-statement", "Principal"}
    widened = next(entry for entry in found.sets if entry.edits[0].element == "Principal")
    assert widened.edits[0].added == (NORA,)
    assert len(widened.reach.actions) > 20
    assert found.sets[-1] is widened


def test_another_kind_of_principal_is_a_member_more():
    """A statement that names services gets an AWS member."""
    bucket = policy(allow("s3:GetObject", Principal={"Service": "s3.amazonaws.com"}))
    found = ask(resource_policy=bucket, identity_policies=[])
    widened = next(entry for entry in found.sets if entry.edits[0].element == "Principal")
    assert '"AWS"' in widened.patches[0].diff


def test_without_any_policy_one_is_made():
    """A caller without policies gets one."""
    (only,) = ask(identity_policies=[]).sets
    assert only.edits[0].kind is EditKind.ADD_POLICY
    assert only.edits[0].document == policy(allow("s3:GetObject", Resource=OBJECT))
    assert not only.patches
    assert not only.guardrail


def test_several_layers_change_together():
    """Identity-based policy, boundary and SCP all lack the permission: one edit in each, and the
    management account is not the caller's."""
    other = [policy(allow("sqs:*"))]
    found = ask(identity_policies=other, boundary=other[0], scps=[other])
    first = found.sets[0]
    assert [edit.layer.value for edit in first.edits] == [
        "service-control-policy",
        "identity-based-policy",
        "permissions-boundary",
    ]
    assert first.guardrail
    assert not first.own
    assert [edit.guardrail for edit in first.edits] == [True, False, True]
    assert [edit.actor for edit in first.edits] == [
        Actor.MANAGEMENT_ACCOUNT,
        Actor.ACCOUNT,
        Actor.ACCOUNT,
    ]


def test_edits_of_guardrails_come_last():
    """What weakens a guardrail stands behind everything that does not, however narrow."""
    denied = deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    found = ask(
        identity_policies=[policy(allow("s3:*"), denied)], context={"aws:SecureTransport": False}
    )
    assert kinds(found)[0] == ["context"]
    assert [entry.guardrail for entry in found.sets] == sorted(
        entry.guardrail for entry in found.sets
    )
    assert found.sets[-1].guardrail
    assert found.sets[0].edits[0].context == {"aws:SecureTransport": "true"}


@pytest.mark.parametrize(
    ("statement", "context", "element", "added"),
    [
        (
            deny("s3:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            {"aws:RequestedRegion": "eu-west-3"},
            "Condition",
            ("aws:RequestedRegion = eu-west-3",),
        ),
        (
            deny("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            {"aws:SourceIp": "198.51.100.7"},
            "Condition",
            ("aws:SourceIp = 198.51.100.7",),
        ),
        ({"Effect": "Deny", "NotAction": "iam:*"}, {}, "NotAction", ("s3:GetObject",)),
        (deny("s3:*", NotResource="arn:aws:s3:::x/*"), {}, "NotResource", (OBJECT,)),
        (deny("*"), {}, "NotAction", ("s3:GetObject",)),
        (deny("s3:*"), {}, "NotResource", (OBJECT,)),
    ],
)
def test_a_deny_is_excepted_where_it_can_be(statement, context, element, added):
    """What it spares already gets one more entry; `*` becomes everything but this."""
    found = ask(identity_policies=[policy(allow("*"), statement)], context=context)
    edits = [edit for entry in found.sets for edit in entry.edits if edit.kind is EditKind.EXCEPT]
    assert (element, added) in {(edit.element, edit.added) for edit in edits}
    assert all(edit.guardrail for edit in edits)


def test_exact_entries_are_taken_out_of_a_deny():
    """An action that stands in the list by its name leaves it."""
    statement = deny(["s3:GetObject", "s3:PutObject"], Resource="arn:aws:s3:::*")
    found = ask(identity_policies=[policy(allow("*"), statement)])
    edit = found.sets[0].edits[0]
    assert (edit.element, edit.removed) == ("Action", ("s3:GetObject",))


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"Bool": {"aws:SecureTransport": "true"}},
        {"ArnNotEquals": {"aws:ResourceAccount": "arn:aws:iam::1:user/a"}},
    ],
)
def test_one_caller_is_excepted_from_a_shared_deny(condition):
    """A guardrail of many callers gets a condition on aws:PrincipalArn, wherever it fits."""
    more = {} if condition is None else {"Condition": condition}
    guardrail = policy(deny("s3:Get*", Resource="arn:aws:s3:::*", **more))
    found = ask(
        identity_policies=[policy(allow("*"))],
        scps=[[policy(allow("*")), guardrail]],
        context={"aws:SecureTransport": True},
    )
    (only,) = [entry for entry in found.sets if entry.edits[0].kind is EditKind.EXCEPT]
    assert only.edits[0].added == (f"ArnNotEquals aws:PrincipalArn = {NORA}",)
    assert "a guardrail: statement 1 of this service control policy denies `s3:Get*`" in str(found)


def test_an_exception_for_the_caller_opens_other_requests_of_the_caller():
    """Who is spared by a Deny of everything is spared wherever an own Allow reaches: that an edit
    opens nothing would be untrue, though no other action on this resource is opened."""
    own = policy(allow("s3:GetObject", Resource="arn:aws:s3:::reports/*"), allow("sqs:*"))
    guardrail = policy({"Effect": "Deny", "NotAction": "iam:*"}, allow("*"))
    found = ask(identity_policies=[own], scps=[[guardrail]], boundary=policy(allow("*")))
    exempt = next(entry for entry in found.sets if "aws:PrincipalArn" in str(entry.edits[0].added))
    assert exempt.reach.actions == ()
    assert any(
        text.startswith("sqs:") and text.endswith(" on *") for text in exempt.reach.elsewhere
    )
    assert "opens as well" in str(found)
    spared = next(entry for entry in found.sets if "s3:GetObject" in entry.edits[0].added)
    assert spared.reach.elsewhere == ()


def test_a_deny_without_exception_is_removed_where_others_stay():
    """A service can't be excepted by ARN, so the statement goes as a whole."""
    bucket = policy(
        allow("s3:GetObject", Principal="*"),
        deny("s3:Get*", Principal="*", Resource="arn:aws:s3:::reports/*"),
    )
    found = ask(principal="logging.s3.amazonaws.com", resource_policy=bucket)
    assert kinds(found) == [["remove-statement"]]
    assert found.sets[0].edits[0].guardrail
    alone = policy(deny("s3:Get*", Principal="*", Resource="arn:aws:s3:::reports/*"))
    (blocker,) = ask(principal="logging.s3.amazonaws.com", resource_policy=alone).blockers
    assert blocker.reason is Obstacle.NO_EXCEPTION
    text = str(ask(principal="logging.s3.amazonaws.com", resource_policy=alone))
    assert "change than removing it lets it spare this request" in text


def test_mfa_is_a_change_of_the_request():
    """Where only the context is missing, the context is the first edit, and opens nothing."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = ask(identity_policies=[policy(allow("s3:*", Condition=mfa))])
    first = found.sets[0]
    assert first.edits[0].context == {"aws:MultiFactorAuthPresent": "true"}
    assert first.edits[0].actor is Actor.CALLER
    assert first.reach.size == 0
    assert "send the request with `aws:MultiFactorAuthPresent = true`" in str(found)
    bypass = found.sets[1].edits[0]
    assert bypass.bypassed == ("aws:MultiFactorAuthPresent",)
    assert bypass.guardrail


def test_a_key_may_have_to_be_absent():
    """A condition on absence is met by leaving the key out, and lists by a list."""
    gone = {"Null": {"s3:prefix": "true"}}
    found = ask(identity_policies=[policy(allow("*", Condition=gone))], context={"s3:prefix": "a"})
    assert found.sets[0].edits[0].context == {"s3:prefix": None}
    assert "without `s3:prefix`" in str(found)
    keys = {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}
    found = ask(identity_policies=[policy(allow("*", Condition=keys))])
    assert found.sets[0].edits[0].context == {"aws:TagKeys": ("team",)}
    assert json.loads(json.dumps(found.to_dict()))["sets"][0]["edits"][0]["context"] == {
        "aws:TagKeys": ["team"]
    }


def test_nobody_chooses_who_they_are():
    """A condition on what follows from caller or resource is no change of the request."""
    condition = {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}
    found = ask(identity_policies=[policy(allow("s3:*", Condition=condition))])
    assert "context" not in {kind for each in kinds(found) for kind in each}
    widened = next(entry for entry in found.sets if entry.edits[0].element == "Condition")
    assert widened.edits[0].added == ("aws:PrincipalAccount = 111122223333",)
    assert "limit when this statement allows" in str(found)


def test_an_access_from_another_account_needs_both_sides():
    """The statement names the role, and each side is edited by its own account."""
    found = ask(
        principal="arn:aws:iam::444455556666:role/etl",
        identity_policies=[],
        resource_account="111122223333",
    )
    (only,) = found.sets
    resource, identity = only.edits
    assert resource.document["Statement"][0]["Principal"] == {
        "AWS": "arn:aws:iam::444455556666:role/etl"
    }
    assert (resource.actor, resource.account, resource.own) == (
        Actor.RESOURCE_OWNER,
        "111122223333",
        False,
    )
    assert identity.own
    assert not only.own
    assert "give `arn:aws:s3:::reports` a new resource-based policy" in str(found)
    assert "not from the account 444455556666" in str(found)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            {
                "action": "ec2:StartInstances",
                "resource": "arn:aws:ec2:eu-west-1:444455556666:instance/i-1",
                "identity_policies": [policy(allow("*"))],
            },
            Obstacle.NO_RESOURCE_POLICIES,
        ),
        (
            {
                "action": "iam:PassRole",
                "resource": "arn:aws:iam::444455556666:role/app",
                "identity_policies": [policy(allow("*"))],
            },
            Obstacle.NO_RESOURCE_POLICIES,
        ),
        ({"resource": "arn:aws-cn:s3:::reports/a"}, Obstacle.OTHER_PARTITION),
        (
            {
                "action": "kms:ScheduleKeyDeletion",
                "resource": "arn:aws:kms:eu-west-1:444455556666:key/k",
            },
            Obstacle.OWN_ACCOUNT_ONLY,
        ),
        (
            {
                "principal": "arn:aws:iam::111122223333:root",
                "action": "sts:AssumeRole",
                "resource": DEPLOY,
            },
            Obstacle.CALLER_MAY_NOT_CALL,
        ),
        ({"action": "sts:GetCallerIdentity", "resource": "*"}, Obstacle.ALWAYS_ALLOWED),
        (
            {
                "principal": "arn:aws:iam::111122223333:role/aws-service-role/"
                "backup.amazonaws.com/AWSServiceRoleForBackup",
                "action": "ec2:DescribeVpcs",
                "resource": "*",
            },
            Obstacle.SERVICE_LINKED_ROLE,
        ),
        (
            {
                "principal": "arn:aws:iam::111122223333:root",
                "action": "ec2:DescribeVpcs",
                "resource": "*",
            },
            Obstacle.ROOT_USER,
        ),
    ],
)
def test_what_can_not_be_changed_is_said(question, reason):
    """No edit is made up where none helps; the reason is named."""
    found = ask(**question)
    assert not found.sets
    assert [blocker.reason for blocker in found.blockers] == [reason]
    assert "what can't be changed" in str(found)
    assert found.to_dict()["unchangeable"][0]["reason"] == reason.value


def test_unknown_keys_come_first():
    """A conditional answer has no edits: its keys are to be given first."""
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    base = ask(identity_policies=[policy(allow("s3:*", Condition=condition))])
    question = Question(NORA, "s3:GetObject", OBJECT, partial=True)
    attached = base.sets[1].answer.request
    assert attached.principal == NORA
    report = suggest_edits(
        replace(question, attached=attached_of(policy(allow("s3:*", Condition=condition))))
    )
    assert [blocker.reason for blocker in report.blockers] == [Obstacle.UNKNOWN_KEYS]
    settled = suggest_edits(replace(question, attached=attached_of(policy(allow("s3:*")))))
    assert settled.goal == "denied"


def attached_of(*identity_policies):
    """Attach identity-based policies to a question."""
    from iamsim.api.inputs import attached_policies

    return attached_policies({"identity_policies": identity_policies}, is_trust=False)


def test_block_public_access_is_a_setting():
    """A public bucket policy is kept from other accounts by a setting, which is a guardrail."""
    found = ask(
        principal="arn:aws:iam::444455556666:user/otto",
        identity_policies=[policy(allow("*"))],
        resource_policy=policy(allow("s3:GetObject", Principal="*")),
        public_access_block={"restrict_public_buckets": True},
        resource_account="111122223333",
    )
    assert kinds(found) == [["setting"]]
    assert found.sets[0].guardrail
    assert "turn RestrictPublicBuckets of S3 Block Public Access off" in str(found)
    assert "limits who gets in by a public bucket policy" in str(found)


def test_an_endpoint_policy_gets_a_statement_for_the_caller(tmp_path):
    """Endpoint policies name callers in a condition; the endpoint's owner edits them."""
    model = world_of(
        tmp_path,
        """
accounts:
  "111122223333":
    users:
      nora:
        policies:
          - Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "*", Resource: "*"}]
    vpc_endpoints:
      vpce-1:
        service: s3
        policy:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Principal: "*", Action: "s3:PutObject", Resource: "*"}]
""",
    )
    found = iamsim.World(model).edits(
        principal=NORA, action="s3:GetObject", resource=OBJECT, via={"vpc_endpoint": "vpce-1"}
    )
    edit = found.sets[0].edits[0]
    assert edit.document["Condition"] == {"ArnEquals": {"aws:PrincipalArn": NORA}}
    assert (edit.actor, edit.account) == (Actor.ENDPOINT_OWNER, "111122223333")
    assert "which owns the endpoint" in str(found)


def test_a_session_gets_a_session_policy():
    """A session policy is a guardrail of whoever makes the session; a federated user session that
    has none needs one."""
    session = {"policies": [policy(allow("sqs:*"))]}
    found = ask(principal=DEPLOY, identity_policies=[policy(allow("*"))], session=session)
    assert found.sets[0].edits[0].actor is Actor.SESSION_MAKER
    assert found.sets[0].guardrail
    found = ask(
        principal="arn:aws:sts::111122223333:federated-user/nora",
        identity_policies=[policy(allow("*"))],
    )
    assert found.sets[0].edits[0].kind is EditKind.ADD_POLICY
    assert "pass a session policy that allows `s3:GetObject`" in str(found)


WORLD = """
policies:
  Reads: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}
organization:
  id: o-1
  management_account: "999999999999"
  root:
    id: r-1
    accounts: ["111122223333", "999999999999"]
accounts:
  "111122223333":
    users:
      nora: {policies: [Reads], boundary: "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}
      otto: {policies: [Reads]}
      eve: {groups: [all]}
      lone: {}
    groups:
      all: {policies: [Reads]}
    roles:
      deploy: {policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}
      app: {}
    permission_sets:
      Developer: {}
    resources:
      arn:aws:kms:eu-west-1:111122223333:key/11aa: {}
  "999999999999":
    users:
      boss: {}
"""


def edits_in(tmp_path, principal, action, resource=OBJECT):
    """Suggest edits in the world above."""
    return iamsim.World(world_of(tmp_path, WORLD)).edits(
        principal=principal, action=action, resource=resource
    )


def test_a_shared_policy_says_who_else_gets_in(tmp_path):
    """A statement in a policy that three attach opens the request for the others as well; a new
    policy of the caller's own does not, and comes first."""
    found = edits_in(tmp_path, "arn:aws:iam::111122223333:user/otto", "s3:PutObject")
    assert kinds(found)[0] == ["add-policy"]
    shared = next(entry for entry in found.sets if entry.edits[0].kind is EditKind.ADD_STATEMENT)
    assert shared.reach.principals == ("arn:aws:iam::111122223333:user/eve",)
    assert "the request for 1 more principal" in str(found)


def test_a_managed_boundary_is_copied(tmp_path):
    """Nobody edits an AWS managed policy: an own copy stands in its place."""
    found = edits_in(tmp_path, NORA, "s3:GetObject")
    (only,) = found.sets
    assert only.edits[0].kind is EditKind.COPY_POLICY
    assert only.edits[0].document["Statement"][-1]["Action"] == "s3:GetObject"
    assert "put an own copy in the place of the permissions boundary" in str(found)


def test_a_managed_identity_policy_stands_beside_a_new_one(tmp_path):
    """The new policy is the caller's own; who has none gets one, permission sets included."""
    path = "/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developer_0123456789abcdef"
    for principal in (
        DEPLOY,
        "arn:aws:iam::111122223333:user/lone",
        f"arn:aws:iam::111122223333:role{path}",
    ):
        found = edits_in(tmp_path, principal, "s3:PutObject")
        assert kinds(found) == [["add-policy"]], principal


def test_a_key_needs_a_key_policy(tmp_path):
    """Without a key policy nobody gets in, whatever the identity-based policies say."""
    found = edits_in(tmp_path, DEPLOY, "kms:Decrypt", KEY)
    document = found.sets[0].edits[0].document
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": DEPLOY},
            "Action": "kms:Decrypt",
            "Resource": "*",
        }
    ]


def test_a_role_needs_a_trust_policy(tmp_path):
    """A trust policy has no Resource; without one nobody assumes the role."""
    target = "arn:aws:iam::111122223333:role/app"
    found = edits_in(tmp_path, NORA.replace("nora", "otto"), "sts:AssumeRole", target)
    statement = found.sets[0].edits[0].document["Statement"][0]
    assert "Resource" not in statement
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:user/otto"}


def test_the_management_account_edits_its_own_guardrails():
    """From the management account, an SCP edit is one of the own account."""
    question = Question(NORA, "s3:GetObject", OBJECT)
    model = load_world_of_data(
        {
            "organization": {
                "id": "o-1",
                "management_account": "111122223333",
                "root": {"id": "r-1", "accounts": ["111122223333", "222222222222"]},
            },
            "accounts": {"111122223333": {}, "222222222222": {}},
        }
    )
    report = suggest_edits(question, CompiledWorld(model))
    assert report.sets[0].own


def load_world_of_data(data):
    """Load a world from plain data."""
    from iamsim.suites.scenario import scenario_from_data

    scenario = {
        "title": "t",
        "world": data,
        "requests": [{"name": "n", "principal": NORA, "action": "s3:GetObject"}],
    }
    return scenario_from_data(parse_document(json.dumps(scenario), name="x.json")).world


def test_an_allow_is_stopped_where_it_is_granted():
    """A Deny of this request is narrowest; the action leaves its list, or the statement goes."""
    granting = policy(
        allow(["s3:GetObject", "s3:PutObject"]),
        allow("sqs:*"),
    )
    found = ask(identity_policies=[granting])
    assert found.goal == "denied"
    assert kinds(found) == [["add-statement"], ["narrow-statement"], ["remove-statement"]]
    denied, narrowed, removed = found.sets
    assert denied.edits[0].document["Effect"] == "Deny"
    assert narrowed.edits[0].removed == ("s3:GetObject",)
    assert narrowed.reach.resources == ("*",)
    assert len(removed.reach.actions) > 0
    assert "closes as well" in str(found)
    assert "what grants it\n  - statement 1 of the identity-based policy" in str(found)


def test_several_ways_in_are_all_closed():
    """Where the bucket's policy and the caller's own both grant, both must go."""
    found = ask(
        identity_policies=[policy(allow(["s3:GetObject", "s3:PutObject"]))],
        resource_policy=policy(
            allow("s3:GetObject", Principal={"AWS": [NORA, "arn:aws:iam::111122223333:user/a"]})
        ),
    )
    both = next(entry for entry in found.sets if len(entry.edits) == 2)
    assert {edit.layer.value for edit in both.edits} == {
        "identity-based-policy",
        "resource-based-policy",
    }
    assert len(found.to_dict()["granted_by"]) == 2


def test_an_allow_of_a_managed_policy_is_stopped_by_a_new_deny(tmp_path):
    """What AWS's policy grants can't be taken out of it."""
    found = edits_in(tmp_path, DEPLOY, "s3:ListBucket", "arn:aws:s3:::reports")
    assert kinds(found) == [["add-policy"]]
    assert found.sets[0].edits[0].document["Statement"][0]["Effect"] == "Deny"


def test_reach_without_a_resource_is_about_such_actions():
    """An edit for an action without a resource is measured over actions without a resource."""
    denied = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"]}
    found = ask("ec2:DescribeVpcs", "*", identity_policies=[policy(allow("*"), denied)])
    removed = ask(
        "ec2:DescribeVpcs",
        "*",
        identity_policies=[
            policy(allow("ec2:*"), deny("ec2:D*", Resource=["*", "arn:aws:s3:::a"]))
        ],
    )
    assert found.sets[0].reach.size == 0
    names = removed.sets[-1].reach.actions
    assert "ec2:DescribeSubnets" in names
    assert "ec2:DeleteVpc" not in names


def test_characters_that_would_be_wildcards_are_escaped():
    """A resource with a star in its name is named, and no other."""
    odd = "arn:aws:s3:::reports/a*b?${x}"
    found = ask(resource=odd, identity_policies=[policy(allow("sqs:*"))])
    assert found.sets[0].edits[0].document["Resource"] == "arn:aws:s3:::reports/a${*}b${?}${$}{x}"


def test_the_question_is_not_changed():
    """What is found leaves the world and the question as they are."""
    question = Question(NORA, "s3:GetObject", OBJECT, attached=attached_of(policy(allow("sqs:*"))))
    world = CompiledWorld()
    before = explain(question, world).decision.verdict
    suggest_edits(question, world)
    assert explain(question, world).decision.verdict is before


TEXTS = {
    "spread.json": json.dumps(policy(allow("s3:PutObject")), indent=4) + "\n",
    "minified.json": json.dumps(policy(allow("s3:PutObject")), separators=(",", ":")),
    "single.json": '{"Version": "2012-10-17", "Statement": {"Effect": "Allow",'
    ' "Action": "s3:PutObject", "Resource": "*"}}\n',
    "block.yaml": "# reads\nVersion: '2012-10-17'\nStatement:\n- Effect: Allow  # yes\n"
    "  Action:\n  - s3:PutObject\n  Resource: '*'\n",
    "flow.yaml": "Version: '2012-10-17'\nStatement: [{Effect: Allow, Action: 's3:PutObject',"
    " Resource: '*'}]\n",
    "single.yaml": "Version: '2012-10-17'\nStatement:\n  Effect: Allow\n  Action: s3:PutObject\n"
    "  Resource: '*'\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_patch_applies_and_allows(tmp_path, name):
    """Each style of text is patched in place, comments stay, and what comes out allows."""
    text = TEXTS[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "world.yaml").write_text(
        f"accounts:\n  '111122223333':\n    users:\n      nora: {{policies: [{name}]}}\n",
        encoding="utf-8",
    )
    question = Question(NORA, "s3:GetObject", OBJECT)
    report = suggest_edits(question, CompiledWorld(load_world(tmp_path / "world.yaml")))
    assert len(report.sets) == 2
    for found in report.sets:
        (patch,) = found.patches
        changed = patched(text, patch.diff)
        assert changed != text
        assert changed.count("#") == text.count("#")
        (tmp_path / name).write_text(changed, encoding="utf-8")
        world = CompiledWorld(load_world(tmp_path / "world.yaml"))
        assert explain(question, world).decision.allowed


def test_two_policies_of_one_file_make_one_patch(tmp_path):
    """Edits of several policies in one world file are one patch of that file."""
    text = """
accounts:
  "111122223333":
    users:
      nora:
        policies:
          - Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]
        boundary:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: sqs:*
              Resource: "*"
"""
    world = CompiledWorld(world_of(tmp_path, text))
    report = suggest_edits(Question(NORA, "s3:GetObject", OBJECT), world)
    (patch,) = report.sets[0].patches
    assert len(patch.policies) == 2
    again = CompiledWorld(world_of(tmp_path, patched(text, patch.diff)))
    assert explain(Question(NORA, "s3:GetObject", OBJECT), again).decision.allowed


def test_edits_of_a_changed_world_are_refused(tmp_path):
    """What `what_if` put in stands nowhere."""
    world = iamsim.World(world_of(tmp_path, WORLD)).what_if(without=["Reads"])
    with pytest.raises(RequestError, match="changed already"):
        world.edits(principal=NORA, action="s3:GetObject")


def test_edits_print_themselves(tmp_path):
    """The Python object says what it is."""
    found = edits_in(tmp_path, NORA, "s3:GetObject")
    assert repr(found) == "<Edits allowed: 1>"
    assert str(found).startswith("what would allow it")


def test_an_action_without_a_resource_is_granted_on_everything():
    """What AWS grants on `*` only is not limited to the resource that was asked about."""
    for resource in ("*", "arn:aws:s3:::*"):
        found = ask("s3:ListAllMyBuckets", resource, identity_policies=[policy(allow("sqs:*"))])
        assert found.sets[0].edits[0].document["Resource"] == "*"


def test_everyone_is_named_as_everyone():
    """The only grant to an anonymous caller is one to everyone, and the sentence says so."""
    bucket = policy(allow("s3:GetObject", Principal={"AWS": NORA}))
    found = ask(principal="anonymous", resource_policy=bucket)
    assert found.sets[0].edits[0].document["Principal"] == "*"
    assert "for everyone, signed in or not" in str(found)
