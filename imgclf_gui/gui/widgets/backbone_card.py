"""A card that a person picks a backbone by."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout

from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.preset_card import paint_card


class BackboneCard(QAbstractButton):
    """Title, figures, what it is and where it is from. Checked: the one that is looked at."""

    def __init__(self, key: str) -> None:
        """`key` is a backbone's id, or 'run:003'."""
        super().__init__()
        self.key = key
        name = f"backbone_{key.replace(':', '_')}"
        self.setObjectName(name)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._title = wrapped_label(name=f"{name}_title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._figures = wrapped_label(name=f"{name}_figures")
        self._summary = wrapped_label(name=f"{name}_summary")
        self._origin = wrapped_label(muted=True, name=f"{name}_origin")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        for label in self._labels():
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        layout.addStretch(1)
        self.clicked.connect(lambda: self.setChecked(True))  # a second click takes nothing back

    def show_words(self, title: str, figures: str, summary: str, origin: str) -> None:
        """Show what is known of it; nothing happens where that is on show already."""
        words = (title, figures, summary, origin)
        for label, text in zip(self._labels(), words, strict=True):
            if label.text() != text:
                label.setText(text)
                label.setVisible(bool(text))
        self.setAccessibleName(title)
        self.setAccessibleDescription(". ".join(filter(None, words[1:])))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card; its labels draw themselves."""
        del event
        paint_card(self)

    def _labels(self) -> tuple[QLabel, ...]:
        return self._title, self._figures, self._summary, self._origin
