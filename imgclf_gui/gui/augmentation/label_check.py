"""The label check: does a trained model still see the same class once images are augmented?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.kept_check import Checked
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.following import Following
from imgclf_gui.gui.widgets.label_classes import ShareTable
from imgclf_gui.gui.widgets.label_pairs import PairsView
from imgclf_gui.gui.widgets.label_setup import LabelSetup
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.words import SPLIT_WORDS, percent
from imgclf_gui.plan.augmentation import resolve_augmentation
from imgclf_gui.protocol.events import LabelsChecked
from imgclf_gui.protocol.study_state import points

LESSON = (
    "Look at the pictures: does the model fail (training with the change may help), or does the "
    "copy show another class, as a 6 upside down is a 9 (weaken the change, or take it out)?"
)


class LabelCheckView(Following):
    """Above what is asked; below the outcome: in a sentence, by class, and as pictures."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("label_check_view")
        self._studio = studio
        self._shown: Checked | None = None
        self._setup = LabelSetup(studio)
        self._sentence = wrapped_label(name="label_sentence")
        self._outdated = WrongLabel("label_stale")
        self._lesson = wrapped_label(LESSON, muted=True, name="label_lesson")
        self._classes = ShareTable()
        self._pairs = PairsView()
        self._pairs_title = wrapped_label(muted=True, name="label_pairs_title")
        self._outcome = QWidget()
        self._purpose = _purpose("label_check_purpose", "Check labels to see where.")
        self._stack = QStackedWidget()
        self._arrange()
        self._classes.chosen.connect(self._show_examples)
        studio.augmenting.checks.changed.connect(self.refresh)
        for signal in (studio.spec_changed, studio.runs_changed, studio.dataset_changed):
            signal.connect(self.refresh)
        studio.run_changed.connect(self.refresh)

    def follow(self) -> None:
        """Follow the list, the runs and the check."""
        checks, studio = self._studio.augmenting.checks, self._studio
        steps = resolve_augmentation(studio.spec.augmentation)[0]
        checked = checks.checked
        if not studio.classifiers:
            self._stack.setCurrentIndex(0)
        elif not studio.spec.augmentation.steps and checked is None:
            self._stack.setCurrentIndex(1)
        else:
            self._stack.setCurrentIndex(2)
        changed = checked is not None and checked.steps != steps
        self._outdated.say("The list has changed since this check: check again." if changed else "")
        if checked is not self._shown:
            self._shown = checked
            self._show(checked)
        self._outcome.setVisible(checked is not None and not checks.active)
        self._purpose.setVisible(checked is None and not checks.active)

    def _show(self, checked: Checked | None) -> None:
        result = checked.result if checked else None
        self._sentence.setText(outcome_words(checked) if checked else "")
        if checked is not None:
            self._pairs.show_examples(checked.result.worst, checked.pictures)
        self._classes.show_result(result)

    @Slot(str)
    def _show_examples(self, label: str) -> None:
        count = self._pairs.filter_class(label)
        of = f" of {label}" if label else ""
        if count:
            self._pairs_title.setText(f"The {count:,} clearest{of}: image → copy")
        else:
            self._pairs_title.setText(f"None of the examples shows a changed prediction{of}.")
        self._pairs.setVisible(count > 0)

    def _arrange(self) -> None:
        for place in (_no_run(self._studio), _no_steps(), self._panel()):
            self._stack.addWidget(place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, 0, theme.SPACING)
        layout.addWidget(self._stack)

    def _panel(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(theme.SPACING, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._pairs_title)
        column.addWidget(self._pairs, 1)
        column.addStretch(0)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._classes)
        splitter.addWidget(right)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([320, 420])
        splitter.setStretchFactor(1, 1)
        outcome = QVBoxLayout(self._outcome)
        outcome.setContentsMargins(0, 0, 0, 0)
        outcome.setSpacing(theme.SPACING)
        for widget in (self._sentence, self._outdated, self._lesson):
            outcome.addWidget(widget)
        outcome.addWidget(splitter, 1)
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._setup)
        layout.addWidget(self._outcome, 1)
        layout.addWidget(self._purpose, 1)
        layout.addStretch(0)
        return panel


def outcome_words(checked: Checked) -> str:
    """What was found, with its counts and its interval."""
    result = checked.result
    low, high = result.interval
    copies = sum(one.copies for one in result.classes)
    return (
        f"With this list, {percent(result.changed)} of {copies:,} augmented copies of "
        f"{result.images:,} {SPLIT_WORDS[result.split].lower()} images are taken for another class "
        f"than their image (95 %: {100 * low:.1f}–{100 * high:.1f} %). {_accuracy_words(result)} "
        f"Model: {checked.run}."
    )


def _accuracy_words(result: LabelsChecked) -> str:
    change = result.accuracy_after - result.accuracy_before
    words = f", {points(abs(change))} points {'more' if change > 0 else 'less'}" if change else ""
    return (
        f"Accuracy: {percent(result.accuracy_before)} on the images as they are, "
        f"{percent(result.accuracy_after)} on the copies{words}."
    )


def _purpose(name: str, first: str) -> EmptyState:
    """What a check is for, and what to do `first`."""
    state = EmptyState(
        "check",
        "Does it still show the same class?",
        "A trained model is asked about images as they are, and augmented. Where its answer "
        f"changes, look: was the image changed too much? {first}",
    )
    state.setObjectName(name)
    return state


def _no_run(studio: Studio) -> EmptyState:
    state = _purpose("label_check_without_runs", "Train a network first.")
    state.add_button(
        "label_check_to_training",
        "Go to Training",
        lambda: studio.page_wanted.emit("training"),
        primary=True,
    )
    return state


def _no_steps() -> EmptyState:
    state = EmptyState(
        "check",
        "Nothing to check yet",
        "The list of augmentations is empty. Add one from the palette, or choose a preset above.",
    )
    state.setObjectName("label_check_without_steps")
    return state
