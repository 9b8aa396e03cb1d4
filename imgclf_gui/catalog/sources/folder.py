"""A folder of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from imgclf_gui.core.entry import Source, SourceImage, SourceListing, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.listing import FoundFile, image_files, readable, split_named, subfolders
from imgclf_gui.core.spec import Split

_DEEPEST_WRAPPER = 3


class Folder(Source):
    """One folder a class, or train, validation and test folders above them.

    Folders below a class belong to it. A single folder around all of it, as archives often have,
    is looked through.
    """

    title: ClassVar[str] = "Folder"
    summary: ClassVar[str] = "One folder for each class, or train/validation/test above them."
    order: ClassVar[int] = 100

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Any folder."""
        return path.is_dir()

    @contextmanager
    def open(self, path: Path, stopped: Callable[[], bool]) -> Iterator[SourceListing]:
        """See `Source.open`.

        Raises:
            UserError: `import.no_classes`, `import.empty`, `import.unreadable`.
        """
        try:
            parts = _parts(_unwrapped(path))
        except OSError as error:
            raise UserError(
                "import.unreadable",
                f"{path} cannot be read: {error.strerror}.",
                "Check that you may read it.",
            ) from error
        total = images = 0
        for item in _items(parts):
            total += 1
            images += isinstance(item, SourceImage)
            if stopped():
                break
        if not images and not stopped():
            raise _no_images(path, total)
        yield SourceListing(total, _items(parts))


@dataclass(frozen=True)
class _Part:
    """A folder whose images have one label, or none and are then only reported."""

    folder: Path
    name: str
    label: str | None = None
    split: Split | None = None


def _unwrapped(root: Path) -> Path:
    """`root`, or the folder that all of it is wrapped in."""
    for _ in range(_DEEPEST_WRAPPER):
        inner = subfolders(root)
        if len(inner) != 1 or split_named(inner[0].name) or _holds_images(root):
            break
        if _holds_images(inner[0]) or not subfolders(inner[0]):
            break
        root = inner[0]
    return root


def _parts(root: Path) -> list[_Part]:
    folders = subfolders(root)
    if not _are_splits(folders):
        return [_Part(root, ""), *_classes(folders, "", None)]
    parts = []
    for folder in folders:
        name, split = readable(folder.name), split_named(folder.name)
        parts.append(_Part(folder, name))
        if split is not None:
            parts += _classes(subfolders(folder), name, split)
    return parts


def _classes(folders: list[Path], above: str, split: Split | None) -> list[_Part]:
    names = [readable(folder.name) for folder in folders]
    return [
        _Part(folder, f"{above}/{name}" if above else name, name, split)
        for folder, name in zip(folders, names, strict=True)
    ]


def _are_splits(folders: list[Path]) -> bool:
    """Whether the folders are train, validation and test, and not classes of those names."""
    splits = [folder for folder in folders if split_named(folder.name)]
    if splits and len(splits) == len(folders):
        return True
    return any(subfolders(folder) for folder in splits) and not any(
        _holds_images(folder) for folder in folders if folder not in splits
    )


def _holds_images(folder: Path) -> bool:
    return any(isinstance(item, FoundFile) for item in image_files(folder, below=False))


def _items(parts: list[_Part]) -> Iterator[SourceImage | SourceProblem]:
    for part in parts:
        for found in image_files(part.folder, part.name, below=part.label is not None):
            if isinstance(found, SourceProblem):
                yield found
            elif part.label is None:
                yield SourceProblem(found.name, "it is not in the folder of a class")
            else:
                yield SourceImage(found.name, part.label, part.split, file=found.path)


def _no_images(path: Path, others: int) -> UserError:
    if others:
        return UserError(
            "import.no_classes",
            f"{path.name} has images, but no folders that say which class they belong to.",
            "Put the images of each class into a folder with the name of the class, and import "
            "the folder above them.",
        )
    return UserError(
        "import.empty",
        f"{path.name} has no images.",
        "Choose a folder with one folder for each class, with PNG, JPEG, GIF, BMP, WebP, TIFF, "
        "PPM or AVIF files in them.",
    )
