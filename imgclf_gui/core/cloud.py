"""What leaves the machine, and what comes back: accounts, images, quotes, consent, cancelling.

Nothing here opens a connection or knows a client library.
"""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from imgclf_gui.core.errors import UserError

Way = Literal["adc", "service-account", "api-key"]
"""How an account proves who it is: application default credentials, a key file, or an API key."""
Transport = Literal["grpc", "rest"]

PROJECT_ID, REGION = r"^[a-z0-9:.-]*$", r"^[a-z0-9-]*$"
"""Forms that they have at Google: they become parts of hosts and names."""
VISION_HOSTS = ("vision.googleapis.com", "eu-vision.googleapis.com", "us-vision.googleapis.com")


class Account(BaseModel):
    """Who pays and who is asked; as it is stored, so it never holds a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: Way = Field("adc", title="Sign-in")
    file: str = Field(
        "", max_length=4096, title="Key file", description="Of a service account: its path only."
    )
    project: str = Field("", max_length=100, pattern=PROJECT_ID, title="Project ID")
    region: str = Field("us-central1", max_length=40, pattern=REGION, title="Region (for AutoML)")
    quota_project: str = Field(
        "",
        max_length=100,
        pattern=PROJECT_ID,
        title="Quota project",
        description="Whose quota is used and who is billed; empty: that of the sign-in.",
    )
    host: str = Field("vision.googleapis.com", max_length=100, title="Host of Cloud Vision")
    automl_host: str = Field(
        "", max_length=100, title="Host of Vertex AI", description="Empty: that of the region."
    )
    transport: Transport = Field("grpc", title="Transport")

    @property
    def payer(self) -> str:
        """The project that requests name as the one that pays; '' if the sign-in tells it alone.

        An API key belongs to one project, and a service account pays with its own.
        """
        if self.way == "api-key":
            return ""
        return self.quota_project or (self.project if self.way == "adc" else "")

    @field_validator("file")
    @classmethod
    def _path_alone(cls, file: str) -> str:
        """The path of a key is stored, and never the key."""
        if not file.isprintable() or "PRIVATE KEY" in file or file.lstrip().startswith("{"):
            raise ValueError("write where the file lies, not what stands in it")
        return file

    @field_validator("host")
    @classmethod
    def _known_host(cls, host: str) -> str:
        """A key goes to Google or stays on this machine."""
        if host not in VISION_HOSTS and not loopback(host):
            known = ", ".join(VISION_HOSTS)  # what was written is not said: it may be a key
            raise ValueError(f"it is neither Google's ({known}) nor on this machine")
        return host

    @field_validator("automl_host")
    @classmethod
    def _regions_or_here(cls, host: str) -> str:
        if host and not loopback(host):
            raise ValueError("it is not on this machine; leave it empty for Google's")
        return host


def loopback(host: str) -> bool:
    """Whether `host` is 'http://127.0.0.1:PORT' or another address of this machine alone."""
    parts = urlsplit(host)
    try:
        if parts.scheme != "http" or parts.port is None or parts.path or parts.username:
            return False
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class CloudImage:
    """An image as it would be sent; `name` is unique among those prepared together."""

    name: str
    content: bytes = field(repr=False)
    width: int
    height: int
    exif: bool
    """Whether it still carries EXIF, XMP or IPTC notes: where and when it was taken, by whom."""
    source: Path


@dataclass(frozen=True)
class Preparation:
    """What is done to images before they are sent."""

    strip_exif: bool = True
    downscale: bool = True
    """To fit 640 × 480 pixels, which Google recommends; smaller ones stay as they are."""


@dataclass(frozen=True)
class Quote:
    """What sending would mean, for a person to say yes or no to."""

    provider: str
    """The kind of its catalogue entry."""
    host: str
    """"" for a provider that answers on this machine."""
    images: int
    bytes: int
    """Of the JSON text of all requests."""
    requests: int
    """Into how many it is divided."""
    features: tuple[str, ...]
    """Their kinds, see `core.vision`."""
    units: int
    price_low: float
    """In `currency`, if nothing of this month's free units is used up;"""
    price_high: float
    """if all of them are."""
    exif: bool
    faces: bool
    """Whether faces are looked for: those of people who were perhaps not asked."""
    billed: str
    """The Google Cloud project that pays, as far as the account says it."""
    prices_as_of: date
    currency: str = "USD"

    @property
    def key(self) -> str:
        """What a remembered consent is bound to: where to, what for, not how many images."""
        parts = (self.provider, self.host, self.billed, ",".join(sorted(self.features)))
        return "|".join((*parts, "exif" if self.exif else "no-exif"))


class Consent:
    """A person's yes to a quote. `jobs.cloud.consent` makes it, when the person has said so."""

    def __init__(self, quote: Quote) -> None:
        self.quote = quote

    def covers(self, other: Quote) -> bool:
        """Whether `other` goes no further than what was agreed to."""
        mine = self.quote
        return (
            mine.key == other.key
            and other.images <= mine.images
            and other.bytes <= mine.bytes
            and other.units <= mine.units
        )


class Cancel:
    """A person's wish that something ends, which any thread may utter and ask for."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.RLock()  # a callback may ask or forget
        self._callbacks: list[Callable[[], object]] = []

    @property
    def cancelled(self) -> bool:
        """Whether it was uttered."""
        return self._event.is_set()

    def cancel(self) -> None:
        """End it; every callback is called once, in this thread."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call `callback` when it is cancelled, at once if it is; returned is what forgets it."""
        with self._lock:
            waiting = not self._event.is_set()
            if waiting:
                self._callbacks.append(callback)
        if not waiting:
            callback()
        return lambda: self._forget(callback)

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; whether it is cancelled."""
        return self._event.wait(seconds)

    def raise_if_cancelled(self) -> None:
        """Raises UserError `cloud.cancelled` if it was uttered."""
        if self.cancelled:
            raise cancelled()

    def _forget(self, callback: Callable[[], object]) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._callbacks.remove(callback)


def cancelled() -> UserError:
    """The error of what a person ended."""
    return UserError("cloud.cancelled", "Cancelled.", "What was answered before is kept.")


@dataclass(frozen=True)
class Progress:
    """How far a sending is; `words` says what is being done now."""

    done: int
    """Images that are answered."""
    total: int
    bytes_done: int
    bytes_total: int
    seconds_left: float | None
    """None as long as it cannot be told."""
    words: str


class BusyError(UserError):
    """Who was asked is there but cannot answer now; it is asked again after a while.

    `after` is the number of seconds that the answer named; None if it named none.
    """

    after: float | None = None
