"""Grayscale."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor, probability
from imgclf_gui.core.cautions import colour_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Grayscale(PixelAugmentation):
    """Takes the colour out: all channels become the luma of ITU-R BT.601.

    [N, h, w, 3], 0…255 → the same. Grayscale images stay as they are.
    """

    title: ClassVar[str] = "Grayscale"
    summary: ClassVar[str] = "Takes the colour out of some of the images."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 60
    needs_colour: ClassVar[bool] = True

    probability: float = probability(0.2)

    def brief(self) -> str:
        """'20 %' of the images."""
        return f"{100 * self.probability:g} %"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image; nothing is drawn."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import luma

        del draws
        return ops.zeros_like(images) + luma(images)

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by colour."""
        return colour_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomGrayscale."""
        del height, width
        return (KerasLayer("RandomGrayscale", {"factor": self.probability}),)
