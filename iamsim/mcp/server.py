"""The server: tools, resources and prompts over standard input and output.

https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import anyio
from mcp import MCPError, types
from mcp.server import Server
from mcp.server.stdio import stdio_server

from iamsim import __version__
from iamsim.core.errors import InputError
from iamsim.mcp.commands import FAULT, Outcome, run_command, shortened
from iamsim.mcp.prompts import PROMPTS, prompt_text
from iamsim.mcp.resources import entries, read_entry
from iamsim.mcp.tools import TOOLS, Run, input_schema, run_of
from iamsim.report.cleaning import for_terminal

if TYPE_CHECKING:
    from iamsim.mcp.folders import Folders

INSTRUCTIONS = (
    "iamsim decides AWS IAM requests offline, explains and proves. Nothing is changed and nothing"
    " leaves this computer. Use `validate` and `check` on every policy that you write before you"
    " show it; report what a tool marks as unknown. Long answers end with the line to go on from."
)
KEPT = 32
INVALID = -32602  # the code of JSON-RPC for parameters that don't fit


class Answers:
    """Answers to tools, and what the last ones were: the next part of one comes from there."""

    def __init__(self, folders: Folders) -> None:
        """Keep the folders."""
        self.folders = folders
        self._kept: OrderedDict[Run, Outcome] = OrderedDict()

    async def outcome(self, run: Run, first: int) -> Outcome:
        """Run a command; a later part is of the answer that is kept."""
        if first > 1 and run in self._kept:
            return self._kept[run]
        outcome = await run_command(run, self.folders)
        self._kept[run] = outcome
        self._kept.move_to_end(run)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return outcome


def _error(error: InputError) -> types.CallToolResult:
    """A call that can't be made, as a result: agents read it and mend the call."""
    told = [f"error: {error.message}"] + ([] if error.hint is None else [f"hint: {error.hint}"])
    content: list[Any] = [types.TextContent(text="\n".join(map(for_terminal, told)))]
    return types.CallToolResult(content=content, is_error=True)


def _result(outcome: Outcome, first: int) -> types.CallToolResult:
    shown, following, lines = shortened(outcome.text, first)
    parts = [shown]
    if following is not None:
        parts.append(
            f"... {lines - following + 1} more lines: ask again with from_line {following}"
        )
    if outcome.notes.strip():
        notes, _, _ = shortened(outcome.notes, 1)
        parts.append(notes)
    structured: dict[str, Any] = {"exit_code": outcome.code, "lines": lines}
    if following is not None:
        structured["from_line"] = following
    content: list[Any] = [types.TextContent(text="\n".join(filter(None, parts)))]
    return types.CallToolResult(
        content=content, structured_content=structured, is_error=outcome.code >= FAULT
    )


def make_server(folders: Folders) -> Server[Any]:
    """A server that reads these folders."""
    answers = Answers(folders)
    tools = {tool.name: tool for tool in TOOLS}

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:  # noqa: ANN401
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=tool.name,
                    description=tool.description,
                    input_schema=input_schema(tool),
                    annotations=types.ToolAnnotations(
                        read_only_hint=True, idempotent_hint=True, open_world_hint=False
                    ),
                )
                for tool in TOOLS
            ]
        )

    async def call_tool(
        _context: Any,  # noqa: ANN401 - as the library has it
        params: types.CallToolRequestParams,
    ) -> types.CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            raise MCPError(INVALID, for_terminal(f"there is no tool {params.name}"))
        given = params.arguments or {}
        first = given.get("from_line", 1)
        try:
            run = run_of(tool, given, folders)
        except InputError as error:
            return _error(error)
        first = first if isinstance(first, int) and first > 0 else 1
        return _result(await answers.outcome(run, first), first)

    async def list_resources(_context: Any, _params: Any) -> types.ListResourcesResult:  # noqa: ANN401
        found = await entries(folders)
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=entry.uri,
                    name=for_terminal(entry.name),
                    description=entry.description,
                    mime_type=entry.type,
                )
                for entry in found
            ]
        )

    async def read_resource(
        _context: Any,  # noqa: ANN401 - as the library has it
        params: types.ReadResourceRequestParams,
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            text, kind = await read_entry(uri, folders)
        except InputError as error:
            raise MCPError(INVALID, for_terminal(error.message)) from error
        contents: list[Any] = [types.TextResourceContents(uri=uri, text=text, mime_type=kind)]
        return types.ReadResourceResult(contents=contents)

    async def list_prompts(_context: Any, _params: Any) -> types.ListPromptsResult:  # noqa: ANN401
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=prompt.name,
                    title=prompt.title,
                    description=prompt.description,
                    arguments=[
                        types.PromptArgument(name=name, description=text, required=needed)
                        for name, text, needed in prompt.arguments
                    ],
                )
                for prompt in PROMPTS
            ]
        )

    async def get_prompt(
        _context: Any,  # noqa: ANN401 - as the library has it
        params: types.GetPromptRequestParams,
    ) -> types.GetPromptResult:
        try:
            text, description = prompt_text(params.name, params.arguments or {})
        except InputError as error:
            raise MCPError(INVALID, for_terminal(error.message)) from error
        message = types.PromptMessage(role="user", content=types.TextContent(text=text))
        return types.GetPromptResult(description=description, messages=[message])

    return Server(
        "iamsim",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )


def run_server(folders: Folders) -> None:
    """Serve one client, until it closes standard input."""

    async def serve() -> None:
        server = make_server(folders)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(serve)
