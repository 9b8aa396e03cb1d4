"""JPEG's losses as tensor arithmetic: what encoding and decoding leave of an image.

ITU-T T.81, with libjpeg's scaling of the tables by quality, its 4:2:0 averaging of colours and its
smooth enlarging of them. No codec is called, so that XLA can compile it for any device. It knows
Keras: import it inside methods only.

All numbers up to the quantisation are multiples of 2**-14 below 2**10, which float32 holds exactly:
no order of summing changes them, and so none decides to which side a coefficient is rounded.
Devices that multiply matrices more coarsely come close to that.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from imgclf_gui.core.augmentation import Tensor

BLOCK = 8
LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
"""Steps of the 8 × 8 coefficients of brightness at quality 50: the standard's table K.1."""
CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)  # fmt: skip
"""Those of colours: table K.2."""


def compressed(images: Tensor, quality: Tensor) -> Tensor:
    """float32 [N, height, width, 1 or 3], 0…255, after JPEG of `quality`, [N] of 1…100.

    Values may leave 0…255 a little: they are not clipped.
    """
    images = ops.round(images)
    luminance, chrominance = (_steps(table, quality) for table in (LUMINANCE, CHROMINANCE))
    if images.shape[-1] == 1:
        return _coded(images[..., 0] - 128, luminance)[..., None] + 128
    y, cb, cr = _split(images)
    y = _coded(y - 128, luminance) + 128
    cb, cr = (
        _enlarged(_coded(_halved(plane) - 128, chrominance), *images.shape[1:3])
        for plane in (cb, cr)
    )
    return ops.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1)


def _steps(table: tuple[int, ...], quality: Tensor) -> Tensor:
    """[N, 1, 64]: by what the coefficients are divided before they are rounded."""
    quality = ops.cast(quality, "float32")[:, None, None]
    percent = ops.where(quality < 50, ops.floor(5000 / quality), 200 - 2 * quality)
    return ops.clip(ops.floor((np.array(table, "float32") * percent + 50) / 100), 1, 255)


def _split(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Brightness and two colour differences, [N, height, width] of whole numbers 0…255.

    libjpeg's fixed point: all sums stay below 2**24.
    """
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    middle = (128 << 16) + 32767
    sums = (
        19595 * red + 38470 * green + 7471 * blue + 32768,
        -11059 * red - 21709 * green + 32768 * blue + middle,
        32768 * red - 27439 * green - 5329 * blue + middle,
    )
    y, cb, cr = (ops.floor(total / 65536) for total in sums)
    return y, cb, cr


def _halved(plane: Tensor) -> Tensor:
    """Whole averages of 2 × 2 values; an odd edge is repeated."""
    plane = _grown(plane, 2)
    height, width = plane.shape[1:]
    total = ops.sum(ops.reshape(plane, (-1, height // 2, 2, width // 2, 2)), (2, 4))
    # Halves are rounded down and up by turns, so that colours do not drift.
    return ops.floor((total + 1 + np.arange(width // 2, dtype="float32") % 2) / 4)


def _enlarged(plane: Tensor, height: int, width: int) -> Tensor:
    """Twice as large: of each value three quarters, and a quarter of its nearer neighbour."""
    for axis, size in ((1, height), (2, width)):
        place = np.arange(size)
        near = place // 2
        far = np.clip(near + 2 * (place % 2) - 1, 0, plane.shape[axis] - 1)
        plane = 0.75 * ops.take(plane, near, axis) + 0.25 * ops.take(plane, far, axis)
    return plane


def _coded(plane: Tensor, steps: Tensor) -> Tensor:
    """[N, height, width] of -128…127, its coefficients rounded to multiples of `steps`."""
    height, width = plane.shape[1:]
    grown = _grown(plane, BLOCK)
    rows, columns = grown.shape[1] // BLOCK, grown.shape[2] // BLOCK
    blocks = ops.reshape(grown, (-1, rows, BLOCK, columns, BLOCK))
    blocks = ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4)), (-1, rows * columns, BLOCK**2))
    cosines = _cosines()
    coefficients = ops.round(ops.matmul(blocks, cosines) / steps) * steps
    blocks = ops.clip(ops.matmul(coefficients, cosines.T), -128, 127)
    blocks = ops.reshape(blocks, (-1, rows, columns, BLOCK, BLOCK))
    grown = ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4)), ops.shape(grown))
    return grown[:, :height, :width]


def _grown(plane: Tensor, multiple: int) -> Tensor:
    """The last row and column repeated until both sizes are multiples."""
    for axis in (1, 2):
        size = plane.shape[axis]
        whole = -(-size // multiple) * multiple
        if whole > size:
            plane = ops.take(plane, np.minimum(np.arange(whole), size - 1), axis)
    return plane


def _cosines() -> np.ndarray:
    """float32 [64 pixels, 64 coefficients]: the two-dimensional transform of a block."""
    place, wave = np.arange(BLOCK)[:, None], np.arange(BLOCK)[None, :]
    scale = np.where(wave == 0, np.sqrt(1 / 8), 0.5)
    one = scale * np.cos((2 * place + 1) * wave * np.pi / 16)
    return (np.round(np.kron(one, one) * 2**14) / 2**14).astype("float32")
