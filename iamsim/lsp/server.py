"""The server: the language server protocol over standard input and output.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path

from iamsim import __version__
from iamsim.lsp.actions import Action, actions_for, sidecar_name
from iamsim.lsp.analysis import OutdatedError, language_of
from iamsim.lsp.completion import Proposal, proposals
from iamsim.lsp.documents import SOURCE, Documents, path_of
from iamsim.lsp.hover import hover_text
from iamsim.lsp.places_of_names import definition_of
from iamsim.lsp.symbols import Symbol, symbols, target_of
from iamsim.report.cleaning import for_terminal
from iamsim.syntax.hcl.file import is_hcl
from iamsim.world.load import WORLD_FILES

if TYPE_CHECKING:
    from iamsim.lsp.place import Place

KINDS = {
    "element": types.CompletionItemKind.Property,
    "operator": types.CompletionItemKind.Operator,
    "key": types.CompletionItemKind.Field,
    "service": types.CompletionItemKind.Module,
    "action": types.CompletionItemKind.Function,
    "policy": types.CompletionItemKind.File,
    "principal": types.CompletionItemKind.Class,
    "reference": types.CompletionItemKind.Reference,
}
OUTLINE = {
    "statement": types.SymbolKind.Object,
    "account": types.SymbolKind.Namespace,
    "policies": types.SymbolKind.File,
    "resources": types.SymbolKind.Struct,
}
STEP = "."  # behind a step of a reference
RUN, WHY = "iamsim.run", "iamsim.why"
PAUSE = 0.005  # seconds without a change before a document is looked at


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
        def is_newest() -> bool:
            is_open = uri in server.workspace.text_documents
            return is_open and bool(documents.text(uri).version == version)

        await asyncio.sleep(PAUSE)
        if not is_newest():
            return
        try:
            # Large documents take a while: meanwhile other questions are answered.
            diagnostics = await asyncio.to_thread(documents.diagnostics, uri)
        except OutdatedError:
            return
        if is_newest():
            server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
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
    # Each is asked in a thread of its own: the client may cancel it, and type on.

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await asyncio.to_thread(_hover, documents, params)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[":", '"', "/", "$", STEP]),
    )
    async def complete(params: types.CompletionParams) -> types.CompletionList:
        return await asyncio.to_thread(_complete, documents, params)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return await asyncio.to_thread(_outline, documents, params)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        return await asyncio.to_thread(_definition, documents, params)


def _hover(documents: Documents, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    documents.analysis(uri)
    place = documents.place(uri, params.position)
    text = hover_text(place, lambda: documents.sentence(uri, place), documents.world(uri))
    if not text:
        return None
    contents = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(contents, _range(documents, uri, place))


def _complete(documents: Documents, params: types.CompletionParams) -> types.CompletionList:
    uri = params.text_document.uri
    analysis = documents.analysis(uri)
    asked_by = params.context.trigger_character if params.context is not None else None
    if asked_by == STEP and not is_hcl(path_of(uri)):
        return types.CompletionList(is_incomplete=False, items=[])
    place = documents.place(uri, params.position)
    references = documents.references(uri, params.position)
    found: list[tuple[Place, Proposal]] = []
    if references is None or not references.only:
        of_world = analysis.kind == "world" or Path(path_of(uri)).name in WORLD_FILES
        statement, world = documents.statement_of(uri, place), documents.world(uri)
        found += [
            (place, proposal) for proposal in proposals(place, statement, world, of_world=of_world)
        ]
    if references is not None:
        found += [(references.place, proposal) for proposal in references.proposals]
    items = [
        types.CompletionItem(
            label=for_terminal(entry.text),
            kind=KINDS.get(entry.kind, types.CompletionItemKind.Value),
            detail=for_terminal(entry.detail or "") or None,
            sort_text=f"{number:05}",
            text_edit=types.TextEdit(_range(documents, uri, at), _quoted(entry.text, uri, at)),
        )
        for number, (at, entry) in enumerate(found)
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def _quoted(text: str, uri: str, place: Place) -> str:
    """What is typed, in quotes where its language wants them and none are there."""
    if place.quoted:
        return text
    name = path_of(uri)
    if is_hcl(name):
        bare = place.form == "block" or (place.is_key and not place.form and text.isidentifier())
        return text if bare else f'"{text}"'
    return f'"{text}"' if language_of(name) == "json" else text


def _outline(
    documents: Documents, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    uri = params.text_document.uri
    found = symbols(documents.analysis(uri), path_of(uri))
    return [_symbol(documents, symbol) for symbol in found]


def _definition(documents: Documents, params: types.DefinitionParams) -> types.Location | None:
    uri = params.text_document.uri
    name = path_of(uri)
    analysis = documents.analysis(uri)
    document = documents.text(uri)
    offset = document.offset_at_position(params.position)
    if analysis.kind in ("template", "configuration"):
        target = definition_of(analysis, document.source, offset, name)
    else:
        target = target_of(analysis, documents.place(uri, params.position), Path(name).parent)
    if target is None:
        return None
    if target.span is not None:
        other = target.span.source.name
        place = uri if other == name else from_fs_path(other) or uri
        return types.Location(place, documents.range(target.span))
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    return types.Location(from_fs_path(str(target.file)) or uri, start)


def _range(documents: Documents, uri: str, place: Place) -> types.Range:
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
        children=[_symbol(documents, child) for child in symbol.children],
    )


def _offer(server: LanguageServer, documents: Documents) -> None:
    """Code actions, lenses on requests, and the commands of these."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await asyncio.to_thread(_actions, documents, params)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        analysis = documents.analysis(uri)
        code_lens = []
        for number, result in enumerate(analysis.results):
            where = documents.range(result.request.span)
            line = types.Range(where.start, where.start)
            verdict = result.verdict.value if result.verdict is not None else "error"
            told = "as expected" if result.met else "not as expected"
            run = types.Command(f"{verdict}, {told}: run", RUN, arguments=[uri, number])
            code_lens += [
                types.CodeLens(line, command=run),
                types.CodeLens(line, command=types.Command("why", WHY, arguments=[uri, number])),
            ]
        return code_lens

    @server.command(RUN)
    def run(uri: str, number: int) -> str:
        return _told(server, documents, uri, number, in_short=True)

    @server.command(WHY)
    def why(uri: str, number: int) -> str:
        return _told(server, documents, uri, number, in_short=False)


def _actions(documents: Documents, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri = params.text_document.uri
    document = documents.text(uri)
    start = document.offset_at_position(params.range.start)
    end = document.offset_at_position(params.range.end)
    actions = [*actions_for(documents.analysis(uri), document.source, path_of(uri), start, end)]
    actions += documents.edits(uri, start, end)
    return [_code_action(documents, uri, action, params.context.diagnostics) for action in actions]


def _told(
    server: LanguageServer, documents: Documents, uri: str, number: int, *, in_short: bool
) -> str:
    """The answer to a request of a scenario: shown, and given back."""
    from iamsim.report.text import render_text, render_verdict

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
    about = [diagnostic for diagnostic in diagnostics if diagnostic.code == action.code]
    return types.CodeAction(
        title=for_terminal(action.title),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=about or None,
        is_preferred=action.is_mend or None,
        edit=_changes(documents, uri, action) if action.changes else _accept(uri, action),
    )


def _changes(documents: Documents, uri: str, action: Action) -> types.WorkspaceEdit:
    changes = {
        documents.uri_of(source.name, uri): [
            types.TextEdit(
                types.Range(
                    documents.position(source, change.start),
                    documents.position(source, change.end),
                ),
                change.text,
            )
            for change in texts
        ]
        for source, texts in action.changes
    }
    return types.WorkspaceEdit(changes=changes)


def _accept(uri: str, action: Action) -> types.WorkspaceEdit:
    """An entry more in the file of suppressions beside the document, which may not be there."""
    path = Path(sidecar_name(path_of(uri)))
    beside = from_fs_path(str(path)) or f"{uri}.iamsim-ignore.yaml"
    place = types.Position(0, 0)
    edit = types.TextDocumentEdit(
        types.OptionalVersionedTextDocumentIdentifier(uri=beside),
        [types.TextEdit(types.Range(place, place), action.suppression)],
    )
    create = types.CreateFile(beside, options=types.CreateFileOptions(ignore_if_exists=True))
    return types.WorkspaceEdit(document_changes=[create, edit])
