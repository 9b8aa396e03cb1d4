"""The Dataset page: classes on the left, the images, and the chosen one on the right."""

from __future__ import annotations

from functools import partial
from typing import cast

from PySide6.QtCore import Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.spec import DataSpec, Split
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.operations import images, projects
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import SPACING
from imgclf_gui.gui.widgets.class_list import ClassList
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.image_details import ImageDetails
from imgclf_gui.gui.widgets.import_panel import ImportPanel
from imgclf_gui.gui.widgets.labels import WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.skipped_list import SkippedDialog
from imgclf_gui.gui.widgets.sorting_offer import SortingOffer
from imgclf_gui.gui.widgets.sorting_view import SortingView
from imgclf_gui.gui.widgets.split_bar import SplitBar
from imgclf_gui.gui.widgets.thumbnail_grid import ThumbnailGrid
from imgclf_gui.gui.widgets.words import SPLIT_WORDS

FILTER_DELAY_MS = 150


class DatasetPage(QWidget):
    """Shows what was imported, and lets a person look through it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("dataset_page")
        self._studio = studio
        self._classes = ClassList()
        self._grid = ThumbnailGrid(studio.thumbnails)
        self._details = ImageDetails(studio.thumbnails)
        self._form = Form(DataSpec, "data")
        self._bar = SplitBar()
        self._budget = plain_label(objectName="data_budget")
        self._problem = WrongLabel("data_problem")
        self._skipped = named(QPushButton(), "skipped_chip")
        self._name_filter = named(QLineEdit(), "name_filter", "Show images whose name contains")
        self._split_filter = named(QComboBox(), "split_filter", "Show images of a split")
        self._shown = plain_label(objectName="shown_count")
        self._filter_timer = QTimer(self)
        self._filter_timer.setSingleShot(True)
        self._filter_timer.setInterval(FILTER_DELAY_MS)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty_state())
        self._stack.addWidget(self._browser())
        self._sorting: SortingView | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING, SPACING, SPACING)
        layout.setSpacing(SPACING)
        layout.addWidget(ImportPanel(studio))
        layout.addWidget(SortingOffer(studio))
        layout.addWidget(self._stack, 1)
        self._connect()
        self._on_dataset_changed()
        self._on_spec_changed()
        self._on_resolution_changed()

    def _connect(self) -> None:
        self._classes.chosen.connect(self._filter)
        self._grid.chosen.connect(self._details.show_image)
        self._grid.opened.connect(self._on_opened)
        self._name_filter.textChanged.connect(self._filter_timer.start)
        self._filter_timer.timeout.connect(self._filter)
        self._split_filter.currentIndexChanged.connect(self._filter)
        self._skipped.clicked.connect(self._on_skipped)
        self._form.edited.connect(self._on_edited)
        self._studio.dataset_changed.connect(self._on_dataset_changed)
        self._studio.sorting.changed.connect(self._choose_view)
        self._studio.sorting.accepted.connect(partial(images.import_sorted, self._studio))
        self._studio.spec_changed.connect(self._on_spec_changed)
        self._studio.resolution_changed.connect(self._on_resolution_changed)

    # Its parts

    def _empty_state(self) -> QWidget:
        empty = EmptyState(
            "dataset",
            "Begin with images",
            "Drop a folder with one folder for each class, a zip or tar, a CSV table or MNIST's "
            "files anywhere on this window, or try it with a sample. Photographs that are dropped "
            "by themselves are named at once, without any training.",
        )
        folder = partial(images.choose_import_folder, self._studio, self)
        empty.add_button("empty_import", "Import folder…", folder, primary=True)
        for name, text in (
            ("fashion", "Open the fashion sample"),
            ("emoji", "Open the emoji sample"),
        ):
            opens = partial(projects.open_sample, self._studio, name)
            empty.add_button(f"empty_{name}", text, opens)
        shows = partial(self._studio.page_wanted.emit, "classify")
        empty.add_button("empty_classify", "Name a photograph", shows)
        empty.begin_row()
        sorts = partial(images.choose_images_to_sort, self._studio, self)
        empty.add_button("empty_sort", "Sort images without classes…", sorts)
        return empty

    def _browser(self) -> QWidget:
        browser = QWidget()
        layout = QVBoxLayout(browser)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(self._summary_strip())
        layout.addWidget(self._problem)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(SPACING)
        splitter.addWidget(self._classes)
        splitter.addWidget(self._middle())
        splitter.addWidget(self._right())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([190, 620, 280])
        splitter.setChildrenCollapsible(False)
        layout.addWidget(splitter, 1)
        return browser

    def _summary_strip(self) -> QHBoxLayout:
        self._budget.setWordWrap(True)
        self._skipped.setIcon(icons.icon("warning"))
        strip = QHBoxLayout()
        strip.setSpacing(2 * SPACING)
        strip.addWidget(self._bar, 1)
        strip.addWidget(self._budget, 1)
        strip.addWidget(self._skipped)
        return strip

    def _middle(self) -> QWidget:
        self._name_filter.setPlaceholderText("Filter by name")
        self._name_filter.setClearButtonEnabled(True)
        self._name_filter.setAcceptDrops(False)  # the window takes drops
        self._split_filter.addItem("All splits", None)
        for split, title in SPLIT_WORDS.items():
            self._split_filter.addItem(title, split)
        theme.set_muted(self._shown)
        filters = QHBoxLayout()
        filters.setSpacing(SPACING)
        filters.addWidget(self._name_filter, 1)
        filters.addWidget(self._split_filter)
        filters.addWidget(self._shown)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(filters)
        layout.addWidget(self._grid, 1)
        return middle

    def _right(self) -> QWidget:
        form = QWidget()
        inner = QVBoxLayout(form)
        inner.addWidget(self._form)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(form)
        tabs = named(QTabWidget(), "dataset_side")
        tabs.setDocumentMode(True)
        tabs.addTab(self._details, "Image")
        tabs.addTab(scroll, "Size and splits")
        return tabs

    # What changes

    @Slot()
    def _on_dataset_changed(self) -> None:
        summary = self._studio.summary
        self._choose_view()
        self._bar.show_summary(summary)
        self._classes.show_summary(summary)
        self._skipped.setVisible(summary.skipped > 0)
        self._skipped.setText(f"{summary.skipped:,} could not be read")
        self._filter()

    @Slot()
    def _choose_view(self) -> None:
        """Groups that are being made, the dataset, or how to begin."""
        if self._studio.sorting.open:
            if self._sorting is None:
                self._sorting = SortingView(self._studio)
                self._stack.addWidget(self._sorting)
            self._stack.setCurrentWidget(self._sorting)
            return
        summary = self._studio.summary
        self._stack.setCurrentIndex(1 if summary.count() or summary.skipped else 0)

    @Slot()
    def _on_spec_changed(self) -> None:
        self._form.show_values(self._studio.spec.data)

    @Slot()
    def _on_resolution_changed(self) -> None:
        resolution = self._studio.resolution
        self._budget.setText(resolution.plan.budget if resolution.plan else "")
        found = [p for p in (*resolution.problems, *resolution.warnings) if p.path[:4] == "data"]
        rest = self._form.show_problems(found)
        self._problem.say(" ".join(f"{problem.message} {problem.fix}" for problem in rest))

    @Slot()
    def _filter(self) -> None:
        label, split = self._classes.label, cast("Split | None", self._split_filter.currentData())
        text = self._name_filter.text().casefold()
        everything = self._studio.dataset.images
        rows = everything
        if label is not None or split is not None or text:
            rows = tuple(
                row
                for row in everything
                if (label is None or row.label == label)
                and (split is None or row.split == split)
                and (not text or text in row.name.casefold())
            )
        self._grid.show_images(rows, self._studio.summary.labels)
        self._shown.setText(f"{len(rows):,} of {len(everything):,} images")

    @Slot(str, object, bool)
    def _on_edited(self, name: str, value: object, typed: bool) -> None:
        spec = self._studio.spec
        data = spec.data.model_copy(update={name: value})
        self._studio.edit(f"data.{name}", spec.model_copy(update={"data": data}), merge=typed)

    @Slot()
    def _on_skipped(self) -> None:
        SkippedDialog(self._studio.dataset.skipped, self).show()

    @Slot(object)
    def _on_opened(self, row: ImageRow | None) -> None:
        if row is not None and self._studio.project is not None:
            path = self._studio.project.images_folder / row.path
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
