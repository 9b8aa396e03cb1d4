"""Another height and width."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape


class Resize(Block):
    """Draws the image larger or smaller: (height, width, channels) → (height', width', channels).

    'bilinear' mixes the four nearest pixels, 'nearest' takes one; neither smooths before it
    shrinks. XLA cannot compile the training of 'nearest', which then runs without it.
    """

    title: ClassVar[str] = "Resize"
    group: ClassVar[str] = "Shape"
    summary: ClassVar[str] = "Draws the image larger or smaller, to a height and width."

    height: int = Field(32, ge=1, le=2048, title="Height", json_schema_extra={"unit": "pixels"})
    width: int = Field(32, ge=1, le=2048, title="Width", json_schema_extra={"unit": "pixels"})
    interpolation: Literal["bilinear", "nearest"] = Field("bilinear", title="Between pixels")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image."""
        return needs_image(inputs, "Resizing")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height', width', channels)."""
        return (self.height, self.width, inputs.shape[-1])

    def brief(self) -> str:
        """Height and width."""
        return f"to {self.height}×{self.width}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Resizing layer."""
        del inputs
        settings = {
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
        }
        return (KerasLayer("Resizing", settings),)
