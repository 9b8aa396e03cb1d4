"""Histograms of images as tensor arithmetic. It knows Keras: import it inside methods only."""

from __future__ import annotations

from keras import ops

from imgclf_gui.core.augmentation import Tensor

LEVELS = 256


def equalized(images: Tensor) -> Tensor:
    """float32 [N, height, width, channels], 0…255: the values of each channel spread evenly.

    A value becomes 255 times how many pixels are below it, over how many are below the highest; a
    channel of one value stays. Values are those of bytes: others are rounded.
    """
    channels = images.shape[-1]
    levels = ops.cast(ops.clip(ops.round(images), 0, LEVELS - 1), "int32")
    histograms = ops.shape(images)[0] * channels
    first = ops.reshape(ops.arange(histograms) * LEVELS, (-1, 1, 1, channels))
    places = ops.reshape(first + levels, (-1,))
    counts = ops.segment_sum(ops.ones_like(places), places, histograms * LEVELS)
    counts = ops.cast(ops.reshape(counts, (-1, LEVELS)), "float32")
    below = ops.cumsum(counts, 1) - counts
    most = ops.max(ops.where(counts > 0, below, 0), 1, keepdims=True)
    as_it_is = ops.arange(LEVELS, dtype="float32")
    table = ops.where(most > 0, below * (255 / ops.maximum(most, 1)), as_it_is)
    return ops.reshape(ops.take(ops.reshape(table, (-1,)), places), ops.shape(images))
