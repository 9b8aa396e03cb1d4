"""Getting images into the project, and to a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.drops import understand
from imgclf_gui.gui.operations.projects import free_folder, new_project_from, projects_folder
from imgclf_gui.gui.studio import Studio

IMPORT_FILES = (
    "Archives, tables and images (*.zip *.tar *.tar.gz *.tgz *.tar.bz2 *.tar.xz *.csv *.jsonl)"
)


def choose_import_folder(studio: Studio, parent: QWidget) -> None:
    """Ask for a folder of images, and import it."""
    usual = studio.settings.last_folder("import", pictures_folder())
    chosen = QFileDialog.getExistingDirectory(
        parent, "Import images: a folder with one folder a class", usual
    )
    if chosen:
        studio.settings.remember_folder("import", Path(chosen).parent)
        import_source(studio, Path(chosen))


def choose_import_file(studio: Studio, parent: QWidget) -> None:
    """Ask for an archive or a table, and import it."""
    usual = studio.settings.last_folder("import", pictures_folder())
    chosen, _ = QFileDialog.getOpenFileName(
        parent, "Import images: a zip, tar or CSV file", usual, IMPORT_FILES
    )
    if chosen:
        studio.settings.remember_folder("import", Path(chosen).parent)
        import_source(studio, Path(chosen))


def choose_images_to_sort(studio: Studio, parent: QWidget) -> None:
    """Ask for a folder of images without classes, and sort them into groups."""
    usual = studio.settings.last_folder("import", pictures_folder())
    chosen = QFileDialog.getExistingDirectory(
        parent, "Sort images without classes: the folder with them", usual
    )
    if chosen:
        studio.settings.remember_folder("import", Path(chosen).parent)
        studio.page_wanted.emit("dataset")
        studio.sorting.sort([Path(chosen)])


def import_sorted(studio: Studio, table: Path) -> None:
    """Import the table of groups that were accepted, and let go of them."""
    if studio.importing:
        studio.import_images(table)  # says why it cannot
        return
    name = Path(studio.sorting.name).stem or "Images"
    studio.sorting.close()
    if studio.project is None:
        studio.new_project(free_folder(projects_folder(), name), then_import=table)
    else:
        studio.import_images(table)


def import_source(studio: Studio, source: Path) -> None:
    """Import into the open project; without one, into a new project."""
    if studio.project is None:
        new_project_from(studio, source)
    else:
        studio.import_images(source)
    studio.page_wanted.emit("dataset")


def classify(studio: Studio, paths: Sequence[Path]) -> None:
    """Classify images with what was chosen: the best run, or without any what is built in."""
    model = studio.classifier_id
    if not model:
        report = ErrorReport(
            code="classify.no_run",
            message="There is no trained model yet to classify with.",
            hint="Open a project and press Train first; then drop the images again.",
        )
        studio.failed.emit(report)
        return
    studio.page_wanted.emit("classify")
    run = studio.classifier
    if run is not None:
        whom = f"with run {run.id} ({run.name})"
    else:
        whom = f"by {studio.built_in[model].title}, which is part of the app"
    studio.said.emit(f"{_counted(len(paths))} classified {whom}.")
    studio.classify(model, paths)


def take_drop(studio: Studio, paths: Sequence[Path]) -> None:
    """Do what a person means by dropping `paths` on the window."""
    drop = understand(list(paths))
    match drop.verb:
        case "open":
            studio.open_project(drop.paths[0])
        case "network":
            studio.open_network(drop.paths[0])
        case "weights":
            studio.page_wanted.emit("architecture")
            studio.view_wanted.emit("transfer")
            studio.adding.offer_file(drop.paths[0])
        case "import":
            import_source(studio, drop.paths[0])
        case "classify":
            if len(drop.paths) == 1 and drop.paths[0].is_dir():
                studio.sorting.offer(drop.paths[0])
            classify(studio, drop.paths)
        case "nothing":
            studio.failed.emit(_not_understood(drop.paths))


def pictures_folder() -> Path:
    """Where a person's pictures lie."""
    pictures = QStandardPaths.StandardLocation.PicturesLocation
    return Path(QStandardPaths.writableLocation(pictures) or Path.home())


def _counted(number: int) -> str:
    return "1 item is" if number == 1 else f"{number:,} items are"


def _not_understood(paths: Sequence[Path]) -> ErrorReport:
    name = paths[0].name if paths else "Nothing that is a file"
    return ErrorReport(
        code="drop.unknown",
        message=f"{name} was dropped: it is neither images, nor an archive or table of images, "
        "nor a project, a network or weights.",
        hint="Drop a folder with one folder for each class, a zip, tar or CSV file, or images.",
    )
