"""Some images of a dataset, and what the front of a network makes of them.

A measurement looks at a thousand images of a dataset that may hold a million: only these are
decoded, and their features are kept in a small file whose name follows from all that they depend
on: the images by their content, how they become pixels, and the layers and weights of the front.
Other images or weights have other names.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_atomic, write_error
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.parallel import in_chunks, map_ahead, threads_for
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import DataSpec, Split
from imgclf_gui.plan import DataPlan
from imgclf_gui.worker.data import Features, Labels, Pixels, Places
from imgclf_gui.worker.features import FeatureCache

FORM = 1
"""Part of the key: raise it when the same front would give other features."""
BATCH = 32
"""Images at a time, at most;"""
BATCH_WORK = 3e9
"""multiply-adds at a time: a stop waits for a batch to end, a second on a slow and busy machine."""
KEPT_FILES = 64
"""Those used last."""


@dataclass(frozen=True)
class SampledImages:
    """Images that were drawn from a split; `places` are theirs among all of it."""

    project: Project
    split: Split
    rows: tuple[ImageRow, ...]
    labels: Labels
    places: Places

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, data: DataPlan, size: int = BATCH) -> Iterator[Pixels]:
        """Their pixels as `data` wants them, `size` at a time; what is decoded already is taken.

        Raises:
            UserError: `image.unreadable`.
        """
        known = PixelCache.prepare(self.project, data, stopped=lambda: True)
        if known is not None:
            pixels = known.pixels(self.split)
            for start in range(0, len(self), size):
                yield np.ascontiguousarray(pixels[self.places[start : start + size]])
            return

        def decoded(rows: list[ImageRow]) -> Pixels:
            return np.stack([_pixels(self.project, row, data) for row in rows])

        mean_bytes = sum(row.size_bytes for row in self.rows) / max(1, len(self))
        yield from map_ahead(decoded, in_chunks(self.rows, size), threads_for(mean_bytes))


def drawn(
    project: Project,
    spec: DataSpec,
    labels: tuple[str, ...],
    split: Split,
    draw: Callable[[Labels], Places],
) -> SampledImages:
    """What `draw` chooses of `split` by the labels, in the order of the pixel cache."""
    with Dataset.open(project.dataset_path) as dataset:
        rows = [row for row in dataset.images_split_by(spec) if row.split == split]
    rows.sort(key=lambda row: (row.path, row.label))
    index = {label: place for place, label in enumerate(labels)}
    numbers = np.array([index[row.label] for row in rows], np.int32)
    places = draw(numbers)
    chosen = tuple(rows[place] for place in places)
    return SampledImages(project, split, chosen, numbers[places], places)


def drawn_evenly(labels: Labels, each: int, seed: int) -> Places:
    """At most `each` images of every class, ascending; which they are follows from `seed`.

    Those for a smaller `each` are among those for a larger one.
    """
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 2**62], np.uint64)))
    mixed = random.permutation(len(labels))
    parts = [mixed[labels[mixed] == label][:each] for label in np.unique(labels)]
    return np.sort(np.concatenate([np.empty(0, np.int64), *parts]))


@dataclass(frozen=True)
class MadeFeatures:
    """Features of sampled images, and how long the front alone took for an image."""

    values: Features
    seconds_an_image: float


class SampledFeatures:
    """Computes what `front` makes of sampled images, once."""

    def __init__(
        self,
        front: keras.Model,
        data: DataPlan,
        report: Callable[[int], None],
        stopped: Callable[[], bool],
        multiply_adds: int,
    ) -> None:
        """`report` hears how many images are done, after each batch.

        `multiply_adds` are those of `front` for one image.
        """
        self._batch = max(4, min(BATCH, int(BATCH_WORK / max(1, multiply_adds))))
        self._front = front
        self._data = data
        self._report = report
        self._stopped = stopped
        self._compiled = tf.function(
            lambda batch: front(tf.cast(batch, tf.float32), training=False),
            input_signature=[tf.TensorSpec((None, *front.input_shape[1:]), tf.uint8)],
            autograph=False,
        )

    def of(self, images: SampledImages) -> MadeFeatures | None:
        """Features, [images, …]; None if stopped.

        Raises:
            UserError: `image.unreadable`, `file.full`, `file.write`.
        """
        path = images.project.cache_folder / f"sampled-{self._key(images)}.npz"
        shape = (len(images), *self._front.output_shape[1:])
        found = _kept(path, shape)
        if found is None:
            found = self._of_a_run(images) or self._computed(images)
            if found is None:
                return None
            _keep(path, found)
        self._report(len(images))
        return found

    def _of_a_run(self, images: SampledImages) -> MadeFeatures | None:
        """Those that a run with the same front has kept of all images."""
        pixels = PixelCache.prepare(images.project, self._data, stopped=lambda: True)
        if pixels is None:
            return None
        kept = FeatureCache(self._front, pixels, lambda event: None, self._stopped)
        if not (kept.folder / f"{images.split}.npy").is_file():
            return None
        values = kept.plain(images.split)
        if values is None:
            return None
        seconds = self._seconds_an_image(next(images.batches(self._data, self._batch)))
        return MadeFeatures(np.ascontiguousarray(values[images.places]), seconds)

    def _seconds_an_image(self, batch: Pixels) -> float:
        self._compiled(batch)
        begin = time.perf_counter()
        self._compiled(batch).numpy()
        return (time.perf_counter() - begin) / len(batch)

    def _computed(self, images: SampledImages) -> MadeFeatures | None:
        parts, seconds = [], 0.0
        self._compiled(np.zeros((1, *self._front.input_shape[1:]), np.uint8))
        done = 0
        for batch in images.batches(self._data, self._batch):
            if self._stopped():
                return None
            begin = time.perf_counter()
            parts.append(self._compiled(batch).numpy())
            seconds += time.perf_counter() - begin
            done += len(batch)
            self._report(done)
        return MadeFeatures(np.concatenate(parts), seconds / len(images))

    def _key(self, images: SampledImages) -> str:
        digest = blake2b(digest_size=12)
        data, front = self._data, self._front
        form = (FORM, data.width, data.height, data.channels, data.fit)
        digest.update(repr((form, [row.path for row in images.rows])).encode())
        layers = [layer.get_config() for layer in front.layers]
        digest.update(json.dumps(layers, sort_keys=True, default=str).encode())
        for variable in front.weights:
            digest.update(np.ascontiguousarray(variable).data)
        return digest.hexdigest()


def pixels_of(images: SampledImages, data: DataPlan, stopped: Callable[[], bool]) -> Pixels | None:
    """All their pixels at once; None if stopped.

    Raises:
        UserError: `image.unreadable`.
    """
    parts = []
    for batch in images.batches(data):
        if stopped():
            return None
        parts.append(batch)
    return np.concatenate(parts)


def _pixels(project: Project, row: ImageRow, data: DataPlan) -> NDArray[np.uint8]:
    try:
        image = decode(project.images_folder / row.path, name=row.name)
    except UserError as error:
        raise UserError(
            error.code,
            error.report.message,
            "Import it again: the file in the project has changed or vanished since its import.",
            f"{row.path}: {error.report.details}",
        ) from error
    return fit(image, data.width, data.height, data.channels, data.fit)


def _kept(path: Path, shape: tuple[int, ...]) -> MadeFeatures | None:
    """What is in `path`; None if it is not there, or not whole."""
    try:
        with np.load(path, allow_pickle=False) as found:
            values, seconds = found["values"], float(found["seconds"])
        os.utime(path)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    if values.shape != shape or values.dtype != np.float32:
        return None
    return MadeFeatures(values, seconds)


def _keep(path: Path, made: MadeFeatures) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    remove_abandoned(path.parent)
    write_atomic(
        path,
        lambda stream: np.savez(stream, values=made.values, seconds=made.seconds_an_image),
        lasting=False,
    )
    files = sorted(path.parent.glob("sampled-*.npz"), key=lambda it: -it.stat().st_mtime)
    for old in files[KEPT_FILES:]:
        old.unlink(missing_ok=True)
