"""Networks as files: opening one from elsewhere, and saving the present one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.studio import Studio

NETWORK_FILES = "Networks (*.json *.keras)"


def choose_network(studio: Studio, parent: QWidget) -> None:
    """Ask for a file, and open its network."""
    usual = studio.settings.last_folder("network", _documents())
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open network", usual, NETWORK_FILES)
    if chosen:
        studio.settings.remember_folder("network", Path(chosen).parent)
        studio.open_network(Path(chosen))


def save_network(studio: Studio, parent: QWidget) -> None:
    """Ask for a file, and write the network there."""
    from imgclf_gui.plan.network_file import write_network

    usual = Path(studio.settings.last_folder("network", _documents()))
    proposed = str(usual / f"{studio.spec.network.preset or studio.spec.name}.json")
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save network", proposed, "Network (*.json)")
    if not chosen:
        return
    path = Path(chosen)
    path = path if path.suffix else path.with_suffix(".json")
    studio.settings.remember_folder("network", path.parent)
    try:
        write_network(path, studio.spec.network)
    except UserError as error:
        _fail(studio, error)
        return
    studio.said.emit(f"The network is saved in {path}.")


def _fail(studio: Studio, error: UserError) -> None:
    studio.failed.emit(error.report)


def _documents() -> Path:
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    usual = Path(QStandardPaths.writableLocation(documents) or Path.home())
    return usual if usual.is_dir() else Path.home()
