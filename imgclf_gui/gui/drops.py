"""What a person means by the files they drop on the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QMimeData

from imgclf_gui import catalog
from imgclf_gui.core.project import SPEC_FILE

NETWORK_SUFFIXES = (".json", ".keras")
WEIGHTS_SUFFIXES = (".h5", ".hdf5", ".safetensors")


@dataclass(frozen=True)
class Drop:
    """The paths, and what to do with them."""

    verb: Literal["open", "network", "weights", "import", "classify", "nothing"]
    paths: tuple[Path, ...]


def dropped_paths(data: QMimeData) -> list[Path]:
    """The local files and folders in a drop."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def understand(paths: list[Path]) -> Drop:
    """A project or a network is opened, weights become a backbone, labelled images are imported,
    loose ones are classified.

    Of several things the first that can be opened or imported counts; a folder that holds images
    and no classes is classified.
    """
    for path in paths:
        if (path / SPEC_FILE).is_file():
            return Drop("open", (path,))
    for path in paths:
        if path.suffix.lower() in NETWORK_SUFFIXES and path.is_file():
            return Drop("network", (path,))
    for path in paths:
        if path.suffix.lower() in WEIGHTS_SUFFIXES and path.is_file():
            return Drop("weights", (path,))
    for path in paths:
        if not is_image(path) and not holds_loose_images(path) and can_be_imported(path):
            return Drop("import", (path,))
    loose = tuple(path for path in paths if path.is_dir() or is_image(path))
    return Drop("classify" if loose else "nothing", loose or tuple(paths))


def can_be_imported(path: Path) -> bool:
    """Whether a source of the catalogue knows this form."""
    return any(source.recognises(path) for source in catalog.source_entries().values())


def holds_loose_images(path: Path) -> bool:
    """Whether `path` is a folder with images and no folders: nothing names their classes."""
    try:
        inside = list(path.iterdir()) if path.is_dir() else []
    except OSError:
        return False
    return any(map(is_image, inside)) and not any(one.is_dir() for one in inside)


def is_image(path: Path) -> bool:
    """Whether `path` is a file that is named like an image."""
    from imgclf_gui.core.images import IMAGE_EXTENSIONS  # with it comes Pillow

    return path.suffix.lower() in IMAGE_EXTENSIONS and path.is_file()
