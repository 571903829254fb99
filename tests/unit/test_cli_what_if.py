"""`iamsim explain` with options about what if: forms of output, exit codes, odd input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from iamsim.cli.completion import layers, policies, roles
from iamsim.cli.main import main
from iamsim.report.schema import answer_schema

GOLDEN = Path(__file__).parents[1] / "golden" / "what-if"
WORLD = str(GOLDEN / "world.yaml")
MONA = "arn:aws:iam::111122223333:user/mona"
RAW = ("-a", "s3:GetObject", "-r", "arn:aws:s3:::landing/raw/1.csv")
LAKE = ("-a", "s3:PutObject", "-r", "arn:aws:s3:::lake/terns/1.csv")
CHAIN = ("--assume", "builder", "--assume", "loader", "--source-identity", "mona")
MFA = ("-c", "aws:MultiFactorAuthPresent=true")
PASSING = (*LAKE, *CHAIN, *MFA, "-c", "sts:ExternalId=tern")
LESS = ("--without", "NoRawData")


@pytest.fixture
def run(capsys):
    """Ask as mona in the world of the golden cases: exit code, output, errors."""

    def call(*words: str, world: str = WORLD) -> tuple[int, str, str]:
        caller = () if "-p" in words else ("-p", MONA)
        code = main(["explain", "--world", world, *caller, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    "words",
    [
        (*RAW, *LESS),
        (*RAW, *LESS, "--diff"),
        (*RAW, "-r", "arn:aws:s3:::landing/a.csv", *LESS, "--diff"),
        (*PASSING,),
        (*PASSING, "--diff"),
        (*PASSING, "-r", "arn:aws:s3:::lake/gulls/1.csv"),
        (*PASSING, "-r", "arn:aws:s3:::lake/gulls/1.csv", "--diff"),
        (*LAKE, *CHAIN),
        (*LAKE, *CHAIN, "--diff"),
        (*LAKE, *CHAIN, "--partial", "--diff"),
    ],
)
def test_json_fits_the_schema(run, words):
    """Whatever is compared or assumed, the JSON has exactly the members of the schema."""
    code, out, err = run(*words, "--format", "json")
    assert (code, err) == (0, "")
    validator = Draft202012Validator(answer_schema())
    assert [error.message for error in validator.iter_errors(json.loads(out))] == []


def test_expectations_are_about_the_changed_request(run):
    """Also where a chain breaks: a denied hop is a denial."""
    assert run(*RAW, *LESS, "--expect", "allowed", "-q")[:2] == (0, "allowed\n")
    assert run(*RAW, *LESS, "--diff", "--expect", "denied", "-q")[0] == 1
    assert run(*LAKE, *CHAIN, "--expect", "implicitDeny", "-q")[:2] == (0, "implicitDeny\n")
    code, _, err = run(*LAKE, *CHAIN, "--expect", "allowed", "-q")
    assert (code, err) == (1, "expected allowed, got implicitDeny\n")


def test_a_narrow_terminal_gets_the_sides_below_each_other(run, monkeypatch):
    """Nothing is wider than the terminal; what is the same stands there once."""
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = run(*RAW, *LESS, "--diff")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 60
    assert "* verdict\n    as it is  denied explicitly\n    what if   allowed\n" in out
    assert "  permissions boundary\n    both      allows" in out


def test_color_marks_the_verdicts(run):
    """Both verdicts, the headline and the rows that differ."""
    _, out, _ = run(*RAW, *LESS, "--diff", "--color", "always")
    assert "\x1b[1;31mdenied explicitly" in out
    assert out.startswith("\x1b[1;32mfrom denied explicitly to allowed\x1b[0m: ")
    _, out, _ = run(*PASSING, "--color", "always")
    assert out.startswith("chain of roles: 2 hops, allowed;")
    assert "     allowed: statement 1 `PeopleWithMfa`" in out


def test_verbose_shows_the_hops_in_full(run):
    """Every statement of every hop, then of the answer; a chain that breaks ends with its hop."""
    _, out, _ = run(*PASSING, "-v")
    assert out.count("every statement\n") == 5
    _, out, _ = run(*LAKE, *CHAIN, "-v")
    assert out.count("every statement\n") == 2
    assert out.startswith("chain of roles: hop 1 of 2 is denied")


def test_verbose_shows_both_answers_in_full(run):
    """Below the table, the one as it is and the one what if."""
    _, out, _ = run(*RAW, *LESS, "--diff", "-v")
    assert out.index("* differs") < out.index("\nas it is\n") < out.index("\nwhat if\n")
    assert out.count("every statement\n") == 2


def test_a_chain_may_depend_on_unknown_keys(run):
    """A hop that depends on them goes on, and so does the verdict over all."""
    words = (*LAKE, *CHAIN, "-c", "sts:ExternalId=tern", "--unknown", "aws:MultiFactorAuthPresent")
    code, out, _ = run(*words, "--expect", "conditional")
    assert code == 0
    assert out.startswith("chain of roles: 2 hops, conditional;")


def test_an_answer_that_depends_is_compared_too(run):
    """The condition on unknown keys is a row of its own."""
    time = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*",'
    time += ' "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}'
    words = ("-a", "s3:GetObject", "-r", "arn:aws:s3:::landing/a.csv", "--with-policy", time)
    _, out, _ = run(*words, "--unknown", "aws:SourceIp", "--diff")
    assert out.startswith("from allowed to conditional: s3:GetObject on")
    assert "* depends on" in out


def test_the_time_is_one_for_both_answers(run):
    """`--at` reaches what is added; without it both sides have the same time."""
    until = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*",'
    until += ' "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}}}'
    words = ("-a", "s3:GetObject", "-r", "arn:aws:s3:::landing/a.csv", "--with-policy", until, "-q")
    assert run(*words, "--at", "2025-12-31 23:59:59")[1] == "explicitDeny\n"
    assert run(*words, "--at", "2026-01-01T00:30:00+01:00")[1] == "explicitDeny\n"
    assert run(*words, "--at", "20260101")[1] == "allowed\n"
    assert run(*words, "--diff")[1] == "allowed allowed\n"


def test_options_about_the_session_are_about_the_last_one(run):
    """Session tags and policies reach the question at the end, not the first caller."""
    loader = ("--assume", "loader", "-c", "sts:ExternalId=tern")
    caller = ("-p", "arn:aws:sts::111122223333:assumed-role/builder/x")
    given = (*loader, *caller, "-c", "aws:SourceIdentity=mona", *LAKE)
    assert run(*given, "-q")[1] == "allowed\n"
    narrow = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*",'
    narrow += '"Resource":"*"}}'
    assert run(*given, "-q", "--session-policy", narrow)[1] == "implicitDeny\n"
    _, out, _ = run(*given, "--session-policy", narrow)
    assert "     passing session policy --session-policy\n" in out


def test_what_is_gone_is_gone_on_the_way_too(run):
    """A policy without which no hop is allowed."""
    assert run(*PASSING, "--without", "AssumeLoaders", "-q")[1] == "implicitDeny\n"
    bypass = ("--without-layer", "identity-based-policy")
    _, out, _ = run(*PASSING, *bypass)
    assert out.startswith("chain of roles: 2 hops, allowed;")
    assert "denied: no identity-based policy allows s3:PutObject" in out


def test_a_file_with_an_equals_sign(run, tmp_path, monkeypatch):
    """It is a file, not a layer and a file."""
    monkeypatch.chdir(tmp_path)
    document = (GOLDEN / "more.json").read_text("utf-8")
    (tmp_path / "team=blue.json").write_text(document, "utf-8")
    words = ("-a", "s3:PutObject", "-r", "arn:aws:s3:::landing/drafts/1.csv", "-q")
    without = ("--without-layer", "boundary")
    assert run(*words, "--with-policy", "team=blue.json", *without)[1] == "allowed\n"
    assert "`team` is not a layer" in run(*words, "--with-policy", "team=red.json")[2]


def test_a_trust_policy_more(run):
    """In front of a role, a resource-based policy is read as its trust policy."""
    trust = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",'
    trust += f'"Principal":{{"AWS":"{MONA}"}}}}}}'
    asked = ("-a", "sts:AssumeRole", "-r", "arn:aws:iam::111122223333:role/machines/builder", "-q")
    assert run(*asked)[1] == "implicitDeny\n"
    assert run(*asked, "--with-policy", f"resource-based-policy={trust}")[1] == "allowed\n"


def test_a_transitive_tag_without_a_chain(run):
    """It is one of the session's tags, or a mistake."""
    assert run(*RAW, "--session-tag", "a=1", "--transitive-tag", "a", "-q")[0] == 0
    assert "the transitive tag `b` is no tag" in run(*RAW, "--transitive-tag", "b")[2]


def test_markdown_has_a_list_of_hops(run):
    """With the answers below; side by side, a column says which rows differ."""
    _, out, _ = run(*PASSING, "--format", "markdown")
    assert "\n2. arn:aws:iam::" in out
    assert "\n   * allowed: statement 1" in out
    assert "\n**allowed**: statement 1 of identity-based policy `Load`" in out
    _, out, _ = run(*PASSING, "--format", "markdown", "--diff")
    assert out.index("\n1. arn:aws:iam::111122223333:") < out.index("| verdict |")
    assert "| verdict | denied implicitly | allowed | yes |" in out
    assert "aws:MultiFactorAuthPresent = true" in out


def test_roles_policies_and_layers_are_proposed():
    """Completion knows those of the worlds on the command line, and the layers."""
    assert roles("", {"worlds": (WORLD,)})[0] == "arn:aws:iam::111122223333:role/machines/builder"
    assert roles("", {}) == []
    assert policies("lo", {"worlds": (WORLD,)}) == ["Load"]
    assert policies("", {}) == []
    assert layers("perm", {}) == ["permissions-boundary"]
