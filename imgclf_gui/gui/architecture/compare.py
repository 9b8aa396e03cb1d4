"""Compare: two networks side by side, what differs, what each costs, and how well it did."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui import catalog
from imgclf_gui.core.figures import bytes_words, three_digits
from imgclf_gui.core.spec import NetworkSpec
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.network_view import inputs_of
from imgclf_gui.gui.operations.projects import projects_folder
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.comparison_tree import WORDS, ComparisonTree
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.figures_table import FiguresTable
from imgclf_gui.gui.widgets.labels import LONGEST_TEXT, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.network_chooser import Choice, NetworkChooser
from imgclf_gui.gui.widgets.words import interval_words, percent, run_title, shape_words
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.compare import (
    OWN_TITLE,
    Comparison,
    Row,
    Seat,
    Total,
    compare,
    heading,
    network_key,
    planned_blocks,
    side,
)
from imgclf_gui.plan.network import load_entry
from imgclf_gui.plan.network_file import ReadNetwork

PROJECT_KEY = "project"
_WISHES = ("compare left", "compare right")
"""What a file is read for."""
MOST_SETTINGS = 20
"""Shown of a block; none has more, but a damaged file may."""
FILE_FORMS = "Networks and Keras models (*.json *.keras)"


class CompareView(QWidget):
    """Two choosers on top; below the aligned blocks, and beside them figures and details."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_view")
        self._studio = studio
        self._keys = [PROJECT_KEY, ""]
        """What is chosen on the left and on the right."""
        self._files: dict[str, Choice] = {}
        self._runs: dict[Path, tuple[Choice, str]] = {}
        """What network each run trained, and its key; a run's plan never changes."""
        self._found: Comparison | None = None
        self._found_keys = ("", "")
        self._stale = True
        self._choosers = NetworkChooser("left"), NetworkChooser("right")
        self._summary = wrapped_label(name="compare_summary")
        self._tree = ComparisonTree()
        self._totals = FiguresTable("compare_totals", "Figures of both networks")
        self._detail_title = wrapped_label(name="compare_detail_title")
        self._detail = FiguresTable("compare_detail", "The chosen block on both sides")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._content())
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        """Take in what changed while it was hidden."""
        super().showEvent(event)
        self._refresh()

    def show_file(self, path: Path, index: int) -> None:
        """Compare the network in `path`, on the left (0) or on the right (1)."""
        self._studio.read_network(path, _WISHES[index])

    @Slot(object, str, object)
    def _on_network_read(self, path: Path, wish: str, read: ReadNetwork) -> None:
        if wish not in _WISHES:
            return
        key = f"file:{path}"
        self._files[key] = Choice(key, path.name, read.network)
        if read.notes:
            self._studio.said.emit(f"{path.name}: {' '.join(read.notes)}")
        self._choose(_WISHES.index(wish), key)

    def _connect(self) -> None:
        studio = self._studio
        for signal in (
            studio.project_changed,
            studio.spec_changed,
            studio.dataset_changed,
            studio.runs_changed,
        ):
            signal.connect(self._on_changed)
        studio.run_changed.connect(self._on_run_changed)
        studio.network_read.connect(self._on_network_read)
        for index, chooser in enumerate(self._choosers):
            chooser.chosen.connect(lambda key, index=index: self._choose(index, key))
            chooser.file_asked.connect(lambda index=index: self._ask_for_file(index))
            chooser.use_asked.connect(lambda index=index: self._use(index))
        self._tree.row_chosen.connect(self._show_detail)

    def _choose(self, index: int, key: str) -> None:
        self._keys[index] = key
        self._on_changed()

    def _swap(self) -> None:
        self._keys.reverse()
        self._on_changed()

    def _ask_for_file(self, index: int) -> None:
        usual = self._studio.settings.last_folder("network", projects_folder())
        chosen, _ = QFileDialog.getOpenFileName(self, "Compare with a network", usual, FILE_FORMS)
        if chosen:
            self._studio.settings.remember_folder("network", Path(chosen).parent)
            self.show_file(Path(chosen), index)

    def _use(self, index: int) -> None:
        if self._found is None:
            return
        one = (self._found.left, self._found.right)[index]
        spec = self._studio.spec.model_copy(update={"network": one.network})
        self._studio.edit("Use network", spec)

    @Slot()
    def _on_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        del run_id
        if self.isVisible():
            self._show_accuracies()

    def _refresh(self) -> None:
        """Compare again, if anything is other than it was."""
        self._stack.setCurrentIndex(0 if self._studio.project is None else 1)
        if not self._stale or self._studio.project is None:
            return
        self._stale = False
        choices = self._choices()
        self._settle(choices)
        for chooser, key in zip(self._choosers, self._keys, strict=True):
            chooser.show_choices(list(choices.values()), key)
        left, right = (choices[key] for key in self._keys)
        self._show(self._compared(left, right))

    def _choices(self) -> dict[str, Choice]:
        """Every network that can be chosen, by its key."""
        studio = self._studio
        found = [Choice(PROJECT_KEY, heading(OWN_TITLE), studio.spec.network)]
        for kind, preset in catalog.preset_entries().items():
            found.append(Choice(f"preset:{kind}", preset.title, preset_network(kind)))
        found += [self._trained(run)[0] for run in studio.runs]
        return {choice.key: choice for choice in (*found, *self._files.values())}

    def _settle(self, choices: dict[str, Choice]) -> None:
        """What is not there any more gives way: to this network, or to a preset unlike it."""
        if self._keys[0] not in choices:
            self._keys[0] = PROJECT_KEY
        if self._keys[1] not in choices:
            own = network_key(self._studio.spec.network.blocks)
            others = [
                choice.key
                for choice in choices.values()
                if choice.key != PROJECT_KEY and network_key(choice.network.blocks) != own
            ]
            self._keys[1] = next(iter(others), PROJECT_KEY)

    def _compared(self, left: Choice, right: Choice) -> Comparison:
        spec = self._studio.spec
        inputs = inputs_of(spec, self._studio.summary)
        optimizer, _ = load_entry(spec.training.optimizer, catalog.optimizer_entries(), "")
        sides = [
            side(_in_sentence(one), one.network, inputs.shape, inputs.classes)
            for one in (left, right)
        ]
        slots = optimizer.slots if optimizer is not None else 0
        return compare(sides[0], sides[1], spec.training.batch_size, slots)

    def _show(self, found: Comparison) -> None:
        self._found = found
        self._found_keys = (
            network_key(found.left.network.blocks),
            network_key(found.right.network.blocks),
        )
        self._summary.setText(shortened(found.summary, LONGEST_TEXT))
        titles = [heading(one.title) for one in (found.left, found.right)]
        self._totals.show_rows(["", *titles, "Ratio"], [_total_row(one) for one in found.totals])
        self._tree.show_rows(titles[0], titles[1], found.rows)
        for chooser, one in zip(self._choosers, (found.left, found.right), strict=True):
            chooser.allow_use(one.network.blocks != self._studio.spec.network.blocks)
        self._show_accuracies()

    def _show_accuracies(self) -> None:
        for chooser, key in zip(self._choosers, self._found_keys, strict=True):
            runs = [run for run in self._studio.runs if self._trained(run)[1] == key]
            chooser.show_accuracy(accuracy_words(runs))

    def _trained(self, run: RunView) -> tuple[Choice, str]:
        """The network of `run`, and its key."""
        if run.folder.folder not in self._runs:
            blocks = planned_blocks(run.plan.network.blocks)
            network = NetworkSpec(preset=run.preset or None, blocks=blocks)
            choice = Choice(f"run:{run.id}", f"Run {run_title(run.id, run.name)}", network)
            self._runs[run.folder.folder] = choice, network_key(blocks)
        return self._runs[run.folder.folder]

    @Slot(object)
    def _show_detail(self, row: Row | None) -> None:
        self._detail.setVisible(row is not None)
        if row is None or self._found is None:
            self._detail_title.setText("Choose a row to see both blocks in figures.")
            return
        seat = row.left or row.right
        self._detail_title.setText(f"{seat.title if seat else ''}: {WORDS[row.status]}")
        titles = [heading(one.title) for one in (self._found.left, self._found.right)]
        self._detail.show_rows(["", *titles], detail_rows(row))

    def _content(self) -> QWidget:
        swap = named(QToolButton(), "compare_swap", "Swap the networks")
        swap.setIcon(icons.icon("swap"))
        swap.setToolTip("Swap the networks")
        swap.setAutoRaise(True)
        swap.clicked.connect(lambda _checked=False: self._swap())
        top = QHBoxLayout()
        top.setSpacing(theme.SPACING)
        top.addWidget(self._choosers[0], 1)
        top.addWidget(swap, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._choosers[1], 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._tree)
        splitter.addWidget(self._figures())
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([640, 400])
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(top)
        layout.addWidget(self._summary)
        layout.addWidget(splitter, 1)
        return content

    def _figures(self) -> QWidget:
        column = QWidget()
        column.setMinimumWidth(320)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(theme.SPACING, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._totals)
        layout.addSpacing(theme.SPACING)
        layout.addWidget(self._detail_title)
        layout.addWidget(self._detail)
        layout.addStretch(1)
        return column

    def _empty(self) -> EmptyState:
        empty = EmptyState(
            "architecture",
            "Compare two networks",
            "See which blocks differ, what each network costs, and how well its runs did. "
            "Open a project, or make one from your images, to begin.",
        )
        empty.setObjectName("compare_empty")
        to_dataset = "To the Dataset tab"
        empty.add_button("compare_to_dataset", to_dataset, self._to_dataset, primary=True)
        return empty

    def _to_dataset(self) -> None:
        self._studio.page_wanted.emit("dataset")


def accuracy_words(runs: list[RunView]) -> str:
    """How well the best of `runs`, all of one network, did; chosen by validation, never by test."""
    scored = [(run.state.best.score, run) for run in runs if run.state.best is not None]
    if not scored:
        return "No run of this network yet." if not runs else "No run of it has a result yet."
    _, run = max(scored, key=lambda pair: pair[0])
    parts = []
    for split in ("validation", "test"):
        result = run.state.evaluations.get(split)
        if result is not None:
            parts.append(f"{split} {interval_words(result)} of {result.images:,} images")
    best = run.state.best
    if not parts and best is not None:
        known = best.validation_accuracy
        parts.append(f"validation {percent(known)}" if known is not None else "not measured")
    which = f"Run {run.id}" if len(runs) == 1 else f"Run {run.id}, the best of {len(runs)}"
    return f"{which}: {', '.join(parts)}."


def detail_rows(row: Row) -> list[tuple[str, str, str]]:
    """The settings that differ, and what both blocks make and cost."""
    settings = [(one.title, one.left, one.right) for one in row.settings[:MOST_SETTINGS]]
    left, right = _seat_figures(row.left), _seat_figures(row.right)
    return [*settings, *zip(_SEAT_TITLES, left, right, strict=True)]


_SEAT_TITLES = ("Settings", "Output shape", "Parameters", "Multiply-adds")


def _seat_figures(seat: Seat | None) -> tuple[str, str, str, str]:
    """In the order of _SEAT_TITLES."""
    if seat is None:
        return ("–", "–", "–", "–")
    shape = shape_words(seat.shape) if seat.shape else "–"
    return seat.brief or "–", shape, _count(seat.parameters), _count(seat.multiply_adds)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _total_row(total: Total) -> tuple[str, str, str, str]:
    def words(number: int | None) -> str:
        return bytes_words(number) if total.in_bytes and number is not None else _count(number)

    ratio = f"{three_digits(total.ratio)}×" if total.ratio else "–"
    return total.title, words(total.left), words(total.right), ratio


def _in_sentence(choice: Choice) -> str:
    return OWN_TITLE if choice.key == PROJECT_KEY else choice.title
