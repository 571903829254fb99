"""Every file of corpus/audit is a test: what must fail fails, what must pass passes, and what a
world does not say is unknown and no pass."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import iamsim
from iamsim.audit.choices import Choices, Suppression, read_choices
from iamsim.audit.frameworks import FRAMEWORKS, view_of
from iamsim.audit.headings import HEADINGS
from iamsim.audit.languages import in_language, said
from iamsim.audit.looking import Limits
from iamsim.audit.model import Audit, CheckResult, Severity, Status
from iamsim.audit.registry import load_checks
from iamsim.audit.rules.mfa import REGISTER, REGISTER_ROOT
from iamsim.audit.run import run_audit
from iamsim.audit.sources import Source
from iamsim.audit.terraform import fix_in_terraform
from iamsim.checks.codes import CODES
from iamsim.checks.escalation_paths import known_ways
from iamsim.cli.help import help_of
from iamsim.cli.main import main
from iamsim.core.errors import InputError
from iamsim.engine.world import CompiledWorld
from iamsim.importers.sums import sum_of, sums_text
from iamsim.query.batch import Batch
from iamsim.report.audit import audit_document, gap_rows
from iamsim.syntax.hcl.parse import parse_hcl
from iamsim.world.documents import read_document
from iamsim.world.load import load_world

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "corpus" / "audit"
FILES = sorted(CORPUS.glob("*.yaml"))


def cases(kind):
    """Give the cases of a kind of all files."""
    found = []
    for path in FILES:
        data = read_document(path).data
        for number, case in enumerate(data.get(kind, []), start=1):
            made = (data["check"], data["at"], case)
            found.append(pytest.param(*made, id=f"{path.stem}-{number}"))
    return found


def run(tmp_path, check, at, world):
    """Run one check over a world."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world))
    batch = Batch(CompiledWorld.checked(load_world(path)), now=at)
    audit = run_audit(batch, at, Choices(select=frozenset([check])))
    (result,) = audit.checks
    return result


@pytest.mark.parametrize(("check", "at", "case"), cases("fails"))
def test_a_check_fails_where_it_must(tmp_path, check, at, case):
    """These subjects, each with a detail and a fix, and no others."""
    result = run(tmp_path, check, at, case["world"])
    assert sorted({finding.subject for finding in result.findings}) == sorted(case["subjects"])
    assert all(finding.detail and finding.fix.text for finding in result.findings)
    assert all(finding.evidence for finding in result.findings)
    assert result.status is Status.FAIL


def has_its_options(line):
    """Whether a command of ours has the options with which a fix calls it."""
    _, command, *words = shlex.split(line)
    known = set(re.findall(r"--?[a-z][a-z-]*", help_of([command])))
    return {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize(("check", "at", "case"), [*cases("fails"), *cases("informs")])
def test_every_fix_has_a_form(tmp_path, check, at, case):
    """Calls, a policy that is JSON, or Terraform that can be read; but for what the console alone
    does."""
    result = run(tmp_path, check, at, case["world"])
    for finding in result.findings:
        fix = finding.fix
        if fix.kind == "policy":
            assert isinstance(json.loads(fix.text), dict)
        else:
            assert fix.kind == "commands"
            calls = [line for line in fix.text.split("\n") if not line.startswith("#")]
            assert all(line.startswith(("aws ", "iamsim ")) for line in calls)
            assert calls or fix.text in {REGISTER, REGISTER_ROOT}
            assert not any(" ARN" in line or "policy.json" in line for line in calls)
            assert all(has_its_options(line) for line in calls if line.startswith("iamsim "))
        made = fix_in_terraform(finding, result.heading)
        assert made.kind == "terraform" or fix.kind == "commands"
        if made.kind == "terraform":
            assert parse_hcl(made.text, "fix.tf").blocks


CONFIGURATION = """
resource "aws_iam_user" "ci" {
  name = "ci"
}

resource "aws_iam_user_policy" "all" {
  name   = "all"
  user   = aws_iam_user.ci.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}
"""


def test_a_password_policy_keeps_what_it_asks(tmp_path):
    """AWS takes back what the call does not name, so the fix names all that was asked."""
    policy = {"MinimumPasswordLength": 20, "RequireSymbols": True, "MaxPasswordAge": 90}
    account = {"users": {"ana": {"password_enabled": True}}, "password_policy": policy}
    result = run(tmp_path, "password-policy", None, {"accounts": {"222222222222": account}})
    (finding,) = result.findings
    assert finding.fix.text == (
        "aws iam update-account-password-policy --minimum-password-length 20"
        " --password-reuse-prevention 24 --require-symbols --max-password-age 90"
    )
    made = fix_in_terraform(finding, result.heading).text
    for line in ("require_symbols           = true", "max_password_age          = 90"):
        assert line in made


def test_a_world_of_terraform_has_fixes_in_terraform(tmp_path, monkeypatch):
    """If nothing else is asked for; a plain world has calls and policies."""
    folder = tmp_path / "infrastructure"
    folder.mkdir()
    (folder / "main.tf").write_text(CONFIGURATION, "utf-8")
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "audit.json"
    asked = ["audit", "--world", str(folder), "--at", "2026-12-01", "--format", "json"]
    asked += [
        "--select",
        "policy-on-user",
        "--select",
        "statement-without-mfa",
        "-o",
        str(out),
        "-q",
    ]

    def kinds(*more):
        assert main([*asked, *more]) == 0
        headings = json.loads(out.read_text("utf-8"))["headings"]
        found = [finding for heading in headings for finding in heading["findings"]]
        return {entry["id"]: (entry["fix_kind"], entry["fix"]) for entry in found}

    made = kinds()
    assert {kind for kind, _ in made.values()} == {"terraform"}
    assert 'resource "aws_iam_user_group_membership" "ci"' in made["policy-on-user"][1]
    assert "locals {" in made["statement-without-mfa"][1]
    plain = kinds("--fixes", "aws")
    assert {key: kind for key, (kind, _) in plain.items()} == {
        "policy-on-user": "commands",
        "statement-without-mfa": "policy",
    }
    assert kinds("--fixes", "terraform") == made


@pytest.mark.parametrize(("check", "at", "case"), cases("informs"))
def test_what_is_informational_fails_nothing(tmp_path, check, at, case):
    """These subjects are said, and the check passes."""
    result = run(tmp_path, check, at, case["world"])
    assert sorted({finding.subject for finding in result.findings}) == sorted(case["subjects"])
    assert result.status is Status.PASS


@pytest.mark.parametrize(("check", "at", "case"), cases("passes"))
def test_a_check_passes_where_it_must(tmp_path, check, at, case):
    """Nothing is found, nothing is missing, and something was looked at."""
    result = run(tmp_path, check, at, case["world"])
    assert (result.findings, result.gaps, result.status) == ([], [], Status.PASS)


@pytest.mark.parametrize(("check", "at", "case"), cases("unknown"))
def test_what_is_not_known_is_no_pass(tmp_path, check, at, case):
    """The check has no answer, and says what is missing."""
    result = run(tmp_path, check, at, case["world"])
    assert result.status is Status.UNKNOWN
    assert all(gap.what for gap in result.gaps)


def test_every_check_has_both_worlds():
    """A file for each check, with a world for which it fails (or informs) and one that passes."""
    files = {data["check"]: data for data in (read_document(path).data for path in FILES)}
    assert set(files) == {check.id for check in load_checks()}
    for name, data in files.items():
        assert data.get("fails") or data.get("informs"), name
        assert data.get("passes"), name


def test_every_heading_has_three_checks():
    """At least, and every check is under a heading of AWS's."""
    found = [check.heading for check in load_checks()]
    assert {heading.id for heading in HEADINGS} == set(found)
    assert min(found.count(heading.id) for heading in HEADINGS) >= 3


def test_frameworks_name_checks_that_are_there():
    """Every check of a control exists, and every control has a title."""
    known = {check.id for check in load_checks()}
    for framework in FRAMEWORKS.values():
        for control, checks in framework.controls.items():
            assert set(checks) <= known, control
            assert framework.titles[control]
        assert framework.out_of_scope


FORMS = {
    "cis-aws-3.0": r"[1-5](\.\d+){1,2}",
    "cis-aws-5.0": r"[1-5](\.\d+){1,2}",
    "fsbp": r"[A-Z][A-Za-z0-9]+\.\d+",
    "well-architected": r"SEC\d\d-BP\d\d",
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_ids_of_controls_are_those_of_a_dated_list(name):
    """Each id has the form of its framework, and stands in a public list with source and date."""
    listed = read_document(ROOT / "tests/data/framework_ids.yaml").data[name]
    assert listed["source"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", listed["date"])
    framework = FRAMEWORKS[name]
    single = [entry for entry in framework.out_of_scope if " " not in entry]
    for control in (*framework.controls, *single):
        assert re.fullmatch(FORMS[name], control)
        assert control in listed["ids"]


@pytest.mark.parametrize("name", ["cis-aws-3.0", "cis-aws-5.0"])
def test_every_control_of_the_benchmark_has_checks_or_a_reason(name):
    """Each id of the dated list, once: with checks, or out of scope alone or within a range."""
    ids = read_document(ROOT / "tests/data/framework_ids.yaml").data[name]["ids"]
    told = list(FRAMEWORKS[name].controls)
    for entry in FRAMEWORKS[name].out_of_scope:
        first, _, last = entry.partition(" to ")
        told += ids[ids.index(first) : ids.index(last or first) + 1]
    assert sorted(told) == sorted(ids)


def test_every_control_of_the_standard_has_checks_or_a_reason():
    """Each id of the dated list, once: with checks, out of scope alone, or with the others of its
    service; and what is said of others is about some."""
    ids = read_document(ROOT / "tests/data/framework_ids.yaml").data["fsbp"]["ids"]
    framework = FRAMEWORKS["fsbp"]
    single = [entry for entry in framework.out_of_scope if " " not in entry]
    assert not {*single} & {*framework.controls}
    named = {*single, *framework.controls}
    left = {id_.partition(".")[0] for id_ in ids if id_ not in named}
    groups = [entry for entry in framework.out_of_scope if " " in entry]
    services = {id_.partition(".")[0] for id_ in named}
    assert sorted(groups) == sorted(
        f"{service}, {'others' if service in services else 'all'}" for service in left
    )


@pytest.mark.parametrize(("name", "id_"), [("cis-aws-5.0", "1.5"), ("fsbp", "IAM.6")])
@pytest.mark.parametrize(
    ("root", "status"),
    [
        ({"mfa_devices": 0}, Status.FAIL),
        ({"mfa_devices": 1, "mfa_types": ["virtual"]}, Status.FAIL),
        ({"mfa_devices": 1}, Status.UNKNOWN),
        ({"mfa_devices": 1, "mfa_types": ["fido"]}, Status.PASS),
    ],
)
def test_a_control_about_root_users_is_about_them_alone(tmp_path, name, id_, root, status):
    """Devices of users don't count, and a root user without any does."""
    users = {
        "ana": {"mfa_devices": 1, "mfa_types": ["virtual"]},
        "ben": {"mfa_devices": 1, "mfa_types": ["fido"]},
    }
    path = tmp_path / "world.json"
    account = {"users": users, "root_user": root}
    path.write_text(json.dumps({"accounts": {"222222222222": account}}))
    audit = run_audit(Batch(CompiledWorld.checked(load_world(path))))
    (control,) = [entry for entry in view_of(FRAMEWORKS[name], audit) if entry.id == id_]
    assert control.status is status


EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def test_controls_of_aws_are_about_what_aws_looks_at(tmp_path):
    """IAM.1 about customer managed policies, attached or not, that give every action; KMS.5 about
    keys alone; and nothing passes of which nothing is listed."""
    key = "arn:aws:kms:eu-west-1:222222222222:key/1"
    own = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "kms:*"}
    policy = {"Version": "2012-10-17", "Statement": [{**own, "Resource": "*"}]}

    def statuses(account):
        path = tmp_path / "world.json"
        path.write_text(json.dumps({"accounts": {"222222222222": account}}))
        audit = run_audit(Batch(CompiledWorld.checked(load_world(path))))
        found = {entry.id: entry.status for entry in view_of(FRAMEWORKS["fsbp"], audit)}
        return [found[name] for name in ("IAM.1", "KMS.5", "SNS.4")]

    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    inline = {
        "users": {"ana": {"policies": [EVERYTHING]}},
        "policies": {"some": {"Version": "2012-10-17", "Statement": [reading]}},
        "resources": {key: {"policy": policy}},
    }
    assert statuses(inline) == [Status.PASS, Status.PASS, Status.UNKNOWN]
    loose = {"users": {"ana": {}}, "policies": {"all": EVERYTHING}}
    assert statuses(loose)[0] is Status.FAIL


def test_pages_are_current():
    """The pages of the audit are what its docstrings say."""
    done = subprocess.run(
        [sys.executable, "scripts/write_audit.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


REPORT = {"accounts": {"222222222222": {"users": {"ana": {"password_enabled": False}}}}}
OF_POLICIES = (
    "administrator",
    "aws-managed-policy-wide",
    "boundary-removable",
    "delegation-without-boundary",
    "escalation-path",
    "full-service-access",
    "inline-policy",
    "permissions-unused",
    "policy-error",
    "policy-on-user",
    "policy-to-generate",
    "policy-unattached",
)


@pytest.mark.parametrize("check", OF_POLICIES)
def test_a_credential_report_says_nothing_of_policies(tmp_path, check):
    """Users alone, as a credential report names them: what they may do is not known."""
    result = run(tmp_path, check, "2026-12-01T00:00:00Z", REPORT)
    assert result.status is Status.UNKNOWN


EMPTY_DETAILS = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}


def audited(tmp_path, files, *checks, whole=True):
    """Import files of the account 222222222222, which are listed as `whole`, and run checks over
    the world."""
    digests = {}
    for name, data in files.items():
        path = tmp_path / "sources/222222222222" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
        digests[f"222222222222/{name}"] = sum_of(path.read_bytes())
    if whole:
        (tmp_path / "sources/SHA256SUMS").write_text(sums_text(digests))
    world = tmp_path / "world"
    assert main(["import", str(tmp_path / "sources"), "-o", str(world), "--quiet"]) == 0
    batch = Batch(CompiledWorld.checked(load_world(world / "world.yaml")))
    return run_audit(batch, "2026-12-01T00:00:00Z", Choices(select=frozenset(checks)))


@pytest.mark.parametrize(
    "files",
    [
        {"list-users.json": {"Users": []}, "list-roles.json": {"Roles": []}},
        {"get-account-authorization-details.json": EMPTY_DETAILS},
    ],
)
def test_an_empty_list_says_that_there_is_none(tmp_path, files):
    """Checks of users and roles have nothing to look at, and nothing is missing; it is said."""
    audit = audited(tmp_path, files, "console-user", "role-unused", "administrator")
    assert {(check.status, *check.gaps) for check in audit.checks} == {(Status.NOT_APPLICABLE,)}
    for kind in ("users", "roles"):
        assert f"listed, and there are none: {kind} of 222222222222" in audit.remarks


ONE_ROLE = {"RoleName": "r", "Arn": "arn:aws:iam::222222222222:role/r", "Path": "/"}
EMPTY_GROUP = {"Users": [], "Group": {"GroupName": "g", "Arn": "arn:aws:iam::222222222222:group/g"}}


@pytest.mark.parametrize(
    ("files", "whole"),
    [
        ({"list-users.json": {"Users": []}, "list-roles.json": {"Roles": []}}, False),
        ({"get-account-authorization-details.json": EMPTY_DETAILS}, False),
        ({"get-group.g.json": EMPTY_GROUP, "list-roles.json": {"Roles": []}}, True),
        ({"describe-users.json": {"Users": []}, "list-roles.json": {"Roles": []}}, True),
        ({"eu-west-1/list-users.json": {"Users": []}, "list-roles.json": {"Roles": []}}, True),
        ({"describe-users.json": {"Users": []}, "list-roles.json": {"Roles": [ONE_ROLE]}}, True),
        ({"list-users.x.json": {"Users": []}, "list-roles.json": {"Roles": []}}, True),
    ],
)
def test_lists_that_were_emptied_or_are_of_something_else_say_nothing(tmp_path, files, whole):
    """Nobody knows whether there are users: members of a group or users of a cache are others."""
    audit = audited(tmp_path, files, "console-user", whole=whole)
    assert [check.status for check in audit.checks] == [Status.UNKNOWN]
    assert not any("users of 222222222222" in remark for remark in audit.remarks)


@pytest.mark.parametrize(
    "page", [{"Users": []}, {**EMPTY_DETAILS, "IsTruncated": True, "Marker": "more"}]
)
def test_one_empty_list_says_nothing_of_the_others(tmp_path, page):
    """The roles are not known, nor what follows a page that says so."""
    name = "list-users.json" if "Users" in page else "get-account-authorization-details.json"
    audit = audited(tmp_path, {name: page}, "console-user")
    (check,) = audit.checks
    assert check.status is Status.UNKNOWN
    assert any("not listed" in gap.what or "not there" in gap.what for gap in check.gaps)
    assert ("it has no users" in str(check.gaps)) is ("Users" in page)


def test_an_empty_list_of_one_region_says_nothing_of_others(tmp_path):
    """Topics are known of one Region; secrets of all, where every Region lists them."""
    files = {
        "get-account-authorization-details.json": EMPTY_DETAILS,
        "eu-west-1/list-topics.json": {"Topics": []},
    }
    (check,) = audited(tmp_path, files, "public-access").checks
    missing = [gap.what for gap in check.gaps]
    assert "whether it has resources of sns in Regions other than eu-west-1" in missing
    assert not any("sns," in what for what in missing)


def test_an_empty_list_of_an_unknown_region_says_nothing(tmp_path):
    """A folder of the account alone names no Region: topics are as unknown as without the list."""
    topics = {"list-topics.json": {"Topics": []}}
    files = {"get-account-authorization-details.json": EMPTY_DETAILS, **topics}
    (check,) = audited(tmp_path, files, "public-access").checks
    assert any("resources and their policies are not listed" in gap.what for gap in check.gaps)


def translated(tmp_path, check, at, world):
    """The same check in both languages."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world))
    batch = Batch(CompiledWorld.checked(load_world(path)), now=at)
    audit = run_audit(batch, at, Choices(select=frozenset([check])))
    return audit, in_language(audit, "ja")


def is_japanese(text):
    """Whether a text has kana or kanji."""
    return any("\u3040" <= letter <= "\u9fff" for letter in text)


LEFT_ENGLISH = re.compile(
    r"\b(an?|access|account|accounts|active|administrator|allows?|and|app|are|control|has|is|key"
    r"|may|not known|other|roles?(?! \w+$)|the|token|users|with|without)\b"
)


def has_english(text):
    """Whether a sentence has English words left beside names, those of commands and of AWS."""
    plain = re.sub(r"`[^`]*`|arn:\S+|[\w.-]+[:/]\S+|-> \S+|AWS Control Tower", "", text)
    return LEFT_ENGLISH.search(plain) is not None


@pytest.mark.parametrize(("check", "at", "case"), [*cases("fails"), *cases("informs")])
def test_every_finding_of_the_corpus_is_told_in_japanese(tmp_path, check, at, case):
    """Heading, title, detail and comments are Japanese; ids, subjects and commands stay."""
    english, japanese = translated(tmp_path, check, at, case["world"])
    before, after = english.checks[0], japanese.checks[0]
    assert is_japanese(after.title)
    assert all(is_japanese(heading.heading.title) for heading in japanese.headings)
    for finding, other in zip(before.findings, after.findings, strict=True):
        assert is_japanese(other.detail), finding.detail
        assert not has_english(other.detail), other.detail
        assert other.fingerprint(check) == finding.fingerprint(check)
        assert other.subject == finding.subject
        for told, same in zip(finding.evidence, other.evidence, strict=True):
            is_name = told.kind == "policy" and not told.text.startswith("as ")
            assert is_name or not told.text or is_japanese(same.text), told.text
            assert not has_english(same.text), same.text
        for line, comment in zip(
            finding.fix.text.split("\n"), other.fix.text.split("\n"), strict=True
        ):
            assert is_japanese(comment) if line.startswith("#") else comment == line


@pytest.mark.parametrize(("check", "at", "case"), cases("unknown"))
def test_what_is_not_known_is_told_in_japanese(tmp_path, check, at, case):
    """What is missing is said in Japanese; the file and the call that tell it stay."""
    english, japanese = translated(tmp_path, check, at, case["world"])
    for gap, other in zip(english.checks[0].gaps, japanese.checks[0].gaps, strict=True):
        assert is_japanese(other.what), gap.what
        assert not has_english(other.what.removesuffix("the file is lost")), other.what
        assert other[2:] == gap[2:]


def test_remarks_are_told_in_japanese(tmp_path):
    """Those about listed resources, files that nothing verifies, and vain suppressions."""
    path = tmp_path / "world.json"
    account = {"users": {"ana": {}}, "roles": {"app": {}}}
    path.write_text(json.dumps({"unverified": 3, "accounts": {"222222222222": account}}))
    suppressions = (Suppression("administrator", "*", "known", None),)
    suppressions += (Suppression("administrator", "*", "known", "2026-01-01"),)
    audit = run_audit(
        Batch(CompiledWorld.checked(load_world(path))),
        "2026-12-01T00:00:00Z",
        Choices(
            select=frozenset(["public-access"]),
            limits=Limits(listed_services=("*",)),
            suppressions=suppressions,
            today="2026-12-01",
        ),
    )
    assert len(audit.remarks) >= 3
    for told in in_language(audit, "ja").remarks:
        assert is_japanese(told)


def test_every_way_to_become_an_administrator_is_told_in_japanese():
    """By the ids of the ways; none is left over."""
    titles = tomllib.loads((ROOT / "iamsim/audit/data/ja_ways.toml").read_text("utf-8"))
    assert set(titles) == {way.id for way in known_ways()}
    assert [key for key, title in titles.items() if not is_japanese(title)] == []


def test_no_sentence_of_the_checks_is_english_only():
    """Whatever a check says of what is missing, in whatever branch, has a translation."""
    tables = tomllib.loads((ROOT / "iamsim/audit/data/ja.toml").read_text("utf-8"))
    known = [gap.replace("{}", "") for gap in tables["gaps"]]
    source = "".join(
        path.read_text("utf-8") for path in sorted((ROOT / "iamsim/audit").rglob("*.py"))
    )
    gaps = re.findall(r'[A-Z_]+\.gap\(\s*[\w.]+,\s*"([^"]+)"', source)
    assert len(gaps) > 20
    assert [entry for entry in gaps if entry not in known] == []


def test_every_code_of_a_validation_is_told_in_japanese():
    """What a policy has wrong, and what to do, for each code; none is left over."""
    tables = tomllib.loads((ROOT / "iamsim/words/ja_findings.toml").read_text("utf-8"))
    assert set(tables) == set(CODES)
    assert [key for key, texts in tables.items() if not all(map(is_japanese, texts))] == []


QUOTING = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObjet", "s3:PutObjet"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
    ],
}


def test_findings_that_quote_a_validation_are_told_in_japanese(tmp_path):
    """The names stay, and nothing of the English message."""
    world = {"accounts": {"222222222222": {"users": {"ana": {"policies": [QUOTING]}}}}}
    _, japanese = translated(tmp_path, "policy-error", "2026-12-01T00:00:00Z", world)
    (finding,) = japanese.checks[0].findings
    says = "INVALID_ACTION: 存在しないアクションである"
    named, times = "\uff08`s3:GetObjet`\uff09", "\uff082 箇所\uff09"
    assert finding.detail.endswith(f"{says}{named}{times}")
    comment, command = finding.fix.text.split("\n")
    hint = "\uff08`s3:GetObject`\uff09"
    assert comment == f"# サービスの一覧にあるアクション名を書く{hint}"
    assert command.startswith("iamsim validate ")
    _, japanese = translated(tmp_path, "policy-security-warning", None, world)
    details = [entry.detail for entry in japanese.checks[0].findings]
    assert all(map(is_japanese, details))
    assert not any(re.search(r"\b(the|is|are|allows)\b", detail) for detail in details)


def test_every_heading_and_check_has_a_japanese_title(tmp_path):
    """None is forgotten, and none is left over."""
    load_checks()
    data = tomllib.loads((ROOT / "iamsim/audit/data/ja.toml").read_text("utf-8"))
    assert list(data["headings"]) == [heading.id for heading in HEADINGS]
    english = run_audit(Batch(CompiledWorld.checked(load_world(_empty(tmp_path)))), None, Choices())
    assert set(data["titles"]) == {check.check for check in english.checks}
    assert in_language(english, "en") is english


def _empty(tmp_path):
    path = tmp_path / "world.json"
    path.write_text('{"accounts": {"111122223333": {}}}', encoding="utf-8")
    return path


RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:job",
        "arn": "arn:aws:sts::222222222222:assumed-role/app/job",
        "accountId": "222222222222",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::222222222222:role/app",
                "accountId": "222222222222",
                "userName": "app",
            }
        },
    },
    "eventTime": "2026-11-20T10:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetBucketLocation",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.7",
    "requestParameters": {"bucketName": "reports"},
    "resources": [
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::reports", "accountId": "222222222222"}
    ],
    "eventType": "AwsApiCall",
    "recipientAccountId": "222222222222",
}


def test_a_trail_gives_the_least_successor(tmp_path, monkeypatch):
    """With `--events` the fix of a wide managed policy is the policy of what the role called."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = {"trust": trust, "policies": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]}
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"accounts": {"222222222222": {"roles": {"app": role}}}}), "utf-8")
    trail = tmp_path / "trail.json"
    trail.write_text(json.dumps({"Records": [RECORD]}), "utf-8")
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "audit.json"
    checks = ("aws-managed-policy-wide", "policy-to-generate")
    asked = ["audit", "--world", str(world), "--at", "2026-12-01", "--events", str(trail)]
    asked += [word for check in checks for word in ("--select", check)]
    assert main([*asked, "--format", "json", "-o", str(out), "-q"]) == 0
    found = {
        finding["id"]: finding
        for heading in json.loads(out.read_text("utf-8"))["headings"]
        for finding in heading["findings"]
    }
    assert set(found) == set(checks)
    for finding in found.values():
        policy = json.loads(finding["fix"])
        assert [statement["Action"] for statement in policy["Statement"]] == [
            "s3:GetBucketLocation"
        ]
        assert "arn:aws:s3:::reports" in json.dumps(policy["Statement"][0]["Resource"])
        assert "1 of 1 calls pass by the fix" in [entry["text"] for entry in finding["evidence"]]


IMPORTS = ROOT / "tests" / "data" / "imports"


@pytest.mark.parametrize("source", sorted(path.name for path in IMPORTS.iterdir()))
def test_dumps_are_audited(tmp_path, source):
    """Every dump that the importers are tried on is audited whole, and nothing is a pass that
    nobody looked at."""
    world = iamsim.load(IMPORTS / source)
    audit = run_audit(Batch(CompiledWorld.checked(world.model)), "2026-12-01T00:00:00Z")
    assert len(audit.checks) == len(load_checks())
    for check in audit.checks:
        assert check.status is not Status.PASS or check.passed or check.suppressed


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_frameworks_are_told_in_japanese(name):
    """The title, what every control asks for, and why the others are out of scope; ids stay, but
    for the words of those that are several."""
    audit, framework = Audit([], "", language="ja"), FRAMEWORKS[name]
    controls = view_of(framework, audit)
    assert [row.id for row in controls] == [*framework.controls, *framework.out_of_scope]
    said_of = [row.title or row.out_of_scope for row in controls]
    assert [text for text in said_of if not is_japanese(text) or has_english(text)] == []
    several = [said(audit, row.id) for row in controls if " " in row.id]
    assert not any(map(has_english, several))
    assert is_japanese(said(audit, framework.title)) or name.startswith("cis")


def test_what_is_said_of_a_whole_audit_is_told_in_japanese(tmp_path):
    """The title, the verdict, the summary, titles and heads of sections, statuses and severities,
    and what suppressions accept."""
    path = tmp_path / "world.json"
    account = {"users": {name: {"policies": [EVERYTHING]} for name in ("ana", "ben")}}
    path.write_text(json.dumps({"accounts": {"222222222222": account}}))
    suppression = Suppression("full-service-access", "*:user/ana", "known", None)
    choices = Choices(
        select=frozenset(["full-service-access", "mfa-device-retired"]), suppressions=(suppression,)
    )
    audit = run_audit(Batch(CompiledWorld.checked(load_world(path))), choices=choices)
    document = audit_document(in_language(audit, "ja"))
    sections = [block.caption for block in document.blocks]
    remarks = [remark.text for remark in document.remarks]
    told = [document.title, document.summary, document.verdict.word, *sections, *remarks]
    told += [column.name for block in document.blocks for column in block.columns if column.name]
    told += [
        cell.badge.word
        for block in document.blocks
        for row in block.rows
        for cell in (column.cell(row) for column in block.columns)
        if cell.badge is not None
    ]
    assert remarks
    assert all(map(is_japanese, told))
    assert not any(map(has_english, told))


@pytest.mark.parametrize("name", ["r", "iam", "get-role", "web.server"])
def test_a_name_gives_way_to_a_placeholder_and_nothing_else_of_the_call_does(name):
    """A role may be named like a word of the call, or be one letter."""
    source = Source(
        "1/get-role.{name}.json", "aws iam get-role --role-name {name} > get.{name}.json"
    )
    gap = source.gap(f"arn:aws:iam::111122223333:role/{name}", "its tags", name=name)
    results = [CheckResult("c", "h", "t", Severity.LOW, "", gaps=[gap])]
    (row,) = gap_rows(results)
    assert row.file == "1/get-role.NAME.json"
    assert row.call == "aws iam get-role --role-name NAME > get.NAME.json"


@pytest.mark.parametrize(
    ("table", "place", "hint"),
    [
        ('[audit]\nfial-on = "any"', "2:1", "did you mean `fail-on`?"),
        ('[audit]\nfail-on = "hihg"', "2:12", "did you mean `high`?"),
        ('[audit]\nselect = ["inline-polcy"]', "2:12", "did you mean `inline-policy`?"),
        ('[audit]\nignore = ["inline-polcy"]', "2:12", "did you mean `inline-policy`?"),
        ('[audit]\nseverity = {inline-polcy = "low"}', "2:13", "did you mean `inline-policy`?"),
        ('[audit]\nseverity = {inline-policy = "lwo"}', "2:30", "did you mean `low`?"),
        (
            '[audit]\nguardrail-exempt = ["arn:aws:iam::*:rolle/A"]',
            "2:22",
            "did you mean `arn:aws:iam::*:role/A`?",
        ),
        ('[audit]\nguardrail-exempt = ["A"]', "2:22", "write `arn:aws:iam::*:role/A`"),
        (
            '[audit]\nlisted-services = ["elasticfilesytem"]',
            "2:21",
            "did you mean `elasticfilesystem`?",
        ),
        ('[[audit.supress]]\ncheck = "x"', "1:9", "did you mean `suppress`?"),
        (
            '[[audit.suppress]]\ncheck = "adminstrator"\nsubject = "*"\nreason = "r"',
            "2:10",
            "did you mean `administrator`?",
        ),
    ],
)
def test_a_misspelt_choice_is_told_with_its_place(tmp_path, table, place, hint):
    """Every fault has file, line and column, and what was meant."""
    path = tmp_path / "iamsim.toml"
    path.write_text(table + "\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_choices(path)
    assert caught.value.span.place == f"{path}:{place}"
    assert caught.value.hint == hint


def test_a_report_says_nothing_of_folders(tmp_path, monkeypatch):
    """A world that is given by its whole path is named by the places in its folder, in every
    format; one given by a relative path as it is given."""
    folder = tmp_path / "people/ana/world"
    folder.mkdir(parents=True)
    policy = {"Version": "2012-10-17", "Statement": [{**EVERYTHING["Statement"][0], "Sid": "a b"}]}
    (folder / "policy.json").write_text(json.dumps(policy))
    account = {"users": {"ana": {"policies": ["policy.json"]}}}
    (folder / "world.json").write_text(json.dumps({"accounts": {"222222222222": account}}))
    monkeypatch.chdir(tmp_path)
    for format_ in ("html", "markdown", "json"):
        out = tmp_path / "out"
        asked = ["report", "--at", "2026-12-01", "--format", format_, "--quiet", "-o", str(out)]
        assert main([*asked, "--world", str(folder)]) == 0
        assert "policy.json" in out.read_text("utf-8")
        assert str(tmp_path) not in out.read_text("utf-8")
        assert main([*asked, "--world", "people/ana/world"]) == 0
        assert "people/ana/world/policy.json" in out.read_text("utf-8")


@pytest.mark.parametrize("name", ["o-example\\", 'o-example"', "o-example\\u"])
def test_an_id_of_an_organization_stays_a_text_of_the_policy(tmp_path, capsys, name):
    """Once a crash: the id was put into the JSON of a policy as it stands."""
    root = {"id": "r-ab12", "accounts": ["111122223333"]}
    organization = {"id": name, "management_account": "111122223333", "root": root}
    users = {"users": {"u": {}}}
    world = {"organization": organization, "accounts": {"111122223333": users}}
    path = tmp_path / "w.json"
    path.write_text(json.dumps(world), "utf-8")
    assert main(["audit", "--world", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["headings"]
