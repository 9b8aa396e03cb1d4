"""Getting weights of backbones from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from imgclf_gui.gui.drops import WEIGHTS_SUFFIXES
from imgclf_gui.gui.studio import Studio

_SUFFIXES = (*WEIGHTS_SUFFIXES, ".keras")
WEIGHTS_FILES = f"Weights ({' '.join(f'*{suffix}' for suffix in _SUFFIXES)});;All files (*)"


def choose_weights_file(studio: Studio, parent: QWidget) -> None:
    """Ask for a file, and add its weights as a backbone."""
    usual = studio.settings.last_folder("weights", _downloads_folder())
    chosen, _ = QFileDialog.getOpenFileName(parent, "Add weights file", usual, WEIGHTS_FILES)
    if chosen:
        studio.settings.remember_folder("weights", Path(chosen).parent)
        studio.adding.offer_file(Path(chosen))


def weights_file_in(paths: Sequence[Path]) -> Path | None:
    """The first of `paths` that is named like a file of weights."""
    return next((path for path in paths if path.suffix.lower() in _SUFFIXES), None)


def _downloads_folder() -> Path:
    """Where browsers put what they download."""
    downloads = QStandardPaths.StandardLocation.DownloadLocation
    return Path(QStandardPaths.writableLocation(downloads) or Path.home())
