"""One file from a host, after a person agreed: asked for, watched, checked, and only then kept.

Nothing connects before `fetch`. Who calls it has shown what `Wanted` says to a person, who agreed:
to this host and this file, so what leads elsewhere is refused. Standard library only; proxies and
certificates are those of the system.
"""

from __future__ import annotations

import hashlib
import http.client
import queue
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn
from urllib.parse import urlsplit

from imgclf_gui.core import network
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.files import write_atomic

TIMEOUT = 30.0
"""Seconds without a word from the host."""
CHUNK = 1 << 16
WAITING_CHUNKS = 64
"""As many may have come that are not written yet."""
REPORT_SECONDS = 0.1
WAKE_SECONDS = 0.05
"""So soon a cancel is noticed."""
_GONE = (404, 410)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Wanted:
    """A file that may be downloaded, and what a person should know before."""

    url: str
    """Begins with https://."""
    what: str
    """'weights of MobileNetV2'."""
    largest: int
    """More bytes are not taken."""
    otherwise: str
    """What to do where it cannot be had, in a sentence."""
    digest: str = ""
    """Its md5 or sha256 in hex, as published; empty: none is."""
    size: int = 0
    """About so many bytes; 0: unknown before it is asked for."""

    @property
    def host(self) -> str:
        """The host that is asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """The file's name."""
        return urlsplit(self.url).path.rpartition("/")[2]

    @property
    def algorithm(self) -> str:
        """Of the digest: 'md5', 'sha256'; empty without one."""
        return {32: "md5", 64: "sha256"}.get(len(self.digest), "")

    def consent(self) -> tuple[str, ...]:
        """What a person agrees to: sentences, without the address of the file."""
        size = f"about {bytes_words(self.size)}" if self.size else "size unknown until asked"
        checked = (
            f"The file is kept only if its {self.algorithm} is {self.digest}, as published."
            if self.digest
            else "No hash of this file is published: its content is checked, and its sha256 shown."
        )
        return (
            f"This downloads the {self.what} from {self.host} ({size}).",
            "Only the request for this file is sent: no image, and nothing of your projects. As "
            "with any download, the host sees the network address of this machine.",
            checked,
        )


@dataclass(frozen=True)
class Progress:
    """How far a download is."""

    done: int
    """Bytes."""
    total: int
    """Bytes; 0: the host does not say."""
    bytes_per_second: float | None = None

    @property
    def fraction(self) -> float | None:
        """0…1; None while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far."""
        if not self.total or not self.bytes_per_second:
            return None
        return (self.total - self.done) / self.bytes_per_second

    def words(self) -> str:
        """'3.20 MB of 9.41 MB · 5.10 MB/s'."""
        total = f" of {bytes_words(self.total)}" if self.total else ""
        speed = f" · {bytes_words(self.bytes_per_second)}/s" if self.bytes_per_second else ""
        return f"{bytes_words(self.done)}{total}{speed}"


Watch = Callable[[Progress], None]


class _Cancelled(Exception):  # noqa: N818 — nothing went wrong
    pass


def fetch(
    wanted: Wanted,
    target: Path,
    watch: Watch = lambda _progress: None,
    cancelled: threading.Event | None = None,
    *,
    server: str = "",
) -> str | None:
    """Download `wanted` as the file `target`, whole and checked or not at all; its sha256.

    Returns None as soon as `cancelled` is set, wherever it is then. `watch` is called on this
    thread, at most ten times a second. `server` is for tests: 'http://127.0.0.1:8000' is asked in
    place of the host; nothing but this machine itself can be.

    Raises:
        UserError: `download.…`, `file.full`, `file.write`; with what to do instead.
        ValueError: the address is not https, or `server` is not this machine.
    """
    transfer = _Transfer(_address(wanted, server), direct=bool(server))
    network.note(wanted.host, wanted.what)
    transfer.start()
    hashes = [hashlib.new(name, usedforsecurity=False) for name in ("sha256", "md5")]

    def write(stream: IO[bytes]) -> None:
        for part in _parts(transfer, wanted, watch, cancelled or threading.Event()):
            stream.write(part)
            for one in hashes:
                one.update(part)
        _check(wanted, {one.name: one.hexdigest() for one in hashes})

    try:
        write_atomic(target, write)
    except _Cancelled:
        return None
    finally:
        transfer.end()
    return hashes[0].hexdigest()


def _address(wanted: Wanted, server: str) -> str:
    parts = urlsplit(wanted.url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"{wanted.url} is not fetched: it is no https address")
    if not server:
        return wanted.url
    if urlsplit(server).hostname not in _LOOPBACK:
        raise ValueError(f"{server} is not this machine")
    return f"{server}{parts.path}"


def _parts(
    transfer: _Transfer, wanted: Wanted, watch: Watch, cancelled: threading.Event
) -> Iterator[bytes]:
    """The file in parts, as they come."""
    total = transfer.take(cancelled)
    if isinstance(total, Exception):
        raise _trouble(total, wanted)
    if total > wanted.largest:
        _refuse_large(wanted, total)
    done, began, told = 0, time.monotonic(), 0.0
    watch(Progress(0, total))
    while part := transfer.take(cancelled):
        if isinstance(part, Exception):
            raise _trouble(part, wanted, done)
        done += len(part)
        if done > wanted.largest:
            _refuse_large(wanted, done)
        yield part
        now = time.monotonic()
        if now - told >= REPORT_SECONDS:
            told = now
            watch(Progress(done, total, done / max(now - began, 1e-3)))
    if done < total:
        raise _broken(wanted, done, f"{done} of {total} bytes")
    watch(Progress(done, total, done / max(time.monotonic() - began, 1e-3)))


class _Transfer:
    """Asks on a thread of its own, which nobody needs to wait for: a host may be silent."""

    def __init__(self, url: str, *, direct: bool) -> None:
        self._url = url
        self._direct = direct
        self._came: queue.Queue[Any] = queue.Queue(WAITING_CHUNKS)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="download", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def end(self) -> None:
        """Want no more of it."""
        self._over.set()

    def take(self, cancelled: threading.Event) -> Any:
        """What came next: first the size (0: unknown), then parts, then b''; or an Exception.

        Raises:
            _Cancelled: at once.
        """
        while not cancelled.is_set():
            with suppress(queue.Empty):
                return self._came.get(timeout=WAKE_SECONDS)
        raise _Cancelled

    def _run(self) -> None:
        try:
            self._receive()
        except Exception as error:  # noqa: BLE001 it is told to whoever waits
            self._hand_over(error)

    def _receive(self) -> None:
        proxies = [urllib.request.ProxyHandler({})] if self._direct else []
        opener = urllib.request.build_opener(_NowhereElse, *proxies)
        headers = {"User-Agent": "imgclf-studio"}
        request = urllib.request.Request(self._url, headers=headers)  # noqa: S310 https: `_address`
        with opener.open(request, timeout=TIMEOUT) as response:
            self._hand_over(response.length or 0)
            while part := response.read1(CHUNK):
                if not self._hand_over(part):
                    return
        self._hand_over(b"")

    def _hand_over(self, item: object) -> bool:
        """Whether it is still wanted."""
        while not self._over.is_set():
            with suppress(queue.Full):
                self._came.put(item, timeout=WAKE_SECONDS)
                return True
        return False


class _NowhereElse(urllib.request.HTTPRedirectHandler):
    """A person agreed to one host and one file."""

    def redirect_request(self, *asked: Any) -> NoReturn:
        """Refuse; the last of `asked` is where it leads."""
        asked[1].close()
        raise _Elsewhere(urlsplit(asked[-1]).hostname or "another place")


class _Elsewhere(Exception):  # noqa: N818 — becomes a UserError
    pass


def _check(wanted: Wanted, found: dict[str, str]) -> None:
    digest = found.get(wanted.algorithm, "")
    if digest != wanted.digest:
        raise UserError(
            "download.hash",
            f"{wanted.name} came, but is not the published file: its {wanted.algorithm} is "
            f"{digest:.12}…, not {wanted.digest:.12}….",
            f"Nothing was kept. Try again later. {wanted.otherwise}",
            f"{wanted.algorithm} {digest}, expected {wanted.digest}",
        )


def _refuse_large(wanted: Wanted, size: int) -> NoReturn:
    raise UserError(
        "download.large",
        f"{wanted.host} sends {bytes_words(size)} or more as {wanted.name}; at most "
        f"{bytes_words(wanted.largest)} are taken.",
        f"Nothing was kept. {wanted.otherwise}",
    )


def _broken(wanted: Wanted, done: int, details: str) -> UserError:
    return UserError(
        "download.broken",
        f"The connection to {wanted.host} broke off after {bytes_words(done)} of {wanted.name}.",
        f"Nothing was kept. Try again. {wanted.otherwise}",
        details,
    )


def _trouble(error: Exception, wanted: Wanted, done: int = 0) -> UserError:
    """What `error` means to a person who waits for `wanted`, of which `done` bytes came."""
    host, name = wanted.host, wanted.name
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code in _GONE:
            message = f"{host} has no file {name} (any more): it answers {error.code}."
            return UserError("download.missing", message, wanted.otherwise, wanted.url)
        message = f"{host} does not give {name}: it answers {error.code} {error.reason:.80}."
        hint = f"Try again later. {wanted.otherwise}"
        return UserError("download.refused", message, hint, wanted.url)
    if isinstance(error, _Elsewhere):
        message = f"{host} leads to {error!s:.100}, and you agreed to {host} alone."
        return UserError("download.elsewhere", message, wanted.otherwise, wanted.url)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    code, message, hint = _unreached(cause, host)
    if code:
        return UserError(code, message, f"{hint} {wanted.otherwise}", str(error))
    return _broken(wanted, done, f"{type(error).__name__}: {error}")


def _unreached(cause: object, host: str) -> tuple[str, str, str]:
    """Code, message and hint of what kept a connection from being; empty if it broke off."""
    match cause:
        case socket.gaierror():
            message = f"{host} cannot be found: this machine seems to be offline."
            return "download.offline", message, "Check the network, and try again."
        case ssl.SSLCertVerificationError():
            message = f"{host} cannot prove that it is {host}: its certificate is not accepted."
            hint = "Check the clock of this machine, and what stands between it and the network."
            return "download.certificate", message, hint
        case TimeoutError():
            message = f"{host} has sent nothing for {TIMEOUT:.0f} seconds."
            return "download.silent", message, "Check the network, and try again."
        case ConnectionResetError() | http.client.HTTPException():
            return "", "", ""
        case OSError():
            why = cause.strerror or str(cause)
            message = f"{host} cannot be reached: {why:.100}."
            return "download.unreachable", message, "Check the network, and try again."
        case _:
            return "", "", ""
