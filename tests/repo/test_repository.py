"""The repository keeps its promises: README and CI agree, imports are light, modules are small."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import pytest

import iamsim
from tests.repo.conftest import ROOT, run

MODULES = sorted((ROOT / "iamsim").rglob("*.py"))
HEAVY = (
    "lark",
    "prompt_toolkit",
    "pydantic",
    "typer",
    "click",
    "rich",
    "graphviz",
    "jinja2",
    "markupsafe",
    "yaml",
    "hypothesis",
    "pytest",
)


def readme_commands():
    """Give the two commands that the README opens with."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    commands = [line[2:] for line in "".join(blocks[:2]).splitlines() if line.startswith("$ ")]
    assert len(commands) == 2
    return commands


def test_readme_opens_with_two_commands_that_need_only_python_and_pip():
    """The first installs and explains a request, the second installs and runs the tests."""
    explain, test = readme_commands()
    for command in (explain, test):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert " && .venv/bin/iamsim explain " in explain
    assert " && .venv/bin/pytest" in test


def test_ci_runs_the_test_command_of_the_readme():
    """`.ci/run` runs the README's test command word for word, but for the folder it installs to."""
    test = readme_commands()[1].replace(".venv", ".venv-ci")
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith(f"({test}) ")]


def test_first_command_of_the_readme_answers():
    """The README's example is answered, and prints what the README shows below it."""
    command = readme_commands()[0].split(" && ")[-1]
    done = run(
        *(sys.executable, "-m", "iamsim", *command.split()[1:]),
        cwd=ROOT,
        NO_COLOR="1",
        COLUMNS="100",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() in (ROOT / "README.md").read_text("utf-8")


def test_ci_is_executable_and_strict():
    """`.ci/run` can be run as a program and stops at the first failure."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text("utf-8")


def test_changelog_names_the_version():
    """The changelog has a section for the version, which pyproject takes from the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    heading = re.escape(f"## {iamsim.__version__} ")
    assert re.search(f"^{heading}", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_exported_names_are_sorted_and_complete():
    """`iamsim.__all__` is sorted, each name in it exists, and no other public object is there."""
    names = iamsim.__all__
    assert names == sorted(set(names))
    modules = {path.stem for path in (ROOT / "iamsim").iterdir()}
    # What pytest writes into modules of a package with a plugin is no identifier.
    public = {name for name in dir(iamsim) if name.isidentifier() and not name.startswith("_")}
    assert public - modules - {"annotations", "TYPE_CHECKING"} <= set(names) <= public
    assert all(getattr(iamsim, name) is not None for name in names)


def test_lists_of_names_stand_where_they_say_something():
    """`__all__` is in public modules, in packages, and where a module passes on another's names.

    Anywhere else it would only repeat what an underscore says, and hide unused names from tools.
    """
    public = {ROOT / "iamsim" / "testing" / "laws.py"}
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        listed = [
            statement.value
            for statement in tree.body
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"
        ]
        if not listed or path in public or path.name == "__init__.py":
            continue
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        passed_on = {name.asname or name.name for node in imports for name in node.names}
        assert passed_on & set(ast.literal_eval(listed[0])), f"{path} passes on no name"


@pytest.mark.parametrize("statement", ["import iamsim", "import iamsim.cli.main"])
def test_import_is_light(statement):
    """Importing the package, or the command line's entry, loads no third-party package."""
    program = f"{statement}\nimport sys\nprint(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = run(sys.executable, "-S", "-c", program, cwd=ROOT, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_is_small_and_finished(path):
    """No module has more than 600 lines, and none says that it is not done."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= 600
    unfinished = "TO" + "DO|FIX" + "ME|NotImplemented" + "Error|pragma: no " + "cover"
    assert not re.search(unfinished, text)


def test_public_objects_have_docstrings():
    """Every module, and every public function and class in it, says what it is."""
    silent = []
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        nodes = [
            tree,
            *(node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))),
        ]
        for node in nodes:
            name = getattr(node, "name", "")
            if not name.startswith("_") and not ast.get_docstring(node) and tree.body:
                silent.append(f"{path.relative_to(ROOT)}:{name}")
    assert silent == []


def test_every_test_says_what_it_proves():
    """Each test function has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_oracle_imports_nothing_of_iamsim():
    """The oracle is an evaluator of its own: only the tests beside it may see iamsim."""
    for path in sorted((ROOT / "tests" / "oracle").glob("*.py")):
        if path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.split(".")[0] == "iamsim"], path.name


def test_dependencies_are_explained():
    """Each run-time dependency has a section that says why it is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[><=~!]", text)[0].lower() for text in project["dependencies"]}
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text("utf-8")
    headings = {text.lower() for text in re.findall(r"^## (\S+)$", page, re.MULTILINE)}
    assert names == headings
