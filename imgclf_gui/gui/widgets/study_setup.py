"""What a study would do: for how long, how often, on how many images; and the button for it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan.study import EPOCHS, MOST_SEEDS, SEEDS, TRAIN_IMAGES, StudyPlan

MOST_EPOCHS, MOST_IMAGES = 1_000, 1_000_000


class StudySetup(Following):
    """Plans a study of the project's network and its augmentations, as they are now."""

    asked = Signal(int, int, int)
    """Epochs, seeds, and training images at most."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("study_setup")
        self._studio = studio
        self._studies = studio.augmenting.studies
        self._epochs = _number("study_epochs", "Epochs of each training", EPOCHS, MOST_EPOCHS)
        self._seeds = _number("study_seeds", "Seeds: trainings of each variant", SEEDS, MOST_SEEDS)
        self._images = _number("study_images", "Training images at most", TRAIN_IMAGES, MOST_IMAGES)
        self._start = named(QPushButton(icons.icon("study"), "Start study"), "study_start")
        theme.set_primary(self._start)
        self._plan = wrapped_label(muted=True, name="study_plan")
        self._problem = WrongLabel("study_problem")
        self._arrange()
        for box in (self._epochs, self._seeds, self._images):
            box.valueChanged.connect(self.refresh)
        self._start.clicked.connect(self._on_start)
        studio.resolution_changed.connect(self.refresh)  # also after each edit
        studio.runs_changed.connect(self.refresh)
        studio.run_changed.connect(self._on_run_changed)
        self._studies.listed.connect(self.refresh)
        self._studies.study_changed.connect(self.refresh)

    def follow(self) -> None:
        """Say what would be done, or what is in the way."""
        resolution = self._studies.plan(**self._wish())
        plan, problems = resolution.plan, resolution.problems
        self._plan.setText(self._words(plan) if plan else "")
        self._plan.setVisible(plan is not None)
        problem = f"{problems[0].message} {problems[0].fix}" if problems else ""
        self._problem.say(problem)
        running = self._studies.starting or self._studies.active is not None
        self._start.setEnabled(plan is not None and not running)
        waits = "A study is running: wait for its end, or stop it." if running else ""
        self._start.setToolTip(problem or waits or "Train every variant in the background")

    def _wish(self) -> dict[str, int]:
        return {
            "epochs": self._epochs.value(),
            "seeds": self._seeds.value(),
            "train_images": self._images.value(),
        }

    def _words(self, plan: StudyPlan) -> str:
        """How many trainings, and about how long."""
        seconds = self._studies.seconds(plan)
        long = f"about {duration(seconds)}" if seconds is not None else "how long is not known yet"
        seeds, epochs = len(plan.seeds), plan.epochs
        return (
            f"{len(plan.variants)} variants × {seeds} seed{'s' if seeds > 1 else ''}: "
            f"{plan.trainings} trainings of {epochs} epoch{'s' if epochs > 1 else ''} on "
            f"{plan.train_images:,} images; {long}. It runs in the background: you can go on."
        )

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        """What a run took tells how long a study takes; while it goes on, news come often."""
        if not self._studio.run(run_id).state.active:
            self.refresh()

    @Slot()
    def _on_start(self) -> None:
        wish = self._wish()
        self.asked.emit(wish["epochs"], wish["seeds"], wish["train_images"])

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(4)
        places = (
            ("E&pochs", self._epochs), ("&Seeds", self._seeds), ("&Images at most", self._images)
        )  # fmt: skip
        for column, (text, widget) in enumerate(places):
            label = QLabel(text)
            label.setBuddy(widget)
            grid.addWidget(label, 0, column)
            grid.addWidget(widget, 1, column)
        grid.addWidget(self._start, 1, len(places))
        grid.setColumnStretch(len(places) + 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(grid)
        layout.addWidget(self._plan)
        layout.addWidget(self._problem)


def _number(name: str, accessible: str, first: int, most: int) -> QSpinBox:
    box = named(QSpinBox(), name, accessible)
    box.setToolTip(accessible)
    box.setRange(1, most)
    box.setValue(first)
    box.setGroupSeparatorShown(True)
    return box
