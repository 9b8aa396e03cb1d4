"""Chooses the training images that are previewed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.shown_images import MOST_IMAGES
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.thumbnail_grid import ThumbnailGrid


class ImageChooser(QDialog):
    """Does not block the window; the images that were ticked stay so when the class changes."""

    chosen = Signal(list)
    """Ids of at most MOST_IMAGES images, in the order in which they were chosen."""

    def __init__(
        self, studio: Studio, rows: Sequence[ImageRow], shown: Sequence[int], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("image_chooser")
        self.setWindowTitle("Images of the preview")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(700, 480)
        self._rows = rows
        self._labels = studio.summary.labels
        self._images = dict.fromkeys(shown)
        self._filling = False
        self._classes = named(QComboBox(), "chooser_class", "Show images of a class")
        self._count = plain_label(objectName="chooser_count")
        theme.set_muted(self._count)
        self._grid = ThumbnailGrid(studio.thumbnails)
        self._grid.setObjectName("chooser_images")
        self._grid.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self._use = named(QPushButton("Show these"), "chooser_use")
        theme.set_primary(self._use)
        self._use.setDefault(True)
        self._none = named(QPushButton("Choose none"), "chooser_none")
        self._fill_classes()
        self._arrange()
        self._classes.currentIndexChanged.connect(self._show_class)
        self._grid.selectionModel().selectionChanged.connect(self._on_selected)
        self._use.clicked.connect(self._on_used)
        self._none.clicked.connect(self._on_none)
        self._show_class()
        self._grid.setFocus()

    def _fill_classes(self) -> None:
        self._classes.addItem("All classes", None)
        present = {row.label for row in self._rows}
        for label in self._labels:
            if label in present:
                self._classes.addItem(shortened(label, 100), label)

    @Slot()
    def _show_class(self) -> None:
        label = self._classes.currentData()
        rows = [row for row in self._rows if label is None or row.label == label]
        self._filling = True
        self._grid.show_images(rows, self._labels)
        model, selection = self._grid.model(), self._grid.selectionModel()
        for place, row in enumerate(rows):
            if row.id in self._images:
                flag = QItemSelectionModel.SelectionFlag.Select
                selection.select(model.index(place, 0), flag)
        self._filling = False
        self._refresh()

    @Slot()
    def _on_selected(self) -> None:
        """Keep what was chosen in other classes; of too many the first are let go."""
        if self._filling:
            return
        here = {row.id for row in self._grid.rows}
        chosen = [self._grid.rows[at.row()].id for at in self._grid.selectedIndexes()]
        kept = {image: None for image in self._images if image not in here or image in chosen}
        self._images = kept | dict.fromkeys(chosen)
        if len(self._images) > MOST_IMAGES:
            self._images = dict.fromkeys(list(self._images)[-MOST_IMAGES:])
            self._show_class()
        self._refresh()

    @Slot()
    def _on_none(self) -> None:
        self._images = {}
        self._grid.clearSelection()
        self._refresh()

    @Slot()
    def _on_used(self) -> None:
        self.chosen.emit(list(self._images))
        self.close()

    def _refresh(self) -> None:
        self._count.setText(f"{len(self._images)} of at most {MOST_IMAGES} chosen")
        self._use.setEnabled(bool(self._images))

    def _arrange(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for row in (above, below):
            row.setSpacing(theme.SPACING)
        above.addWidget(self._classes)
        above.addStretch(1)
        above.addWidget(self._count)
        below.addWidget(self._none)
        below.addStretch(1)
        below.addWidget(self._use)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(above)
        layout.addWidget(self._grid, 1)
        layout.addLayout(below)
