"""Rectangles and shares, for erasing and mixing. It knows Keras: import it inside methods only."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from keras import ops

from imgclf_gui.catalog.image_maths import per_image
from imgclf_gui.core.augmentation import Draws, Tensor

QUANTILES = 1024
Corner = tuple[Tensor, Tensor]
"""Row and column, [N] each."""


def rectangles(images: Tensor, first: Corner, end: Corner) -> Tensor:
    """bool [N, height, width, 1]: which pixels lie in `first` … `end`, itself outside."""
    height, width = images.shape[1:3]
    rows = ops.arange(height, dtype="float32")[None, :, None, None]
    columns = ops.arange(width, dtype="float32")[None, None, :, None]
    top, left, bottom, right = (per_image(side) for side in (*first, *end))
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def larger_shares(alpha: float, draws: Draws) -> Tensor:
    """float32 [N], 0.5…1: the larger of λ and 1 - λ, where λ follows Beta(alpha, alpha).

    Of one uniform number each: XLA has no sampler of the gamma distribution. 1 if `alpha` is 0.
    """
    table = ops.convert_to_tensor(smaller_share_quantiles(alpha))
    place = draws.uniform(0, QUANTILES)
    lower = ops.cast(place, "int32")
    low, high = ops.take(table, lower), ops.take(table, lower + 1)
    return 1 - (low + (high - low) * (place - ops.floor(place)))


@lru_cache
def smaller_share_quantiles(alpha: float) -> np.ndarray:
    """float32 [QUANTILES + 1], rising to 0.5: quantiles of the smaller of λ and 1 - λ.

    Its density m^(alpha - 1) (1 - m)^(alpha - 1) is infinite at 0 if alpha is below 1; that of
    t = m^alpha is not, and is summed instead.
    """
    if alpha == 0:
        return np.zeros(QUANTILES + 1, "float32")
    t = np.linspace(0, 0.5**alpha, 64 * QUANTILES + 1)
    share = t ** (1 / alpha)
    density = (1 - share) ** (alpha - 1)
    steps = (density[1:] + density[:-1]) / 2
    below = np.concatenate([[0], np.cumsum(steps)])
    found = np.interp(np.linspace(0, below[-1], QUANTILES + 1), below, t)
    return (found ** (1 / alpha)).astype("float32")
