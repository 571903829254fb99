"""`iamsim context`: which keys a request has, where they come from, and who reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamsim.cli.main import main

HARBOR = str(Path(__file__).parents[2] / "corpus" / "examples" / "harbor")
USER = "arn:aws:iam::111122223333:user/nora"
ASK = ["context", "-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::reports/a"]
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Mfa",
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::reports/${aws:PrincipalTag/team}/*",
                "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:username": "nora"}},
            },
            {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::other/*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            },
            {
                "Effect": "Allow",
                "Action": "ec2:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"ec2:Region": "eu-west-1"}},
            },
        ],
    },
    indent=1,
)


@pytest.fixture
def run(capsys):
    """Run the command line: exit code, output, errors."""

    def call(*words):
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def keys(run, *words):
    """The keys of one request, by name."""
    found = json.loads(run(*ASK, "--identity-policy", POLICY, "--format", "json", *words)[1])
    return {row["key"]: row for row in found["keys"]}


def test_each_key_says_where_it_comes_from(run):
    """Given, derived and absent keys are told apart, the derived with what they follow from."""
    found = keys(
        run, "-c", "aws:SourceIp=203.0.113.10", "-c", "aws:TagKeys=a", "-c", "aws:TagKeys=b"
    )
    assert (found["aws:SourceIp"]["state"], found["aws:SourceIp"]["value"]) == (
        "given",
        "203.0.113.10",
    )
    assert found["aws:TagKeys"]["value"] == ["a", "b"]
    name = found["aws:username"]
    assert (name["state"], name["origin"], name["from"]) == ("derived", "principal", USER)
    assert found["aws:SourceVpc"]["state"] == "absent"
    assert found["aws:SourceVpc"]["value"] is None


def test_each_key_names_the_statements_that_read_it(run):
    """Conditions and policy variables of statements about the request count, others don't."""
    found = keys(run)
    for key in ("aws:SourceVpc", "aws:username", "aws:PrincipalTag/team"):
        (reading,) = found[key]["read_by"]
        assert (reading["statement"], reading["sid"], reading["line"]) == (0, "Mfa", 4)
        assert reading["layer"] == "identity-based-policy"
    assert found["aws:PrincipalArn"]["read_by"] == []
    assert not {"aws:MultiFactorAuthPresent", "ec2:Region"} & found.keys()


@pytest.mark.parametrize("words", [["--unknown", "AWS:sourcevpc"], ["--partial"]])
def test_unknown_keys_are_not_absent(run, words):
    """A key that is said to be unknown is shown as that."""
    assert keys(run, *words)["aws:SourceVpc"]["state"] == "unknown"
    assert "unknown" in run(*ASK, "--identity-policy", POLICY, *words)[1]


def test_unset_keys_are_absent(run):
    """A derived key that is taken away is absent where a statement reads it."""
    assert keys(run, "--unset", "aws:username")["aws:username"]["state"] == "absent"


def test_quiet_lists_what_the_request_lacks(run):
    """`-q` prints the absent keys alone, sorted."""
    out = run(*ASK, "--identity-policy", POLICY, "-q")[1]
    assert out == "aws:PrincipalTag/team\naws:SourceVpc\n"


def test_text_puts_what_is_read_first(run):
    """Keys that a statement reads come first, with policy, statement and line below each."""
    out = run(*ASK, "--identity-policy", POLICY)[1]
    read, _, rest = out.partition("read by none")
    assert "aws:SourceVpc" in read
    assert "statement 1 `Mfa`" in read
    assert "aws:PrincipalArn" in rest
    assert "aws:SourceVpc," not in rest


def test_what_else_a_request_may_carry_is_listed(run):
    """Keys that the catalog has for the action, but neither given, derived nor read."""
    words = (*ASK, "--identity-policy", POLICY, "-c", "s3:authType=REST-HEADER")
    found = json.loads(run(*words, "--format", "json")[1])
    rest = found["not_knowable"]
    assert {"aws:UserAgent", "s3:ExistingObjectTag/<key>"} <= set(rest)
    assert not {row["key"] for row in found["keys"]} & set(rest)
    assert not {key for key in rest if key.startswith(("aws:PrincipalService", "aws:TagKeys"))}
    assert rest == sorted(rest, key=str.lower)
    text = " ".join(run(*words)[1].partition("not knowable from here")[2].split())
    assert ", ".join(rest) in text
    unknown = json.loads(run("context", "-p", USER, "-a", "a:B", "--format", "json")[1])
    assert all(key.startswith("aws:") for key in unknown["not_knowable"])


def test_the_time_is_there_where_a_policy_asks_for_it(run):
    """As with `explain`, the clock gives a key only where it is read, and `--at` sets it."""
    dated = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}},
            },
        }
    )
    words = [*ASK, "--identity-policy", dated, "--format", "json"]
    found = json.loads(run(*words)[1])["keys"]
    assert [row["origin"] for row in found if row["key"] == "aws:CurrentTime"] == ["clock"]
    set_time = json.loads(run(*words, "--at", "2026-01-01T00:00:00Z")[1])["keys"]
    (row,) = [row for row in set_time if row["key"] == "aws:CurrentTime"]
    assert row["value"] == "2026-01-01T00:00:00Z"


def test_several_pairs_are_listed_one_by_one(run):
    """Several actions or resources give one block, or one entry under `requests`, each."""
    words = [*ASK, "-a", "s3:PutObject", "--world", HARBOR]
    data = json.loads(run(*words, "--format", "json")[1])
    assert [request["request"]["action"] for request in data["requests"]] == [
        "s3:GetObject",
        "s3:PutObject",
    ]
    assert run(*words)[1].count("  principal  ") == 2


def test_color_is_only_painted_on_request(run):
    """`--color always` paints titles; the text under the paint is the same."""
    plain = run(*ASK, "--identity-policy", POLICY)[1]
    painted = run(*ASK, "--identity-policy", POLICY, "--color", "always")[1]
    assert "\x1b[" in painted
    assert "\x1b[" not in plain


def test_the_request_must_be_complete(run):
    """Without a principal there is no context; that is said as `explain` says it."""
    code, out, err = run("context", "-a", "s3:GetObject")
    assert (code, out) == (2, "")
    assert "error: the request has no principal" in err
    assert run("context", "scenario.yaml")[0] == 2
