"""The open documents of a session: their newest analysis, places, and the world around them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from iamsim.checks.codes import FindingType
from iamsim.core.errors import IamsimError
from iamsim.files.reading import read_text
from iamsim.importers.load import load_worlds
from iamsim.importers.terraform.hcl.modules import ModuleFiles
from iamsim.lsp.analysis import Analysis, Analyzer, OutdatedError, StatementHere, language_of
from iamsim.lsp.edits import UNMET, edits_of
from iamsim.lsp.granted import statement_text
from iamsim.lsp.hcl_place import actions_at, hcl_place_at
from iamsim.lsp.place import Place, place_at
from iamsim.lsp.references import References, file_without_line, module_of, references_at
from iamsim.report.cleaning import for_terminal
from iamsim.syntax.hcl.file import HclFile, is_hcl
from iamsim.world.load import WORLD_FILES, load_world_documents

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer
    from pygls.workspace import PositionCodec, TextDocument

    from iamsim.core.span import Source, Span
    from iamsim.inputs.found_policy import FoundPolicy
    from iamsim.lsp.actions import Action
    from iamsim.world.model import World

SEVERITIES = {
    FindingType.ERROR: types.DiagnosticSeverity.Error,
    FindingType.SECURITY_WARNING: types.DiagnosticSeverity.Warning,
    FindingType.WARNING: types.DiagnosticSeverity.Warning,
    FindingType.SUGGESTION: types.DiagnosticSeverity.Information,
}
SOURCE = "iamsim"
VALUES = ".tfvars"  # files of values have no references


class Documents:
    """The open documents with their newest analysis, and the world around them."""

    def __init__(self, server: LanguageServer, today: str | None) -> None:
        """Keep the server."""
        self.server = server
        self._analyzer = Analyzer(today)
        self._known: dict[str, tuple[int | None, Analysis]] = {}
        self._whole: dict[str, object] = {}  # the last content that could be read
        self._files: dict[str, HclFile] = {}  # as they could be read last
        self._edits: dict[tuple[str, int], tuple[int | None, tuple[Action, ...]]] = {}
        self._worlds: dict[str, tuple[object, World | None]] = {}
        self._at_work = threading.RLock()

    def text(self, uri: str) -> TextDocument:
        """The text of an open document."""
        return self.server.workspace.get_text_document(uri)

    @property
    def codec(self) -> PositionCodec:
        """How the client counts columns."""
        return self.server.workspace.position_codec

    def analysis(self, uri: str) -> Analysis:
        """What is in a document, as it is now."""
        while True:
            try:
                return self.newest(uri)
            except OutdatedError:
                continue

    def newest(self, uri: str) -> Analysis:
        """What is in a document; raises `OutdatedError` where it changes meanwhile."""
        with self._at_work:
            document = self.text(uri)
            version, text = document.version, document.source
            known = self._known.get(uri)
            if known is not None and known[0] == version:
                return known[1]

            def is_outdated() -> bool:
                return bool(self.text(uri).version != version)

            analysis = self._analyzer.analyze(text, path_of(uri), is_outdated)
            self._known[uri] = version, analysis
            if analysis.document is not None:
                self._whole[uri] = analysis.document.data
            if analysis.file is not None:
                self._files[uri] = analysis.file
            return analysis

    def forget(self, uri: str) -> None:
        """A document was closed."""
        for table in (self._known, self._whole, self._files):
            table.pop(uri, None)
        for key in [edit for edit in self._edits if edit[0] == uri]:
            self._edits.pop(key)

    def place(self, uri: str, position: types.Position) -> Place:
        """The place of a position of the client."""
        document, name = self.text(uri), path_of(uri)
        offset = document.offset_at_position(position)
        if is_hcl(name):
            return hcl_place_at(document.source, offset)
        return place_at(document.source, offset, language_of(name))

    def references(self, uri: str, position: types.Position) -> References | None:
        """What may be typed at a position of a configuration as a step of a reference."""
        document, name = self.text(uri), path_of(uri)
        if not is_hcl(name) or name.endswith(VALUES):
            return None
        offset = document.offset_at_position(position)
        file = self.analysis(uri).file or file_without_line(name, document.source, offset)
        file = file or self._files.get(uri)
        return references_at(
            document.source, offset, ModuleFiles("") if file is None else module_of(file, name)
        )

    def statement_here(self, uri: str, offset: int) -> StatementHere | None:
        """The smallest statement that is written around an offset."""
        around = [
            statement
            for statement in self.analysis(uri).statements(path_of(uri))
            if statement.span.start <= offset <= statement.span.end
        ]
        return min(around, key=lambda entry: entry.span.end - entry.span.start, default=None)

    def sentence(self, uri: str, place: Place) -> str:
        """What the statement around a place grants."""
        here = self.statement_here(uri, place.start)
        if here is not None:
            return statement_text(here.policy, here.number, here.policy_type)
        statement = self.statement(uri, place)
        return "" if statement is None else statement_text({"Statement": [statement]}, 0, None)

    def statement_of(self, uri: str, place: Place) -> Mapping[str, object] | None:
        """The statement around a place, as far as completion needs it."""
        if is_hcl(path_of(uri)):
            return actions_at(self.text(uri).source, place.start)
        here = self.statement_here(uri, place.start)
        return self.statement(uri, place) if here is None else here.raw

    def statement(self, uri: str, place: Place) -> Mapping[str, object] | None:
        """The statement around a place, as the document had it when it could last be read."""
        value: Any = self._whole.get(uri)
        statement = None
        for number, step in enumerate(place.path):
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
            before = place.path[number - 1] if number else None
            if isinstance(value, dict) and "Statement" in (step, before):
                statement = value
        return statement

    def world(self, uri: str) -> World | None:
        """The world of a document: itself, else the world file of its folder or one above."""
        known = self._known.get(uri)
        analysis = known[1] if known is not None else None
        if analysis is not None and analysis.kind == "world" and analysis.document is not None:
            return load_world_documents(analysis.document, strict=False)
        folder = Path(path_of(uri)).parent
        for place in (folder, *folder.parents)[:6]:
            for name in WORLD_FILES:
                path = place / name
                if path.is_file():
                    return self._read(path)
        return None

    def _read(self, path: Path) -> World | None:
        """Read a world file; once, until it changes."""
        state = path.stat().st_mtime_ns
        known = self._worlds.get(str(path))
        if known is not None and known[0] == state:
            return known[1]
        try:
            world = load_worlds(str(path), strict=False)
        except IamsimError:
            world = None
        self._worlds[str(path)] = state, world
        return world

    def edits(self, uri: str, start: int, end: int) -> tuple[Action, ...]:
        """What would make the requests that a stretch touches come out as expected; found once,
        until the document changes."""
        results = self.analysis(uri).results
        version = self.text(uri).version
        actions: list[Action] = []
        for number, result in enumerate(results):
            span = result.request.span
            if result.met or not (span.start <= end and start <= span.end):
                continue
            key = uri, number
            known = self._edits.get(key)
            if known is None or known[0] != version:
                known = self._edits[key] = version, tuple(edits_of(result))
            actions += [action for action in known[1] if self._is_current(action)]
        return tuple(actions)

    def _is_current(self, action: Action) -> bool:
        """Whether the texts that an action changes are as they were read."""
        return all(self._content(source.name) == source.text for source, _ in action.changes)

    def _content(self, name: str) -> str | None:
        """What a file holds: in the editor where it is open, else on disk."""
        for uri in list(self.server.workspace.text_documents):
            if path_of(uri) == name:
                return str(self.text(uri).source)
        try:
            return read_text(name)
        except (OSError, ValueError, IamsimError):
            return None

    def uri_of(self, name: str, here: str) -> str:
        """The URI of a file: as the editor has it, where it is open."""
        for uri in (here, *self.server.workspace.text_documents):
            if path_of(uri) == name:
                return str(uri)
        return from_fs_path(name) or here

    def position(self, source: Source, offset: int) -> types.Position:
        """An offset as the client counts."""
        line, column = source.line_column(offset)
        before = source.line_text(line)[: column - 1]
        return types.Position(line - 1, self.codec.client_num_units(before))

    def range(self, span: Span) -> types.Range:
        """A stretch as the client counts."""
        return types.Range(
            self.position(span.source, span.start), self.position(span.source, span.end)
        )

    def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """All that is wrong with a document."""
        found = []
        name = path_of(uri)
        analysis = self.analysis(uri)
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        for policy, examined in analysis.policies:
            for finding in examined.findings:
                spans = finding.spans
                about = types.Diagnostic(
                    range=self.range(spans[0]) if spans and _is_here(policy, spans[0]) else start,
                    message=for_terminal(
                        finding.details + (f"; {finding.hint}" if finding.hint else "")
                    ),
                    severity=SEVERITIES[finding.finding_type],
                    code=finding.code,
                    source=SOURCE,
                )
                if "://" in finding.learn_more:
                    about.code_description = types.CodeDescription(finding.learn_more)
                found.append(about)
        for problem in analysis.problems:
            here = problem.span is not None and problem.span.source.name == name
            found.append(
                types.Diagnostic(
                    range=self.range(problem.span) if here and problem.span else start,
                    message=for_terminal(problem.message),
                    severity=types.DiagnosticSeverity.Error,
                    code=problem.code,
                    source=SOURCE,
                )
            )
        found += [
            types.Diagnostic(
                range=self.range(result.request.span),
                message=for_terminal("; ".join(result.failures)),
                severity=types.DiagnosticSeverity.Warning,
                code=UNMET,
                source=SOURCE,
            )
            for result in analysis.results
            if result.failures
        ]
        return found


def _is_here(policy: FoundPolicy, span: Span) -> bool:
    """Whether a place is in the document of a policy: not inside of a text, nor in another file."""
    return not policy.is_wrapped and (not policy.is_evaluated or span.source.name == policy.name)


def path_of(uri: str) -> str:
    """The path of a document."""
    return to_fs_path(uri) or uri
