"""Names of widgets: one for tests, one for people who hear the window instead of seeing it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

WidgetT = TypeVar("WidgetT", bound=QWidget)


def named(widget: WidgetT, name: str, accessible: str = "") -> WidgetT:
    """`widget` with its object name, and the accessible name where its text does not say it."""
    widget.setObjectName(name)
    if accessible:
        widget.setAccessibleName(accessible)
    return widget
