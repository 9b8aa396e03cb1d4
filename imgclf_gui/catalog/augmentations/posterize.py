"""Posterise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor
from imgclf_gui.core.entry import KerasLayer


class Posterize(PixelAugmentation):
    """Keeps only the upper bits of each value. [N, h, w, c], 0…255 → the same.

    Each image draws its bits evenly, from the setting to 7; 8 leave images as they are. AutoAugment
    (Cubuk et al. 2018, arXiv:1805.09501) and Keras take as many bits for all images.
    """

    title: ClassVar[str] = "Posterise"
    summary: ClassVar[str] = "Few shades instead of many, as on a printed poster."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 130
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"bits": (8, 1)}

    bits: int = Field(
        4, ge=1, le=8, title="Bits", description="At least; 8 leave images as they are."
    )

    def brief(self) -> str:
        """'from 4 bits'."""
        return f"from {self.bits} bit{'s' * (self.bits > 1)}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own bits; rounded down to a multiple of 2, 4, 8…"""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image

        bits = self.bits + draws.integers(max(8 - self.bits, 1))
        step = per_image(ops.cast(2 ** (8 - bits), "float32"))
        return ops.where(step > 1, ops.floor(images / step) * step, images)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomPosterization, which draws nothing."""
        del height, width
        return (KerasLayer("RandomPosterization", {"factor": self.bits}),)
