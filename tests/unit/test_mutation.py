"""Mutation testing: which changes there are, which a suite notices, and what would have told."""

from __future__ import annotations

import json
import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from iamsim.core.errors import RequestError
from iamsim.engine.authorize import decide
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.same_access import same_access
from iamsim.report.document import Document
from iamsim.report.mutation import mutation_blocks, mutation_to_dict, score_line
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text
from iamsim.suites.cases import Shelf
from iamsim.suites.mutation import Verdict, mutants_of
from iamsim.suites.mutation import run_mutants as run_unproved
from iamsim.suites.mutation.cases import suite_text
from iamsim.suites.mutation.changes import changes_of
from iamsim.suites.mutation.run import score
from iamsim.suites.runner import collect, run_cases
from iamsim.suites.vicinity import takes

ROLE = "arn:aws:iam::111122223333:role/app"
READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:List*"],
            "Resource": "arn:aws:s3:::reports/*",
            "Condition": {
                "StringEquals": {"aws:PrincipalTag/team": ["blue", "green"]},
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
            },
        }
    ],
}
WORLD = {
    "organization": {
        "id": "o-exampleorg1",
        "management_account": "999999999999",
        "root": {
            "id": "r-ab12",
            "scps": ["FullAWSAccess", "no-delete.json"],
            "accounts": ["111122223333"],
        },
    },
    "accounts": {
        "111122223333": {
            "roles": {
                "app": {"policies": ["read.json"], "boundary": "boundary.json"},
                "other": {"policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
            }
        }
    },
}
NO_DELETE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
}
BOUNDARY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
}
BLUE = {"aws:PrincipalTag/team": "blue", "aws:MultiFactorAuthPresent": "true"}

run_mutants = partial(run_unproved, prove=same_access)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A world with a role, a boundary and a guardrail; gives a function that writes the suite."""
    monkeypatch.chdir(tmp_path)
    for name, data in (
        ("world.json", WORLD),
        ("read.json", READ),
        ("boundary.json", BOUNDARY),
        ("no-delete.json", NO_DELETE),
    ):
        Path(name).write_text(json.dumps(data, indent=2), encoding="utf-8")

    def write(*requests):
        suite = {
            "title": "t",
            "world": "world.json",
            "requests": [{"principal": ROLE, **request} for request in requests],
        }
        Path("a.iamtest.json").write_text(json.dumps(suite), encoding="utf-8")
        shelf = Shelf()
        return collect(["a.iamtest.json"], shelf).cases, shelf

    return write


GET = {
    "name": "reads",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::reports/a",
    "context": BLUE,
    "expect": "allowed",
}


def verdicts(results):
    """What became of each mutant of the identity-based policy and of the rest."""
    return {(r.mutant.kind, r.mutant.text): r.verdict for r in results}


def test_every_element_is_changed_in_every_way():
    """Drop, swap, widen, narrow, drop a condition or a value, and let absent keys pass."""
    found = [(change.kind, change.path) for change in changes_of(READ)]
    place = ("Statement", 0)
    condition = (*place, "Condition")
    team = (*condition, "StringEquals", "aws:PrincipalTag/team")
    assert found == [
        ("drop-statement", place),
        ("swap-effect", (*place, "Effect")),
        ("narrow-action", (*place, "Action", 0)),
        ("widen-action", (*place, "Action", 0)),
        ("narrow-action", (*place, "Action", 1)),
        ("widen-action", (*place, "Action", 1)),
        ("narrow-action", (*place, "Action", 1)),
        ("widen-resource", (*place, "Resource")),
        ("narrow-resource", (*place, "Resource")),
        ("drop-condition", team),
        ("drop-value", (*team, 0)),
        ("drop-value", (*team, 1)),
        ("if-exists", team),
        ("drop-condition", (*condition, "Bool", "aws:MultiFactorAuthPresent")),
        ("if-exists", (*condition, "Bool", "aws:MultiFactorAuthPresent")),
    ]
    assert all(change.document != READ for change in changes_of(READ))


def test_what_is_turned_around_is_widened_where_its_opposite_is_narrowed():
    """Fewer entries of NotAction cover more; principals are let in and left out."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["111122223333", "444455556666"], "Service": "ec2.amazonaws.com"},
        "NotAction": ["s3:GetObject", "iam:*"],
        "NotResource": "arn:aws:s3:::a",
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    changes = list(changes_of(document))
    kinds = [change.kind for change in changes]
    assert kinds[:2] == ["drop-statement", "swap-effect"]
    assert changes[0].document is None
    assert kinds.count("widen-action") == 3
    assert kinds.count("narrow-action") == 1
    assert kinds.count("narrow-resource") == 1
    assert kinds.count("widen-principal") == 1
    assert kinds.count("narrow-principal") == 3
    left = [
        c.document["Statement"][0]["Principal"] for c in changes if c.kind == "narrow-principal"
    ]
    assert {"AWS": ["111122223333", "444455556666"]} in left
    assert all(change.path[0] == "Statement" for change in changes)
    assert [c.kind for c in changes_of({"Statement": "x"})] == []
    assert [c.kind for c in changes_of({"Statement": [1]})] == []


def test_a_condition_that_is_not_there_cannot_be_let_pass_twice():
    """Null and IfExists have no IfExists form; an unknown operator has none either."""
    tests = {"Null": {"a": "true"}, "BoolIfExists": {"b": "true"}, "Odd": {"c": "d"}, "Bool": 1}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": tests}
    kinds = [change.kind for change in changes_of({"Statement": [statement]})]
    assert "if-exists" not in kinds
    assert kinds.count("drop-condition") == 3


def test_guardrails_and_boundaries_are_taken_away(project):
    """Mutants of a world are those of its policies, and those without a boundary or an SCP; AWS's
    own policies are left alone."""
    cases, shelf = project(GET)
    world = shelf.compiled(cases[0].scenario)
    mutants = list(mutants_of(world.model))
    assert {mutant.subject.policy.name for mutant in mutants} == {
        "read.json",
        "boundary.json",
        "no-delete.json",
    }
    whole = [
        mutant.text for mutant in mutants if mutant.kind in {"drop-boundary", "drop-guardrail"}
    ]
    assert whole == [
        f"{ROLE} has no permissions boundary",
        "the SCP `no-delete.json` is not attached to Root",
    ]
    only = list(mutants_of(world.model, lambda policy: policy.name == "read.json"))
    assert {mutant.subject.policy.name for mutant in only} == {"read.json"}


def test_a_suite_notices_what_it_asks_about_and_no_more(project):
    """One request kills the mutants that turn it; the others survive with a request that tells."""
    cases, shelf = project(GET)
    found = verdicts(run_mutants(cases, shelf, wanted=lambda policy: policy.name == "read.json"))
    assert found["drop-statement", "the statement is gone"] is Verdict.KILLED
    assert found["swap-effect", "the effect is Deny"] is Verdict.KILLED
    assert found["narrow-action", "`s3:GetObject` is not in Action"] is Verdict.KILLED
    tag = "StringEquals aws:PrincipalTag/team"
    assert found["drop-value", f"`blue` is not among the values of {tag}"] is Verdict.KILLED
    assert found["drop-value", f"`green` is not among the values of {tag}"] is Verdict.SURVIVED
    assert found["drop-condition", f"{tag} is not asked"] is Verdict.SURVIVED
    assert found["if-exists", f"{tag} is StringEqualsIfExists"] is Verdict.SURVIVED
    widened = "Resource has `*` instead of `arn:aws:s3:::reports/*`"
    assert found["widen-resource", widened] is Verdict.SURVIVED
    # The boundary allows no s3:List*, so that no request can notice.
    assert found["narrow-action", "`s3:List*` is not in Action"] is Verdict.EQUIVALENT


def test_what_a_wider_action_takes_in_is_asked_within_the_boundary(project):
    """Of the many actions that a change takes in, those are asked that its resources take and that
    the boundary lets through: such a change is not taken for one without effect."""
    actions = ["s3:GetObject", "s3:PutObject"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::reports/*"}
    Path("read.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": statement}), encoding="utf-8"
    )
    results = run_mutants(*project(GET), wanted=lambda policy: policy.name == "read.json")
    widened = [result for result in results if result.mutant.kind == "widen-action"]
    assert [result.verdict for result in widened] == [Verdict.SURVIVED] * 2
    for result in widened:
        asked = result.witness.question
        assert asked.action.startswith("s3:Get")
        assert takes(asked.action, asked.resource)


def test_a_witness_is_decided_as_it_says_and_kills_its_mutant_as_a_case(project):
    """Every request that is shown is decided in both worlds as it says; as a suite, all of them
    pass, and leave no survivor."""
    cases, shelf = project(GET)
    results = list(run_mutants(cases, shelf))
    world = shelf.compiled(cases[0].scenario)
    survivors = [result for result in results if result.verdict is Verdict.SURVIVED]
    assert survivors
    for result in survivors:
        changed = CompiledWorld(result.mutant.apply(world.model))
        witness = result.witness
        assert decide(witness.question, world).verdict is witness.before
        assert decide(witness.question, changed).verdict is witness.after
        assert witness.before is not witness.after
    Path("more.iamtest.yaml").write_text(
        suite_text(results, shelf.paths, "more.iamtest.yaml"), encoding="utf-8"
    )
    both = collect(["a.iamtest.json", "more.iamtest.yaml"], shelf).cases
    assert all(outcome.passed for outcome in run_cases(both, shelf))
    again = list(run_mutants(both, shelf))
    assert not [result for result in again if result.verdict is Verdict.SURVIVED]
    assert score(again) == 100.0
    assert score(results) < 100.0


def test_witnesses_are_requests_that_aws_can_be_asked(project, tmp_path):
    """Actions are asked of resources that they take, in the Region of the resource; whom a trust
    policy lets in is looked for among the principals of the world."""
    run = {"Effect": "Allow", "Action": ["ec2:StopInstances", "sts:AssumeRole"], "Resource": "*"}
    locked = {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-3"}}}
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "seven"}},
    }
    roles = {"deploy": {"trust": {"Version": "2012-10-17", "Statement": trust}}}
    own = {"Version": "2012-10-17", "Statement": [run | locked, run | {"Action": "sts:AssumeRole"}]}
    world = {"accounts": {"111122223333": {"roles": {"app": {"policies": [own]}, **roles}}}}
    (tmp_path / "world.json").write_text(json.dumps(world), encoding="utf-8")
    cases, shelf = project(GET | {"expect": "denied"})
    results = list(run_mutants(cases, shelf))
    asked = [result.witness.question for result in results if result.witness is not None]
    assert asked
    assert all(takes(entry.action, entry.resource) or entry.resource == "*" for entry in asked)
    for question in asked:
        region = question.context.get("aws:RequestedRegion")
        if question.resource.startswith("arn:aws:ec2:") and region is not None:
            assert question.resource.split(":")[3] == region
    texts = {result.mutant.text for result in results if result.verdict is Verdict.SURVIVED}
    assert "StringEquals sts:ExternalId is not asked" in texts


def test_cases_that_fail_already_and_errors_notice_nothing(project):
    """Only what passes can notice; a request that can't be asked is left out."""
    cases, shelf = project({**GET, "expect": "denied"}, {**GET, "action": "s3:*"})
    results = list(run_mutants(cases, shelf))
    assert Verdict.KILLED not in {result.verdict for result in results}


def test_completions_notice_too(project):
    """A case with unknown keys is run where the change can touch its completions."""
    partly = {
        **GET,
        "context": {"aws:PrincipalTag/team": "blue"},
        "unknown": ["aws:MultiFactorAuthPresent"],
        "expect": "conditional",
        "completions": [
            {"context": {"aws:MultiFactorAuthPresent": "true"}, "expect": "allowed"},
            {"context": {}, "expect": "denied"},
        ],
    }
    cases, shelf = project(partly)
    found = verdicts(run_mutants(cases, shelf))
    loosened = "Bool aws:MultiFactorAuthPresent is BoolIfExists"
    assert found["if-exists", loosened] is Verdict.KILLED


def test_the_outcome_names_place_kind_and_killer(project):
    """Text and data of a run: survivors with their case, killed ones with the case that did it."""
    cases, shelf = project(GET)
    results = list(run_mutants(cases, shelf))
    text = to_text(Document("", mutation_blocks(results)), Paint(), 100)
    assert "SURVIVED read.json:" in text
    assert "       - name: " in text
    assert "noticed by  reads" in to_text(
        Document("", mutation_blocks(results, verbose=True)), Paint(), 100
    )
    data = mutation_to_dict(results)
    counts = (data[name] for name in ("killed", "survived", "no-witness", "equivalent"))
    assert sum(counts) == len(results)
    killed = next(mutant for mutant in data["mutants"] if mutant["verdict"] == "killed")
    assert killed["killed_by"] == "a.iamtest.json::reads"
    assert "score 100 %" in score_line([])


def test_only_what_changed_since_a_revision_is_mutated(project, capsys):
    """Files that git calls changed or new; an unknown revision is an error with git's words."""
    from iamsim.cli.main import main

    project(GET)
    for command in (
        ["git", "init", "-q"],
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "add", "."],
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"],
    ):
        subprocess.run(command, check=True)
    # Nothing differs: that is said, and is no failure.
    gate = ["test", "a.iamtest.json", "--since", "HEAD", "--mutate-fail-under", "99", "-q"]
    assert main(gate) == 0
    said = "there is nothing to change: no policy's file differs from `HEAD`"
    assert said in capsys.readouterr().err
    Path("boundary.json").write_text(json.dumps(BOUNDARY), encoding="utf-8")
    file = ["-o", "out.json", "--format", "json", "-q"]
    assert main(["test", "a.iamtest.json", "--since", "HEAD", *file]) == 0
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert {mutant["policy"] for mutant in data["mutation"]["mutants"]} == {"boundary.json"}
    assert (
        main(["test", "a.iamtest.json", "--since", "HEAD", "--mutate-fail-under", "99", *file]) == 1
    )
    assert main(["test", "a.iamtest.json", "--since", "nowhere", *file]) == 2
    # What looks like an option of git is a revision that is not there.
    assert main(["test", "a.iamtest.json", "--since=--output=boundary.json", *file]) == 2
    assert json.loads(Path("boundary.json").read_text(encoding="utf-8")) == BOUNDARY


def test_what_git_does_not_keep_counts_as_changed(project, capsys):
    """A world that git ignores, and one above the folder in which the command runs."""
    from iamsim.cli.main import main

    project(GET)
    Path(".gitignore").write_text("read.json\n", encoding="utf-8")
    for command in (
        ["git", "init", "-q"],
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "add", "."],
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"],
    ):
        subprocess.run(command, check=True)
    Path("suites").mkdir()
    Path("a.iamtest.json").rename("suites/a.iamtest.json")
    Path("boundary.json").write_text(json.dumps(BOUNDARY), encoding="utf-8")
    os.chdir("suites")
    arguments = ["--since", "HEAD", "--format", "json", "-o", "out.json"]
    assert main(["test", ".", "--world", "../world.json", *arguments]) == 2
    text = (
        Path("a.iamtest.json")
        .read_text(encoding="utf-8")
        .replace('"world.json"', '"../world.json"')
    )
    Path("a.iamtest.json").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["test", ".", *arguments]) == 0
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert {mutant["policy"] for mutant in data["mutation"]["mutants"]} == {
        "read.json",
        "boundary.json",
    }


def test_what_was_not_tried_fails_a_gate(project, capsys, monkeypatch):
    """After so many requests; the same input leaves the same out, and `--accept-unknown` passes."""
    from iamsim.cli.main import main
    from iamsim.suites.mutation import run

    # Without proofs, which take seconds and find nothing that was not tried.
    monkeypatch.setattr("iamsim.proofs.same_access.same_access", None)
    cases, shelf = project(GET)
    whole = [run_mutant.verdict for run_mutant in run_mutants(cases, shelf)]
    for most in (0, 2, 30, 100):
        monkeypatch.setattr(run, "MOST_ASKED", most)
        some = [run_mutant.verdict for run_mutant in run_mutants(cases, shelf)]
        left = some.count(Verdict.UNTRIED)
        assert left
        assert all(
            entry in {known, Verdict.UNTRIED} for known, entry in zip(whole, some, strict=True)
        )
    assert main(["test", "a.iamtest.json", "--mutate", "-q"]) == 0
    captured = capsys.readouterr()
    assert f"{left} untried" in captured.out
    assert "changes were not tried, after 100 requests" in captured.err
    gate = ["test", "a.iamtest.json", "--mutate-fail-under", "0", "-q"]
    assert main(gate) == 1
    assert "`--accept-unknown`" in capsys.readouterr().err
    assert main([*gate, "--accept-unknown"]) == 0
    assert main(["test", "a.iamtest.json", "--mutate", "--format", "html", "-o", "r.html"]) == 0
    assert "not tried" in Path("r.html").read_text(encoding="utf-8")


def test_a_folder_without_git_is_an_error(project, monkeypatch, tmp_path):
    """Where git can't say what changed, the command says so."""
    from iamsim.inputs.revisions import unchanged_files

    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RequestError, match="not a git repository"):
        unchanged_files("HEAD")


def test_a_mutant_is_equivalent_only_where_that_is_proved(project, tmp_path):
    """The audience of an identity provider and the organization of a guardrail: without a case they
    survive, and without a proof nothing is called equivalent."""
    provider = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.example.com:sub": "repo:own/one"}},
    }
    never = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:sourcevpc": "vpc-2"}},
    }
    role = {
        "trust": {"Version": "2012-10-17", "Statement": trust},
        "policies": [{"Version": "2012-10-17", "Statement": never}],
    }
    world = {"accounts": {"111122223333": {"roles": {"app": role}}}}
    (tmp_path / "world.json").write_text(json.dumps(world), encoding="utf-8")
    cases, shelf = project(GET | {"expect": "denied"})
    by_text = verdicts(run_mutants(cases, shelf))
    assert by_text["drop-condition", "StringEquals token.example.com:sub is not asked"] in {
        Verdict.SURVIVED,
        Verdict.NO_WITNESS,
    }
    assert by_text["drop-statement", "the statement is gone"] is not Verdict.KILLED
    unproved = list(run_unproved(cases, shelf))
    assert Verdict.EQUIVALENT not in {answer.verdict for answer in unproved}
    assert score(unproved) == 0.0
