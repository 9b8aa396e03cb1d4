"""Changed views of single images, and what a run takes an image for by the mean over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any
from zlib import crc32

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Mixing
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.plan import Plan
from imgclf_gui.plan.augmentation import usable_at_test_time
from imgclf_gui.worker.augment import Augmenter
from imgclf_gui.worker.data import Pixels
from imgclf_gui.worker.metrics import softmax

Logits = NDArray[np.float32]
"""[images, classes]."""

CALL_VALUES = 8 << 20
"""Values of pixels that are changed in one call: each takes 4 bytes, several times over."""
LEAST = 1e-30
"""The smallest probability that is told apart from none; float32 carries its logarithm."""


class Views:
    """Makes changed views of images, each image by itself.

    What becomes of an image follows from the seed, its own pixels and the number of the view: not
    from the images that it is asked for with.
    """

    def __init__(self, steps: Sequence[EntrySpec], shape: Shape, seed: int) -> None:
        """`steps` mix no images; `shape` is (height, width, channels).

        Raises:
            UserError: `catalog.unknown`, `catalog.settings`.
        """
        self.described = [[step.model_dump(mode="json") for step in steps], seed]
        """All that a view of given pixels depends on besides its number, as JSON values."""
        self._augmenter = Augmenter(steps, 1, seed)
        self._at_once = max(1, CALL_VALUES // prod(shape))
        signature = [tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None,), tf.uint32)]
        self._compiled = tf.function(self._changed, input_signature=signature, autograph=False)

    def view(self, pixels: Pixels, number: int) -> Pixels:
        """View `number` (0 is the first) of each image: uint8 [N, height, width, channels]."""
        parts = [
            self._part(pixels[start : start + self._at_once], number)
            for start in range(0, len(pixels), self._at_once)
        ]
        return np.concatenate(parts)

    def _part(self, pixels: Pixels, number: int) -> Pixels:
        keys = [(crc32(np.ascontiguousarray(image).data) + number) % 2**32 for image in pixels]
        changed: Pixels = self._compiled(pixels, np.array(keys, np.uint32)).numpy()
        return changed

    def _changed(self, pixels: Any, steps: Any) -> Any:
        """Each image as the only one of a training step of its own."""
        return self._augmenter.augment(pixels, tf.zeros_like(steps, tf.int32), steps)[0]


def test_time_steps(plan: Plan) -> tuple[EntrySpec, ...]:
    """Of a run's augmentations those that change what is to be classified, and leave it readable.

    Raises:
        UserError: `views.none` if there are none.
    """
    found = usable_at_test_time(plan.augmentation, plan.network.input_shape[-1])
    if not found:
        raise UserError(
            "views.none",
            "This run was trained without an augmentation that could make changed views.",
            "Classify without views, or train a run with flips, small moves or changes of colour.",
        )
    return found


def without_mixing(steps: Sequence[EntrySpec]) -> tuple[EntrySpec, ...]:
    """`steps` without those that blend images.

    Raises:
        UserError: `catalog.unknown`, `catalog.settings`.
    """
    return tuple(step for step in steps if not isinstance(load(step), Mixing))


def load(step: EntrySpec) -> Augmentation:
    """The augmentation that `step` stores.

    Raises:
        UserError: `catalog.unknown`, `catalog.settings`.
    """
    return catalog.load(step, catalog.augmentation_entries())


def mean_logits(
    ask: Callable[[Pixels], Logits], views: Views, count: int, pixels: Pixels
) -> Logits:
    """Logarithms of the mean probability over each image itself and `count` views of it.

    `ask` gives the logits of images.
    """
    total = softmax(ask(pixels))
    for number in range(count):
        total += softmax(ask(views.view(pixels, number)))
    logits: Logits = np.log(np.maximum(total / (1 + count), LEAST)).astype(np.float32)
    return logits
