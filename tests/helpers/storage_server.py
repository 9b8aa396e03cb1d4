"""Cloud Storage on this machine, by gcp-storage-emulator, over a line that can be broken.

    with StorageServer("bucket") as storage:
        … STORAGE_EMULATOR_HOST=storage.url, or api_endpoint …
        storage.break_after(100_000)  # the upload of a larger file is cut, and nothing passes
        storage.mend()

The emulator ignores `if_generation_match`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

from tests.helpers.loopback import LOOPBACK, LoopbackServer, Relay


class StorageServer:
    """Buckets in memory; started by `with`."""

    def __init__(self, *buckets: str) -> None:
        self.buckets = buckets
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._emulator = stack.enter_context(_Emulator())
            for bucket in self.buckets:
                create_bucket(bucket, self._emulator.storage)
            self._relay = stack.enter_context(Relay(self._emulator.port))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._relay.url

    @property
    def connections(self) -> int:
        """How often a client connected."""
        return self._relay.connections

    @property
    def answered(self) -> list[str]:
        """What was asked and answered, by anybody: `POST /upload/storage/v1/b/… 200`."""
        return self._emulator.answered

    def break_after(self, sent: int) -> None:
        """Cut the line when clients have sent that many bytes more; none passes until `mend`.

        What was under way is lost as a whole: nobody is told that it ended early.
        """
        self._relay.break_after(sent)

    def mend(self) -> None:
        """From now on everything passes."""
        self._relay.mend()

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        """Of the objects in a bucket, in order."""
        path = f"/storage/v1/b/{bucket}/o?prefix={quote(prefix, safe='')}"
        listing = json.loads(self._call("GET", path))
        return sorted(item["name"] for item in listing.get("items", []))

    def read(self, uri: str) -> bytes:
        """An object by its `gs://…`; raises FileNotFoundError."""
        bucket, name = self._parts(uri)
        return self._call("GET", f"/storage/v1/b/{bucket}/o/{name}?alt=media")

    def write(self, uri: str, content: bytes) -> None:
        """Put an object at `gs://…`."""
        bucket, name = self._parts(uri)
        self._call("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}", content)

    @staticmethod
    def _parts(uri: str) -> tuple[str, str]:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        return bucket, quote(name, safe="")

    def _call(self, method: str, path: str, content: bytes = b"") -> bytes:
        """Past the line that can be broken."""
        connection = http.client.HTTPConnection(LOOPBACK, self._emulator.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, content)
            answer = connection.getresponse()
            if answer.status != 200:
                raise FileNotFoundError(path)
            return answer.read()


class _Emulator(LoopbackServer):
    def __init__(self) -> None:
        super().__init__(_Objects)
        self.storage = Storage(use_memory_fs=True)
        self.turn = threading.Lock()  # the emulator's own server has one thread
        self.answered: list[str] = []


class _Objects(RequestHandler):  # type: ignore[misc]
    server: _Emulator

    def __init__(self, request: Any, address: Any, server: _Emulator) -> None:
        super().__init__(server.storage, request, address, server)

    def handle(self) -> None:
        # The emulator stumbles over a body that was cut.
        with self.server.turn, contextlib.suppress(TypeError):
            super().handle()

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        line = f"{self.command} {self.path} {code}"
        self.server.answered.append(line)
