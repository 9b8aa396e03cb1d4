"""Asking a custom model about images that are dropped."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.cloud.automl_consent import ConsentBox
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.operations.images import pictures_folder
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.prediction_table import PredictionTable
from imgclf_gui.gui.widgets.probability_bars import ProbabilityBars
from imgclf_gui.protocol.events import Prediction

TOP = 5
"""Classes that are shown of one answer."""


class AskPanel(QWidget):
    """A table of answers, and the surest classes of the one that is chosen."""

    asked = Signal(list)
    """The Paths that the person wants answers for."""
    agreed = Signal()
    refused = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("automl_ask")
        self._settings = settings
        self._model: ShownModel | None = None
        self._answers: tuple[object, ...] = ()
        pictures = FilePictures(self)
        self._choose = named(QPushButton(icons.icon("picture"), "Choose images…"), "automl_choose")
        self._said = wrapped_label(muted=True, name="automl_ask_words")
        self.consent = ConsentBox("automl_ask_consent")
        self._table = PredictionTable(pictures)
        self._bars = ProbabilityBars()
        self._table.setMinimumHeight(120)
        self._table.hide()
        self._bars.hide()
        self._choose.clicked.connect(self._on_choose)
        self._table.chosen.connect(self._bars.show_prediction)
        self.consent.agreed.connect(self.agreed)
        self.consent.refused.connect(self.refused)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._choose)
        row.addWidget(self._said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self.consent)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._bars)
        layout.addStretch(0)

    @property
    def predictions(self) -> list[Prediction]:
        """What is shown."""
        return self._table.shown

    def show_model(self, model: ShownModel | None) -> None:
        """Show what `model` answered last, and whether it can be asked."""
        self._model = model
        why_not = why_not_asked(model)
        self._choose.setEnabled(not why_not)
        self._said.setText(why_not or "Or drop images here.")
        asked = model.asked if model is not None else None
        wanted = asked if asked is not None and asked.images else None
        count = wanted.quote.images if wanted else 0  # of those that can be read
        images = "this image leaves" if count == 1 else f"these {count:,} images leave"
        host = wanted.quote.host if wanted else ""
        self.consent.ask(
            wanted.words if wanted else (),
            f"I agree that {images} this machine for {host}.",
            "Ask" if count == 1 else f"Ask about {count:,} images",
            "send",
        )
        self._show_answers(model.answers if model is not None else ())

    def _show_answers(self, answers: tuple[object, ...]) -> None:
        if answers is self._answers or answers == self._answers:
            return
        self._answers = answers
        found = predictions(self._model) if self._model is not None else []
        self._table.answers.clear()
        self._table.answers.add(found)
        self._table.setVisible(bool(found))
        self._bars.setVisible(bool(found))
        self._bars.show_prediction(found[0] if found else None)
        if found:
            self._table.selectRow(0)

    @Slot()
    def _on_choose(self) -> None:
        from imgclf_gui.core.images import IMAGE_EXTENSIONS  # with it comes Pillow

        patterns = " ".join(f"*{extension}" for extension in sorted(IMAGE_EXTENSIONS))
        usual = self._settings.last_folder("automl", pictures_folder())
        files, _ = QFileDialog.getOpenFileNames(
            self, "Images to ask about", usual, f"Images ({patterns});;All files (*)"
        )
        if files:
            self._settings.remember_folder("automl", Path(files[0]).parent)
            self.asked.emit([Path(file) for file in files])


def why_not_asked(model: ShownModel | None) -> str:
    """Why it cannot be asked now; '' if it can."""
    if model is None or not model.state.trained:
        return "A model can be asked when it is trained."
    if model.kind is not None and model.online:
        if not model.kind.deploys:
            return "An edge model is exported, and asked where it is used."
        if model.state.deployment is None:
            return "Deploy it first; from then on it costs by the hour until it is undeployed."
        if not model.state.deployment.sure:
            return "It is not deployed yet."
    if model.hand is not None:
        return f"{model.hand.title}…"
    return ""


def predictions(model: ShownModel) -> list[Prediction]:
    """What it answered, the surest classes first."""
    return [
        Prediction(
            image=str(one.path),
            labels=tuple(guess.label for guess in one.guesses[:TOP]),
            probabilities=tuple(guess.score for guess in one.guesses[:TOP]),
            error=one.error.sentence() if one.error is not None else "",
        )
        for one in model.answers
    ]
