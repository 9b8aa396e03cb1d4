"""Images beside augmented copies of them that a model takes for something else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.picture import draw_pixmap
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import ChangedLabel

Index = QModelIndex | QPersistentModelIndex
Pictures = NDArray[np.uint8]

SIDE = 76
GAP = 24
"""Between an image and its copy, where the arrow is."""
MARGIN = 8
LINES = 3
MOST_PIXELS = 256
"""Of a side; larger pictures are thinned out before they are drawn."""


class PairsModel(QAbstractListModel):
    """One item for each example; its pictures are made when they are first drawn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.examples: list[tuple[int, ChangedLabel]] = []
        self._pixels: Pictures | None = None
        self._made: dict[tuple[int, int], QPixmap] = {}

    def show_examples(self, examples: Sequence[ChangedLabel], pixels: Pictures | None) -> None:
        """Show these; `pixels`, uint8 [examples, 2, height, width, channels], are their pictures.

        Without `pixels` there are only words.
        """
        self.beginResetModel()
        self.examples, self._pixels = list(enumerate(examples)), pixels
        self._made.clear()
        self.endResetModel()

    def filter_class(self, examples: Sequence[ChangedLabel], label: str) -> None:
        """Show only those of `label`; empty: all."""
        self.beginResetModel()
        self.examples = [
            (place, one) for place, one in enumerate(examples) if label in ("", one.label)
        ]
        self.endResetModel()

    def picture(self, row: int, which: int) -> QPixmap | None:
        """The image (0) or its copy (1)."""
        place = self.examples[row][0]
        if self._pixels is None or place >= len(self._pixels):
            return None
        if (place, which) not in self._made:
            self._made[place, which] = _pixmap(np.asarray(self._pixels[place, which]))
        return self._made[place, which]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Examples."""
        return 0 if parent.isValid() else len(self.examples)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What became of it, in words."""
        example = self.examples[index.row()][1]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{shortened(example.before, 60)} → {shortened(example.after, 60)}"
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return plain_tip(sentence(example))
        return None


def sentence(example: ChangedLabel) -> str:
    """What became of one image, for people who hear it."""
    right = "" if example.label == example.before else f", which is of {_name(example.label)},"
    return (
        f"The image{right} is taken for {_name(example.before)} "
        f"({percent(example.probability_before)}); its copy for {_name(example.after)}, and for "
        f"{_name(example.before)} with {percent(example.probability_after)} only."
    )


def lines(example: ChangedLabel) -> tuple[str, str, str]:
    """The words below the pictures: what changed, how sure the model was, what it really is."""
    before, after = 100 * example.probability_before, 100 * example.probability_after
    wrong = example.label != example.before
    return (
        f"{_name(example.before)} → {_name(example.after)}",
        f"{_name(example.before)}: {before:.0f} → {after:.0f} %",
        f"really: {_name(example.label)}" if wrong else "",
    )


def _name(label: str) -> str:
    return shortened(label, 60)


class _PairDelegate(QStyledItemDelegate):
    """The image, an arrow, its copy; below them the words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        del index
        line = option.fontMetrics.height()
        return QSize(2 * SIDE + GAP + 2 * MARGIN, SIDE + LINES * line + 3 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one example."""
        model, rect, palette = index.model(), option.rect, option.palette
        if not isinstance(model, PairsModel):
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect.adjusted(1, 1, -1, -1), palette.highlight())
        text = (palette.highlightedText() if chosen else palette.text()).color()
        frame = QRect(rect.x() + MARGIN, rect.y() + MARGIN, SIDE, SIDE)
        for which in (0, 1):
            place = frame.translated(which * (SIDE + GAP), 0)
            pixmap = model.picture(index.row(), which)
            if pixmap is None:
                painter.fillRect(place, palette.window())
            else:
                draw_pixmap(painter, place, pixmap)
        _arrow(painter, QPointF(frame.right() + GAP / 2, frame.center().y()), text)
        muted = text if chosen else QColor(theme.current().muted)
        self._words(painter, QRect(frame.x(), frame.bottom() + MARGIN, 2 * SIDE + GAP, 0),
                    lines(model.examples[index.row()][1]), (text, muted, muted))  # fmt: skip

    def _words(
        self,
        painter: QPainter,
        place: QRect,
        words: tuple[str, ...],
        colours: tuple[QColor, ...],
    ) -> None:
        metrics = painter.fontMetrics()
        place.setHeight(metrics.height())
        for text, colour in zip(words, colours, strict=True):
            painter.setPen(colour)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, shown)
            place.translate(0, metrics.height())


def _arrow(painter: QPainter, middle: QPointF, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6))
    half, head = QPointF(6, 0), (QPointF(-4, -4), QPointF(-4, 4))
    tip = middle + half
    painter.drawLine(middle - half, tip)
    painter.drawPolyline(QPolygonF([tip + head[0], tip, tip + head[1]]))
    painter.restore()


def _pixmap(pixels: Pictures) -> QPixmap:
    """Of uint8 [height, width, 1 or 3]."""
    step = max(1, -(-max(pixels.shape[:2]) // MOST_PIXELS))
    pixels = np.ascontiguousarray(pixels[::step, ::step])
    height, width, channels = pixels.shape
    form = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    image = QImage(pixels.tobytes(), width, height, width * channels, form)
    return QPixmap.fromImage(image)


class PairsView(QListView):
    """The examples in a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("label_pairs")
        self.setAccessibleName("Images whose copies are taken for another class, the worst first")
        self.pairs = PairsModel(self)
        self._examples: tuple[ChangedLabel, ...] = ()
        self.setModel(self.pairs)
        self.setItemDelegate(_PairDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)

    def show_examples(self, examples: tuple[ChangedLabel, ...], file: Path) -> None:
        """Show `examples`, whose pictures are in `file`: see `LabelsChecked`."""
        self._examples = examples
        self.pairs.show_examples(examples, _read(file) if examples else None)

    def filter_class(self, label: str) -> int:
        """Show only those of the class `label` (empty: of all); how many they are."""
        self.pairs.filter_class(self._examples, label)
        return len(self.pairs.examples)


def _read(file: Path) -> Pictures | None:
    """The pictures, read from the disk only as they are drawn; None if there are none."""
    try:
        pixels = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None  # the words are there nevertheless
    fits = pixels.dtype == np.uint8 and pixels.ndim == 5 and pixels.shape[1] == 2
    return pixels if fits and pixels.shape[-1] in (1, 3) else None
