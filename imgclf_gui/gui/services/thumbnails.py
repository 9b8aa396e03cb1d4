"""Pictures for the window: read and decoded by threads, the newest wish first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QImageReader, QPixmap

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project

if TYPE_CHECKING:
    from imgclf_gui.core.thumbnails import Thumbnails

Size = Literal["thumbnail", "preview"]

PREVIEW_SIDE = 480
THREADS = 2
MOST_WISHES = 400
"""Older wishes are forgotten: their rows were scrolled away."""
CACHE_BYTES = 64 << 20
FLUSH_MS = 33


@dataclass(frozen=True)
class _Wish:
    store: Thumbnails
    project: Project
    row: ImageRow
    size: Size

    @property
    def key(self) -> tuple[int, Size]:
        return self.row.id, self.size


class ThumbnailService(QObject):
    """Ask `picture` while painting: what is not there yet comes with `arrived`."""

    arrived = Signal()
    """Pictures are new; sent at most 30 times a second."""
    _decoded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._project: Project | None = None
        self._store: Thumbnails | None = None
        self._pictures: OrderedDict[tuple[int, Size], QPixmap] = OrderedDict()
        self._bytes = 0
        self._changed = threading.Condition()
        self._wishes: OrderedDict[tuple[int, Size], _Wish] = OrderedDict()
        self._images: list[tuple[_Wish, QImage]] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._flush_timer = QTimer(self, singleShot=True, interval=FLUSH_MS)
        self._flush_timer.timeout.connect(self._flush)
        self._decoded.connect(self._on_decoded, Qt.ConnectionType.QueuedConnection)

    def show_project(self, project: Project | None) -> None:
        """Forget the pictures of the project before."""
        with self._changed:
            self._wishes.clear()
            self._images.clear()
        if self._store is not None:
            self._store.close()
        self._project, self._store = project, _store(project) if project else None
        self._pictures.clear()
        self._bytes = 0

    def picture(self, row: ImageRow, size: Size = "thumbnail") -> QPixmap | None:
        """The picture of `row`; None if it has to be decoded first. A null one is unreadable."""
        key = row.id, size
        found = self._pictures.get(key)
        if found is not None:
            self._pictures.move_to_end(key)
        elif self._store is not None and self._project is not None:
            self._wish(_Wish(self._store, self._project, row, size))
        return found

    def close(self) -> None:
        """Join the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self.show_project(None)

    def _wish(self, wish: _Wish) -> None:
        with self._changed:
            self._wishes[wish.key] = wish
            self._wishes.move_to_end(wish.key)
            if len(self._wishes) > MOST_WISHES:
                self._wishes.popitem(last=False)
            self._changed.notify()
        while len(self._threads) < THREADS and not self._closed:
            thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (wish := self._next()) is not None:
            image = _decode(wish)
            with self._changed:
                self._images.append((wish, image))
                first = len(self._images) == 1
            if first:
                self._decoded.emit()

    def _next(self) -> _Wish | None:
        with self._changed:
            while not self._wishes and not self._closed:
                self._changed.wait()
            return None if self._closed else self._wishes.popitem(last=True)[1]

    @Slot()
    def _on_decoded(self) -> None:
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    @Slot()
    def _flush(self) -> None:
        with self._changed:
            images, self._images = self._images, []
        for wish, image in images:
            if wish.store is self._store:
                self._keep(wish.key, QPixmap.fromImage(image))
        self.arrived.emit()

    def _keep(self, key: tuple[int, Size], pixmap: QPixmap) -> None:
        self._pictures[key] = pixmap
        self._bytes += _size(pixmap)
        while self._bytes > CACHE_BYTES and len(self._pictures) > 1:
            _, oldest = self._pictures.popitem(last=False)
            self._bytes -= _size(oldest)


def _store(project: Project) -> Thumbnails:
    from imgclf_gui.core.thumbnails import Thumbnails  # with it come Pillow and NumPy

    return Thumbnails(project)


def _size(pixmap: QPixmap) -> int:
    return 4 * pixmap.width() * pixmap.height()


def _decode(wish: _Wish) -> QImage:
    """Runs on a thread; large images are read from their file, without holding Python."""
    if wish.size == "preview":
        reader = QImageReader(str(wish.project.images_folder / wish.row.path))
        reader.setAutoTransform(True)
        size = reader.size()
        if max(size.width(), size.height()) > PREVIEW_SIDE:
            bound = QSize(PREVIEW_SIDE, PREVIEW_SIDE)
            reader.setScaledSize(size.scaled(bound, Qt.AspectRatioMode.KeepAspectRatio))
        image = reader.read()
        if not image.isNull():
            return image
    try:
        content = QByteArray(wish.store.data(wish.row))
    except UserError:
        return QImage()
    # Not a QImageReader on a QBuffer: it asks Python for the buffer's overridden methods while it
    # holds Qt's lock on image formats, and another thread that has Python may wait for that lock.
    return QImage.fromData(content)
