"""The classes of a dataset with their counts; choosing one filters."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened

SWATCH = 12
ROW_HEIGHT = 26
LABEL_ROLE = int(Qt.ItemDataRole.UserRole)


class ClassList(QTreeWidget):
    """One row a class: its colour, its name, how many images; 'All classes' on top."""

    chosen = Signal(object)
    """The label to show, or None for all."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("class_list")
        self.setAccessibleName("Classes")
        self.setHeaderLabels(["Class", "Images"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIconSize(QSize(SWATCH, SWATCH))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.currentItemChanged.connect(self._on_current_changed)

    def show_summary(self, summary: DatasetSummary) -> None:
        """Show the classes of `summary`; the choice stays where its class still exists."""
        chosen = self.label
        items = [_item(None, "All classes", summary.count(), QIcon())]
        for place, label in enumerate(summary.labels):
            count = sum(counts[place] for counts in summary.counts.values())
            items.append(_item(label, label, count, _swatch(theme.current().class_color(place))))
        self.blockSignals(True)
        self.clear()
        self.addTopLevelItems(items)
        kept = next((item for item in items if item.data(0, LABEL_ROLE) == chosen), items[0])
        self.setCurrentItem(kept)
        self.blockSignals(False)
        if self.label != chosen:
            self.chosen.emit(self.label)

    @property
    def label(self) -> str | None:
        """The chosen class; None for all."""
        item = self.currentItem()
        label: str | None = item.data(0, LABEL_ROLE) if item is not None else None
        return label

    @Slot()
    def _on_current_changed(self) -> None:
        self.chosen.emit(self.label)


def _item(label: str | None, text: str, count: int, icon: QIcon) -> QTreeWidgetItem:
    item = QTreeWidgetItem([shortened(text, 200), f"{count:,}"])
    item.setData(0, LABEL_ROLE, label)
    item.setIcon(0, icon)
    item.setSizeHint(0, QSize(0, ROW_HEIGHT))
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _swatch(color: QColor) -> QIcon:
    pixmap = QPixmap(SWATCH, SWATCH)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(0, 0, SWATCH, SWATCH, 3, 3)
    painter.end()
    return QIcon(pixmap)
