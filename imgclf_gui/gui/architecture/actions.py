"""What can be done with the chosen blocks: in the context menu, in the Edit menu, and by keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from imgclf_gui import catalog
from imgclf_gui.core.entry import Mend
from imgclf_gui.core.tree import Place
from imgclf_gui.gui import icons
from imgclf_gui.gui.architecture.block_tree import BlockTree
from imgclf_gui.gui.architecture.workbench import Workbench
from imgclf_gui.gui.menus import add_action
from imgclf_gui.plan import edits

_Key = QKeySequence.StandardKey


class BlockActions(QObject):
    """The actions of the tree; their keys work while it has the keyboard, and only then."""

    palette_wanted = Signal()

    def __init__(self, tree: BlockTree, workbench: Workbench) -> None:
        super().__init__(tree)
        self._tree = tree
        self._workbench = workbench
        self._all: list[QAction | None] = []
        bench = workbench
        self._insert = self._add("insert_block", "&Insert block…", self.palette_wanted.emit, "Ins")
        self._mend = self._add("mend_block", "&Mend", self._mend_first, "Ctrl+M")
        self._separate()
        self._cut = self._add("cut", "Cu&t", self._on_cut, _Key.Cut)
        self._copy = self._add("copy_blocks", "&Copy", self._with_chosen(bench.copy), _Key.Copy)
        self._paste = self._add("paste", "&Paste", self._on_paste, _Key.Paste)
        self._duplicate = self._add(
            "duplicate", "&Duplicate", self._with_chosen(bench.duplicate), "Ctrl+D"
        )
        self._remove = self._add("remove", "R&emove", self._with_chosen(bench.remove), _Key.Delete)
        self._rename = self._add("rename", "Re&name", self._on_rename, "F2")
        self._separate()
        up, down = partial(self._shift, edits.step_blocks, -1), self._step_down
        self._up = self._add("up", "Move &up", up, "Alt+Up")
        self._down = self._add("down", "Move d&own", down, "Alt+Down")
        self._out = self._add(
            "move_out", "Move ou&t", partial(self._shift, edits.take_out), "Alt+Left"
        )
        self._in = self._add("move_in", "Move in", partial(self._shift, edits.take_in), "Alt+Right")
        self._separate()
        self._wrap = self._wrap_menu()
        self._unwrap = self._add("unwrap", "Unwrap", self._on_unwrap, "Ctrl+Shift+G")
        self._separate()
        self._add("expand_all", "Expand all", tree.expandAll)
        self._add("collapse_all", "Collapse all", tree.collapseAll)
        tree.chosen_changed.connect(self.refresh)
        tree.customContextMenuRequested.connect(self._show_menu)
        self.refresh()

    def all(self) -> list[QAction | None]:
        """Every action in its order; None is a line between groups."""
        return list(self._all)

    @Slot()
    def refresh(self) -> None:
        """Enable what makes sense now."""
        chosen = self._tree.chosen()
        self._insert.setEnabled(self._workbench.open)
        self._paste.setEnabled(self._workbench.open)
        for action in (self._cut, self._copy, self._duplicate, self._remove):
            action.setEnabled(bool(chosen))
        self._rename.setEnabled(len(chosen) == 1)
        together = edits.side_by_side(chosen)
        for action in (self._up, self._down, self._out, self._in):
            action.setEnabled(together)
        self._wrap.setEnabled(together)
        one = self._workbench.block(chosen[0]) if len(chosen) == 1 else None
        self._unwrap.setEnabled(one is not None and bool(one.blocks))
        mends = self._mends()
        self._mend.setEnabled(bool(mends))
        self._mend.setText(f"&Mend: {mends[0][1].title}" if mends else "&Mend")

    def insertion_place(self) -> Place:
        """Behind the chosen block, inside it if it is an empty container; else at the end."""
        index = self._tree.current()
        if not index.isValid():
            return (len(self._workbench.view.blocks),)
        place = self._tree.blocks.place(index)
        if place is None:
            return (0,)
        block = self._workbench.block(place)
        if not block.blocks and edits.holds_blocks(block):
            return (*place, 0)
        return edits.after(place)

    def _mends(self) -> list[tuple[Place, Mend]]:
        """Of the chosen block, or else of the network."""
        chosen = self._tree.chosen()
        for place in (*chosen[:1], ()):
            problems = self._workbench.view.problems_at(place)
            found = [(place, mend) for one in problems for mend in one.mends]
            if found:
                return found
        return []

    def _mend_first(self) -> None:
        for place, mend in self._mends()[:1]:
            self._workbench.mend(place, mend)

    def _on_cut(self) -> None:
        chosen = self._tree.chosen()
        self._workbench.copy(chosen)
        self._workbench.remove(chosen, "Cut")

    def _on_paste(self) -> None:
        self._workbench.paste(self.insertion_place())

    def _on_rename(self) -> None:
        self._tree.edit(self._tree.currentIndex())

    def _on_unwrap(self) -> None:
        for place in self._tree.chosen()[:1]:
            self._workbench.unwrap(place)

    def _step_down(self) -> None:
        self._shift(edits.step_blocks, 1)

    def _shift(self, how: Callable[..., edits.Edited | None], *step: int) -> None:
        self._workbench.shift(self._tree.chosen(), how, *step)

    def _with_chosen(self, does: Callable[[tuple[Place, ...]], None]) -> Callable[[], None]:
        def act() -> None:
            chosen = self._tree.chosen()
            if chosen:
                does(chosen)

        return act

    def _wrap_menu(self) -> QAction:
        """A menu with every container of the catalogue."""
        menu = QMenu("&Wrap in", self._tree)
        menu.setObjectName("menu_wrap")
        for kind, entry in sorted(catalog.block_entries().items()):
            if entry.holds != "nothing":
                action = menu.addAction(entry.title)
                action.setObjectName(f"action_wrap_{kind}")
                action.triggered.connect(lambda _=False, kind=kind: self._wrap_in(kind))
        self._all.append(menu.menuAction())
        return menu.menuAction()

    def _wrap_in(self, kind: str) -> None:
        self._workbench.wrap(self._tree.chosen(), kind)

    def _add(
        self,
        name: str,
        title: str,
        does: Callable[[], object],
        key: QKeySequence.StandardKey | str | None = None,
    ) -> QAction:
        action = QAction(title, self._tree)
        action.setObjectName(f"action_{name}")
        action.triggered.connect(lambda _checked=False: does())
        if key is not None:
            action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if name in icons.NAMES:
            action.setIcon(icons.icon(name))
        self._tree.addAction(action)
        self._all.append(action)
        return action

    def _separate(self) -> None:
        self._all.append(None)

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        """The actions, and every mend of the chosen block."""
        menu = QMenu(self._tree)
        menu.setObjectName("block_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, mend in self._mends()[1:]:
            does = partial(self._workbench.mend, place, mend)
            menu.addAction(f"Mend: {mend.title}").triggered.connect(lambda _=False, do=does: do())
        for action in self._all:
            add_action(menu, action)
        menu.popup(self._tree.viewport().mapToGlobal(point))
