"""Icons by what they mean. They take the palette's text colour whenever they are painted."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)

from imgclf_gui.core.resources import resource

_GLYPHS = {
    "dataset": "image-multiple",
    "augmentation": "image-auto-adjust",
    "architecture": "layers-triple",
    "training": "chart-line",
    "cloud": "cloud-outline",
    "classify": "tag-outline",
    "new": "folder-plus",
    "open": "folder-open",
    "import": "folder-image",
    "train": "play",
    "pause": "pause",
    "stop": "stop",
    "undo": "undo",
    "redo": "redo",
    "close": "close",
    "copy": "content-copy",
    "information": "information-outline",
    "warning": "alert-circle-outline",
    "search": "magnify",
    "device": "chip",
    "project": "folder-outline",
    "save": "content-save-outline",
    "about": "help-circle-outline",
    "copy_details": "content-copy",
    "import_folder": "folder-image",
    "resume": "play-circle-outline",
    "evaluate": "target",
    "good": "check-circle-outline",
    "add": "plus",
    "remove": "delete-outline",
    "up": "arrow-up",
    "down": "arrow-down",
    "settings": "cog-outline",
    "table": "table",
    "picture": "image-outline",
    "drop": "tray-arrow-down",
    "mend": "auto-fix",
    "cut": "content-cut",
    "paste": "content-paste",
    "duplicate": "content-duplicate",
    "build": "toy-brick-outline",
    "transfer": "school-outline",
    "frozen": "snowflake",
    "compare": "compare",
    "code": "code-tags",
    "lab": "flask-outline",
    "zoom_in": "magnify-plus-outline",
    "zoom_out": "magnify-minus-outline",
    "fit": "fit-to-page-outline",
    "preview": "eye-outline",
    "check": "check-decagram-outline",
    "study": "scale-balance",
    "copies": "image-multiple-outline",
    "tune": "tune-variant",
    "others": "shuffle-variant",
    "left": "arrow-left",
    "right": "arrow-right",
    "geometry": "crop-rotate",
    "colour": "palette-outline",
    "blur": "blur",
    "mixing": "set-center",
    "dice": "dice-5-outline",
    "swap": "swap-horizontal",
    "vision": "eye-outline",
    "automl": "school-outline",
    "account": "account-key-outline",
    "send": "send",
    "offline": "lan-disconnect",
    "online": "lan-connect",
    "history": "history",
    "reset": "restore",
}

NAMES = frozenset(_GLYPHS)


@cache
def icon(name: str) -> QIcon:
    """The icon called `name`.

    Raises:
        KeyError: there is none of that name.
    """
    return QIcon(_GlyphEngine(_GLYPHS[name]))


@cache
def app_icon() -> QIcon:
    """The app's own."""
    return QIcon(str(resource("icons", "app.png")))


def paint(painter: QPainter, name: str, rect: QRect, color: QColor) -> None:
    """Draw the icon called `name` into `rect`, in a colour of its own.

    Raises:
        KeyError: there is none of that name.
    """
    _paint_glyph(painter, _GLYPHS[name], rect, color)


class _GlyphEngine(QIconEngine):
    """Paints one character of the icon font."""

    def __init__(self, glyph: str) -> None:
        super().__init__()
        self._glyph = glyph

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the glyph into `rect`."""
        del state
        _paint_glyph(painter, self._glyph, rect, _color(mode))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The glyph alone, on nothing."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Another of the same."""
        return _GlyphEngine(self._glyph)


def _paint_glyph(painter: QPainter, glyph: str, rect: QRect, color: QColor) -> None:
    font, character = _glyph(glyph)
    font.setPixelSize(max(1, rect.height()))
    painter.save()
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, character)
    painter.restore()


def _glyph(name: str) -> tuple[QFont, str]:
    family, characters = _material_design()
    font = QFont()
    font.setFamilies([family])
    return font, chr(int(characters[name], 16))


@cache
def _material_design() -> tuple[str, dict[str, str]]:
    """The icon font that comes with QtAwesome: its family, and code points by name.

    QtAwesome itself is not imported: that would take a fifth of the time to the first paint.
    """
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or spec.origin is None:
        raise ImportError("QtAwesome is not installed")
    folder = Path(spec.origin).parent / "fonts"
    font = next(folder.glob("materialdesignicons6-webfont-*.ttf"))
    names = next(folder.glob("materialdesignicons6-webfont-charmap-*.json"))
    number = QFontDatabase.addApplicationFont(str(font))
    return QFontDatabase.applicationFontFamilies(number)[0], json.loads(names.read_text("utf-8"))


def _color(mode: QIcon.Mode) -> QColor:
    palette = QGuiApplication.palette()
    if mode == QIcon.Mode.Disabled:
        return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    if mode == QIcon.Mode.Selected:
        return palette.color(QPalette.ColorRole.HighlightedText)
    return palette.color(QPalette.ColorRole.Text)
