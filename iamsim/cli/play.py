"""`iamsim play`: the playground in a browser, served or written down."""

from __future__ import annotations

import sys

from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options


def _run(options: Options, _arguments: Arguments) -> int:
    """Write the files, or serve them until somebody stops it."""
    from iamsim.cli.serve import port_of
    from iamsim.play.files import find_vendor, playground_files

    port = port_of(options.text("port") or "")
    files = playground_files(find_vendor())
    folder = options.text("build")
    if folder is not None:
        _write(folder, files, quiet=bool(options["quiet"]))
        return 0
    from iamsim.play.server import FileServer
    from iamsim.serve.server import stop_on_signals

    server = FileServer(files, port)
    stop_on_signals(server.stop)
    sys.stdout.write(f"{server.address}\n")
    sys.stdout.flush()
    if not options["quiet"]:
        sys.stderr.write("note: the playground is at this address; Ctrl-C stops it\n")
    if not options["no_browser"]:
        import webbrowser

        webbrowser.open(server.address)
    server.run()
    return 0


def _write(folder: str, files: dict[str, bytes], *, quiet: bool) -> None:
    """Write the files below a folder: all, or none."""
    from iamsim.cli.output import not_writable
    from iamsim.files.writing import write_folder

    try:
        write_folder(folder, files)
    except (OSError, ValueError) as error:
        raise not_writable(f"to `{folder}`", error) from error
    if not quiet:
        size = sum(map(len, files.values()))
        sys.stderr.write(f"note: {len(files)} files, {size / 1e6:.1f} MB, for any static host\n")


COMMAND = Command(
    "play",
    "Open the playground: iamsim in a browser, without a network.\n\n"
    "The first line of output is the address. Policies that are typed there are answered by this"
    " package in the browser itself; no request leaves the page. Pyodide and CodeMirror come from"
    " the package `iamsim-playground`; in a checkout npm brings them.",
    (
        Option(
            ("--build",),
            "Write the playground as files for a static host, and serve nothing.",
            metavar="FOLDER",
        ),
        Option(("--port",), "The port; 0 for any free one.", "text", "PORT", "0"),
        Option(("--no-browser",), "Open no browser.", "flag"),
        Option(("-q", "--quiet"), "Only the address.", "flag"),
    ),
    _run,
    NO_ARGUMENTS,
)
