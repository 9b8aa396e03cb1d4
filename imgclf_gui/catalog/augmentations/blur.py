"""Blur."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor
from imgclf_gui.core.entry import KerasLayer


class Blur(PixelAugmentation):
    """Weighs neighbours by a Gaussian whose width is drawn evenly. [N, h, w, c], 0…255 → the same.

    Beyond the edge stand its last pixels. Weights end at three standard deviations of the widest.
    """

    title: ClassVar[str] = "Blur"
    summary: ClassVar[str] = "Puts the image out of focus."
    group: ClassVar[str] = "Noise and blur"
    order: ClassVar[int] = 20
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"radius": (0, 4)}

    radius: float = Field(
        1,
        ge=0,
        le=10,
        title="Radius",
        json_schema_extra={"unit": "pixels"},
        description="Standard deviation of the Gaussian, at most.",
    )

    def brief(self) -> str:
        """'1 px'."""
        return f"{self.radius:g} px"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own radius, from 0."""
        from imgclf_gui.catalog.image_maths import blurred

        return blurred(images, draws.uniform(0, self.radius), self._reach())

    def _reach(self) -> int:
        """How many pixels to each side have a weight."""
        return ceil(3 * self.radius)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomGaussianBlur, whose standard deviation is 1 at most."""
        del height, width
        settings = {
            "factor": (self.probability, self.probability),
            "kernel_size": 2 * self._reach() + 1,
            "sigma": min(self.radius, 1.0),
        }
        return (KerasLayer("RandomGaussianBlur", settings),)
