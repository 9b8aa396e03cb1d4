"""Convolution over height and width."""

from __future__ import annotations

from math import gcd, prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.activations import (
    Activation,
    activation_layers,
    filter_initializer,
    kept_behind,
)
from imgclf_gui.core.block_checks import largest_divisor, needs_image
from imgclf_gui.core.entry import (
    FLOAT32_BYTES,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    Mend,
    ParameterCount,
    Shape,
)
from imgclf_gui.core.windows import DILATION_HELP, PADDING_HELP, Padding, Window


class Convolution(Block):
    """Slides filters over the image: (height, width, channels) → (height', width', filters).

    Parameters: size² · channels / groups · filters, and one bias a filter. Multiply-adds: those
    weights once for each output position (Goodfellow et al., Deep Learning, 9.1). Groups:
    Krizhevsky et al. 2012; dilation: Yu and Koltun 2016 (arXiv:1511.07122).
    """

    title: ClassVar[str] = "Convolution"
    group: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = "Finds local patterns with filters shared by all positions."

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
    groups: int = Field(
        1,
        ge=1,
        le=65_536,
        title="Groups",
        description="Each group of filters sees only its share of the channels.",
    )
    activation: Activation = Field("relu", title="Activation")
    bias: bool = Field(True, title="Bias")

    @property
    def _window(self) -> Window:
        return Window(self.size, self.stride, self.padding, self.dilation)

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image that the window fits into, and groups that divide the channels."""
        return (
            needs_image(inputs, "A convolution")
            or self._check_groups(inputs.shape[-1])
            or self._window.check(inputs.shape)
        )

    def _check_groups(self, channels: int) -> BlockProblem | None:
        if channels % self.groups == 0 == self.filters % self.groups:
            return None
        fitting = largest_divisor(gcd(channels, self.filters), self.groups)
        mends = [Mend(title=f"Set groups to {fitting}", settings={"groups": fitting})]
        if channels % self.groups == 0:
            filters = max(self.filters // self.groups, 1) * self.groups
            mends.append(Mend(title=f"Set filters to {filters}", settings={"filters": filters}))
        return BlockProblem(
            f"{channels} channels and {self.filters} filters cannot both be shared out to "
            f"{self.groups} groups.",
            "Use a number of groups that divides both.",
            tuple(mends),
        )

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(height', width', filters)."""
        return (*self._window.output(inputs.shape), self.filters)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Filter weights and biases."""
        return ParameterCount(self._weights(inputs) + (self.filters if self.bias else 0))

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Filter weights times output positions."""
        return self._weights(inputs) * prod(self._window.output(inputs.shape))

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The output, and what the activation keeps."""
        kept = 1 + kept_behind(self.activation)
        return FLOAT32_BYTES * kept * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """Size, filters, and what is not as usual."""
        groups = (f"{self.groups} groups",) if self.groups > 1 else ()
        return self._window.brief(f"{self.filters} filters", *groups)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """A Conv2D layer, and its activation."""
        del inputs
        settings = {
            "filters": self.filters,
            "kernel_size": self.size,
            "strides": self.stride,
            "padding": self.padding,
            "dilation_rate": self.dilation,
            "groups": self.groups,
            "use_bias": self.bias,
            "kernel_initializer": filter_initializer(self.activation),
        }
        return (KerasLayer("Conv2D", settings), *activation_layers(self.activation))

    def _weights(self, inputs: BlockInput) -> int:
        return self.size**2 * inputs.shape[-1] // self.groups * self.filters
