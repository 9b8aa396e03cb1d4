"""JPEG quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, PixelAugmentation, Tensor


class JpegQuality(PixelAugmentation):
    """What JPEG compression leaves of an image. [N, h, w, c], 0…255 → the same.

    Those steps of ITU-T T.81 that lose something, as libjpeg takes them. Each image draws its
    quality evenly, from the setting to 99; 100 leaves images as they are.
    """

    title: ClassVar[str] = "JPEG quality"
    summary: ClassVar[str] = "Blocks and smeared colours, as in images saved in small files."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 150
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"quality": (100, 5)}

    quality: int = Field(
        40, ge=1, le=100, title="Quality", description="At least; 100 leaves images as they are."
    )

    def brief(self) -> str:
        """'from 40'."""
        return f"from {self.quality}"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own quality."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import per_image
        from imgclf_gui.catalog.jpeg_maths import compressed

        quality = self.quality + draws.integers(max(100 - self.quality, 1))
        return ops.where(per_image(quality < 100), compressed(images, quality), images)
