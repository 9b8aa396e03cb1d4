"""Making, opening and closing projects."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from imgclf_gui.core import resources
from imgclf_gui.core.project import SPEC_FILE
from imgclf_gui.gui.studio import Studio


def choose_new_project(studio: Studio, parent: QWidget) -> None:
    """Ask for a name and a place, and make a project there."""
    usual = Path(studio.settings.last_folder("project", projects_folder()))
    chosen, _ = QFileDialog.getSaveFileName(
        parent, "New project: its folder", str(free_folder(usual, "Untitled"))
    )
    if chosen:
        folder = Path(chosen)
        studio.settings.remember_folder("project", folder.parent)
        studio.new_project(folder)


def choose_project(studio: Studio, parent: QWidget) -> None:
    """Ask for a project's folder, and open it."""
    usual = studio.settings.last_folder("project", projects_folder())
    chosen = QFileDialog.getExistingDirectory(parent, "Open project: its folder", usual)
    if chosen:
        studio.settings.remember_folder("project", Path(chosen).parent)
        studio.open_project(Path(chosen))


def new_project_from(studio: Studio, source: Path) -> None:
    """Make a project among the person's documents, named like `source`, and import that."""
    folder = free_folder(projects_folder(), source.stem or "Untitled")
    studio.new_project(folder, then_import=source)
    studio.said.emit(f"A new project is made in {folder}.")


def open_sample(studio: Studio, name: str) -> None:
    """Open a project of a sample that ships inside; the first time it is imported."""
    sample = next(sample for sample in resources.samples() if sample.name == name)
    folder = resources.data_folder() / "samples" / name
    if (folder / SPEC_FILE).exists():
        studio.open_project(folder)
    else:
        studio.new_project(folder, then_import=sample.folder)


def projects_folder() -> Path:
    """Where projects are made unless a person chooses."""
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    place = QStandardPaths.writableLocation(documents)
    return Path(place or Path.home()) / "ImgClf projects"


def free_folder(parent: Path, name: str) -> Path:
    """`parent`/`name`, with the first number behind it that is not there yet."""
    folder, number = parent / name, 2
    while folder.exists():
        folder, number = parent / f"{name} {number}", number + 1
    return folder
