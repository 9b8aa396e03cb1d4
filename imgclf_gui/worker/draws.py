"""Random numbers of augmentations: a hash of what they belong to, and no state at all.

TensorFlow's stateless generators give other numbers inside XLA than outside; integers do not. So
the same image draws the same, whether previewed eagerly, trained by a compiled graph or resumed.

The hash is pcg4d: Jarzynski and Olano 2020, Hash Functions for GPU Rendering, JCGT 9(3).
"""

from __future__ import annotations

from copy import copy
from math import pi, prod
from typing import Any, Self

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

    def __init__(self, seed: int, step: Tensor, images: Tensor, place: tuple[int, ...]) -> None:
        steps = tf.reshape(tf.cast(step, tf.uint32), (-1, 1))
        numbers = tf.cast(tf.range(tf.cast(images, tf.int32)), tf.uint32)
        self._seed = seed
        self._step = tf.reshape(steps + tf.zeros_like(numbers), (-1, 1))
        self._image = tf.reshape(numbers + tf.zeros_like(steps), (-1, 1))
        self._images = images
        self._place = place
        self._turn: Tensor = tf.zeros((1, 1), tf.uint32)
        self._calls = 0

    def inside(self, place: int) -> Self:
        """The draws of an augmentation inside this one."""
        return self._with(_place=(*self._place, place))

    def turn(self, turn: Tensor) -> Self:
        """The draws of one turn of a loop, which `turn` counts from 0, int32 []."""
        return self._with(_turn=tf.reshape(tf.cast(turn, tf.uint32), (1, 1)))

    def only(self, rows: Tensor) -> Self:
        """The same draws for some of the images alone, int32 [M]; not for `partners`."""
        return self._with(_step=tf.gather(self._step, rows), _image=tf.gather(self._image, rows))

    def _with(self, **changes: Any) -> Self:
        draws = copy(self)
        vars(draws).update(changes, _calls=0)
        return draws

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], `low` ≤ value < `high`."""
        return low + (high - low) * self._fractions(prod(shape), shape)

    def normal(self, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], mean 0, standard deviation 1 (Box and Muller 1958)."""
        count = prod(shape)
        pairs = -(-count // 2)
        both = self._fractions(2 * pairs, (2, pairs))
        radius, turn = tf.sqrt(-2 * tf.math.log(1 - both[:, 0])), both[:, 1] - 0.5
        quarter = tf.where(turn < 0.25, turn + 0.25, turn - 0.75)
        values = tf.concat([radius * _sine(quarter), radius * _sine(turn)], 1)[:, :count]
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
        group = np.arange(groups, dtype=np.uint32)[None, :] + first
        lanes = [group, self._image, self._step, self._turn + second]
        if tf.executing_eagerly():  # numpy is so much quicker there that a preview feels it
            bits = np.concatenate(_pcg4d(*map(np.asarray, lanes))[: min(4, count)], 1)
            fractions = _shifted(bits[:, :count], 8).astype(np.float32) * np.float32(2.0**-24)
            return tf.constant(fractions.reshape(-1, *shape))
        bits = tf.concat(_pcg4d(*lanes)[: min(4, count)], 1)[:, :count]
        return tf.reshape(tf.cast(_shifted(bits, 8), tf.float32) * 2.0**-24, (-1, *shape))


def _sine(turn: Tensor) -> Tensor:
    """sin(2π · turn) for -0.5 ≤ turn < 0.5, by its series.

    XLA's own is a call for each number: noise on every pixel would take four times as long.
    """
    x = tf.abs(turn)
    x = 2 * pi * tf.minimum(x, 0.5 - x)
    square = x * x
    series = 1 - square / 110
    for factor in (72, 42, 20, 6):
        series = 1 - square / factor * series
    return tf.sign(turn) * x * series


def _pcg4d(x: Tensor, y: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, ...]:
    """Four uint32 in, four out, each a function of all; shapes are broadcast.

    Of tensors, or of arrays.
    """
    x, y, z, w = (lane * _MULTIPLIER + _INCREMENT for lane in (x, y, z, w))
    x, y, z, w = _mixed(x, y, z, w)
    x, y, z, w = (lane ^ _shifted(lane, 16) for lane in (x, y, z, w))
    return _mixed(x, y, z, w)


def _mixed(x: Tensor, y: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, ...]:
    x = x + y * w
    y = y + z * x
    z = z + x * y
    w = w + y * z
    return x, y, z, w


def _shifted(lane: Tensor, bits: int) -> Tensor:
    if isinstance(lane, np.ndarray):
        return lane >> np.uint32(bits)
    return tf.bitwise.right_shift(lane, tf.constant(bits, tf.uint32))
