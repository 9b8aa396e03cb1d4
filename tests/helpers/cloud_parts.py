"""What tests of the cloud have in common: prepared pictures, a request, and one sending of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keyring.errors
from keyring.backend import KeyringBackend

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import Access
from imgclf_gui.core.cloud import Account, Cancel, CloudImage, Preparation, Progress
from imgclf_gui.jobs import cloud
from tests.helpers.vision_server import VisionServer

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
KEY = "AIza" + "SyA-test_key_0123456789abcdefghijkl"
"""Has the form of an API key."""
LABELS = (vision.AskedFeature("labels", 3),)


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("there is none")


def vision_host(server: VisionServer, transport: str) -> str:
    """Where an account finds the server."""
    return server.rest_host if transport == "rest" else f"http://{server.grpc_host}"


def pictures(*names: str) -> tuple[CloudImage, ...]:
    """Prepared photographs; all three without names."""
    paths = [PICTURES / name for name in names] or sorted(PICTURES.glob("*.jpg"))
    return cloud.prepare(paths, Preparation(), Cancel()).images


def many(count: int, size: int) -> tuple[CloudImage, ...]:
    """Images that differ, each of `size` bytes: a photograph, and zeros behind its end."""
    (one,) = pictures("rocket.jpg")
    return tuple(
        CloudImage(f"{n:03}.jpg", one.content.ljust(size, b"\0"), one.width, one.height, False,
                   Path(f"{n:03}.jpg"))
        for n in range(count)
    )  # fmt: skip


def asked(
    images: Sequence[CloudImage], features: Sequence[vision.AskedFeature] = LABELS
) -> dict[str, Any]:
    """The request for `images`."""
    return vision.request([image.name for image in images], features)


@dataclass
class Sending:
    """One sending with the real client to a server on this machine."""

    host: str
    transport: str
    images: tuple[CloudImage, ...] = field(default_factory=pictures)
    request: dict[str, Any] | None = None
    key: str = KEY
    seconds: float = 30.0
    agreed: bool = True
    cancel: Cancel = field(default_factory=Cancel)
    said: list[Progress] = field(default_factory=list)
    account: Account | None = None
    secret: Callable[[], str] | None = None

    def __call__(self) -> tuple[cloud.Answered, ...]:
        provider = catalog.annotation_providers()["cloud-vision"]()
        account = self.account or Account.model_validate(
            {"way": "api-key", "host": self.host, "transport": self.transport}
        )
        request = self.request or asked(self.images)
        quote = cloud.quote(provider, account, self.images, request)
        access = Access(account, self.secret or (lambda: self.key))
        with cloud.Sender(provider, access, seconds=self.seconds, first_wait=0.01) as sender:
            return sender.send(
                self.images,
                request,
                consent=cloud.consent(quote) if self.agreed else None,
                on_progress=self.said.append,
                cancel=self.cancel,
            )
