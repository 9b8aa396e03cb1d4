"""The settings of the chosen block."""

from __future__ import annotations

import json
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block
from imgclf_gui.core.spec import BlockSpec, DataSpec
from imgclf_gui.core.tree import Place, field_path
from imgclf_gui.gui import theme
from imgclf_gui.gui.architecture.problem_box import ProblemBox
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.plan import Problem

INPUT_FIELDS = ("image_width", "image_height", "channels", "fit")
BLOCK = "block"
"""The path of the chosen block's form: its controls are named 'block.filters'."""
_LONGEST = 20_000
"""Characters of stored settings that are shown."""


class SettingsPanel(QScrollArea):
    """What the chosen block is for, its name and its settings, and what is wrong with them."""

    edited = Signal(str, object, bool)
    """A field, its new value, and whether it was typed."""
    input_edited = Signal(str, object, bool)
    """The same of the input."""
    renamed = Signal(str)
    mend_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("block_settings")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._shown: object = None
        """What the form was made for."""
        self._form: Form | None = None
        self._title = wrapped_label(name="block_title")
        theme.set_title(self._title)
        self._summary = wrapped_label(name="block_summary")
        self._purpose = wrapped_label(muted=True, name="block_purpose")
        self._name = named(QLineEdit(), "block.name", "Name of the block")
        self._name.setMaxLength(100)
        self._name.textEdited.connect(self.renamed)
        self._problem = ProblemBox("block_problem")
        self._problem.mend_asked.connect(self.mend_asked)
        self._stored = named(QPlainTextEdit(), "block_stored", "Stored settings")
        self._stored.setReadOnly(True)
        self._arrange()

    def show_nothing(self, sentence: str) -> None:
        """Say `sentence` instead of settings."""
        self._begin(None, "", sentence)

    def show_input(self, data: DataSpec, *, enabled: bool) -> None:
        """The size and colour that images have when they reach the network."""
        if self._shown != "input":
            self._begin("input", "Input", "How your images reach the first block.")
            form = Form(DataSpec, "data", only=INPUT_FIELDS)
            form.edited.connect(self.input_edited)
            self._show_form(form)
        if self._form is not None:
            self._form.show_values(data)
            self._form.setEnabled(enabled)

    def show_block(
        self, key: object, block: BlockSpec, place: Place, problems: list[Problem]
    ) -> None:
        """A block; what is typed stays while `key`, its identity, is the same."""
        entry = catalog.block_entries().get(block.kind)
        if self._shown != (key, block.kind):
            self._begin_block((key, block.kind), block, entry)
        if self._name.text() != block.name:
            self._name.setText(block.name)
        elsewhere = problems
        if entry is not None and self._form is not None:
            self._form.show_values(_values(entry, block))
            elsewhere = self._form.show_problems(_moved(problems, place))
        elif entry is None:
            self._show_stored(block)
        self._problem.show_problems(elsewhere)
        self._order()

    def _order(self) -> None:
        """Tab follows the eye: what was made last would else be the last that it reaches."""
        editors = self._form.editors() if self._form else ()
        along = [self._name, *self._problem.buttons(), *(one.control for one in editors)]
        for before, behind in pairwise(along):
            if before.nextInFocusChain() is not behind:
                QWidget.setTabOrder(before, behind)

    def focus_first(self) -> None:
        """Bring the keyboard to the first setting, or else to the name."""
        editors = self._form.editors() if self._form else ()
        target = editors[0] if editors else self._name
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _begin_block(self, key: object, block: BlockSpec, entry: type[Block] | None) -> None:
        if entry is None:
            self._begin(key, block.kind, "This installation does not know this block.")
            return
        self._begin(key, entry.title, entry.summary, _first_line(entry))
        self._name.setPlaceholderText(f"Name: {entry.title}")
        self._name.show()
        if entry.model_fields:
            form = Form(entry, BLOCK)
            form.edited.connect(self.edited)
            self._show_form(form)

    def _begin(self, key: object, title: str, summary: str, purpose: str = "") -> None:
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
        self._name.hide()
        self._stored.hide()
        self._problem.show_problems([])

    def _show_form(self, form: Form) -> None:
        self._form = named(form, "block_form")
        self._column.insertWidget(self._column.indexOf(self._problem) + 1, form)

    def _show_stored(self, block: BlockSpec) -> None:
        text = json.dumps(block.settings, indent=2, ensure_ascii=False, default=str)
        text = shortened(text, _LONGEST)
        if self._stored.toPlainText() != text:
            self._stored.setPlainText(text)
        self._stored.show()

    def _arrange(self) -> None:
        content = ScrolledColumn()
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        parts: list[QWidget | QLabel] = [self._title, self._summary, self._purpose, self._name]
        for widget in (*parts, self._problem, self._stored):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(content)


def _values(entry: type[Block], block: BlockSpec) -> Block:
    """The settings as they are stored, right or wrong, with the usual ones where none are."""
    usual = {name: info.default for name, info in entry.model_fields.items()}
    stored = {name: value for name, value in block.settings.items() if name in usual}
    return entry.model_construct(**{**usual, **stored})


def _moved(problems: list[Problem], place: Place) -> list[Problem]:
    """`problems` of the block at `place` as those of the form, whose path is always the same."""
    here = field_path(place)
    return [
        one.model_copy(update={"path": BLOCK + one.path.removeprefix(here)}) for one in problems
    ]


def _first_line(entry: type[Block]) -> str:
    return (entry.__doc__ or "").strip().partition("\n")[0]
