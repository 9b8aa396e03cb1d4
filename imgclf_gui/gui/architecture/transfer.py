"""Transfer: begin with a backbone that has learned already, and let the last part learn yours."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.architecture.transfer_panel import TransferPanel
from imgclf_gui.gui.drops import dropped_paths
from imgclf_gui.gui.operations.backbones import choose_weights_file, weights_file_in
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.transfer_choice import (
    Choice,
    Head,
    begun,
    changed,
    choice_in,
    figures,
    missing_weights,
)
from imgclf_gui.gui.widgets.adding_panel import AddingPanel
from imgclf_gui.gui.widgets.backbone_list import RUN, BackboneList
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.use_bar import UseBar
from imgclf_gui.plan.backbones import Backbone, backbones

LIST_WIDTH = 250
HEAD_EDITS = {"head": "Change head", "units": "Change units of head", "rate": "Change rate of head"}


class TransferView(QWidget):
    """Left the backbones; right how much of one stays, its head, and the phases of the training.

    What is chosen here is a draft until a person uses it; then every change is an edit of the
    project's network.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfer_view")
        self._studio = studio
        self._choice: Choice | None = None
        self._used: Choice | None = None
        """What the project's network is; None if it begins with no backbone."""
        self._made: dict[str, str] = {}
        """The ids of backbones that were made of runs of this project, by run."""
        self._reading = ""
        """The run that is being made a backbone."""
        self._dragged = False
        """Whether the handle has been moved since it was taken."""
        self._stale = True
        self.setAcceptDrops(True)
        self._list = BackboneList()
        self._add = named(QPushButton(icons.icon("add"), "Add weights file…"), "add_weights")
        self._add.setToolTip("safetensors, or what Keras saved: .h5, .weights.h5, .keras")
        self._download = named(QPushButton("Download…"), "download_weights")
        self._download.setToolTip("Says what would be sent, before anything is")
        self._remove = named(QPushButton("Remove…"), "remove_backbone")
        self._panel = TransferPanel(studio)
        self._bar = UseBar()
        self._tabs = named(QTabWidget(), "transfer_tabs")
        self._measured = QWidget()
        self._arrange()
        self._connect()

    @property
    def choice(self) -> Choice | None:
        """What is on show; None before it was first shown."""
        return self._choice

    def choose(self, name: str, blocks: int | None = None) -> None:
        """Look at the backbone called `name`, or at its first `blocks`; nothing is changed yet.

        Raises:
            KeyError: there is none on this machine.
        """
        self._catch_up()
        backbone, before = backbones()[name], self._choice
        chosen = Choice.begin(backbone, blocks or 0, before.head if before else None)
        trained = min(before.trained, chosen.blocks) if before else 0
        self._choice = replace(chosen, trained=trained)
        if self._used is not None and self._used.backbone.id == name and blocks is None:
            self._choice = self._used
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while it was hidden."""
        super().showEvent(event)
        self._refresh()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files of weights; the window takes the others."""
        if weights_file_in(dropped_paths(event.mimeData())) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the weights."""
        path = weights_file_in(dropped_paths(event.mimeData()))
        if path is not None:
            event.acceptProposedAction()
            self._studio.adding.offer_file(path)

    # What a person does

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        run = key.removeprefix(RUN)
        if run == key or run in self._made:
            self.choose(self._made.get(run, key))
        elif not self._reading:
            self._reading = run
            self._show()
            self._studio.make_backbone(run)

    @Slot(str, object)
    def _on_backbone_made(self, run: str, backbone: Backbone | None) -> None:
        asked, self._reading = self._reading, ""
        if backbone is not None:
            self._made[run] = backbone.id
        if backbone is not None and asked == run:
            self.choose(backbone.id)
        elif self.isVisible():
            self._show()

    @Slot(str)
    def _on_arrived(self, name: str) -> None:
        if name in backbones():
            self.choose(name)

    @Slot(str)
    def _on_gone(self, name: str) -> None:
        if self._choice is not None and self._choice.backbone.id == name:
            self._choice = None
        self._on_changed()

    @Slot()
    def _on_adding(self) -> None:
        """One at a time."""
        for button in (self._add, self._download, self._remove):
            button.setEnabled(not self._studio.adding.active)

    @Slot()
    def _on_remove(self) -> None:
        if self._choice is not None:
            self._studio.adding.offer_removal(self._choice.backbone)

    @Slot()
    def _on_taken(self) -> None:
        self._dragged = False

    @Slot(int)
    def _on_frozen(self, frozen: int) -> None:
        if self._choice is not None:
            merge = self._panel.dragging and self._dragged
            self._dragged = self._panel.dragging
            trained = self._choice.blocks - frozen
            self._set(replace(self._choice, trained=trained), "Change frozen blocks", merge)

    @Slot(int, bool)
    def _on_cut(self, blocks: int, typed: bool) -> None:
        if self._choice is not None:
            before = self._choice
            shorter = Choice.begin(before.backbone, blocks, before.head)
            shorter = replace(shorter, trained=min(before.trained, blocks))
            self._set(shorter, "Change length of backbone", typed)

    @Slot(object, str, bool)
    def _on_head(self, head: Head, what: str, typed: bool) -> None:
        if self._choice is not None:
            self._set(replace(self._choice, head=head), HEAD_EDITS[what], typed)

    @Slot()
    def _on_use(self) -> None:
        studio, choice = self._studio, self._choice
        if choice is not None and not self._hint():
            name = f"Use {choice.backbone.title[:80]} as backbone"
            studio.edit(name, begun(studio.spec, studio.summary, choice))

    @Slot()
    def _on_train(self) -> None:
        self._studio.page_wanted.emit("training")
        self._studio.train()

    # What is shown

    @property
    def _in_use(self) -> bool:
        """Whether what is on show is the project's network."""
        used, choice = self._used, self._choice
        return bool(used and choice and used.backbone.id == choice.backbone.id)

    def _set(self, choice: Choice, name: str, merge: bool) -> None:
        """Look at `choice`; where its backbone is in use, it is an edit of the network."""
        in_use, self._choice = self._in_use, choice
        if in_use and self._studio.project is not None:
            before = self._studio.spec
            self._studio.edit(name, changed(before, choice), merge=merge)
            if self._studio.spec is not before:
                return  # it has been shown
        self._show()

    @Slot()
    def _on_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    @Slot()
    def _on_project_changed(self) -> None:
        self._made, self._reading = {}, ""
        self._choice = self._used = None
        self._on_changed()

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        """This comes thirty times a second: only a run that has ended is news."""
        if not self._studio.run(run_id).state.active:
            self._on_changed()

    @Slot()
    def _on_resolved(self) -> None:
        if self.isVisible():
            self._show_state()

    def _refresh(self) -> None:
        if self._stale:
            self._catch_up()
            self._show()

    def _catch_up(self) -> None:
        """Follow the project's network, if it is another and begins with a backbone."""
        self._stale = False
        known = backbones()
        used = choice_in(self._studio.spec.network, known)
        if used != self._used and used is not None:
            self._choice = used
        self._used = used
        if self._choice is None:
            self._choice = Choice.begin(next(iter(known.values())))

    def _runs(self) -> list[RunView]:
        """Those with a model."""
        runs = self._studio.runs
        return [run for run in runs if run.state.best_epoch and not run.state.active]

    def _show(self) -> None:
        choice, studio = self._choice, self._studio
        if choice is None:
            return
        runs = self._runs()
        shown = {self._made.get(run.id) for run in runs}
        known = {name: one for name, one in backbones().items() if name not in shown}
        self._list.show_backbones(known, runs, self._reading)
        names = {made: f"{RUN}{run}" for run, made in self._made.items()}
        self._list.check(names.get(choice.backbone.id, choice.backbone.id))
        self._remove.setVisible(choice.backbone.own and choice.backbone.id not in names)
        spec = studio.spec if self._in_use else begun(studio.spec, studio.summary, choice)
        self._panel.show_choice(choice, spec, figures(spec, studio.summary))
        self._show_state()

    def _hint(self) -> str:
        """Why the network on show cannot be used yet; empty if it can."""
        studio = self._studio
        if studio.project is None:
            return "Open or make a project first; the figures are those of an example until then."
        if len(studio.summary.labels) < 2:
            return "Import images of at least two classes first."
        return missing_weights(self._choice) if self._choice else ""

    def _show_state(self) -> None:
        choice, studio = self._choice, self._studio
        if choice is None:
            return
        hint, problem = self._hint(), self._panel.problem
        if self._in_use and not problem:
            problem = " ".join(f"{p.message} {p.fix}" for p in studio.resolution.problems)
        self._bar.show_state(
            in_use=self._in_use,
            hint=hint,
            problem="" if hint else problem,
            trainable=studio.resolution.plan is not None and not self._panel.complaints(),
            needs_images=not studio.summary.labels,
        )

    @Slot(int)
    def _on_tab(self, index: int) -> None:
        """What is measured is made when it is first shown: it draws with pyqtgraph."""
        if self._tabs.widget(index) is not self._measured or self._measured.layout():
            return
        from imgclf_gui.gui.architecture.transferability import TransferabilityPanel

        layout = QVBoxLayout(self._measured)
        layout.setContentsMargins(theme.SPACING, 0, 0, 0)
        layout.addWidget(TransferabilityPanel(self._studio))

    def _connect(self) -> None:
        studio, panel, bar = self._studio, self._panel, self._bar
        self._list.chosen.connect(self._on_chosen)
        self._add.clicked.connect(lambda: choose_weights_file(studio, self))
        self._download.clicked.connect(studio.adding.offer_download)
        self._remove.clicked.connect(self._on_remove)
        studio.adding.changed.connect(self._on_adding)
        studio.adding.arrived.connect(self._on_arrived)
        studio.adding.gone.connect(self._on_gone)
        self._tabs.currentChanged.connect(self._on_tab)
        panel.taken.connect(self._on_taken)
        panel.frozen_moved.connect(self._on_frozen)
        panel.cut_moved.connect(self._on_cut)
        panel.head_edited.connect(self._on_head)
        bar.use_asked.connect(self._on_use)
        bar.train_asked.connect(self._on_train)
        bar.dataset_asked.connect(lambda: studio.page_wanted.emit("dataset"))
        studio.backbone_made.connect(self._on_backbone_made)
        studio.project_changed.connect(self._on_project_changed)
        for signal in (studio.spec_changed, studio.dataset_changed, studio.runs_changed):
            signal.connect(self._on_changed)
        studio.run_changed.connect(self._on_run_changed)
        studio.resolution_changed.connect(self._on_resolved)

    def _arrange(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(theme.SPACING, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._panel, 1)
        column.addWidget(self._bar)
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(right, "Network")
        self._tabs.addTab(self._measured, "Which backbone suits?")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._left())
        splitter.addWidget(self._right())
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([LIST_WIDTH, 4 * LIST_WIDTH])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.addWidget(splitter)

    def _left(self) -> QWidget:
        left = QWidget()
        left.setMinimumWidth(200)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACING)
        buttons.addWidget(self._download)
        buttons.addWidget(self._remove)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._list, 1)
        column.addWidget(self._add)
        column.addLayout(buttons)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(AddingPanel(self._studio))
        column.addWidget(self._tabs, 1)
        return right
