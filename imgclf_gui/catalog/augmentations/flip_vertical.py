"""Vertical flip."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import Caution, Draws, Geometry, Tensor, probability
from imgclf_gui.core.cautions import upside_down_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class FlipVertical(Geometry):
    """Turns top and bottom round: exact, no pixel is blended. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Flip vertically"
    summary: ClassVar[str] = "Top and bottom change places, as seen in water."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 20
    upright: ClassVar[bool] = True
    mirrored: ClassVar[int | None] = 1

    probability: float = probability(0.5)

    def brief(self) -> str:
        """'50 %' of the images."""
        return f"{100 * self.probability:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """y' = -y for every image."""
        from imgclf_gui.catalog.image_maths import matrix

        del height, width
        one = draws.uniform(1, 1)
        return matrix(((1, 0, 0), (0, -one, 0), (0, 0, 1)))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where a class upside down is another one."""
        return upside_down_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomFlip, which flips half of the images."""
        del height, width
        return (KerasLayer("RandomFlip", {"mode": "vertical"}),)
