"""What to do with images that no folder gives a class."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from imgclf_gui.gui import theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named


class SortingOffer(QFrame):
    """A sentence with the button that sorts them; hidden while nothing is offered."""

    def __init__(self, studio: Studio, name: str = "sorting_offer") -> None:
        super().__init__()
        self.setObjectName(name)
        self._studio = studio
        self._job = studio.sorting
        self._text = ElidedLabel(name=f"{name}_text")
        sort = named(QPushButton("Sort them into groups"), f"{name}_sort")
        theme.set_primary(sort)
        sort.clicked.connect(self._on_sort)
        leave = named(QPushButton("Not now"), f"{name}_leave")
        leave.clicked.connect(partial(self._job.offer, None))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._text, 1)
        row.addWidget(sort)
        row.addWidget(leave)
        self._job.changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        folder = self._job.offered
        self.setVisible(folder is not None)
        if folder is not None:
            self._text.setText(
                f"{folder.name} has images, but no folders that say which class they belong to."
            )

    @Slot()
    def _on_sort(self) -> None:
        if self._job.offered is not None:
            self._studio.page_wanted.emit("dataset")
            self._job.sort([self._job.offered])
