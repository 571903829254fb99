"""The documentation is true: links lead somewhere, commands run, and tables are complete."""

from __future__ import annotations

import ast
import doctest
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from iamsim.cli.main import main
from iamsim.core.decision import Layer, Outcome
from iamsim.core.hint import HintKind
from iamsim.core.reason import Note, Reason
from tests.docs.walking import is_walked
from tests.repo.conftest import ROOT, run

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "corpus/examples/*.md", "tests/README.md")
    for path in ROOT.glob(pattern)
)
# Where a code can stand in a call: the error classes, and the rooms' own short ways to raise one.
CODE_POSITIONS = {
    **dict.fromkeys(
        ("IamsimError", "InputError", "InternalError", "PolicyError", "RequestError"), 0
    ),
    **dict.fromkeys(("UnsupportedError", "WorldError", "Fault", "Problem", "TemplateFault"), 0),
    **dict.fromkeys(("_Broken", "add", "error", "fail"), 0),
    "_Checked": 2,
}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def blocks(language):
    """Give every fenced block of a language in the documentation, with where it stands; pages that
    are walked in a folder of their own are apart."""
    found = []
    for page in PAGES:
        if is_walked(page):
            continue
        text = page.read_text("utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


def headings(page, level=2):
    """Give the headings of a page."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    """Each relative link of a page names a file of the repository."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if not target.startswith(("https://", "mailto:")):
            assert (page.parent / target).exists(), target


def commands():
    """Give every `$ iamsim ...` line of the documentation."""
    found = []
    for block in blocks("console"):
        for number, line in enumerate(block.values[0].splitlines()):
            if line.startswith("$ iamsim "):
                found.append(pytest.param(line[2:], id=f"{block.id}+{number}"))
    return found


@pytest.mark.parametrize("command", commands())
def test_command_runs(command, capsys, monkeypatch):
    """A command of the documentation runs, answers, and reports no error.

    What `--accept-unknown` accepts is told.
    """
    monkeypatch.chdir(ROOT)
    code = main(shlex.split(command)[1:])
    printed = capsys.readouterr()
    said = [line for line in printed.err.splitlines() if not line.startswith("accepted: ")]
    assert (code, said) == (0, [])
    assert printed.out


@pytest.mark.parametrize("program", blocks("python"))
def test_python_block_runs(program):
    """A Python block of the documentation runs, and its assertions hold."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("document", blocks("yaml"))
def test_yaml_block_is_a_scenario_that_passes(document, tmp_path, capsys, monkeypatch):
    """A YAML block of the documentation is a scenario, and its expectations hold."""
    path = tmp_path / "scenario.yaml"
    path.write_text(document, encoding="utf-8")
    monkeypatch.chdir(ROOT)
    assert (main(["explain", str(path)]), capsys.readouterr().err) == (0, "")


def test_prompts_answer_as_shown():
    """What stands at Python's prompt on the page about the Python interface comes back so."""
    page = ROOT / "docs" / "reference" / "python.md"
    done = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert (done.failed, done.attempted > 0) == (0, True)


def test_names_of_the_code_exist():
    """What the page about evaluation calls by its name in the code is there."""
    page = (ROOT / "docs" / "explanation" / "evaluation.md").read_text("utf-8")
    names = set(re.findall(r"`(iamsim(?:\.\w+)+)`", page))
    assert names
    for name in names:
        pkgutil.resolve_name(name)


def code_places(node):
    """Give the parts of a syntax tree's node that may be the code of an error."""
    match node:
        case ast.Call():
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = CODE_POSITIONS.get(name, len(node.args))
            yield from node.args[position : position + 1]
            yield from (word.value for word in node.keywords if word.arg == "code")
        case ast.Assign(targets=[ast.Name(id="code")]):
            yield node.value
        case ast.Return(value=ast.Tuple(elts=[first, _, _, *_])):
            yield first


def raised_codes():
    """Collect the codes of all errors that the package raises, from its source."""
    codes = set()
    for path in (ROOT / "iamsim").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for place in code_places(node):
                either = (place.body, place.orelse) if isinstance(place, ast.IfExp) else (place,)
                texts = [getattr(entry, "value", None) for entry in either]
                codes.update(
                    text for text in texts if isinstance(text, str) and CODE.fullmatch(text)
                )
    return codes


def test_every_error_code_is_documented():
    """The headings of errors.md are exactly the codes of the errors that iamsim raises."""
    assert sorted(headings("reference/errors.md")) == sorted(raised_codes())


def test_every_note_is_documented():
    """The headings of notes.md are exactly the notes that answers may carry."""
    assert sorted(headings("reference/notes.md")) == sorted(note.value for note in Note)


def test_every_hint_is_documented():
    """The headings of hints.md are exactly the hints that answers may carry."""
    assert headings("reference/hints.md") == [kind.value for kind in HintKind]


def test_every_reason_is_documented():
    """The generated page of reasons names every reason once."""
    page = (ROOT / "docs" / "reference" / "reasons.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == sorted(
        reason.value for reason in Reason
    )


def test_layers_and_outcomes_are_documented():
    """answer.md names every layer and every outcome that answers use."""
    page = (ROOT / "docs" / "reference" / "answer.md").read_text("utf-8")
    for name in (*Layer, *Outcome):
        assert f"`{name.value}`" in page


def test_generated_pages_are_current():
    """The generated pages of the reference are what their script writes."""
    script = Path("scripts") / "write_reference.py"
    done = run(sys.executable, str(script), "--check", cwd=ROOT, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
