"""Lines that people type: what is read, what is refused, and what is said to be unknown."""

from __future__ import annotations

import json

import pytest

import iamsim
from iamsim import catalog
from iamsim.calls.data import find_service, service_names
from iamsim.calls.mapping import read
from iamsim.calls.model import Call
from iamsim.calls.shell import commands_of

PLACE = {"region": "eu-west-1", "account": "111122223333"}


def asked(line):
    """The actions and resources that a line asks."""
    return [
        (request["action"], request["resource"])
        for request in iamsim.read_line(line, **PLACE).requests
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("aws s3 ls", ["aws", "s3", "ls"]),
        ("aws s3 ls \\\n  s3://b", ["aws", "s3", "ls", "s3://b"]),
        ('aws x --y \'a b\' "c\\"d"', ["aws", "x", "--y", "a b", 'c"d']),
        ("aws x > out.txt 2>&1", ["aws", "x"]),
        ("aws x --y $(cat f) ${Z}", ["aws", "x", "--y", "*", "*"]),
        ("aws x # a comment", ["aws", "x"]),
        ("aws x --y ''", ["aws", "x", "--y", ""]),
    ],
)
def test_a_line_is_cut_as_a_shell_cuts_it(line, words):
    """Quotes, line ends, redirections and comments are undone; what is filled in is a star."""
    assert commands_of(line)[0].words == words


def test_the_environment_in_front_is_read():
    """A Region in front of a command, or among its options, wins over the one that is given."""
    arn = "arn:aws:lambda:us-west-2:111122223333:function:f"
    name = "aws lambda get-function --function-name f"
    assert asked(f"AWS_REGION=us-west-2 {name}") == [("lambda:GetFunction", arn)]
    assert asked(f"{name} --region us-west-2") == [("lambda:GetFunction", arn)]


def test_several_commands_are_read_together():
    """Commands of one line are one reading; what is no command of the AWS CLI is said."""
    reading = iamsim.read_line("aws s3 ls && jq . x | aws sqs list-queues", **PLACE)
    assert [request["action"] for request in reading.requests] == [
        "s3:ListAllMyBuckets",
        "sqs:ListQueues",
    ]
    assert "`jq` is no command of the AWS CLI" in reading.notes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "unreadable-line"),
        ("hello world", "unreadable-line"),
        ("print(1)", "unreadable-line"),
        ("aws sqs", None),
        ("aws nosuch thing", "unknown-service"),
        ("aws sqs no-such-command", "unknown-operation"),
        ("aws s3 cq a s3://b", "unknown-operation"),
        ("aws s3 cp a s3://b --acll public-read", "unknown-option"),
        ("aws s3 cp a b", "missing-argument"),
        ("aws s3api get-object --buckett b", "unknown-option"),
        ("aws sqs list-queues --queue-name-prefix", "missing-value"),
        ("aws sqs list-queues extra", "unexpected-argument"),
        ("aws ec2 run-instances --placement '{'", "invalid-json"),
        ("aws ec2 run-instances --placement =", "invalid-shorthand"),
        ("aws s3 ls 's3://b", "unclosed-quote"),
        ("aws s3 ls $(", "unclosed-quote"),
        ("aws s3api get-object --bucket arn:aw --key k out", "invalid-arn"),
        ("aws s3api list-objects-v2 --bucket arn:aws:s3::", "invalid-arn"),
        ('boto3.client("nosuch").thing()', "unknown-service"),
        ('boto3.client("s3").no_such_call()', "unknown-operation"),
        ('thing.get_object(Bucket="b", Key="k")', "unknown-service"),
    ],
)
def test_what_can_not_be_read_is_an_error(line, code):
    """Nothing that is misspelt is taken for something else."""
    if code is None:
        assert iamsim.read_line(line, **PLACE).skipped
        return
    with pytest.raises(iamsim.RequestError) as raised:
        iamsim.read_line(line, **PLACE)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("line", "suggested"),
    [
        ("aws lambda invok --function-name f out", "invoke"),
        ("aws rds describe-db-instance", "describe-db-instances"),
        ('boto3.client("s3").get_objct(Bucket="b", Key="k")', "get_object"),
        ('boto3.client("s3").GetObjct(Bucket="b", Key="k")', "GetObject"),
    ],
)
def test_a_suggestion_is_spelled_as_the_line_is(line, suggested):
    """What is suggested can be typed where the mistake stood."""
    with pytest.raises(iamsim.RequestError) as raised:
        iamsim.read_line(line, **PLACE)
    assert raised.value.hint == f"did you mean `{suggested}`?"


def test_an_account_must_be_one():
    """The account is checked before anything is read."""
    with pytest.raises(iamsim.RequestError, match="not the id of an account"):
        iamsim.read_line("aws s3 ls", account="acme")


def test_what_is_not_known_is_a_pattern_and_named():
    """Files, variables and options of the CLI's own are notes; a star is in `unknown`."""
    reading = iamsim.read_line("aws s3 cp a s3://$BUCKET/x", **PLACE)
    first = reading.requests[0]
    assert first["resource"] == "arn:aws:s3:::*/x"
    assert first["unknown"] == ["resource"]
    assert "the value of `$BUCKET` is not known" in reading.notes
    policy = iamsim.read_line("aws s3api put-bucket-policy --bucket b --policy file://p", **PLACE)
    assert "what `file://p` holds is not read: `Policy` is not known" in policy.notes
    known = iamsim.read_line("aws lambda list-functions --frobnicate-xyz 1", **PLACE)
    assert any("frobnicate-xyz" in note for note in known.notes)


@pytest.mark.parametrize(
    ("line", "requests"),
    [
        (
            's3 = boto3.client("s3")\ns3.get_object(Bucket="b", Key="k")',
            [("s3:GetObject", "arn:aws:s3:::b/k")],
        ),
        ('s3.get_object(Bucket="b", Key="k")', [("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            's3_client.download_file("b", "k", "f")',
            [("s3:GetObject", "arn:aws:s3:::b/k")],
        ),
        (
            'for page in client.get_paginator("list_objects_v2").paginate(Bucket="b"): pass',
            None,
        ),
        (
            'boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="b")',
            [("s3:ListBucket", "arn:aws:s3:::b")],
        ),
        (
            'boto3.client("ec2").get_waiter("instance_running").wait(InstanceIds=["i-1"])',
            [("ec2:DescribeInstances", "*")],
        ),
        (
            'boto3.resource("dynamodb").Table("t").put_item(Item={"pk": "1"})',
            [("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t")],
        ),
        (
            'boto3.resource("s3").Object("b", "k").delete()',
            [("s3:DeleteObject", "arn:aws:s3:::b/k")],
        ),
        (
            'boto3.resource("s3").Bucket("b").objects.filter(Prefix="x")',
            [("s3:ListBucket", "arn:aws:s3:::b")],
        ),
        (
            'boto3.Session(region_name="us-east-1").client("sqs").list_queues()',
            [("sqs:ListQueues", "*")],
        ),
        (
            's3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})',
            [("s3:GetObject", "arn:aws:s3:::b/k")],
        ),
        (
            'boto3.client("s3").put_object(Bucket="b", Key=f"{month}/x", Body=b"")',
            [("s3:PutObject", "arn:aws:s3:::b/*/x")],
        ),
        (
            'boto3.client("s3").copy({"Bucket": "a", "Key": "j"}, "b", "k")',
            [
                ("s3:PutObject", "arn:aws:s3:::b/k"),
                ("s3:GetObject", "arn:aws:s3:::a/j"),
                ("s3:AbortMultipartUpload", "arn:aws:s3:::b/k"),
            ],
        ),
    ],
)
def test_lines_of_boto3(line, requests):
    """Clients, paginators, waiters, transfers and resources are followed."""
    if requests is None:
        with pytest.raises(iamsim.RequestError, match="client"):
            iamsim.read_line(line, **PLACE)
        return
    assert asked(line) == requests


def test_names_of_services_and_operations_in_any_spelling():
    """botocore's, boto3's, the CLI's and CloudTrail's names mean the same."""
    readings = [
        iamsim.read_call(service, operation, {}, **PLACE).requests
        for service, operation in (
            ("stepfunctions", "ListStateMachines"),
            ("states", "list_state_machines"),
            ("SFN", "list-state-machines"),
        )
    ]
    assert readings[0]
    assert readings[0] == readings[1] == readings[2]


@pytest.mark.parametrize("service", service_names())
def test_every_operation_of_a_service_is_read(service):
    """Without parameters every operation asks something known, is skipped, or says why not."""
    facts = find_service(service)
    for name in facts.operations:
        reading = read(Call(service, name, {}, "eu-west-1", "111122223333"))
        assert reading.asked or reading.skipped or reading.notes
        for requested in reading.asked:
            assert requested.resource == "*" or requested.resource.startswith("arn:")


def test_aws_own_files_say_what_operations_ask(tmp_path):
    """`AuthorizedActions` of a user's own service reference win over what we ship."""
    file = tmp_path / "polly.json"
    actions = [
        {"Name": "ListLexicons", "Service": "polly"},
        {"Name": "GetLexicon", "Service": "polly"},
        {"Name": "ListBuckets", "Service": "s3"},
        {"Name": "PassRole", "Service": "iam"},
    ]
    operation = {
        "Name": "ListLexicons",
        "AuthorizedActions": actions,
        "SDK": [{"Name": "polly", "Method": "list_lexicons", "Package": "Boto3"}],
    }
    content = {"Name": "polly", "Version": "v1.4", "Actions": [], "Operations": [operation]}
    file.write_text(json.dumps(content))
    pack = tmp_path / "refreshed.pack"
    catalog.merge_service_reference([file], pack)
    try:
        catalog.use(pack)
        requests = iamsim.read_call("polly", "ListLexicons", {}, **PLACE).requests
    finally:
        catalog.use()
    assert [(request["action"], request["needed"]) for request in requests] == [
        ("polly:ListLexicons", "always"),
        ("polly:GetLexicon", "always"),
        ("s3:ListBuckets", "depends"),
    ]
    (shipped,) = iamsim.read_call("polly", "ListLexicons", {}, **PLACE).requests
    assert shipped["action"] == "polly:ListLexicons"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "sqs send-message --queue-url https://q/111122223333/q --message-body x",
            "encrypts the queue",
        ),
        ("sqs receive-message --queue-url https://q/111122223333/q", "kms:Decrypt is asked"),
        ("sns publish --topic-arn arn:aws:sns:eu-west-1:111122223333:t --message m", "the topic"),
        ("kinesis put-record --stream-name s --data x --partition-key p", "kms:GenerateDataKey is"),
        ("dynamodb query --table-name t", "encrypts the table"),
        ("resourcegroupstaggingapi tag-resources --resource-arn-list a --tags b=c", "change tags"),
    ],
)
def test_what_else_may_be_asked_is_said(line, words):
    """Whether a queue or a table has a key of its own, no call tells."""
    reading = iamsim.read_line(f"aws {line}", region="eu-west-1", account="111122223333")
    assert len(reading.asked) == 1
    assert any(words in note for note in reading.notes)


def test_a_key_whose_permissions_are_asked_is_not_said_to_be_unlisted():
    """The note is for services of which nothing is known."""
    line = "aws dynamodb create-table --table-name t --sse-specification KMSMasterKeyId=alias/x"
    reading = iamsim.read_line(line, region="eu-west-1", account="111122223333")
    assert "kms:CreateGrant" in [entry.action for entry in reading.asked]
    assert not any("is not listed" in note for note in reading.notes)
