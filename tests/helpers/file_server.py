"""A web server on this machine that plays a host of files, well behaved or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Behaviour = Literal[
    "whole", "without a length", "missing", "busy", "elsewhere", "truncated", "too large",
    "endless", "silent", "halting", "garbled", "broken chunks",
]  # fmt: skip


class FileServer(ThreadingHTTPServer):
    """Answers every GET with `content`, as `behaviour` says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = b"weights" * 10_000
        self.behaviour: Behaviour = "whole"
        self.connections = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        """The paths and headers of the requests."""
        self.let_go = threading.Event()
        """Ends what is silent or halting."""
        self.reached = threading.Event()
        """Set where a silent or halting answer stands still."""

    @property
    def url(self) -> str:
        """'http://127.0.0.1:40000'."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Count each connection."""
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        server.asked.append((self.path, dict(self.headers)))
        match server.behaviour:
            case "missing":
                self.send_error(404)
            case "busy":
                self.send_error(503)
            case "elsewhere":
                self._begin(302, location="https://example.invalid/file.h5")
            case "silent":
                self._stand_still()
            case "garbled":
                self.wfile.write(b"\x00\xffnot http\r\n\r\n")
            case "too large":
                self._begin(200, content_length=str(1 << 40))
            case "without a length":
                self._begin(200)
                self.wfile.write(server.content)
            case "endless":
                self._begin(200)
                self._send_for_ever()
            case "broken chunks":
                self._begin(200, transfer_encoding="chunked")
                self.wfile.write(b"5\r\nweigh\r\nzz\r\n")
            case "truncated" | "halting":
                self._begin(200, content_length=str(len(server.content)))
                self.wfile.write(server.content[:1_000])
                self.wfile.flush()
                if server.behaviour == "halting":
                    self._stand_still()
            case "whole":
                self._begin(200, content_length=str(len(server.content)))
                self.wfile.write(server.content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _begin(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _stand_still(self) -> None:
        self.server.reached.set()
        self.server.let_go.wait(30)

    def _send_for_ever(self) -> None:
        try:
            while not self.server.let_go.is_set():
                self.wfile.write(self.server.content)
        except OSError:
            pass  # nobody listens any more


@contextmanager
def serving() -> Iterator[FileServer]:
    """A server that runs."""
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.let_go.set()
            server.shutdown()
            thread.join()


def dead_port() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
