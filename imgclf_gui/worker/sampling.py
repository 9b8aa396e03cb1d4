"""Moving the pixels of a batch: each image read at the places that its own matrix names.

Written with gathers, which XLA makes one loop of: several times as fast as TensorFlow's own
operation for this, which XLA does not know.
"""

from __future__ import annotations

import tensorflow as tf

from imgclf_gui.core.augmentation import Fill, Tensor


def sample(images: Tensor, matrices: Tensor, fill: Fill, *, upright: bool = False) -> Tensor:
    """Bilinear samples of float32 [N, height, width, channels] → the same shape.

    `matrices`, float32 [N, 3, 3], say where a pixel comes from: see `Geometry.matrices`. If all are
    `upright` (`Geometry.upright`), rows and columns are read by themselves, which is faster.
    """
    if upright:
        return _upright(images, matrices, fill)
    height, width, channels = images.shape[1:]
    x, y = _sources(matrices, height, width)
    left, top = tf.floor(x), tf.floor(y)
    pixels = tf.reshape(images, (-1, channels))
    first = tf.range(tf.shape(images)[0])[:, None] * (height * width)

    def tap(right: int, below: int) -> Tensor:
        column, column_seen = _within(left + right, width, fill)
        row, row_seen = _within(top + below, height, fill)
        found = tf.gather(pixels, first + row * width + column)
        return found * (column_seen * row_seen)[..., None]

    above, below = (_between(tap(0, k), tap(1, k), (x - left)[..., None]) for k in (0, 1))
    samples = _between(above, below, (y - top)[..., None])
    return tf.reshape(samples, tf.shape(images))


def _upright(images: Tensor, matrices: Tensor, fill: Fill) -> Tensor:
    """Between two rows each, then between two columns of what that makes."""
    height, width, channels = images.shape[1:]
    x = matrices[:, 0, :1] * _from_middle(width) + matrices[:, 0, 2:] + (width - 1) / 2
    y = matrices[:, 1, 1:2] * _from_middle(height) + matrices[:, 1, 2:] + (height - 1) / 2
    left, top = tf.floor(x), tf.floor(y)
    rows = tf.reshape(images, (-1, width, channels))
    first = tf.range(tf.shape(images)[0])[:, None] * height

    def row(below: int) -> Tensor:
        place, seen = _within(top + below, height, fill)
        return tf.gather(rows, first + place) * seen[:, :, None, None]

    between_rows = _between(row(0), row(1), (y - top)[:, :, None, None])

    def column(right: int) -> Tensor:
        place, seen = _within(left + right, width, fill)
        return tf.gather(between_rows, place, axis=2, batch_dims=1) * seen[:, None, :, None]

    return _between(column(0), column(1), (x - left)[:, None, :, None])


def _between(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """`share` of the way, 0…1, from the first to the second."""
    return first * (1 - share) + second * share


def _from_middle(size: int) -> Tensor:
    """Places of rows or columns in pixels from the middle of the image."""
    return tf.range(size, dtype=tf.float32) - (size - 1) / 2


def _sources(matrices: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Where each pixel comes from: x and y, float32 [N, height · width], in pixels from 0."""
    y, x = tf.meshgrid(_from_middle(height), _from_middle(width), indexing="ij")
    x, y = tf.reshape(x, (1, -1)), tf.reshape(y, (1, -1))
    m = matrices[..., None]
    new_x = m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2]
    new_y = m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]
    depth = m[:, 2, 0] * x + m[:, 2, 1] * y + m[:, 2, 2]
    return new_x / depth + (width - 1) / 2, new_y / depth + (height - 1) / 2


def _within(place: Tensor, size: int, fill: Fill) -> tuple[Tensor, Tensor]:
    """A row or column that exists for each `place`, int32, and whether it is seen, float32 0 or 1.

    Reflection repeats the edge: dcba|abcd|dcba.
    """
    last = size - 1
    seen = tf.ones_like(place)
    if fill == "black":
        seen = tf.cast((place >= 0) & (place <= last), tf.float32)
    if fill == "reflect":
        period = 2 * size  # not tf.math.floormod: compiled code calls a function for each pixel
        place -= period * tf.floor(place * (1 / period))
        place = tf.minimum(place, period - 1 - place)
    return tf.cast(tf.clip_by_value(place, 0, last), tf.int32), seen
