"""Augmentation of blocks of batches, compiled: what the thread that reads blocks does with them.

It always happens on the CPU, so that an accelerator never waits for it and the same run augments
alike on any device. Several batches are augmented at a time, one in one thread each, for compiled
code of one small batch keeps few threads busy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import tensorflow as tf

from imgclf_gui.core.entry import Shape
from imgclf_gui.worker import devices
from imgclf_gui.worker.augment import Augmenter
from imgclf_gui.worker.data import Labels, Pixels, Targets

COMPILE_WORTH = 15_000_000
"""Values (of pixels) in a run from which on compiling by XLA saves more time than it takes. It is
a figure and no measurement: a run that goes on must be augmented by the same code, since that of
XLA may round otherwise."""
POLICY_WORTH = 8
"""Times as many for policies, whose operations are all compiled and then mostly not needed."""

REASON_LENGTH = 600
"""Characters of an error that are logged; TensorFlow tells where in the code it was met, at length.
"""


def worth_compiling(images: int, shape: Shape, *, policies: bool) -> bool:
    """Whether a run that augments that many images of `shape` should do so with XLA."""
    return images * prod(shape) >= COMPILE_WORTH * (POLICY_WORTH if policies else 1)


class BlockAugmenter:
    """Augments blocks for a `BlockReader`."""

    def __init__(
        self,
        augmenter: Augmenter,
        shape: Shape,
        batch_size: int,
        *,
        images: int,
        warn: Callable[[str], None],
    ) -> None:
        """For a run that augments `images` of `shape` (height, width, channels) in all.

        `warn` hears a sentence if XLA does not work here, and things go slower.
        """
        self._augmenter = augmenter
        self._shape = shape
        self._batch_size = batch_size
        self._warn = warn
        self._plain = self._compiled(augmenter.augment, None)
        self._whole = self._plain
        if worth_compiling(images, shape, policies=augmenter.has_policies):
            fast = partial(augmenter.augment, compiled=True)
            self._whole = self._compiled(fast, batch_size)

    def __call__(
        self, pixels: Pixels, labels: Labels, step: int
    ) -> tuple[Pixels, Labels | Targets]:
        """As `data.Augment`: whole batches by XLA where that is worth it, a smaller one without."""
        whole = pixels.shape[1] == self._batch_size
        with tf.device("/CPU:0"):
            changed = self._called(self._whole if whole else self._plain, pixels, labels, step)
        return changed[0].numpy(), changed[1].numpy()

    def _called(self, function: Any, *block: Any) -> Any:
        try:
            return function(*block)
        except tf.errors.OpError as error:
            if function is self._plain:
                raise
            reason = " ".join(str(error).split())[:REASON_LENGTH]
            self._warn(f"XLA cannot compile the augmentations; they run slower, without: {reason}")
            self._whole = self._plain
            return self._plain(*block)

    def _compiled(self, augment: Any, batch: int | None) -> Any:
        """`augment` for each step of a block, in one graph: (pixels, labels, first step) → both."""
        labels_type = tf.float32 if self._augmenter.mixes else tf.int32

        def block(pixels: Any, labels: Any, first: Any) -> Any:
            count = tf.shape(labels)[0]

            def next_step(index: Any, *made: Any) -> Any:
                changed = augment(pixels[index], labels[index], first + index)
                written = [to.write(index, it) for to, it in zip(made, changed, strict=True)]
                return index + 1, *written

            empty = [tf.TensorArray(kind, size=count) for kind in (tf.uint8, labels_type)]
            _, *made = tf.while_loop(
                lambda index, *_: index < count,
                next_step,
                (0, *empty),
                parallel_iterations=devices.threads(),
            )
            return [array.stack() for array in made]

        signature = [
            tf.TensorSpec((None, batch, *self._shape), tf.uint8),
            tf.TensorSpec((None, batch), tf.int32),
            tf.TensorSpec((), tf.int32),
        ]
        return tf.function(block, input_signature=signature, autograph=False)
