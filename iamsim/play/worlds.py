"""The tab about a world: files that somebody drops, and questions about what is in them."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from collections.abc import Mapping
from contextlib import ExitStack, chdir
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from iamsim.api.world import World
from iamsim.core.errors import RequestError
from iamsim.files.writing import make_folder, write_bytes
from iamsim.importers.load import load_worlds
from iamsim.play.asked import text_of
from iamsim.report.document import Document, Remark
from iamsim.report.imported import remark_text
from iamsim.report.unknowns import unknowns_there
from iamsim.report.world_show import accounts_document
from iamsim.report.writers.html import to_fragment

if TYPE_CHECKING:
    from iamsim.importers.draft import Remark as ImportRemark

Json = dict[str, Any]
PACKAGE = Path(__file__).parent.parent
# The wheel's, the checkout's.
FOLDERS = (PACKAGE / "_corpus" / "examples", PACKAGE.parent / "corpus" / "examples")
EXAMPLE_WORLD, EXAMPLE_PLAN = "harbor", "harbor-plan.json"
MOST_REMARKS = 50


class _Desk:
    """The world that was dropped last."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.remarks: tuple[Remark, ...] = ()


_desk = _Desk()


def drop(given: Mapping[str, Any]) -> Json:
    """Take `files` (each with its `name` and its content in Base64) as a world, or the example with
    `sample`; says what is in it. Raises `InputError` for what can't be read."""
    remarks: list[ImportRemark] = []
    _desk.world = None  # an earlier one is not what was dropped, also where this can't be read
    if given.get("sample"):
        model = load_worlds(_sample(EXAMPLE_WORLD))
    else:
        with _Folder(given) as paths:
            model = load_worlds(*paths, remarked=remarks.extend)
    _desk.world = World.checked(model)
    _desk.remarks = tuple(Remark("note", remark_text(remark)) for remark in remarks[:MOST_REMARKS])
    if len(remarks) > MOST_REMARKS:
        more = f"{len(remarks) - MOST_REMARKS} more things are not known of the files"
        _desk.remarks += (Remark("warning", more),)
    files = 1 if given.get("sample") else len(given["files"])
    return {**_shown(), "files": files, "accounts": len(model.accounts)}


def ask_world(given: Mapping[str, Any]) -> Json:
    """Ask the world that was dropped: ``show``, ``who-can`` (an `action`, a `resource`),
    ``findings``, ``paths``, or ``changes`` through `files`. Raises `InputError`."""
    world = _desk.world
    if world is None:
        raise RequestError("missing-world", "there is no world yet", hint="drop files first")
    match text_of(given, "ask"):
        case "show":
            return _shown()
        case "who-can":
            resource = text_of(given, "resource") or "*"
            return _told(world.who_can(text_of(given, "action"), resource).document())
        case "findings":
            return _told(world.findings().document())
        case "paths":
            return _told(world.paths().document())
        case "changes" if given.get("sample"):
            return _told(world.changes(_sample(EXAMPLE_PLAN)).document())
        case "changes":
            with _Folder(given) as paths:
                return _told(world.changes(paths).document())
        case other:
            raise RequestError("unknown-value", f"`{other}` is no question of the page")


def _sample(name: str) -> Path:
    """A file or folder of the examples that come along."""
    return next(folder / name for folder in FOLDERS if (folder / name).exists())


def _shown() -> Json:
    world = _desk.world
    if world is None:
        raise RequestError("missing-world", "there is no world yet", hint="drop files first")
    accounts = [account for _, account in sorted(world.model.accounts.items())]
    remarks = (*unknowns_there(world.compiled.unknowns()), *_desk.remarks)
    return _told(accounts_document(accounts, world.model, remarks))


def _told(document: Document) -> Json:
    badge = document.verdict
    return {
        "title": document.title,
        "summary": document.summary,
        "badge": None if badge is None else {"kind": badge.kind, "word": badge.word},
        "html": to_fragment(document),
    }


class _Folder:
    """Files of a page in a folder of their own, which is gone afterwards. It is the working folder,
    so that faults name files as the page does."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        files = given.get("files")
        if not isinstance(files, list) or not files:
            raise RequestError("missing-argument", "no file is given", hint="drop one at least")
        self._files = files
        self._left = ExitStack()

    def __enter__(self) -> list[Path]:
        self._left.enter_context(chdir(self._left.enter_context(tempfile.TemporaryDirectory())))
        paths = []
        for file in self._files:
            parts = [part for part in PurePosixPath(file["name"]).parts if part not in ("/", "..")]
            path = Path(*parts)
            make_folder(path.parent)
            write_bytes(path, b64decode(file["content"]))
            paths.append(Path(parts[0]))
        return list(dict.fromkeys(paths))

    def __exit__(self, *_: object) -> None:
        self._left.close()
