"""The files of the playground: the page, Pyodide, CodeMirror, and this package as an archive.

Everything that the page loads is among them. `index.html` forbids itself every other request by a
content security policy (https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP), which the worker
inherits; a service worker keeps the files, so that the page works without a network afterwards.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from iamsim.core.errors import RequestError
from iamsim.files.archive import make_archive
from iamsim.files.reading import read_bytes

PACKAGE = Path(__file__).parent.parent
PAGE = Path(__file__).parent / "page"
CHECKOUT = PACKAGE.parent
BUILDER = CHECKOUT / "scripts" / "build_playground.py"
BUILT = CHECKOUT / "build" / "playground" / "iamsim_playground"
# What the browser has no use for: the command line, servers, what asks AWS.
LEFT_OUT = ("cli/", "collect/", "mcp/", "pytest_plugin.py", "serve/", "testing/")
# What stands elsewhere in a checkout, and where it stands in the wheel.
MOVED = (
    ("grammar", "_grammar"),
    ("corpus/conformance", "_corpus/conformance"),
    ("corpus/escalation/paths", "_corpus/escalation/paths"),
    ("corpus/examples", "_corpus/examples"),
    ("corpus/exercises", "_corpus/exercises"),
    ("corpus/lessons", "_corpus/lessons"),
)
# What an explanation does not need, and is loaded with the other tabs: lessons, their words, the
# API calls about which they ask, and what reads dumps and plans. A contract of imports holds it.
LATER = (
    "_corpus/",
    "audit/",
    "calls/",
    "importers/cloudformation/",
    "importers/scripts/",
    "importers/terraform/",
    "inputs/",
    "lessons/",
    "replay/",
    "words/ja_course.toml",
    "words/ja_lessons.toml",
)
NOT_SHIPPED = ("__pycache__", ".pyc")
HASH_LENGTH = 16
SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; "
    "img-src 'self' data: blob:; style-src 'self'; worker-src 'self' blob:; "
    "script-src 'self' 'wasm-unsafe-eval' {map_hash}"
)


def find_vendor() -> Path:
    """The folder with Pyodide and CodeMirror: of the wheel `iamsim-playground`, else of the
    checkout, where it is built first if it is missing.

    Raises `RequestError` where neither is there.
    """
    spec = importlib.util.find_spec("iamsim_playground")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "vendor"
    if not BUILT.is_dir() and BUILDER.is_file() and shutil.which("npm") is not None:
        sys.stderr.write("note: Pyodide and CodeMirror are brought from npm, once\n")
        done = subprocess.run([sys.executable, str(BUILDER)], check=False, stdout=sys.stderr)  # noqa: S603 - a script of ours
        if done.returncode:
            raise _missing("they could not be brought from npm")
    if not BUILT.is_dir():
        raise _missing("the wheel that holds them is not installed")
    return BUILT / "vendor"


def _missing(why: str) -> RequestError:
    hint = "`pip install iamsim-playground`"
    if BUILDER.is_file():
        hint += ", or install npm, which brings them into this checkout"
    return RequestError("no-playground", f"Pyodide and CodeMirror are missing: {why}", hint=hint)


def playground_files(vendor: Path) -> dict[str, bytes]:
    """All files by their paths below the page; `index.html` is the page."""
    files = {f"vendor/{name}": content for name, content in _below(vendor)}
    files |= dict(_below(PAGE))
    files["report.css"] = _template("style.css")
    files["report.js"] = _template("script.js")
    first, later = _archives()
    files["packages/iamsim.zip"], files["packages/corpus.zip"] = first, later
    modules = json.loads(files.pop("vendor/modules.json"))
    imports = {name: f"./vendor/{file}" for name, file in modules.items()}
    import_map = json.dumps({"imports": imports}, indent=1)
    map_hash = f"'sha256-{b64encode(sha256(import_map.encode()).digest()).decode()}'"
    page = files["index.html"].decode()
    page = page.replace("%IMPORT_MAP%", import_map)
    page = page.replace("%SECURITY_POLICY%", SECURITY_POLICY.format(map_hash=map_hash))
    files["index.html"] = page.encode()
    version = sha256(b"\0".join(sha256(files[name]).digest() for name in sorted(files)))
    listed = {
        "version": version.hexdigest()[:HASH_LENGTH],
        "files": sorted(name for name in files if not name.startswith("vendor/licenses/")),
    }
    files["files.json"] = json.dumps(listed, indent=1).encode()
    return files


def _below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All files below a folder, by their paths in it."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part in name for part in NOT_SHIPPED):
            yield name, read_bytes(path)


def _template(name: str) -> bytes:
    """A style sheet or script that pages of reports have, too."""
    return read_bytes(PACKAGE / "report" / "html" / "templates" / f"{name}.j2")


@cache
def _archives() -> tuple[bytes, bytes]:
    """This package as two archives: what an explanation needs, and what else there is."""
    files = {
        name: content
        for name, content in _below(PACKAGE)
        if not name.startswith((*LEFT_OUT, "play/page/"))
    }
    for place, name in MOVED:
        if (CHECKOUT / place).is_dir() and not (PACKAGE / name).is_dir():
            files |= {f"{name}/{entry}": content for entry, content in _below(CHECKOUT / place)}
    placed = {f"iamsim/{name}": content for name, content in files.items()}
    later = {f"iamsim/{name}" for name in files if name.startswith(LATER)}
    return (
        make_archive({name: placed[name] for name in placed.keys() - later}),
        make_archive({name: placed[name] for name in later}),
    )
