"""The picture of a network as the contents of a file: light colours on white, so that it prints."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QColor, QFont, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.diagram_paint import Style, paint_layout
from imgclf_gui.gui.widgets.diagram_parts import Layout

_SCALE, _LONGEST = 2.0, 16_000
"""Pixels of a PNG for one of the picture's; and of its longer side at most."""


def svg(layout: Layout, area: QRectF, font: QFont, description: str) -> bytes:
    """What of the picture lies in `area`; its texts stay texts."""
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    generator.setTitle("Diagram of the network")
    generator.setDescription(description)
    _paint(QPainter(generator), layout, area, font, 1.0)
    return bytes(buffer.data().data())


def png(layout: Layout, area: QRectF, font: QFont) -> bytes:
    """What of the picture lies in `area`, two pixels for one unless that is far too wide."""
    scale = min(_SCALE, _LONGEST / max(area.width(), area.height()))
    image = QImage((area.size() * scale).toSize(), QImage.Format.Format_RGB32)
    _paint(QPainter(image), layout, area, font, scale)
    buffer = _buffer()
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _paint(painter: QPainter, layout: Layout, area: QRectF, font: QFont, scale: float) -> None:
    painter.scale(scale, scale)
    painter.translate(-area.topLeft())
    # One pixel more: sizes in whole pixels may round up.
    painter.fillRect(area.adjusted(0, 0, 1, 1), QColor("white"))
    paint_layout(painter, layout, Style(theme.LIGHT, font))
    painter.end()
