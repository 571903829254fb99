"""The server: on the loopback interface, a thread for each connection, until it is told to stop.

Only requests whose `Host` is the address that was printed are answered, and none that a page of a
browser makes: a site that resolves its name to this computer gets nothing.
"""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from iamsim.core.errors import RequestError
from iamsim.serve.dispatch import Request, respond

if TYPE_CHECKING:
    from iamsim.serve.estate import Estate

MOST_BYTES = 10_000_000
IDLE_SECONDS = 60
GRACE_SECONDS = 5
BAD_REQUEST, FORBIDDEN, LENGTH_REQUIRED, TOO_LARGE, FAILED = 400, 403, 411, 413, 500


def check_host(host: str) -> str:
    """Give the loopback address that is meant; raises `RequestError` for any other."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise RequestError(
            "not-loopback",
            f"`{host}` is not an address of the loopback interface",
            hint="the answers are for this computer alone: use 127.0.0.1 or ::1",
        )
    return str(address)


class Server(ThreadingHTTPServer):
    """Answers from an estate at `address`, such as ``http://127.0.0.1:4567``."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, estate: Estate, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 is one that is free. Raises `RequestError` where that can't be."""
        self.estate = estate
        host = check_host(host)
        if ":" in host:
            self.address_family = socket.AF_INET6
        self._running = 0
        self._changed = Condition()
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RequestError("cannot-listen", f"can't listen at port {port}: {reason}") from error
        shown = f"[{host}]" if ":" in host else host
        self.host = f"{shown}:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{self.host}"

    def server_bind(self) -> None:
        """Bind, without asking a name server what the address is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While a request is answered."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def run(self) -> None:
        """Answer until `stop`; what is being answered then is finished."""
        with self:
            self.serve_forever(poll_interval=0.1)
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0, GRACE_SECONDS)

    def stop(self) -> None:
        """End `run`, from any thread or signal."""
        Thread(target=self.shutdown, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        """A connection that breaks off is no event."""


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes responses; keeps connections open, as SDKs want them."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer."""
        self._handle()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_GET  # noqa: N815 - as above

    def _handle(self) -> None:
        with self.server.answering():
            fault = self._fault()
            if fault is not None:
                self.close_connection = True
                self._write(fault[0], "text/plain; charset=utf-8", fault[1], {})
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, asked = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, path, asked, headers, body)
            try:
                response = respond(self.server.estate, request)
            except Exception as error:  # noqa: BLE001 - the fault is ours, and the server goes on
                text = f"iamsim has a bug: {type(error).__name__}: {error}\n"
                self._write(FAILED, "text/plain; charset=utf-8", text, {})
                return
            self._write(response.status, response.type, response.body, response.headers)

    def _fault(self) -> tuple[int, str] | None:
        """Why a request is not read: its status, and a sentence."""
        if self.headers.get("Host") != self.server.host:
            return FORBIDDEN, f"the Host header must be {self.server.host}\n"
        if self.headers.get("Origin") is not None:
            return FORBIDDEN, "pages of browsers are not answered\n"
        if self.headers.get("Transfer-Encoding") is not None:
            return LENGTH_REQUIRED, "give the length of the body\n"
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            return BAD_REQUEST, "the length of the body is no number\n"
        if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
            return TOO_LARGE, f"a request has {MOST_BYTES} bytes at most\n"
        return None

    def _write(self, status: int, kind: str, text: str, headers: dict[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            written = value.encode("ascii", "backslashreplace").decode()
            self.send_header(name, written.replace("\r", " ").replace("\n", " "))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def version_string(self) -> str:
        """Name the server, and not its Python."""
        return "iamsim"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as inherited
        """Write no log."""


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Stop on SIGINT and SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop())
