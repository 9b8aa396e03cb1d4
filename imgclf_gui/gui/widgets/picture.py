"""One image file, as large as there is room."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from imgclf_gui.gui.widgets.file_pictures import FilePictures

PREVIEW_SIDE = 512
"""Pixels; a larger image is shrunk to it once."""


class Picture(QWidget):
    """Shows an image; small ones are enlarged without blur, so that their pixels can be seen."""

    def __init__(self, pictures: FilePictures) -> None:
        super().__init__()
        self.setObjectName("picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 120))
        self._pictures = pictures
        self._path: Path | None = None
        pictures.arrived.connect(self.update)

    def show_file(self, path: Path | None) -> None:
        """Show the image in `path`."""
        self._path = path
        self.setAccessibleName(f"Image {path.name}" if path else "No image")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image in the middle."""
        del event
        if self._path is None:
            return
        painter = QPainter(self)
        pixmap = self._pictures.picture(self._path, PREVIEW_SIDE)
        if pixmap is None or pixmap.isNull():
            text = "…" if pixmap is None else "This file cannot be shown."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
            return
        draw_pixmap(painter, self.rect(), pixmap)


def draw_pixmap(painter: QPainter, frame: QRect, pixmap: QPixmap) -> None:
    """Draw `pixmap` in the middle of `frame`, as large as fits."""
    target = fitted(frame, pixmap.size())
    shrunk = target.width() < pixmap.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
    painter.drawPixmap(target, pixmap)


def fitted(frame: QRect, size: QSize) -> QRect:
    """Where something of that size stands in the middle of `frame`, as large as fits."""
    target = QRect(frame.topLeft(), size.scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio))
    target.moveCenter(frame.center())
    return target
