"""Boxes to tick with an outline that is seen on both themes: Qt's is darker than a dark ground."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
)

from imgclf_gui.gui import theme


class OutlinedCheckBox(QCheckBox):
    """A check box of its own."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the outline over the box."""
        super().paintEvent(event)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = QStyle.SubElement.SE_CheckBoxIndicator
        painter = QPainter(self)
        draw_check_outline(painter, self.style().subElementRect(box, option, self))
        painter.end()


class OutlinedCheckDelegate(QStyledItemDelegate):
    """The boxes of an item view."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the outline over the item."""
        super().paint(painter, option, index)
        if index.data(Qt.ItemDataRole.CheckStateRole) is not None:
            filled = QStyleOptionViewItem(option)
            self.initStyleOption(filled, index)
            box = QStyle.SubElement.SE_ItemViewItemCheckIndicator
            draw_check_outline(
                painter, option.widget.style().subElementRect(box, filled, option.widget)
            )


def draw_check_outline(painter: QPainter, box: QRect) -> None:
    """Draw the outline of a box that lies in `box`."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(theme.current().muted))
    painter.drawRect(box.adjusted(0, 0, -1, -1))
