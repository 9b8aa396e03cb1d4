"""How much of a backbone stays as it is, what decides behind it, and in which phases it learns."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.forms.editors import NumberEditor
from imgclf_gui.gui.forms.fields import FieldInfo
from imgclf_gui.gui.forms.row import Row, label_width
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.transfer_choice import (
    Choice,
    Figures,
    block_parameters,
    frozen_words,
    notes,
    phase_advice,
    phases_of,
)
from imgclf_gui.gui.widgets.figure import Figure
from imgclf_gui.gui.widgets.freeze_strip import Cell, FreezeStrip
from imgclf_gui.gui.widgets.head_form import HeadForm
from imgclf_gui.gui.widgets.labels import ElidedLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.phase_strip import PhaseStrip
from imgclf_gui.gui.widgets.phases_form import PhasesForm
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import large, shape_words

TEACHING = (
    "The first blocks of a backbone have learned edges and textures from a million photographs, "
    "and these are of use for other images, too. So only the last part has to learn yours, and far "
    "fewer images suffice."
)
TWO_COLUMNS = 760
"""From this width, in pixels, the head stands beside the phases."""


class TransferPanel(QScrollArea):
    """Shows a Choice with its figures; edits are told, and made elsewhere."""

    taken = Signal()
    """The handle was taken with the mouse."""
    frozen_moved = Signal(int)
    """How many blocks shall stay frozen."""
    cut_moved = Signal(int, bool)
    """How many of the backbone's blocks are taken, and whether that was typed."""
    head_edited = Signal(object, str, bool)
    """As HeadForm.edited."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("transfer_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._studio = studio
        self.problem = ""
        """Why the network on show cannot be; empty if it can."""
        self._trainable = Figure("transfer_trainable", "parameters learn")
        self._total = Figure("transfer_total", "parameters")
        self._work = Figure("transfer_work", "multiply-adds")
        self._features = Figure("transfer_features", "features an image")
        self._size = Figure("transfer_size", "image size")
        self._all_figures = (
            self._trainable, self._total, self._work, self._features, self._size,
        )  # fmt: skip
        self._budget = wrapped_label(name="transfer_budget")
        self._inputs = ElidedLabel(name="transfer_inputs")
        self._strip = FreezeStrip()
        self._frozen = wrapped_label(name="transfer_frozen_words")
        field = FieldInfo(
            "blocks", "integer", "Use the first", "Blocks behind these are left out.", "blocks",
            minimum=1, maximum=1,
        )  # fmt: skip
        self._cut = NumberEditor(field)
        self._cut_row = Row(
            field, self._cut, "transfer.blocks", label_width(self, ["Use the first"])
        )
        self._cut.control.setMinimumWidth(64)
        self._head = HeadForm()
        self._phases = PhaseStrip()
        self._advice = wrapped_label(name="transfer_advice")
        self._form = PhasesForm(studio)
        self._notes = wrapped_label(name="transfer_notes")
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._arrange()
        self._strip.sliderPressed.connect(self.taken)
        self._strip.valueChanged.connect(self.frozen_moved)
        self._cut.edited.connect(self._on_cut)
        self._head.edited.connect(self.head_edited)

    @property
    def dragging(self) -> bool:
        """Whether the handle is held with the mouse."""
        return self._strip.isSliderDown()

    def complaints(self) -> list[str]:
        """What is wrong with what was typed."""
        return [*self._form.complaints(), *self._head.complaints(), *self._cut.complaints()]

    def show_choice(self, choice: Choice, spec: ProjectSpec, found: Figures) -> None:
        """Show `choice`, the network of `spec`, and what it costs."""
        self.problem = found.problem
        self._show_figures(found)
        self._show_blocks(choice, found)
        self._head.show_head(choice.head)
        self._form.show_spec(spec)
        self._phases.show_phases(phases_of(choice, spec, found), choice.blocks)
        for label, text in (
            (self._advice, phase_advice(choice, spec)),
            (self._notes, "\n".join(notes(choice, self._studio.summary, found))),
        ):
            label.setText(text)
            label.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put head and phases below each other where there is no room for both."""
        super().resizeEvent(event)
        wide = self.viewport().width() >= TWO_COLUMNS
        direction = QBoxLayout.Direction
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    @Slot(object, bool)
    def _on_cut(self, value: object, typed: bool) -> None:
        if isinstance(value, int):
            self.cut_moved.emit(value, typed)

    def _show_figures(self, found: Figures) -> None:
        self._inputs.setText(found.inputs.sentence())
        self._inputs.setVisible(found.inputs.example)
        network = found.network
        if network is None:
            for figure in self._all_figures:
                figure.show_value("–")
            self._budget.setText("")
            return
        learn, total = network.trainable_parameters, network.parameters
        self._trainable.show_value(large(learn), f"{learn:,}: the others stay as they are")
        self._total.show_value(large(total), f"{total:,}, with the head")
        work = network.multiply_adds
        self._work.show_value(large(work), f"{work:,} for one image, in a forward pass")
        kept = f"The frozen part makes {found.kept:,} values of an image" if found.kept else ""
        self._features.show_value(f"{found.features:,}", kept)
        size = f"{shape_words(found.reads)} values of each image reach the backbone"
        self._size.show_value(shape_words(found.reads[:2]), size)
        self._budget.setText(found.budget)

    def _show_blocks(self, choice: Choice, found: Figures) -> None:
        steps = [*found.steps, *([None] * len(choice.names()))]
        cells = []
        for index, (name, plan) in enumerate(zip(choice.names(), steps, strict=False)):
            if plan is None:
                cells.append(Cell(name, "left out" if index >= choice.blocks else ""))
                continue
            count = block_parameters(plan)
            cells.append(Cell(name, shape_words(plan.output_shape), large(count) if count else ""))
        head = Cell("Head", f"{found.inputs.classes} classes", self._head_parameters(found))
        self._strip.show_cells(cells, head, choice.blocks, choice.frozen)
        words = frozen_words(choice)
        self._strip.setAccessibleDescription(words)
        self._frozen.setText(words)
        field = replace(self._cut.field, maximum=len(choice.backbone.blocks))
        self._cut.field = field
        self._cut.show_value(choice.blocks)

    def _head_parameters(self, found: Figures) -> str:
        if found.network is None:
            return ""
        return large(found.network.parameters - sum(map(block_parameters, found.steps)))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACING)
        for figure in self._all_figures:
            row.addWidget(figure)
        row.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(theme.SPACING)
        below.addWidget(self._frozen, 1)
        below.addWidget(self._cut_row)
        self._columns.setSpacing(3 * theme.SPACING)
        self._columns.addLayout(_section("Head", self._head), 2)
        self._columns.addLayout(
            _section("Training in phases", self._phases, self._advice, self._form), 3
        )
        content = named(ScrolledColumn(), "transfer_content")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.SPACING, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(wrapped_label(TEACHING, name="transfer_teaching"))
        column.addLayout(row)
        theme.set_muted(self._inputs)
        for label in (self._budget, self._inputs):
            column.addWidget(label)
        column.addWidget(_heading("How deep to freeze"))
        column.addWidget(self._strip)
        column.addLayout(below)
        column.addWidget(self._notes)
        column.addLayout(self._columns)
        column.addStretch(1)
        self.setWidget(content)


def _heading(text: str) -> QLabel:
    label = plain_label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def _section(title: str, *widgets: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.SPACING)
    column.addWidget(_heading(title))
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return column
