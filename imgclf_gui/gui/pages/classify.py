"""Classify: drop images, see what a trained model makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTemporaryDir, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.drops import dropped_paths
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.operations.images import pictures_folder
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.answers import Answers
from imgclf_gui.gui.widgets.drop_area import DropArea
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.labels import ElidedLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.sorting_offer import SortingOffer
from imgclf_gui.gui.widgets.views_box import ViewsBox
from imgclf_gui.gui.widgets.words import built_in_title, built_in_words, classifier_title
from imgclf_gui.protocol.events import Classified, ClassifyFinished
from imgclf_gui.protocol.prediction_table import table


class ClassifyPage(QWidget):
    """Chooses the model that answers, takes images, shows the answers."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classify_page")
        self.setAcceptDrops(True)
        self._studio = studio
        self._job = ""
        self._working = False
        self._ready = ""
        """The run or built-in classifier that is warm, or is getting so."""
        self._paths: Sequence[Path] = ()
        """What was asked about last."""
        self._asked: tuple[str, int] = ("", 0)
        """Which model answered, and by how many views."""
        self._pasted_here = QTemporaryDir()
        """Holds what is pasted without a project."""
        self._runs = named(QComboBox(), "classify_run", "Run that classifies")
        self._runs.setMinimumContentsLength(20)
        self._runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._views = ViewsBox("classify_views")
        self._again = named(QPushButton(icons.icon("classify"), "Ask again"), "ask_again")
        self._again.setToolTip("Classify the same images with the chosen run and views")
        self._origin = wrapped_label(muted=True, name="built_in_words")
        self._status = ElidedLabel(name="predictor_status")
        theme.set_muted(self._status)
        self._choose = named(QPushButton(icons.icon("open"), "Choose images…"), "choose_images")
        self._paste = named(QPushButton(icons.icon("copy"), "Paste"), "paste_image")
        self._drop = DropArea()
        self._answers = Answers()
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()
        self._on_runs_changed()

    def classify(self, paths: Sequence[Path]) -> None:
        """Classify `paths` (files and folders) with the chosen model."""
        model = self._studio.classifier_id
        if model and paths:
            self._studio.classify(model, paths, self._views.views)

    def showEvent(self, event: QShowEvent) -> None:
        """Let the model get ready before the first image comes."""
        super().showEvent(event)
        self._warm_up()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files where there is a model."""
        if self._studio.classifier_id and dropped_paths(event.mimeData()):
            self._hold(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went away."""
        del event
        self._hold(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """On this page everything that is dropped is classified, folders too."""
        self._hold(False)
        event.acceptProposedAction()
        self.classify(dropped_paths(event.mimeData()))

    def _hold(self, over: bool) -> None:
        self._drop.over = over
        self._drop.update()

    def _connect(self) -> None:
        studio = self._studio
        self._runs.activated.connect(self._on_run_chosen)
        self._choose.clicked.connect(self._on_choose)
        self._paste.clicked.connect(self._on_paste)
        self._drop.clicked.connect(self._on_choose)
        self._again.clicked.connect(lambda: self.classify(self._paths))
        self._views.valueChanged.connect(self._offer_again)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self._on_paste)
        self._answers.cancel_asked.connect(self._on_cancel)
        self._answers.save_asked.connect(self._on_save)
        studio.project_changed.connect(self._on_project_changed)
        studio.runs_changed.connect(self._on_runs_changed)
        studio.run_changed.connect(self._on_run_changed)
        studio.predictor_ready.connect(self._on_predictor_ready)
        studio.classify_started.connect(self._on_started)
        studio.classified.connect(self._on_classified)
        studio.classify_finished.connect(self._on_finished)
        studio.classify_failed.connect(self._on_failed)

    # Which model

    @Slot()
    def _on_project_changed(self) -> None:
        self._ready, self._working, self._paths = "", False, ()
        self._stack.setCurrentWidget(self._drop)
        self._on_runs_changed()

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        listed = self._runs.findData(run_id) >= 0
        if listed != (run_id in {run.id for run in self._studio.classifiers}):
            self._on_runs_changed()

    @Slot()
    def _on_runs_changed(self) -> None:
        model = self._studio.classifier_id
        self._runs.clear()
        for run in self._studio.classifiers:
            self._runs.addItem(classifier_title(run), run.id)
        for name, built_in in self._studio.built_in.items():
            self._runs.addItem(built_in_title(built_in), name)
        for widget in (self._runs, self._choose, self._paste):
            widget.setEnabled(bool(model))
        self._show_model()
        if not model:
            self._stack.setCurrentIndex(0)
            self._status.setText("")
            return
        self._runs.setCurrentIndex(self._runs.findData(model))
        if self._stack.currentIndex() == 0:
            self._stack.setCurrentWidget(self._drop)
        self._warm_up()

    @Slot(int)
    def _on_run_chosen(self, index: int) -> None:
        self._studio.choose_classifier(self._runs.itemData(index))
        self._show_model()
        self._warm_up()

    def _show_model(self) -> None:
        """What belongs to the chosen model: where it comes from, and what it can be asked."""
        run = self._studio.classifier
        built_in = self._studio.built_in.get(self._studio.classifier_id)
        self._origin.setText(built_in_words(built_in) if built_in else "")
        self._origin.setVisible(built_in is not None)
        self._views.show_run(run)
        self._views.setVisible(built_in is None)
        self._offer_again()

    @Slot()
    def _offer_again(self) -> None:
        """Where the answers are of another model, or by other views, than are chosen now."""
        model = self._studio.classifier_id
        other = bool(model) and self._asked != (model, self._views.views)
        self._again.setVisible(bool(self._paths) and not self._working and other)

    def _warm_up(self) -> None:
        model = self._studio.classifier_id
        if not model or model == self._ready or not self.isVisible():
            return
        self._ready = model
        self._status.setText("Getting the model ready…")
        self._studio.load_predictor(model)

    @Slot(str)
    def _on_predictor_ready(self, model_id: str) -> None:
        if model_id == self._ready:
            self._status.setText("The model is ready.")

    # Which images

    @Slot()
    def _on_choose(self) -> None:
        from imgclf_gui.core.images import IMAGE_EXTENSIONS  # with it comes Pillow

        settings = self._studio.settings
        patterns = " ".join(f"*{extension}" for extension in sorted(IMAGE_EXTENSIONS))
        files, _ = QFileDialog.getOpenFileNames(
            self,
            "Images to classify",
            settings.last_folder("classify", pictures_folder()),
            f"Images ({patterns});;All files (*)",
        )
        if files:
            settings.remember_folder("classify", Path(files[0]).parent)
            self.classify([Path(file) for file in files])

    @Slot()
    def _on_paste(self) -> None:
        paths = self._pasted(QGuiApplication.clipboard().mimeData())
        if paths:
            self.classify(paths)
        else:
            self._say("The clipboard holds no image.", "Copy an image or image files first.")

    def _pasted(self, data: QMimeData) -> list[Path]:
        paths, project = dropped_paths(data), self._studio.project
        if paths or not data.hasImage():
            return paths
        image = QImage(data.imageData())
        folder = project.cache_folder if project else Path(self._pasted_here.path())
        path = folder / f"pasted {datetime.now():%H-%M-%S}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        return [path] if not image.isNull() and image.save(str(path), "PNG") else []  # type: ignore[call-overload]

    # What is said of them

    @Slot(str, list)
    def _on_started(self, model_id: str, paths: list[Path]) -> None:
        self._ready, self._job, self._working = model_id, "", True
        self._paths, self._asked = paths, (model_id, self._views.views)
        self._offer_again()
        self._answers.begin(self._views.views)
        self._stack.setCurrentWidget(self._answers)

    @Slot(object)
    def _on_classified(self, event: Classified) -> None:
        self._job = event.job
        self._answers.take(event)

    @Slot(object)
    def _on_finished(self, event: ClassifyFinished) -> None:
        self._working = False
        self._answers.finish(event)
        self._status.setText("The model is ready.")
        self._offer_again()

    @Slot()
    def _on_failed(self) -> None:
        if self._working:
            self._working = False
            self._answers.give_up()
            self._offer_again()
        self._status.setText("")
        self._ready = ""

    @Slot()
    def _on_cancel(self) -> None:
        if self._job:
            self._studio.stop(self._job)

    @Slot()
    def _on_save(self) -> None:
        settings = self._studio.settings
        usual = Path(settings.last_folder("csv", pictures_folder())) / "classified.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the answers", str(usual), "Tables (*.csv)"
        )
        if chosen:
            settings.remember_folder("csv", Path(chosen).parent)
            self.save(Path(chosen))

    def save(self, path: Path) -> None:
        """Write what the table shows as CSV."""
        predictions = self._answers.predictions
        try:
            write_text_atomic(path, table(predictions))
        except UserError as error:
            self._studio.failed.emit(error.report)
            return
        self._studio.said.emit(f"{len(predictions):,} images are in {shortened(str(path), 200)}.")

    def _say(self, message: str, hint: str) -> None:
        self._studio.failed.emit(ErrorReport(code="clipboard.empty", message=message, hint=hint))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        label = plain_label("Classify with")
        label.setBuddy(self._runs)
        for widget in (label, self._runs, self._views, self._again):
            row.addWidget(widget)
        row.addWidget(self._status, 1)
        row.addWidget(self._choose)
        row.addWidget(self._paste)
        empty = EmptyState(
            "classify",
            "Classify images",
            "A trained model says what is on an image. Train a network first.",
        )
        empty.setObjectName("classify_without_runs")
        empty.add_button(
            "to_training",
            "Go to Training",
            lambda: self._studio.page_wanted.emit("training"),
            primary=True,
        )
        for place in (empty, self._drop, self._answers):
            self._stack.addWidget(place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self._origin)
        layout.addWidget(SortingOffer(self._studio, "classify_offer"))
        layout.addWidget(self._stack, 1)
