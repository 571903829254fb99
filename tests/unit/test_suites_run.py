"""Suites: which cases there are, which are wanted, and what running them says."""

from __future__ import annotations

import json
import os
import textwrap

import pytest

from iamsim.cli.main import main
from iamsim.cli.watch import watch
from iamsim.core.errors import RequestError, WorldError
from iamsim.report.paint import Paint
from iamsim.report.suite import SuiteReport, failures_of, run_document
from iamsim.report.suite_ci import run_to_github
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from iamsim.suites.cases import Shelf, cases_of, find_files
from iamsim.suites.last_failed import LastFailed
from iamsim.suites.runner import collect, run_cases
from iamsim.suites.selection import by_name, by_tag

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}],
}
ROLE = "arn:aws:iam::111122223333:role/app"


def write(folder, requests, name="a.iamtest.json", **more):
    """Write a suite; gives its path."""
    data = {"title": "a suite", "identity_policies": [READ], "requests": requests, **more}
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def request(**fields):
    """A request of the role for one object."""
    plain = {"name": "case", "principal": ROLE, "resource": "arn:aws:s3:::reports/a"}
    return {**plain, **fields}


def titles(path):
    """What the cases of a file are called."""
    return [case.request.title for case in cases_of(path, Shelf())]


def run(path, **options):
    """Run a file; gives whether each case passed."""
    shelf = Shelf()
    return [o.passed for o in run_cases(collect([path], shelf).cases, shelf, **options)]


def test_a_table_asks_every_combination_and_names_what_varies(tmp_path):
    """Principals, actions, resources and contexts multiply; labels leave out what is the same."""
    table = {
        "name": "t",
        "principals": [ROLE, "arn:aws:iam::111122223333:user/maya"],
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::reports/a", "arn:aws:s3:::reports/b"],
        "contexts": {"plain": {}, "mfa": {"aws:MultiFactorAuthPresent": "true"}},
        "expect": "allowed",
    }
    path = write(tmp_path, [table])
    assert titles(path) == [
        f"t [{principal} s3:GetObject {resource} {context}]"
        for principal in ("role/app", "user/maya")
        for resource in ("reports/a", "reports/b")
        for context in ("plain", "mfa")
    ]
    cases = cases_of(path, Shelf())
    assert cases[1].request.questions[0].context == {"aws:MultiFactorAuthPresent": "true"}
    assert run(path) == [True] * 8


def test_columns_expect_what_they_are_called_and_patterns_are_expanded(tmp_path):
    """`allowed` and `denied` are expectations; a pattern is every action that it matches."""
    table = {
        "name": "t",
        "principal": ROLE,
        "resource": "arn:aws:s3:::reports/a",
        "allowed": ["s3:GetObject"],
        "denied": ["s3:PutObjectAc?"],
    }
    path = write(tmp_path, [table])
    assert titles(path) == ["t [s3:GetObject]", "t [s3:PutObjectAcl]"]
    assert run(path) == [True, True]
    row = {ROLE: {"allowed": ["s3:PutObject"], "denied": ["s3:GetObject"]}}
    matrix = {"name": "m", "resource": "arn:aws:s3:::reports/a", "matrix": row}
    assert run(write(tmp_path, [matrix])) == [False, False]


def test_names_that_would_look_alike_are_written_out(tmp_path):
    """Two roles of one name in two accounts keep their ARNs in the labels."""
    other = "arn:aws:iam::444455556666:role/app"
    table = {"name": "t", "principals": [ROLE, other], "actions": ["s3:GetObject"]}
    assert titles(write(tmp_path, [table])) == [
        f"t [{ROLE} s3:GetObject]",
        f"t [{other} s3:GetObject]",
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"principals": [ROLE], "actions": ["s3:GetObject"]}, "keys-exclude-each-other"),
        ({"allowed": ["s3:GetObject"], "expect": "allowed"}, "keys-exclude-each-other"),
        ({"matrix": {}, "allowed": []}, "keys-exclude-each-other"),
        ({"allowed": ["s3:Nothing*"]}, "no-such-actions"),
        ({"resources": ["*"]}, "keys-exclude-each-other"),
        ({"contexts": {"a": {}}}, "missing-key"),
        ({"action": "s3:GetObject", "expects": "allowed"}, "unknown-key"),
        ({"matrix": {ROLE: {"alowed": []}}}, "unknown-key"),
    ],
)
def test_a_table_that_makes_no_sense_is_an_error_with_its_place(tmp_path, fields, code):
    """Every fault of a table names a line."""
    with pytest.raises(WorldError) as caught:
        titles(write(tmp_path, [request(**fields)]))
    assert caught.value.code == code
    assert caught.value.span is not None


def test_a_table_without_bounds_is_refused(tmp_path):
    """A table of more than a million rows is refused before it is made."""
    names = [f"arn:aws:iam::111122223333:role/r{number}" for number in range(1001)]
    resources = [f"arn:aws:s3:::b/{number}" for number in range(1000)]
    table = {"principals": names, "resources": resources, "actions": ["s3:GetObject"]}
    with pytest.raises(WorldError, match="1,001,000 rows"):
        titles(write(tmp_path, [table]))


def test_equal_names_get_ids_of_their_own(tmp_path):
    """The second case of a name is numbered, so that ids are unique."""
    path = write(tmp_path, [request(action="s3:GetObject")] * 3)
    ids = [case.id for case in cases_of(path, Shelf())]
    assert ids == [f"{path}::case", f"{path}::case #2", f"{path}::case #3"]


def test_an_expected_error_passes_only_with_its_code(tmp_path):
    """`expect_error` wants this error; a decision or another error fails."""
    path = write(
        tmp_path,
        [
            request(action="s3:*", expect_error="invalid-action"),
            request(action="s3:*", expect_error="invalid-principal"),
            request(action="s3:GetObject", expect_error="invalid-action"),
            request(action="s3:*", expect="allowed"),
        ],
    )
    shelf = Shelf()
    outcomes = run_cases(collect([path], shelf).cases, shelf)
    assert [outcome.passed for outcome in outcomes] == [True, False, False, False]
    assert [outcome.result.failures[:1] for outcome in outcomes[1:3]] == [
        ("expected the error invalid-principal, got invalid-action",),
        ("expected the error invalid-action, got allowed",),
    ]
    assert outcomes[0].result.answers == ()


def test_an_error_that_all_cases_share_is_told_once(tmp_path):
    """Text, Markdown and annotations name the first case and count the others."""
    alias = "arn:aws:kms:eu-west-1:111122223333:alias/a"
    asked = {"action": "kms:Decrypt", "resource": alias, "expect": "denied"}
    data = {"title": "t", "identity_policies": [READ]}
    data["requests"] = [request(name=f"case {n}", **asked) for n in range(4)]
    path = tmp_path / "a.iamtest.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    shelf = Shelf()
    collected = collect([str(path)], shelf)
    outcomes = run_cases(collected.cases, shelf)
    assert [outcome.passed for outcome in outcomes] == [False] * 4
    assert failures_of(outcomes) == [(outcomes[0], 3)]
    report = SuiteReport(collected, outcomes)
    document = run_document(report)
    for text in (to_text(document, Paint(), 100), to_markdown(document), run_to_github(report)):
        assert text.count("the alias stands for") == 1
        assert "and 3 more cases of this file, for the same reason" in text
        assert "case 0" in text
        assert "case 1" not in text
        assert "4 failed" in text


def test_wrong_decisions_are_told_one_by_one(tmp_path):
    """Only errors are counted together: each case that is decided otherwise is told."""
    path = write(tmp_path, [request(action="s3:PutObject", expect="allowed")] * 3)
    shelf = Shelf()
    outcomes = run_cases(collect([path], shelf).cases, shelf)
    assert failures_of(outcomes) == [(outcome, 0) for outcome in outcomes]


def test_a_suite_that_is_asked_of_nothing_fails(tmp_path, monkeypatch, capsys):
    """Without a world and without policies every expected denial comes: it proves nothing."""
    monkeypatch.chdir(tmp_path)
    denied = request(action="s3:GetObject", expect="denied")
    bare = tmp_path / "bare.iamtest.json"
    bare.write_text(json.dumps({"title": "t", "requests": [denied]}), encoding="utf-8")
    full = tmp_path / "full.iamtest.json"
    data = {"title": "t", "identity_policies": [], "requests": [denied]}
    full.write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "world.json").write_text("{}", encoding="utf-8")
    assert main(["test", str(full)]) == 0
    assert main(["test", str(bare), "--allow-unknown-names"]) == 1
    assert "there is neither a world nor a policy" in capsys.readouterr().out
    assert main(["test", str(bare), "--world", str(tmp_path / "world.json")]) == 1
    account = {"accounts": {"111122223333": {}}}
    (tmp_path / "world.json").write_text(json.dumps(account), encoding="utf-8")
    assert main(["test", str(bare), "--world", str(tmp_path / "world.json")]) == 1
    account["accounts"]["111122223333"]["roles"] = {"app": {}}
    (tmp_path / "world.json").write_text(json.dumps(account), encoding="utf-8")
    assert main(["test", str(bare), "--world", str(tmp_path / "world.json")]) == 0


def test_a_pattern_that_fits_no_policy_is_not_enough(tmp_path, monkeypatch, capsys):
    """Limits fail where nothing was measured, and standard error says why."""
    monkeypatch.chdir(tmp_path)
    role = {"accounts": {"111122223333": {"roles": {"app": {"policies": [READ]}}}}}
    (tmp_path / "world.json").write_text(json.dumps(role), encoding="utf-8")
    data = {"title": "t", "world": "world.json"}
    data["requests"] = [request(action="s3:GetObject", expect="allowed")]
    path = tmp_path / "a.iamtest.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    for option, reason in (
        ("--cov-fail-under", "no policy was in play, and 1 % is asked for\n"),
        ("--mutate-fail-under", "there is no policy to change: `--policy` fits none\n"),
    ):
        assert main(["test", str(path), "-q", option, "1"]) == 0
        assert not capsys.readouterr().err
        assert main(["test", str(path), "-q", option, "1", "--policy", "typo*"]) == 1
        assert reason in capsys.readouterr().err


@pytest.mark.parametrize("form", ["markdown", "github"])
def test_shares_stand_below_the_reports_for_people(tmp_path, monkeypatch, capsys, form):
    """What is covered and what was noticed is said where a report has room for it."""
    monkeypatch.chdir(tmp_path)
    role = {"accounts": {"111122223333": {"roles": {"app": {"policies": [READ]}}}}}
    (tmp_path / "world.json").write_text(json.dumps(role), encoding="utf-8")
    data = {"title": "t", "world": "world.json"}
    data["requests"] = [request(action="s3:GetObject", expect="allowed")]
    path = tmp_path / "a.iamtest.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert main(["test", str(path), "--cov", "--mutate", "--format", form]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("% of all statements and clauses are covered" in line for line in lines)
    assert any(" mutants: " in line for line in lines)


def test_several_processes_say_what_one_says(tmp_path):
    """Workers change neither outcomes nor their order, and failures can be explained."""
    requests = [
        request(
            name=f"case {n}", action="s3:GetObject" if n % 3 else "s3:PutObject", expect="allowed"
        )
        for n in range(20)
    ]
    path = write(tmp_path, [*requests, request(action="s3:*", expect="allowed")])
    shelf = Shelf()
    cases = collect([path], shelf).cases
    alone = run_cases(cases, shelf)
    apart = run_cases(cases, shelf, workers=2)
    assert [o.case.id for o in apart] == [o.case.id for o in alone]
    assert [o.result.verdict for o in apart] == [o.result.verdict for o in alone]
    assert [o.result.failures for o in apart] == [o.result.failures for o in alone]
    assert apart[0].result.answers[0].decision == alone[0].result.answers[0].decision


def test_a_run_stops_after_so_many_failures(tmp_path):
    """What comes after the last failure allowed is not run."""
    path = write(tmp_path, [request(action="s3:PutObject", expect="allowed")] * 5)
    assert run(path, most_failures=2) == [False, False]


def test_a_world_that_suites_share_is_read_once(tmp_path):
    """Two files that name the same world, in two ways, get the same object."""
    (tmp_path / "world.json").write_text('{"accounts": {}}', encoding="utf-8")
    first = write(tmp_path, [request(action="s3:GetObject")], "1.iamtest.json", world="world.json")
    second = write(tmp_path, [request(action="s3:GetObject")], "2.iamtest.json", world=".")
    (tmp_path / "sub").mkdir()
    third = write(tmp_path / "sub", [request(action="s3:GetObject")], world="../world.json")
    shelf = Shelf()
    worlds = [case.scenario.world for path in (first, third) for case in cases_of(path, shelf)]
    assert worlds[0] is worlds[1]
    assert cases_of(second, shelf)[0].scenario.world is not None


def test_the_world_of_the_command_line_serves_suites_without_one(tmp_path):
    """A suite that names no world is asked of the fallback."""
    role = {"accounts": {"111122223333": {"roles": {"app": {"policies": [READ]}}}}}
    (tmp_path / "world.json").write_text(json.dumps(role), encoding="utf-8")
    data = {"title": "t", "requests": [request(action="s3:GetObject", expect="allowed")]}
    path = tmp_path / "a.iamtest.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    shelf = Shelf([str(tmp_path / "world.json")])
    assert [o.passed for o in run_cases(collect([str(path)], shelf).cases, shelf)] == [True]
    assert run(str(path)) == [False]


def test_folders_are_searched_for_suites_and_files_taken_as_they_are(tmp_path, monkeypatch):
    """Hidden folders are left out; a file may have any name; order and doubles do not matter."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.iamtest.yaml", "a.iamtest.yml", "other.yaml", ".git/c.iamtest.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("title: t", encoding="utf-8")
    assert find_files(["."]) == ("a.iamtest.yml", "b.iamtest.yaml")
    assert find_files(["other.yaml", "./other.yaml"]) == ("other.yaml",)
    with pytest.raises(RequestError, match="no file or folder"):
        find_files(["absent.yaml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="no suite below"):
        find_files(["empty"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("case", "abc"),
        ("CASE B", None),
        ('"case b"', "b"),
        ("'case a' or \"case c\"", "ac"),
        ("not 'case a' and not 'case b'", "c"),
        ("case and (not 'case a')", "bc"),
        ("a and (", None),
        ("or a", None),
        ("a or", None),
        ("(a", None),
        ("a)", None),
        ("'a", None),
        ("not " * 200 + "a", None),
        ("(" * 5000 + "a", None),
    ],
)
def test_words_pick_cases(tmp_path, monkeypatch, words, expected):
    """Words are found in ids; an expression that can't be read is an error."""
    monkeypatch.chdir(tmp_path)
    names = ("case a", "case b", "case c")
    path = os.path.relpath(
        write(tmp_path, [request(name=n, action="s3:GetObject") for n in names], "x.iamtest.json")
    )
    if expected is None:
        with pytest.raises(RequestError) as caught:
            by_name(words)
        assert caught.value.code == "invalid-selection"
        return
    wanted = by_name(words)
    assert "".join(c.request.name[-1] for c in cases_of(path, Shelf()) if wanted(c)) == expected


def test_tags_pick_cases_by_whole_words(tmp_path):
    """A tag of the file counts for each of its requests; part of a tag is not the tag."""
    path = write(
        tmp_path,
        [request(name="a", action="s3:GetObject", tags=["slow"]), request(action="s3:GetObject")],
        tags=["data"],
    )
    cases = cases_of(path, Shelf())
    assert [by_tag("data")(case) for case in cases] == [True, True]
    assert [by_tag("data and not slow")(case) for case in cases] == [False, True]
    assert [by_tag("dat")(case) for case in cases] == [False, False]


def test_what_failed_last_time_is_remembered(tmp_path, monkeypatch):
    """Failures stay until they pass; a broken or unwritable cache is as good as none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IAMSIM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shelf = Shelf()
    path = write(
        tmp_path,
        [
            request(name="good", action="s3:GetObject", expect="allowed"),
            request(name="bad", action="s3:PutObject", expect="allowed"),
        ],
    )
    outcomes = run_cases(collect([path], shelf).cases, shelf)
    LastFailed().store(outcomes)
    memory = LastFailed()
    assert memory.ids == {"a.iamtest.json::bad"}
    # Nothing is left beside the suites.
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.iamtest.json", "cache"}
    assert [memory.wanted()(o.case) for o in outcomes] == [False, True]
    memory.store(outcomes[:1])
    assert LastFailed().ids == {"a.iamtest.json::bad"}
    (file,) = (tmp_path / "cache" / "iamsim").glob("*/last-failed.json")
    for text in ("[", '{"a": 1}', "[1]"):
        file.write_text(text, encoding="utf-8")
        assert LastFailed().ids == frozenset()
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("IAMSIM_CACHE", str(tmp_path / "file"))
    LastFailed().store(outcomes)
    assert LastFailed().ids == frozenset()


@pytest.mark.timeout(60)
def test_watching_runs_again_after_a_change_and_outlives_errors(tmp_path, capsys):
    """Every change of a file brings another run; errors are shown and waited out."""
    file = tmp_path / "a.yaml"
    file.write_text("1", encoding="utf-8")
    runs = []

    def once():
        runs.append(file.read_text(encoding="utf-8"))
        file.write_text(textwrap.dedent("again" * len(runs)), encoding="utf-8")
        if len(runs) == 1:
            raise RequestError("no-test-files", "nothing there yet")
        return len(runs)

    assert watch(once, [str(file)], rounds=3) == 3
    assert runs == ["1", "again", "againagain"]
    assert "nothing there yet" in capsys.readouterr().err


def test_watching_ends_when_it_is_told_to(tmp_path):
    """Ctrl-C ends with the exit code of the last run, or 130."""

    def interrupted():
        raise KeyboardInterrupt

    assert watch(interrupted, [str(tmp_path)]) == 130


def test_a_policy_of_which_a_part_is_not_known_can_be_covered(tmp_path, monkeypatch, capsys):
    """Once a crash: what such a statement is for certain and what it may be are counted as one."""
    monkeypatch.chdir(tmp_path)
    broken = {"StringNotEquals": {"aws:SourceVpce": {"aws:x": "vpce-0a7"}}}
    user = {
        "policies": [
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                    {
                        "Effect": "Deny",
                        "Action": ["kms:*", "sqs:*"],
                        "Resource": "*",
                        "Condition": broken,
                    },
                ],
            }
        ]
    }
    suite = {
        "title": "t",
        "world": {"accounts": {"111122223333": {"users": {"u": user}}}},
        "requests": [
            {
                "principal": "arn:aws:iam::111122223333:user/u",
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::b/k",
                "resource_account": "111122223333",
                "expect": "allowed",
            }
        ],
    }
    (tmp_path / "a.iamtest.json").write_text(json.dumps(suite), encoding="utf-8")
    assert main(["test", "a.iamtest.json", "--cov", "--format", "json"]) == 0
    (policy,) = json.loads(capsys.readouterr().out)["coverage"]["policies"]
    statements = policy["statements"]
    assert [statement["effect"] for statement in statements] == ["Allow", "Deny"]
    assert [statement["matched"] for statement in statements] == [1, 0]


@pytest.mark.parametrize("principal", ["users/eva", "arn:aws:iam::111122223333:users/eva", "evaa"])
def test_a_text_that_names_no_principal_comes_close_to_one(tmp_path, capsys, principal):
    """As on the command line: the error of the case says whom the world has."""
    world = {"accounts": {"111122223333": {"users": {"eva": {"policies": [READ]}}}}}
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::reports/a", "expect": "denied"}
    path = write(tmp_path, [{"principal": principal, **asked}], world=world)
    assert main(["test", path]) == 1
    assert "did you mean `arn:aws:iam::111122223333:user/eva`?" in capsys.readouterr().out
