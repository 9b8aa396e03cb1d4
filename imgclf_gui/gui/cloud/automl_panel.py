"""One custom model: where it stands, what can be done with it, what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.note_box import NoteBox
from imgclf_gui.gui.cloud.automl_consent import ConsentBox
from imgclf_gui.gui.cloud.automl_metrics import MetricsView
from imgclf_gui.gui.cloud.automl_models import CustomModels
from imgclf_gui.gui.cloud.automl_predict import AskPanel, why_not_asked
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.cloud.automl_steps import StepRow
from imgclf_gui.gui.cloud.automl_words import (
    cost_words,
    fraction,
    progress_words,
    shown_steps,
    state_words,
    unit_words,
)
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.services.automl import AskedConsent
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import run_title

COST_MS = 20_000
"""What a deployed model has cost is counted on so often."""
LAID_OUT_MS = 40
"""After this a part that was shown has its place."""
SHOWN_ROWS = 5
"""Refused rows of an import that are named."""


class ModelPanel(QWidget):
    """Follows its model; several may stand beside each other."""

    looked = Signal(str, float)
    """Class and threshold that the person looks at: see `MetricsView`."""

    def __init__(self, studio: Studio, models: CustomModels, place: int) -> None:
        super().__init__()
        self.setObjectName(f"automl_panel_{place}")
        self._studio = studio
        self._models = models
        self._model: ShownModel | None = None
        self._asked: AskedConsent | None = None
        self._title = ElidedLabel(name="automl_title")
        self._state = wrapped_label(muted=True, name="automl_state")
        self._steps = StepRow()
        self._progress = named(ProgressBar(), "automl_progress", "Progress of the step")
        self._words = wrapped_label(name="automl_progress_words")
        self._cost = NoteBox("automl_cost")
        self._rows = NoteBox("automl_refused_rows")
        self._error = WrongLabel("automl_error")
        self._consent = ConsentBox("automl_deploy_consent")
        self._forgetting = ConsentBox("automl_forget_question")
        self._buttons = self._make_buttons()
        self.metrics = MetricsView(studio)
        self.ask = AskPanel(studio.settings)
        self.metrics.addTab(self.ask, "Ask it")
        self._timer = QTimer(self, interval=COST_MS)
        self._timer.timeout.connect(self._show_cost)
        self._arrange()
        self.metrics.looked.connect(self.looked)
        self.ask.asked.connect(self.ask_about)
        for box in (self.ask, self._consent):
            box.agreed.connect(partial(self._with, models.agree))
            box.refused.connect(partial(self._with, models.take_back))
        self._forgetting.agreed.connect(partial(self._with, models.delete))
        for answered in (self._forgetting.agreed, self._forgetting.refused):
            answered.connect(self._forgetting.hide)
        models.model_changed.connect(self._on_model_changed)
        self.hide()

    @property
    def model(self) -> ShownModel | None:
        """What is shown."""
        return self._model

    def show_model(self, model: ShownModel | None) -> None:
        """Show this one; None: nothing."""
        if model is not self._model:
            self._forgetting.hide()
        self._model = model
        if model is not None:
            self._models.read_metrics(model)
        self._refresh()

    @Slot(list)
    def ask_about(self, paths: list[Path]) -> None:
        """Ask the model about these images, if it can be asked."""
        model = self._model
        if model is None:
            return
        why_not = why_not_asked(model)
        self.metrics.setCurrentWidget(self.ask)
        if why_not:
            self._error.say(why_not)
        else:
            self._models.ask_for_prediction(model, paths)

    def showEvent(self, event: QShowEvent) -> None:
        """What it costs grows while it is seen."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    # What the person does

    def _make_buttons(self) -> dict[str, QPushButton]:
        models = self._models
        verbs: dict[str, tuple[str, str, Callable[[ShownModel], None] | None]] = {
            "continue": ("resume", "Continue", models.go_on),
            "cancel": ("stop", "Cancel", models.cancel),
            "end": ("good", "Take the best so far", models.end_now),
            "deploy": ("send", "Deploy…", models.ask_for_deployment),
            "undeploy": ("stop", "Undeploy", models.undeploy),
            "export": ("save", "Export…", None),
            "forget": ("remove", "Forget…", self._ask_to_forget),
        }
        made = {}
        for key, (icon, text, does) in verbs.items():
            made[key] = button = named(QPushButton(icons.icon(icon), text), f"automl_{key}")
            if does is not None:
                button.clicked.connect(partial(self._with, does))
        made["forget"].setToolTip("Remove it from this project")
        made["end"].setToolTip("End the search now, and measure the best model that was found")
        self._forms = named(QMenu(made["export"]), "automl_forms")
        made["export"].clicked.connect(self._on_export)
        return made

    def _with(self, does: Callable[[ShownModel], None], _checked: bool = False) -> None:
        if self._model is not None:
            does(self._model)

    def _ask_to_forget(self, model: ShownModel) -> None:
        words = "What is known of it here is removed, and cannot be brought back."
        if model.online and model.provider is not None:
            words += f" What lies at {model.provider.title} stays there, and may cost."
        else:
            words += " The runs that were tried for it stay."
        self._forgetting.ask((words,), "", "Forget it", "remove")
        self._forgetting.setFocus()
        self._show_question()

    @Slot()
    def _on_export(self) -> None:
        """The usual form at once; of several, the person chooses."""
        kind = self._model.kind if self._model is not None else None
        forms = kind.exports if kind is not None else ()
        if len(forms) == 1:
            self.export(forms[0])
            return
        self._forms.clear()
        for form in forms:
            self._forms.addAction(form, partial(self.export, form))
        button = self._buttons["export"]
        self._forms.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def export(self, form: str) -> None:
        """Ask for a folder, and export into it."""
        settings = self._studio.settings
        usual = settings.last_folder("automl export", Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Export the model into", usual)
        if chosen and self._model is not None:
            settings.remember_folder("automl export", Path(chosen))
            self._models.export(self._model, form, Path(chosen))

    # What is shown

    @Slot(str)
    def _on_model_changed(self, ident: str) -> None:
        if self._model is not None and self._model.id == ident:
            self._refresh()

    def _refresh(self) -> None:
        model = self._model
        self.setVisible(model is not None)
        if model is None:
            self.metrics.show_metrics(None)
            return
        self._title.setText(run_title(model.id, model.order.name))
        self._state.setText(_about(model))
        self._steps.show_state(shown_steps(model), model.state)
        self._show_progress(model)
        self._show_cost()
        self._show_rows(model)
        error = model.error or (model.state.error if model.hand is None else None)
        self._error.say(error.sentence() if error is not None else "")
        asked = model.asked if model.asked is not None and not model.asked.images else None
        price = asked.quote.price_high if asked is not None else 0.0
        self._consent.ask(
            asked.words if asked is not None else (),
            f"I agree to pay ${price:,.3f} an hour until it is undeployed.",
            "Deploy",
            "send",
        )
        self._show_buttons(model)
        self.metrics.show_metrics(model.metrics)
        measured = model.metrics is not None
        self.metrics.setVisible(measured or model.state.trained)
        self.ask.show_model(model)
        if model.asked is not self._asked:
            self._asked = model.asked
            QTimer.singleShot(LAID_OUT_MS, self, self._show_question)

    @Slot()
    def _show_question(self) -> None:
        """What the person is asked must be seen."""
        for box in (self._consent, self._forgetting, self.ask.consent):
            if box.isVisible():
                self._scroll.ensureWidgetVisible(box)

    def _show_progress(self, model: ShownModel) -> None:
        running = model.running if model.state.held else None
        self._progress.setVisible(running is not None)
        self._words.setVisible(running is not None or model.hand is not None)
        if running is not None:
            step, state = running
            self._progress.show_fraction(fraction(state))
            self._words.setText(progress_words(state, step))
        elif model.hand is not None:
            self._words.setText(f"{model.hand.title}…")

    @Slot()
    def _show_cost(self) -> None:
        deployment = self._model.state.deployment if self._model is not None else None
        self._cost.say(cost_words(deployment) if deployment is not None else "", wrong=False)

    def _show_rows(self, model: ShownModel) -> None:
        state = model.state.step("import")
        said = [
            f"Line {row.line} {row.reason}" if row.line else row.reason
            for row in state.refused[:SHOWN_ROWS]
        ]
        if not said:
            self._rows.say("", wrong=False)
            return
        count = "1 row was" if state.refused_rows == 1 else f"{state.refused_rows:,} rows were"
        if state.refused_rows > len(said):
            said.append(f"… and {state.refused_rows - len(said):,} more")
        lines = "\n".join(shortened(one, 200) for one in said)
        self._rows.say(f"{count} left out of the import:\n{lines}", wrong=False)

    def _show_buttons(self, model: ShownModel) -> None:
        state, hand, kind = model.state, model.hand, model.kind
        free = hand is None and model.provider is not None and not state.held
        making = model.running is not None and model.running[0] == "train"
        deploys = kind is not None and kind.deploys and state.trained
        shown = {
            "continue": free and state.status != "trained",
            "cancel": hand is not None,
            "end": hand is not None and making and not model.online and not model.stopping,
            "deploy": free and deploys and state.deployment is None,
            "undeploy": hand is None and state.deployment is not None,
            "export": free and state.trained and kind is not None and bool(kind.exports),
            "forget": free and state.deployment is None,
        }
        if not shown["forget"]:
            self._forgetting.hide()
        for key, visible in shown.items():
            self._buttons[key].setVisible(visible)
        self._buttons["continue"].setText(_continue_words(model))
        leaving = model.stopping and hand is not None
        self._buttons["cancel"].setText("Wait no longer" if leaving else "Cancel")
        at_google = "Ends it at the provider, too; what it has used until then is paid"
        here = "What was reached is kept: it can be gone on with"
        self._buttons["cancel"].setToolTip(at_google if model.online else here)

    def _arrange(self) -> None:
        theme.set_title(self._title)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING // 2)
        for key in ("continue", "cancel", "end", "deploy", "undeploy", "export", "forget"):
            row.addWidget(self._buttons[key])
        row.addStretch(1)
        content = ScrolledColumn()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.SPACING // 2, 0)
        column.setSpacing(theme.SPACING // 2)
        parts: tuple[QWidget, ...] = (self._title, self._state, self._cost, self._steps)
        for part in (*parts, self._words, self._progress):
            column.addWidget(part)
        column.addLayout(row)
        parts = (self._error, self._rows, self._consent, self._forgetting, self.metrics.head)
        for part in parts:
            column.addWidget(part)
        column.addWidget(self.metrics, 1)
        column.addStretch(0)
        scroll = named(QScrollArea(), f"{self.objectName()}_scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._scroll = scroll
        self.setMinimumSize(QSize(240, 160))


def _about(model: ShownModel) -> str:
    """Who trained it, with what, and where it stands."""
    order = model.order
    by = model.provider.title if model.provider is not None else order.provider
    parts = [by]
    if model.kind is not None:
        parts.append(model.kind.title)
        unit = unit_words(order.budget, model.kind.budget.unit)
        parts.append(f"{order.budget:,} {unit}")
    return f"{', '.join(parts)}: {state_words(model)}."


def _continue_words(model: ShownModel) -> str:
    """What going on would do; of a training that is paid for again, what it costs."""
    state, kind = model.state, model.kind
    over = state.step("train").status in ("failed", "stopped")
    if over and model.online and kind is not None:
        return f"Train again (up to ${kind.price(model.order.budget):,.2f} more)"
    return "Try again" if state.status == "failed" else "Continue"
