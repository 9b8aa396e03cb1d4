"""Small pictures of the dataset's images for the window, kept in a cache that can be made again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Lock

from PIL import Image

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.images import decode, read_file
from imgclf_gui.core.project import Project

THUMBNAIL_SIDE = 128
"""Longest side of a thumbnail, in pixels."""

SMALL_SIDE = 160
"""Images up to this side are shown from their own file."""

_HEAD_BYTES = 4096


def thumbnail(source: Path | bytes | Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """A JPEG of `source` whose longer side has at most `side` pixels; it is never enlarged.

    Raises:
        UserError: `image.unreadable`.
    """
    image = source if isinstance(source, Image.Image) else decode(source)
    scale = side / max(image.size)
    if scale < 1:
        width, height = (max(1, round(length * scale)) for length in image.size)
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    encoded = BytesIO()
    image.save(encoded, "JPEG", quality=85)
    return encoded.getvalue()


def shown_as_is(content: bytes, width: int, height: int) -> bool:
    """Whether the window can show an image's own bytes: small, of a kind that it turns right."""
    if max(width, height) > SMALL_SIDE:
        return False
    if content.startswith(b"\x89PNG"):
        return True
    return content.startswith(b"\xff\xd8") and b"Exif" not in content[:_HEAD_BYTES]


class Thumbnails:
    """The thumbnails of one project; any thread may ask.

    Where the cache cannot be read or written, pictures are made anew each time.
    """

    def __init__(self, project: Project) -> None:
        self._images_folder = project.images_folder
        self._path = project.cache_folder / "thumbnails.sqlite"
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def data(self, row: ImageRow) -> bytes:
        """The encoded picture to show for `row`: its own file where small, else a JPEG.

        Raises:
            UserError: `image.unreadable` if the file has vanished or broken.
        """
        path = self._images_folder / row.path
        if max(row.width, row.height) <= SMALL_SIDE:
            content = read_file(path, name=row.name)
            if shown_as_is(content, row.width, row.height):
                return content
        kept = self._kept(row.path)
        if kept is None:
            kept = thumbnail(decode(path, name=row.name))
            self.keep([(row.path, kept)])
        return kept

    def keep(self, pictures: Iterable[tuple[str, bytes]]) -> None:
        """Put pictures into the cache: (path of the image as in its row, JPEG)."""
        with contextlib.suppress(sqlite3.Error, OSError), self._cache() as cache, cache:
            cache.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", pictures)

    def close(self) -> None:
        """Let go of the cache; asking again opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _kept(self, path: str) -> bytes | None:
        with contextlib.suppress(sqlite3.Error, OSError), self._cache() as cache:
            found = cache.execute("SELECT picture FROM thumbnails WHERE path = ?", (path,))
            row = found.fetchone()
            return None if row is None else bytes(row[0])
        return None

    @contextmanager
    def _cache(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                self._connection = self._opened()
            yield self._connection

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS thumbnails"
                " (path TEXT PRIMARY KEY, picture BLOB NOT NULL)"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection
