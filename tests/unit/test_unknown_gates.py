"""Gates fail on what is not known, unless it is accepted; strict commands refuse it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from iamsim.cli.main import main

NOBODY = {"GroupDetailList": [], "RoleDetailList": []}  # AWS prints empty lists, too

if TYPE_CHECKING:
    from pathlib import Path

A = "111122223333"
LOST = {"unknown": "the file was not there", "source": "lost.json"}
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def world(folder: Path, name: str, **account: object) -> str:
    """Write a world with one account."""
    path = folder / name
    path.write_text(json.dumps({"accounts": {A: account}}))
    return str(path)


def run(*arguments: str) -> int:
    """Run a command; gives the exit code."""
    return main(list(arguments))


@pytest.fixture
def lost_bucket(tmp_path: Path) -> str:
    """A world with a bucket of which the policy is not known."""
    return world(tmp_path, "lost.json", resources={"arn:aws:s3:::ledger": {"policy": LOST}})


@pytest.fixture
def lost_user(tmp_path: Path) -> str:
    """A world with a user of whom a policy is not known."""
    return world(tmp_path, "user.json", users={"mia": {"policies": [READ, LOST]}})


def test_findings_fail_on_a_policy_that_is_not_known(
    lost_bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No finding is not enough where a policy could have given one."""
    assert run("findings", "--world", lost_bucket) == 0
    assert "nothing to look at" not in capsys.readouterr().out
    gate = ("findings", "--world", lost_bucket, "--fail-on", "public")
    assert run(*gate) == 1
    assert "could change this" in capsys.readouterr().err
    assert run(*gate, "--accept-unknown") == 0
    assert "accepted: one part" in capsys.readouterr().err
    assert run(*gate, "--strict") == 2
    assert "is not known" in capsys.readouterr().err
    assert run("findings", "--world", lost_bucket, "--format", "json") == 0
    unknowns = json.loads(capsys.readouterr().out)["unknowns"]
    assert [(unknown["type"], unknown["why"]) for unknown in unknowns] == [
        ("resource", LOST["unknown"])
    ]


def test_what_bears_on_no_finding_lets_the_gate_pass(lost_user: str) -> None:
    """A user's own policy opens nothing to the outside."""
    assert run("findings", "--world", lost_user, "--fail-on", "any") == 0


def test_paths_fail_on_a_policy_that_is_not_known(
    lost_user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy that is not known may be a way."""
    assert run("paths", "--world", lost_user) == 0
    assert run("paths", "--world", lost_user, "--fail") == 1
    assert run("paths", "--world", lost_user, "--fail", "--accept-unknown") == 0
    assert "is not known, and could change" in capsys.readouterr().out


def test_what_only_one_of_two_worlds_knows_fails_their_comparison(
    tmp_path: Path, lost_user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What neither knows is the same in both; what only one knows may be a difference."""
    other = world(tmp_path, "other.json", users={"mia": {"policies": [READ]}})
    gate = ("diff", lost_user, other, "--fail-on", "opened", "-q")
    assert run(*gate) == 1
    assert run(*gate, "--accept-unknown") == 1
    assert "accepted" in capsys.readouterr().err
    assert run("diff", lost_user, lost_user, "--fail-on", "changed", "-q") == 0
    assert run("diff", lost_user, lost_user, "--strict", "-q") == 2


def test_a_broken_statement_is_not_known_and_the_others_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A world with a broken policy loads; lint names what can't be read."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
            {"Effect": "Deny", "Actoin": "s3:GetObject", "Resource": "*"},
        ],
    }
    path = world(tmp_path, "broken.json", users={"mia": {"policies": [document]}})
    asked = ("explain", "--world", path, "-p", f"arn:aws:iam::{A}:user/mia", "--format", "json")
    bucket = ("-r", "arn:aws:s3:::b/k", "--resource-account", A)
    run(*asked, "-a", "s3:PutObject", *bucket)
    assert json.loads(capsys.readouterr().out)["decision"] == "explicitDeny"
    run(*asked, "-a", "s3:GetObject", *bucket)
    answer = json.loads(capsys.readouterr().out)
    assert answer["decision"] == "conditional"
    assert [unknown["statement"] for unknown in answer["unknowns"]] == [2]
    run(*asked, "-a", "s3:DeleteObject", *bucket)
    assert json.loads(capsys.readouterr().out)["decision"] == "implicitDeny"
    assert run("world", "lint", "--world", path) == 1
    assert "a statement has no element `Actoin`" in capsys.readouterr().out


def test_a_broken_statement_in_both_worlds_is_the_same_in_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Alike it changes nothing; a change that hangs on it is said to, and fails a gate."""
    broken = {"Effect": "Deny", "Actoin": "s3:GetObject", "Resource": "*"}
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    documents = [{"Version": "2012-10-17", "Statement": some} for some in ([broken], [broken, put])]
    before, after = (
        world(tmp_path, f"{number}.json", users={"mia": {"policies": [document]}})
        for number, document in enumerate(documents)
    )
    assert run("diff", before, before, "--fail-on", "changed") == 0
    assert "no decision changes" in capsys.readouterr().out
    assert run("diff", before, before, "--strict") == 2
    assert "a statement has no element `Actoin`" in capsys.readouterr().err
    assert run("diff", before, after, "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [unknown["statement"] for unknown in answer["unknowns"]] == [0]
    assert run("diff", before, after, "--fail-on", "latent", "-q") == 1
    assert "could change this" in capsys.readouterr().err


def test_a_check_of_an_import_fails_on_what_the_sources_do_not_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The world is up to date, and not all of it is known."""
    user = {"UserName": "mia", "Arn": f"arn:aws:iam::{A}:user/mia", "UserId": "AIDA1"}
    user["AttachedManagedPolicies"] = [{"PolicyArn": f"arn:aws:iam::{A}:policy/Lost"}]
    (tmp_path / "dump.json").write_text(json.dumps({"UserDetailList": [user], **NOBODY}))
    arguments = ("import", str(tmp_path / "dump.json"), "-o", str(tmp_path / "world"), "-q")
    assert run(*arguments) == 0
    assert run(*arguments, "--check") == 1
    said = capsys.readouterr().err
    assert "failed: one thing is not known" in said
    assert "dump.json: " in said
    assert "no policy `Lost`" in said
    assert run(*arguments, "--check", "--accept-unknown") == 0
    assert "accepted: one thing is not known" in capsys.readouterr().err
    assert run(*arguments, "--accept-unknown") == 0
    assert "accepted: one thing is not known" in capsys.readouterr().err
    assert run("world", "lint", "--world", str(tmp_path / "world")) == 0
    assert "is not known" in capsys.readouterr().out


MESSAGE = (
    f"User: arn:aws:iam::{A}:user/mia is not authorized to perform: s3:GetObject on resource:"
    ' "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action'
)


def test_a_denial_is_explained_only_if_what_is_not_known_denies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not known is named, with the call that fetches it."""
    path = world(
        tmp_path,
        "denied.json",
        users={"mia": {"policies": [LOST]}},
        resources={"arn:aws:s3:::b": {}},
    )
    assert run("explain", "--denied", MESSAGE, "--world", path) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("explained only if: it is not so that the policy `inline policy 1")
    assert "`aws iam get-account-authorization-details`" in text


def test_a_denial_is_explained_only_if_a_key_is_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A condition on a key that nobody gave may hold in the call that AWS denied."""
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    allow["Condition"] = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}  # type: ignore[assignment]
    document = {"Version": "2012-10-17", "Statement": [allow]}
    path = world(
        tmp_path,
        "keys.json",
        users={"mia": {"policies": [document]}},
        resources={"arn:aws:s3:::b": {}},
    )
    assert run("explain", "--denied", MESSAGE, "--world", path) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("explained only if: `aws:SourceVpc` is absent, as here")
    assert run("explain", "--denied", MESSAGE, "--world", path, "--unset", "aws:SourceVpc") == 0
    capsys.readouterr()


def test_what_nobody_knows_is_not_called_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS sends the Region with the call: what it is may make another policy deny first."""
    region = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": region}
    policy = tmp_path / "scp.json"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    path = world(tmp_path, "open.json", users={"mia": {}}, resources={"arn:aws:s3:::b": {}})
    assert run("explain", "--denied", MESSAGE, "--world", path, "--scp", str(policy)) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith(
        "explained only if: `aws:RequestedRegion`, which is not known, leads to no other denial"
    )


def test_without_any_policy_no_denial_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a world nor a policy is an error, not an explanation."""
    assert run("explain", "--denied", MESSAGE) == 2
    assert "neither a world nor a policy is given" in capsys.readouterr().err


def test_an_effective_policy_leaves_out_what_is_not_known(
    lost_user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No Condition block can say that a lost policy does not deny."""
    who = f"arn:aws:iam::{A}:user/mia"
    assert run("what-can", who, "--as-policy", "--world", lost_user) == 1
    said = capsys.readouterr()
    assert "unknown:" not in said.out
    assert "left out, since no Condition block can say" in said.err


@pytest.fixture
def claims(tmp_path: Path) -> str:
    """A claim about a user and a bucket."""
    path = tmp_path / "claims.json"
    who = f"arn:aws:iam::{A}:user/mia"
    never = {"principal": who, "action": "s3:DeleteBucket", "resource": "arn:aws:s3:::ledger"}
    path.write_text(json.dumps({"claims": [{"never": never}]}))
    return str(path)


def test_a_claim_is_not_proved_over_what_is_not_known(
    lost_user: str, claims: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy that is not known may break it."""
    gate = ("check", "claims", claims, "--world", lost_user)
    assert run(*gate) == 1
    assert "failed: one part" in capsys.readouterr().err
    assert run(*gate, "--accept-unknown") == 0
    assert "accepted: one part" in capsys.readouterr().err


def test_a_claim_over_facts_that_are_not_known(
    tmp_path: Path, claims: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What proofs take for so is said, and fails."""
    users = {"mia": {"policies": [READ], "tags": LOST}}
    path = world(tmp_path, "facts.json", users=users, resources={"arn:aws:s3:::ledger": {}})
    gate = ("check", "claims", claims, "--world", path)
    assert run(*gate) == 1
    assert "the set of tags of" in capsys.readouterr().err
    assert run(*gate, "--accept-unknown") == 0


def test_a_review_proves_claims_as_a_check_does(
    tmp_path: Path, lost_user: str, claims: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over what is not known they fail, and may be accepted."""
    users = {"mia": {"policies": [READ], "tags": LOST}}
    facts = world(tmp_path, "facts.json", users=users, resources={"arn:aws:s3:::ledger": {}})
    for path in (facts, lost_user):
        gate = ("review", path, path, "--claims", claims, "-q")
        assert run(*gate) == 1
        assert "could change this" in capsys.readouterr().err
        assert run(*gate, "--accept-unknown") == 0


# What a trail may lose of a record, and what may stand there instead.
UNTOLD_RECORDS = [
    ("userIdentity", None),
    ("userIdentity", {"Error": {"Code": "AccessDenied"}}),
    ("userIdentity", {"type": "IAMUser", "arn": None}),
    ("userIdentity", {"type": "New", "accountId": A}),
    ("eventName", None),
    ("eventName", "\x00\ufffd"),
    ("eventSource", None),
]


@pytest.mark.parametrize(("member", "value"), UNTOLD_RECORDS)
def test_a_replay_fails_over_records_that_do_not_tell_what_to_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], member: str, value: object
) -> None:
    """Nobody knows whether the change breaks such a call; that AWS decided it tells."""
    path = world(tmp_path, "world.json", users={"mia": {"policies": [READ]}})
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{A}:user/mia", "accountId": A},
        "eventTime": "2026-11-23T00:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListRoles",
        "eventID": "1",
        "eventType": "AwsApiCall",
        "recipientAccountId": A,
    }
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": [{**record, member: value}]}))
    gate = ("replay", str(log), "--world", path, "--without", "ReadOnlyAccess")
    assert run(*gate, "--fail-on", "denied") == 1
    told = capsys.readouterr()
    assert "no call breaks" not in told.out
    assert "failed: 1 records were not asked" in told.err
    assert run(*gate, "--fail-on", "denied", "--accept-unknown") == 0


def test_what_nothing_verifies_is_said_once_where_it_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An allow rests on it, a denial does not; questions about whole worlds say it once."""
    path = tmp_path / "collected.json"
    users = {"mia": {"policies": [READ]}}
    path.write_text(json.dumps({"accounts": {A: {"users": users}}, "unverified": 2}))
    asked = ("-p", "mia", "-r", "arn:aws:s3:::ledger", "--world", str(path))
    said = "nothing says whether"
    for action, times in (("s3:ListBucket", 1), ("s3:DeleteBucket", 0)):
        for form in ("text", "json", "markdown", "html"):
            assert run("explain", "-a", action, *asked, "--format", form) == 0
            assert capsys.readouterr().out.count(said) == times, (action, form)
    gates = (("findings", "--fail-on", "any"), ("paths", "--fail-on", "any"), ("audit",))
    others = (("what-can", "mia"), ("access-matrix", "-a", "s3:ListBucket", *asked[2:4]))
    for question in (*gates, *others, ("who-can", "-a", "s3:ListBucket", *asked[2:4])):
        assert run(*question, "--world", str(path)) == 0
        assert " ".join(capsys.readouterr().out.split()).count(said) == 1, question
        assert run(*question, "--world", str(path), "--format", "json") == 0
        assert '"unverified": 2' in (out := capsys.readouterr().out) or said in out


def test_a_test_over_what_is_not_known_fails_unless_it_is_accepted(
    tmp_path: Path, lost_user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It expects a verdict, and gets one that depends."""
    asked = {"principal": f"arn:aws:iam::{A}:user/mia", "action": "iam:CreateUser"}
    asked |= {"resource": f"arn:aws:iam::{A}:user/x", "expect": "implicitDeny"}
    suite = tmp_path / "mia.iamtest.json"
    suite.write_text(json.dumps({"title": "mia", "world": lost_user, "requests": [asked]}))
    assert run("test", str(suite), "-q") == 1
    assert "failed: one case depends" in capsys.readouterr().err
    assert run("test", str(suite), "-q", "--accept-unknown") == 0
    assert "accepted: one case depends" in capsys.readouterr().err


CHECKS = [
    ("no-new-access", "KNOWN", "LOST"),
    ("no-new-access", "KNOWN", "WHOLE"),
    ("no-new-access", "WHOLE", "KNOWN"),
    ("access-not-granted", "-a", "s3:PutObject", "LOST"),
    ("access-not-granted", "-a", "s3:PutObject", "WHOLE"),
    ("equivalent", "KNOWN", "LOST"),
    ("no-public-access", "--resource-type", "AWS::S3::Bucket", "NAMELESS"),
    ("no-public-access", "--resource-type", "AWS::S3::Bucket", "WHOLE"),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check[0]} {check[-1]}")
def test_a_document_of_which_a_part_is_not_known_proves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], check: tuple[str, ...]
) -> None:
    """Written worlds hold markers in their policy files: the checks of documents read them."""
    place = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    documents = {
        "KNOWN": {"Version": "2012-10-17", "Statement": [place]},
        "LOST": {"Version": "2012-10-17", "Statement": [{**place, "Action": LOST}]},
        "NAMELESS": {"Version": "2012-10-17", "Statement": [{**place, "Principal": LOST}]},
        "WHOLE": LOST,
    }
    for name, document in documents.items():
        (tmp_path / name).write_text(json.dumps(document))
    words = [str(tmp_path / word) if word in documents else word for word in check]
    assert run("check", *words, "-q") == 1
    said = capsys.readouterr()
    assert said.out == "UNKNOWN\n"
    assert "failed: it depends on parts of policies that are not known: the file was" in said.err
    assert run("check", *words, "-q", "--accept-unknown") == 0
    assert "accepted: it depends on parts" in capsys.readouterr().err


@pytest.mark.parametrize(
    "question",
    ["findings", "paths", "audit", "unused", "diff", "changes", "review", "replay"],
)
def test_what_is_accepted_is_counted_without_a_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    """Whoever accepts what is not known hears how much it is, and nothing fails."""
    users = {"mia": {"policies": [READ, LOST]}}
    lost = world(
        tmp_path, "lost.json", users=users, resources={"arn:aws:s3:::ledger": {"policy": LOST}}
    )
    known = world(tmp_path, "known.json", users={"mia": {"policies": [READ]}})
    log = tmp_path / "log.json"
    log.write_text('{"Records": [{"eventName": "ListRoles"}]}')
    words = {
        "diff": (known, lost),
        "changes": (known, lost),
        "review": (known, lost),
        "replay": (str(log), "--world", lost),
        "unused": ("--world", lost, "--at", "2026-12-01"),
    }.get(question, ("--world", lost))
    assert run(question, *words, "-q") == 0
    assert "accepted" not in capsys.readouterr().err
    assert run(question, *words, "-q", "--accept-unknown") == 0
    said = capsys.readouterr().err
    assert "accepted: " in said
    assert "failed" not in said


def test_a_review_counts_each_unknown_part_once(
    tmp_path: Path, claims: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What its changes, findings and claims all hang on is one part; a case that hangs on it, too,
    is told."""
    who = f"arn:aws:iam::{A}:user/mia"
    asked = {"principal": who, "action": "s3:DeleteBucket", "resource": "arn:aws:s3:::ledger"}
    resources = {"arn:aws:s3:::ledger": {"policy": LOST}}
    path = world(tmp_path, "world.json", users={"mia": {}}, resources=resources)
    before = world(tmp_path, "before.json", users={"mia": {}})
    suite = tmp_path / "mia.iamtest.json"
    asked["expect"] = "denied"
    suite.write_text(json.dumps({"title": "mia", "world": path, "requests": [asked]}))
    gate = ("review", before, path, "--claims", claims, "--tests", str(suite), "-q")
    assert run(*gate) == 1
    said = capsys.readouterr().err
    assert "failed: one part of the policies is not known" in said
    assert "failed: one case depends on parts of policies that are not known" in said
    assert run(*gate, "--accept-unknown") == 0


IDENTITY_DENY = (
    MESSAGE.partition(" because")[0] + " with an explicit deny in an identity-based policy"
)
ELSEWHERE = MESSAGE.partition(" because")[0] + " because no resource-based policy allows the action"


@pytest.mark.parametrize(
    ("message", "policies", "wanted"),
    [
        (IDENTITY_DENY, ["FEW"], "fetch the identity-based policy, since AWS names it, and what"),
        (MESSAGE, ["ALL"], "fetch the identity-based policy, since AWS names it, and what"),
        (ELSEWHERE, ["ALL", "BUCKET"], "look whether the bucket is among those of the account"),
        (MESSAGE, ["IF"], "say what `aws:SourceVpc` was with -c, or with --unset"),
    ],
)
def test_what_to_fetch_next_is_what_aws_names(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    message: str,
    policies: list[str],
    wanted: str,
) -> None:
    """Not another policy that was not given; and what is assumed of the bucket stands first."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    documents = {
        "FEW": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        "ALL": everything,
        "IF": {**everything, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
        "BUCKET": {
            "Effect": "Allow",
            "Principal": {"AWS": "444455556666"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*",
        },
    }
    files = []
    for name in policies:
        (tmp_path / name).write_text(
            json.dumps({"Version": "2012-10-17", "Statement": [documents[name]]})
        )
        files.append(str(tmp_path / name))
    assert run("why", message, *files) == 1
    text = capsys.readouterr().out
    assert wanted in " ".join(text.split())
    start = text.index("assumed: nothing names the owner")
    assert start < text.index("explained")
    assert run("why", message, *files, "-q") == 1
    assert ("only if" in capsys.readouterr().out) == (policies == ["IF"])


BROKEN_PARTS: list[tuple[str, object]] = [
    ("GroupList", ["devs"]),
    ("UserPolicyList", [{"PolicyName": "x", "PolicyDocument": {"Statement": [{"Effect": 1}]}}]),
    ("PermissionsBoundary", 17),
    ("Tags", 17),
]


@pytest.mark.parametrize(("member", "value"), BROKEN_PARTS)
def test_a_check_of_an_import_fails_over_each_marker_in_the_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], member: str, value: object
) -> None:
    """Whatever the remark about it is called; `world lint` counts as many."""
    user = {"UserName": "mia", "Arn": f"arn:aws:iam::{A}:user/mia", member: value}
    (tmp_path / "gaad.json").write_text(json.dumps({"UserDetailList": [user], **NOBODY}))
    arguments = ("import", str(tmp_path / "gaad.json"), "-o", str(tmp_path / "world"), "-q")
    assert run(*arguments) == 0
    assert run(*arguments, "--check") == 1
    said = capsys.readouterr().err
    assert said.startswith("failed: one ")
    assert "one part of " in said
    assert run(*arguments, "--check", "--accept-unknown") == 0
    run("world", "lint", "--world", str(tmp_path / "world"), "--format", "json")
    found = json.loads(capsys.readouterr().out)["findings"]
    assert sum(finding["code"] != "not-verified" for finding in found) == 1


OF_AN_SCP = MESSAGE.partition(" because")[0]


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (f"{OF_AN_SCP} with an explicit deny in a service control policy", "explained only if: "),
        (
            f"{OF_AN_SCP} because no service control policy allows the s3:GetObject action",
            "not explained: AWS says that no service control policy allows it, and the world never",
        ),
    ],
)
def test_a_denial_that_nothing_unknown_could_be_is_not_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], message: str, wanted: str
) -> None:
    """Beside FullAWSAccess a lost policy may deny, and can't lack an allow. The call is about the
    node to which it is attached."""
    unit = {"id": "ou-ab12-11111111", "scps": ["FullAWSAccess", LOST], "accounts": [A]}
    root = {"id": "r-ab12", "units": {"Work": unit}}
    organization = {"id": "o-exampleorg1", "management_account": "444455556666", "root": root}
    account = {"users": {"mia": {"policies": [READ]}}, "resources": {"arn:aws:s3:::b": {}}}
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"organization": organization, "accounts": {A: account}}))
    assert run("explain", "--denied", message, "--world", str(path)) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith(wanted)
    call = "aws organizations list-policies-for-target --target-id ou-ab12-11111111 --filter"
    assert call in text
    assert text.count("--target-id") == 1


def test_a_requirement_that_hangs_on_what_is_not_known_can_be_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lost_user: str
) -> None:
    """Of what `diff` and `review` forbid, as a test's; what is refuted is not."""
    asked = {"principal": f"arn:aws:iam::{A}:user/mia", "resource": "arn:aws:s3:::ledger/k"}
    (tmp_path / "change.json").write_text(json.dumps({"Resources": {}}))
    for action, accepted in (("s3:PutObject", 0), ("s3:GetObject", 1)):
        request = {**asked, "action": action, "expect": "denied"}
        forbid = tmp_path / "forbid.json"
        forbid.write_text(json.dumps({"title": "no", "requests": [request]}))
        world_of_it = (
            lost_user
            if not accepted
            else world(tmp_path, "open.json", users={"mia": {"policies": [READ]}})
        )
        for command in ("diff", "review"):
            gate = (command, world_of_it, world_of_it, "--forbid", str(forbid), "-q")
            assert run(*gate) == 1
            said = capsys.readouterr().err
            assert ("one requirement depends on parts of policies" in said) is not accepted
            assert run(*gate, "--accept-unknown") == accepted
