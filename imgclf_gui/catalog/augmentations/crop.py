"""Random crop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, Moving, Tensor
from imgclf_gui.core.entry import KerasLayer


class Crop(Moving):
    """Cuts a window of the input's size out of a larger image. [N, h, w, c], 0…255 → the same.

    "enlarge" is what the flowers lab does, where images of 309 × 309 are cropped to 299 × 299.
    "pad" is that of He et al. 2015 (arXiv:1512.03385, section 4.2): 4 pixels around CIFAR's 32.
    """

    title: ClassVar[str] = "Crop"
    summary: ClassVar[str] = "A window of the image, cut out at random."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 30
    upright: ClassVar[bool] = True
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"margin": (0, 50)}

    margin: float = Field(
        10,
        ge=0,
        le=100,
        title="Margin",
        json_schema_extra={"unit": "%"},
        description="Of the side: how much larger the image becomes, or how wide the border on "
        "each side. 10 of 299 pixels are 3.34 %, 4 of 32 are 12.5 %.",
    )
    mode: Literal["enlarge", "pad"] = Field(
        "enlarge",
        title="Room by",
        description="Where the window finds room to move. enlarge: the image is made larger by "
        "the margin. pad: it gets a border of the margin, and stays sharp.",
    )

    def brief(self) -> str:
        """'enlarge 10 %'."""
        return f"{self.mode} {self.margin:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """Shifts of a larger image; those of a padded one by whole pixels."""
        from imgclf_gui.catalog.image_maths import matrix

        if self.mode == "enlarge":
            scale = 1 / (1 + self.margin / 100)
            most = (1 - scale) / 2
            x, y = draws.uniform(-most, most) * width, draws.uniform(-most, most) * height
            return matrix(((scale, 0, x), (0, scale, y), (0, 0, 1)))
        x, y = (
            draws.integers(2 * margin + 1) - margin
            for margin in (self._pixels(width), self._pixels(height))
        )
        return matrix(((1, 0, x), (0, 1, y), (0, 0, 1)))

    def _pixels(self, side: int) -> int:
        """The margin of that side."""
        return round(side * self.margin / 100)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomCrop of what Resizing or ZeroPadding2D made larger; all images of a batch alike."""
        down, right = self._pixels(height), self._pixels(width)
        if self.mode == "enlarge":
            larger = KerasLayer("Resizing", {"height": height + down, "width": width + right})
        else:
            larger = KerasLayer("ZeroPadding2D", {"padding": (down, right)})
        return (larger, KerasLayer("RandomCrop", {"height": height, "width": width}))
