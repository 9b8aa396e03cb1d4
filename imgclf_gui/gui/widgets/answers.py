"""What a model says of the images that it was given: one large, or many in a table."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.figures import three_digits
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.picture import Picture
from imgclf_gui.gui.widgets.prediction_table import PredictionTable
from imgclf_gui.gui.widgets.probability_bars import ProbabilityBars
from imgclf_gui.protocol.events import Classified, ClassifyFinished, Prediction


class Answers(QWidget):
    """Fills while the answers come; the first is shown large at once."""

    cancel_asked = Signal()
    save_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("answers")
        pictures = FilePictures(self)
        self._pictures = pictures
        self._table = PredictionTable(pictures)
        self._picture = Picture(pictures)
        self._name = ElidedLabel(name="answer_name")
        self._bars = ProbabilityBars()
        self._error = WrongLabel("answer_error")
        self._progress = named(QProgressBar(), "classify_progress", "Progress of classifying")
        self._cancel = named(QPushButton(icons.icon("stop"), "Cancel"), "classify_cancel")
        self._count = plain_label(objectName="answer_count")
        self._below = named(QSpinBox(), "confidence_filter", "Show only answers less sure than")
        self._filter_label = QLabel("Show less sure than")
        self._save = named(QPushButton(icons.icon("save"), "Save as CSV…"), "save_csv")
        self._views = 0
        self._many = QWidget()
        self._words = QWidget()
        self._arrange()
        self._table.chosen.connect(self._show)
        self._below.valueChanged.connect(lambda value: self._table.show_below(value / 100))
        self._cancel.clicked.connect(self.cancel_asked)
        self._save.clicked.connect(self.save_asked)
        self.begin()

    @property
    def predictions(self) -> list[Prediction]:
        """What the table shows, in its order."""
        return self._table.shown

    def begin(self, views: int = 0) -> None:
        """Forget the answers before, and wait for the next, averaged with `views` changed views."""
        self._views = views
        self._pictures.forget()
        self._table.answers.clear()
        self._show(None)
        self._show_many(False)
        self._count.setText("Waiting for the first answer…")
        self._progress.setRange(0, 0)
        self._working(True)

    @Slot(object)
    def take(self, classified: Classified) -> None:
        """Put further answers in."""
        first = not self._table.answers.predictions
        self._table.answers.add(classified.predictions)
        self._progress.setRange(0, max(1, classified.total))
        self._progress.setValue(classified.done)
        self._count.setText(f"{classified.done:,} of {classified.total:,} images")
        self._show_many(classified.total > 1)
        if first and classified.predictions:
            self._show(classified.predictions[0])

    @Slot(object)
    def finish(self, finished: ClassifyFinished) -> None:
        """All is said."""
        self._working(False)
        each = 1000 * finished.seconds / max(1, finished.images)
        stopped = ", stopped before the end" if finished.stopped else ""
        one = finished.images == 1
        count = "1 image" if one else f"{finished.images:,} images"
        mean = f", averaged with {self._views} changed views" if self._views else ""
        self._count.setText(
            f"{count}, {three_digits(each)} ms{'' if one else ' each'}{mean}{stopped}"
        )
        if not self._table.answers.predictions:
            self._error.say("No image was found there. Choose image files, or a folder of them.")

    def give_up(self) -> None:
        """Nothing more comes; the reason is said elsewhere."""
        self._working(False)
        self._count.setText(f"{len(self._table.answers.predictions):,} images, then an error")

    def _show_many(self, many: bool) -> None:
        """The table beside picture and bars; or for one image these two side by side."""
        self._many.setVisible(many)
        direction = QBoxLayout.Direction
        self._detail.setDirection(direction.TopToBottom if many else direction.LeftToRight)
        self._words.setSizePolicy(
            QSizePolicy.Policy.Preferred,
            QSizePolicy.Policy.Maximum if many else QSizePolicy.Policy.Preferred,
        )

    def _working(self, working: bool) -> None:
        self._progress.setVisible(working)
        self._cancel.setVisible(working)
        self._save.setEnabled(not working)

    @Slot(object)
    def _show(self, prediction: Prediction | None) -> None:
        self._name.setText(Path(prediction.image).name if prediction else "")
        self._picture.show_file(Path(prediction.image) if prediction else None)
        self._bars.show_prediction(prediction)
        self._error.say(prediction.error if prediction else "")

    def _arrange(self) -> None:
        self._below.setRange(1, 100)
        self._below.setValue(100)
        self._below.setSuffix(" %")
        self._filter_label.setBuddy(self._below)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        theme.set_title(self._name)
        words = QVBoxLayout(self._words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(theme.SPACING)
        for widget in (self._name, self._error, self._bars):
            words.addWidget(widget)
        words.addStretch(1)
        detail = QWidget()
        self._detail = QBoxLayout(QBoxLayout.Direction.TopToBottom, detail)
        self._detail.setContentsMargins(theme.SPACING, 0, theme.SPACING, theme.SPACING)
        self._detail.setSpacing(2 * theme.SPACING)
        self._detail.addWidget(self._picture, 3)
        self._detail.addWidget(self._words, 2)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._table_column())
        splitter.addWidget(detail)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([560, 400])
        status = QHBoxLayout()
        status.setSpacing(theme.SPACING)
        status.addWidget(self._count)
        status.addWidget(self._progress, 2)
        status.addWidget(self._cancel)
        more = plain_label("Drop further images anywhere on this page.")
        theme.set_muted(more)
        status.addWidget(more)
        status.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(status)
        layout.addWidget(splitter, 1)

    def _table_column(self) -> QWidget:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._filter_label)
        row.addWidget(self._below)
        row.addStretch(1)
        row.addWidget(self._save)
        column = QVBoxLayout(self._many)
        column.setContentsMargins(0, 0, theme.SPACING, 0)
        column.addLayout(row)
        column.addWidget(self._table, 1)
        return self._many
