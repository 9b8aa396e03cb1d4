"""Translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import KERAS_FILL, Draws, Moving, Tensor
from imgclf_gui.core.entry import KerasLayer


class Translation(Moving):
    """Shifts an image in both directions, each drawn evenly. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Translation"
    summary: ClassVar[str] = "Shifts the image to the side, and up or down."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 40
    upright: ClassVar[bool] = True
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {
        "horizontal": (0, 50),
        "vertical": (0, 50),
    }

    horizontal: float = Field(
        10,
        ge=0,
        le=100,
        title="Horizontal",
        json_schema_extra={"unit": "%"},
        description="At most, of the width, to either side.",
    )
    vertical: float = Field(
        10,
        ge=0,
        le=100,
        title="Vertical",
        json_schema_extra={"unit": "%"},
        description="At most, of the height, up or down.",
    )

    def brief(self) -> str:
        """'±10 × 10 %'."""
        return f"±{self.horizontal:g} × {self.vertical:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """x' = x + a, y' = y + b."""
        from imgclf_gui.catalog.image_maths import matrix

        x = draws.uniform(-self.horizontal, self.horizontal) * (width / 100)
        y = draws.uniform(-self.vertical, self.vertical) * (height / 100)
        return matrix(((1, 0, x), (0, 1, y), (0, 0, 1)))

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomTranslation; its factors are shares of the sides."""
        del height, width
        settings = {
            "height_factor": self.vertical / 100,
            "width_factor": self.horizontal / 100,
            "fill_mode": KERAS_FILL[self.fill],
        }
        return (KerasLayer("RandomTranslation", settings),)
