"""What can be done with the chosen step: in the context menu, in the Edit menu, and by keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from imgclf_gui.gui import icons
from imgclf_gui.gui.augmentation.edits import StepEdits
from imgclf_gui.gui.augmentation.step_list import LEAP, StepList
from imgclf_gui.gui.menus import add_action


class StepActions(QObject):
    """The actions of the list; their keys work while it has the keyboard, that of Add always."""

    palette_wanted = Signal()

    def __init__(self, steps: StepList, edits: StepEdits) -> None:
        super().__init__(steps)
        self._list = steps
        self._edits = edits
        self._all: list[QAction | None] = []
        self._add_action = self._add("add_step", "&Add…", self.palette_wanted.emit, "Ins", "add")
        self._add_action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self._all.append(None)
        self._switch = self._of_step("switch_step", "S&witch off", self._on_switch, "Space")
        self._less = self._of_step("weaker_step", "Wea&ker", self._on_weaker, "Ctrl+Left")
        self._more = self._of_step("stronger_step", "S&tronger", self._on_stronger, "Ctrl+Right")
        self._of_step("step_settings", "&Settings", self._on_settings, "F2", "settings")
        self._all.append(None)
        self._of_step("duplicate_step", "&Duplicate", edits.duplicate, "Ctrl+D", "duplicate")
        self._of_step("remove_step", "R&emove", edits.remove, "Del", "remove")
        self._all.append(None)
        self._up = self._of_step("step_up", "Move &up", self._on_up, "Alt+Up", "up")
        self._down = self._of_step("step_down", "Move d&own", self._on_down, "Alt+Down", "down")
        steps.chosen_changed.connect(self.refresh)
        steps.customContextMenuRequested.connect(self._show_menu)
        self.refresh()

    def all(self) -> list[QAction | None]:
        """Every action in its order; None is a line between groups."""
        return list(self._all)

    @Slot()
    def refresh(self) -> None:
        """Enable what makes sense now."""
        place, count = self._list.chosen, len(self._edits.steps)
        for action in self._all[1:]:
            if action is not None:
                action.setEnabled(place is not None)
        self._add_action.setEnabled(self._edits.open)
        if place is None:
            return
        row = self._list.steps.row(self._list.steps.index(place))
        self._switch.setText("S&witch off" if row.enabled else "S&witch on")
        self._less.setEnabled(bool(row.strength))
        self._more.setEnabled(row.strength is not None and row.strength < 1)
        self._up.setEnabled(place > 0)
        self._down.setEnabled(place < count - 1)

    def _on_switch(self, place: int) -> None:
        self._edits.switch(place, not self._edits.steps[place].enabled)

    def _on_weaker(self, place: int) -> None:
        self._edits.step_strength(place, -LEAP)

    def _on_stronger(self, place: int) -> None:
        self._edits.step_strength(place, LEAP)

    def _on_settings(self, place: int) -> None:
        del place
        self._list.settings_wanted.emit()

    def _on_up(self, place: int) -> None:
        self._edits.move(place, place - 1)

    def _on_down(self, place: int) -> None:
        self._edits.move(place, place + 2)

    def _of_step(
        self, name: str, title: str, does: Callable[[int], None], key: str, icon: str = ""
    ) -> QAction:
        def act() -> None:
            place = self._list.chosen
            if place is not None:
                does(place)

        return self._add(name, title, act, key, icon)

    def _add(
        self, name: str, title: str, does: Callable[[], object], key: str, icon: str = ""
    ) -> QAction:
        action = QAction(title, self._list)
        action.setObjectName(f"action_{name}")
        action.triggered.connect(lambda _checked=False: does())
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if icon:
            action.setIcon(icons.icon(icon))
        self._list.addAction(action)
        self._all.append(action)
        return action

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        menu = QMenu(self._list)
        menu.setObjectName("step_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self._all:
            add_action(menu, action)
        menu.popup(self._list.viewport().mapToGlobal(point))
