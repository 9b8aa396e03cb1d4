"""What a label check asks: which model, about which images, and how many copies of each."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.spec import SPLITS, Split
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.words import SPLIT_WORDS, classifier_title, run_title
from imgclf_gui.plan.augmentation import mixes_labels, resolve_augmentation

FIRST_IMAGES, MOST_IMAGES = 500, 100_000
FIRST_COPIES, MOST_COPIES = 4, 64


class LabelSetup(Following):
    """Chooses, starts and cancels; says what keeps a check from being started."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("label_setup")
        self._studio = studio
        self._checks = studio.augmenting.checks
        self._runs = named(QComboBox(), "label_run", "Model that is asked")
        self._runs.setMinimumContentsLength(14)
        self._runs.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._split = named(QComboBox(), "label_split", "Images of which split")
        for split in SPLITS:
            self._split.addItem(SPLIT_WORDS[split], split)
        self._split.setCurrentIndex(SPLITS.index("validation"))
        self._images = _number("label_images", "Images at most", FIRST_IMAGES, MOST_IMAGES)
        self._copies = _number("label_copies", "Copies of each image", FIRST_COPIES, MOST_COPIES)
        self._start = named(QPushButton(icons.icon("check"), "Check labels"), "label_start")
        theme.set_primary(self._start)
        self._words = wrapped_label(muted=True, name="label_words")
        self._bar = named(ProgressBar(), "label_progress", "Progress of the label check")
        self._bar.setFixedHeight(6)
        self._cancel = named(QPushButton(icons.icon("stop"), "Cancel"), "label_cancel")
        self._error = WrongLabel("label_error")
        self._working = QWidget()
        self._arrange()
        self._connect()

    @property
    def split(self) -> Split:
        """The images that are asked about."""
        return SPLITS[self._split.currentIndex()]

    def follow(self) -> None:
        """Say what would be done, what is being done, or what is in the way."""
        self._list_runs()
        working, problem = self._checks.active, self._problem()
        self._start.setEnabled(not working and not problem)
        self._start.setToolTip(problem or "Ask the model about images and their augmented copies")
        self._working.setVisible(working)
        progress = self._checks.progress
        self._bar.show_fraction(progress.done / max(1, progress.total) if progress else None)
        self._words.setText(self._progress_words() if working else problem or self._plan_words())
        error = self._checks.error
        self._error.say("" if working or self._checks.cancelled or not error else error.sentence())

    def _problem(self) -> str:
        """What a person has to do before anything can be checked."""
        steps, problems = resolve_augmentation(self._studio.spec.augmentation)
        if problems:
            return f"{problems[0].message} {problems[0].fix}"
        if not steps:
            return "No augmentation is switched on: there is nothing to check."
        if all(mixes_labels([step]) for step in steps):
            return "What blends images cannot be checked: a copy has no single class. Add another."
        if not self._studio.summary.count(self.split):
            return f"There are no {SPLIT_WORDS[self.split].lower()} images: choose another split."
        return ""

    def _plan_words(self) -> str:
        there = self._studio.summary.count(self.split)
        images = min(there, self._images.value())
        of = f"{images:,} of {there:,}" if images < there else f"all {there:,}"
        copies = images * self._copies.value()
        words = f"Asks about {of} {SPLIT_WORDS[self.split].lower()} images and {copies:,} copies."
        if mixes_labels(resolve_augmentation(self._studio.spec.augmentation)[0]):
            words += " What blends images is left out: a copy would have no single class."
        return f"The check was cancelled. {words}" if self._checks.cancelled else words

    def _progress_words(self) -> str:
        if self._checks.cancelled:
            return "Cancelling…"
        view = self._checks.view()
        if view is None or not view.total:
            return f"{self._checks.title}: getting the model and the images ready…"
        return view.sentence()

    @Slot()
    def _on_start(self) -> None:
        run = next((one for one in self._studio.classifiers if one.id == self._chosen()), None)
        steps, problems = resolve_augmentation(self._studio.spec.augmentation)
        if run is not None and steps and not problems:
            self._checks.check(
                run,
                run_title(run.id, run.name),
                steps,
                self.split,
                most=self._images.value(),
                draws=self._copies.value(),
            )

    def _chosen(self) -> str:
        return str(self._runs.currentData())

    def _list_runs(self) -> None:
        """The best first; what the person chose stays chosen."""
        runs, chosen = self._studio.classifiers, self._chosen()
        titles = {run.id: classifier_title(run) for run in runs}
        listed = {self._runs.itemData(i): self._runs.itemText(i) for i in range(self._runs.count())}
        if listed != titles:
            by_hand = self._runs.currentIndex() > 0
            self._runs.clear()
            for run_id, title in titles.items():
                self._runs.addItem(title, run_id)
            place = self._runs.findData(chosen) if by_hand else 0
            self._runs.setCurrentIndex(max(0, place))

    def _connect(self) -> None:
        studio = self._studio
        self._start.clicked.connect(self._on_start)
        self._cancel.clicked.connect(self._checks.cancel)
        self._split.currentIndexChanged.connect(self.refresh)
        for box in (self._images, self._copies):
            box.valueChanged.connect(self.refresh)
        self._checks.changed.connect(self.refresh)
        for signal in (studio.spec_changed, studio.dataset_changed, studio.runs_changed):
            signal.connect(self.refresh)
        studio.run_changed.connect(self.refresh)

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(4)
        places = (
            ("&Model", self._runs), ("&Split", self._split),
            ("&Images", self._images), ("Co&pies", self._copies),
        )  # fmt: skip
        for column, (text, widget) in enumerate(places):
            label = QLabel(text)
            label.setBuddy(widget)
            grid.addWidget(label, 0, column)
            grid.addWidget(widget, 1, column)
        grid.addWidget(self._start, 1, len(places))
        grid.setColumnStretch(0, 1)
        row = QHBoxLayout(self._working)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(grid)
        for below in (self._words, self._working, self._error):
            layout.addWidget(below)


def _number(name: str, accessible: str, first: int, most: int) -> QSpinBox:
    box = named(QSpinBox(), name, accessible)
    box.setToolTip(accessible)
    box.setRange(1, most)
    box.setValue(first)
    box.setGroupSeparatorShown(True)
    return box
