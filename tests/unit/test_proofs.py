"""Checks from Python: what they take, what they refuse, and corners that no corpus has."""

from __future__ import annotations

import json
from typing import Any

import pytest

import iamsim
from iamsim.cli.main import main
from iamsim.compile.policy import compile_policy
from iamsim.core.errors import InputError
from iamsim.engine.authorize import decide
from iamsim.engine.callers import WEB_IDENTITY_PROVIDERS
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim, parse_claims
from iamsim.proofs.prove import prove
from iamsim.proofs.result import CheckResult, Verdict, worst
from iamsim.proofs.witnesses import question_of
from iamsim.query.batch import Batch
from iamsim.query.changes import Direction, find_changes
from iamsim.syntax.read import parse_policy
from iamsim.world.load import load_world_data

ACCOUNT, OTHER = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::ledger"
PRINCIPAL = "aws:PrincipalArn"
MANAGED = "arn:aws:iam::aws:policy"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_a_check_has_the_members_of_aws_and_ours() -> None:
    """Result, message and reasons; witness, why it is unknown, assumptions."""
    found = iamsim.check_no_new_access(policy(allow("s3:Get*")), policy(allow("s3:*")))
    data = found.to_dict()
    assert list(data)[:3] == ["result", "message", "reasons"]
    assert data["result"] == "FAIL"
    assert data["reasons"][0]["statementIndex"] == 0
    answer = iamsim.explain(**data["witness"], identity_policies=[policy(allow("s3:*"))])
    assert answer.allowed
    assert data["assumptions"]


def test_the_same_variable_on_both_sides_is_the_same_text() -> None:
    """A proof that no value of it has to be known for."""
    home = f"{BUCKET}/home/${{aws:username}}/*"
    found = iamsim.check_no_new_access(policy(allow("s3:*", home)), policy(allow("s3:Get*", home)))
    assert found.result == "PASS"
    narrow = policy(allow("s3:*", f"{BUCKET}/home/ann/*"))
    assert iamsim.check_no_new_access(narrow, policy(allow("s3:Get*", home))).result == "FAIL"


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    """A condition."""
    return {"Condition": {operator: {key: list(values)}}}


HOME = f"{BUCKET}/${{aws:username}}/*"
VPC, VPCE = "aws:SourceVpc", "aws:SourceVpce"
USER_ARN = "arn:aws:iam::*:user/*"


@pytest.mark.parametrize(
    ("existing", "new"),
    [
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        (
            when("StringEquals", "aws:username", "ann"),
            when("ArnLike", PRINCIPAL, USER_ARN[:-1] + "ann"),
        ),
        (when("Null", "aws:username", "true"), when("ArnLike", PRINCIPAL, "arn:aws:iam::*:role/*")),
        (when("ArnLike", PRINCIPAL, USER_ARN), when("Null", "aws:username", "false")),
        (when("StringEquals", "aws:PrincipalType", "User"), when("ArnLike", PRINCIPAL, USER_ARN)),
        (when("StringNotLike", "aws:userid", "*:*"), when("ArnLike", PRINCIPAL, USER_ARN)),
        (
            when("Null", "aws:PrincipalOrgID", "false"),
            when("Null", "aws:PrincipalOrgPaths", "false"),
        ),
        (when("Null", VPC, "false"), when("StringEquals", VPCE, "vpce-1")),
        ({"Effect": "Deny"}, when("StringLike", "s3:prefix", "x")),
        ({"Effect": "Deny"}, when("StringLike", "kms:ViaService", "s3.*.amazonaws.com")),
        ({"Effect": "Deny"}, when("ArnLike", "iam:PermissionsBoundary", "arn:aws:iam::*:policy/*")),
    ],
)
def test_keys_of_one_request_fit_each_other(existing: dict[str, Any], new: dict[str, Any]) -> None:
    """No witness has the keys of two kinds of callers or ways, or of another action."""
    get = "s3:GetObject"
    assert (
        iamsim.check_no_new_access(policy(allow(get) | existing), policy(allow(get) | new)).result
        == "PASS"
    )
    assert (
        iamsim.check_no_new_access(policy(allow(get) | existing), policy(allow(get))).result
        == "FAIL"
    )


SERVICES = ("a.amazonaws.com", "b.amazonaws.com", "c.amazonaws.com")
VIA, NAMES = "aws:CalledVia", "aws:PrincipalServiceNamesList"


@pytest.mark.parametrize(
    ("conditions", "key", "value"),
    [
        (
            {
                "ForAllValues:StringEquals": {VIA: list(SERVICES)},
                "ForAnyValue:StringEquals": {VIA: SERVICES[2]},
                "StringEquals": {f"{VIA}First": SERVICES[1], f"{VIA}Last": SERVICES[0]},
            },
            VIA,
            [SERVICES[1], SERVICES[2], SERVICES[0]],
        ),
        (
            {
                "StringEquals": {VPC: "vpc-12345678"},
                "ArnLike": {f"{VPC}Arn": "arn:aws:ec2:us-east-1:111122223333:vpc/*"},
            },
            f"{VPC}Arn",
            "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-12345678",
        ),
    ],
    ids=["a chain in its order", "a VPC and its ARN"],
)
def test_a_witness_has_keys_that_go_together(
    conditions: dict[str, Any], key: str, value: str | list[str]
) -> None:
    """The chain began with its last service, and the VPC had the ARN of another."""
    document = policy(allow("s3:GetObject", Condition=conditions))
    found = iamsim.check_no_new_access(policy(allow("sqs:SendMessage")), document)
    assert found.witness is not None
    assert found.witness["context"][key] == value


@pytest.mark.parametrize(
    "conditions",
    [
        {
            "StringEquals": {VPC: "vpc-12345678"},
            "ArnEquals": {f"{VPC}Arn": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-87654321"},
        },
        {
            "StringLike": {"aws:CalledViaAWSMCP": "?*"},
            "Bool": {"aws:ViaAWSMCPService": "false"},
        },
        {
            "StringEquals": {"aws:PrincipalServiceName": SERVICES[0]},
            "ForAllValues:StringEquals": {NAMES: SERVICES[1]},
        },
    ],
    ids=["another VPC", "a server that does not call", "a service without its name"],
)
def test_keys_that_never_go_together_are_no_access(conditions: dict[str, Any]) -> None:
    """Each was a witness that can't exist."""
    given = allow("s3:GetObject", Principal="*", Condition=conditions)
    nothing = policy(allow("sqs:SendMessage", Principal="*"))
    found = iamsim.check_no_new_access(nothing, policy(given), policy_type="resource")
    assert found.result == "PASS"


@pytest.mark.parametrize(
    ("action", "existing", "new"),
    [
        ("kms:Decrypt", "kms:CallerAccount", "aws:PrincipalAccount"),
        ("s3:GetObject", "s3:ResourceAccount", "aws:ResourceAccount"),
        ("ec2:StartInstances", "ec2:ResourceTag/team", "aws:ResourceTag/team"),
        ("ec2:StartInstances", "ec2:Region", "aws:RequestedRegion"),
    ],
)
def test_keys_that_say_the_same_are_the_same(action: str, existing: str, new: str) -> None:
    """A service's own key is what the global one is, both ways."""
    documents = [
        policy(allow(action, **when("StringEquals", key, ACCOUNT))) for key in (existing, new)
    ]
    assert iamsim.check_equivalent(*documents).result == "PASS"


def test_the_account_and_region_of_a_resource_are_those_of_its_arn() -> None:
    """Requests say whose the resource is, but for AWS's list of actions, and EC2's where it is."""
    machines = policy(allow("ec2:StartInstances", "arn:aws:ec2:eu-west-1:*:instance/*"))
    here = policy(allow("ec2:StartInstances", **when("StringEquals", "ec2:Region", "eu-west-1")))
    assert iamsim.check_no_new_access(here, machines).result == "PASS"
    queues = policy(allow("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT}:*"))
    own = policy(allow("sqs:SendMessage", **when("StringEquals", "aws:ResourceAccount", ACCOUNT)))
    assert iamsim.check_no_new_access(own, queues).result == "PASS"


@pytest.mark.parametrize(
    ("existing", "new", "result"),
    [
        (
            allow("s3:*", HOME),
            allow("s3:*", f"{BUCKET}/ann/*", **when("StringEquals", "aws:username", "ann")),
            "PASS",
        ),
        (
            allow("s3:*", HOME),
            allow("s3:*", f"{BUCKET}/ann/*", **when("StringLike", "aws:username", "an*")),
            "FAIL",
        ),
        (
            {**allow("*"), "Effect": "Deny"},
            allow("s3:*", HOME, **when("Null", "aws:username", "true")),
            "PASS",
        ),
    ],
)
def test_a_variable_of_a_fixed_key_has_its_value(
    existing: dict[str, Any], new: dict[str, Any], result: str
) -> None:
    """Where the values that are asked for are excluded and no other can be, nothing is open."""
    assert iamsim.check_no_new_access(policy(existing), policy(new)).result == result


@pytest.mark.parametrize(
    ("principal", "result"),
    [
        (
            {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
            "UNKNOWN",
        ),
        ({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, "UNKNOWN"),
        ({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/session"}, "FAIL"),
        ({"AWS": OTHER}, "FAIL"),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"}, "PASS"),
    ],
)
def test_whom_a_policy_names_by_any_name_is_asked_for(
    principal: dict[str, str], result: str
) -> None:
    """A canonical user or unique id is somebody of whom nothing tells who it is: no proof."""
    first, second = (
        policy(allow("s3:GetObject", f"{BUCKET}/*", Principal=who))
        for who in ({"AWS": ACCOUNT}, principal)
    )
    kind = {"policy_type": "resource", "resource_type": "AWS::S3::Bucket"}
    assert iamsim.check_no_new_access(first, second, **kind).result == result
    assert iamsim.check_no_new_access(second, second, **kind).result == "PASS"


def test_sessions_of_federated_users_and_root_users_are_somebody() -> None:
    """They are in an account, and their ARNs are not those of users or roles."""
    kind = {"policy_type": "resource", "resource_type": "AWS::S3::Bucket"}

    def lets(who: Any, *arns: str) -> dict[str, Any]:
        some = when("ArnLike", PRINCIPAL, *arns)
        return policy(allow("s3:GetObject", f"{BUCKET}/*", Principal=who, **some))

    users = lets("*", USER_ARN)
    roots = lets("*", USER_ARN, "arn:aws:iam::*:root")
    assert iamsim.check_no_new_access(users, roots, **kind).result == "FAIL"
    own = lets({"AWS": ACCOUNT}, "arn:aws:iam::*:*")
    everybody = policy(allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": ACCOUNT}))
    assert iamsim.check_no_new_access(own, everybody, **kind).result == "FAIL"


def test_an_action_that_the_reference_does_not_list_is_no_proof() -> None:
    """AWS may have it by now: only what the existing policy covers as written is nothing new."""
    known = policy(allow("s3:GetObject", f"{BUCKET}/*"))
    newer = policy(allow(["s3:GetObject", "s3:ZzNewThing"], f"{BUCKET}/*"))
    found = iamsim.check_no_new_access(known, newer)
    assert (found.result, "s3:ZzNewThing" in str(found.why_unknown)) == ("UNKNOWN", True)
    for wide in (
        newer,
        policy(allow("s3:*", "*")),
        policy(allow("s3:Zz*", f"{BUCKET}/*"), *known["Statement"]),
    ):
        assert iamsim.check_no_new_access(wide, newer).result == "PASS"


@pytest.mark.parametrize(
    "condition",
    [
        when("ArnLike", PRINCIPAL, "arn:aws:iam::*:root"),
        when("ArnLike", PRINCIPAL, "arn:aws:sts::*:federated-user/*"),
        when("StringEquals", "aws:PrincipalType", "FederatedUser"),
        when("StringEquals", "aws:username", "bob"),
        when("StringEquals", "aws:PrincipalServiceName", "logs.amazonaws.com"),
        when("StringLike", "aws:PrincipalServiceName", "*.amazonaws.com"),
        when("Bool", "aws:PrincipalIsAWSService", "true"),
    ],
)
def test_whom_only_a_condition_designates_is_seen(condition: dict[str, Any]) -> None:
    """By claims, by the difference of the worlds, and by checks of documents."""
    own = allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": ACCOUNT})
    opened = allow("s3:GetObject", f"{BUCKET}/*", Principal="*", **condition)
    documents = policy(own), policy(own, opened)

    def world(document: dict[str, Any]) -> CompiledWorld:
        account = {"resources": {BUCKET: {"policy": document}}}
        return CompiledWorld(load_world_data({"accounts": {ACCOUNT: account}}))

    before, after = map(world, documents)
    claim = parse_claim({"name": "nothing new", "no_new_access": True})
    assert prove(claim, after, before).result == "FAIL"
    assert find_changes(Batch(before), Batch(after)).of(Direction.OPENS)
    kind = {"policy_type": "resource", "resource_type": "AWS::S3::Bucket"}
    assert iamsim.check_no_new_access(*documents, **kind).result == "FAIL"


def test_a_way_that_only_the_old_policy_told_apart_opens() -> None:
    """What was allowed to nobody whose call a service makes is allowed to all now."""
    direct = when("Bool", "aws:ViaAWSService", "false")
    worlds = [
        CompiledWorld(
            load_world_data(
                {"accounts": {ACCOUNT: {"users": {"ann": {"policies": [policy(statement)]}}}}}
            )
        )
        for statement in (allow("s3:PutObject", **direct), allow("s3:PutObject"))
    ]
    claim = parse_claim({"name": "nothing new", "no_new_access": True})
    assert prove(claim, worlds[1], worlds[0]).result == "FAIL"
    assert prove(claim, worlds[0], worlds[1]).result == "PASS"


def test_who_needs_policies_of_its_own_has_them_in_both_worlds() -> None:
    """A user whom nobody lists, named by a trust policy that let in its whole account: the search
    took the old grant for none, and the engine did not confirm that (it was unknown)."""
    other = "444455556666"
    worlds = [
        CompiledWorld(
            load_world_data(
                {
                    "accounts": {
                        ACCOUNT: {"roles": {"r": {"trust": policy(trusted)}}},
                        other: {"users": {"ann": {}}},
                    }
                }
            )
        )
        for trusted in (
            {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}
            for who in (other, f"arn:aws:iam::{other}:user/nobody")
        )
    ]
    claim = parse_claim({"name": "nothing new", "no_new_access": {"action": "sts:AssumeRole"}})
    assert prove(claim, worlds[1], worlds[0]).result == "PASS"


def test_a_key_that_another_service_derives_is_never_there() -> None:
    """A policy of a table that asks for a key of KMS lets nobody in (it was unknown)."""
    table = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/t"
    where = when("StringEquals", "kms:CallerAccount", "444455556666")
    worlds = [
        CompiledWorld(
            load_world_data({"accounts": {ACCOUNT: {"resources": {table: {"policy": document}}}}})
        )
        for document in (
            policy(allow("s3:GetObject", Principal="*")),
            policy(allow("dynamodb:GetItem", Principal="*", **where)),
        )
    ]
    claim = parse_claim({"name": "nothing new", "no_new_access": {"action": "dynamodb:GetItem"}})
    assert prove(claim, worlds[1], worlds[0]).result == "PASS"


def test_the_account_of_a_caller_of_kms_is_its_own() -> None:
    """A key that is open to callers of one account is open to that account."""
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
    opened = allow(
        "kms:*", Principal={"AWS": "*"}, **when("StringEquals", "kms:CallerAccount", OTHER)
    )
    account = {"resources": {key: {"policy": policy(opened)}}}
    world = CompiledWorld(load_world_data({"accounts": {ACCOUNT: account}}))
    never = {"action": "kms:Decrypt", "principal": {"outside": "account"}}
    found = prove(parse_claim({"name": "no strangers", "never": never}), world)
    assert found.witness is not None
    assert found.witness["principal"].split(":")[4] == OTHER


def test_resources_are_in_any_partition() -> None:
    """A partition that few use is no way around a proof."""
    sovereign = policy(allow("s3:GetObject", "arn:aws-eusc:s3:::ledger/*"))
    some = policy(allow("s3:GetObject", f"{BUCKET}/*"))
    assert iamsim.check_no_new_access(some, sovereign).result == "FAIL"


def test_a_variable_in_the_head_of_an_arn_matches_nothing() -> None:
    """AWS takes variables there for plain text; nothing opens by it."""
    odd = policy(allow("s3:*", "arn:aws:s3:::${aws:username}"), allow("s3:*", "arn:${a:b}:s3:::x"))
    compiled = compile_policy(parse_policy(odd))
    resources = compiled.statements[1].resources
    assert resources is not None
    assert resources.patterns[0].parts is None
    empty = policy({"Effect": "Deny", "Action": "*", "Resource": "*"})
    head = policy(allow("s3:*", "arn:${a:b}:s3:::x"))
    assert iamsim.check_no_new_access(empty, head).result == "PASS"


def test_unknown_parts_of_documents_are_no_proof() -> None:
    """What an unknown statement allows is not known; what is allowed anyway is new all the same."""
    unknown = policy({"unknown": "it was cut off"})
    assert iamsim.check_no_new_access(policy(allow("s3:*")), unknown).result == "UNKNOWN"
    cut = policy({"unknown": "it was cut off"}, allow("ec2:*"))  # which may deny
    assert iamsim.check_no_new_access(policy(allow("s3:*")), cut).result == "UNKNOWN"
    both = policy(allow("s3:*", {"unknown": "a value of a stack"}), allow("ec2:*"))
    assert iamsim.check_no_new_access(policy(allow("s3:*")), both).result == "FAIL"


def test_access_is_asked_for_by_actions_or_resources() -> None:
    """Both, one of them, or an error."""
    reads = policy(allow("s3:GetObject", f"{BUCKET}/*"))
    assert iamsim.check_access_not_granted(reads, ["s3:PutObject"]).result == "PASS"
    assert iamsim.check_access_not_granted(reads, (), [f"{BUCKET}/x"]).result == "FAIL"
    with pytest.raises(InputError, match="neither actions nor resources"):
        iamsim.check_access_not_granted(reads)
    with pytest.raises(InputError, match="no action"):
        iamsim.check_access_not_granted(reads, ["s3:GetObjects"])
    for typo in ("b/k", "s3://b/k", "arn:aws:s3::b/k", "arn:aws:sqs:eu-wst-1:111122223333:q"):
        with pytest.raises(InputError, match="the check"):
            iamsim.check_access_not_granted(reads, (), [typo])


def test_public_access_knows_its_resource_types() -> None:
    """AWS's names, or an error with the closest one."""
    opened = policy(allow("s3:GetObject", f"{BUCKET}/*", Principal="*"))
    assert iamsim.check_no_public_access(opened, "AWS::S3::Bucket").result == "FAIL"
    with pytest.raises(InputError, match="no resource type"):
        iamsim.check_no_public_access(opened, "AWS::S3::Buckets")
    with pytest.raises(InputError, match="no type of policy"):
        iamsim.check_equivalent(opened, opened, policy_type="bucket")


def test_equivalent_policies_are_told_from_others() -> None:
    """The answer names the policy that allows more."""
    first, second = policy(allow(["s3:GetObject", "s3:Get*"])), policy(allow("s3:Get*"))
    assert iamsim.check_equivalent(first, second).result == "PASS"
    found = iamsim.check_equivalent(first, policy(allow("s3:*"))).to_dict()
    assert found["allowedBy"] == "second"


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ([], "not a mapping"),
        ({"name": 3, "never": {}}, "not a text"),
        ({"name": "x"}, "neither"),
        ({"never": {}, "no_new_access": True}, "both"),
        ({"nevr": {}}, "unknown member"),
        ({"never": {"actions": "s3:*"}}, "unknown member"),
        ({"never": [1]}, "mapping"),
        ({"never": {"action": "s3:GetObjects"}}, "no action"),
        ({"never": {"principal": "anonimous"}}, "names no principal"),
        ({"never": {"principal": "arn:*:role/deploy"}}, "names no principal"),
        ({"never": {"principal": "arn:aws:iam::1*"}, "future": True}, "names no principal"),
        ({"never": {"principal": {"outside": "world"}}}, "no principal"),
        ({"never": {"principal": {"except": 3}}}, "no principal"),
        ({"never": {}, "future": "maybe"}, "true or false"),
        ({"never": {}, "resources": "some"}, "`any` or `own`"),
        ({"never": {}, "unless": [3]}, "list of conditions"),
        ({"never": {"action": "s3:*", "resource": "arn:aws:sqs:*:*:q"}}, "act on no such"),
        ({"never": {"action": "sqs:*", "resource": "arn:aws:sqs:eu-wst-1:*:q"}}, "no Region"),
        ({"never": {"action": ["sts:Get*Identity"]}}, "no policy controls"),
        ({"never": {"action": "sns:ConfirmSubscription"}}, "no policy controls"),
        ({"never": {"action": "iam:GetPolicy", "resource": f"{MANAGED}/*"}}, "AWS itself manages"),
        ({"never": {"principal": {"outside": "organization"}}}, "the world has none"),
        ({"no_new_access": True}, "about a change"),
    ],
)
def test_claims_that_mean_nothing_are_refused(claim: Any, words: str) -> None:
    """With a sentence that says what is wrong."""
    with pytest.raises(InputError, match=words):
        prove(parse_claim(claim), CompiledWorld(load_world_data({"accounts": {ACCOUNT: {}}})))


@pytest.mark.parametrize("data", [[], {"claims": []}, {"claims": "x"}, {"claim": [{}]}])
def test_files_that_hold_no_claims_are_refused(data: Any) -> None:
    """A file has a list of claims."""
    with pytest.raises(InputError, match="claim"):
        parse_claims(data)


def test_a_member_account_that_is_not_listed_belongs_to_the_organization() -> None:
    """It is outside of the account, and not outside of the organization."""
    world = CompiledWorld(
        load_world_data(
            {
                "organization": {
                    "id": "o-exampleorg1",
                    "management_account": ACCOUNT,
                    "root": {"id": "r-ab12", "accounts": [ACCOUNT, OTHER]},
                },
                "accounts": {
                    ACCOUNT: {
                        "resources": {
                            BUCKET: {
                                "policy": policy(
                                    allow(
                                        "s3:GetObject",
                                        f"{BUCKET}/*",
                                        Principal="*",
                                        Condition={
                                            "StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}
                                        },
                                    )
                                )
                            }
                        }
                    }
                },
            }
        )
    )
    asked = {"action": "s3:GetObject", "resource": f"{BUCKET}/*"}
    outside = parse_claim({"never": {"principal": {"outside": "account"}, **asked}})
    assert prove(outside, world).result == "FAIL"
    beyond = parse_claim({"never": {"principal": {"outside": "organization"}, **asked}})
    assert prove(beyond, world).result == "PASS"


def test_what_a_resource_gives_to_everybody_is_past_a_boundary() -> None:
    """A boundary that allows nothing of it is no proof that a role can't do it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    role = {"trust": policy(open_to_all), "boundary": policy(allow("s3:GetObject"))}
    world = iamsim.World(load_world_data({"accounts": {ACCOUNT: {"roles": {"app": role}}}}))
    app = f"arn:aws:iam::{ACCOUNT}:role/app"
    found = world.prove({"never": {"principal": app, "action": "sts:AssumeRole"}})
    assert found.result == "FAIL"


def test_a_session_named_in_place_of_its_role_is_past_its_session_policy() -> None:
    """A grant to the role is limited by what the policy of a session allows, one to the session is
    not; taken back, it is no new access.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
    """
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
    before, after = (
        CompiledWorld(
            load_world_data(
                {
                    "accounts": {
                        ACCOUNT: {
                            "roles": {"app": {}},
                            "resources": {
                                BUCKET: {
                                    "policy": policy(
                                        allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": who})
                                    )
                                }
                            },
                        }
                    }
                }
            )
        )
        for who in (f"arn:aws:iam::{ACCOUNT}:role/app", session)
    )
    claim = parse_claim({"no_new_access": {"action": "s3:GetObject"}})
    found = prove(claim, after, before)
    assert found.result == "FAIL"
    assert found.witness is not None
    asked = question_of(found.witness)
    assert (asked.principal, decide(asked, after).allowed) == (session, True)
    assert not decide(asked, before).allowed
    assert prove(claim, before, after).result == "FAIL"  # other sessions of the role
    assert prove(claim, after, after).result == "PASS"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/x"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/Music"),
        ("ec2:StopInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:MySecret-a1b2c3",
        ),
    ],
)
def test_a_witness_has_a_name_that_there_can_be(action: str, resource: str) -> None:
    """No bucket, table, secret or instance is called `x`; where policies leave no other, one is."""
    nothing = policy({**allow("*"), "Effect": "Deny"})
    found = iamsim.check_no_new_access(nothing, policy(allow(action)))
    assert found.witness is not None
    assert found.witness["resource"] == resource
    spared = {"Effect": "Deny", "Action": action, "Resource": resource}
    assert iamsim.check_no_new_access(nothing, policy(allow(action), spared)).result == "FAIL"


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"])
def test_a_provider_without_a_name_may_be_anybody(action: str) -> None:
    """AWS's samples for its checks take it for all of them, and no page says so: no proof.

    https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples
    """
    named, wild = (
        policy({"Effect": "Allow", "Action": action, "Principal": {"Federated": name}})
        for name in (f"arn:aws:iam::{ACCOUNT}:saml-provider/x", "*")
    )
    found = iamsim.check_no_new_access(named, wild, policy_type="trust")
    assert found.result == "UNKNOWN"
    assert "the provider `*`" in str(found.why_unknown)
    assert iamsim.check_no_new_access(wild, wild, policy_type="trust").result == "PASS"
    kind = "AWS::IAM::AssumeRolePolicyDocument"
    assert iamsim.check_no_public_access(wild, kind).result == "UNKNOWN"


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_claim_about_a_region_is_not_proved_by_a_resource_of_another(region: str) -> None:
    """The Region of whichever resource stands for an area is not that of the one asked about."""
    users = {"ann": {"policies": [policy(allow("ec2:*"))]}}
    world = iamsim.World(load_world_data({"accounts": {ACCOUNT: {"users": users}}}))
    resource = f"arn:aws:ec2:{region}:{ACCOUNT}:instance/i-1"
    found = world.prove({"never": {"action": "ec2:StartInstances", "resource": resource}})
    assert found.result == "FAIL"


def test_a_canonical_user_of_nobody_knows_whom_is_not_proved_away() -> None:
    """Its account might be anybody's."""
    grant = allow("s3:GetObject", f"{BUCKET}/*", Principal={"CanonicalUser": "a" * 64})
    world = iamsim.World(
        load_world_data({"accounts": {ACCOUNT: {"resources": {BUCKET: {"policy": policy(grant)}}}}})
    )
    found = world.prove({"never": {"principal": {"outside": "account"}, "action": "s3:GetObject"}})
    assert found.result == "UNKNOWN"
    assert "canonical user" in str(found.why_unknown)


def test_services_of_every_partition_are_principals_of_claims() -> None:
    """Those of the European sovereign cloud named no principal."""
    claim = {"name": "one", "never": {"principal": "s3.amazonaws.eu", "action": "s3:GetObject"}}
    assert parse_claim(claim).who.kind == "service"


def test_the_worst_of_several_answers_counts() -> None:
    """FAIL before UNKNOWN before PASS."""
    answers = tuple(CheckResult(verdict, "") for verdict in Verdict)
    assert worst(answers) is Verdict.FAIL
    assert worst(answers[:2]) is Verdict.UNKNOWN
    assert worst(()) is Verdict.PASS


@pytest.mark.parametrize("provider", sorted(WEB_IDENTITY_PROVIDERS))
def test_a_role_opened_to_a_web_identity_provider_is_seen(provider: str) -> None:
    """Amazon Cognito has the name of a service, and is no service where it brings tokens: the claim
    and the difference of the worlds both see whom the role lets in."""
    arn = "arn:aws:iam::111122223333:role/r"

    def world(principal: dict[str, str], action: str) -> CompiledWorld:
        trust = policy({"Effect": "Allow", "Principal": principal, "Action": action})
        account = {"roles": {"r": {"trust": trust}}}
        return CompiledWorld(load_world_data({"accounts": {"111122223333": account}}))

    before = world({"AWS": "arn:aws:iam::111122223333:root"}, "sts:AssumeRole")
    after = world({"Federated": provider}, "sts:AssumeRoleWithWebIdentity")
    result = prove(parse_claim({"name": "nothing new", "no_new_access": True}), after, before)
    assert result.witness is not None
    assert (result.witness["principal"], result.witness["resource"]) == (provider, arn)
    opened = find_changes(Batch(before), Batch(after)).of(Direction.OPENS)
    assert [change.candidate.principal for change in opened] == [provider]


@pytest.mark.parametrize(
    ("action", "key"),
    [
        # AWS restricts tunnels by these, and the reference lists them for no action:
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/permissions-for-ec2-instance-connect-endpoint.html
        ("ec2-instance-connect:OpenTunnel", "ec2-instance-connect:remotePort"),
        ("states:StartExecution", "states:HTTPMethod"),
        ("aws-marketplace:Subscribe", "aws-marketplace:ProductId"),
    ],
)
def test_a_key_of_no_listed_action_may_come_with_any(action: str, key: str) -> None:
    """What the reference does not tell is no reason for a proof, and the answer says the rest."""
    limited = policy(allow(action, **when("StringEquals", key, "22")))
    found = iamsim.check_no_new_access(policy(allow("s3:*")), limited)
    assert found.result == "FAIL"
    assert any("own key comes only with actions" in said for said in found.assumptions)


@pytest.mark.parametrize(
    ("existing", "who"),
    [
        (when("StringNotLike", "aws:userid", "*:*"), ":role/"),
        (when("Null", "aws:username", "false"), ":role/"),
        (when("Null", "aws:username", "true"), ":user/"),
        (when("StringEquals", "aws:PrincipalType", "User", "AssumedRole", "Account"), ":federated"),
    ],
)
def test_a_witness_is_of_somebody_whose_keys_it_has(existing: dict[str, Any], who: str) -> None:
    """Also where no policy reads the caller's ARN."""
    get = allow("s3:GetObject")
    found = iamsim.check_no_new_access(policy(get | existing), policy(get))
    assert found.witness is not None
    assert who in found.witness["principal"]


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "html", "github"])
def test_every_format_says_on_what_an_answer_rests(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no place for it, it is said beside the answer."""
    said = json.dumps(policy(allow("s3:Get*")))
    main(["check", "no-new-access", said, said, "--format", form])
    printed = capsys.readouterr()
    where = printed.err if form == "csv" else printed.out
    assert "context keys are there as AWS sends them, and fit each other" in " ".join(where.split())
