"""`iamsim test --record` and `--compare`: what changed, and which change of a policy did it."""

from __future__ import annotations

import gc
import json

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.suites.cases import Shelf, find_files
from iamsim.suites.comparison import compare
from iamsim.suites.record import Recorder, read_record, write_record
from iamsim.suites.runner import collect

ACCOUNT = "111122223333"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
BUCKET = "arn:aws:s3:::reports"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


def statement(effect, action, **more):
    """A statement about everything."""
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def policy(*statements):
    """A document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


FULL = policy(statement("Allow", "*"))
READ = policy(statement("Allow", "s3:GetObject"))
NO_READ = policy(statement("Deny", "s3:GetObject"))


def world(**parts):
    """A world of one account in one organizational unit; parts replace what is there."""
    role = {"policies": parts.get("identity", [READ])}
    if "boundary" in parts:
        role["boundary"] = parts["boundary"]
    if "trust" in parts:
        role["trust"] = parts["trust"]
    unit = {"id": "ou-ab12-unit", "accounts": [ACCOUNT]}
    for key in ("scps", "rcps"):
        if key in parts:
            unit[key] = parts[key]
    resources = {BUCKET: {"policy": parts["bucket"]}} if "bucket" in parts else {BUCKET: {}}
    endpoint = {"service": "s3", "type": "Interface"}
    if "endpoint" in parts:
        endpoint["policy"] = parts["endpoint"]
    return {
        "policies": parts.get("shared", {}),
        "organization": {
            "id": "o-example",
            "root": {"id": "r-ab12", "units": {"Unit": unit}},
        },
        "accounts": {
            ACCOUNT: {
                "roles": {"app": role},
                "resources": resources,
                "vpc_endpoints": {"vpce-1": endpoint},
            }
        },
    }


def suite(**more):
    """A suite of one request, that the app reads an object."""
    return {
        "title": "t",
        "world": "world.json",
        "requests": [
            {"principal": APP, "action": "s3:GetObject", "resource": f"{BUCKET}/a", **more}
        ],
    }


class Project:
    """A folder with a world and a suite, whose decisions are compared before and after."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, model, scenario=None):
        """Write world and suite; gives the cases."""
        (self.folder / "world.json").write_text(json.dumps(model), encoding="utf-8")
        text = json.dumps(scenario or suite())
        (self.folder / "a.iamtest.json").write_text(text, encoding="utf-8")
        shelf = Shelf()
        return collect(find_files(["."]), shelf).cases, shelf

    def record(self, model, scenario=None):
        """Keep the decisions."""
        cases, shelf = self.write(model, scenario)
        (self.folder / "r.json").write_text(write_record(Recorder(shelf).add(cases)), "utf-8")

    def compare(self, model, scenario=None):
        """Compare with what was kept."""
        cases, shelf = self.write(model, scenario)
        return compare(read_record("r.json"), cases, shelf)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def causes(change):
    """The causes of a change, as layers and kinds."""
    return [[(entry.place.layer, entry.kind) for entry in cause] for cause in change.causes]


TRUST = policy({"Effect": "Allow", "Principal": {"AWS": APP}, "Action": "sts:AssumeRole"})
OPEN_BUCKET = policy(statement("Allow", "s3:GetObject", Principal={"AWS": APP}))
CLOSED_BUCKET = policy(statement("Deny", "s3:*", Principal="*"))
PASS_ALL = policy(statement("Allow", "*", Principal="*"))
PASS_NONE = policy(statement("Deny", "*", Principal="*"))
THROUGH = {"via": {"vpc_endpoint": "vpce-1"}}


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ({}, {"identity": [READ, NO_READ]}, ("identity-based-policy", "added")),
        ({"identity": [READ]}, {"identity": []}, ("identity-based-policy", "removed")),
        ({"identity": [READ]}, {"identity": [NO_READ]}, ("identity-based-policy", "changed")),
        ({}, {"boundary": NO_READ}, ("permissions-boundary", "added")),
        ({"boundary": FULL}, {"boundary": NO_READ}, ("permissions-boundary", "changed")),
        ({"boundary": NO_READ}, {}, ("permissions-boundary", "removed")),
        ({}, {"scps": ["FullAWSAccess", NO_READ]}, ("service-control-policy", "added")),
        ({"scps": ["FullAWSAccess", NO_READ]}, {}, ("service-control-policy", "removed")),
        ({}, {"rcps": [CLOSED_BUCKET]}, ("resource-control-policy", "added")),
        ({}, {"bucket": CLOSED_BUCKET}, ("resource-based-policy", "added")),
        ({"bucket": CLOSED_BUCKET}, {}, ("resource-based-policy", "removed")),
        (
            {"identity": [], "bucket": OPEN_BUCKET},
            {"identity": [], "bucket": CLOSED_BUCKET},
            ("resource-based-policy", "changed"),
        ),
    ],
)
def test_a_single_change_is_proved_to_be_the_cause(project, before, after, cause):
    """Whatever layer it is in, and whether it came, went or changed."""
    project.record(world(**before))
    (change,) = project.compare(world(**after)).changes
    assert causes(change) == [[cause]]
    assert change.before.decision != change.after.decision


def test_endpoint_and_session_policies_are_undone_too(project):
    """The endpoint's policy of the world, and a session policy of the question."""
    project.record(world(endpoint=PASS_ALL), suite(**THROUGH))
    (change,) = project.compare(world(endpoint=PASS_NONE), suite(**THROUGH)).changes
    assert causes(change) == [[("vpc-endpoint-policy", "changed")]]
    project.record(world(), suite(session={"policies": [FULL]}))
    (change,) = project.compare(world(), suite(session={"policies": [NO_READ]})).changes
    assert causes(change) == [[("session-policy", "changed")]]


def test_a_trust_policy_is_compiled_as_one(project):
    """Taken from the record, it is again the policy of a role."""
    request = {"action": "sts:AssumeRole", "resource": APP}
    project.record(world(trust=TRUST), suite(**request))
    (change,) = project.compare(world(), suite(**request)).changes
    assert causes(change) == [[("resource-based-policy", "removed")]]


def test_what_only_several_changes_do_is_told_together(project):
    """Two new denials: undoing one leaves the other; a change beside them is not among them."""
    project.record(world())
    changed = world(identity=[READ, NO_READ, policy(statement("Allow", "ec2:*"))], boundary=NO_READ)
    (change,) = project.compare(changed).changes
    (together,) = causes(change)
    assert sorted(together) == [
        ("identity-based-policy", "added"),
        ("permissions-boundary", "added"),
    ]
    assert len(change.differing) == 3


def test_either_of_two_changes_can_be_the_cause(project):
    """Without the one or without the other, all would be as it was."""
    project.record(world(identity=[], boundary=policy(statement("Allow", "ec2:*"))))
    nothing = policy(statement("Allow", "s3:GetObject"))
    (change,) = project.compare(world(identity=[READ], boundary=nothing)).changes
    assert sorted(causes(change)) == [
        [("identity-based-policy", "added")],
        [("permissions-boundary", "changed")],
    ]


def test_a_changed_request_and_a_changed_fact_are_no_policy(project):
    """The question itself, or the world around the policies, may be what differs."""
    tagged = policy(
        statement("Allow", "s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}})
    )
    before, after = world(identity=[tagged]), world(identity=[tagged])
    before["accounts"][ACCOUNT]["roles"]["app"]["tags"] = {"a": "b"}
    project.record(before)
    (change,) = project.compare(after).changes
    assert (change.causes, change.differing, change.asked) == ((), (), False)
    asked = suite(context={"aws:PrincipalTag/a": "c"})
    (change,) = project.compare(before, asked).changes
    assert change.asked


def test_unknown_keys_are_compared_without_a_proof(project):
    """With unknown keys the decisions are compared, and what differs is listed."""
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    some = policy(statement("Allow", "s3:GetObject", Condition=secure))
    asked = suite(unknown=["aws:SecureTransport"])
    project.record(world(identity=[some]), asked)
    found = project.compare(world(identity=[READ]), asked)
    (change,) = found.changes
    assert (change.before.decision, change.after.decision) == ("conditional", "allowed")
    assert (change.causes, len(change.differing)) == ((), 1)


def test_errors_new_and_gone_cases_are_told(project):
    """A question that can't be asked has a decision to compare as well."""
    broken = suite(action="s3Get")
    broken["requests"].append({**suite()["requests"][0], "name": "old"})
    project.record(world(), broken)
    renamed = suite(name="request 1", action="s3:GetObject")
    renamed["requests"].append({**suite()["requests"][0], "name": "new"})
    found = project.compare(world(), renamed)
    (change,) = found.changes
    assert (change.before.decision, change.after.decision) == ("error: invalid-action", "allowed")
    assert found.new == ("a.iamtest.json::new",)
    assert found.gone == ("a.iamtest.json::old",)


def test_grants_decide_without_a_text(project):
    """A KMS grant is no policy: it decides, and is not among the policies in play."""
    model = world(identity=[])
    model["accounts"][ACCOUNT]["resources"][KEY] = {
        "policy": policy(statement("Allow", "kms:*", Principal={"AWS": ACCOUNT})),
        "grants": [{"grantee": APP, "operations": ["Decrypt"]}],
    }
    asked = suite(action="kms:Decrypt", resource=KEY)
    project.record(model, asked)
    record = read_record("r.json")
    ((decision,),) = record.cases.values()
    assert decision.decision == "allowed"
    assert [entry.policy for entry in decision.statements] == [None]
    assert project.compare(model, asked).same == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"iamsimRecord": 2}',
        '{"iamsimRecord": 1, "cases": {"a": [{}]}, "policies": {}}',
        (
            '{"iamsimRecord": 1, "cases": {"a": [{"action": "a:b", "resource": "*", "asked": "",'
            ' "decision": "allowed", "layer": null, "statements": [],'
            ' "policies": [["identity-based-policy", 0, "p", {"a": 1}]]}]}, "policies": {}}'
        ),
    ],
)
def test_a_file_that_is_no_record_is_an_error(project, text):
    """Nothing is compared with something else."""
    (project.folder / "r.json").write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match="no record"):
        read_record("r.json")


def test_a_managed_policy_that_no_list_has_is_recorded_as_unknown(project):
    """One of AWS's own whose name nobody knows has no text; its marker stands in its place."""
    project.record(world(identity=["arn:aws:iam::aws:policy/NoSuchPolicy", READ]))
    documents = [text.document for text in read_record("r.json").policies.values()]
    assert any("unknown" in document for document in documents)
    assert READ in documents


def test_a_record_whose_policies_are_lost_is_none(project):
    """A record that was cut by hand does not fail later on."""
    project.record(world())
    data = json.loads((project.folder / "r.json").read_text("utf-8"))
    data["policies"] = {}
    (project.folder / "r.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RequestError, match="no record"):
        read_record("r.json")
    with pytest.raises(RequestError, match="can't read"):
        read_record("nowhere.json")


@pytest.mark.parametrize("key", ["action", "resource", "decision", "layer", "statements"])
@pytest.mark.parametrize("value", [{"a": 1}, 1, [{"a": 1}]])
def test_a_record_whose_values_are_of_another_type_is_none(project, key, value):
    """Each value is looked at, so that none ends in a traceback."""
    project.record(world())
    data = json.loads((project.folder / "r.json").read_text("utf-8"))
    for decisions in data["cases"].values():
        decisions[0][key] = value
    (project.folder / "r.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RequestError, match="no record"):
        read_record("r.json")


def test_on_the_command_line(project, capsys):
    """The record is written beside the run; a difference makes the exit code 1, in every form."""
    project.write(world())
    assert main(["test", "-q", "--record", "r.json"]) == 0
    assert gc.isenabled()
    assert main(["test", "-q", "--compare", "r.json"]) == 0
    assert "0 decisions changed, 1 as recorded" in capsys.readouterr().out
    project.write(world(identity=[READ, NO_READ]))
    assert main(["test", "--compare", "r.json", "--record", "new.json"]) == 1
    out = capsys.readouterr().out
    assert "allowed becomes explicitDeny" in out
    assert (
        "because the identity-based-policy inline policy 2 of role app (world.json) is new" in out
    )
    assert main(["test", "--compare", "new.json", "-q"]) == 0
    capsys.readouterr()
    assert main(["test", "--compare", "r.json", "--format", "json"]) == 1
    (changed,) = json.loads(capsys.readouterr().out)["comparison"]["changed"]
    assert changed["causes"][0][0]["kind"] == "added"
    assert main(["test", "--compare", "r.json", "--format", "junit"]) == 1
    assert "allowed becomes explicitDeny" in capsys.readouterr().err
    assert main(["test", "--compare", "nowhere.json"]) == 2
    assert capsys.readouterr().out == ""
    assert main(["test", "--compare", "r.json", "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert "allowed becomes explicitDeny" in out
    assert "because the identity" in out
