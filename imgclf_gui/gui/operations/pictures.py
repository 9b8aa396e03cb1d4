"""Keeping what is drawn as a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.operations.images import pictures_folder
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.network_diagram import NetworkDiagram

_FORMS = "SVG, for documents (*.svg);;PNG, for anything else (*.png)"


def choose_picture_file(studio: Studio, diagram: NetworkDiagram) -> None:
    """Ask for a file, and write the diagram into it."""
    folder = Path(studio.settings.last_folder("picture", pictures_folder()))
    usual = folder / f"{studio.spec.network.preset or 'network'}.svg"
    chosen, form = QFileDialog.getSaveFileName(diagram, "Save picture", str(usual), _FORMS)
    if not chosen:
        return
    path = Path(chosen)
    if path.suffix.lower() not in (".svg", ".png"):
        path = path.with_name(path.name + (".png" if "*.png" in form else ".svg"))
    studio.settings.remember_folder("picture", path.parent)
    save_picture(studio, diagram, path)


def save_picture(studio: Studio, diagram: NetworkDiagram, path: Path) -> None:
    """Write the diagram as the name's ending says, and tell how that went."""
    try:
        if path.suffix.lower() == ".png":
            diagram.save_png(path)
        else:
            diagram.save_svg(path)
    except UserError as error:
        studio.failed.emit(error.report)
        return
    studio.said.emit(f"The diagram is in {path}.")
