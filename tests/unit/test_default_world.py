"""Worlds without an option, short names, examples, pages: what needs no path and no ARN."""

import json

import pytest

from iamsim.cli.demo import STEPS
from iamsim.cli.docs import page_names
from iamsim.cli.main import main
from iamsim.cli.panels import COMMANDS
from iamsim.world.examples import examples

WORLD = {
    "accounts": {
        "111122223333": {
            "name": "prod",
            "users": {"deploy": {}, "nora": {"policies": ["ReadAll"]}},
            "roles": {"app": {"path": "/eng/"}, "deploy": {}},
            "policies": {
                "ReadAll": {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
                }
            },
            "resources": {"arn:aws:s3:::reports": {}},
        },
        "444455556666": {"name": "test", "roles": {"deploy": {}}},
    }
}
PART = "example:harbor/policies"
ASK = ["explain", "-a", "s3:GetObject", "-r", "arn:aws:s3:::reports/a"]
NORA = "arn:aws:iam::111122223333:user/nora"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in a folder that holds a world under another name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IAMSIM_WORLD", raising=False)
    (tmp_path / "acme.yaml").write_text(json.dumps(WORLD))

    def run_command(*arguments):
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


def test_the_variable_names_a_world(run, monkeypatch):
    """It counts as the option does, and is said."""
    monkeypatch.setenv("IAMSIM_WORLD", "acme.yaml")
    code, out, err = run(*ASK, "-p", NORA, "--expect", "allowed")
    assert (code, err) == (0, "note: the world is acme.yaml (IAMSIM_WORLD)\n")
    assert out.startswith("allowed")
    assert run(*ASK, "-p", NORA, "-q")[1:] == ("allowed\n", "")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("iamsim.toml", 'world = "acme.yaml"\n'),
        ("iamsim.toml", 'world = ["acme.yaml"]\n[validate]\nignore = []\n'),
        ("pyproject.toml", '[tool.iamsim]\nworld = "acme.yaml"\n'),
    ],
)
def test_the_configuration_names_a_world(run, tmp_path, monkeypatch, file, text):
    """Also for folders below; paths start from the folder of the file."""
    (tmp_path / file).write_text(text)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    code, _, err = run(*ASK, "-p", NORA, "--expect", "allowed")
    assert code == 0
    assert err.startswith("note: the world is ../acme.yaml (")
    assert file in err


@pytest.mark.parametrize(
    ("text", "message"),
    [("world = 5\n", "is no path"), ("world = \n", "is not TOML")],
)
def test_a_configuration_that_names_none_is_an_error(run, tmp_path, text, message):
    """Never a silent guess."""
    (tmp_path / "iamsim.toml").write_text(text)
    code, _, err = run(*ASK, "-p", NORA)
    assert code == 2
    assert message in err


def test_the_world_of_the_folder_counts_where_nothing_else_brings_policies(run, tmp_path):
    """A policy that is given stands alone."""
    (tmp_path / "world.yaml").write_text(json.dumps(WORLD))
    assert run(*ASK, "-p", NORA)[2] == "note: the world is world.yaml (in this folder)\n"
    code, _, err = run(*ASK, "-p", NORA, "--identity-policy", "ReadOnlyAccess")
    assert (code, err) == (0, "")
    assert run("who-can", "s3:GetObject", "arn:aws:s3:::reports/a", "-q")[0] == 0


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("nora", NORA),
        ("user/nora", NORA),
        ("111122223333/nora", NORA),
        ("prod/nora", NORA),
        ("app", "arn:aws:iam::111122223333:role/eng/app"),
        ("eng/app", "arn:aws:iam::111122223333:role/eng/app"),
        ("test/deploy", "arn:aws:iam::444455556666:role/deploy"),
        ("user/deploy", "arn:aws:iam::111122223333:user/deploy"),
    ],
)
def test_a_name_that_only_one_principal_has(run, name, arn):
    """With its kind, its path or its account in front where several have it."""
    _, out, _ = run(*ASK, "--world", "acme.yaml", "-p", name, "--format", "json")
    assert json.loads(out)["request"]["principal"] == arn


def test_a_name_that_several_have_is_an_error(run):
    """All of them are listed."""
    code, _, err = run(*ASK, "--world", "acme.yaml", "-p", "deploy")
    assert code == 2
    assert "`deploy` is the name of 3 principals of the world" in err
    assert "`arn:aws:iam::444455556666:role/deploy`" in err


def test_a_name_that_nobody_has_comes_close_to_one(run):
    """As an ARN that nobody has."""
    code, _, err = run(*ASK, "--world", "acme.yaml", "-p", "norra")
    assert code == 2
    assert f"did you mean `{NORA}`?" in err


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("s3://reports/a/b", "arn:aws:s3:::reports/a/b"),
        ("reports/a/b", "arn:aws:s3:::reports/a/b"),
        ("reports", "arn:aws:s3:::reports"),
        ("role/eng/app", "arn:aws:iam::111122223333:role/eng/app"),
    ],
)
def test_resources_by_name(run, name, arn):
    """As the AWS CLI writes objects, and as the world lists resources."""
    ask = ["explain", "-a", "s3:GetObject", "-p", NORA, "--world", "acme.yaml", "--format", "json"]
    _, out, _ = run(*ask, "-r", name)
    assert json.loads(out)["request"]["resource"] == arn


def test_examples_come_along_by_name(run):
    """In options, arguments and variables."""
    assert "harbor" in examples()
    code, out, _ = run(*ASK, "-p", "deploy", "--world", "example:harbor", "-q")
    assert (code, out) == (0, "implicitDeny\n")
    code, _, err = run(*ASK, "-p", "deploy", "--world", "example:harbour")
    assert code == 2
    assert "did you mean `harbor`?" in err
    assert run("explain", "example:why-was-this-denied.yaml", "-q")[0] == 0  # as on the pages
    code, out, _ = run(*ASK, "-p", NORA, "-q", "--identity-policy", f"{PART}/deploy.json")
    assert (code, out) == (0, "implicitDeny\n")
    code, _, err = run("validate", "example:harbor/../../world.py")
    assert (code, err.splitlines()[0]) == (
        2,
        "error: there is no example `example:harbor/../../world.py`",
    )


def test_an_example_of_the_pages_is_found_outside_of_a_checkout(run):
    """The pages name it by its path in a checkout; the hint says what it is called elsewhere."""
    paths = ("corpus/examples/harbor", "corpus/examples/harbor/policies/deploy.json")
    for path, words in zip(paths, ("--world", "--identity-policy"), strict=True):
        code, _, err = run(*ASK, "-p", NORA, words, path)
        name = path.replace("corpus/examples/", "example:")
        assert (code, err.splitlines()[1]) == (2, f"hint: outside of a checkout it is `{name}`")


def test_the_demonstration_says_what_it_runs(run):
    """Each command stands above its answer, and has one."""
    code, out, _ = run("demo", "--list")
    assert code == 0
    assert out.count("\n$ iamsim ") + out.startswith("$") == len(STEPS)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command[0])
def test_every_step_of_the_demonstration_answers(run, step):
    """None of the commands is wrong usage."""
    code, out, err = run(*step.command, "-q")
    assert (code, err) == (0, "")
    assert out


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (["reference/errors"], "# Errors"),
        (["errors.md"], "# Errors"),
        (["docs/reference/errors.md#invalid-arn"], "## invalid-arn"),
        (["invalid-arn"], "## invalid-arn"),
        (["errors", "invalid-arn"], "## invalid-arn"),
        (["who-can"], "## iamsim who-can"),
        (["EMPTY_ARRAY_ACTION"], "## EMPTY_ARRAY_ACTION"),
    ],
)
def test_pages_and_sections_are_found(run, words, begins):
    """By name, by heading, by code, as links write them."""
    code, out, _ = run("docs", *words)
    assert code == 0
    assert out.startswith(begins)


def test_all_pages_are_listed_and_a_wrong_name_comes_close(run):
    """The list is that of the folder."""
    code, out, _ = run("docs", "-q")
    assert (code, out.split()) == (0, page_names())
    code, _, err = run("docs", "how-to/ask-what-iff")
    assert code == 2
    assert "did you mean `how-to/ask-what-if`?" in err
    assert json.loads(run("docs", "errors", "--format", "json")[1])["page"] == "reference/errors"
    tutorials = [name for name in page_names() if name.startswith("tutorial/")]
    assert len(tutorials) > 1
    for folder in ("tutorial", "docs/tutorial/"):
        assert run("docs", folder, "-q")[1].splitlines() == tutorials
    assert "did you mean `tutorial`" in run("docs", "tutorials")[2]


@pytest.mark.parametrize("command", [*COMMANDS, "why"])
def test_help_of_a_command(run, command):
    """`iamsim help X` is `iamsim X --help`."""
    code, out, _ = run("help", command)
    assert code == 0
    assert "Usage: iamsim" in out


def test_help_of_anything_else_is_a_page(run):
    """Codes too; nothing known is an error."""
    assert run("help", "invalid-arn")[1].startswith("## invalid-arn")
    assert "Commands" in run("help")[1] or "Usage" in run("help")[1]
    assert run("help", "nothing-of-this")[0] == 2
