"""The check of a question, where it is asked: names, resources, callers, keys."""

from __future__ import annotations

import json

import pytest

from iamsim import catalog
from iamsim.catalog.operations import operations
from iamsim.cli.main import main
from iamsim.core.hint import HintKind
from iamsim.core.span import Source
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.importers.load import load_worlds
from iamsim.questions.check import QuestionCheck, acts_on
from iamsim.questions.sentences import QUESTION_SENTENCES, problem_text
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import Document
from iamsim.world.load import load_world_data

ACCOUNT = "111122223333"
EVA = f"arn:aws:iam::{ACCOUNT}:user/eva"
JOBS = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
OTHER = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:other"
AMISS = HintKind.RESOURCE_ACCOUNT_AMISS.value
OF_OTHER_TYPE = HintKind.RESOURCE_OF_OTHER_TYPE.value
KEY = "arn:aws:s3:::reports/q3.csv"
WORLD = {
    "accounts": {
        ACCOUNT: {
            "users": {"eva": {"path": "/"}},
            "roles": {"app": {}},
            "permission_sets": {"Developer": {}},
            "providers": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/known.example.com"],
            "resources": {JOBS: {}, "arn:aws:s3:::reports": {}},
        },
        "444455556666": {"resources": {"arn:aws:s3:::bare": {}}},
    }
}


@pytest.fixture(scope="module")
def world():
    """A world with somebody in it."""
    return load_world_data(Document(WORLD, Source("world", "")))


def kinds(world, principal=EVA, action="s3:GetObject", resource=KEY, **more):
    """What is wrong with a question, with the first suggestion."""
    found = QuestionCheck(world).of_questions([Question(principal, action, resource, **more)])
    return [(hint.kind.value, *hint.suggestions[:1]) for hint in found]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", KEY),
        ("S3:getobject", "arn:aws:s3:::reports/not/yet/there"),
        ("sqs:ListQueues", "*"),
        ("ec2:RunScheduledInstances", "*"),
        ("ec2:DescribeInstances", "*"),
        ("sqs:SendMessage", JOBS),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app"),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("s3:GetObject", f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/a/object/k"),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-9:111122223333:jobs"),
        ("sqs:SendMessage", "arn:aws:sqs:*:*:jobs"),
        ("sqs:SendMessage", "arn:aws-cn:sqs:cn-north-1:777777777777:jobs"),
    ],
)
def test_a_question_that_can_be_meant(world, action, resource):
    """Unlisted objects and other accounts' resources among them."""
    assert kinds(world, action=action, resource=resource) == []


@pytest.mark.parametrize(
    ("action", "kind", "meant"),
    [
        ("s3:PutObjct", "unknown-action", "s3:PutObject"),
        ("s3:ListObjectsV2", "unknown-action", "s3:ListBucket"),
        ("s3:HeadObject", "unknown-action", "s3:GetObject"),
        ("lambda:Invoke", "unknown-action", "lambda:InvokeFunction"),
        ("dynamodb:TransactGetItems", "unknown-action", "dynamodb:GetItem"),
        ("kms:ReEncrypt", "unknown-action", "kms:ReEncryptFrom"),
        ("dynamodbb:GetItem", "unknown-service", "dynamodb:GetItem"),
        ("apigateway:CreateRestApi", "unknown-action", "apigateway:POST"),
        ("eventbridge:PutEvents", "unknown-service", "events:PutEvents"),
        ("s3api:GetObject", "unknown-service", "s3:GetObject"),
        ("bedrock-runtime:Converse", "unknown-service", "bedrock:InvokeModel"),
    ],
)
def test_an_action_that_nobody_knows(world, action, kind, meant):
    """Operations of the API get what AWS asks for."""
    assert kinds(world, action=action) == [(kind, meant)]


def test_operations_stand_for_actions_that_exist():
    """And none of them is an action itself."""
    assert len(operations()) > 50
    for operation, actions in operations().items():
        assert catalog.find_action(operation) is None
        assert [catalog.find_action(action).full_name for action in actions] == list(actions)


@pytest.mark.parametrize(
    ("action", "resource", "kind", "meant"),
    [
        ("s3:PutObject", "*", "resource-left-out", ()),
        ("sqs:SendMessage", "*", "resource-left-out", ()),
        ("ec2:RunInstances", "*", "resource-left-out", ()),
        (
            "s3:GetObject",
            "arn:aws:s3:::reports",
            OF_OTHER_TYPE,
            "arn:aws:s3:::reports/*",
        ),
        ("s3:GetObject", "s3://reports/q3.csv", OF_OTHER_TYPE, KEY),
        ("s3:ListBucket", "reports", OF_OTHER_TYPE, "arn:aws:s3:::reports"),
        ("s3:GetObject", "arn:aws:s3::reports/q3.csv", OF_OTHER_TYPE, KEY),
        ("s3:GetObject", "arn:aws:s3:reports/q3.csv", OF_OTHER_TYPE, KEY),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:jobs", OF_OTHER_TYPE, JOBS),
        (
            "sqs:SendMessage",
            f"arn:aws:sqs:{ACCOUNT}:jobs",
            OF_OTHER_TYPE,
            f"arn:aws:sqs:REGION:{ACCOUNT}:jobs",
        ),
        (
            "lambda:InvokeFunction",
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:bill",
            OF_OTHER_TYPE,
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:bill",
        ),
        (
            "iam:PassRole",
            "app",
            OF_OTHER_TYPE,
            f"arn:aws:iam::{ACCOUNT}:role/app",
        ),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}other", OF_OTHER_TYPE, OTHER),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1{ACCOUNT}:other", OF_OTHER_TYPE, OTHER),
        *(
            (
                action,
                f"arn:aws:{head}:{ACCOUNT}:{given}",
                OF_OTHER_TYPE,
                f"arn:aws:{head}:{ACCOUNT}:{meant}",
            )
            for action, head, given, meant in (
                ("iam:PassRole", "iam:", "roles/app", "role/app"),
                ("sts:AssumeRole", "iam:", "Role/app", "role/app"),
                ("iam:GetPolicy", "iam:", "policys/x", "policy/x"),
                ("lambda:InvokeFunction", "lambda:eu-west-1", "functions:f", "function:f"),
                ("lambda:InvokeFunction", "lambda:eu-west-1", "function/f", "function:f"),
                ("dynamodb:GetItem", "dynamodb:eu-west-1", "tables/t", "table/t"),
            )
        ),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:user/app", OF_OTHER_TYPE, ()),
        ("sqs:SendMessage", "arn:aws:sns:eu-west-1:1:a", OF_OTHER_TYPE, ()),
        ("sqs:SendMessage", JOBS.replace("aws", "awss"), OF_OTHER_TYPE, JOBS),
        ("sqs:ListQueues", JOBS, "action-without-resource", ()),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:11112222333:jobs",
            AMISS,
            JOBS,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1::other",
            AMISS,
            OTHER,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223332:jobs",
            AMISS,
            JOBS,
        ),
        (
            "s3:GetObject",
            f"arn:aws:s3:eu-west-1:{ACCOUNT}:reports/q3.csv",
            AMISS,
            KEY,
        ),
        ("s3:GetObject", "arn:aws:s3:eu-west-1::reports/q3.csv", "resource-region-amiss", KEY),
        (
            "sqs:SendMessage",
            f"arn:aws:sqs:eu-wset-1:{ACCOUNT}:other",
            "resource-region-amiss",
            OTHER,
        ),
        (
            "sqs:SendMessage",
            f"arn:aws:sqs::{ACCOUNT}:other",
            "resource-region-amiss",
            f"arn:aws:sqs:REGION:{ACCOUNT}:other",
        ),
    ],
)
def test_a_resource_that_is_amiss(world, action, resource, kind, meant):
    """What was meant is the ARN with the parts that lack, or the one that the world lists."""
    assert kinds(world, action=action, resource=resource) == [(kind, *([meant] if meant else []))]


@pytest.mark.parametrize(
    "principal",
    [
        EVA,
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:role/app",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/any",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/eva",
        f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/known.example.com",
        "arn:aws:iam::777777777777:role/other",
        "arn:aws:iam::777777777777:user/eva",
        "lambda.amazonaws.com",
        "edgelambda.amazonaws.com",
        "anonymous",
    ],
)
def test_a_caller_that_can_be_meant(world, principal):
    """Those who are listed, and strangers."""
    assert kinds(world, principal) == []


@pytest.mark.parametrize(
    ("principal", "meant"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/evva", EVA),
        (f"arn:aws:iam::{ACCOUNT}:role/ap", f"arn:aws:iam::{ACCOUNT}:role/app"),
        (f"arn:aws:iam::{ACCOUNT}:user/team/eva", EVA),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/s", None),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/other.example.com", None),
        ("arn:aws:iam::111122223332:user/eva", EVA),
        ("arn:aws:iam::444455556666:user/eva", None),
    ],
)
def test_a_caller_that_nobody_is(world, principal, meant):
    """A path that is wrong among them, and an account that is one slip away."""
    assert kinds(world, principal) == [("principal-not-listed", *([meant] if meant else []))]


def test_a_caller_of_a_template_that_says_no_account(tmp_path):
    """The template is for some account: its users are those of any, till somebody says which."""
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "eva"}}
    (tmp_path / "app.json").write_text(json.dumps({"Resources": {"Eva": user}}))
    world = load_worlds(str(tmp_path / "app.json"))
    meant = "arn:aws:iam::000000000000:user/eva"
    assert kinds(world, meant) == []
    assert kinds(world, EVA) == [("principal-not-listed", meant)]
    assert kinds(world, EVA.replace("eva", "max")) == []


def test_a_service_that_is_misspelled(world):
    """Of the services that nobody knows only those are told that come close to one."""
    assert kinds(world, "lamda.amazonaws.com") == [
        ("service-principal-unknown", "lambda.amazonaws.com")
    ]


def test_a_caller_who_brings_its_policies_need_not_be_listed(world):
    """The question says what it has."""
    attached = Question("", "").attached.__class__(identity_policies=())
    assert kinds(world, f"arn:aws:iam::{ACCOUNT}:user/new", attached=attached) == []


def test_keys_that_are_not_known_or_not_carried(world):
    """Of several actions one must carry a key; what all requests share need not be carried."""
    given = {"s3:prefix": "a", "aws:SourceIp": "203.0.113.9", "s3:RequestObjectTag/x": "y"}
    check = QuestionCheck(world)
    get = Question(EVA, "s3:GetObject", KEY, {**given, "aws:SourceIpp": "1"})
    put = Question(EVA, "s3:PutObject", KEY, given)
    found = check.of_questions([get])
    assert [(hint.kind, hint.subject) for hint in found] == [
        (HintKind.CONTEXT_KEY_NOT_SENT, "s3:prefix"),
        (HintKind.CONTEXT_KEY_NOT_SENT, "s3:RequestObjectTag/x"),
        (HintKind.UNKNOWN_CONTEXT_KEY, "aws:SourceIpp"),
    ]
    assert [hint.subject for hint in check.of_questions([put])] == ["s3:prefix"]
    together = check.of_questions([put], together=("s3:PutObject", "s3:ListBucket"))
    assert together == check.of_questions([put], shared_keys={"s3:prefix"}) == ()


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("aws:SecureTransport", "TRUE", None),
        ("aws:SecureTransport", "yes", "yes"),
        ("aws:SourceIp", "2001:db8::1", None),
        ("aws:SourceIp", "203.0.113.0/24", "203.0.113.0/24"),
        ("aws:CurrentTime", "2026-01-31", None),
        ("aws:CurrentTime", "yesterday", "yesterday"),
        ("aws:EpochTime", "1767225600", None),
        ("aws:MultiFactorAuthAge", "5 minutes", "5 minutes"),
        ("aws:PrincipalOrgPaths", ("o-a/r-b/", "x"), None),
        ("aws:PrincipalArn", "eva", None),
    ],
)
def test_a_value_that_no_request_carries(world, key, value, wrong):
    """Truth values, numbers, dates and addresses are told; texts may be anything."""
    found = QuestionCheck(world).of_questions([Question(EVA, "s3:GetObject", KEY, {key: value})])
    expected = [] if wrong is None else [(HintKind.CONTEXT_VALUE_AMISS, f"{key}={wrong}")]
    assert [(hint.kind, hint.subject) for hint in found] == expected


@pytest.mark.parametrize(
    ("action", "name", "meant"),
    [
        ("sts:AssumeRole", "role/app", None),
        ("sts:AssumeRole", "role/ap", "role/app"),
        ("sts:TagSession", "role/deploy", ""),
        ("sts:AssumeRole", "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_a_0", None),
        ("iam:PassRole", "role/ap", None),
    ],
)
def test_a_role_that_nobody_may_assume_since_it_is_not_there(world, action, name, meant):
    """Only its trust policy could let somebody in; for IAM's actions its name is enough."""
    arn = f"arn:aws:iam::{ACCOUNT}:"
    said = () if meant is None else ("resource-not-listed", *([arn + meant] if meant else []))
    assert kinds(world, action=action, resource=arn + name) == ([said] if said else [])
    stranger = f"arn:aws:iam::444455556666:{name}"  # of whose roles the world says nothing
    assert kinds(world, action=action, resource=stranger) == []


def test_keys_that_are_left_open_or_said_to_be_absent_are_names_too(world):
    """Misspelt, they leave open nothing that a policy reads."""
    open_keys = frozenset({"aws:SorceIp", "s3:prefix", "service-control-policy", "own:thing"})
    for how in ("unknown", "unset"):
        assert kinds(world, **{how: open_keys}) == [("unknown-context-key", "aws:SourceIp")]


def test_a_simulation_says_beside_the_answer_what_nobody_knows(capsys):
    """The answer is AWS's; what is simulated for all resources is no mistake."""
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    words = ["simulate", "custom-policy", "--policy-input-list", document, "--action-names"]
    for action, said in (("s3:GetObject", ""), ("s3:GetObjct", "did you mean `s3:GetObject`")):
        assert main([*words, action]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
        assert said in captured.err
        assert bool(said) is bool(captured.err)


def test_without_world_and_policies_nothing_is_allowed(world):
    """An empty world is as good as none."""
    empty = load_world_data(Document({}, Source("world", "")))
    assert kinds(None) == kinds(empty) == [("no-policies",)]
    assert kinds(world) == []


def test_a_resource_that_is_unknown_is_not_looked_at(world):
    """It is a pattern then."""
    assert kinds(world, resource="reports", unknown=frozenset({"resource"})) == []
    found = kinds(world, action="s3:Nothing", resource="reports", unknown=frozenset({"resource"}))
    assert found[0][0] == "unknown-action"


def test_patterns_keep_to_what_acts_on_the_resource():
    """With `*` these are the actions that have none."""
    assert acts_on("s3:GetObject", KEY)
    assert not acts_on("s3:ListBucket", KEY)
    assert not acts_on("s3:GetObject", "*")
    assert acts_on("s3:ListAllMyBuckets", "*")
    assert acts_on("s3:NotThereYet", KEY)


def test_every_kind_has_a_sentence(world):
    """What is known of AWS says of which day; what is known of the world does not."""
    for kind in QUESTION_SENTENCES:
        text = problem_text(QuestionCheck().hint(kind, "a`b", "s3:GetObject", formats=("x", "y")))
        assert "{" not in text
        own = kind in (
            HintKind.PRINCIPAL_NOT_LISTED,
            HintKind.RESOURCE_NOT_LISTED,
            HintKind.NO_POLICIES,
            HintKind.RESOURCE_HOLDS_WILDCARD,
            HintKind.TRUST_POLICY_OF_NO_ROLE,
        )
        assert ("service reference of" in text) is not own


TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": ["sts:AssumeRole", "STS:TagSession"],
    },
}


@pytest.mark.parametrize(
    ("policy", "resource", "amiss"),
    [
        (TRUST, "arn:aws:s3:::b/k", True),
        (TRUST, "*", True),
        (TRUST, "arn:aws:iam::111122223333:user/u", True),
        (TRUST, "arn:aws:iam::111122223333:role/r", False),
        ({**TRUST, "Statement": [{**TRUST["Statement"], "Action": "s3:*"}]}, KEY, False),
        ({**TRUST, "Statement": [{**TRUST["Statement"], "Resource": "*"}]}, KEY, False),
    ],
)
def test_the_trust_policy_of_a_role_is_no_policy_of_other_resources(policy, resource, amiss):
    """Nothing in it can be about them, so a denial of it proves nothing."""
    question = Question(
        "arn:aws:iam::111122223333:user/u",
        "s3:GetObject",
        resource,
        attached=AttachedPolicies(resource_policy=parse_policy(policy, name="p")),
    )
    found = {hint.kind for hint in QuestionCheck().of_questions([question])}
    assert (HintKind.TRUST_POLICY_OF_NO_ROLE in found) is amiss


@pytest.mark.parametrize(
    ("option", "principal", "other"),
    [
        ("--identity-policy", True, "--resource-policy"),
        ("--boundary", True, "--resource-policy"),
        ("--session-policy", True, "--resource-policy"),
        ("--scp", True, "--rcp"),
        ("--rcp", False, "--scp"),
        ("--resource-policy", False, "--identity-policy"),
    ],
)
def test_a_policy_of_another_kind_is_told_its_option(option, principal, other, capsys):
    """By whether it names principals."""
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    if principal:
        statement["Principal"] = "*"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arguments = ["-p", "arn:aws:iam::111122223333:user/u", "-a", "s3:GetObject", "-r", KEY]
    assert main(["explain", *arguments, option, policy]) == 2
    assert f"or was `{other}` meant?" in capsys.readouterr().err


ASKED = ("-p", EVA, "-r", KEY)
BARE = {
    "who-can": lambda action, *more: ["who-can", action, KEY, *more],
    "access-matrix": lambda action, *more: ["access-matrix", "-a", action, "-r", KEY, *more],
    "context": lambda action, *more: ["context", *ASKED, "-a", action, *more],
    "keys": lambda action, *more: ["keys", *ASKED, "-a", action, *more],
    "explain": lambda action, *more: ["explain", *ASKED, "-a", action, *more],
}


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "csv", "quiet"])
@pytest.mark.parametrize("command", BARE)
def test_a_question_is_answered_and_what_is_wrong_with_it_is_said(command, form, tmp_path, capsys):
    """A bare question asserts nothing: every command answers it, and every format says so."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(WORLD), "utf-8")
    more = ["-q"] if form == "quiet" else ["--format", form]
    if command == "explain" and form in ("csv", "quiet"):
        more = ["--format", "text"]
    assert main(BARE[command]("s3:GetObjct", "--world", str(path), *more)) == 0
    said = capsys.readouterr()
    where = said.err if form in ("csv", "quiet") and command != "explain" else said.out
    if (command, form) == ("keys", "json"):  # a list of requests has no place for it
        where = said.err
    assert "s3:GetObject" in where
    assert main(BARE[command]("s3:GetObject", "--world", str(path), *more)) == 0
    assert "did you mean" not in "".join(capsys.readouterr())


def test_a_context_key_that_nobody_knows_is_said_of_all_that_somebody_can(tmp_path, capsys):
    """Of every action at once only the keys can be amiss."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(WORLD), "utf-8")
    asked = ["what-can", EVA, "--world", str(path), "-q"]
    assert main([*asked, "-c", "aws:SourceIpp=203.0.113.7"]) == 0
    assert "aws:SourceIp`" in capsys.readouterr().err
    assert main([*asked, "-c", "aws:SourceIp=203.0.113.7"]) == 0
    assert not capsys.readouterr().err
