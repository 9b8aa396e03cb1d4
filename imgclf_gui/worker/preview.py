"""What augmentations make of a few images, by the lines that train, in the time of a glance."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.project import Project
from imgclf_gui.protocol.commands import ImageForm, PreviewAugmentation
from imgclf_gui.protocol.events import AugmentationPreviewed
from imgclf_gui.worker.augment import Augmenter
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Labels, Pixels

KEPT_IMAGES = 400
KEPT_BYTES = 64 << 20
"""Decoded images that are kept for the next preview; the last one always is."""
MOST_BYTES = 512 << 20
"""Of one preview's pixels."""
CALL_PIXELS = 1 << 20
"""What is augmented in one call, unless one draw is more: eager steps keep several copies."""


class Previewer:
    """Draws previews, and keeps the images that it decoded last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ImageForm], Pixels] = OrderedDict()

    def preview(self, command: PreviewAugmentation, emit: Emit, control: Control) -> None:
        """Write the images and what becomes of them into `command.output`: AugmentationPreviewed.

        Raises:
            UserError: an augmentation is unknown or set wrongly, an image has vanished, there is
                too much to show, or the job was stopped.
        """
        begin = time.perf_counter()
        _refuse_large(command)
        augmenters = [
            Augmenter(steps, len(command.images), command.seed) for steps in command.variants
        ]
        pixels, labels = self._images(command)
        rows = [pixels[None]]
        for augmenter in augmenters:
            for steps in _calls(command.draws, pixels):
                if control.stopped:
                    raise UserError("preview.stopped", "The preview was stopped.")
                rows.append(_drawn(augmenter, pixels, labels, steps))
        result = np.concatenate(rows)
        write_atomic(
            Path(command.output),
            lambda stream: np.save(stream, result, allow_pickle=False),
            lasting=False,
        )
        emit(AugmentationPreviewed(file=command.output, seconds=time.perf_counter() - begin))

    def _images(self, command: PreviewAugmentation) -> tuple[Pixels, Labels]:
        """The images, and for each the place of its class among those that are shown."""
        project = Project.open(Path(command.project))
        with Dataset.open(project.dataset_path) as dataset:
            rows = [_row(dataset, image) for image in command.images]
        pixels = [self._decoded(project, row, command.form) for row in rows]
        shown = sorted({row.label for row in rows})
        return np.stack(pixels), np.array([shown.index(row.label) for row in rows], np.int32)

    def _decoded(self, project: Project, row: ImageRow, form: ImageForm) -> Pixels:
        key = (row.path, form)
        pixels = self._kept.pop(key, None)
        if pixels is None:
            image = decode(project.images_folder / row.path, name=row.name)
            pixels = fit(image, form.width, form.height, form.channels, form.fit)
        self._kept[key] = pixels
        most = min(KEPT_IMAGES, max(1, KEPT_BYTES // pixels.nbytes))
        while len(self._kept) > most:
            self._kept.popitem(last=False)
        return pixels


def _refuse_large(command: PreviewAugmentation) -> None:
    form = command.form
    pictures = len(command.images) * (1 + len(command.variants) * command.draws)
    if pictures * form.width * form.height * form.channels > MOST_BYTES:
        raise UserError(
            "preview.large",
            f"{pictures:,} pictures of {form.width} × {form.height} pixels are too many to show "
            "at once.",
            "Show fewer images, or draw fewer times.",
        )


def _row(dataset: Dataset, image: int) -> ImageRow:
    try:
        return dataset.image(image)
    except KeyError as error:
        raise UserError(
            "preview.image",
            f"The image {image} is not in the dataset any more.",
            "Choose another image.",
        ) from error


def _calls(draws: int, pixels: Pixels) -> list[Sequence[int]]:
    """The draws, as many at a time as are quick and fit into memory."""
    size = max(1, CALL_PIXELS // pixels[..., 0].size)
    return [range(start, min(start + size, draws)) for start in range(0, draws, size)]


def _drawn(augmenter: Augmenter, pixels: Pixels, labels: Labels, steps: Sequence[int]) -> Pixels:
    """uint8 [steps, images, height, width, channels]: each draw as a training step of its own."""
    many = len(steps)
    changed, _ = augmenter.augment(
        np.concatenate([pixels] * many), np.concatenate([labels] * many), np.array(steps, np.int32)
    )
    drawn: Pixels = np.asarray(changed).reshape(many, *pixels.shape)
    return drawn
