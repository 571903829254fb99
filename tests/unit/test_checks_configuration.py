"""What a project says about validation: found, read, laid over, and wrong in every way."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.checks.codes import CODES, FindingType
from iamsim.checks.configuration import Configuration, find_configuration, read_configuration
from iamsim.checks.globs import fits_glob
from iamsim.checks.selection import Selection, codes_of, finding_type_of
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.decision import PolicyType
from iamsim.core.errors import InputError

WARNED = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a/b/c.json", "c.json", True),
        ("a/b/c.json", "*.json", True),
        ("a/b/c.json", "b", True),
        ("a/b/c.json", "a/*", True),
        ("a/b/c.json", "a/*.json", False),
        ("a/b/c.json", "a/**/*.json", True),
        ("a/c.json", "a/**/*.json", True),
        ("a/b/c.json", "**/c.json", True),
        ("a/b/c.json", "./a/b/", True),
        ("a/b/c.json", "a/?/c.json", True),
        ("a/b/c.json", "b/c.json", False),
        ("a/b/c+json", "c.json", False),
        ("a/b/cc.json", "c.json", False),
    ],
)
def test_patterns_of_files(path, pattern, fits):
    """As in .gitignore: a name fits anywhere, a path from the folder of the pattern."""
    assert fits_glob(path, pattern) is fits


def test_codes_are_named_whole_or_by_their_beginning():
    """A whole code stands for itself, even where others begin with it."""
    assert codes_of("missing_action") == {"MISSING_ACTION"}
    assert codes_of("RCP_") == {code for code in CODES if code.startswith("RCP_")}
    opt_in = "SCP_SYNTAX_ERROR_ACTION_WILDCARD"
    assert opt_in in codes_of("SCP_")
    assert opt_in not in codes_of("SCP_", selecting=True)
    assert codes_of(opt_in, selecting=True) == {opt_in}
    assert codes_of("NO_SUCH") == codes_of("") == frozenset()
    assert finding_type_of("security-warning") is FindingType.SECURITY_WARNING
    assert finding_type_of("grave") is None


def test_selection_chooses_and_changes_the_gravity():
    """Later choices lie over earlier ones; what is off by default is selected by name."""
    findings = Validator().validate_text(WARNED)
    first = Selection(severity={"MISSING_VERSION": FindingType.ERROR})
    (chosen,) = first.choose(findings)
    assert chosen.finding_type is FindingType.ERROR
    assert first.narrowed(None, frozenset({"MISSING_VERSION"}), {}).choose(findings) == []
    assert first.narrowed(frozenset({"INVALID_ACTION"}), frozenset(), {}).choose(findings) == []
    ignoring = Selection(ignore=frozenset({"MISSING_VERSION", "INVALID_ACTION"}))
    assert ignoring.narrowed(frozenset({"MISSING_VERSION"}), frozenset(), {}).wants(
        "MISSING_VERSION"
    )
    assert not ignoring.narrowed(None, frozenset(), {}, frozenset({"INVALID_ARN_REGION"})).wants(
        "INVALID_ACTION"
    )
    assert not first.wants("SCP_SYNTAX_ERROR_ACTION_WILDCARD")
    assert Selection(codes_of("SCP_SYNTAX_ERROR_ACTION_WILDCARD")).wants(
        "SCP_SYNTAX_ERROR_ACTION_WILDCARD"
    )


def test_codes_off_by_default_are_turned_on_besides(tmp_path):
    """The others stay on; overrides add theirs."""
    path = tmp_path / "iamsim.toml"
    path.write_text(
        '[validate]\nextend-select = ["IAMSIM_RESOURCE_STAR"]\n[[validate.overrides]]\n'
        'paths = ["x"]\nextend-select = ["IAMSIM_DATA_EXFILTRATION"]\n',
        "utf-8",
    )
    found = read_configuration(path)
    chosen = found.selection_for(str(tmp_path / "x"))
    assert chosen.wants("IAMSIM_RESOURCE_STAR")
    assert chosen.wants("IAMSIM_DATA_EXFILTRATION")
    assert chosen.wants("MISSING_VERSION")
    assert not found.selection.wants("IAMSIM_DATA_EXFILTRATION")


def test_a_file_of_ours_in_another_encoding_is_not_passed_over(tmp_path):
    """A byte order mark of UTF-8 is nothing; UTF-16 is an error, and not a file without choices."""
    text = '[validate]\nignore = ["SPECIFIC_"]\n'
    file = tmp_path / "iamsim.toml"
    file.write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match="is not UTF-8 text"):
        find_configuration(tmp_path)
    file.write_bytes(text.encode("utf-8"))
    plain = find_configuration(tmp_path)
    file.write_bytes(text.encode("utf-8-sig"))
    assert find_configuration(tmp_path) == plain != Configuration()


def test_the_nearest_file_with_a_table_counts(tmp_path):
    """iamsim.toml before pyproject.toml; files without a table of ours are passed over."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.iamsim.validate]\nignore = ["RCP_"]\n', "utf-8")
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\nname = "iamsim"\n', "utf-8")
    (tmp_path / "a" / "iamsim.toml").write_text("[audit]\n", "utf-8")
    found = find_configuration(deep)
    assert found.folder == tmp_path
    assert found.selection.ignore == codes_of("RCP_")
    (tmp_path / "a" / "iamsim.toml").write_text('[validate]\nfail-on = "warning"\n', "utf-8")
    assert find_configuration(deep).fail_on == "warning"
    assert read_configuration(tmp_path / "pyproject.toml").fail_on is None


def test_a_file_that_is_named_need_not_have_a_table(tmp_path):
    """It then chooses nothing; one that is not there is an error."""
    path = tmp_path / "mine.toml"
    path.write_text("", "utf-8")
    assert read_configuration(path).selection == Selection()
    path.write_text('[validate]\nselect = ["INVALID_"]\n', "utf-8")
    assert read_configuration(path).selection.select == codes_of("INVALID_")
    with pytest.raises(InputError, match="no such file"):
        read_configuration(tmp_path / "none.toml")


def test_choices_for_files(tmp_path):
    """Overrides are for the files that fit; what is outside of the folder fits none."""
    path = tmp_path / "iamsim.toml"
    path.write_text(
        '[validate]\nexclude = ["vendor/**"]\nseverity = {MISSING_VERSION = "suggestion"}\n'
        '[[validate.overrides]]\npaths = ["old/**"]\nselect = ["INVALID_ACTION"]\ntype = "scp"\n'
        '[[validate.overrides]]\npaths = ["*.json"]\nignore = ["INVALID_ARN_"]\n'
        'severity = {INVALID_ACTION = "warning"}\n',
        "utf-8",
    )
    found = read_configuration(path)
    assert found.excludes(str(tmp_path / "vendor" / "x" / "a.json"))
    assert not found.excludes(str(tmp_path / "a.json"))
    assert not found.excludes("/elsewhere/vendor/a.json")
    assert found.type_for(str(tmp_path / "old" / "a.yaml")) is PolicyType.SERVICE_CONTROL
    assert found.type_for(str(tmp_path / "a.json")) is None
    chosen = found.selection_for(str(tmp_path / "old" / "a.json"))
    assert chosen.select == {"INVALID_ACTION"}
    assert chosen.ignore == codes_of("INVALID_ARN_")
    assert chosen.severity == {
        "MISSING_VERSION": FindingType.SUGGESTION,
        "INVALID_ACTION": FindingType.WARNING,
    }
    assert found.selection_for("/elsewhere/a.json") == found.selection
    assert Configuration().selection == Selection()


@pytest.mark.parametrize(
    ("table", "place", "message"),
    [
        ('igore = ["X"]', "2:1", "there is no setting `igore` in `validate`"),
        ('ignore = ["REDUDANT_ACTION"]', "2:12", "there is no check `REDUDANT_ACTION`"),
        ('ignore = "MISSING_VERSION"', "2:1", "`ignore` is a list"),
        ("select = [1]", "2:1", "`select` is a list of texts"),
        ('severity = ["x"]', "2:1", "`severity` is a table of codes with finding types"),
        ('severity = {INVALID_ACTION = "eror"}', "2:31", "`eror` is no finding type"),
        ("severity = {INVALID_ACTION = 7}", "2:30", "`7` is no finding type"),
        ('severity = {INVALID_ACTON = "error"}', "2:13", "there is no check `INVALID_ACTON`"),
        ('fail-on = "warn"', "2:12", "`warn` is not a value of `fail-on`"),
        ("overrides = [1]", "2:1", "`overrides` is a table"),
        ('overrides = [{ignore = ["RCP_"]}]', "2:1", "an override needs `paths`"),
        ('overrides = [{paths = ["a"], type = "spc"}]', "2:38", "`spc` is not a value of `type`"),
        ('overrides = [{path = ["a"]}]', "2:15", "there is no setting `path` in `overrides`"),
        ("ignore = [", "2:11", "this is not TOML"),
        ("ignore = ]", "2:10", "this is not TOML: invalid value"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, table, place, message):
    """Every fault has file, line and column, and most a suggestion."""
    path = tmp_path / "iamsim.toml"
    path.write_text(f"[validate]\n{table}", "utf-8")
    with pytest.raises(InputError) as caught:
        read_configuration(path)
    assert caught.value.message.startswith(message)
    assert caught.value.span.place == f"{path}:{place}"


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("iamsim.toml", '[valdate]\nfail-on = "any"\n', ("1:2", "did you mean `validate`?")),
        ("iamsim.toml", '[adit]\nfail-on = "any"\n', ("1:2", "did you mean `audit`?")),
        ("iamsim.toml", 'wrold = "acme.yaml"\n', ("1:1", "did you mean `world`?")),
        ("iamsim.toml", "[tool.iamsim.validate]\nignore = []\n", ("1:2", "write `[validate]`")),
        ("iamsim.toml", "[other]\n", ("1:2", "there are world, validate, audit")),
        ("pyproject.toml", "[tool.iamsim.Audit]\n", ("1:14", "did you mean `audit`?")),
        (
            "pyproject.toml",
            "[[tool.iamsm.validate.overrides]]\n",
            ("1:8", "did you mean `iamsim`?"),
        ),
        ("pyproject.toml", "[tool.IAMsim]\n", ("1:7", "did you mean `iamsim`?")),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        ["validate", "p.json"],
        ["audit", "--world", "acme.yaml"],
        ["who-can", "s3:GetObject", "arn:aws:s3:::b/k"],
    ],
)
def test_a_misspelt_table_is_not_passed_over(
    tmp_path, monkeypatch, capsys, file, text, fault, command
):
    """Whichever of its tables a command reads: a gate would pass with nothing chosen."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(WARNED, "utf-8")
    (tmp_path / "acme.yaml").write_text("accounts: {'111122223333': {}}\n", "utf-8")
    (tmp_path / file).write_text(text, "utf-8")
    assert main(command) == 2
    place, hint = fault
    told = capsys.readouterr().err
    assert told.startswith(f"{file}:{place}: error: there is no setting")
    assert f"hint: {hint}" in told


def test_tables_of_other_tools_are_passed_over(tmp_path):
    """Also where their names are a little like ours."""
    names = ("isort", "mypy", "iamlive", "mimesis.iamsm", "simiam")
    text = "".join(f"[tool.{name}]\nselect = 1\n" for name in names)
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    assert find_configuration(tmp_path) == Configuration()


def test_a_table_that_is_none(tmp_path):
    """The name of the table may have another value."""
    path = tmp_path / "iamsim.toml"
    path.write_text("validate = 1\n", "utf-8")
    with pytest.raises(InputError, match="`validate` is a table"):
        read_configuration(path)


def test_the_command_follows_the_project(tmp_path, monkeypatch, capsys):
    """Exit code, excluded files and changed types; the command line lies over the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vendor").mkdir()
    for name in ("a.json", "vendor/b.json"):
        (tmp_path / name).write_text(WARNED, "utf-8")
    (tmp_path / "iamsim.toml").write_text(
        '[validate]\nexclude = ["vendor"]\nfail-on = "warning"\n', "utf-8"
    )
    assert main(["validate", "."]) == 1
    assert "1 warning in 1 policy" in capsys.readouterr().out
    assert main(["validate", "vendor/b.json"]) == 0
    assert "no findings in 0 policies" in capsys.readouterr().out
    assert main(["validate", ".", "--fail-on", "error"]) == 0
    assert main(["validate", ".", "--ignore", "MISSING_"]) == 0
    assert main(["validate", ".", "--select", "INVALID_"]) == 0
    other = tmp_path / "other.toml"
    other.write_text('[validate]\nseverity = {MISSING_VERSION = "error"}\n', "utf-8")
    capsys.readouterr()
    assert main(["validate", "a.json", "--config", "other.toml"]) == 1
    assert "error MISSING_VERSION" in capsys.readouterr().out


def test_the_repository_has_no_table_that_would_change_golden_files():
    """The command runs in the folders of the cases, below this repository's pyproject.toml."""
    assert find_configuration(Path(__file__).parent) == Configuration()
