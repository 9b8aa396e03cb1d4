"""Does it help? The same training with and without each augmentation, and what that shows."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.studies import ShownStudy
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.study_setup import StudySetup
from imgclf_gui.gui.widgets.study_table import StudyTable
from imgclf_gui.gui.widgets.words import when
from imgclf_gui.protocol.study_state import study_headline, study_table


class StudyView(Following):
    """Above a study to come; below the one that runs, or the chosen one of before."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study_view")
        self._studio = studio
        self._studies = studio.augmenting.studies
        self._setup = StudySetup(studio)
        self._chosen = ""
        self._seen: tuple[object, ...] = ()
        """What the table was made of."""
        self._list = named(QComboBox(), "study_list", "Studies so far")
        self._list.setMinimumContentsLength(20)
        self._list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._stop = named(QPushButton(icons.icon("stop"), "Stop"), "study_stop")
        self._stop.setToolTip("The trainings that are over are kept, and it can go on later")
        self._resume = named(QPushButton(icons.icon("resume"), "Go on"), "study_resume")
        self._resume.setToolTip("Make the trainings that are missing")
        self._words = wrapped_label(name="study_words")
        self._bar = named(ProgressBar(), "study_progress", "Progress of the study")
        self._bar.setFixedHeight(6)
        self._error = WrongLabel("study_error")
        self._headline = wrapped_label(name="study_headline")
        self._table = StudyTable()
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()

    @property
    def shown(self) -> ShownStudy | None:
        """The chosen study; the newest if none was chosen."""
        studies = self._studies.studies
        chosen = [study for study in studies if study.id == self._chosen]
        return next(iter(chosen + studies), None)

    def follow(self) -> None:
        """Show the studies, and the chosen one as it stands."""
        study = self.shown
        self._list_studies()
        self._stack.setCurrentIndex(1 if study is not None else 0)
        if study is None:
            return
        state = study.state
        waits = self._studies.starting or self._studies.active is not None
        self._stop.setVisible(state.active)
        self._resume.setVisible(state.resumable and not state.active)
        self._resume.setEnabled(not waits)
        self._bar.setVisible(state.active)
        self._bar.show_fraction(study.done / max(1, study.plan.trainings))
        self._words.setText(progress_words(study))
        wrong = state.error if not state.active else None
        self._error.say(wrong.sentence() if wrong else "")
        seen = (study.id, len(state.done), state.status)
        if seen != self._seen:
            self._seen = seen
            self._table.variants.show_rows(study_table(study.plan, state), len(study.plan.seeds))
            self._headline.setText(study_headline(study.plan, state))

    def _list_studies(self) -> None:
        titles = [_list_title(study) for study in self._studies.studies]
        if titles != [self._list.itemText(row) for row in range(self._list.count())]:
            self._list.clear()
            for study, title in zip(self._studies.studies, titles, strict=True):
                self._list.addItem(title, study.id)
        if self.shown is not None:
            self._list.setCurrentIndex(self._list.findData(self.shown.id))

    @Slot()
    def _on_listed(self) -> None:
        """A new study is looked at."""
        active = self._studies.active
        if active is not None:
            self._chosen = active.id
        self.refresh()

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        self._chosen = str(self._list.itemData(row))
        self.refresh()

    @Slot(int, int, int)
    def _on_asked(self, epochs: int, seeds: int, train_images: int) -> None:
        self._studies.start(epochs=epochs, seeds=seeds, train_images=train_images)

    @Slot()
    def _on_resume(self) -> None:
        if self.shown is not None:
            self._studies.resume(self.shown)

    def _connect(self) -> None:
        self._setup.asked.connect(self._on_asked)
        self._list.activated.connect(self._on_chosen)
        self._stop.clicked.connect(self._studies.cancel)
        self._resume.clicked.connect(self._on_resume)
        self._studies.listed.connect(self._on_listed)
        self._studies.study_changed.connect(self.refresh)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        label = plain_label("Study")
        label.setBuddy(self._list)
        row.addWidget(label)
        row.addWidget(self._list, 1)
        for button in (self._stop, self._resume):
            row.addWidget(button)
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, theme.SPACING, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(row)
        for widget in (self._words, self._bar, self._error, self._headline):
            column.addWidget(widget)
        column.addWidget(self._table, 1)
        for place in (_no_study(), panel):
            self._stack.addWidget(place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, 0, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._setup)
        layout.addWidget(self._stack, 1)


def progress_words(study: ShownStudy) -> str:
    """Where the study stands, in one line."""
    state, total = study.state, study.plan.trainings
    after = f"after {len(state.done)} of {total} trainings"
    words = {
        "waiting": "Starting…",
        "preparing": "Preparing the images…",
        "running": _running_words(study),
        "completed": f"Complete: {total} trainings in {duration(state.seconds)}.",
        "stopped": f"Stopped {after}.",
        "interrupted": f"Interrupted {after}: the app ended before it.",
        "failed": f"Ended with an error {after}.",
    }
    return words[state.status]


def _running_words(study: ShownStudy) -> str:
    progress, total = study.state.progress, study.plan.trainings
    if progress is None:
        return f"{len(study.state.done)} of {total} trainings are over."
    number = min(total, len(study.state.done) + 1)
    parts = [f"Training {number} of {total}"]
    if progress.variant < len(study.plan.variants):
        parts.append(f"{study.plan.variants[progress.variant].title}, seed {progress.seed}")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def _list_title(study: ShownStudy) -> str:
    """'002 · CNN · 2026-11-22 19:40'."""
    return f"{study.title} · {when(study.folder.info.created_at)}"


def _no_study() -> EmptyState:
    state = EmptyState(
        "study",
        "Does it help?",
        "A study trains your network without augmentation, with each one alone, and with all "
        "together, from the same seeds on the same images. It tells which make a difference, and "
        "says so when none is shown.",
    )
    state.setObjectName("study_empty")
    return state
