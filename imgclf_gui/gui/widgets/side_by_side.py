"""Two widgets beside each other where there is room, else one behind the other as tabs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter


class SideBySide(QWidget):
    """Changes its form at a width in pixels."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        parts: tuple[tuple[str, QWidget], tuple[str, QWidget]],
        wide: int,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._parts, self._wide = parts, wide
        self._tabs = QTabWidget()
        self._tabs.setObjectName(f"{name}_tabs")
        self._tabs.setDocumentMode(True)
        self._splitter = RememberedSplitter(Qt.Orientation.Horizontal, f"{name}_splitter", settings)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._tabs)
        self._stack.addWidget(self._splitter)
        self._holders: list[QVBoxLayout] = []
        for title, _part in parts:
            holder = QWidget()
            layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            self._holders.append(layout)
            self._tabs.addTab(holder, title)
        self._place(beside=False)

    @property
    def beside(self) -> bool:
        """Whether both are seen."""
        return self._stack.currentWidget() is self._splitter

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the form that fits."""
        super().resizeEvent(event)
        beside = event.size().width() >= self._wide
        if beside != self.beside:
            self._place(beside=beside)

    def _place(self, *, beside: bool) -> None:
        for holder, (_title, part) in zip(self._holders, self._parts, strict=True):
            if beside:
                self._splitter.addWidget(part)
            else:
                holder.addWidget(part)
            part.show()
        if beside:
            half = self.width() // 2
            self._splitter.begin((half, half))
        self._stack.setCurrentWidget(self._splitter if beside else self._tabs)
