"""How the images are split, as a stacked bar with the counts in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from imgclf_gui.core.spec import SPLITS, Split
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui import theme

BAR_HEIGHT = 10
_TITLES: dict[Split, str] = {"train": "Training", "validation": "Validation", "test": "Test"}
_SHORT: dict[Split, str] = {"train": "Train", "validation": "Val.", "test": "Test"}
"""Where there is no room for the others."""
MARK = 16
"""Pixels that a mark of the legend takes, with the space behind it."""
_SHADES: dict[Split, float] = {"train": 1.0, "validation": 0.62, "test": 0.32}


class SplitBar(QWidget):
    """Three shares of the accent colour; below each its name and count."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("split_bar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._summary = DatasetSummary()

    def show_summary(self, summary: DatasetSummary) -> None:
        """Show the splits of a dataset."""
        self._summary = summary
        self.setAccessibleName(self.sentence())
        self.update()

    def sentence(self) -> str:
        """'Training 1,800 · Validation 200 · Test 500'."""
        return " · ".join(f"{_TITLES[split]} {self._summary.count(split):,}" for split in SPLITS)

    def legend(self) -> dict[Split, str]:
        """A name and a count for each split, as long as there is room for."""
        metrics, texts = self.fontMetrics(), dict[Split, str]()
        for titles in (_TITLES, _SHORT):
            texts = {split: f"{titles[split]} {self._summary.count(split):,}" for split in SPLITS}
            gaps = MARK * len(texts) + 2 * theme.SPACING * (len(texts) - 1)
            if gaps + sum(map(metrics.horizontalAdvance, texts.values())) <= self.width():
                break
        return texts

    def sizeHint(self) -> QSize:
        """A bar and a line of text."""
        line = self.fontMetrics().height()
        return QSize(360, BAR_HEIGHT + theme.SPACING // 2 + line)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the shares, then the legend."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._paint_shares(painter)
        self._paint_legend(painter)

    def _paint_shares(self, painter: QPainter) -> None:
        total, left = self._summary.count(), 0.0
        for split in SPLITS:
            width = self.width() * self._summary.count(split) / total if total else 0.0
            painter.setBrush(self._color(split))
            if width:
                painter.drawRoundedRect(QRectF(left, 0, max(1, width - 2), BAR_HEIGHT), 3, 3)
            left += width

    def _paint_legend(self, painter: QPainter) -> None:
        top, left = BAR_HEIGHT + theme.SPACING // 2, 0
        for split, text in self.legend().items():
            width = self.fontMetrics().horizontalAdvance(text)
            height = self.fontMetrics().height()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._color(split))
            painter.drawRect(left, top + (height - 10) // 2, 10, 10)
            painter.setPen(self.palette().text().color())
            painter.drawText(
                left + MARK, top, width + 4, height, Qt.AlignmentFlag.AlignVCenter, text
            )
            left += MARK + width + 2 * theme.SPACING

    def _color(self, split: Split) -> QColor:
        now = theme.current()
        return theme.blend(QColor(now.accent), QColor(now.window), _SHADES[split])
