"""Horizontal flip."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.augmentation import Draws, Geometry, Tensor, probability
from imgclf_gui.core.entry import KerasLayer


class FlipHorizontal(Geometry):
    """Mirrors left and right. [N, h, w, c] → the same shape and range 0…255."""

    title: ClassVar[str] = "Flip horizontally"
    summary: ClassVar[str] = "Left and right change places, as in a mirror."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 10

    probability: float = probability(0.5)

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """x' = -x for every image."""
        from keras import ops

        del height, width
        mirror = ops.convert_to_tensor([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        return ops.zeros_like(draws.uniform(shape=(3, 3))) + mirror

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomFlip."""
        del height, width
        return (KerasLayer("RandomFlip", {"mode": "horizontal"}),)
