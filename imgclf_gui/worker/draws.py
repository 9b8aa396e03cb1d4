"""Random numbers of augmentations: a hash of what they belong to, and no state at all.

TensorFlow's stateless generators give other numbers inside XLA than outside; integers do not. So
the same image draws the same, whether previewed eagerly, trained by a compiled graph or resumed.

The hash is pcg4d: Jarzynski and Olano 2020, Hash Functions for GPU Rendering, JCGT 9(3).
"""

from __future__ import annotations

from math import pi, prod

import numpy as np
import tensorflow as tf

from imgclf_gui.core.augmentation import Tensor
from imgclf_gui.core.entry import Shape

_MULTIPLIER, _INCREMENT = 1664525, 1013904223


class StepDraws:
    """The `Draws` of one augmentation: its `place` in the list, for `images` images of a step.

    `seed` is a number, `step` may be a tensor. The k-th image of a batch draws the same in a batch
    of any size; each call draws anew. Where `step` is a tensor [S], the batch holds `images` images
    of the first step, then those of the second, and so on, and each step draws as by itself.
    """

    def __init__(
        self, seed: int, step: Tensor, images: Tensor, place: tuple[int, ...], turn: Tensor = 0
    ) -> None:
        self._seed = seed
        self._step = tf.reshape(tf.cast(step, tf.uint32), (-1, 1, 1))
        self._images = images
        self._place = place
        self._turn = tf.cast(turn, tf.uint32)
        self._calls = 0

    def inside(self, place: int) -> StepDraws:
        """The draws of an augmentation inside this one."""
        place_inside = (*self._place, place)
        return StepDraws(self._seed, self._step, self._images, place_inside, self._turn)

    def turn(self, turn: Tensor) -> StepDraws:
        """The draws of one turn of a loop, which `turn` counts from 0, int32 []."""
        return StepDraws(self._seed, self._step, self._images, self._place, turn)

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], `low` ≤ value < `high`."""
        return low + (high - low) * self._fractions(prod(shape), shape)

    def normal(self, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], mean 0, standard deviation 1 (Box and Muller 1958)."""
        count = prod(shape)
        pairs = -(-count // 2)
        both = self._fractions(2 * pairs, (2, pairs))
        radius = tf.sqrt(-2 * tf.math.log(1 - both[:, 0]))
        angle = 2 * pi * both[:, 1]
        values = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], 1)[:, :count]
        return tf.reshape(values, (-1, *shape))

    def integers(self, high: int, shape: Shape = ()) -> Tensor:
        """int32 [N, *shape], 0 ≤ value < `high`."""
        return tf.cast(self.uniform(0, high, shape), tf.int32)

    def partners(self) -> Tensor:
        """int32 [N]: for each image another one of its step; a permutation.

        The images of a step stand in a random circle, and each is given the next.
        """
        order = tf.argsort(tf.reshape(self.uniform(), (-1, self._images)), stable=True)
        order += tf.range(tf.shape(order)[0])[:, None] * self._images
        circle, others = tf.reshape(order, (-1, 1)), tf.reshape(tf.roll(order, -1, 1), (-1,))
        return tf.tensor_scatter_nd_update(others, circle, others)

    def _fractions(self, count: int, shape: Shape) -> Tensor:
        """float32 [N, *shape] in [0, 1): the upper 24 bits of a hash, four numbers of each."""
        groups = -(-count // 4)
        self._calls += 1
        entropy = (self._seed, *self._place, self._calls)
        first, second = np.random.SeedSequence(entropy).generate_state(2)
        image = tf.range(tf.cast(self._images, tf.int32))[None, :, None]
        group = tf.range(groups)[None, None, :]
        lanes = _pcg4d(
            tf.cast(group, tf.uint32) + tf.constant(first, tf.uint32),
            tf.cast(image, tf.uint32),
            self._step,
            tf.constant(second, tf.uint32) + self._turn,
        )
        bits = tf.concat(lanes[: min(4, count)], 2)[..., :count]
        fractions = tf.cast(tf.bitwise.right_shift(bits, _uint(8)), tf.float32) * 2.0**-24
        return tf.reshape(fractions, (-1, *shape))


def _pcg4d(x: Tensor, y: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, ...]:
    """Four uint32 in, four out, each a function of all; shapes are broadcast."""
    x, y, z, w = (lane * _uint(_MULTIPLIER) + _uint(_INCREMENT) for lane in (x, y, z, w))
    x, y, z, w = _mixed(x, y, z, w)
    x, y, z, w = (
        tf.bitwise.bitwise_xor(lane, tf.bitwise.right_shift(lane, _uint(16)))
        for lane in (x, y, z, w)
    )
    return _mixed(x, y, z, w)


def _mixed(x: Tensor, y: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, ...]:
    x += y * w
    y += z * x
    z += x * y
    w += y * z
    return x, y, z, w


def _uint(value: int) -> Tensor:
    return tf.constant(value, tf.uint32)
