"""Writing augmented copies of the images as files, for use elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import SPLITS, Split
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.operations.images import pictures_folder
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.words import SPLIT_WORDS
from imgclf_gui.plan.augmentation import mixes_labels, resolve_augmentation
from imgclf_gui.plan.resolve import data_plan

MOST_COPIES = 1_000
LARGEST_SEED = 2**31 - 1
FORM_WIDTH = 560
"""Pixels; a longer row would be hard to follow with the eyes."""
FILE_BYTES = 200
"""Of a PNG file besides its pixels, about."""


class CopiesView(Following):
    """What is written, where to, and how far it is."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("copies_view")
        self._studio = studio
        self._writing = studio.augmenting.copies
        self._split = named(QComboBox(), "copies_split", "Split")
        for split in SPLITS:
            self._split.addItem(SPLIT_WORDS[split], split)
        self._copies = named(QSpinBox(), "copies_number", "Copies of each image")
        self._copies.setRange(1, MOST_COPIES)
        self._seed = named(QSpinBox(), "copies_seed", "Seed")
        self._seed.setRange(0, LARGEST_SEED)
        self._seed.setToolTip("The same seed writes the same copies")
        self._folder = named(QLineEdit(), "copies_folder", "Folder, new or empty")
        self._folder.setPlaceholderText("A new or empty folder")
        self._choose = named(QPushButton(icons.icon("open"), "Choose…"), "copies_choose")
        self._plan = wrapped_label(name="copies_plan")
        self._problem = WrongLabel("copies_problem")
        self._start = named(QPushButton(icons.icon("copies"), "Write copies"), "copies_start")
        theme.set_primary(self._start)
        self._words = wrapped_label(name="copies_words")
        self._bar = named(ProgressBar(), "copies_progress", "Progress of the copies")
        self._bar.setFixedHeight(6)
        self._cancel = named(QPushButton(icons.icon("stop"), "Cancel"), "copies_cancel")
        self._cancel.setToolTip("What was written stays")
        self._open = named(QPushButton(icons.icon("project"), "Open folder"), "copies_open")
        self._working, self._stack = QWidget(), QStackedWidget()
        self._arrange()
        self._connect()

    @property
    def split(self) -> Split:
        """The images that are copied."""
        return SPLITS[self._split.currentIndex()]

    def follow(self) -> None:
        """Say what would be written, what is being written, or what is in the way."""
        there = self._studio.summary.count() > 0
        self._stack.setCurrentIndex(1 if there else 0)
        active, wrong = self._writing.active, self._refusal()
        full = folder_problem(self._folder.text().strip())
        problem = wrong or full
        self._problem.say("" if active else wrong or ("" if self._just_written() else full))
        self._plan.setText("" if problem and not active else self._plan_words())
        self._plan.setVisible(bool(self._plan.text()))
        self._start.setEnabled(there and not active and not problem and bool(self._folder.text()))
        self._start.setToolTip(problem or ("" if self._folder.text() else "Choose a folder first"))
        self._working.setVisible(active)
        progress, written = self._writing.progress, self._writing.written
        self._bar.show_fraction(progress.done / max(1, progress.total) if progress else None)
        self._words.setText(self._outcome())
        self._words.setVisible(bool(self._words.text()))
        self._open.setVisible(written is not None and not active)

    def _just_written(self) -> bool:
        """Whether the folder is full of what was written last: that is no mistake."""
        written = self._writing.written
        return written is not None and written.folder == str(self._named_folder())

    def _named_folder(self) -> Path:
        return Path(self._folder.text().strip()).expanduser()

    def _refusal(self) -> str:
        """Why there is nothing to write; empty if there is."""
        steps, problems = resolve_augmentation(self._studio.spec.augmentation)
        if problems:
            return f"{problems[0].message} {problems[0].fix}"
        if not steps:
            return "No augmentation is switched on: the copies would be like the images."
        if mixes_labels(steps):
            return (
                "The list blends images, as MixUp and CutMix do: such a copy belongs into no one "
                "class's folder. Switch that off to write copies; in training it can stay."
            )
        if not self._studio.summary.count(self.split):
            return f"There are no {SPLIT_WORDS[self.split].lower()} images: choose another split."
        return ""

    def _plan_words(self) -> str:
        """How many files, and at most how large: PNG files are seldom larger than their pixels."""
        images, copies = self._studio.summary.count(self.split), self._copies.value()
        files = images * copies
        data = data_plan(self._studio.spec.data, self._studio.summary)
        most = files * (data.width * data.height * data.channels + FILE_BYTES)
        split = SPLIT_WORDS[self.split].lower()
        return (
            f"{copies:,} × {images:,} {split} images: {files:,} PNG files "
            f"of {data.width}×{data.height} pixels, at most about {bytes_words(most)}, in a folder "
            "for each class, with a manifest that says what each was made of."
        )

    def _outcome(self) -> str:
        writing, written = self._writing, self._writing.written
        if writing.active:
            view = writing.view()
            return "Cancelling…" if writing.cancelled else view.sentence() if view else ""
        if written is not None:
            stopped = "Cancelled: " if written.stopped else ""
            return (
                f"{stopped}{written.copies:,} copies are in {shortened(written.folder, 200)}, "
                f"written in {duration(written.seconds)}."
            )
        if writing.cancelled:
            return "Cancelled."
        return writing.error.sentence() if writing.error else ""

    @Slot()
    def _on_start(self) -> None:
        steps = resolve_augmentation(self._studio.spec.augmentation)[0]
        self.follow()  # the folder may have been filled meanwhile
        if self._start.isEnabled():
            self._writing.write(
                steps,
                self._named_folder(),
                self.split,
                copies=self._copies.value(),
                seed=self._seed.value(),
            )

    @Slot()
    def _on_choose(self) -> None:
        settings = self._studio.settings
        usual = settings.last_folder("copies", pictures_folder())
        chosen = QFileDialog.getExistingDirectory(self, "A new or empty folder for copies", usual)
        if chosen:
            settings.remember_folder("copies", Path(chosen).parent)
            self._folder.setText(chosen)

    @Slot()
    def _on_open(self) -> None:
        written = self._writing.written
        if written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(written.folder))

    def _connect(self) -> None:
        studio = self._studio
        self._start.clicked.connect(self._on_start)
        self._choose.clicked.connect(self._on_choose)
        self._open.clicked.connect(self._on_open)
        self._cancel.clicked.connect(self._writing.cancel)
        self._split.currentIndexChanged.connect(self.refresh)
        self._copies.valueChanged.connect(self.refresh)
        self._folder.textChanged.connect(self.refresh)
        self._writing.changed.connect(self.refresh)
        for signal in (studio.spec_changed, studio.dataset_changed):
            signal.connect(self.refresh)

    def _arrange(self) -> None:
        folder = QHBoxLayout()
        folder.setSpacing(theme.SPACING)
        folder.addWidget(self._folder, 1)
        folder.addWidget(self._choose)
        form = QFormLayout()
        form.setVerticalSpacing(theme.SPACING)
        form.setHorizontalSpacing(2 * theme.SPACING)
        form.addRow("&Images", self._split)
        form.addRow("&Copies of each", self._copies)
        form.addRow("&Seed", self._seed)
        label = QLabel("Fol&der")
        label.setBuddy(self._folder)
        form.addRow(label, folder)
        progress = QHBoxLayout(self._working)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self._bar, 1)
        progress.addWidget(self._cancel)
        buttons = QHBoxLayout()
        for button in (self._start, self._open):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QWidget()
        column.setMaximumWidth(FORM_WIDTH)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * theme.SPACING)
        layout.addWidget(
            wrapped_label(
                "Training augments by itself, anew in every epoch, and needs no copies. They are "
                "for programs that do not.",
                muted=True,
            )
        )
        layout.addLayout(form)
        for label in (self._plan, self._problem):
            layout.addWidget(label)
        layout.addLayout(buttons)
        for below in (self._working, self._words):
            layout.addWidget(below)
        layout.addStretch(1)
        self._put(column)

    def _put(self, column: QWidget) -> None:
        """The column at the left; without images, what to do first."""
        form = QWidget()
        row = QHBoxLayout(form)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(column, 4)
        row.addStretch(1)
        for place in (_no_images(self._studio), form):
            self._stack.addWidget(place)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * theme.SPACING, 2 * theme.SPACING, 0, theme.SPACING)
        whole.addWidget(self._stack)


def folder_problem(text: str) -> str:
    """Why copies cannot be written into the folder of that name; empty if they can."""
    if not text:
        return ""
    folder = Path(text).expanduser()
    if not folder.is_absolute():
        return "Name the folder from the root on, or choose it."
    try:
        with os.scandir(folder) as entries:
            full = next(entries, None) is not None
    except FileNotFoundError:
        return "" if _is_folder(folder.parent) else f"There is no folder {folder.parent}."
    except OSError as error:
        return f"This folder cannot be used: {error.strerror or error}. Choose another."
    return (
        f"{folder.name} is not empty: nothing there is overwritten. Choose another." if full else ""
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _no_images(studio: Studio) -> EmptyState:
    state = EmptyState(
        "copies",
        "Augmented copies as files",
        "Other programs can learn from augmented copies of your images. Import images first.",
    )
    state.setObjectName("copies_without_images")
    state.add_button(
        "copies_to_dataset",
        "Go to Dataset",
        lambda: studio.page_wanted.emit("dataset"),
        primary=True,
    )
    return state
