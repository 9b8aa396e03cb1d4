"""A margin of zeros."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape


class ZeroPadding(Block):
    """Lays zeros around the image: (height, width, channels) → (h + top + bottom, w + …, channels).

    The padding 'same' of a convolution divides what it lacks between both sides as the image's
    size happens to ask for; this one is told. So networks from elsewhere keep their exact values.
    """

    title: ClassVar[str] = "Zero padding"
    group: ClassVar[str] = "Shape"
    summary: ClassVar[str] = "Lays a margin of zeros around the image."

    top: int = Field(1, ge=0, le=64, title="Top", json_schema_extra={"unit": "pixels"})
    bottom: int = Field(1, ge=0, le=64, title="Bottom", json_schema_extra={"unit": "pixels"})
    left: int = Field(1, ge=0, le=64, title="Left", json_schema_extra={"unit": "pixels"})
    right: int = Field(1, ge=0, le=64, title="Right", json_schema_extra={"unit": "pixels"})

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image."""
        return needs_image(inputs, "Zero padding")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height + top + bottom, width + left + right, channels)."""
        height, width, channels = inputs.shape
        return (height + self.top + self.bottom, width + self.left + self.right, channels)

    def brief(self) -> str:
        """One number if all sides are alike."""
        sides = (self.top, self.bottom, self.left, self.right)
        return f"{sides[0]}" if len(set(sides)) == 1 else "{}+{} × {}+{}".format(*sides)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One ZeroPadding2D layer."""
        del inputs
        margins = [[self.top, self.bottom], [self.left, self.right]]
        return (KerasLayer("ZeroPadding2D", {"padding": margins}),)
