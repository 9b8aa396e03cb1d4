"""Brightness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor
from imgclf_gui.core.cautions import brightness_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Brightness(PixelAugmentation):
    """Adds one number, drawn evenly, to all values of an image. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Brightness"
    summary: ClassVar[str] = "Makes the whole image brighter or darker."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 10
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"change": (0, 255)}

    change: float = Field(
        40,
        ge=0,
        le=255,
        title="Change",
        description="At most, up or down, of values from 0 to 255.",
    )

    def brief(self) -> str:
        """'±40'."""
        return f"±{self.change:g}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own number."""
        from imgclf_gui.catalog.image_maths import per_image

        return images + per_image(draws.uniform(-self.change, self.change))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by brightness."""
        return brightness_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomBrightness; its factor is a share of 255."""
        del height, width
        return (KerasLayer("RandomBrightness", {"factor": self.change / 255}),)
