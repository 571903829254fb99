"""A server for the files of the playground, on the loopback interface.

Only requests whose `Host` is the address that was printed are answered; nothing is taken in.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from iamsim.core.errors import RequestError
from iamsim.files.archive import packed

HOST = "127.0.0.1"
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "zip": "application/zip",
}
PACKED = frozenset({"zip"})
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest is the page's own
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
OK, FORBIDDEN, NOT_FOUND = 200, 403, 404


class FileServer(ThreadingHTTPServer):
    """Serves files, by their paths, at `address`; port 0 is one that is free."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes], port: int = 0) -> None:
        """Listen; raises `RequestError` where that can't be."""
        self.files = files
        self.packed = {
            name: packed(content)
            for name, content in files.items()
            if name.rpartition(".")[2] not in PACKED
        }
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RequestError("cannot-listen", f"can't listen at port {port}: {reason}") from error
        self.host = f"{HOST}:{self.server_address[1]}"
        self.address = f"http://{self.host}/"

    def run(self) -> None:
        """Serve until `stop`."""
        with self:
            self.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """End `run`, from any thread or signal."""
        Thread(target=self.shutdown, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        """A connection that breaks off is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: FileServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Send a file."""
        if self.headers.get("Host") != self.server.host:
            self._send(FORBIDDEN, "txt", f"the Host header must be {self.server.host}\n".encode())
            return
        name = self.path.partition("?")[0].removeprefix("/") or "index.html"
        content = self.server.files.get(name)
        if content is None:
            self._send(NOT_FOUND, "txt", b"there is no such file\n")
            return
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        short = self.server.packed.get(name) if accepted else None
        self._send(OK, name.rpartition(".")[2], short or content, coded=short is not None)

    do_HEAD = do_GET  # noqa: N815 - as above

    def _send(self, status: int, kind: str, body: bytes, *, coded: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(kind, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        if coded:
            self.send_header("Content-Encoding", "gzip")
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """Name the server, and not its Python."""
        return "iamsim"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as inherited
        """Write no log."""
