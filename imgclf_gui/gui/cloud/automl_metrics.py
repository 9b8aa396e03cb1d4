"""What a custom model is worth, in the shape of the console: figures, curves, matrix, images."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.automl_metrics import ALL_LABELS, LabelMetrics, Metrics
from imgclf_gui.core.spec import SPLITS
from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud.automl_images import OutcomeImages
from imgclf_gui.gui.cloud.automl_words import accuracy_words, figure
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.services.automl import correct
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.confusion import ConfusionView
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.per_class import PerClassTable
from imgclf_gui.gui.widgets.words import SPLIT_WORDS, percent
from imgclf_gui.protocol.events import ClassReport

STEPS = 100
"""Of the threshold's slider."""
FIRST_THRESHOLD = 0.5
SLIDING_MS = 30
"""Images and table follow the slider so often."""


class MetricsView(QTabWidget):
    """Its head, with class and threshold, belongs above it: see `head`."""

    looked = Signal(str, float)
    """The person chose this class (ALL_LABELS: all of them), or this threshold."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("automl_metrics")
        self.setDocumentMode(True)
        self._metrics: Metrics | None = None
        self._wanted = ALL_LABELS
        """The class that is looked at, also while a model has none of that name."""
        self._label = named(QComboBox(), "automl_label", "Class that is looked at")
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "automl_threshold")
        self._place = plain_label(objectName="automl_threshold_words")
        self._summary = wrapped_label(name="automl_summary")
        self._now = wrapped_label(name="automl_now")
        self._images = OutcomeImages(studio)
        self._confusion, self._matrix = ConfusionView(), QWidget()
        self._classes = PerClassTable()
        self._curves: QWidget | None = None
        self._left: QWidget | None = None
        """What was in front when it was taken away."""
        self._timer = QTimer(self, singleShot=True, interval=SLIDING_MS)
        self._timer.timeout.connect(self._show_single)
        self._drawing = QTimer(self, singleShot=True, interval=0)
        self._drawing.timeout.connect(self._draw)
        self.head = self._head()
        self._arrange()
        self._label.activated.connect(self._on_looked)
        self._slider.valueChanged.connect(self._on_looked)
        self._confusion.cell_opened.connect(self._on_cell)

    @property
    def label(self) -> str:
        """The class that is looked at; ALL_LABELS: all of them."""
        return str(self._label.currentData() or ALL_LABELS)

    @property
    def threshold(self) -> float:
        """0…1."""
        return self._slider.value() / STEPS

    def show_metrics(self, metrics: Metrics | None) -> None:
        """Show these; None: nothing is measured."""
        if metrics is self._metrics:
            return
        self._metrics = metrics
        self.head.setVisible(metrics is not None)
        self._show_tabs()
        self._label.clear()
        if metrics is not None:
            self._label.addItem("All classes", ALL_LABELS)
            for one in metrics.by_label:
                self._label.addItem(shortened(one.label, 60), one.label)
            self._label.setCurrentIndex(max(0, self._label.findData(self._wanted)))
            self._confusion.show_matrix(metrics.labels, metrics.confusion or ())
        self._refresh()

    def _show_tabs(self) -> None:
        """What would be empty is not offered."""
        measured, before = self._metrics is not None, self.currentWidget()
        for part in (self._curves, self._matrix, self._images, self._classes):
            if part is not None:
                self.setTabVisible(self.indexOf(part), measured)
        if measured and self._left is not None:
            self.setCurrentWidget(self._left)
        self._left = None if measured else before

    def look(self, label: str, threshold: float) -> None:
        """Look at this class (where it is known) at this threshold."""
        self._wanted = label
        self._slider.blockSignals(True)
        self._slider.setValue(round(STEPS * threshold))
        self._slider.blockSignals(False)
        place = self._label.findData(label)
        if place >= 0:
            self._label.setCurrentIndex(place)
        self._refresh()

    def hasHeightForWidth(self) -> bool:
        """It takes the height that there is."""
        return False

    def sizeHint(self) -> QSize:
        """No higher than it must be: what stands above it is to be seen with it."""
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        """The curves need pyqtgraph, which is imported when they are first seen."""
        super().showEvent(event)
        self._drawing.start()

    @Slot()
    def _on_looked(self) -> None:
        self._wanted = self.label
        self._refresh()
        self.looked.emit(self.label, self.threshold)

    @Slot(int, int)
    def _on_cell(self, true: int, predicted: int) -> None:
        """The images behind a cell: those that are taken for the class of its column."""
        if self._metrics is None or not self._metrics.outcomes:
            return
        self.look(self._metrics.labels[predicted], self.threshold)
        self._images.show_group("true-positive" if true == predicted else "false-positive")
        self.setCurrentWidget(self._images)
        self.looked.emit(self.label, self.threshold)

    # What is shown

    def _refresh(self) -> None:
        metrics = self._metrics
        self._place.setText(f"{self.threshold:.2f}")
        if metrics is None:
            return
        one = metrics.of(self.label)
        self._summary.setText(_summary(metrics, one))
        self._now.setText(_now(metrics, one, self.threshold))
        self._drawing.start()
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _draw(self) -> None:
        """After the figures are painted: making plots takes a moment."""
        metrics = self._metrics
        if metrics is None or not self.isVisible():
            return
        from imgclf_gui.gui.cloud.automl_curves import Curves  # with it comes pyqtgraph

        if not isinstance(self._curves, Curves):
            self._curves = curves = Curves()
            curves.threshold_wanted.connect(self._on_pressed)
            self.insertTab(0, curves, "Curves")
            self.setCurrentIndex(0)
        one = metrics.of(self.label)
        now = metrics.at(self.threshold, self.label) if one.points else None
        self._curves.show_points(one.points, now, self.threshold)

    @Slot()
    def _show_single(self) -> None:
        """Images and classes, which take longer than the slider."""
        metrics = self._metrics
        self._images.show_metrics(metrics, self.label, self.threshold)
        self._classes.show_classes(_reports(metrics, self.threshold) if metrics else ())

    @Slot(float)
    def _on_pressed(self, threshold: float) -> None:
        self._slider.setValue(round(STEPS * threshold))

    def _head(self) -> QWidget:
        self._slider.setRange(0, STEPS)
        self._slider.setValue(round(STEPS * FIRST_THRESHOLD))
        self._slider.setAccessibleName("Confidence threshold")
        tip = "A class is said of an image if the model's confidence in it is at least this"
        self._slider.setToolTip(tip)
        self._label.setMinimumContentsLength(8)
        theme.set_title(self._now)
        title: QLabel = plain_label("Confidence ≥")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._label)
        row.addWidget(title)
        row.addWidget(self._slider, 1)
        row.addWidget(self._place)
        head = named(QWidget(), "automl_metrics_head")
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self._summary)
        column.addLayout(row)
        column.addWidget(self._now)
        head.hide()
        return head

    def _arrange(self) -> None:
        column = QVBoxLayout(self._matrix)
        column.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        hint = "Rows: true class. Columns: surest class. Click a cell for its images."
        column.addWidget(wrapped_label(hint, muted=True))
        column.addWidget(self._confusion, 1)
        self._confusion.setMinimumHeight(150)
        for part, title in (
            (self._matrix, "Confusion"),
            (self._images, "Images"),
            (self._classes, "Classes"),
        ):
            self.addTab(part, title)
        self._show_tabs()


def _summary(metrics: Metrics, one: LabelMetrics) -> str:
    """The figures that no threshold changes."""
    images = "" if one.images is None else f" on {one.images:,} {metrics.split} images"
    said = (
        f"Average precision {figure(one.average_precision)} · log loss {figure(one.log_loss)}"
        f"{images}"
    )
    right = correct(metrics)
    if one.label == ALL_LABELS and right is not None:
        said += f" · accuracy {accuracy_words(right)}"
    counts = ", ".join(
        f"{SPLIT_WORDS[split].lower()} {metrics.counts.get(split, 0):,}" for split in SPLITS
    )
    return f"{said}\nImages: {counts}"


def _now(metrics: Metrics, one: LabelMetrics, threshold: float) -> str:
    """Precision and recall at the threshold."""
    if not one.points:
        return "No thresholds are known"
    point = metrics.at(threshold, one.label)
    f1 = percent(point.f1)
    return f"Precision {percent(point.precision)} · recall {percent(point.recall)} · F1 {f1}"


def _reports(metrics: Metrics, threshold: float) -> tuple[ClassReport, ...]:
    """Each class at the threshold."""
    reports = []
    for one in metrics.by_label:
        point = metrics.at(threshold, one.label) if one.points else None
        reports.append(
            ClassReport(
                label=one.label,
                images=one.images or 0,
                precision=point.precision if point else None,
                recall=point.recall if point else None,
                f1=point.f1 if point else None,
            )
        )
    return tuple(reports)
