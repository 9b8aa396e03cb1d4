"""Autocontrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor, probability
from imgclf_gui.core.cautions import brightness_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class AutoContrast(PixelAugmentation):
    """Stretches the values of each channel to 0…255. [N, h, w, c], 0…255 → the same.

    As `ImageOps.autocontrast` of Pillow, blended with the image as it was if the amount is below
    100 %. A channel of one value stays.
    """

    title: ClassVar[str] = "Autocontrast"
    summary: ClassVar[str] = "The darkest becomes black and the brightest white."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 110
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"amount": (0, 100)}

    probability: float = probability(0.5)
    amount: float = Field(
        100,
        ge=0,
        le=100,
        title="Amount",
        json_schema_extra={"unit": "%"},
        description="Below 100 %, the image as it was has the rest.",
    )

    def brief(self) -> str:
        """'100 %'."""
        return f"{self.amount:g} %"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image by its own darkest and brightest values."""
        from keras import ops

        del draws
        least = ops.min(images, (1, 2), keepdims=True)
        most = ops.max(images, (1, 2), keepdims=True)
        range_ = most - least
        factor = ops.where(range_ > 0, 255 / ops.where(range_ > 0, range_, 1), 1)
        shift = ops.where(range_ > 0, least * factor, 0)
        return images + self.amount / 100 * (images * factor - shift - images)

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by brightness."""
        return brightness_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """AutoContrast."""
        del height, width
        return (KerasLayer("AutoContrast"),)
