"""Zoom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import KERAS_FILL, Draws, Moving, Tensor
from imgclf_gui.core.entry import KerasLayer


class Zoom(Moving):
    """Makes what is shown smaller or larger about the middle, by a factor drawn evenly; its
    proportions stay. [N, h, w, c], 0…255 → the same."""

    title: ClassVar[str] = "Zoom"
    summary: ClassVar[str] = "Shows things from nearer or from farther away."
    group: ClassVar[str] = "Geometry"
    order: ClassVar[int] = 70
    upright: ClassVar[bool] = True
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {
        "larger": (0, 100),
        "smaller": (0, 50),
    }

    larger: float = Field(
        20,
        ge=0,
        le=400,
        title="Larger by",
        json_schema_extra={"unit": "%"},
        description="At most: the border of the image is lost.",
    )
    smaller: float = Field(
        20,
        ge=0,
        le=90,
        title="Smaller by",
        json_schema_extra={"unit": "%"},
        description="At most: what lies beyond the edge is seen.",
    )

    def brief(self) -> str:
        """'−20 … +20 %'."""
        return f"−{self.smaller:g} … +{self.larger:g} %"

    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """x' = x / s, y' = y / s."""
        from imgclf_gui.catalog.image_maths import matrix

        del height, width
        step = 1 / draws.uniform(*self._factors())
        return matrix(((step, 0, 0), (0, step, 0), (0, 0, 1)))

    def _factors(self) -> tuple[float, float]:
        """The smallest and the largest size of things, 1 being as they are."""
        return 1 - self.smaller / 100, 1 + self.larger / 100

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomZoom; its factor is by how much more is seen, at most as much again."""
        del height, width
        smallest, largest = self._factors()
        settings = {
            "height_factor": (1 / largest - 1, min(1 / smallest - 1, 1.0)),
            "fill_mode": KERAS_FILL[self.fill],
        }
        return (KerasLayer("RandomZoom", settings),)
