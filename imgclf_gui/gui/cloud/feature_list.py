"""What images are asked for: a check box for each feature, and at most how many results."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSizePolicy, QSpinBox, QWidget

from imgclf_gui.core import vision
from imgclf_gui.core.vision import AskedFeature
from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.named import named

USUAL_MOST = 10
MOST = 100
"""More than that many results are of no use; the JSON takes any number."""
TWO_COLUMNS = 320
"""Pixels of width that two columns take."""


class FeatureList(QWidget):
    """Features in the order of `vision.FEATURES`, in two columns where there is room."""

    changed = Signal()
    """The person asked for something else."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("feature_list")
        self._boxes: dict[str, QCheckBox] = {}
        self._counts: dict[str, QSpinBox] = {}
        self._left: tuple[AskedFeature, ...] = ()
        """The counts before something recorded was shown."""
        for feature in vision.FEATURES:
            self._boxes[feature.kind] = self._box(feature)
            if feature.counted:
                self._counts[feature.kind] = self._count(feature)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(theme.SPACING // 4)
        grid.setColumnMinimumWidth(2, theme.SPACING)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._columns = 0
        self._place(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as have room."""
        super().resizeEvent(event)
        self._place(2 if event.size().width() >= TWO_COLUMNS else 1)

    def _place(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns, rows = columns, -(-len(vision.FEATURES) // columns)
        for place, (kind, box) in enumerate(self._boxes.items()):
            row, column = place % rows, 3 * (place // rows)
            self._grid.addWidget(box, row, column, Qt.AlignmentFlag.AlignLeft)
            if kind in self._counts:
                self._grid.addWidget(self._counts[kind], row, column + 1)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(3, columns - 1)
        row = max(widget.sizeHint().height() for widget in self._counts.values())
        self.setFixedHeight(rows * (row + self._grid.verticalSpacing()))

    @property
    def asked(self) -> tuple[AskedFeature, ...]:
        """What is asked for, in the order in which it is offered."""
        return tuple(
            AskedFeature(kind, self._counts[kind].value() if kind in self._counts else None)
            for kind, box in self._boxes.items()
            if box.isChecked() and box.isEnabled()
        )

    def show_asked(self, asked: Sequence[AskedFeature]) -> None:
        """Check what is asked for, without telling it; other counts stay as they are."""
        if self._left:
            self._show(self._left)
            self._left = ()
        self._show(asked)

    def show_recorded(self, asked: Sequence[AskedFeature]) -> None:
        """The same until `show_asked`; then also the counts are again what they were."""
        counts = self._counts.items()
        self._left = self._left or tuple(AskedFeature(kind, c.value()) for kind, c in counts)
        self._show(asked)

    def _show(self, asked: Sequence[AskedFeature]) -> None:
        most = {one.kind: one.most for one in asked}
        self.blockSignals(True)
        for kind, box in self._boxes.items():
            box.setChecked(kind in most)
            count = self._counts.get(kind)
            if count is not None and kind in most:
                count.setValue(most[kind] or USUAL_MOST)
        self.blockSignals(False)

    def offer(self, kinds: Sequence[str], why_not: str) -> None:
        """Let only these kinds be asked for; at the others stands why they cannot."""
        for kind, box in self._boxes.items():
            able = kind in kinds
            box.setEnabled(able)
            feature = vision.feature(kind)
            box.setToolTip(_tip(feature) if able else f"{feature.summary} {why_not}".strip())
            self._enable_count(kind)

    def _box(self, feature: vision.Feature) -> QCheckBox:
        box = named(OutlinedCheckBox(feature.title), f"feature_{feature.kind}")
        box.setToolTip(_tip(feature))
        box.setAccessibleDescription(feature.summary)
        box.toggled.connect(self._on_changed)
        return box

    def _count(self, feature: vision.Feature) -> QSpinBox:
        count = _Count()
        count.setRange(1, MOST)
        count.setValue(USUAL_MOST)
        count.setEnabled(False)
        count.setToolTip("At most so many results")
        count.valueChanged.connect(self._on_changed)
        return named(count, f"most_{feature.kind}", f"Most results of {feature.title}")

    def _enable_count(self, kind: str) -> None:
        count, box = self._counts.get(kind), self._boxes[kind]
        if count is not None:
            count.setEnabled(box.isEnabled() and box.isChecked())

    @Slot()
    def _on_changed(self) -> None:
        for kind in self._counts:
            self._enable_count(kind)
        self.changed.emit()


class _Count(QSpinBox):
    """Lets the wheel scroll the form unless a person is at it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _tip(feature: vision.Feature) -> str:
    free = ""
    if feature.free_with:
        free = f", free beside {vision.feature(feature.free_with).title}"
    price = f"USD {feature.price:.2f} for 1,000 images{free}"
    return f"{feature.summary}\n{price} (as of {vision.PRICES_AS_OF})"
