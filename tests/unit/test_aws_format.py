"""Answers in the shape of AWS's policy simulator, read by botocore's own model of IAM."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import QueryParser

from iamsim.cli.main import main
from iamsim.report.aws import aws_response
from iamsim.report.aws_sources import PolicySources
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "corpus" / "examples"
FILES = sorted((ROOT / "corpus" / "conformance").rglob("*.yaml")) + sorted(EXAMPLES.glob("*.yaml"))
MODEL = ServiceModel(Loader().load_service_model("iam", "service-2"))
OPERATION = MODEL.operation_model("SimulatePrincipalPolicy")
USER = "arn:aws:iam::111122223333:user/nora"
RANK = ["allowed", "implicitDeny", "explicitDeny"]


def problems(value, shape, path="response"):
    """Say where a value leaves the model: unknown or missing members, wrong types or words."""
    kind = shape.type_name
    if kind == "structure":
        known = shape.members
        yield from (f"{path}.{name} is unknown" for name in value.keys() - known.keys())
        required = shape.metadata.get("required", [])
        yield from (f"{path}.{name} lacks" for name in set(required) - value.keys())
        for name in value.keys() & known.keys():
            yield from problems(value[name], known[name], f"{path}.{name}")
    elif kind == "list":
        for number, entry in enumerate(value):
            yield from problems(entry, shape.member, f"{path}[{number}]")
    elif kind == "map":
        for key, member in value.items():
            yield from problems(key, shape.key, f"{path} key")
            yield from problems(member, shape.value, f"{path}[{key}]")
    else:
        wanted = {"string": str, "boolean": bool, "integer": int}[kind]
        if type(value) is not wanted:
            yield f"{path} is {value!r}"
        elif kind == "string" and shape.enum and value not in shape.enum:
            yield f"{path} is none of {shape.enum}"


def xml_of(value):
    """Write a value as AWS's query protocol does."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml_of(member)}</{name}>" for name, member in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml_of(entry)}</member>" for entry in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def entries_of(value):
    """Bring maps into the form of the query protocol: entries of key and value."""
    if isinstance(value, list):
        return [entries_of(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    found = {name: entries_of(member) for name, member in value.items()}
    if "EvalDecisionDetails" in found:
        pairs = found["EvalDecisionDetails"].items()
        found["EvalDecisionDetails"] = {} if not pairs else Entries(pairs)
    return found


class Entries(dict):
    """A map that `xml_of` writes as entries."""

    def items(self):
        """Give each pair under the name `entry`."""
        return [("entry", {"key": key, "value": value}) for key, value in super().items()]


def parsed_by_botocore(response):
    """Send a response through botocore's parser of this operation."""
    body = (
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>"
        f"{xml_of(entries_of(response))}"
        "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    answer = {"body": body.encode(), "headers": {}, "status_code": 200}
    parsed = QueryParser().parse(answer, OPERATION.output_shape)
    parsed.pop("ResponseMetadata")
    return parsed


@pytest.fixture
def simulate(capsys):
    """Run a command that answers in this shape, and give its response."""

    def call(*words):
        assert main(list(words)) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return json.loads(captured.out)

    return call


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_answer_of_the_corpus_fits_the_model_of_botocore(path):
    """Answers of all corpus files have AWS's members and words, and botocore reads them back."""
    scenario = load_scenario(path)
    for result in run_scenario(scenario):
        sources = PolicySources(scenario.world, result.answers[0].request.principal)
        response = aws_response(result.answers, sources)
        assert list(problems(response, OPERATION.output_shape)) == []
        assert parsed_by_botocore(response) == response


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_decision_of_an_action_is_the_most_restrictive(path):
    """One result an action; it is as restrictive as its worst resource, whose verdict it tells."""
    for result in run_scenario(load_scenario(path)):
        response = aws_response(result.answers)
        actions = [member["EvalActionName"] for member in response["EvaluationResults"]]
        asked = [answer.request.action for answer in result.answers]
        assert actions == list(dict.fromkeys(asked))
        for member in response["EvaluationResults"]:
            some = [a for a in result.answers if a.request.action == member["EvalActionName"]]
            verdicts = [
                "implicitDeny"
                if a.decision.verdict.value == "conditional"
                else a.decision.verdict.value
                for a in some
            ]
            assert member["EvalDecision"] == max(verdicts, key=RANK.index)
            inside = member.get("ResourceSpecificResults")
            if inside is not None:
                assert [entry["EvalResourceDecision"] for entry in inside] == verdicts
            if member["EvalDecision"] == "implicitDeny":
                assert member["MatchedStatements"] == []


def policy(*statements):
    """Write a policy as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b1/*"}
BLOCKS = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b2/*"}
BOTH = ("--resource-arns", "arn:aws:s3:::b1/k", "arn:aws:s3:::b2/k")
CUSTOM = ("simulate", "custom-policy", "--action-names", "s3:GetObject")


def test_one_result_with_a_decision_for_each_resource(simulate):
    """An allowed and a denied resource give one result that is denied, and both inside."""
    response = simulate(*CUSTOM, *BOTH, "--policy-input-list", policy(READS, BLOCKS))
    (result,) = response["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    inside = {e["EvalResourceName"]: e for e in result["ResourceSpecificResults"]}
    assert inside["arn:aws:s3:::b1/k"]["EvalResourceDecision"] == "allowed"
    assert inside["arn:aws:s3:::b2/k"]["EvalResourceDecision"] == "explicitDeny"
    assert result["MatchedStatements"] == inside["arn:aws:s3:::b2/k"]["MatchedStatements"]


def test_only_the_deny_is_listed_where_one_matches(simulate):
    """Beside a deny that matches, allows are left out."""
    denies = {**BLOCKS, "Resource": "*"}
    words = ("--policy-input-list", policy(READS), policy(denies))
    response = simulate(*CUSTOM, "--resource-arns", "arn:aws:s3:::b1/k", *words)
    (statement,) = response["EvaluationResults"][0]["MatchedStatements"]
    assert statement["SourcePolicyId"] == "PolicyInputList.2"


def test_missing_keys_of_policies_are_listed_and_those_of_scps_are_not(tmp_path, simulate):
    """A key that only an SCP reads stays hidden, as do its statements; its effect is told."""
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    guard = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    guard |= {"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
    allow = {**READS, "Condition": condition}
    words = (
        "explain",
        "-p",
        USER,
        "-a",
        "s3:GetObject",
        "-r",
        "arn:aws:s3:::b1/k",
        "--format",
        "aws",
    )
    plain = simulate(*words, "--identity-policy", policy(allow))["EvaluationResults"][0]
    assert plain["EvalDecision"] == "implicitDeny"
    assert plain["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    assert "OrganizationsDecisionDetail" not in plain
    files = {"full.json": {**guard, "Effect": "Allow"}, "guard.json": guard}
    files["full.json"].pop("Condition")
    for name, statement in files.items():
        (tmp_path / name).write_text(policy(statement), "utf-8")
    scps = "+".join(str(tmp_path / name) for name in files)
    guarded = simulate(*words, "--identity-policy", policy(READS), "--scp", scps)
    (result,) = guarded["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert result["MatchedStatements"] == []
    assert result["MissingContextValues"] == []
    assert "EvalDecisionDetails" not in result


def test_a_variable_without_a_value_is_a_missing_key(simulate):
    """A key that a policy variable needs is listed like that of a condition."""
    own = {**READS, "Resource": "arn:aws:s3:::b1/${aws:PrincipalTag/team}/*"}
    words = ("--resource-arns", "arn:aws:s3:::b1/x/k", "--policy-input-list", policy(own))
    (result,) = simulate(*CUSTOM, *words)["EvaluationResults"]
    assert result["MissingContextValues"] == ["aws:PrincipalTag/team"]


def test_a_boundary_has_its_own_detail(simulate):
    """Whether the permissions boundary allows is said at the top and for each resource."""
    boundary = policy({**READS, "Action": "s3:Put*"})
    words = ("--policy-input-list", policy(READS), "--permissions-boundary-policy-input-list")
    (result,) = simulate(*CUSTOM, *BOTH, *words, boundary)["EvaluationResults"]
    detail = {"AllowedByPermissionsBoundary": False}
    assert result["PermissionsBoundaryDecisionDetail"] == detail
    for entry in result["ResourceSpecificResults"]:
        assert entry["PermissionsBoundaryDecisionDetail"] == detail


@pytest.mark.parametrize(
    ("owner", "resource", "details"),
    [
        ("111122223333", "arn:aws:s3:::b1/k", {}),
        (
            "444455556666",
            "arn:aws:s3:::b1/k",
            {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"},
        ),
        ("111122223333", "*", None),
    ],
)
def test_details_are_for_requests_across_accounts(simulate, owner, resource, details):
    """Across accounts each side is told; within one the map is empty, and for `*` left out."""
    words = ("--caller-arn", USER, "--resource-owner", owner, "--resource-arns", resource)
    allow = policy({**READS, "Resource": "*"})
    response = simulate(*CUSTOM, *words, "--policy-input-list", allow)
    assert response["EvaluationResults"][0].get("EvalDecisionDetails") == details


def test_policies_have_the_names_that_aws_gives_them(tmp_path, simulate):
    """Managed policies have their name, inline ones that of what they hang on as well."""
    world = {
        "accounts": {
            "111122223333": {
                "users": {
                    "nora": {"policies": ["Own", json.loads(policy(READS))], "groups": ["g"]}
                },
                "groups": {"g": {"policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}},
                "policies": {"Own": json.loads(policy(READS))},
            }
        }
    }
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world), "utf-8")
    words = ("--action-names", "s3:GetObject", "--resource-arns", "arn:aws:s3:::b1/k")
    words = ("simulate", "principal-policy", "--world", str(path), *words)
    extra = ("--policy-input-list", policy(READS))
    for more, expected in (((), []), (extra, [("PolicyInputList.1", "none")])):
        response = simulate(*words, "--policy-source-arn", USER, *more)
        found = {
            (matched_statement["SourcePolicyId"], matched_statement["SourcePolicyType"])
            for matched_statement in response["EvaluationResults"][0]["MatchedStatements"]
        }
        inline = {entry for entry in found if entry[1] == "user"}
        assert found - inline == {
            ("Own", "user-managed"),
            ("AmazonS3ReadOnlyAccess", "aws-managed"),
            *expected,
        }
        assert len(inline) == 1
        assert all(name.startswith("user_nora_") for name, _ in inline)


ONE_LINE = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)
INDENTED = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    },
    {
      "Effect": "Deny",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"""


@pytest.mark.parametrize(
    ("text", "places"),
    [
        # The first is an example of the AWS CLI's manual, word for word in its position.
        (ONE_LINE, [((1, 38), (1, 167))]),
        (INDENTED, [((3, 17), (8, 6)), ((8, 6), (13, 6))]),
    ],
)
def test_positions_are_those_of_aws(simulate, text, places):
    """Start and end are where AWS's own answers have them."""
    found = []
    for number in range(len(places)):
        action = "dynamodb:CreateBackup"
        entry = "ContextKeyName=aws:CurrentTime,ContextKeyValues=2019-04-25T11:00:00Z"
        one = text if number else text.replace('"Deny"', '"Allow"')
        words = ("--policy-input-list", one, "--context-entries", entry)
        response = simulate("simulate", "custom-policy", "--action-names", action, *words)
        statements = response["EvaluationResults"][0]["MatchedStatements"]
        found.append(
            [
                tuple(
                    (s[name]["Line"], s[name]["Column"])
                    for name in ("StartPosition", "EndPosition")
                )
                for s in statements
            ]
        )
    assert found[0] == places
    assert all(member == [places[number]] for number, member in enumerate(found) if number)


def test_a_page_fits_the_model_as_well(simulate):
    """A truncated response has a marker; botocore reads it back, and its pages are the whole."""
    words = ("simulate", "custom-policy", "--policy-input-list", policy(READS), "--action-names")
    words = (*words, "s3:GetObject", "s3:PutObject", "--resource-arns", "arn:aws:s3:::b1/k")
    whole = simulate(*words)
    first = simulate(*words, "--max-items", "1")
    second = simulate(*words, "--max-items", "1", "--marker", first["Marker"])
    for response in (first, second):
        assert list(problems(response, OPERATION.output_shape)) == []
        assert parsed_by_botocore(response) == response
    pages = first["EvaluationResults"] + second["EvaluationResults"]
    assert pages == whole["EvaluationResults"]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)


def test_scenario_files_have_no_such_form(capsys):
    """A scenario has several requests with policies of their own: its answers are JSON instead."""
    path = str(EXAMPLES / "why-was-this-denied.yaml")
    assert main(["explain", path, "--format", "aws"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "the format `aws` can't be used together with a scenario file" in captured.err
