"""Solarise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor
from imgclf_gui.core.cautions import brightness_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Solarize(PixelAugmentation):
    """Inverts all values from a threshold on. [N, h, w, c], 0…255 → the same.

    Each image draws its threshold evenly, from the setting to 256, which inverts nothing. From
    AutoAugment (Cubuk et al. 2018, arXiv:1805.09501), which takes the setting for all images.
    """

    title: ClassVar[str] = "Solarise"
    summary: ClassVar[str] = "What is bright becomes dark, as on film exposed for far too long."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 140
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"threshold": (256, 0)}

    threshold: int = Field(
        128,
        ge=0,
        le=256,
        title="Threshold",
        description="At least; values from it on are inverted: at 256 none, at 0 all.",
    )

    def brief(self) -> str:
        """'from 128'."""
        return f"from {self.threshold}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own threshold."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image

        threshold = per_image(draws.uniform(self.threshold, 256))
        return ops.where(images >= threshold, 255 - images, images)

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by brightness."""
        return brightness_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """Solarization."""
        del height, width
        least = min(self.threshold, 255) / 255
        return (KerasLayer("Solarization", {"threshold_factor": [least, 1.0]}),)
