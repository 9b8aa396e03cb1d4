"""Largest value of a window."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, Shape

if TYPE_CHECKING:
    import keras


class MaxPooling(Block):
    """Keeps the largest value of each window: (h, w, channels) → (h // size, w // size, channels).

    Windows do not overlap; a rest at the right and lower edge is left out.
    """

    title: ClassVar[str] = "Max pooling"
    summary: ClassVar[str] = "Keeps the largest value of each window; the image shrinks."

    size: int = Field(2, ge=2, le=16, title="Size", json_schema_extra={"unit": "pixels"})

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image that holds one window at least."""
        if len(inputs.shape) != 3:
            return BlockProblem(
                f"Pooling needs an image, and gets {prod(inputs.shape)} values.",
                "Move it before Flatten.",
            )
        if min(inputs.shape[:2]) < self.size:
            return BlockProblem(
                f"Nothing is left to pool: the image is {inputs.shape[0]}×{inputs.shape[1]} here.",
                "Remove this block, or use larger images.",
            )
        return None

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height // size, width // size, channels)."""
        height, width, channels = inputs.shape
        return (height // self.size, width // self.size, channels)

    def brief(self) -> str:
        """The window."""
        return f"{self.size}×{self.size}"

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One MaxPooling2D layer."""
        import keras

        del inputs
        return keras.layers.MaxPooling2D(self.size, name=name)(x)
