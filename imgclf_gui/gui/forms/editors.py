"""One editor for each kind of field. None ever hides or changes what a person typed."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from imgclf_gui.gui.forms.fields import FieldInfo, number_text
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.plan import Problem


class Editor(QWidget):
    """Edits one value, and says what is wrong with what a person typed."""

    edited = Signal(object, bool)
    """The new value, and whether it comes from typing (then many edits are one undo step)."""
    complained = Signal()
    """`complaint` changed."""

    def __init__(self, field: FieldInfo, control: QWidget) -> None:
        super().__init__()
        self.field = field
        self.control = control
        self.below: QWidget | None = None
        """What belongs to the value and needs the row's full width."""
        self.complaint = ""
        self.setFocusProxy(control)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        control.setMinimumHeight(control.sizeHint().height())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(control, 1)

    def show_value(self, value: object) -> None:
        """Show `value` without reporting an edit."""
        raise NotImplementedError

    def take_problems(self, problems: Iterable[Problem]) -> list[Problem]:
        """Mark what lies inside the value; returns the problems of the value itself."""
        return list(problems)

    def complaints(self) -> list[str]:
        """What is wrong with the texts that stand in it."""
        return [f"{self.field.title}: {self.complaint}"] if self.complaint else []


_STEPS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class _Box(QAbstractSpinBox):
    """A spin box that keeps any text: wrong ones are marked, not swallowed."""

    stepped = Signal(int)
    escaped = Signal()
    wrong = False
    """Whether its text is no value that the field takes."""

    def event(self, event: QEvent) -> bool:
        """While its text is wrong, Escape and undo are its own.

        Else they are the window's: Escape closes its message, and a number that is right is an
        edit of the project, which undo takes back.
        """
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if self.wrong and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
            if not self.wrong and any(map(event.matches, _STEPS)):
                return False
        return super().event(event)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        return (
            QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
            | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        )

    def stepBy(self, steps: int) -> None:
        self.stepped.emit(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the form scrolls

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


class NumberEditor(Editor):
    """A whole or decimal number; arrows step, Escape takes a wrong text back."""

    def __init__(self, field: FieldInfo) -> None:
        self._box = _Box()
        super().__init__(field, self._box)
        self._value: int | float | None = None
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if field.optional:
            self._box.lineEdit().setPlaceholderText("automatic")
        self._box.lineEdit().textEdited.connect(self._on_text_edited)
        self._box.stepped.connect(self._on_stepped)
        self._box.escaped.connect(self._on_escaped)

    def show_value(self, value: object) -> None:
        """Show `value`; what is being typed stays while the value is the same."""
        number = value if isinstance(value, int | float) else None
        if number == self._value and (self.complaint or self._box.text()):
            return
        self._value = number
        self._write()
        self._complain("")

    def _on_text_edited(self, text: str) -> None:
        try:
            value = self.field.parse(text)
        except ValueError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._take(value, typed=True)

    def _on_stepped(self, steps: int) -> None:
        start = self._value if self._value is not None else self.field.minimum or 0
        value = _stepped(self.field, start, steps)
        if not self.field.allows(value):
            return
        self._complain("")
        self._take(value, typed=True)
        self._write()

    def _on_escaped(self) -> None:
        self._write()
        self._complain("")

    def _take(self, value: int | float | None, *, typed: bool) -> None:
        if value != self._value:
            self._value = value
            self.edited.emit(value, typed)

    def _write(self) -> None:
        self._box.lineEdit().setText("" if self._value is None else number_text(self._value))

    def _complain(self, complaint: str) -> None:
        if complaint != self.complaint:
            self.complaint = complaint
            self._box.wrong = bool(complaint)
            self.complained.emit()


class CheckEditor(Editor):
    """Yes or no."""

    def __init__(self, field: FieldInfo) -> None:
        self._box = OutlinedCheckBox()
        super().__init__(field, self._box)
        self._box.clicked.connect(lambda checked: self.edited.emit(checked, False))

    def show_value(self, value: object) -> None:
        """Show `value`."""
        self._box.setChecked(bool(value))


class _Combo(QComboBox):
    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the form scrolls; a wheel never changes a choice by accident


class ChoiceEditor(Editor):
    """One of a few values; each has a text for people."""

    def __init__(self, field: FieldInfo, texts: dict[str, str] | None = None) -> None:
        self._combo = _Combo()
        super().__init__(field, self._combo)
        self.offer(texts if texts is not None else {choice: choice for choice in field.choices})
        self._combo.activated.connect(
            lambda index: self.edited.emit(self._combo.itemData(index), False)
        )

    def offer(self, texts: dict[str, str]) -> None:
        """Offer the values `texts` names; the present choice stays."""
        chosen = self._combo.currentData()
        self._combo.clear()
        for value, text in texts.items():
            self._combo.addItem(text, value)
        if chosen is not None:
            self.show_value(chosen)

    def show_value(self, value: object) -> None:
        """Show `value`; one that is not offered is added, so that nothing is lost."""
        index = self._combo.findData(value)
        if index < 0:
            self._combo.addItem(f"{value} (not available here)", value)
            index = self._combo.count() - 1
        self._combo.setCurrentIndex(index)


class TextEditor(Editor):
    """A line of text."""

    def __init__(self, field: FieldInfo) -> None:
        self._line = QLineEdit()
        super().__init__(field, self._line)
        self._line.textEdited.connect(lambda text: self.edited.emit(text, True))

    def show_value(self, value: object) -> None:
        """Show `value`."""
        text = "" if value is None else str(value)
        if text != self._line.text():
            self._line.setText(text)


def editor_for(field: FieldInfo) -> Editor:
    """The editor that suits `field`; entries have their own (`forms.entries`)."""
    match field.kind:
        case "integer" | "number":
            return NumberEditor(field)
        case "boolean":
            return CheckEditor(field)
        case "choice":
            return ChoiceEditor(field)
        case _:
            return TextEditor(field)


def _stepped(field: FieldInfo, start: int | float, steps: int) -> int | float:
    """`steps` further from `start`: along 1, 2, 5, 10 where sizes matter, else by `field.step`."""
    if not field.logarithmic or start <= 0:
        value = round(start + steps * field.step, 10)
        return int(value) if field.kind == "integer" else value
    value = float(start)
    for _ in range(abs(steps)):
        value = _next_125(value) if steps > 0 else 1 / _next_125(1 / value)
    return value


def _next_125(value: float) -> float:
    """The next larger of …, 0.5, 1, 2, 5, 10, …"""
    exponent = floor(log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    larger = next(digit for digit in (2, 5, 10) if digit > mantissa + 1e-6)
    return float(f"{larger}e{exponent}")
