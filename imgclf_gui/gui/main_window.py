"""The one window: a tab for each stage of the work, messages, and the status line."""

from __future__ import annotations

import base64

from PySide6.QtCore import QByteArray, QSize, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QMainWindow, QMessageBox, QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui import icons
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.menus import Menus
from imgclf_gui.gui.messages import MessageBar
from imgclf_gui.gui.stages import STAGES
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import SPACING, Appearance
from imgclf_gui.gui.widgets.status_line import StatusLine

FIRST_SIZE = QSize(1200, 760)
_KEPT = {
    "import": "What was imported so far is kept.",
    "run": "It is saved as it is now, and can be resumed.",
    "study": "Its complete trainings are kept, and it can go on later.",
    "copies": "The copies that were written stay.",
    "check": "It can be started again.",
    "sort": "It can be started again.",
    "transfer": "What was measured so far is kept.",
    "cloud": "What was answered so far is kept.",
    "automl": "It can be gone on with.",
    "automl-online": "It can be gone on with. What Google has begun goes on, and may cost.",
    "weights": "Nothing of it is kept.",
}
"""What becomes of a job that is stopped to close the window."""
FRAME = QSize(16, 40)
"""What the system draws around a window, about, in pixels."""


class MainWindow(QMainWindow):
    """Shows the studio. Pages are made when they are first shown."""

    painted = Signal()
    """Once: the person sees the window."""

    def __init__(self, studio: Studio, appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowIcon(icons.app_icon())
        self.setMinimumSize(QSize(760, 520))
        self.setAcceptDrops(True)
        self.studio = studio
        self._was_painted = False
        self._pages: dict[str, QWidget] = {}
        self._holders: list[QVBoxLayout] = []
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setObjectName("pages")
        self._tabs.setIconSize(QSize(18, 18))
        self._messages = MessageBar()
        self.setCentralWidget(self._central())
        self.setStatusBar(StatusLine(studio))
        self._add_stages()
        self._menus = Menus(self, appearance)
        # Its own, so that Escape is anybody's while there is no message.
        QShortcut(QKeySequence("Esc"), self._messages, self._messages.hide)
        studio.failed.connect(self._messages.report)
        studio.said.connect(self._messages.say)
        studio.page_wanted.connect(self.show_page)
        studio.project_changed.connect(self._on_project_changed)
        studio.spec_changed.connect(self._refresh_title)
        self._restore()
        self._refresh_title()

    def page(self, key: str) -> QWidget:
        """The page of that key, made now if it was never shown.

        Raises:
            KeyError: there is no such page.
        """
        if key not in self._pages:
            index = self._index(key)
            self._pages[key] = page = STAGES[index].make(self.studio)
            self._holders[index].addWidget(page)
        return self._pages[key]

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Bring a page to the front, and the keyboard to it."""
        self.page(key)
        self._tabs.setCurrentIndex(self._index(key))

    @property
    def current_page(self) -> str:
        """The key of the page in front."""
        return STAGES[self._tabs.currentIndex()].key

    @Slot(object)
    def report(self, report: ErrorReport) -> None:
        """Say what went wrong."""
        self._messages.report(report)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell when the window is first seen."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Do what the person means by it."""
        from imgclf_gui.gui.drops import dropped_paths
        from imgclf_gui.gui.operations.images import take_drop

        event.acceptProposedAction()
        take_drop(self.studio, dropped_paths(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask while something runs or costs; keep everything, join every thread and process."""
        job, costs = self.studio.job, self.studio.cloud.lingering
        if (job is not None or costs) and not self._may_close(job, costs):
            event.ignore()
            return
        self._remember()
        self.hide()
        self.studio.close()
        event.accept()

    def _may_close(self, job: JobView | None, costs: str) -> bool:
        box = QMessageBox(self)
        box.setObjectName("close_question")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Close ImgClf Studio")
        said = [f"{job.title.split(':')[0]} is not finished.", _KEPT[job.kind]] if job else []
        first, *others = [*said, costs] if costs else said
        box.setText(first)
        box.setInformativeText("\n".join(others))
        verb = "Stop and close" if job else "Leave it deployed and close"
        close = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
        close.setObjectName("stop_and_close")
        show = box.addButton("Show it", QMessageBox.ButtonRole.RejectRole) if costs else None
        box.addButton(QMessageBox.StandardButton.Cancel)
        if show is not None:
            box.setDefaultButton(show)  # no stray Enter lets it go on costing
        box.exec()
        box.deleteLater()
        if show is not None and box.clickedButton() is show:
            self.show_page("cloud")
            self.studio.view_wanted.emit("automl")
        return box.clickedButton() is close

    def _central(self) -> QWidget:
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, SPACING // 2, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._tabs, 1)
        layout.addWidget(self._messages)
        return central

    def _add_stages(self) -> None:
        for number, stage in enumerate(STAGES, start=1):
            holder = QWidget()
            self._holders.append(QVBoxLayout(holder))
            self._holders[-1].setContentsMargins(0, 0, 0, 0)
            index = self._tabs.addTab(holder, icons.icon(stage.key), stage.title)
            self._tabs.setTabToolTip(index, f"{stage.title} (Ctrl+{number})")
        self._tabs.currentChanged.connect(self._on_tab_changed)

    def _index(self, key: str) -> int:
        for index, stage in enumerate(STAGES):
            if stage.key == key:
                return index
        raise KeyError(key)

    @Slot(int)
    def _on_tab_changed(self, index: int) -> None:
        self.page(STAGES[index].key)

    @Slot()
    def _on_project_changed(self) -> None:
        if self.studio.project is not None:
            self.studio.settings.remember_project(self.studio.project.folder)
            self.studio.settings.save()
        self._refresh_title()

    @Slot()
    def _refresh_title(self) -> None:
        name = f"{self.studio.spec.name} – " if self.studio.project is not None else ""
        self.setWindowTitle(f"{name}ImgClf Studio")

    def _restore(self) -> None:
        settings = self.studio.settings
        packed = QByteArray.fromBase64(settings.geometry.encode("ascii", "ignore"))
        if not settings.geometry or not self.restoreGeometry(packed):
            room = self.screen().availableSize() - FRAME
            self.resize(FIRST_SIZE.boundedTo(room))
        known = [stage.key for stage in STAGES]
        self.show_page(settings.last_page if settings.last_page in known else known[0])

    def _remember(self) -> None:
        settings = self.studio.settings
        settings.geometry = base64.b64encode(self.saveGeometry().data()).decode("ascii")
        settings.last_page = self.current_page
        settings.save()
