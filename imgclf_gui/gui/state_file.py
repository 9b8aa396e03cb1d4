"""Lets a test outside the process see the window: positions, texts and state, as JSON on request.

The test writes `<file>.request`; the window answers in `<file>`, and takes the request away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QRect, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTabWidget,
    QTreeView,
    QWidget,
)

from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.gui.main_window import MainWindow

POLL_MS = 50
LONGEST_TEXT = 500
MOST_ITEMS = 400


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
    return {
        "rect": _on_screen(widget, widget.rect()),
        "seen": _seen(widget),
        "text": _text(widget)[:LONGEST_TEXT],
        "accessible": widget.accessibleName()[:LONGEST_TEXT],
        "enabled": widget.isEnabled(),
        "focus": widget.hasFocus(),
        "parts": _parts(widget),
    }


def _seen(widget: QWidget) -> bool:
    """Whether its middle can be clicked: it may be scrolled out of sight."""
    parent = None if widget.isWindow() else widget.parentWidget()
    while parent is not None:
        if not parent.rect().contains(widget.mapTo(parent, widget.rect().center())):
            return False
        parent = None if parent.isWindow() else parent.parentWidget()
    return True


def _text(widget: QWidget) -> str:
    match widget:
        case QAbstractButton() | QLabel() | QLineEdit() | QAbstractSpinBox():
            return widget.text()
        case QComboBox():
            return widget.currentText()
        case QPlainTextEdit():
            return widget.toPlainText()[:LONGEST_TEXT]
        case _:
            return ""


def _parts(widget: QWidget) -> list[dict[str, Any]]:
    """What can be clicked in a widget without being one: tabs, menu entries, items."""
    match widget:
        case QTabWidget():
            bar = widget.tabBar()
            tabs = range(bar.count())
            return [_part(bar, bar.tabText(index), bar.tabRect(index)) for index in tabs]
        case QMenu() | QMenuBar():
            actions = [action for action in widget.actions() if action.isVisible()]
            return [_part(widget, one.text(), widget.actionGeometry(one)) for one in actions]
        case QTreeView():
            return _rows(widget)
        case QAbstractItemView():
            return _items(widget)
        case _:
            return []


def _items(view: QAbstractItemView) -> list[dict[str, Any]]:
    model, viewport = view.model(), view.viewport()
    columns = 1 if isinstance(view, QListView) else model.columnCount()  # lists have none
    rows = min(model.rowCount(), MOST_ITEMS // max(1, columns))
    indexes = [model.index(row, column) for row in range(rows) for column in range(columns)]
    return [
        _part(viewport, str(index.data() or ""), rect)
        | {"row": index.row(), "column": index.column()}
        | {"accessible": _words(index), "chosen": _chosen(view, index)}
        for index in indexes
        if (rect := view.visualRect(index)).intersects(viewport.rect())
    ]


def _rows(view: QTreeView) -> list[dict[str, Any]]:
    """What a tree shows, as far as it is expanded; `path` are the rows that lead to one."""
    viewport = view.viewport()
    return [
        _part(viewport, str(index.data() or ""), rect)
        | {"row": index.row(), "column": index.column(), "path": _path(index)}
        | {"accessible": _words(index), "chosen": _chosen(view, index)}
        for first in _expanded(view)
        for column in range(view.model().columnCount(first.parent()))
        if (index := first.siblingAtColumn(column)).isValid()
        if (rect := view.visualRect(index)).intersects(viewport.rect())
    ]


def _expanded(view: QTreeView) -> Iterator[QModelIndex]:
    index = view.model().index(0, 0)
    for _ in range(MOST_ITEMS):
        if not index.isValid():
            return
        yield index
        index = view.indexBelow(index)


def _path(index: QModelIndex) -> list[int]:
    return [*_path(index.parent()), index.row()] if index.isValid() else []


def _words(index: QModelIndex) -> str:
    return str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "")[:LONGEST_TEXT]


def _chosen(view: QAbstractItemView, index: QModelIndex) -> bool:
    return view.selectionModel().isSelected(index)


def _part(within: QWidget, text: str, rect: QRect) -> dict[str, Any]:
    return {"text": text.replace("&", ""), "rect": _on_screen(within, rect)}


def _on_screen(widget: QWidget, rect: QRect) -> list[int]:
    corner = widget.mapToGlobal(rect.topLeft())
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def _to_json(state: dict[str, Any]) -> str:
    import json

    return json.dumps(state, indent=1)
