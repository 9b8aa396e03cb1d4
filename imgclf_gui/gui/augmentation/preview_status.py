"""What is said about the preview: what is shown, what it waits for, why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.step_view import place_of
from imgclf_gui.gui.services.previews import PreviewWish
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan.plan import Problem

LATE_MS = 1_500
"""A preview that takes longer is waited for with words."""
STARTING = "Starting TensorFlow for the preview…"
BUSY = "Waiting for the worker that draws the preview: it is busy, or starts anew…"


class PreviewStatus(QWidget):
    """One line of words; below it what is wrong, with a button to try again where that helps."""

    retry_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = wrapped_label(muted=True, name="preview_words")
        self._problem = WrongLabel("preview_problem")
        self._retry = named(QPushButton("Try again"), "preview_retry")
        self._retry.clicked.connect(self.retry_asked)
        self._late = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late.timeout.connect(self._on_late)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._problem, 1)
        row.addWidget(self._retry)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addWidget(self._words)
        layout.addLayout(row)
        self.complain("")

    def wait(self, *, starting: bool) -> None:
        """A preview was asked for; `starting`: TensorFlow has to be loaded first."""
        self.complain("")
        if starting:
            self._words.setText(STARTING)
        elif not self._late.isActive():
            self._late.start()

    def say(self, words: str) -> None:
        """What was asked for is shown; this is what it is."""
        self._late.stop()
        self._words.setText(words)

    def complain(self, sentence: str, *, retry: bool = False) -> None:
        """There is no preview of what is wanted; an empty sentence: there will be."""
        if sentence:
            self._late.stop()
            self._words.setText("")
        self._words.setVisible(not sentence)
        self._problem.say(sentence)
        self._retry.setVisible(retry)

    @Slot()
    def _on_late(self) -> None:
        self._words.setText(BUSY)


def shown_words(wish: PreviewWish, draws: int, *, every: bool) -> str:
    """'4 training images × 6 draws, at the network's 28×28 pixels, seed 7.'

    `draws` is how many were wished for.
    """
    images, form = len(wish.images), wish.form
    grey = " in grayscale" if form.channels == 1 else ""
    words = (
        f"{images} training image{'s' if images > 1 else ''} × "
        f"{wish.draws} draw{'s' if wish.draws > 1 else ''}, "
        f"at the network's {form.width}×{form.height} pixels{grey}, seed {wish.seed}"
    )
    if wish.draws < draws:
        words += f" ({draws} draws of images this large are too many)"
    if not any(wish.variants):
        return f"{words}. No augmentation is switched on: the draws are the images as they are."
    return f"{words}, every step with probability 1." if every else f"{words}."


def problem_words(problem: Problem) -> str:
    """Which step keeps the preview from being drawn, why, and what to do."""
    place = place_of(problem)
    where = f"Step {place + 1}: " if place is not None else ""
    return f"{where}{problem.message} {problem.fix}".strip()


def every_image(steps: Sequence[EntrySpec]) -> tuple[EntrySpec, ...]:
    """The steps as if their probability were 1."""
    return tuple(step.model_copy(update={"probability": 1.0}) for step in steps)
