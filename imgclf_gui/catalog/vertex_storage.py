"""A bucket of Cloud Storage: images that are not there yet go there, exported files come back.

Google's client is imported inside the functions, which are never called on the window's thread.
"""

from __future__ import annotations

import contextlib
import mimetypes
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgclf_gui.catalog.google_errors import in_words
from imgclf_gui.catalog.google_parts import renew, secrets
from imgclf_gui.core.automl import LabelledImage
from imgclf_gui.core.cloud import Cancel, Progress, cancelled, loopback
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.files import write_error

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

IMAGES = "imgclf-studio/images"
"""Where images lie in a bucket, named by their content, whichever model they are for."""
THREADS = 6
RESUMABLE_BYTES = 2 << 20
"""Larger ones go in pieces, so that one that breaks off goes on where it was."""
_STARTS = ((b"\xff\xd8", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"BM", ".bmp"))


def storage_host() -> str:
    """Cloud Storage, or the emulator of this machine that STORAGE_EMULATOR_HOST names.

    Raises:
        UserError: `automl.bucket` if it names another machine.
    """
    named = os.environ.get("STORAGE_EMULATOR_HOST", "")
    if named and not loopback(named):
        raise UserError(
            "automl.bucket",
            f"STORAGE_EMULATOR_HOST is {named:.100}, which is not on this machine.",
            "Images and sign-ins go to Google or stay here: take it out of the environment, or "
            "write http://127.0.0.1:PORT.",
        )
    return named or "storage.googleapis.com"


class Bucket:
    """One bucket, over connections of its own that can be cut."""

    def __init__(self, name: str, project: str, signed: Credentials, seconds: float) -> None:
        """`seconds`: how long the other side may be silent."""
        from google.cloud import storage  # type: ignore[attr-defined]

        from imgclf_gui.catalog.google_channel import Lines

        self.name = name
        self.host = storage_host()
        self._signed = signed
        self._seconds = seconds
        self._over = threading.Event()
        # Named here, or another variable of the environment would name another host.
        address = self.host if loopback(self.host) else f"https://{self.host}"
        client = storage.Client(
            project=project, credentials=signed, client_options={"api_endpoint": address}
        )
        self._lines = Lines(client._http, self.host)
        self._bucket = client.bucket(name)
        self._client = client

    def upload(
        self,
        images: Sequence[LabelledImage],
        prepare: Callable[[LabelledImage], bytes],
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> dict[str, str]:
        """The gs:// address of each image by its content; those that are there stay.

        Raises:
            UserError: the first that went wrong, or `cloud.cancelled`.
        """
        wanted = {image.content: image for image in images}
        there = self._there()
        count = _Count(len(wanted), sum(image.size_bytes for image in wanted.values()))
        missing = [image for content, image in wanted.items() if content not in there]
        for content in wanted.keys() & there.keys():
            count.add(wanted[content].size_bytes, sent=False)
        tell(count.progress())

        def send(image: LabelledImage) -> LabelledImage:
            there[image.content] = self._send(image, prepare)
            return image

        for image in self._each(send, missing, cancel):
            count.add(image.size_bytes, sent=True)
            tell(count.progress())
        return {content: f"gs://{self.name}/{there[content]}" for content in wanted}

    def put(self, name: str, content: bytes) -> str:
        """Write one object; its gs:// address."""
        self._guarded(lambda: self._put(name, content))
        return f"gs://{self.name}/{name}"

    def fetch(self, address: str, folder: Path) -> int:
        """Bring everything below a gs:// address of this bucket into `folder`; how many files."""
        prefix = address.removeprefix(f"gs://{self.name}/").rstrip("/") + "/"
        blobs = self._guarded(
            lambda: list(
                self._client.list_blobs(self._bucket, prefix=prefix, timeout=self._seconds)
            )
        )
        for blob in blobs:
            target = (folder / blob.name.removeprefix(prefix)).resolve()
            if folder.resolve() not in target.parents or blob.name.endswith("/"):
                continue  # no name leads out of the folder; one that ends so is a folder itself
            self._fetch_one(blob, target)
        return len(blobs)

    def cut(self) -> None:
        """End what is being sent or fetched, from any thread, for ever."""
        self._over.set()
        self._lines.cut()

    def _there(self) -> dict[str, str]:
        """The names of the images in the bucket, by content."""

        def listed() -> dict[str, str]:
            blobs = self._client.list_blobs(
                self._bucket, prefix=f"{IMAGES}/", timeout=self._seconds, retry=self._retry()
            )
            return {Path(blob.name).stem: blob.name for blob in blobs}

        found: dict[str, str] = self._guarded(listed)
        return found

    def _send(self, image: LabelledImage, prepare: Callable[[LabelledImage], bytes]) -> str:
        content = prepare(image)
        suffix = next((end for start, end in _STARTS if content.startswith(start)), ".png")
        name = f"{IMAGES}/{image.content}{suffix}"
        self._guarded(lambda: self._put(name, content))
        return name

    def _put(self, name: str, content: bytes) -> None:
        from google.api_core.exceptions import PreconditionFailed

        blob = self._bucket.blob(name)
        if len(content) > RESUMABLE_BYTES:
            blob.chunk_size = RESUMABLE_BYTES
        with contextlib.suppress(PreconditionFailed):  # somebody else was quicker
            blob.upload_from_string(
                content,
                content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
                if_generation_match=0,
                timeout=self._seconds,
                retry=self._retry(),
            )

    def _fetch_one(self, blob: Any, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(target, error) from error
        self._guarded(
            lambda: blob.download_to_filename(
                str(target), timeout=self._seconds, retry=self._retry()
            )
        )

    def _retry(self) -> Any:
        from google.cloud.storage.retry import DEFAULT_RETRY

        usual = DEFAULT_RETRY._predicate

        def again(error: Exception) -> bool:
            return not self._over.is_set() and usual(error)

        retry = DEFAULT_RETRY.with_delay(initial=0.2, maximum=5).with_timeout(2 * self._seconds)
        return retry.with_predicate(again)

    def _guarded(self, call: Callable[[], Any]) -> Any:
        """What `call` gives; its errors in words."""
        renew(self._signed)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 the client leaks errors of many kinds
            if self._over.is_set():
                raise cancelled() from None
            found = in_words(error, self.host, secrets(self._signed))
            if found.code == "cloud.not-found":
                raise UserError(
                    "automl.bucket",
                    f"There is no bucket '{self.name}' that this sign-in may see.",
                    "Make it in the console, in the region of the model, and go on; or order the "
                    "model anew with another bucket.",
                    found.report.details,
                ) from None
            raise found from None

    def _each(
        self,
        send: Callable[[LabelledImage], LabelledImage],
        images: Sequence[LabelledImage],
        cancel: Cancel,
    ) -> Any:
        """Each image once it is sent; the threads are left behind at once when one fails."""
        waiting: queue.SimpleQueue[LabelledImage] = queue.SimpleQueue()
        ready: queue.SimpleQueue[LabelledImage | BaseException | None] = queue.SimpleQueue()
        for image in images:
            waiting.put(image)
        ended = threading.Event()

        def work() -> None:
            while not ended.is_set() and not self._over.is_set():
                try:
                    ready.put(send(waiting.get_nowait()))
                except queue.Empty:
                    return
                except BaseException as error:  # noqa: BLE001 raised where it is waited for
                    ready.put(error)
                    return

        forget = cancel.on_cancel(lambda: ready.put(None))
        for _ in range(min(THREADS, len(images))):
            threading.Thread(target=work, name="upload", daemon=True).start()
        try:
            for _ in images:
                found = ready.get()
                cancel.raise_if_cancelled()
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            ended.set()
            forget()


class _Count:
    """How far an upload is."""

    def __init__(self, images: int, size: int) -> None:
        self._images, self._bytes = images, size
        self._done = self._bytes_done = self._sent = 0
        self._began = time.monotonic()

    def add(self, size: int, *, sent: bool) -> None:
        self._done += 1
        self._bytes_done += size
        self._sent += size if sent else 0

    def progress(self) -> Progress:
        left = self._bytes - self._bytes_done
        spent = time.monotonic() - self._began
        return Progress(
            done=self._done,
            total=self._images,
            bytes_done=self._bytes_done,
            bytes_total=self._bytes,
            seconds_left=left * spent / self._sent if self._sent else None,
            words=f"{self._done:,} of {self._images:,} images are there "
            f"({bytes_words(self._bytes_done)} of {bytes_words(self._bytes)}).",
        )
