"""Servers on a free port of this machine that count who comes and stop at once."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

LOOPBACK = "127.0.0.1"


def bypass_proxies(environment: Any) -> None:
    """No proxy of this machine stands before a test's servers; takes pytest's MonkeyPatch."""
    for name in ("no_proxy", "NO_PROXY"):
        environment.setenv(name, f"{LOOPBACK},localhost")


@contextlib.contextmanager
def dead_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can while it is held."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


class LoopbackServer(socketserver.ThreadingTCPServer):
    """A thread a connection. What went wrong in a handler is raised when it stops."""

    daemon_threads = False  # stopping waits for them
    request_queue_size = 128

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__((LOOPBACK, 0), handler)
        self.connections = 0
        """How often anybody connected, also without asking anything."""
        self.stopping = threading.Event()
        self.guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at its end."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.hang_up()
        self.server_close()
        self._thread.join()
        if self._errors:
            raise self._errors[0]

    def hang_up(self) -> None:
        """Close every connection, without a farewell."""
        with self.guard:
            for connection in self._open:
                cut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.guard:
            self.connections += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go at any time; everything else is a mistake in a test's server."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self._errors.append(error)


def _forget(connection: socket.socket) -> None:
    """Closing it will not say that all was sent: its other end reads an error, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(connection: socket.socket) -> None:
    """End it at once, as where a cable is cut."""
    with contextlib.suppress(OSError):
        _forget(connection)
        connection.shutdown(socket.SHUT_RDWR)


class Relay(LoopbackServer):
    """Passes bytes on to another port of this machine, and breaks the line when asked to."""

    def __init__(self, target: int) -> None:
        super().__init__(_Relayed)
        self.target = target
        self._left: int | None = None

    def break_after(self, sent: int) -> None:
        """Cut the line when clients have sent that many bytes more; none passes until `mend`."""
        with self.guard:
            self._left = sent

    def mend(self) -> None:
        """From now on everything passes."""
        with self.guard:
            self._left = None

    def allowed(self, size: int) -> bool:
        """Whether `size` bytes more may pass from a client."""
        with self.guard:
            if self._left is not None:
                self._left -= size
            return self._left is None or self._left > 0


class _Relayed(socketserver.BaseRequestHandler):
    """One connection: what the client sends in this thread, what it gets in another."""

    request: socket.socket
    server: Relay

    def handle(self) -> None:
        broken = threading.Event()
        with socket.create_connection((LOOPBACK, self.server.target)) as target:
            for end in (self.request, target):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_pass_on, args=(target, self.request, broken))
            back.start()
            if not self._forward(target):
                broken.set()
            if broken.is_set():
                cut(self.request)
                _forget(target)
            back.join()

    def _forward(self, target: socket.socket) -> bool:
        """Until the client has no more to send; False where the line broke, or the client died."""
        with contextlib.suppress(OSError):
            while self.server.allowed(0):
                data = self.request.recv(1 << 16)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return True
                if not self.server.allowed(len(data)):
                    return False
                target.sendall(data)
        return False


def _pass_on(source: socket.socket, sink: socket.socket, broken: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not broken.is_set():
            if select.select([source], [], [], 0.05)[0]:
                data = source.recv(1 << 16)
                if not data:
                    return sink.shutdown(socket.SHUT_WR)
                sink.sendall(data)


class HttpHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 that logs nothing and lets nobody wait for small packets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def body(self) -> bytes:
        """What the client sent with its request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, content: bytes, kind: str = "application/json") -> None:
        """The whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: a test's output is what it says itself."""
