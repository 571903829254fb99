"""`iamsim explain ANYTHING...`: what each argument is taken for."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from iamsim.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "corpus" / "examples"
DUMP = (
    Path(__file__).parents[1]
    / "data/imports/moto/123456789012/get-account-authorization-details.json"
)
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
BUCKET = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::reports/*",
    },
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
GUARD = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*", "sqs:*"],
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
}
MESSAGE = (
    "An error occurred (AccessDenied) when calling the GetObject operation: User: "
    "arn:aws:sts::111122223333:assumed-role/app/s1 is not authorized to perform: s3:GetObject on "
    'resource: "arn:aws:s3:::reports/a" with an explicit deny in a service control policy'
)
EVENT = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-20T09:30:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "recipientAccountId": "111122223333",
    "userIdentity": {
        "type": "IAMUser",
        "arn": "arn:aws:iam::111122223333:user/nora",
        "accountId": "111122223333",
        "userName": "nora",
    },
    "requestParameters": {"bucketName": "reports", "key": "a"},
    "errorCode": "AccessDenied",
}
REQUEST = ["-p", "arn:aws:iam::111122223333:role/app", "-a", "s3:GetObject"]
ON = ["-r", "arn:aws:s3:::reports/a"]

# The name of a file and its content, and what it is taken for.
FILES = [
    ("read.json", ALLOW, "a policy, taken for an identity-based policy of the caller"),
    ("deny.json", DENY, "a policy, taken for a service control policy, beside FullAWSAccess"),
    ("bucket.json", BUCKET, "a policy, taken for the policy of the resource"),
    ("my-boundary.json", ALLOW, "a policy, taken for the permissions boundary of the caller"),
    ("session.json", ALLOW, "a policy, taken for a session policy"),
    ("scp-root.json", ALLOW, "a policy, taken for a service control policy, a level of its own"),
    ("guard.json", GUARD, "a policy, taken for a resource control policy, a level of its own"),
    ("vpce.json", BUCKET, "a policy, taken for the policy of the VPC endpoint"),
    ("trust.json", TRUST, "a policy, left out: a trust policy says who may assume the role"),
    (
        "version.json",
        {"PolicyVersion": {"Document": ALLOW, "VersionId": "v1"}},
        "output of `aws iam get-policy-version`, taken for an identity-based policy",
    ),
    (
        "bucket-policy.json",
        {"Policy": json.dumps(BUCKET)},
        "the member `Policy` of an output, taken for the policy of the resource",
    ),
    ("encoded.txt", quote(json.dumps(ALLOW)), "encoded text, taken for an identity-based policy"),
]


def run(capsys, *arguments):
    """The exit code, and what was written."""
    code = main(["explain", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def flat(text):
    """A text without its line breaks, which depend on the length of paths."""
    return " ".join(text.split())


def written(folder, name, content):
    """A file with that content."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(("name", "content", "words"), FILES)
def test_each_file_is_recognised_and_put_at_its_place(tmp_path, capsys, name, content, words):
    """One line says what a file was taken for."""
    path = written(tmp_path, name, content)
    code, out, err = run(capsys, *REQUEST, *ON, path, "--format", "json")
    assert (code, err) == (0, "")
    (line,) = json.loads(out)["inputs"]
    assert line.startswith(f"{path}: {words}")


def test_a_message_with_the_policy_that_explains_it(tmp_path, capsys):
    """A policy that only denies is an SCP beside FullAWSAccess, in any order with the message."""
    deny, allow = written(tmp_path, "a.json", DENY), written(tmp_path, "b.json", ALLOW)
    for arguments in ([MESSAGE, deny, allow], [allow, deny, MESSAGE]):
        code, out, _ = run(capsys, *arguments)
        assert code == 0
        assert "explained: the world denies the request for the reason that AWS gives" in flat(out)
        assert "next: nothing, what was given explains the denial" in flat(out)


def test_a_message_alone_says_what_to_fetch(capsys):
    """Nothing was given that could explain it."""
    code, out, _ = run(capsys, MESSAGE)
    assert code == 1
    assert "nothing was given that could say so" in flat(out)
    assert flat(out).endswith(
        "aws organizations list-policies-for-target --target-id 111122223333"
        " --filter SERVICE_CONTROL_POLICY"
    )


def test_a_denial_by_a_layer_that_was_not_given_is_not_explained(tmp_path, capsys):
    """That the caller has no policy is no finding where nobody gave any."""
    message = MESSAGE.replace(
        "with an explicit deny in a service control policy",
        "because no identity-based policy allows the s3:GetObject action",
    )
    scp = written(
        tmp_path, "a.json", {**DENY, "Statement": {**DENY["Statement"], "Action": "ec2:*"}}
    )
    code, out, _ = run(capsys, message, scp)
    assert code == 1
    assert "not explained" in flat(out)
    assert "next: fetch the identity-based policy, since AWS names it" in flat(out)


@pytest.mark.parametrize(
    ("account", "step"),
    [
        ("********3333", "next: give the ARN of the resource with -r"),
        ("111122223333", "aws apigateway get-rest-api --rest-api-id abcdef --region us-east-1"),
    ],
)
def test_api_gateway_hides_the_account_of_its_resource(capsys, account, step):
    """Its policy is asked for by the id of the API, once the account is known.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
    """
    resource = f"arn:aws:execute-api:us-east-1:{account}:abcdef/prod/GET/pets"
    message = (
        f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {resource}"
    )
    code, out, _ = run(capsys, message)
    assert code == 1
    assert step in flat(out)


def test_a_policy_that_was_given_and_does_not_explain_is_not_called_missing(tmp_path, capsys):
    """The policy of the bucket lets the caller's account in: his own policies decide."""
    grant = {**BUCKET["Statement"], "Principal": {"AWS": "111122223333"}}
    policy = written(tmp_path, "a.json", {**BUCKET, "Statement": grant})
    message = MESSAGE.replace(
        "with an explicit deny in a service control policy",
        "because no resource-based policy allows the s3:GetObject action",
    )
    code, out, _ = run(capsys, message, policy)
    assert code == 1
    assert "it hangs on the identity-based policy, which was not given" in flat(out)


def test_an_event_is_a_file_or_an_argument(tmp_path, capsys):
    """CloudTrail records are recognised by themselves, in lists and in log files."""
    allow = written(tmp_path, "b.json", ALLOW)
    log = written(tmp_path, "log.json", {"Records": [EVENT, EVENT]})
    assert "a CloudTrail record, taken for the question" in run(capsys, json.dumps(EVENT), allow)[1]
    assert "2 CloudTrail records, taken for the question" in run(capsys, log, allow)[1].replace(
        "\n", " "
    )


ERROR = (
    "User: arn:aws:iam::111122223333:user/nora is not authorized to perform: s3:GetObject on "
    'resource: "arn:aws:s3:::reports/a" because no identity-based policy allows the s3:GetObject '
    "action"
)
OUTCOMES = [
    ({"errorCode": "AccessDenied", "errorMessage": ERROR}, "deny", "AWS gives another reason"),
    ({"errorCode": "AccessDenied", "errorMessage": ERROR}, "none", "AWS gives the same reason"),
    ({"errorCode": "AccessDenied"}, "none", "AWS denied the call (AccessDenied) and gives no"),
    ({"errorCode": "AccessDenied"}, "allow", "which the answer does not explain: no reason"),
    ({"errorCode": None}, "allow", "AWS let the call through"),
    ({"errorCode": None}, "none", "through, which the answer does not explain"),
    ({"errorCode": None}, "depends", "through, which the answer explains in some cases only"),
    ({"errorCode": "AccessDenied"}, "depends", "which the answer explains in some cases only: no"),
    ({"errorCode": "NoSuchKey"}, "allow", None),
]
FROM_HOME = {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}


@pytest.mark.parametrize(("said", "policy", "words"), OUTCOMES)
def test_what_aws_did_is_held_against_the_answer(tmp_path, capsys, said, policy, words):
    """A record tells whether the call went through, and why not."""
    unrelated = {**ALLOW, "Statement": {**ALLOW["Statement"][0], "Action": "ec2:*"}}
    depends = {**ALLOW, "Statement": {**ALLOW["Statement"][0], **FROM_HOME}}
    content = {"deny": DENY, "allow": ALLOW, "none": unrelated, "depends": depends}[policy]
    path = written(tmp_path, "read.json", content)
    _, out, _ = run(capsys, json.dumps({**EVENT, **said}), path, "--format", "json")
    outcomes = json.loads(out).get("outcomes", [])
    assert [words in outcome for outcome in outcomes] == ([] if words is None else [True])


def test_dumps_are_worlds_and_plans_are_laid_over_them(capsys):
    """A world and what changes it."""
    _, out, _ = run(capsys, *REQUEST, *ON, DUMP)
    assert f"{DUMP}: account authorization details, taken for the world" in flat(out)
    harbor, plan = EXAMPLES / "harbor", EXAMPLES / "harbor-plan.json"
    _, out, _ = run(capsys, *REQUEST, *ON, plan, harbor)
    assert f"{plan}: Terraform, laid over the world" in flat(out)
    assert f"{harbor}: a world of iamsim, taken for the world" in flat(out)


def test_a_plan_without_an_account_is_the_callers_and_says_so(tmp_path, capsys):
    """The message tells the account, the plan does not; whom the plan lacks it explains nothing
    about."""
    policy = {
        "Version": "2012-10-17",
        "Statement": {**ALLOW["Statement"][0], "Action": "s3:PutObject"},
    }
    values = {"name": "app", "assume_role_policy": json.dumps(policy)}
    own = {"name": "own", "role": "app", "policy": json.dumps(policy)}
    resources = [
        {"address": f"{kind}.app", "mode": "managed", "type": kind, "name": "app", "values": given}
        for kind, given in (("aws_iam_role", values), ("aws_iam_role_policy", own))
    ]
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": [],
    }
    path = written(tmp_path, "plan.json", plan)
    message = MESSAGE.replace(
        "with an explicit deny in a service control policy",
        "because no identity-based policy allows the s3:GetObject action",
    )
    code, out, _ = run(capsys, message, path)
    assert code == 0
    said = "nothing says which account the sources are for: 111122223333, the caller's, was taken"
    assert said in flat(out)
    assert "whose Action lists only s3:PutObject" in flat(out)
    code, out, _ = run(capsys, message.replace("/app/", "/apq/"), path)
    assert code == 1
    assert "the world does not list the caller" in flat(out)


def test_managed_policies_by_name_and_by_arn(capsys):
    """A bare name is that of an AWS managed policy, and so is one behind its path."""
    for name in (
        "ReadOnlyAccess",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "AmazonDynamoDBFullAccess_v2",
        "AdministratorAccess-Amplify",
        "job-function/ViewOnlyAccess",
    ):
        code, out, _ = run(capsys, *REQUEST, *ON, name)
        assert code == 0
        assert f"{name}: an AWS managed policy, taken for an identity-based policy" in flat(out)


@pytest.mark.parametrize("name", ["ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"])
def test_a_policy_where_a_world_stands_is_sent_to_the_commands_that_take_it(name, tmp_path, capsys):
    """`diff` compares worlds: for a policy, in a file or managed, it names what compares two."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": []}))
    for arguments in (["diff", name, path], ["diff", path, name], ["review", path, name]):
        code = main([*map(str, arguments)])
        error = capsys.readouterr().err
        assert (code, "a policy, not a world" in error or "managed policy, not a" in error) == (
            2,
            True,
        )
        assert "`iamsim check equivalent`" in error
    assert main(["context", name]) == 2
    assert "give a policy with `--identity-policy`" in capsys.readouterr().err


def test_a_command_of_the_cli_is_a_question(capsys):
    """`aws s3 ls` asks what it asks."""
    _, out, _ = run(capsys, "-p", REQUEST[1], "aws s3 ls s3://reports", "ReadOnlyAccess")
    assert "a command of the AWS CLI, taken for the question" in flat(out)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nosuch.json", "can't read `nosuch.json`: no such file or directory"),
        ("s3:GetObject", "an action is given with -a"),
        ("arn:aws:iam::111122223333:role/app", "a caller is given with -p"),
        ("hello", "is no file, and no text that is known"),
        ('{"a": 1}', "is nothing that is known"),
        ('{"Statement": [{"Effect": "Allow", ]}', "error"),
    ],
)
def test_what_is_not_recognised_is_an_error(capsys, argument, message):
    """With a hint where it belongs."""
    code, out, err = run(capsys, argument)
    assert (code, out) == (2, "")
    assert message in err


def test_two_policies_where_one_is_taken(tmp_path, capsys):
    """Two boundaries can't both be the caller's."""
    first, second = (written(tmp_path, f"boundary-{n}.json", ALLOW) for n in (1, 2))
    code, _, err = run(capsys, *REQUEST, *ON, first, second)
    assert code == 2
    assert "is one already" in err


def test_a_scenario_stands_alone(capsys, tmp_path):
    """It brings everything."""
    allow = written(tmp_path, "b.json", ALLOW)
    scenario = EXAMPLES / "why-was-this-denied.yaml"
    code, _, err = run(capsys, scenario, allow)
    assert code == 2
    assert "can't be used together with a scenario" in err


def test_a_scenario_takes_no_request(capsys):
    """What would be asked stands in it."""
    code, _, err = run(capsys, EXAMPLES / "why-was-this-denied.yaml", *REQUEST)
    assert code == 2
    assert "the option `--principal` can't be used together with a scenario file" in err


def test_a_bucket_policy_of_another_bucket_is_left_out(capsys, tmp_path):
    """A policy of a resource that nobody asks about grants nothing."""
    policy = written(tmp_path, "b.json", BUCKET)
    _, out, _ = run(capsys, *REQUEST, "-r", "arn:aws:s3:::other/a", policy)
    assert "left out: it is the policy of `arn:aws:s3:::reports`" in flat(out)


def test_why_is_explain(capsys):
    """The alias answers the same."""
    assert main(["why", MESSAGE, "-q"]) == 1
    assert capsys.readouterr().out == "not explained\n"


def test_an_encoded_denial_is_told_by_the_record_that_holds_it(tmp_path, capsys):
    """Only AWS can decode it; with the event around it nobody has to."""
    encoded = "AbCdEf0123456789-_xyz"
    message = (
        "You are not authorized to perform this operation. Encoded authorization failure message: "
    )
    event = {
        "eventSource": "ec2.amazonaws.com",
        "eventName": "TerminateInstances",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/otto",
            "accountId": "111122223333",
        },
        "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-0abc"}]}},
        "errorCode": "Client.UnauthorizedOperation",
        "errorMessage": message + encoded,
    }
    said = f"An error occurred (UnauthorizedOperation) when calling TerminateInstances: {message}"
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
    (tmp_path / "said.txt").write_text(said + encoded, encoding="utf-8")
    (tmp_path / "other.txt").write_text(f"{said}another-text-1234", encoding="utf-8")
    asked = ["why", str(tmp_path / "event.json"), "corpus/examples/harbor"]
    assert main([*asked, str(tmp_path / "said.txt")]) == 0
    shown = capsys.readouterr().out
    assert "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc" in shown
    assert "told by the record that holds it" in flat(shown)
    assert main([*asked, str(tmp_path / "other.txt")]) == 2
    assert "ask different questions" in capsys.readouterr().err
