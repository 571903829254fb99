"""`iamsim mcp`: a server for agents, on standard input and output."""

from __future__ import annotations

from iamsim.cli.extras import require_extra
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options


def _run(options: Options, _arguments: Arguments) -> int:
    """Serve until the client closes standard input."""
    require_extra("mcp", "mcp")
    from iamsim.mcp.folders import Folders
    from iamsim.mcp.server import run_server

    run_server(Folders(tuple(options.texts("folders")) or (".",)))
    return 0


COMMAND = Command(
    "mcp",
    "Answer agents over the Model Context Protocol, on standard input and output.\n\n"
    "Tools explain, check, validate and prove; nothing is written, and nothing is read but files"
    " below the folders that are named. Needs the extra `mcp`: pip install 'iamsim[mcp]'.",
    (
        Option(
            ("--folder",),
            "A folder that may be read, links followed; may be repeated. By default this one.",
            "list",
            "PATH",
            kept_as="folders",
        ),
    ),
    _run,
    NO_ARGUMENTS,
)
