"""Gaussian noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor
from imgclf_gui.core.entry import KerasLayer


class GaussianNoise(PixelAugmentation):
    """Adds a normal random number of mean 0 to each value. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Gaussian noise"
    summary: ClassVar[str] = "Shakes every pixel a little, as a camera does in the dark."
    group: ClassVar[str] = "Noise and blur"
    order: ClassVar[int] = 10
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"spread": (0, 64)}

    spread: float = Field(
        10,
        ge=0,
        le=255,
        title="Spread",
        description="Standard deviation of what is added, of values from 0 to 255.",
    )

    def brief(self) -> str:
        """'±10'."""
        return f"±{self.spread:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every value with its own number."""
        return images + self.spread * draws.normal(images.shape[1:])

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """GaussianNoise, which takes no spread above 1: between scaling down and up."""
        del height, width
        return (
            KerasLayer("Rescaling", {"scale": 1 / 255}),
            KerasLayer("GaussianNoise", {"stddev": self.spread / 255}),
            KerasLayer("Rescaling", {"scale": 255}),
        )
