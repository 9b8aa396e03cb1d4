"""What test-time augmentation makes of a run's result: beside the plain one, never instead."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.views_box import ViewsBox
from imgclf_gui.gui.widgets.words import interval_words
from imgclf_gui.protocol.events import Evaluated
from imgclf_gui.protocol.study_state import points

FIRST_VIEWS = 8
_ONLY = "Only for runs trained with flips, small moves or changes of colour."


class ResultsByViews(QWidget):
    """One line: how many views, the button that measures by them, and what came of it."""

    asked = Signal(int)
    """Measure the shown split, averaged with so many views."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("results_by_views")
        self._run: RunView | None = None
        self._plain: Evaluated | None = None
        self._asked: tuple[object, ...] = ()
        """What was known when it was asked for."""
        self._views = ViewsBox("results_views", least=1)
        self._views.setValue(FIRST_VIEWS)
        self._measure = named(QPushButton(icons.icon("evaluate"), "Measure"), "views_button")
        self._measure.setAccessibleName("Measure, averaged with changed views")
        self._words = wrapped_label(muted=True, name="views_words")
        self._measure.clicked.connect(self._on_measure)
        label = plain_label("Averaged with")
        label.setBuddy(self._views)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        for widget in (label, self._views, self._measure):
            row.addWidget(widget)
        row.addWidget(self._words, 1)
        self.show_result(None, None)

    def show_result(self, run: RunView | None, plain: Evaluated | None) -> None:
        """Show what stands beside `plain`, the result of `run` without views."""
        self._run, self._plain = run, plain
        self.setVisible(run is not None and plain is not None)
        if run is None or plain is None:
            return
        self._views.show_run(run)
        self._measure.setEnabled(self._views.isEnabled())
        self._measure.setToolTip(self._views.toolTip())
        found = run.state.evaluations_with_views.get(plain.split)
        usual = "" if self._views.isEnabled() else _ONLY
        words = _comparison(found, plain) if found else usual
        self._words.setText("Measuring…" if self._waiting() else words)
        self._words.setToolTip("Beside the accuracy without views, of the same images")

    @Slot()
    def _on_measure(self) -> None:
        if self._views.views:
            self._asked = self._known()
            self._words.setText("Measuring…")
            self.asked.emit(self._views.views)

    def _waiting(self) -> bool:
        """Whether neither a result nor an error has come since it was asked for."""
        known = self._known()
        same = (one is other for one, other in zip(self._asked, known, strict=False))
        return bool(self._asked) and all(same)

    def _known(self) -> tuple[object, ...]:
        run, plain = self._run, self._plain
        if run is None or plain is None:
            return ()
        return run, plain, run.state.evaluations_with_views.get(plain.split), run.state.error


def _comparison(found: Evaluated, plain: Evaluated) -> str:
    """'92.0 % (90.1–93.5 %) with 8 views: 0.80 points more', of the same images."""
    words = f"{interval_words(found)} with {found.views} view{'s' if found.views > 1 else ''}"
    if found.images != plain.images or found.fingerprint != plain.fingerprint:
        return f"{words}, on {found.images:,} images of another dataset"
    change = found.accuracy - plain.accuracy
    if not change:
        return f"{words}: as without"
    return f"{words}: {points(abs(change))} points {'more' if change > 0 else 'less'}"
