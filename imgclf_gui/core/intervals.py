"""How far a measured share may be from the true one."""

from __future__ import annotations

from math import sqrt

CONFIDENCE_95 = 1.959964
"""Standard deviations on each side that hold 95 % of a normal distribution."""


def wilson_interval(correct: float, images: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): 0…1; `images` is at least 1."""
    z, share = CONFIDENCE_95, correct / images
    shrink = 1 + z * z / images
    middle = (share + z * z / (2 * images)) / shrink
    half = z * sqrt(share * (1 - share) / images + z * z / (4 * images * images)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)
