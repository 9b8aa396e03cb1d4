"""Build: the palette, the network as a tree of cards, the settings of the chosen block."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QApplication, QSplitter, QTabBar, QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.core.entry import Mend
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Place
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.architecture.actions import BlockActions
from imgclf_gui.gui.architecture.block_tree import BlockTree
from imgclf_gui.gui.architecture.notes import Notes
from imgclf_gui.gui.architecture.palette import Palette
from imgclf_gui.gui.architecture.presets import Presets
from imgclf_gui.gui.architecture.problem_box import ProblemBox
from imgclf_gui.gui.architecture.settings_panel import SettingsPanel
from imgclf_gui.gui.architecture.totals import Totals
from imgclf_gui.gui.architecture.workbench import Workbench
from imgclf_gui.gui.operations.pictures import choose_picture_file
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.network_diagram import NetworkDiagram

SIDE_WIDTH = 210
SETTINGS_WIDTH = 250
DIAGRAM_HEIGHT = 200
DIAGRAM_PAUSE_MS = 60
"""The picture follows when nothing was typed for this long; the figures follow at once."""

_EMPTY = "Drag a block here, or choose a preset."
_NO_PROJECT = "Open a project, or make one; then build its network here."


class BuilderView(QWidget):
    """Left the palette and the presets, centre the cards, right the settings, below the diagram."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("builder_view")
        self._studio = studio
        self.workbench = Workbench(studio, self)
        """Every change of the network goes through it."""
        self._tree = BlockTree()
        self._actions = BlockActions(self._tree, self.workbench)
        self._palette = Palette()
        self._presets = Presets(studio, self.workbench)
        self._settings = SettingsPanel()
        self._problem = ProblemBox("network_problem")
        self._notes = Notes()
        self._diagram = NetworkDiagram()
        self._diagram_timer = QTimer(self, singleShot=True, interval=DIAGRAM_PAUSE_MS)
        self._diagram_timer.timeout.connect(self._show_diagram)
        self._arrange()
        self._connect()
        self._on_network_changed()

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers while this view is in front."""
        return self._actions.all()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the keyboard in the network, unless it is among the tabs."""
        super().showEvent(event)
        if not isinstance(QApplication.focusWidget(), QTabBar):
            self._tree.setFocus()

    # What happens

    def _connect(self) -> None:
        tree, bench, settings = self._tree, self.workbench, self._settings
        bench.changed.connect(self._on_network_changed)
        bench.chosen_wanted.connect(lambda places: tree.choose(*places))
        tree.chosen_changed.connect(self._on_chosen_changed)
        tree.mend_asked.connect(bench.mend)
        tree.settings_wanted.connect(settings.focus_first)
        tree.blocks.dropped.connect(self._on_dropped)
        tree.blocks.moved.connect(self._on_moved)
        tree.blocks.renamed.connect(bench.rename)
        tree.blocks.refused.connect(self._studio.failed)
        settings.edited.connect(self._on_setting_edited)
        settings.input_edited.connect(lambda *edit: bench.set_input(*edit[:2], typed=edit[2]))
        settings.renamed.connect(self._on_name_typed)
        settings.mend_asked.connect(self._on_mend_asked)
        self._problem.mend_asked.connect(lambda mend: bench.mend((), mend))
        self._actions.palette_wanted.connect(self._on_palette_wanted)
        self._palette.asked.connect(self._on_block_asked)
        self._palette.left.connect(tree.setFocus)
        self._presets.chosen.connect(bench.start_with)
        self._diagram.place_chosen.connect(self._on_place_chosen)
        self._diagram.save_asked.connect(lambda: choose_picture_file(self._studio, self._diagram))
        self._studio.network_opened.connect(self._notes.show_notes)
        self._studio.project_changed.connect(self._on_project_changed)

    @Slot()
    def _on_network_changed(self) -> None:
        view = self.workbench.view
        self._tree.show_network(view, empty=_EMPTY if self.workbench.open else _NO_PROJECT)
        self._problem.show_problems(view.problems_at(()) if view.blocks else [])
        self._actions.refresh()
        self._show_settings()
        self._diagram_timer.start()

    @Slot()
    def _on_project_changed(self) -> None:
        self._notes.hide()
        self._tree.choose(None)

    @Slot()
    def _on_chosen_changed(self) -> None:
        self.workbench.forget_typing()
        self._show_settings()
        self._diagram.choose(self._place())

    @Slot()
    def _show_diagram(self) -> None:
        view = self.workbench.view
        self._diagram.show_network(view.shown, view.draft, view.inputs.shape)
        self._diagram.choose(self._place())

    @Slot(object)
    def _on_place_chosen(self, place: Place) -> None:
        self._tree.choose(place)

    @Slot(object, object)
    def _on_dropped(self, blocks: tuple[BlockSpec, ...], place: Place) -> None:
        if self.workbench.open:
            self.workbench.insert(blocks, place)
            self._tree.setFocus()

    @Slot(object, object)
    def _on_moved(self, places: list[Place], target: Place) -> None:
        self.workbench.move(places, target)

    @Slot()
    def _on_palette_wanted(self) -> None:
        self._side.setCurrentIndex(0)
        self._palette.begin()

    @Slot(str)
    def _on_block_asked(self, kind: str) -> None:
        if self.workbench.open:
            place = self._actions.insertion_place()
            self.workbench.insert([BlockSpec(kind=kind)], place)

    @Slot(str, object, bool)
    def _on_setting_edited(self, field: str, value: object, typed: bool) -> None:
        place = self._place()
        if place is not None:
            self.workbench.set(place, field, value, typed=typed)

    @Slot(str)
    def _on_name_typed(self, name: str) -> None:
        place = self._place()
        if place is not None:
            self.workbench.rename(place, name, typed=True)

    @Slot(object)
    def _on_mend_asked(self, mend: Mend) -> None:
        place = self._place()
        if place is not None:
            self.workbench.mend(place, mend)

    # What is shown

    def _place(self) -> Place | None:
        """Of the block whose settings are shown; None for the input, or none."""
        return self._tree.blocks.place(self._tree.current())

    def _show_settings(self) -> None:
        index, panel = self._tree.current(), self._settings
        chosen = self._tree.chosen()
        place = self._tree.blocks.place(index)
        if len(chosen) > 1:
            panel.show_nothing(f"{len(chosen)} blocks are chosen.")
        elif place is not None:
            node = self._tree.blocks.node(index)
            problems = self.workbench.view.problems_at(place)
            panel.show_block(node, self.workbench.block(place), place, problems)
        elif index.isValid():
            panel.show_input(self._studio.spec.data, enabled=self.workbench.open)
        else:
            panel.show_nothing("Choose a block to see its settings.")

    def _arrange(self) -> None:
        self._side = side = named(QTabWidget(), "palette_tabs")
        side.setDocumentMode(True)
        side.addTab(self._palette, icons.icon("add"), "Blocks")
        side.addTab(self._presets, icons.icon("architecture"), "Presets")
        side.setMinimumWidth(180)
        work = QSplitter(Qt.Orientation.Horizontal)
        work.addWidget(self._tree_column())
        work.addWidget(self._settings)
        work.setStretchFactor(0, 1)
        work.setSizes([3 * SETTINGS_WIDTH, SETTINGS_WIDTH])
        right = named(QSplitter(Qt.Orientation.Vertical), "builder_rows")
        right.addWidget(work)
        right.addWidget(self._diagram)
        for row, share in enumerate((2, 1)):
            right.setStretchFactor(row, share)
        right.setSizes([2 * DIAGRAM_HEIGHT, DIAGRAM_HEIGHT])
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(side)
        whole.addWidget(right)
        whole.setStretchFactor(1, 1)
        whole.setSizes([SIDE_WIDTH, 4 * SIDE_WIDTH])
        for splitter in (work, whole):
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(Totals(self._studio, self.workbench))
        layout.addWidget(whole, 1)

    def _tree_column(self) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        for widget in (self._notes, self._problem):
            layout.addWidget(widget)
        layout.addWidget(self._tree, 1)
        column.setMinimumWidth(260)
        return column
