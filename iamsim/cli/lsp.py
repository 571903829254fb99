"""`iamsim lsp`: a language server for editors, on standard input and output."""

from __future__ import annotations

from iamsim.cli.extras import require_extra
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Options

GARBAGE = 200_000  # new objects before the youngest are looked through


def _run(_options: Options, _arguments: Arguments) -> int:
    """Serve one editor, until it ends the session."""
    import gc

    require_extra("lsp", "pygls", "lsprotocol")
    from iamsim.api.inputs import now
    from iamsim.lsp.server import make_server

    server = make_server(now()[:10])
    # A change makes many small objects: with the usual limit the catalog is looked through often.
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 100)
    server.start_io()
    return 0


COMMAND = Command(
    "lsp",
    "Help editors with policies, worlds, scenarios and claims, as a language server.\n\n"
    "Speaks the language server protocol on standard input and output. Needs the extra `lsp`:"
    " pip install 'iamsim[lsp]'.",
    (),
    _run,
    NO_ARGUMENTS,
)
