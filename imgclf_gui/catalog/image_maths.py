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
    ones = ops.ones_like(like)
    return ops.stack([ops.stack([ones * value for value in row], -1) for row in rows], -2)


def per_image(values: Tensor) -> Tensor:
    """[N] → [N, 1, 1, 1], to be combined with images."""
    return values[:, None, None, None]
