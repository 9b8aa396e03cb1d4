"""CutMix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, Mixing, Tensor
from imgclf_gui.core.entry import KerasLayer


class CutMix(Mixing):
    """Pastes a rectangle of another image in; its class gets the share of the area.
    [N, h, w, c], 0…255 → the same.

    Yun et al. 2019 (arXiv:1905.04899). The area follows Beta(alpha, alpha), here its smaller half:
    at most half of the image is pasted. The rectangle has the image's proportions and its middle
    anywhere; what hangs over the edge is cut off, and the share is that of the pixels left.
    """

    title: ClassVar[str] = "CutMix"
    summary: ClassVar[str] = "A piece of another image is pasted in, and both classes count."
    group: ClassVar[str] = "Erasing and mixing"
    order: ClassVar[int] = 30
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (0, 1)}

    alpha: float = Field(
        1,
        ge=0,
        le=4,
        title="Alpha",
        description="0 pastes nothing; with 1 all areas up to half are as likely, and below 1 "
        "small ones are likelier.",
    )

    def brief(self) -> str:
        """'α 1'."""
        return f"α {self.alpha:g}"

    def mix(self, images: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Each image with its own rectangle, and what is left of it."""
        from keras import ops

        from imgclf_gui.catalog.mixing_maths import larger_shares, rectangles

        half = ops.sqrt(1 - larger_shares(self.alpha, draws)) / 2
        first, end = [], []
        for side in images.shape[1:3]:
            middle = draws.uniform()
            first.append(ops.round(ops.maximum(middle - half, 0) * side))
            end.append(ops.round(ops.minimum(middle + half, 1) * side))
        pasted = rectangles(images, (first[0], first[1]), (end[0], end[1]))
        area = (end[0] - first[0]) * (end[1] - first[1])
        share = 1 - area / (images.shape[1] * images.shape[2])
        return ops.where(pasted, others, images), share

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """CutMix, which draws the share evenly."""
        del height, width
        return (KerasLayer("CutMix"),)
