"""Saturation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor
from imgclf_gui.core.cautions import colour_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Saturation(PixelAugmentation):
    """Moves colours away from gray, or towards it. [N, h, w, 3], 0…255 → the same.

    gray + (x - gray) · factor with gray the luma of ITU-R BT.601, as `ImageEnhance.Color` of
    Pillow does; the factor is drawn evenly. Grayscale images stay as they are.
    """

    title: ClassVar[str] = "Saturation"
    summary: ClassVar[str] = "Makes colours stronger or paler."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 30
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"lower": (1, 0), "upper": (1, 2)}
    needs_colour: ClassVar[bool] = True

    lower: float = Field(
        0.7, ge=0, le=1, title="Lowest factor", description="0 is without colour, 1 no change."
    )
    upper: float = Field(
        1.3, ge=1, le=10, title="Highest factor", description="1 is no change, 2 twice the colour."
    )

    def brief(self) -> str:
        """'0.7–1.3'."""
        return f"{self.lower:g}–{self.upper:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own factor."""
        from imgclf_gui.catalog.image_maths import luma, per_image

        gray = luma(images)
        return gray + (images - gray) * per_image(draws.uniform(self.lower, self.upper))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by colour."""
        return colour_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomSaturation, in HSV; of its factors f, f / (1 - f) is ours.

        Its value range is that of the saturation, whatever that of the pixels.
        """
        del height, width
        factor = (self.lower / (1 + self.lower), self.upper / (1 + self.upper))
        return (KerasLayer("RandomSaturation", {"factor": factor, "value_range": (0, 1)}),)
