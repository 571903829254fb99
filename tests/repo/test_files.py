"""One room reads and writes files, and programs are started so that no name is an option."""

from __future__ import annotations

import ast

import pytest

from tests.repo.conftest import ROOT

MODULES = [path for path in sorted((ROOT / "iamsim").rglob("*.py")) if path.parent.name != "files"]
# Methods and functions that open, change or remove files, or read standard input whole.
CALLS = {
    *("open", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes"),
    *("replace", "rename", "renames", "remove", "unlink", "rmdir", "rmtree", "mkdir", "makedirs"),
    *("touch", "symlink", "symlink_to", "link", "hardlink_to", "mkstemp", "NamedTemporaryFile"),
    *("copy", "copyfile", "copytree", "move"),
}
# Of these, the ones that texts, lists and others have as well count on these modules alone.
COMMON = {"replace", "remove", "rename", "copy", "move", "link"}
MODULES_OF_FILES = {"gzip", "zipfile", "tarfile", "bz2", "lzma"}
OURS = ("iamsim.files.reading", "iamsim.files.writing", "iamsim.files.archive")
# What is neither an input nor an output of the user.
ALLOWED = {
    ("cli/play.py", "webbrowser.open"),  # an address
    ("cli/main.py", "os.open"),  # the null device, in the place of a closed pipe
    ("importers/cloudformation/importer.py", "template.open"),  # a template, which is no file
}


def calls_of(tree):
    """The calls of a module that may touch files, as they are written."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in OURS
        for alias in node.names
    }
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    imported |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("iamsim.")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in CALLS - imported - own - COMMON:
            yield function.id
        elif isinstance(function, ast.Attribute) and function.attr in CALLS:
            text = ast.unparse(function)
            holder = text.rpartition(".")[0]
            # `Path.replace` takes one name, `str.replace` two texts.
            renames = function.attr == "replace" and len(node.args) == 1
            if function.attr not in COMMON or holder in ("os", "shutil") or renames:
                yield text
        elif isinstance(function, ast.Attribute) and function.attr == "read":
            text = ast.unparse(function)
            if "stdin" in text:
                yield text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_opened_in_one_room(path):
    """So every reading is bounded and every writing is whole."""
    name = path.relative_to(ROOT / "iamsim").as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    found = {call for call in calls_of(tree) if (name, call) not in ALLOWED}
    assert not found
    modules = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not modules & MODULES_OF_FILES


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "path.write_text('x')",
        "Path('x').read_bytes()",
        "os.replace('x', 'y')",
        "sys.stdin.buffer.read()",
        "(folder / 'x').mkdir()",
    ],
)
def test_the_search_finds_them(line):
    """What it is there for."""
    assert list(calls_of(ast.parse(line)))
