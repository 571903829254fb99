"""The server: the language server protocol over standard input and output.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from iamsim import __version__
from iamsim.checks.codes import FindingType
from iamsim.core.errors import IamsimError
from iamsim.importers.load import load_worlds
from iamsim.lsp.actions import actions_for, sidecar_name
from iamsim.lsp.analysis import Analysis, Analyzer, language_of
from iamsim.lsp.completion import proposals
from iamsim.lsp.hover import hover_text
from iamsim.lsp.place import Place, place_at
from iamsim.lsp.symbols import symbols, target_of
from iamsim.report.cleaning import for_terminal
from iamsim.world.load import WORLD_FILES, load_world_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pygls.workspace import PositionCodec, TextDocument

    from iamsim.core.span import Source, Span
    from iamsim.inputs.found_policy import FoundPolicy
    from iamsim.lsp.actions import Action
    from iamsim.lsp.symbols import Symbol
    from iamsim.world.model import World

__all__ = ["make_server"]

SEVERITIES = {
    FindingType.ERROR: types.DiagnosticSeverity.Error,
    FindingType.SECURITY_WARNING: types.DiagnosticSeverity.Warning,
    FindingType.WARNING: types.DiagnosticSeverity.Warning,
    FindingType.SUGGESTION: types.DiagnosticSeverity.Information,
}
KINDS = {
    "element": types.CompletionItemKind.Property,
    "operator": types.CompletionItemKind.Operator,
    "key": types.CompletionItemKind.Field,
    "service": types.CompletionItemKind.Module,
    "action": types.CompletionItemKind.Function,
    "policy": types.CompletionItemKind.File,
    "principal": types.CompletionItemKind.Class,
}
OUTLINE = {
    "statement": types.SymbolKind.Object,
    "account": types.SymbolKind.Namespace,
    "policies": types.SymbolKind.File,
    "resources": types.SymbolKind.Struct,
}
RUN, WHY = "iamsim.run", "iamsim.why"
UNMET = "not-as-expected"  # the code of a diagnostic
SOURCE = "iamsim"
PAUSE = 0.03  # seconds without a change before a document is looked at


class Documents:
    """The open documents with their newest analysis, and the world around them."""

    def __init__(self, server: LanguageServer, today: str | None) -> None:
        """Keep the server."""
        self.server = server
        self._analyzer = Analyzer(today)
        self._known: dict[str, tuple[int | None, Analysis]] = {}
        self._whole: dict[str, object] = {}  # the last content that could be read
        self._worlds: dict[str, tuple[object, World | None]] = {}

    def text(self, uri: str) -> TextDocument:
        """The text of an open document."""
        return self.server.workspace.get_text_document(uri)

    @property
    def codec(self) -> PositionCodec:
        """How the client counts columns."""
        return self.server.workspace.position_codec

    def analysis(self, uri: str) -> Analysis:
        """What is in a document, as it is now."""
        document = self.text(uri)
        known = self._known.get(uri)
        if known is not None and known[0] == document.version:
            return known[1]
        version = document.version
        found = self._analyzer.analyze(document.source, _name(uri))
        self._known[uri] = version, found
        if found.document is not None:
            self._whole[uri] = found.document.data
        return found

    def forget(self, uri: str) -> None:
        """A document was closed."""
        for table in (self._known, self._whole):
            table.pop(uri, None)

    def place(self, uri: str, position: types.Position) -> Place:
        """The place of a position of the client."""
        document = self.text(uri)
        offset = document.offset_at_position(position)
        return place_at(document.source, offset, language_of(_name(uri)))

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
        folder = Path(_name(uri)).parent
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
        name = _name(uri)
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
        for number, result in enumerate(analysis.results):
            if result.failures and analysis.document is not None:
                found.append(
                    types.Diagnostic(
                        range=self.range(analysis.document.span(("requests", number))),
                        message=for_terminal("; ".join(result.failures)),
                        severity=types.DiagnosticSeverity.Warning,
                        code=UNMET,
                        source=SOURCE,
                    )
                )
        return found


def _is_here(policy: FoundPolicy, span: Span) -> bool:
    """Whether a place is in the document of a policy: not inside of a text, nor in another file."""
    return not policy.is_wrapped and (not policy.is_evaluated or span.source.name == policy.name)


def _name(uri: str) -> str:
    """The path of a document."""
    return to_fs_path(uri) or uri


def make_server(today: str | None = None) -> LanguageServer:
    """A server with all its features."""
    server = LanguageServer(SOURCE, __version__)
    documents = Documents(server, today)
    _diagnose(server, documents)
    _answer(server, documents)
    _offer(server, documents)
    return server


def _diagnose(server: LanguageServer, documents: Documents) -> None:
    """Look at documents as they change; only the newest state of one is told."""

    async def publish(uri: str, version: int | None) -> None:
        await asyncio.sleep(PAUSE)
        if uri not in server.workspace.text_documents or documents.text(uri).version != version:
            return
        # Large documents take a while: meanwhile other questions are answered.
        await asyncio.to_thread(documents.analysis, uri)
        if uri not in server.workspace.text_documents or documents.text(uri).version != version:
            return
        found = documents.diagnostics(uri)
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=found)
        )

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        await publish(params.text_document.uri, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        await publish(params.text_document.uri, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        documents.forget(uri)
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=[])
        )


def _answer(server: LanguageServer, documents: Documents) -> None:
    """Hover, completion, outline, definition."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        documents.analysis(uri)
        place = documents.place(uri, params.position)
        text = hover_text(place, documents.statement(uri, place), documents.world(uri))
        if not text:
            return None
        contents = types.MarkupContent(types.MarkupKind.Markdown, text)
        return types.Hover(contents, _range(documents, uri, place))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[":", '"', "/", "$"]),
    )
    def complete(params: types.CompletionParams) -> types.CompletionList:
        uri = params.text_document.uri
        analysis = documents.analysis(uri)
        place = documents.place(uri, params.position)
        found = proposals(
            place,
            documents.statement(uri, place),
            documents.world(uri),
            of_world=analysis.kind == "world" or Path(_name(uri)).name in WORLD_FILES,
        )
        where = _range(documents, uri, place)
        in_json = language_of(_name(uri)) == "json"
        quote = '"' if in_json and not place.quoted else ""
        items = [
            types.CompletionItem(
                label=for_terminal(one.text),
                kind=KINDS.get(one.kind, types.CompletionItemKind.Value),
                detail=for_terminal(one.detail) or None,
                sort_text=f"{number:05}",
                text_edit=types.TextEdit(
                    where, f"{quote}{_escaped(one.text) if in_json else one.text}{quote}"
                ),
            )
            for number, one in enumerate(found)
        ]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        found = symbols(documents.analysis(params.text_document.uri))
        return [_symbol(documents, one) for one in found]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        place = documents.place(uri, params.position)
        target = target_of(documents.analysis(uri), place, Path(_name(uri)).parent)
        if target is None:
            return None
        if target.span is not None:
            return types.Location(uri, documents.range(target.span))
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        return types.Location(from_fs_path(str(target.file)) or uri, start)


def _escaped(text: str) -> str:
    """A text as it stands in JSON, between the quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _range(documents: Documents, uri: str, place: Place) -> types.Range:
    """The stretch of a place."""
    document = documents.text(uri)
    return types.Range(
        document.client_position_at_offset(place.start),
        document.client_position_at_offset(place.end),
    )


def _symbol(documents: Documents, symbol: Symbol) -> types.DocumentSymbol:
    where = documents.range(symbol.span)
    return types.DocumentSymbol(
        name=for_terminal(symbol.name) or "?",
        detail=for_terminal(symbol.detail or ""),
        kind=OUTLINE.get(symbol.kind, types.SymbolKind.Class),
        range=where,
        selection_range=types.Range(where.start, where.start),
        children=[_symbol(documents, one) for one in symbol.children],
    )


def _offer(server: LanguageServer, documents: Documents) -> None:
    """Code actions, lenses on requests, and the commands of these."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        document = documents.text(uri)
        start = document.offset_at_position(params.range.start)
        end = document.offset_at_position(params.range.end)
        found = actions_for(documents.analysis(uri), _name(uri), start, end)
        return [_code_action(documents, uri, one, params.context.diagnostics) for one in found]

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        analysis = documents.analysis(uri)
        found = []
        for number, result in enumerate(analysis.results):
            if analysis.document is None:
                break
            where = documents.range(analysis.document.span(("requests", number)))
            line = types.Range(where.start, where.start)
            verdict = result.verdict.value if result.verdict is not None else "error"
            told = "as expected" if result.met else "not as expected"
            run = types.Command(f"{verdict}, {told}: run", RUN, arguments=[uri, number])
            found += [
                types.CodeLens(line, command=run),
                types.CodeLens(line, command=types.Command("why", WHY, arguments=[uri, number])),
            ]
        return found

    @server.command(RUN)
    def run(uri: str, number: int) -> str:
        return _told(server, documents, uri, number, in_short=True)

    @server.command(WHY)
    def why(uri: str, number: int) -> str:
        return _told(server, documents, uri, number, in_short=False)


def _told(
    server: LanguageServer, documents: Documents, uri: str, number: int, *, in_short: bool
) -> str:
    """The answer to a request of a scenario: shown, and given back."""
    from iamsim.report.text import render_text, render_verdict  # noqa: PLC0415 - few ask

    results = documents.analysis(uri).results
    if not 0 <= number < len(results):
        return "there is no such request any more"
    result = results[number]
    write: Callable[[Any], str] = render_verdict if in_short else render_text
    text = "\n".join(write(answer) for answer in result.answers) or for_terminal(str(result.error))
    if result.failures:
        text = "\n".join([*map(for_terminal, result.failures), text])
    kind = types.MessageType.Info if result.met else types.MessageType.Warning
    server.window_show_message(types.ShowMessageParams(kind, text))
    return text


def _code_action(
    documents: Documents,
    uri: str,
    action: Action,
    diagnostics: Sequence[types.Diagnostic],
) -> types.CodeAction:
    about = [one for one in diagnostics if one.code == action.finding.code]
    return types.CodeAction(
        title=action.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=about or None,
        is_preferred=bool(action.changes) or None,
        edit=_mend(documents, uri, action) if action.changes else _accept(uri, action),
    )


def _mend(documents: Documents, uri: str, action: Action) -> types.WorkspaceEdit:
    """The edits of a mend."""
    source = action.finding.source
    edits = [
        types.TextEdit(
            types.Range(
                documents.position(source, change.start), documents.position(source, change.end)
            ),
            change.text,
        )
        for change in action.changes
    ]
    return types.WorkspaceEdit(changes={uri: edits})


def _accept(uri: str, action: Action) -> types.WorkspaceEdit:
    """An entry more in the file of suppressions beside the document, which may not be there."""
    path = Path(sidecar_name(_name(uri)))
    beside = from_fs_path(str(path)) or f"{uri}.iamsim-ignore.yaml"
    place = types.Position(0, 0)
    edit = types.TextDocumentEdit(
        types.OptionalVersionedTextDocumentIdentifier(uri=beside),
        [types.TextEdit(types.Range(place, place), action.suppression)],
    )
    create = types.CreateFile(beside, options=types.CreateFileOptions(ignore_if_exists=True))
    return types.WorkspaceEdit(document_changes=[create, edit])
