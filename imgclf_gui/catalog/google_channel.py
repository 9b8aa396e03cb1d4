"""How a session of Google's REST client is ended, and how calls on this machine are signed.

Imports Google's libraries, and is itself imported inside functions only.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from imgclf_gui.core.cloud import loopback

if TYPE_CHECKING:
    import requests
    from google.auth.credentials import Credentials


class _Call(NamedTuple):
    method: str
    timeout: float | None
    metadata: list[tuple[str, str]]
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class Signing(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Puts the credentials into a call's metadata, since gRPC gives them to TLS channels only."""

    def __init__(self, signed: Credentials) -> None:
        self._signed = signed

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """The call, signed."""
        headers: dict[str, str] = {}
        self._signed.apply(headers)  # type: ignore[no-untyped-call]
        signed = [(name.lower(), value) for name, value in headers.items()]
        call = _Call(
            details.method,
            details.timeout,
            [*(details.metadata or ()), *signed],
            details.credentials,
            details.wait_for_ready,
            details.compression,
        )
        return continuation(call, request)


class Lines:
    """The open connections of a session of requests, so that they can be cut."""

    def __init__(self, session: requests.Session, host: str) -> None:
        """Know every connection of `session` from now on; it goes to `host` and nowhere else."""
        self._open: list[Any] = []
        self._cut = False
        session.max_redirects = 0  # an image goes where the person agreed to
        session.trust_env = not loopback(host)  # no proxy before this machine itself
        for prefix in ("https://", "http://"):
            session.mount(prefix, _Adapter(self))

    def opened(self, connection: Any) -> None:
        """A connection was made."""
        self._open.append(connection)
        if self._cut:
            self.cut()

    def cut(self) -> None:
        """End every call that is being made, from any thread."""
        self._cut = True
        for connection in self._open:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Connections tell `lines` of themselves."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _pools(self._lines)

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Those through a proxy, too."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = _pools(self._lines)
        return manager


def _pools(lines: Lines) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            lines.opened(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            lines.opened(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
