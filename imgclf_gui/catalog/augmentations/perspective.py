"""Perspective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Draws, Moving, Tensor
from imgclf_gui.core.entry import KerasLayer


class Perspective(Moving):
    """Moves the four corners, each by itself and evenly in both directions; straight lines stay
    straight. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Perspective"
    summary: ClassVar[str] = "Tilts the image in space, as a sheet seen from another side."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 80
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"shift": (0, 20)}

    shift: float = Field(
        10,
        ge=0,
        le=20,
        title="Corners by",
        json_schema_extra={"unit": "%"},
        description="At most, of the side. From 25 % on, corners could fall together.",
    )

    def brief(self) -> str:
        """'±10 %'."""
        return f"±{self.shift:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """Each corner of the new image shows a place near that corner of the old one."""
        from imgclf_gui.catalog.image_maths import corners_to

        most = self.shift / 100
        return corners_to(draws.uniform(-most, most, (4, 2)), height, width)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomPerspective, which holds one corner; its scale is the room of both directions."""
        del height, width
        settings = {"factor": (self.probability, self.probability), "scale": self.shift / 50}
        return (KerasLayer("RandomPerspective", settings),)
