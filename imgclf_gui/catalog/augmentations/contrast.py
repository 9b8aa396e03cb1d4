"""Contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor
from imgclf_gui.core.entry import KerasLayer


class Contrast(PixelAugmentation):
    """Moves values away from the image's mean, or towards it. [N, h, w, c], 0…255 → the same.

    (x - mean) · factor + mean with the mean of each channel by itself, as in
    `tf.image.adjust_contrast`; the factor is drawn evenly, one for all channels.
    """

    title: ClassVar[str] = "Contrast"
    summary: ClassVar[str] = "Makes differences of brightness larger or smaller."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 20
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"lower": (1, 0), "upper": (1, 2)}

    lower: float = Field(
        0.7, ge=0, le=1, title="Lowest factor", description="0 is one even gray, 1 no change."
    )
    upper: float = Field(
        1.3,
        ge=1,
        le=10,
        title="Highest factor",
        description="1 is no change, 2 twice the contrast.",
    )

    def brief(self) -> str:
        """'0.7–1.3'."""
        return f"{self.lower:g}–{self.upper:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own factor."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image

        factor = per_image(draws.uniform(self.lower, self.upper))
        mean = ops.mean(images, (1, 2), keepdims=True)
        return (images - mean) * factor + mean

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomContrast; its factors are distances from 1, which it sorts: exact if alike."""
        del height, width
        return (KerasLayer("RandomContrast", {"factor": (1 - self.lower, self.upper - 1)}),)
