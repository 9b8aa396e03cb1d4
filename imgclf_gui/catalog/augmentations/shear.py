"""Shear."""

from __future__ import annotations

from collections.abc import Mapping
from math import radians, tan
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import KERAS_FILL, Draws, Moving, Tensor
from imgclf_gui.core.entry import KerasLayer


class Shear(Moving):
    """Slants the sides of an image, first upright lines and then level ones, each by an angle
    drawn evenly. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Shear"
    summary: ClassVar[str] = "Slants the image, as italics do with letters."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 60
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {
        "horizontal": (0, 45),
        "vertical": (0, 45),
    }

    horizontal: float = Field(
        10,
        ge=0,
        le=60,
        title="Horizontal",
        json_schema_extra={"unit": "°"},
        description="How far upright lines lean to either side, at most.",
    )
    vertical: float = Field(
        10,
        ge=0,
        le=60,
        title="Vertical",
        json_schema_extra={"unit": "°"},
        description="How far level lines rise or fall, at most.",
    )

    def brief(self) -> str:
        """'±10° × 10°'."""
        return f"±{self.horizontal:g}° × {self.vertical:g}°"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """x' = x + a·y, then y' = y + b·x': areas stay as large as they are."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import PI, matrix

        del height, width
        a = ops.tan(draws.uniform(-self.horizontal, self.horizontal) * (PI / 180))
        b = ops.tan(draws.uniform(-self.vertical, self.vertical) * (PI / 180))
        return matrix(((1, a, 0), (b, 1 + a * b, 0), (0, 0, 1)))

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomShear, which slants to one side only; its factors are tangents up to 1."""
        del height, width
        settings = {
            "x_factor": min(tan(radians(self.horizontal)), 1),
            "y_factor": min(tan(radians(self.vertical)), 1),
            "fill_mode": KERAS_FILL[self.fill],
        }
        return (KerasLayer("RandomShear", settings),)
