"""The measured images of a custom model: said rightly, said wrongly, missed."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.core.automl_metrics import ALL_LABELS, Group, ImageOutcome, Metrics
from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.gui import theme
from imgclf_gui.gui.services.project_files import DatasetView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.images_dialog import ShownImage, ShownImages
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named

GROUPS: dict[Group, tuple[str, str]] = {
    "true-positive": ("Right", "Said, and true (true positives)"),
    "false-positive": ("Wrong", "Said, and not true (false positives)"),
    "false-negative": ("Missed", "True, and not said (false negatives)"),
}
MOST_SHOWN = 500


class OutcomeImages(QWidget):
    """One group at a time, the most telling images first."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("automl_images")
        self._studio = studio
        self._metrics: Metrics | None = None
        self._dataset: DatasetView | None = None
        self._by_path: dict[str, ImageRow] = {}
        self._label, self._threshold = ALL_LABELS, 0.5
        self._group: Group = "false-positive"
        self._places = QButtonGroup(self)
        self._buttons: dict[Group, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING // 2)
        for group, (title, tip) in GROUPS.items():
            button = named(QPushButton(title), f"automl_{group}", tip)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, group=group: self.show_group(group))
            self._places.addButton(button)
            self._buttons[group] = button
            row.addWidget(button)
        row.addStretch(1)
        self._said = wrapped_label(muted=True, name="automl_images_said")
        self._view = ShownImages("automl_outcomes", "Measured images", studio.thumbnails)
        self._view.setMinimumHeight(150)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addLayout(row)
        layout.addWidget(self._said)
        layout.addWidget(self._view, 1)

    def show_metrics(self, metrics: Metrics | None, label: str, threshold: float) -> None:
        """Show the images of `label` (ALL_LABELS: any) at a confidence threshold."""
        self._metrics, self._label, self._threshold = metrics, label, threshold
        self._refresh()

    @Slot()
    def show_group(self, group: Group) -> None:
        """Show right, wrong or missed ones."""
        self._group = group
        self._refresh()

    def _refresh(self) -> None:
        metrics = self._metrics
        found = {group: self._found(group) for group in GROUPS}
        for group, button in self._buttons.items():
            count = f" {len(found[group]):,}" if metrics is not None and metrics.outcomes else ""
            button.setText(f"{GROUPS[group][0]}{count}")
            button.setChecked(group == self._group)
        shown = self._rows(found[self._group][:MOST_SHOWN])
        self._view.show_images(shown)
        self._said.setText(self._sentence(found[self._group], len(shown)))

    def _found(self, group: Group) -> tuple[ImageOutcome, ...]:
        if self._metrics is None:
            return ()
        return self._metrics.images(self._label, group, self._threshold)

    def _rows(self, outcomes: tuple[ImageOutcome, ...]) -> list[ShownImage]:
        """Those that the dataset still holds."""
        labels = self._metrics.labels if self._metrics is not None else ()
        if self._studio.dataset is not self._dataset:
            self._dataset = self._studio.dataset
            self._by_path = {row.path: row for row in self._dataset.images}
        shown = []
        for outcome in outcomes:
            row = self._by_path.get(outcome.image)
            if row is not None:
                best = max(range(len(labels)), key=outcome.scores.__getitem__)
                score = outcome.scores[best]
                if self._label in labels:
                    score = outcome.scores[labels.index(self._label)]
                shown.append(ShownImage(row, labels[best], score))
        return shown

    def _sentence(self, found: tuple[ImageOutcome, ...], shown: int) -> str:
        metrics = self._metrics
        if metrics is None:
            return ""
        if not metrics.outcomes:
            return "Single images are not told of by this provider."
        of = f"'{self._label}'" if self._label else "any class"
        words = f"{GROUPS[self._group][1]}, of {of}, at a confidence of {self._threshold:.2f}"
        gone = len(found[:MOST_SHOWN]) - shown
        return f"{words}; {gone:,} are not in the dataset any more." if gone else f"{words}."
