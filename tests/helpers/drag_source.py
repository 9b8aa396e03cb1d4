"""A small window that files are dragged from: `python -m tests.helpers.drag_source FILE…`

It lies in the lower left corner and prints where its middle is: 'X Y'.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

SIDE = 24


class DragSource(QWidget):
    """Offers the files to whatever window the mouse is let go over."""

    def __init__(self, files: list[str]) -> None:
        super().__init__()
        self._files = files
        self._told = False
        self.setWindowFlags(Qt.WindowType.X11BypassWindowManagerHint)
        screen = QGuiApplication.primaryScreen().geometry()
        self.setGeometry(0, screen.height() - SIDE, SIDE, SIDE)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(file) for file in self._files])
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.exec(Qt.DropAction.CopyAction)

    def paintEvent(self, event: QPaintEvent) -> None:
        """It is there: say where."""
        super().paintEvent(event)
        if not self._told:
            self._told = True
            middle = self.mapToGlobal(QPoint(SIDE // 2, SIDE // 2))
            print(middle.x(), middle.y(), flush=True)


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    source = DragSource(sys.argv[1:])
    source.show()
    sys.exit(application.exec())
