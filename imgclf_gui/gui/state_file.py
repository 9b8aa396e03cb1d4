"""Lets a test outside the process see the window: positions, texts and state, as JSON on request.

The test writes `<file>.request`; the window answers in `<file>`, and takes the request away.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, QTimer, Slot
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.gui.main_window import MainWindow

POLL_MS = 50
LONGEST_TEXT = 500


class StateFile(QObject):
    """Answers requests while the window lives."""

    def __init__(self, window: MainWindow, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._request = path.with_name(path.name + ".request")
        self._first_paint: float | None = None
        window.painted.connect(self._on_painted)
        timer = QTimer(self, interval=POLL_MS)
        timer.timeout.connect(self._on_polled)
        timer.start()

    @Slot()
    def _on_painted(self) -> None:
        self._first_paint = time.time()

    @Slot()
    def _on_polled(self) -> None:
        if self._request.exists():
            self._request.unlink()
            write_text_atomic(self._path, _to_json(self._state()))

    def _state(self) -> dict[str, Any]:
        studio = self._window.studio
        return {
            "first_painted_at": self._first_paint,
            "page": self._window.current_page,
            "project": str(studio.project.folder) if studio.project else None,
            "images": studio.summary.count(),
            "job": studio.job.title if studio.job else None,
            "runs": [
                {
                    "id": run.id,
                    "name": run.name,
                    "status": run.state.status,
                    "epochs": len(run.state.epochs),
                    "step": run.state.step,
                }
                for run in studio.runs
            ],
            "widgets": _widgets(),
        }


def _widgets() -> dict[str, dict[str, Any]]:
    found = {}
    for widget in QApplication.allWidgets():
        name = widget.objectName()
        if name and not name.startswith("qt_") and widget.isVisible():
            found[name] = _described(widget)
    return found


def _described(widget: QWidget) -> dict[str, Any]:
    corner = widget.mapToGlobal(QPoint(0, 0))
    text = ""
    if isinstance(widget, QAbstractButton | QLabel | QLineEdit):
        text = widget.text()[:LONGEST_TEXT]
    return {
        "rect": [corner.x(), corner.y(), widget.width(), widget.height()],
        "text": text,
        "enabled": widget.isEnabled(),
        "focus": widget.hasFocus(),
    }


def _to_json(state: dict[str, Any]) -> str:
    import json

    return json.dumps(state, indent=1)
