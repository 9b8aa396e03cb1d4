"""Gamma."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor
from imgclf_gui.core.cautions import brightness_caution
from imgclf_gui.core.summary import DatasetSummary


class Gamma(PixelAugmentation):
    """Bends the scale of brightness, black and white staying. [N, h, w, c], 0…255 → the same.

    255 · (x / 255) ^ gamma, as in `tf.image.adjust_gamma`; the logarithm of gamma is drawn evenly,
    so that brighter and darker images are equally likely if the bounds are as far from 1.
    """

    title: ClassVar[str] = "Gamma"
    summary: ClassVar[str] = "Makes the tones between black and white brighter or darker."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 50
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"lower": (1, 0.25), "upper": (1, 4)}

    lower: float = Field(
        0.7, ge=0.1, le=1, title="Lowest gamma", description="Below 1 is brighter, 1 no change."
    )
    upper: float = Field(
        1.4, ge=1, le=10, title="Highest gamma", description="1 is no change, above it darker."
    )

    def brief(self) -> str:
        """'0.7–1.4'."""
        return f"{self.lower:g}–{self.upper:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own gamma."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image

        gamma = ops.exp(draws.uniform(log(self.lower), log(self.upper)))
        return 255 * ops.power(images / 255, per_image(gamma))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by brightness."""
        return brightness_caution(dataset)
