"""Largest value of a window."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape


class MaxPooling(Block):
    """Keeps the largest value of each window: (h, w, channels) → (h // size, w // size, channels).

    Windows do not overlap; a rest at the right and lower edge is left out.
    """

    title: ClassVar[str] = "Max pooling"
    group: ClassVar[str] = "Pooling"
    summary: ClassVar[str] = "Keeps the largest value of each window; the image shrinks."

    size: int = Field(2, ge=2, le=16, title="Size", json_schema_extra={"unit": "pixels"})

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image that holds one window at least."""
        no_image = needs_image(inputs, "Pooling")
        if no_image is not None:
            return no_image
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

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One MaxPooling2D layer."""
        del inputs
        return (KerasLayer("MaxPooling2D", {"pool_size": self.size}),)
