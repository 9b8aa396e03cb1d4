"""Equalise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor, probability
from imgclf_gui.core.cautions import brightness_caution
from imgclf_gui.core.summary import DatasetSummary


class Equalize(PixelAugmentation):
    """Spreads the values of each channel evenly over 0…255. [N, h, w, c], 0…255 → the same.

    A value becomes 255 times the share of pixels below it, of those below the channel's highest: as
    `ImageOps.equalize` of Pillow, which is coarser for small images. Blended with the image as it
    was if the amount is below 100 %. A channel of one value stays. Keras's layer of that name takes
    one histogram of the whole batch, which is another thing.
    """

    title: ClassVar[str] = "Equalise"
    summary: ClassVar[str] = "Every brightness as often as any other: hidden detail comes out."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 120
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
        """Every image by its own histograms."""
        from imgclf_gui.catalog.histogram_maths import equalized

        del draws
        return images + self.amount / 100 * (equalized(images) - images)

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by brightness."""
        return brightness_caution(dataset)
