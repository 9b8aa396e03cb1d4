"""Measures a sample of the training images; never imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.parallel import map_ahead, threads_for
from imgclf_gui.core.project import Project
from imgclf_gui.core.statistics import LEAST, keep_statistics, measure
from imgclf_gui.protocol.commands import MeasureImages
from imgclf_gui.protocol.events import ImagesMeasured
from imgclf_gui.worker.control import Control, Emit

SIDE = 32
"""Pixels an image is brought to: measuring shrinks them further."""

Pixels = NDArray[np.uint8]


def measure_images(command: MeasureImages, emit: Emit, control: Control) -> None:
    """Measure, and keep the answer in the project's cache: ImagesMeasured.

    Images that cannot be read any more are left out.

    Raises:
        UserError: the dataset cannot be read, the answer cannot be kept, or the job was stopped.
    """
    project = Project.open(Path(command.project))
    with Dataset.open(project.dataset_path) as dataset:
        rows, fingerprint = dataset.images("train"), dataset.fingerprint()
        names = dataset.labels()
    sample = even_sample(rows, command.most)
    places = {name: place for place, name in enumerate(names)}
    pixels, labels = list[Pixels](), list[int]()
    for row, image in zip(sample, _decoded(project, sample), strict=True):
        if control.stopped:
            raise UserError("measure.stopped", "Measuring was stopped.", "")
        if image is not None:
            pixels.append(image)
            labels.append(places[row.label])
    found = measure(np.stack(pixels), np.array(labels, np.int32), names) if pixels else None
    keep_statistics(project, fingerprint, found)
    emit(ImagesMeasured(statistics=found, fingerprint=fingerprint))


def even_sample(rows: Sequence[ImageRow], most: int) -> list[ImageRow]:
    """At most `most` of `rows`, of each class equally many if it has them.

    Of so many classes that `LEAST` for each would be more, some are left out. All follows from the
    images' content: whatever order they were imported in.
    """
    by_class: dict[str, list[ImageRow]] = {}
    for row in sorted(rows, key=lambda row: row.path):
        by_class.setdefault(row.label, []).append(row)
    each = max(LEAST, most // max(1, len(by_class)))
    return [row for members in by_class.values() for row in members[:each]][:most]


def _decoded(project: Project, rows: Sequence[ImageRow]) -> Iterator[Pixels | None]:
    channels: Literal[1, 3] = 1 if all(row.grayscale for row in rows) else 3

    def pixels(row: ImageRow) -> Pixels | None:
        try:
            image = decode(project.images_folder / row.path, name=row.name)
        except UserError:
            return None
        return fit(image, SIDE, SIDE, channels, "stretch")

    mean_bytes = sum(row.size_bytes for row in rows) / max(1, len(rows))
    return map_ahead(pixels, rows, threads_for(mean_bytes))
