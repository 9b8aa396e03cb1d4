"""Convolution of each channel for itself."""

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


class DepthwiseConvolution(Block):
    """Filters of one channel each: (height, width, channels) → (h', w', channels · multiplier).

    Parameters: size² · channels · multiplier, and one bias an output channel. Multiply-adds: those
    weights once for each output position (Howard et al. 2017, arXiv:1704.04861).
    """

    title: ClassVar[str] = "Depthwise convolution"
    group: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = "Filters each channel for itself; a 1×1 convolution then mixes them."

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
        1, ge=1, le=256, title="Depth multiplier", description="Filters for each channel."
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
        """(height', width', channels · multiplier)."""
        return (*self._window.output(inputs.shape), inputs.shape[-1] * self.multiplier)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Filter weights and biases."""
        channels = inputs.shape[-1] * self.multiplier
        return ParameterCount(self.size**2 * channels + (channels if self.bias else 0))

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Filter weights times output positions."""
        return self.size**2 * prod(self.output_shape(inputs))

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The output, and what the activation keeps."""
        kept = 1 + kept_behind(self.activation)
        return FLOAT32_BYTES * kept * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """Size, and what is not as usual."""
        multiplied = (f"{self.multiplier} a channel",) if self.multiplier > 1 else ()
        return self._window.brief(*multiplied)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """A DepthwiseConv2D layer, and its activation."""
        del inputs
        settings = {
            "kernel_size": self.size,
            "strides": self.stride,
            "padding": self.padding,
            "dilation_rate": self.dilation,
            "depth_multiplier": self.multiplier,
            "use_bias": self.bias,
            "depthwise_initializer": filter_initializer(self.activation),
        }
        return (KerasLayer("DepthwiseConv2D", settings), *activation_layers(self.activation))
