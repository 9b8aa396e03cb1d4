"""Hue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.augmentation import Caution, Draws, PixelAugmentation, Tensor
from imgclf_gui.core.cautions import colour_caution
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.summary import DatasetSummary


class Hue(PixelAugmentation):
    """Turns all colours of an image by one angle, drawn evenly. [N, h, w, 3], 0…255 → the same.

    A rotation of the colour difference plane of YIQ (NTSC 1953), so that the luma stays; one
    product with a 3 × 3 matrix. Grayscale images stay as they are.
    """

    title: ClassVar[str] = "Hue"
    summary: ClassVar[str] = "Gives things another colour: turns the colour wheel."
    group: ClassVar[str] = "Colour"
    order: ClassVar[int] = 40
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"degrees": (0, 180)}
    needs_colour: ClassVar[bool] = True

    degrees: float = Field(
        15,
        ge=0,
        le=180,
        title="Angle",
        json_schema_extra={"unit": "°"},
        description="At most, to either side; 120° make red things green or blue.",
    )

    def brief(self) -> str:
        """'±15°'."""
        return f"±{self.degrees:g}°"

    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """Every image with its own angle."""
        from imgclf_gui.catalog.image_maths import PI, hue_turned

        return hue_turned(images, draws.uniform(-self.degrees, self.degrees) * (PI / 180))

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Where classes differ by colour."""
        return colour_caution(dataset)

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...]:
        """RandomHue, in HSV; its factor is a share of half a turn."""
        del height, width
        return (KerasLayer("RandomHue", {"factor": self.degrees / 180}),)
