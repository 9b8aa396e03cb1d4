"""Pictures of image files for the window, decoded beside it; the newest wish first."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage, QPixmap
from shiboken6 import isValid

from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

THREADS = 2
MOST_KEPT = 600
"""Pictures; of 64 × 64 pixels they take 10 MB."""

Key = tuple[str, int]


class FilePictures(QObject):
    """Ask `picture` while painting: what is not there yet comes with `arrived`."""

    arrived = Signal()
    _decoded = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._wished: set[Key] = set()
        self._wishes = 0
        self._decoded.connect(self._on_decoded, Qt.ConnectionType.QueuedConnection)

    def picture(self, path: Path, side: int) -> QPixmap | None:
        """The image in `path` with at most `side` pixels a side; None if it is yet to be decoded.

        A null picture stands for a file that cannot be read.
        """
        key = (str(path), side)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        elif key not in self._wished:
            self._wished.add(key)
            self._wishes += 1
            self._pool.start(_Decoding(self, key), self._wishes)
        return found

    def forget(self) -> None:
        """Leave out the wishes that nobody waits for any more."""
        self._pool.clear()
        self._wished.clear()

    @Slot(object, object)
    def _on_decoded(self, key: Key, image: QImage) -> None:
        self._wished.discard(key)
        self._kept[key] = QPixmap.fromImage(image)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        self.arrived.emit()


class _Decoding(QRunnable):
    def __init__(self, pictures: FilePictures, key: Key) -> None:
        super().__init__()
        self._pictures = pictures
        self._key = key

    def run(self) -> None:
        """Runs on a thread of the pool."""
        image = _decoded(Path(self._key[0]), self._key[1])
        if isValid(self._pictures):
            self._pictures._decoded.emit(self._key, image)


def _decoded(path: Path, side: int) -> QImage:
    from imgclf_gui.core.images import decode  # with it comes Pillow

    try:
        return qimage(decode(path), side)
    except UserError:
        return QImage()


def qimage(image: Image, side: int) -> QImage:
    """A decoded image (L or RGB) for Qt, shrunk to at most `side` pixels a side."""
    image.thumbnail((side, side))
    grey = image.mode == "L"
    layout = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    width, height = image.size
    return QImage(image.tobytes(), width, height, width * (1 if grey else 3), layout).copy()
