"""The menus: every action of the window with its name, its shortcut and what it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from imgclf_gui.core import resources
from imgclf_gui.gui import icons
from imgclf_gui.gui.operations import help as help_operations
from imgclf_gui.gui.operations import images, networks, projects
from imgclf_gui.gui.stages import STAGES
from imgclf_gui.gui.theme import Appearance, Choice

if TYPE_CHECKING:
    from imgclf_gui.gui.main_window import MainWindow

_CHOICES: tuple[tuple[Choice, str], ...] = (
    ("system", "Like the system"),
    ("light", "Light"),
    ("dark", "Dark"),
)


@runtime_checkable
class Editable(Protocol):
    """A page with actions for the Edit menu."""

    def edit_actions(self) -> list[QAction | None]:
        """In their order; None is a line between groups."""


class Menus(QObject):
    """Builds the menu bar of `window` and keeps its actions enabled where they make sense."""

    def __init__(self, window: MainWindow, appearance: Appearance) -> None:
        super().__init__(window)
        self._window = window
        self._studio = studio = window.studio
        self._appearance = appearance
        self._file_menu()
        self._edit_menu()
        self._run_menu()
        self._view_menu()
        self._help_menu()
        for signal in (
            studio.project_changed,
            studio.spec_changed,
            studio.resolution_changed,
            studio.job_changed,
            studio.runs_changed,
        ):
            signal.connect(self._refresh)
        self._refresh()

    def _file_menu(self) -> None:
        studio, window = self._studio, self._window
        menu = self._menu("&File")
        new = partial(projects.choose_new_project, studio, window)
        self._add(menu, "new", "&New project…", new, QKeySequence.StandardKey.New)
        choose = partial(projects.choose_project, studio, window)
        self._add(menu, "open", "&Open project…", choose, QKeySequence.StandardKey.Open)
        self._recent = menu.addMenu("Open &recent")
        self._recent.setObjectName("menu_recent")
        self._recent.aboutToShow.connect(self._fill_recent)
        samples = menu.addMenu("Open &sample")
        for sample in resources.samples():
            opens = partial(projects.open_sample, studio, sample.name)
            self._add(samples, f"sample_{sample.name}", _plain(sample.title), opens)
        menu.addSeparator()
        folder = partial(images.choose_import_folder, studio, window)
        self._add(menu, "import_folder", "&Import folder…", folder, "Ctrl+I")
        file = partial(images.choose_import_file, studio, window)
        self._add(menu, "import_file", "Import &file…", file, "Ctrl+Shift+I")
        sort = partial(images.choose_images_to_sort, studio, window)
        self._add(menu, "sort", "Sort images without &classes…", sort)
        menu.addSeparator()
        fetch = partial(networks.choose_network, studio, window)
        self._open_network = self._add(menu, "open_network", "Open net&work…", fetch)
        keep = partial(networks.save_network, studio, window)
        self._save_network = self._add(menu, "save_network", "Sa&ve network…", keep)
        menu.addSeparator()
        self._close = self._add(menu, "close_project", "&Close project", studio.close_project)
        self._add(menu, "quit", "&Quit", window.close, QKeySequence.StandardKey.Quit)

    def _edit_menu(self) -> None:
        self._edit = menu = self._menu("&Edit")
        keys = QKeySequence.StandardKey
        self._undo = self._add(menu, "undo", "&Undo", self._studio.undo, keys.Undo)
        self._redo = self._add(menu, "redo", "&Redo", self._studio.redo, keys.Redo)
        self._of_page = len(menu.actions())
        menu.aboutToShow.connect(self._fill_edit)

    def _run_menu(self) -> None:
        menu = self._menu("&Run")
        self._train = self._add(menu, "train", "&Train", self._on_train, "Ctrl+R")
        self._pause = self._add(menu, "pause", "&Pause", self._on_pause, "Ctrl+P")
        self._stop = self._add(menu, "stop", "&Stop", self._studio.stop_job, "Ctrl+.")

    def _view_menu(self) -> None:
        menu = self._menu("&View")
        taken = set[str]()
        for number, stage in enumerate(STAGES, start=1):
            show = partial(self._window.show_page, stage.key)
            key = f"Ctrl+{number}"
            self._add(menu, f"page_{stage.key}", _with_letter(stage.title, taken), show, key)
        menu.addSeparator()
        group = QActionGroup(self)
        for choice, title in _CHOICES:
            action = self._add(menu, f"theme_{choice}", title, partial(self._choose, choice))
            action.setCheckable(True)
            action.setChecked(self._appearance.choice == choice)
            group.addAction(action)

    def _help_menu(self) -> None:
        menu = self._menu("&Help")
        about = partial(help_operations.show_about, self._studio, self._window)
        self._add(menu, "about", "&About ImgClf Studio", about)
        copy = partial(help_operations.copy_details, self._studio)
        self._add(menu, "copy_details", "&Copy details for a bug report", copy)

    def _menu(self, title: str) -> QMenu:
        bar = self._window.menuBar()
        bar.setObjectName("menu_bar")
        menu = bar.addMenu(title)
        menu.setObjectName(f"menu_{title.strip('&').lower()}")
        return menu

    def _add(
        self,
        menu: QMenu,
        name: str,
        title: str,
        does: Callable[[], object],
        key: QKeySequence.StandardKey | str | None = None,
    ) -> QAction:
        action = menu.addAction(title)
        action.setObjectName(f"action_{name}")
        action.triggered.connect(lambda _checked=False: does())
        if key is not None:
            action.setShortcut(QKeySequence(key))
        if (picture := name.removeprefix("page_")) in icons.NAMES:
            action.setIcon(icons.icon(picture))
        return action

    @Slot()
    def _refresh(self) -> None:
        studio = self._studio
        for action in (self._close, self._open_network, self._save_network):
            action.setEnabled(studio.project is not None)
        for action, verb, name in (
            (self._undo, "&Undo", studio.undo_name),
            (self._redo, "&Redo", studio.redo_name),
        ):
            action.setEnabled(name is not None)
            action.setText(f"{verb} {_plain(name)}" if name else verb)
        run = studio.active_run
        self._train.setEnabled(studio.resolution.plan is not None)
        self._pause.setEnabled(run is not None and run.state.status in ("running", "paused"))
        self._pause.setText("&Go on" if run and run.state.status == "paused" else "&Pause")
        self._stop.setEnabled(studio.job is not None)

    @Slot()
    def _fill_edit(self) -> None:
        """Behind undo and redo stands what the page in front can do with what is chosen."""
        for action in self._edit.actions()[self._of_page :]:
            self._edit.removeAction(action)
        page = self._window.page(self._window.current_page)
        if isinstance(page, Editable):
            self._edit.addSeparator()
            for offered in page.edit_actions():
                add_action(self._edit, offered)

    @Slot()
    def _fill_recent(self) -> None:
        self._recent.clear()
        for folder in self._studio.settings.recent_projects:
            opens = partial(self._studio.open_project, Path(folder))
            self._add(self._recent, "recent", _plain(folder), opens)
        self._recent.setEnabled(True)
        if self._recent.isEmpty():
            self._recent.addAction("No projects yet").setEnabled(False)

    def _on_train(self) -> None:
        self._window.show_page("training")
        self._studio.train()

    def _on_pause(self) -> None:
        run = self._studio.active_run
        if run is None:
            return
        if run.state.status == "paused":
            self._studio.go_on(run.id)
        else:
            self._studio.pause(run.id)

    def _choose(self, choice: Choice) -> None:
        self._appearance.choose(choice)
        self._studio.settings.theme = choice


def add_action(menu: QMenu, action: QAction | None) -> None:
    """Put `action` into `menu`; None is a line."""
    if action is None:
        menu.addSeparator()
    else:
        menu.addAction(action)


def _with_letter(title: str, taken: set[str]) -> str:
    """`title`, reached by the first letter of it that is not in `taken`, and now is."""
    for place, letter in enumerate(title.lower()):
        if letter not in taken:
            taken.add(letter)
            return f"{title[:place]}&{title[place:]}"
    return title


def _plain(text: str) -> str:
    """`text` as a menu shows it, without shortcuts in it."""
    return text.replace("&", "&&")
