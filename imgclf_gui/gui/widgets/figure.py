"""One figure that counts, large, with what it is in small below."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import plain_label


class Figure(QWidget):
    """A value and its caption."""

    def __init__(self, name: str, caption: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._caption = caption
        self._value = plain_label("–", objectName=f"{name}_value")
        theme.set_title(self._value)
        self._below = below = plain_label(caption, objectName=f"{name}_caption")
        theme.set_muted(below)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._value)
        layout.addWidget(below)

    def show_value(self, text: str, details: str = "", more: str = "") -> None:
        """Show `text`; `details` stand in the tooltip, `more` behind the caption."""
        self._value.setText(text)
        self._below.setText(caption := f"{self._caption}{more}")
        self.setToolTip(details)
        self.setAccessibleName(f"{caption}: {text}")
