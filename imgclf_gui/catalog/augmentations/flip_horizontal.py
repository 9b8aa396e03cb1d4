"""Horizontal flip."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import Caution, Draws, Geometry, Tensor, probability
from imgclf_gui.core.cautions import mirror_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class FlipHorizontal(Geometry):
    """Mirrors left and right: exact, no pixel is blended. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Flip horizontally"
    summary: ClassVar[str] = "Left and right change places, as in a mirror."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 10
    upright: ClassVar[bool] = True
    mirrored: ClassVar[int | None] = 2

    probability: float = probability(0.5)

    def brief(self) -> str:
        """'50 %' of the images."""
        return f"{100 * self.probability:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """x' = -x for every image."""
        from imgclf_gui.catalog.image_maths import matrix

        del height, width
        one = draws.uniform(1, 1)
        return matrix(((-one, 0, 0), (0, 1, 0), (0, 0, 1)))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where a mirrored class is another one."""
        return mirror_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomFlip, which flips half of the images."""
        del height, width
        return (KerasLayer("RandomFlip", {"mode": "horizontal"}),)
