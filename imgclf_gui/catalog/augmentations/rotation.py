"""Rotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import KERAS_FILL, Caution, Draws, Moving, Tensor
from imgclf_gui.core.cautions import turn_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Rotation(Moving):
    """Turns about the middle by an angle drawn evenly. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Rotation"
    summary: ClassVar[str] = "Turns the image about its middle, to either side."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 50
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"degrees": (0, 180)}

    degrees: float = Field(
        15,
        ge=0,
        le=180,
        title="Angle",
        json_schema_extra={"unit": "°"},
        description="At most, to either side.",
    )

    def brief(self) -> str:
        """'±15°'."""
        return f"±{self.degrees:g}°"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """Rotations by -degrees … degrees."""
        from keras import ops

        from imgclf_gui.catalog.image_maths import PI, matrix

        del height, width
        angle = draws.uniform(-self.degrees, self.degrees) * (PI / 180)
        cos, sin = ops.cos(angle), ops.sin(angle)
        return matrix(((cos, -sin, 0), (sin, cos, 0), (0, 0, 1)))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where a class turned far is another one."""
        return turn_caution(dataset, self.degrees)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomRotation; its factor is a share of a full turn."""
        del height, width
        settings = {"factor": self.degrees / 360, "fill_mode": KERAS_FILL[self.fill]}
        return (KerasLayer("RandomRotation", settings),)
