"""Image arithmetic that augmentations share. It knows Keras: import it inside methods only."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

from keras import ops

from imgclf_gui.core.augmentation import Tensor

PI = pi


def matrix(rows: Sequence[Sequence[Tensor | float]]) -> Tensor:
    """float32 [N, 3, 3] of three rows of numbers and tensors [N], at least one of them a tensor."""
    like = next(value for row in rows for value in row if hasattr(value, "shape"))
    ones = ops.ones_like(like, dtype="float32")
    return ops.stack(
        [ops.stack([ones * ops.cast(value, "float32") for value in row], -1) for row in rows], -2
    )


def per_image(values: Tensor) -> Tensor:
    """[N] → [N, 1, 1, 1], to be combined with images."""
    return values[:, None, None, None]


def corners_to(shifts: Tensor, height: int, width: int) -> Tensor:
    """float32 [N, 3, 3] that takes the corners of an image to places beside them.

    `shifts`, float32 [N, 4, 2], are shares of width and height for the corners above left, above
    right, below right and below left. The matrix is that of the unit square to a quadrilateral
    (Heckbert 1989, Fundamentals of Texture Mapping and Image Warping, 2.2.3), in pixels.
    """
    x, y = (_lanes(shifts[..., k] + ops.convert_to_tensor(_CORNERS[k])) for k in (0, 1))
    over_x, over_y = x[0] - x[1] + x[2] - x[3], y[0] - y[1] + y[2] - y[3]
    right_x, right_y = x[1] - x[2], y[1] - y[2]
    left_x, left_y = x[3] - x[2], y[3] - y[2]
    area = right_x * left_y - left_x * right_y
    g = (over_x * left_y - left_x * over_y) / area
    h = (right_x * over_y - over_x * right_y) / area
    square = (
        (x[1] - x[0] + g * x[1], x[3] - x[0] + h * x[3], x[0]),
        (y[1] - y[0] + g * y[1], y[3] - y[0] + h * y[3], y[0]),
        (g, h, 1),
    )
    to_pixels = ((width, 0, -width / 2), (0, height, -height / 2), (0, 0, 1))
    from_pixels = ((1 / width, 0, 0.5), (0, 1 / height, 0.5), (0, 0, 1))
    return matrix(_product(to_pixels, _product(square, from_pixels)))


_CORNERS = ((0.0, 1.0, 1.0, 0.0), (0.0, 0.0, 1.0, 1.0))
"""x and y of the corners of the unit square, in the order of `corners_to`."""


def _lanes(values: Tensor) -> list[Tensor]:
    """[N, 4] → four [N]."""
    return [values[:, k] for k in range(4)]


_Rows = Sequence[Sequence[Tensor | float]]


def _product(left: _Rows, right: _Rows) -> _Rows:
    """Of two 3 × 3 matrices, in full precision on every device."""
    columns = [[row[k] for row in right] for k in range(3)]
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left
    ]


def luma(images: Tensor) -> Tensor:
    """[N, h, w, 3] → [N, h, w, 1]: the brightness of ITU-R BT.601."""
    return 0.299 * images[..., :1] + 0.587 * images[..., 1:2] + 0.114 * images[..., 2:]


def hue_turned(images: Tensor, angle: Tensor) -> Tensor:
    """[N, h, w, 3] with the colours turned by `angle`, [N] in radians, in the plane of YIQ."""
    cos, sin = per_image(ops.cos(angle)), per_image(ops.sin(angle))
    red, green, blue = images[..., :1], images[..., 1:2], images[..., 2:]
    y = luma(images)
    i = 0.595716 * red - 0.274453 * green - 0.321263 * blue
    q = 0.211456 * red - 0.522591 * green + 0.311135 * blue
    i, q = cos * i - sin * q, sin * i + cos * q
    return ops.concatenate(
        [
            y + 0.9563 * i + 0.6210 * q,
            y - 0.2721 * i - 0.6474 * q,
            y - 1.1070 * i + 1.7046 * q,
        ],
        -1,
    )


def blurred(images: Tensor, deviation: Tensor, reach: int) -> Tensor:
    """[N, h, w, c] blurred by Gaussians of standard deviation `deviation`, [N] in pixels from 0.

    `reach` is how many pixels to each side have a weight.
    """
    distances = ops.arange(-reach, reach + 1, dtype="float32")
    narrowest = 1e-3  # of no blur: all other weights are 0
    weights = ops.exp(-0.5 * (distances / ops.maximum(deviation, narrowest)[:, None]) ** 2)
    weights = weights / ops.sum(weights, 1, keepdims=True)
    for axis in (1, 2):
        size = images.shape[axis]
        wide = ops.take(images, ops.clip(ops.arange(-reach, size + reach), 0, size - 1), axis)
        parts = (
            (wide[:, k : k + size] if axis == 1 else wide[:, :, k : k + size])
            * per_image(weights[:, k])
            for k in range(2 * reach + 1)
        )
        images = sum(parts)
    return images


def smoothed(images: Tensor) -> Tensor:
    """[N, h, w, c] by the kernel of Pillow's SMOOTH: 1 1 1, 1 5 1, 1 1 1, divided by 13.

    The outermost pixels stay.
    """
    wide = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    around = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    height, width = images.shape[1:3]
    inside = _inside(height)[:, None] & _inside(width)[None, :]
    return ops.where(inside[None, :, :, None], (around + 4 * images) / 13, images)


def _inside(size: int) -> Tensor:
    """bool [size]: all but the first and the last."""
    places = ops.arange(size)
    return (places > 0) & (places < size - 1)
