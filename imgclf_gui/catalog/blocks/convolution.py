"""Convolution over height and width."""

from __future__ import annotations

from math import ceil
from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.activations import Activation, activation_layers, initializer
from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, ParameterCount, Shape


class Convolution(Block):
    """Slides filters over the image: (height, width, channels) → (height', width', filters).

    Parameters: size² · channels · filters, and one bias a filter. Multiply-adds: those weights
    once for each output position (Goodfellow et al., Deep Learning, 9.1).
    """

    title: ClassVar[str] = "Convolution"
    group: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = "Finds local patterns with filters shared by all positions."

    filters: int = Field(16, ge=1, le=65_536, title="Filters")
    size: int = Field(3, ge=1, le=31, title="Size", json_schema_extra={"unit": "pixels"})
    stride: int = Field(1, ge=1, le=16, title="Stride", json_schema_extra={"unit": "pixels"})
    padding: Literal["same", "valid"] = Field("same", title="Padding")
    activation: Activation = Field("relu", title="Activation")
    bias: bool = Field(True, title="Bias")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image, as large as the filter at least if nothing is padded."""
        no_image = needs_image(inputs, "A convolution")
        if no_image is not None:
            return no_image
        if self.padding == "valid" and min(inputs.shape[:2]) < self.size:
            return BlockProblem(
                f"The filter ({self.size}×{self.size}) is larger than what reaches it "
                f"({inputs.shape[0]}×{inputs.shape[1]}).",
                "Use a smaller size, or padding 'same'.",
            )
        return None

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height', width', filters); 'same' gives ceil(side / stride)."""
        lost = self.size - 1 if self.padding == "valid" else 0
        height, width = (ceil((side - lost) / self.stride) for side in inputs.shape[:2])
        return (height, width, self.filters)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Filter weights and biases."""
        weights = self.size**2 * inputs.shape[-1] * self.filters
        return ParameterCount(weights + (self.filters if self.bias else 0))

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Filter weights times output positions."""
        height, width, _ = self.output_shape(inputs)
        return self.size**2 * inputs.shape[-1] * self.filters * height * width

    def brief(self) -> str:
        """Size, filters, stride."""
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return f"{self.size}×{self.size}, {self.filters} filters{stride}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """A Conv2D layer, and its activation."""
        del inputs
        settings = {
            "filters": self.filters,
            "kernel_size": self.size,
            "strides": self.stride,
            "padding": self.padding,
            "use_bias": self.bias,
            "kernel_initializer": initializer(self.activation),
        }
        return (KerasLayer("Conv2D", settings), *activation_layers(self.activation))
