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

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("sorting_offer")
        self._job = studio.sorting
        self._text = ElidedLabel(name="sorting_offer_text")
        sort = named(QPushButton("Sort them into groups"), "sorting_offer_sort")
        theme.set_primary(sort)
        sort.clicked.connect(self._on_sort)
        leave = named(QPushButton("Not now"), "sorting_offer_leave")
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
            self._job.sort([self._job.offered])
