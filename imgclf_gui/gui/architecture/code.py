"""Code: the network and its training as a Keras script, always in step with the tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.operations.projects import projects_folder
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.python_text import PythonText
from imgclf_gui.plan import EXAMPLE_DATASET, Plan, Resolution, resolve
from imgclf_gui.plan.code import notebook, script

SHOWN_PROBLEMS = 5
EXAMPLE_FOLDER = Path("images")


class CodeView(QWidget):
    """The script as it is now; written anew while it is seen, and copied or saved at a click."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_view")
        self._studio = studio
        self._plan: Plan | None = None
        self._stale = True
        self._about = wrapped_label(muted=True, name="code_about")
        self._problem = WrongLabel("code_problem")
        self._to_build = self._button("code_to_build", "Mend it in Build", "build", self._build)
        self._text = named(PythonText(), "code_text", "The network as a Keras script")
        self._buttons = (
            self._button("code_copy", "Copy", "copy", self._copy),
            self._button("code_save_script", "Save script…", "save", self._save_script),
            self._button("code_save_notebook", "Save notebook…", "save", self._save_notebook),
        )
        self._arrange()
        studio.resolution_changed.connect(self._on_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Write what has changed while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._refresh()

    @Slot()
    def _on_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        resolution = self._resolution()
        self._plan = resolution.plan
        wrong = [f"{one.message} {one.fix}" for one in resolution.problems[:SHOWN_PROBLEMS]]
        self._problem.say("\n".join(["There is no code yet.", *wrong]) if wrong else "")
        for widget in (self._text, *self._buttons):
            widget.setEnabled(self._plan is not None)
        in_network = any(one.path.startswith("network") for one in resolution.problems)
        self._to_build.setVisible(in_network)
        self._text.setVisible(self._plan is not None)
        if self._plan is not None:
            self._text.show_source(script(self._plan, self._folder))
        self._about.setText(self._sentence())

    def _resolution(self) -> Resolution:
        """What the spec would do on a device with room enough."""
        studio = self._studio
        if not studio.summary.labels:
            return resolve(studio.spec, EXAMPLE_DATASET)
        return studio.resolution if studio.resolution.plan else resolve(studio.spec, studio.summary)

    @property
    def _folder(self) -> Path:
        """What the script trains on unless it is told otherwise."""
        project = self._studio.project
        return project.folder.absolute() if project is not None else EXAMPLE_FOLDER

    def _sentence(self) -> str:
        if self._plan is None:
            return ""
        data = self._plan.data
        if not self._studio.summary.labels:
            return (
                f"Written for {data.width}×{data.height} images and {len(data.labels)} classes, "
                "until you import a dataset."
            )
        return "Runs as it is, on the images of this project or on a folder of class folders."

    @property
    def _file_name(self) -> str:
        """Such that the script does not stand in the way of a module that it imports."""
        words = re.findall(r"\w+", self._studio.spec.name.casefold(), re.ASCII)
        return "_".join(["train", *words])[:60] + ".py"

    @Slot()
    def _build(self) -> None:
        self._studio.view_wanted.emit("build")

    @Slot()
    def _copy(self) -> None:
        if self._plan is not None:
            QGuiApplication.clipboard().setText(script(self._plan, self._folder))
            self._studio.said.emit("The script is on the clipboard.")

    @Slot()
    def _save_script(self) -> None:
        self._save("script", ".py", "Python (*.py)", script)

    @Slot()
    def _save_notebook(self) -> None:
        self._save("notebook", ".ipynb", "Jupyter notebook (*.ipynb)", notebook)

    def _save(self, what: str, suffix: str, files: str, write: Callable[[Plan, Path], str]) -> None:
        """Ask for a file, and write the code there."""
        if self._plan is None:
            return
        studio = self._studio
        usual = Path(studio.settings.last_folder("code", projects_folder()))
        proposed = str((usual / self._file_name).with_suffix(suffix))
        chosen, _ = QFileDialog.getSaveFileName(self, f"Save {what}", proposed, files)
        if not chosen:
            return
        path = Path(chosen)
        path = path if path.suffix else path.with_suffix(suffix)
        studio.settings.remember_folder("code", path.parent)
        try:
            write_text_atomic(path, write(self._plan, self._folder))
        except UserError as error:
            studio.failed.emit(error.report)
            return
        studio.said.emit(f"The {what} is saved in {path}.")

    def _button(self, name: str, text: str, icon: str, does: Callable[[], None]) -> QPushButton:
        button = named(QPushButton(text), name)
        button.setIcon(icons.icon(icon))
        button.clicked.connect(does)
        return button

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._about, 1)
        for button in self._buttons:
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self._problem)
        layout.addWidget(self._to_build, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._text, 1)
        layout.addStretch(0)
