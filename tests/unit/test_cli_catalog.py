"""`iamsim catalog`: looking up, searching and refreshing the service reference."""

from __future__ import annotations

import json

import pytest

from iamsim import catalog
from iamsim.cli.main import main
from iamsim.report.columns import listing, table, words


@pytest.fixture
def run(capsys):
    """Run `iamsim catalog`: exit code, output, errors; the shipped facts are back afterwards."""

    def call(*arguments):
        code = main(["catalog", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    yield call
    catalog.use(None)


def shown(run, *arguments):
    """Run a command with JSON output and read it."""
    return json.loads(run(*arguments, "--format", "json")[1])


def test_an_action_is_shown_with_all_that_its_tables_say(run):
    """Access level, resource types with ARN formats, keys and dependent actions are there."""
    data = shown(run, "show", "EC2:runinstances")
    facts = catalog.find_action("ec2:RunInstances")
    assert (data["kind"], data["name"]) == ("action", "ec2:RunInstances")
    assert data["access_level"] == facts.access_level
    assert data["dependent_actions"] == list(facts.dependent_actions)
    assert set(data["condition_keys"]) == catalog.carried_keys("ec2:RunInstances")
    assert [resource_kind["name"] for resource_kind in data["resource_types"]] == [
        u.name for u in facts.resource_types
    ]
    text = run("show", "ec2:RunInstances")[1]
    assert "instance*" in text
    assert "iam:PassRole" in text


def test_an_action_without_resource_types_says_so(run):
    """Text and JSON say that such an action is granted on everything only."""
    assert shown(run, "show", "s3:ListAllMyBuckets")["resource_types"] == []
    assert "can only be granted on `*`" in run("show", "s3:ListAllMyBuckets")[1]


def test_a_service_lists_every_action_once(run):
    """All actions of a service are listed, in JSON and under `-q` by name."""
    names = [action.full_name for action in catalog.actions("sqs")]
    assert [entry["name"] for entry in shown(run, "show", "sqs")["actions"]] == names
    assert run("show", "SQS", "-q")[1].split() == names
    assert all(name.partition(":")[2] in run("show", "sqs")[1] for name in names)


@pytest.mark.parametrize(
    ("name", "template", "scope", "carried"),
    [
        ("aws:sourceip", "aws:SourceIp", "global", None),
        ("s3:prefix", "s3:prefix", "service", "s3:ListBucket"),
        ("aws:RequestTag/team", "aws:RequestTag/${TagKey}", "action", "ec2"),
        ("token.actions.githubusercontent.com:sub", None, "identity-provider", None),
    ],
)
def test_a_condition_key_tells_its_type_and_who_carries_it(run, name, template, scope, carried):
    """Keys are found in any case and with any tag key; those of a service name their actions."""
    data = shown(run, "show", name)
    assert data["kind"] == "condition key"
    assert data["name"] == (template or name)
    assert data["scope"] == scope
    assert data["carried_by"] is None if carried is None else carried in data["carried_by"]
    assert run("show", name)[0] == 0


def test_search_finds_names_that_hold_every_word(run):
    """Each find holds all words; services come before actions, resource types and keys."""
    found = shown(run, "search", "BUCKET", "acl")["found"]
    assert {"s3:GetBucketAcl", "s3:PutBucketAcl"} <= {entry["name"] for entry in found}
    assert all(
        "bucket" in entry["name"].lower() and "acl" in entry["name"].lower() for entry in found
    )
    kinds = [entry["kind"] for entry in shown(run, "search", "s3")["found"]]
    order = ["service", "action", "resource type", "condition key"]
    assert kinds == sorted(kinds, key=order.index)
    assert run("search", "zzzz")[:2] == (0, "names with zzzz\n\n0 found\n")


def test_search_takes_action_patterns(run):
    """A word with wildcards means what it means in a policy; plain words narrow it down."""
    assert tuple(run("search", "s3:*Acl", "-q")[1].split()) == catalog.expand("s3:*Acl")
    assert run("search", "s3:*Acl", "s3:Put*", "bucket", "-q")[1] == "s3:PutBucketAcl\n"


def test_services_and_version_agree(run):
    """The list of services is as long as the version says."""
    prefixes = [service["prefix"] for service in shown(run, "services")["services"]]
    assert tuple(prefixes) == catalog.services()
    assert shown(run, "version")["counts"]["services"] == len(prefixes)
    assert run("services", "-q")[1].split() == prefixes
    assert catalog.version().snapshot in run("version")[1]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["show", "s3:GetObjct"], "has no `s3:GetObjct`", "did you mean `s3:GetObject`?"),
        (["show", "aws:SorceIp"], "has no `aws:SorceIp`", "did you mean `aws:SourceIp`?"),
        (["show", "dynamdb"], "has no `dynamdb`", "did you mean `dynamodb`?"),
        (["show", "zzzzzz"], "has no `zzzzzz`", "catalog search"),
        (["show", "account:GetChallengeQuestions"], "is retired", "catalog show account"),
        (["search"], "`iamsim catalog search` needs WORDS", "--help"),
        (["refresh", "nowhere.json"], "can't read `nowhere.json`", ""),
    ],
)
def test_what_is_not_known_exits_with_two(run, words, message, hint):
    """Unknown names are errors with a hint, on standard error."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert hint in err


def test_a_refreshed_file_answers_from_then_on(run, tmp_path, monkeypatch):
    """`refresh` writes a file; with IAMSIM_CATALOG every command knows what is new in it."""
    reference = tmp_path / "sqs.json"
    action = {"Name": "FoldMessage", "Annotations": {"Properties": {"IsWrite": True}}}
    reference.write_text(json.dumps({"Name": "sqs", "Actions": [action], "Version": "v1"}), "utf-8")
    target = tmp_path / "new.pack"
    code, out, _ = run("refresh", str(reference), "-o", str(target))
    assert code == 0
    assert "sqs:FoldMessage" in out
    assert f"IAMSIM_CATALOG={target}" in out
    assert run("show", "sqs:FoldMessage")[0] == 2
    monkeypatch.setenv("IAMSIM_CATALOG", str(target))
    assert shown(run, "show", "sqs:FoldMessage")["access_level"] == "Write"
    assert shown(run, "version")["refreshed"] == ["sqs"]
    report = shown(run, "refresh", str(reference))
    assert (report["file"], report["added_actions"]) == (str(target), ["sqs:FoldMessage"])


def test_a_name_in_other_letters_is_the_same_action(run, tmp_path):
    """A reference that writes an action otherwise changes it, and adds none."""
    reference = tmp_path / "s3.json"
    action = {"Name": "gEToBJECT", "Annotations": {"Properties": {"IsWrite": True}}}
    reference.write_text(json.dumps({"Name": "s3", "Actions": [action], "Version": "v1"}), "utf-8")
    report = shown(run, "refresh", str(reference), "-o", str(tmp_path / "new.pack"))
    assert report["added_actions"] == []
    assert report["changed_actions"] == ["s3:GetObject"]


def test_a_file_that_is_no_service_reference_is_refused(run, tmp_path, monkeypatch):
    """IAMSIM_CATALOG must name a file that `refresh` wrote, and a target must be writable."""
    bad = tmp_path / "bad.pack"
    bad.write_text("nothing", "utf-8")
    for path in (bad, tmp_path / "absent"):
        monkeypatch.setenv("IAMSIM_CATALOG", str(path))
        code, out, err = run("version")
        assert (code, out) == (2, "")
        assert f"can't read the service reference `{path}`" in err
    monkeypatch.delenv("IAMSIM_CATALOG")
    reference = tmp_path / "sqs.json"
    reference.write_text(json.dumps({"Name": "sqs", "Actions": []}), "utf-8")
    code, _, err = run("refresh", str(reference), "-o", str(tmp_path / "no" / "folder"))
    assert code == 2
    assert "can't write" in err


@pytest.mark.parametrize("name", ["", ","])
def test_a_name_that_a_pack_cannot_hold_is_refused(run, tmp_path, name):
    """The file is named; nothing is written."""
    reference = tmp_path / "sqs.json"
    key = {"Name": "sqs:Size", "Types": [name]}
    content = {"Name": "sqs", "Actions": [], "ConditionKeys": [key]}
    reference.write_text(json.dumps(content), "utf-8")
    code, out, err = run("refresh", str(reference), "-o", str(tmp_path / "new.pack"))
    assert (code, out) == (2, "")
    assert "has a name that is empty" in err
    assert not (tmp_path / "new.pack").exists()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_text_keeps_to_the_width(run, monkeypatch, width):
    """Lines are as wide as asked, but for words that can't be broken."""
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments in (("show", "s3:GetObject"), ("show", "dynamodb"), ("version",)):
        for line in run(*arguments)[1].splitlines():
            assert len(line) <= width or len(line.split()) <= 2


def test_columns_are_aligned_and_wrapped():
    """Cells line up, the last column wraps below itself, and long words go below their name."""
    rows = [("a", "one two three"), ("bcd", "four")]
    assert table(rows, 14) == ["a    one two three", "bcd  four"]
    assert table([("a", "one two three four five six")], 24) == [
        "a  one two three four",
        "   five six",
    ]
    assert listing([("a", "x" * 30)], 20) == ["  a", "    " + "x" * 30]
    assert words(["one", "two"], 80) == ["  one, two"]
    assert table([], 80) == words([], 80) == []
