"""Largest value of a window."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape
from imgclf_gui.core.windows import PADDING_HELP, Padding, Window


class MaxPooling(Block):
    """Keeps the largest value of each window: (height, width, channels) → (h', w', channels).

    Without padding, a rest at the right and lower edge that holds no whole window is left out.
    """

    title: ClassVar[str] = "Max pooling"
    group: ClassVar[str] = "Pooling"
    summary: ClassVar[str] = "Keeps the largest value of each window; the image shrinks."

    size: int = Field(2, ge=2, le=16, title="Size", json_schema_extra={"unit": "pixels"})
    stride: int = Field(
        0,
        ge=0,
        le=16,
        title="Stride",
        description="0: as large as the window, so that windows do not overlap.",
        json_schema_extra={"unit": "pixels"},
    )
    padding: Padding = Field("valid", title="Padding", description=PADDING_HELP)

    @property
    def _window(self) -> Window:
        return Window(self.size, self.stride or self.size, self.padding)

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image that holds one window at least."""
        return needs_image(inputs, "Pooling") or self._window.check(inputs.shape)

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height', width', channels)."""
        return (*self._window.output(inputs.shape), inputs.shape[-1])

    def brief(self) -> str:
        """The window, and its stride if it is another."""
        overlapping = self.stride not in (0, self.size)
        return f"{self.size}×{self.size}" + (f", stride {self.stride}" if overlapping else "")

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One MaxPooling2D layer."""
        del inputs
        window = self._window
        settings = {
            "pool_size": window.size,
            "strides": window.stride,
            "padding": window.padding,
        }
        return (KerasLayer("MaxPooling2D", settings),)
