"""How the classes of a dataset differ, measured by the plainest classifier: the nearest class mean.

What it finds by colour, brightness or in mirror images says which augmentations may turn one class
into another. It is no measure of how well a network can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.core.summary import ChangedImages, DatasetSummary, ImageStatistics

Values = NDArray[np.float64]
Labels = NDArray[np.int32]

SIDE = 16
"""Images are shrunk to at most this many pixels a side: means of classes are coarse anyway."""
LEAST = 6
"""Images of a class, three for its mean and three to ask about; smaller classes are left out."""

_CHANGES = {
    "flip-horizontal": (slice(None), slice(None), slice(None, None, -1)),
    "flip-vertical": (slice(None), slice(None, None, -1)),
    "rotation": (slice(None), slice(None, None, -1), slice(None, None, -1)),
}
"""By the kind of the augmentation: how [images, height, width, channels] are indexed for it."""


class _Kept(BaseModel):
    """As it lies in the project's cache."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    statistics: ImageStatistics | None


def with_statistics(project: Project, summary: DatasetSummary) -> DatasetSummary:
    """`summary` with what was measured of this very dataset, if it was."""
    try:
        kept = _Kept.model_validate_json(_file(project).read_bytes())
    except (OSError, ValidationError):
        return summary
    if kept.fingerprint != summary.fingerprint:
        return summary
    return summary.model_copy(update={"statistics": kept.statistics})


def keep_statistics(project: Project, fingerprint: str, statistics: ImageStatistics | None) -> None:
    """For the next time that the dataset is looked at.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    kept = _Kept(fingerprint=fingerprint, statistics=statistics)
    try:
        project.cache_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(project.cache_folder, error) from error
    write_text_atomic(_file(project), kept.model_dump_json())


def _file(project: Project) -> Path:
    return project.cache_folder / "statistics.json"


def measure(
    pixels: NDArray[np.uint8], labels: Labels, names: Sequence[str]
) -> ImageStatistics | None:
    """Of images [N, height, width, channels] and the places of their classes in `names`.

    None if there are not two classes with `LEAST` images.
    """
    counts = np.bincount(labels, minlength=len(names))
    kept = np.isin(labels, np.flatnonzero(counts >= LEAST))
    if np.count_nonzero(counts >= LEAST) < 2:
        return None
    small, labels = _shrunk(pixels[kept]), labels[kept]
    sample = _Sample(labels, _halves(labels))
    flat = small.reshape(len(small), -1)
    found = sample.answers(flat, flat)
    return ImageStatistics(
        images=len(labels),
        chance=float(np.bincount(labels).max() / len(labels)),
        colour=sample.share(_chroma(small)) if small.shape[3] == 3 else None,
        brightness=sample.share(small.mean(axis=(1, 2, 3))[:, None]),
        pixels=float((found == labels).mean()),
        changed={
            kind: _changed(
                sample.answers(small[index].reshape(flat.shape), flat), found, labels, names
            )
            for kind, index in _CHANGES.items()
        },
    )


def _shrunk(pixels: NDArray[np.uint8]) -> Values:
    """Means of rectangles: [N, ≤ SIDE, ≤ SIDE, channels]."""
    values = pixels.astype(np.float64)
    for axis in (1, 2):
        size = values.shape[axis]
        parts = min(size, SIDE)
        begins = np.arange(parts) * size // parts
        sizes = np.diff([*begins, size])
        shape = [1, 1, 1, 1]
        shape[axis] = parts
        values = np.add.reduceat(values, begins, axis=axis) / sizes.reshape(shape)
    return values


def _halves(labels: Labels) -> NDArray[np.bool_]:
    """Which half an image belongs to: every second of each class."""
    half = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        half[np.flatnonzero(labels == label)[1::2]] = True
    return half


def _chroma(images: Values) -> Values:
    """Red's and green's share of the light, each the mean of the image: [N, 2]."""
    light = images.mean(axis=(1, 2)) + 1e-6
    shares: Values = light / light.sum(axis=1, keepdims=True)
    return shares[:, :2]


@dataclass(frozen=True)
class _Sample:
    """Images by their classes [N], each asked about with the means of the other half."""

    labels: Labels
    halves: NDArray[np.bool_]

    def share(self, features: Values) -> float:
        """Of the images [N, features] that are nearest to their own class's mean."""
        scaled = features / np.maximum(self._spread(features), 1e-9)
        return float((self.answers(scaled, scaled) == self.labels).mean())

    def answers(self, asked: Values, known: Values) -> Labels:
        """For each row of `asked` the class whose mean of `known` is nearest: [N, features]."""
        answers = np.empty_like(self.labels)
        present = np.unique(self.labels)
        for half in (False, True):
            mine, other = self.halves == half, self.halves != half
            means = np.stack(
                [known[other & (self.labels == label)].mean(axis=0) for label in present]
            )
            distances = (means**2).sum(axis=1) - 2 * asked[mine] @ means.T
            answers[mine] = present[distances.argmin(axis=1)]
        return answers

    def _spread(self, features: Values) -> Values:
        """The standard deviation of each feature within the classes."""
        within = [features[self.labels == label].var(axis=0) for label in np.unique(self.labels)]
        spread: Values = np.sqrt(np.mean(within, axis=0))
        return spread


def _changed(after: Labels, before: Labels, labels: Labels, names: Sequence[str]) -> ChangedImages:
    """What is answered for changed images, against what was answered before."""
    gained = np.zeros((len(names), len(names)))
    np.add.at(gained, (labels, after), 1)
    np.add.at(gained, (labels, before), -1)
    np.fill_diagonal(gained, 0)
    gained /= np.maximum(1, np.bincount(labels, minlength=len(names)))[:, None]
    label, other = np.unravel_index(gained.argmax(), gained.shape)
    pair = (names[int(label)], names[int(other)]) if gained[label, other] > 0 else None
    return ChangedImages(pixels=float((after == labels).mean()), confused=pair)
