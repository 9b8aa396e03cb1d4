"""The settings of the chosen step."""

from __future__ import annotations

import json
import re
from inspect import cleandoc

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QScrollArea, QVBoxLayout

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Moving
from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.step_view import STEPS
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.plan import Problem

STEP = "step"
"""The path of the chosen step's form: its controls are named 'step.degrees'."""
_LONGEST = 20_000
"""Characters of stored settings that are shown."""
_SHAPES = re.compile(r"\[N, h, w[^.]*\.")
"""In a docstring, the sentence on shapes and values."""
_NOTHING = "Choose an augmentation in the list to see its settings."
_UNKNOWN = (
    "This installation does not know this augmentation. It is kept as it is; switch it off or take "
    "it out to train without it."
)


class StepSettings(QScrollArea):
    """What the chosen step does, its settings, and what is wrong with them, at their field."""

    edited = Signal(str, object, bool)
    """A field, its new value, and whether it was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("step_settings")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: object = None
        """What the form was made for."""
        self._form: Form | None = None
        self._title = wrapped_label(name="step_title")
        theme.set_title(self._title)
        self._summary = wrapped_label(name="step_summary")
        self._purpose = wrapped_label(muted=True, name="step_purpose")
        self._stored = named(QPlainTextEdit(), "step_stored", "Stored settings")
        self._stored.setReadOnly(True)
        self._arrange()
        self.show_nothing()

    def show_nothing(self) -> None:
        """Say that nothing is chosen."""
        self._begin(None, "", _NOTHING, "")

    def show_step(
        self, step: AugmentationStep, place: int, problems: list[Problem]
    ) -> list[Problem]:
        """A step; what is typed stays while place and kind are the same.

        Returns the problems that are not of one of its fields.
        """
        entry = catalog.augmentation_entries().get(step.kind)
        if self._shown != (place, step.kind):
            self._begin_step((place, step.kind), step, entry)
        if entry is None or self._form is None:
            self._show_stored(step)
            return problems
        self._form.show_values(_values(entry, step))
        return self._form.show_problems(_moved(problems, place))

    def focus_first(self) -> None:
        """Bring the keyboard to the first setting."""
        editors = self._form.editors() if self._form else ()
        target = editors[0] if editors else self._stored
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _begin_step(
        self, key: object, step: AugmentationStep, entry: type[Augmentation] | None
    ) -> None:
        if entry is None:
            self._begin(key, step.kind, _UNKNOWN, "")
            return
        self._begin(key, entry.title, entry.summary, _in_full(entry))
        form = self._form = named(Form(entry, STEP, first=_own(entry)), "step_form")
        form.edited.connect(self.edited)
        self._column.insertWidget(self._column.indexOf(self._stored), form)

    def _begin(self, key: object, title: str, summary: str, purpose: str) -> None:
        self._shown = key
        if self._form is not None:
            self._form.setParent(None)
            self._form.deleteLater()
            self._form = None
        for label, text in (
            (self._title, title), (self._summary, summary), (self._purpose, purpose),
        ):  # fmt: skip
            label.setText(shortened(text, 300))
            label.setVisible(bool(text))
        self._stored.hide()

    def _show_stored(self, step: AugmentationStep) -> None:
        text = json.dumps(step.settings, indent=2, ensure_ascii=False, default=str)
        text = shortened(text, _LONGEST)
        if self._stored.toPlainText() != text:
            self._stored.setPlainText(text)
        self._stored.show()

    def _arrange(self) -> None:
        content = ScrolledColumn()
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        for widget in (self._title, self._summary, self._stored, self._purpose):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(content)


def _own(entry: type[Augmentation]) -> list[str]:
    """Its own fields, what the slider moves before all others."""
    shared = Moving.model_fields
    return [*entry.strengths, *(name for name in entry.model_fields if name not in shared)]


def _values(entry: type[Augmentation], step: AugmentationStep) -> Augmentation:
    """The settings as they are stored, right or wrong, with the usual ones where none are."""
    usual = {name: info.default for name, info in entry.model_fields.items()}
    stored = {name: value for name, value in step.settings.items() if name in usual}
    return entry.model_construct(**{**usual, **stored})


def _moved(problems: list[Problem], place: int) -> list[Problem]:
    """`problems` of the step at `place` as those of the form, whose path is always the same."""
    here = f"{STEPS}.{place}"
    return [one.model_copy(update={"path": STEP + one.path.removeprefix(here)}) for one in problems]


def _in_full(entry: type[Augmentation]) -> str:
    """What it does: the first paragraph of its docstring, without the sentence on shapes."""
    text = " ".join(cleandoc(entry.__doc__ or "").partition("\n\n")[0].split())
    return _SHAPES.sub("", text).strip()
