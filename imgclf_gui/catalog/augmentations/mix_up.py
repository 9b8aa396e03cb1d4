"""MixUp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, Mixing, Tensor
from imgclf_gui.core.entry import KerasLayer


class MixUp(Mixing):
    """Blends each image with another one, and their classes. [N, h, w, c], 0…255 → the same.

    Zhang et al. 2017 (arXiv:1710.09412). Shares follow Beta(alpha, alpha); the larger one belongs
    to the image itself, which changes nothing for a batch, since its partners are drawn evenly.
    """

    title: ClassVar[str] = "MixUp"
    summary: ClassVar[str] = "Two images shine through each other, and both classes count."
    group: ClassVar[str] = "Erasing and mixing"
    order: ClassVar[int] = 20
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (0, 1)}

    alpha: float = Field(
        0.2,
        ge=0,
        le=4,
        title="Alpha",
        description="0 mixes nothing; with 0.2 most images keep nearly all of their share, with 1 "
        "all shares are as likely, and with 4 halves are.",
    )

    def brief(self) -> str:
        """'α 0.2'."""
        return f"α {self.alpha:g}"

    def mix(self, images: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """λ · image + (1 - λ) · other, and λ."""
        from imgclf_gui.catalog.image_maths import per_image
        from imgclf_gui.catalog.mixing_maths import larger_shares

        share = larger_shares(self.alpha, draws)
        return others + per_image(share) * (images - others), share

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """MixUp."""
        del height, width
        return (KerasLayer("MixUp", {"alpha": self.alpha}),)
