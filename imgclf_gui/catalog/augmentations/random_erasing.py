"""Random erasing."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt
from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor, probability
from imgclf_gui.core.entry import KerasLayer

SMALLEST = 1 / 20
"""The smallest area, of the largest: 2 % of 40 %, as in the paper."""


class RandomErasing(PixelAugmentation):
    """Fills a rectangle somewhere in the image. [N, h, w, c], 0…255 → the same.

    Zhong et al. 2017 (arXiv:1708.04896); with an elongation of 1 the cutout of DeVries and Taylor
    2017 (arXiv:1708.04552), here wholly inside the image. Its area is drawn evenly, and how many
    times it is higher than wide evenly on a logarithmic scale, as far as it fits into the image.
    """

    title: ClassVar[str] = "Random erasing"
    summary: ClassVar[str] = "Something hides a part of the image (cutout)."
    group: ClassVar[str] = "Erasing and mixing"
    order: ClassVar[int] = 10
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"largest": (0, 50)}

    probability: float = probability(0.5)
    largest: float = Field(
        33,
        ge=0,
        le=100,
        title="Largest area",
        json_schema_extra={"unit": "%"},
        description="Of the image; the smallest is a twentieth of it.",
    )
    elongation: float = Field(
        3,
        ge=1,
        le=10,
        title="Elongation",
        description="At most so many times as long as wide, or as wide as long; 1: squares.",
    )
    filling: Literal["noise", "mean", "black"] = Field(
        "noise",
        title="Filled with",
        description="noise: a random value in each pixel. mean: the image's own mean colour.",
    )

    def brief(self) -> str:
        """'up to 33 %, noise'."""
        return f"up to {self.largest:g} %, {self.filling}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own rectangle."""
        from keras import ops

        from imgclf_gui.catalog.mixing_maths import rectangles

        height, width = images.shape[1:3]
        high, wide = self._sides(height, width, draws)
        top = ops.floor(draws.uniform() * (height - high + 1))
        left = ops.floor(draws.uniform() * (width - wide + 1))
        erased = rectangles(images, (top, left), (top + high, left + wide))
        return ops.where(erased, self._fill(images, draws), images)

    def _sides(self, height: int, width: int, draws: Draws) -> tuple[Tensor, Tensor]:
        """Height and width of the rectangles, [N] each of whole pixels: at least one, or none."""
        from keras import ops

        area = draws.uniform(SMALLEST, 1) * (self.largest / 100 * height * width)
        most = log(self.elongation)
        ratio = ops.exp(draws.uniform(-most, most))
        narrowest, widest = area / width**2, height**2 / ops.maximum(area, 1)
        ratio = ops.clip(ratio, narrowest, ops.maximum(widest, narrowest))
        least = 1 if self.largest else 0
        sides = (ops.sqrt(area * ratio), ops.sqrt(area / ratio))
        high, wide = (ops.maximum(ops.round(side), least) for side in sides)
        return high, wide

    def _fill(self, images: Tensor, draws: Draws) -> Tensor:
        """What is seen instead, [N, height, width, channels] or of a shape that grows to it."""
        from keras import ops

        if self.filling == "noise":
            return ops.floor(draws.uniform(0, 256, images.shape[1:]))
        if self.filling == "mean":
            return ops.mean(images, (1, 2), keepdims=True)
        return ops.zeros_like(images)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomErasing, which draws sides instead of an area: as long as these are at most."""
        del height, width
        fill = {"noise": None, "mean": 127.5, "black": 0.0}[self.filling]
        settings = {"scale": (0.0, sqrt(self.largest / 100)), "fill_value": fill}
        return (KerasLayer("RandomErasing", settings),)
