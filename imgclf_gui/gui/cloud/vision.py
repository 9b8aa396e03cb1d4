"""Cloud Vision."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from imgclf_gui.gui.studio import Studio


class VisionView(QWidget):
    """Being built."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
