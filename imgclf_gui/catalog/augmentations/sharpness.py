"""Sharpness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor
from imgclf_gui.core.entry import KerasLayer


class Sharpness(PixelAugmentation):
    """Makes edges harder or softer. [N, h, w, c], 0…255 → the same.

    smooth + (x - smooth) · factor, as `ImageEnhance.Sharpness` of Pillow does: smooth is the mean
    of the 3 × 3 neighbours, the middle one with five times the weight; the outermost pixels stay.
    The factor is drawn evenly.
    """

    title: ClassVar[str] = "Sharpness"
    summary: ClassVar[str] = "Makes edges harder or softer."
    group: ClassVar[str] = "Noise and blur"
    order: ClassVar[int] = 30
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"lower": (1, 0), "upper": (1, 4)}

    lower: float = Field(
        0.5, ge=0, le=1, title="Lowest factor", description="0 is smooth, 1 no change."
    )
    upper: float = Field(
        2, ge=1, le=10, title="Highest factor", description="1 is no change, above it sharper."
    )

    def brief(self) -> str:
        """'0.5–2'."""
        return f"{self.lower:g}–{self.upper:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own factor."""
        from imgclf_gui.catalog.image_maths import per_image, smoothed

        smooth = smoothed(images)
        return smooth + (images - smooth) * per_image(draws.uniform(self.lower, self.upper))

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomSharpness; its factors are half of ours, and 1 at most."""
        del height, width
        factor = (self.lower / 2, min(self.upper / 2, 1.0))
        return (KerasLayer("RandomSharpness", {"factor": factor}),)
