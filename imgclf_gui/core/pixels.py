"""The pixel cache: each image is decoded and fitted once, then memory-mapped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import IO, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.dataset import Dataset, ImageRow, fingerprint_of, natural_key
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_error
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.parallel import in_chunks, map_ahead, threads_for
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import SPLITS, DataSpec, Fit, Split

FORM = 1
"""Part of the key: raise it when the same images would give other pixels."""

KEPT_CACHES = 2
"""The newest ones stay, for going back and forth between two image sizes; others are removed."""

_CHUNK_IMAGES = 64
_CHUNK_BYTES = 4 << 20


class PixelForm(Protocol):
    """What decides about the pixels; a `DataPlan` is one."""

    @property
    def width(self) -> int:
        """Of the network's input, in pixels."""

    @property
    def height(self) -> int:
        """Of the network's input, in pixels."""

    @property
    def channels(self) -> Literal[1, 3]:
        """1: grayscale, 3: RGB."""

    @property
    def fit(self) -> Fit:
        """How an image of another shape is fitted."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes; an image's label is given as its place here."""

    @property
    def spec(self) -> DataSpec:
        """What the splits follow from."""


class PixelCache:
    """The pixels, labels and ids of all images, split by split.

    Within a split the images stand in the order of their content's hash, so that it does not
    depend on the order of their import.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        """Of the dataset, split as the form says."""

    @classmethod
    def prepare(
        cls,
        project: Project,
        form: PixelForm,
        progress: Callable[[int, int], None] = lambda done, total: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Self | None:
        """The cache for `form`, made now if it is not there; None if `stopped` ended the making.

        `progress` gets the images done and in all, after each of many small parts.

        Raises:
            UserError: `image.unreadable` names an image that has vanished or broken since its
                import; `pixels.labels` if the dataset has a class that `form` does not know;
                `file.full`.
        """
        with Dataset.open(project.dataset_path) as dataset:
            rows = dataset.images_split_by(form.spec)
        _check_labels(rows, form.labels)
        fingerprint = fingerprint_of(rows)
        cache = cls(project.cache_folder / f"pixels-{_key(fingerprint, form)}", fingerprint)
        if cache.folder.is_dir():
            os.utime(cache.folder)
            return cache
        temporary = cache.folder.with_name(f"{cache.folder.name}.{os.getpid()}.part")
        try:
            temporary.mkdir(parents=True, exist_ok=True)
            for done in _write(temporary, project.images_folder, rows, form):
                if stopped():
                    return None
                progress(done, len(rows))
            _publish(temporary, cache.folder)
        except OSError as error:
            raise write_error(cache.folder, error) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _remove_old(project.cache_folder)
        return cache

    def pixels(self, split: Split) -> NDArray[np.uint8]:
        """uint8 [images, height, width, channels], memory-mapped and read-only."""
        path = self.folder / f"{split}.npy"
        pixels: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
        return pixels

    def labels(self, split: Split) -> NDArray[np.int32]:
        """int32 [images]: places in the labels of the form."""
        labels: NDArray[np.int32] = np.load(self.folder / f"{split}-labels.npy", allow_pickle=False)
        return labels

    def image_ids(self, split: Split) -> NDArray[np.int64]:
        """int64 [images]: ids in the dataset."""
        ids: NDArray[np.int64] = np.load(self.folder / f"{split}-ids.npy", allow_pickle=False)
        return ids


def _check_labels(rows: Sequence[ImageRow], known: Sequence[str]) -> None:
    unknown = sorted({row.label for row in rows} - set(known), key=natural_key)
    if unknown:
        raise UserError(
            "pixels.labels",
            f"The dataset has classes that this run does not know: {', '.join(unknown[:5])}.",
            "Train a new run with the dataset as it is now.",
        )


def _key(fingerprint: str, form: PixelForm) -> str:
    described = repr((
        FORM, fingerprint, form.width, form.height, form.channels, form.fit, tuple(form.labels),
    ))  # fmt: skip
    return blake2b(described.encode(), digest_size=12).hexdigest()


def _write(
    folder: Path, images_folder: Path, rows: Sequence[ImageRow], form: PixelForm
) -> Iterator[int]:
    """Write every split's arrays; yields the images done, from 0 on."""
    ordered = sorted(rows, key=lambda row: (row.path, row.label))
    places = {label: place for place, label in enumerate(form.labels)}
    done = 0
    yield done
    for split in SPLITS:
        members = [row for row in ordered if row.split == split]
        labels = np.array([places[row.label] for row in members], np.int32)
        np.save(folder / f"{split}-labels.npy", labels)
        np.save(folder / f"{split}-ids.npy", np.array([row.id for row in members], np.int64))
        # Written, not memory-mapped: a full disk is then an error, and not a dead process.
        with (folder / f"{split}.npy").open("wb") as file:
            _write_header(file, (len(members), form.height, form.width, form.channels))
            for pixels in _decoded(images_folder, members, form):
                file.write(pixels.data)
                done += len(pixels)
                yield done


def _write_header(file: IO[bytes], shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _decoded(
    images_folder: Path, rows: Sequence[ImageRow], form: PixelForm
) -> Iterator[NDArray[np.uint8]]:
    """The pixels of `rows` in order, chunk by chunk: uint8 [images, height, width, channels]."""

    def pixels(chunk: Sequence[ImageRow]) -> NDArray[np.uint8]:
        return np.stack([_pixels(images_folder, row, form) for row in chunk])

    image_bytes = form.height * form.width * form.channels
    chunk_images = max(1, min(_CHUNK_IMAGES, _CHUNK_BYTES // image_bytes))
    mean_bytes = sum(row.size_bytes for row in rows) / max(1, len(rows))
    return map_ahead(pixels, in_chunks(rows, chunk_images), threads_for(mean_bytes))


def _pixels(images_folder: Path, row: ImageRow, form: PixelForm) -> NDArray[np.uint8]:
    try:
        image = decode(images_folder / row.path, name=row.name)
    except UserError as error:
        raise UserError(
            error.code,
            error.report.message,
            "Import it again: the file in the project has changed or vanished since its import.",
            f"{row.path}: {error.report.details}",
        ) from error
    return fit(image, form.width, form.height, form.channels, form.fit)


def _publish(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was quicker, with the same content
            raise


def _remove_old(cache_folder: Path) -> None:
    remove_abandoned(cache_folder)
    caches = [path for path in cache_folder.glob("pixels-*") if path.suffix != ".part"]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in caches[KEPT_CACHES:]:
        shutil.rmtree(path, ignore_errors=True)  # one that is still in use stays, on Windows
