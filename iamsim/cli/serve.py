"""`iamsim serve`: a local endpoint for the AWS CLI and SDKs."""

from __future__ import annotations

import sys

from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.worlds import missing_world, overlay_option, world_option
from iamsim.core.errors import RequestError

MOST_PORT = 65535


def _run(options: Options, _arguments: Arguments) -> int:
    """Load the world, listen, and answer until somebody stops it."""
    from iamsim.api.inputs import now
    from iamsim.cli.ask import time_of
    from iamsim.cli.worlds import load_any
    from iamsim.serve.estate import Estate
    from iamsim.serve.server import Server, check_host, stop_on_signals

    host, port = check_host(options.text("host") or ""), port_of(options.text("port") or "")
    quiet = bool(options["quiet"])
    overlays = options.texts("overlays")
    model = load_any(options.texts("worlds"), overlays=overlays, quiet=quiet)
    if model is None:
        raise missing_world()
    at = time_of(options.text("at")) or now()
    server = Server(Estate(model, at, options.text("account")), host, port)
    stop_on_signals(server.stop)
    sys.stdout.write(f"{server.address}\n")
    sys.stdout.flush()
    if not quiet:
        sys.stderr.write(
            f"note: use it with `export AWS_ENDPOINT_URL={server.address}`; Ctrl-C stops it\n"
        )
    server.run()
    return 0


def port_of(text: str) -> int:
    """A port; raises `RequestError` for what is none."""
    if not text.isdecimal() or int(text[:6]) > MOST_PORT:
        raise RequestError(
            "invalid-number", f"`{text}` is no port", hint="0 takes one that is free"
        )
    return int(text)


COMMAND = Command(
    "serve",
    "Answer the AWS CLI and SDKs from a world, at a local address.\n\n"
    "The first line of output is the address. IAM, STS, Access Analyzer and Organizations are"
    " answered: the policy simulator, policy checks, findings, and all that reads users, groups,"
    " roles, policies, units and accounts."
    " Nothing is changed; signatures are not checked; only this computer is answered.",
    (
        world_option(),
        overlay_option(),
        Option(
            ("--host",),
            "The loopback address to listen at.",
            "text",
            "ADDRESS",
            "127.0.0.1",
        ),
        Option(("--port",), "The port; 0 for any free one.", "text", "PORT", "0"),
        Option(
            ("--account",),
            "The account of callers whose access key the world does not list; by default the"
            " management account, else the first.",
            metavar="ID",
        ),
        Option(
            ("--at",),
            "The time of all requests (ISO 8601), by which access is unused; by default now.",
            metavar="TIME",
        ),
        Option(("-q", "--quiet"), "Only the address.", "flag"),
    ),
    _run,
    NO_ARGUMENTS,
)
