"""Convolution in two cheaper steps."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.activations import (
    Activation,
    activation_layers,
    filter_initializer,
    kept_behind,
)
from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import (
    FLOAT32_BYTES,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    ParameterCount,
    Shape,
)
from imgclf_gui.core.windows import DILATION_HELP, PADDING_HELP, Padding, Window


class SeparableConvolution(Block):
    """Filters each channel, then mixes them: (height, width, channels) → (h', w', filters).

    Parameters: size² · channels · multiplier for the first step, channels · multiplier · filters
    for the second, and one bias a filter. Multiply-adds: those weights once for each output
    position (Chollet 2017, arXiv:1610.02357).
    """

    title: ClassVar[str] = "Separable convolution"
    group: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = "A convolution in two steps, with far fewer weights and less work."

    filters: int = Field(16, ge=1, le=65_536, title="Filters")
    size: int = Field(3, ge=1, le=31, title="Size", json_schema_extra={"unit": "pixels"})
    stride: int = Field(1, ge=1, le=16, title="Stride", json_schema_extra={"unit": "pixels"})
    padding: Padding = Field("same", title="Padding", description=PADDING_HELP)
    dilation: int = Field(
        1,
        ge=1,
        le=16,
        title="Dilation",
        description=DILATION_HELP,
        json_schema_extra={"unit": "pixels"},
    )
    multiplier: int = Field(
        1,
        ge=1,
        le=256,
        title="Depth multiplier",
        description="Filters for each channel in the first step.",
    )
    activation: Activation = Field("relu", title="Activation")
    bias: bool = Field(True, title="Bias")

    @property
    def _window(self) -> Window:
        return Window(self.size, self.stride, self.padding, self.dilation)

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image that the window fits into."""
        return needs_image(inputs, "A convolution") or self._window.check(inputs.shape)

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height', width', filters)."""
        return (*self._window.output(inputs.shape), self.filters)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Weights of both steps and biases."""
        return ParameterCount(self._weights(inputs) + (self.filters if self.bias else 0))

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Weights of both steps times output positions."""
        return self._weights(inputs) * prod(self._window.output(inputs.shape))

    def activation_bytes(self, inputs: BlockInput) -> int:
        """What the first step makes, the output, and what the activation keeps."""
        kept = self.filters * (1 + kept_behind(self.activation))
        positions = prod(self._window.output(inputs.shape))
        return FLOAT32_BYTES * positions * (inputs.shape[-1] * self.multiplier + kept)

    def brief(self) -> str:
        """Size, filters, and what is not as usual."""
        return self._window.brief(f"{self.filters} filters")

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """A SeparableConv2D layer, and its activation."""
        del inputs
        settings = {
            "filters": self.filters,
            "kernel_size": self.size,
            "strides": self.stride,
            "padding": self.padding,
            "dilation_rate": self.dilation,
            "depth_multiplier": self.multiplier,
            "use_bias": self.bias,
            "depthwise_initializer": filter_initializer(self.activation),
            "pointwise_initializer": filter_initializer(self.activation),
        }
        return (KerasLayer("SeparableConv2D", settings), *activation_layers(self.activation))

    def _weights(self, inputs: BlockInput) -> int:
        channels = inputs.shape[-1] * self.multiplier
        return self.size**2 * channels + channels * self.filters
