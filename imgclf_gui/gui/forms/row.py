"""One row of a form: title, editor, unit, and what is wrong, at the place where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.forms.editors import Editor
from imgclf_gui.gui.forms.fields import FieldInfo
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.labels import WrongLabel


class Row(QWidget):
    """Title and editor; an outline and a sentence where the value is wrong."""

    def __init__(self, field: FieldInfo, editor: Editor, name: str, title_width: int) -> None:
        super().__init__()
        self.field = field
        self.editor = editor
        self._problem = ""
        self._complaint = WrongLabel(f"{name}.complaint")
        self._name_control(name)
        self._arrange(title_width)
        editor.complained.connect(self._refresh)

    def show_problem(self, sentence: str) -> None:
        """Mark the field with `sentence`; an empty one takes the mark away."""
        self._problem = sentence
        self._refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the outline where something is wrong."""
        del event
        if not self._sentence():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().bad), 1.6))
        control = self.editor.control
        outline = QRectF(control.rect().translated(control.mapTo(self, control.rect().topLeft())))
        painter.drawRoundedRect(outline.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)

    def _sentence(self) -> str:
        return self.editor.complaint or self._problem

    def _refresh(self) -> None:
        sentence = self._sentence()
        self._complaint.say(sentence)
        description = sentence or self.field.description
        self.editor.control.setAccessibleDescription(description)
        self.update()

    def _name_control(self, name: str) -> None:
        control = self.editor.control
        control.setObjectName(name)
        unit = f", {self.field.unit}" if self.field.unit else ""
        control.setAccessibleName(f"{self.field.title}{unit}")
        control.setAccessibleDescription(self.field.description)
        self.setToolTip(self.field.description)

    def _arrange(self, title_width: int) -> None:
        title = plain_label(self.field.title)
        title.setFixedWidth(title_width)
        title.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        title.setContentsMargins(0, 5, 0, 0)
        title.setBuddy(self.editor.control)
        grid = QGridLayout(self)
        grid.setContentsMargins(2, 2, 2, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.addWidget(title, 0, 0, 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.editor, 0, 1)
        if self.field.unit:
            unit = plain_label(self.field.unit)
            theme.set_muted(unit)
            unit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            grid.addWidget(unit, 0, 2)
        grid.addWidget(self._complaint, 1, 1, 1, 2)
        if self.editor.below is not None:
            grid.addWidget(self.editor.below, 2, 0, 1, 3)
        grid.setColumnStretch(1, 1)


def label_width(widget: QWidget, titles: Iterable[str]) -> int:
    """Pixels that the longest of `titles` takes."""
    metrics = widget.fontMetrics()
    return max((metrics.horizontalAdvance(title) for title in titles), default=0) + 4
