"""Questions about whole worlds from Python: results are what the commands print."""

import json
from pathlib import Path

import pytest

import iamsim
from iamsim.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "corpus" / "examples"
HARBOR = str(EXAMPLES / "harbor")
PLAN = str(EXAMPLES / "harbor-plan.json")
CLAIMS = "claims.json"
TRAIL = str(EXAMPLES / "harbor-trail.jsonl")
OBJECT = "arn:aws:s3:::harbor-reports/2026.csv"
NORA = "arn:aws:iam::111122223333:user/nora"
WIDE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
}

# A question from Python, and the command that asks the same.
QUESTIONS = {
    "who-can": (
        lambda world: world.who_can("s3:GetObject", OBJECT),
        ["who-can", "s3:GetObject", OBJECT, "--world", HARBOR],
    ),
    "who-can-blocked": (
        lambda world: world.who_can("s3:GetObject", OBJECT, blocked=True),
        ["who-can", "-a", "s3:GetObject", "-r", OBJECT, "--not", "--world", HARBOR],
    ),
    "who-can-scope": (
        lambda world: world.who_can("s3:GetObject", OBJECT, principals=["deploy", "*:user/*"]),
        [
            *("who-can", "-a", "s3:GetObject", "-r", OBJECT, "-p", "deploy", "-p", "*:user/*"),
            *("--world", HARBOR),
        ],
    ),
    "what-can": (
        lambda world: world.what_can("deploy"),
        ["what-can", "deploy", "--world", HARBOR],
    ),
    "access-matrix": (
        lambda world: world.access_matrix(["s3:GetObject", "s3:Put*"], OBJECT, principals="deploy"),
        [
            *("access-matrix", "-a", "s3:GetObject", "-a", "s3:Put*", "-r", OBJECT),
            *("-p", "deploy", "--world", HARBOR),
        ],
    ),
    "findings": (
        lambda world: world.findings(internal="harbor-reports", zone="account"),
        ["findings", "-r", "harbor-reports", "--zone", "account", "--world", HARBOR],
    ),
    "paths": (
        lambda world: world.paths("deploy", to=OBJECT, actions="s3:GetObject", blocked=True),
        [
            *("paths", "-p", "deploy", "-r", OBJECT, "-a", "s3:GetObject", "--blocked"),
            *("--world", HARBOR),
        ],
    ),
    "changes": (
        lambda world: world.changes(PLAN),
        ["diff", "--world", HARBOR, "--overlay", PLAN],
    ),
    "diff": (
        lambda world: world.diff(iamsim.load(HARBOR), principals="*role/*"),
        ["diff", HARBOR, HARBOR, "-p", "*role/*"],
    ),
    "sides-of-a-plan": (
        lambda _world: _changes_of(iamsim.load_sides(PLAN)),
        ["diff", PLAN],
    ),
    "audit": (
        lambda world: world.audit(ignore=["no-federation"], framework="fsbp", fixes="terraform"),
        [
            *("audit", "--ignore", "no-federation", "--framework", "fsbp", "--fixes", "terraform"),
            *("--world", HARBOR),
        ],
    ),
    "replay": (
        lambda world: world.replay(TRAIL, after=world.what_if(without=["DeployBoundary"])),
        ["replay", TRAIL, "--world", HARBOR, "--without", "DeployBoundary"],
    ),
    "generate": (
        lambda world: world.generate("deploy", TRAIL, form="terraform"),
        ["generate", TRAIL, "-p", "deploy", "--world", HARBOR, "--as", "terraform"],
    ),
    "check-claims": (
        lambda world: world.check_claims(CLAIMS),
        ["check", "claims", CLAIMS, "--world", HARBOR],
    ),
}


def _changes_of(sides):
    return sides.before.diff(sides.after, remarks=sides.remarks)


@pytest.fixture(scope="module", autouse=True)
def claims(tmp_path_factory):
    """A file of claims, of which one holds and one does not, by the name that questions give it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("claims"))
        never = '{"name": "%s", "never": {"action": "%s", "principal": "DEPLOY"}}'
        never = never.replace("DEPLOY", NORA.replace("user/nora", "role/deploy"))
        names = never % ("reads", "s3:GetObject"), never % ("creates", "iam:CreateUser")
        Path(CLAIMS).write_text(f'{{"claims": [{", ".join(names)}]}}', encoding="utf-8")
        yield


@pytest.fixture(scope="module")
def world():
    """The example world."""
    return iamsim.load(HARBOR)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_result_is_what_the_command_prints(world, name, capsys, monkeypatch):
    """As text, as data, and as the lines of `--quiet`."""
    monkeypatch.setenv("COLUMNS", "100")
    ask, command = QUESTIONS[name]
    result = ask(world)
    assert isinstance(result, iamsim.Result)
    assert main(command) == int(name == "check-claims")  # one of which is refuted
    assert capsys.readouterr().out == str(result)
    main([*command, "--format", "json"])
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(result.to_dict()))
    main([*command, "-q"])
    assert capsys.readouterr().out.splitlines() == list(result.lines())
    main([*command, "--format", "markdown"])
    assert capsys.readouterr().out == result.to_markdown()
    assert repr(result).startswith(f"<{type(result).__name__}: ")
    assert "<html" in result.to_html()
    assert result.to_csv()
    with pytest.raises(TypeError, match="no truth value"):
        bool(result)


def test_policies_attached_to_a_question_about_a_world(world):
    """For a caller that the world does not list; a boundary caps them."""
    ask = {
        "principal": "arn:aws:iam::111122223333:role/new",
        "action": "s3:GetObject",
        "resource": OBJECT,
        "identity_policies": [ALLOW],
    }
    assert world.explain(**ask).allowed
    assert world.decide(**ask).allowed
    deny = {**ALLOW, "Statement": {**ALLOW["Statement"], "Action": "ec2:*"}}
    capped = world.explain(**ask, boundary=deny)
    assert capped.decision.layer is iamsim.Layer.PERMISSIONS_BOUNDARY
    assert not world.decide(**ask, boundary=deny).allowed


def test_tests_of_a_world(world, tmp_path):
    """Expectations in files, asked here; what expects nothing has not passed."""
    run = world.test(EXAMPLES / "harbor-must-stay.yaml")
    assert run.passed
    assert run.to_dict()["passed"]
    assert repr(run) == f"<TestRun: {len(run.results)} of {len(run.results)} as expected>"
    wrong = tmp_path / "wrong.yaml"
    ask = {"principal": NORA, "action": "s3:DeleteObject", "resource": OBJECT, "expect": "allowed"}
    wrong.write_text(json.dumps({"title": "wrong", "requests": [ask]}))
    broken = world.test(wrong)
    assert [entry.met for entry in broken.failed] == [False]
    assert str(broken).startswith("FAIL ")
    with pytest.raises(TypeError, match="no truth value"):
        bool(run)


@pytest.mark.parametrize(
    "given",
    [
        ALLOW,
        json.dumps(ALLOW),
        json.dumps(ALLOW).encode(),
        iamsim.parse_policy(ALLOW),
        {"PolicyVersion": {"Document": ALLOW}},
        json.dumps({"Policy": json.dumps(ALLOW)}),
        {"Policy": json.dumps(ALLOW)},
    ],
)
def test_validation_takes_a_policy_in_any_form(given):
    """The findings are the same."""
    found = iamsim.validate(given)
    assert found.codes == iamsim.validate(json.dumps(ALLOW)).codes
    assert [finding["issueCode"] for finding in found.to_dict()["findings"]] == found.codes
    assert repr(found) == f"<Validation: {len(found.codes)} findings>"


def test_validation_says_what_is_wrong():
    """What AWS would refuse is an error; a type that there is not can't be asked for."""
    found = iamsim.validate("{", policy_type="identity")
    assert found.errors
    assert str(found).startswith("error JSON_SYNTAX_ERROR: ")
    with pytest.raises(iamsim.RequestError, match="is no type of policy"):
        iamsim.validate(ALLOW, policy_type="identitty")
    for codes in ({"select": ["INVALID_ACTON"]}, {"ignore": ["nonsense"]}):
        with pytest.raises(iamsim.InputError, match="there is no check"):
            iamsim.validate(ALLOW, **codes)
    assert "IAMSIM_DATA_EXFILTRATION" in iamsim.validate(WIDE, select=["risks"]).codes
    with pytest.raises(TypeError, match="no truth value"):
        bool(found)


def test_imports(tmp_path):
    """Sources make a world, which is written as the command writes it."""
    imported = iamsim.import_sources(PLAN, account="111122223333")
    assert imported.formats == {"Terraform": 1}
    assert repr(imported) == f"<Import: 1 Terraform; {len(imported.remarks)} remarks>"
    imported.write(tmp_path / "world")
    written = iamsim.load(tmp_path / "world")
    assert written.model.accounts.keys() == imported.world.model.accounts.keys()


def test_a_name_that_several_have_is_refused(world):
    """As on the command line."""
    with pytest.raises(iamsim.RequestError):
        world.who_can("s3:GetObject", "nowhere")
    with pytest.raises(iamsim.RequestError, match="no actions"):
        world.access_matrix((), OBJECT)
