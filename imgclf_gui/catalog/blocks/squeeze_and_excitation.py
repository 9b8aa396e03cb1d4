"""Attention to channels."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.activations import Function, activation_layers, initializer
from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import (
    BLOCK_INPUT,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    ParameterCount,
    Shape,
)


class SqueezeAndExcitation(Block):
    """Multiplies each channel by a factor of 0…1 that follows from the means of all of them.

    (height, width, channels), unchanged: mean over positions, channels / ratio values with an
    activation, sigmoid, product (Hu et al. 2018, arXiv:1709.01507). Parameters: two dense layers
    with biases. Multiply-adds: those of their weights.
    """

    title: ClassVar[str] = "Squeeze and excitation"
    group: ClassVar[str] = "Attention"
    summary: ClassVar[str] = "Strengthens the channels that matter for the image, weakens others."

    ratio: int = Field(
        4,
        ge=1,
        le=256,
        title="Ratio",
        description="How many times fewer values than channels stand in between.",
    )
    activation: Function = Field("relu", title="Activation in between")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image."""
        return needs_image(inputs, "Squeeze and excitation")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Weights and biases of both dense layers."""
        channels = inputs.shape[-1]
        return ParameterCount(self.multiply_adds(inputs) + self._between(channels) + channels)

    def multiply_adds(self, inputs: BlockInput) -> int:
        """The weights of both dense layers."""
        channels = inputs.shape[-1]
        return 2 * channels * self._between(channels)

    def brief(self) -> str:
        """The ratio."""
        return f"1/{self.ratio}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """GlobalAveragePooling2D, two Conv2D of size 1 with activations, and Multiply."""
        channels = inputs.shape[-1]
        return (
            KerasLayer("GlobalAveragePooling2D", {"keepdims": True}, "squeeze"),
            _mixing(self._between(channels), initializer(self.activation), "reduce"),
            *activation_layers(self.activation),
            _mixing(channels, initializer("sigmoid"), "expand"),
            KerasLayer("Activation", {"activation": "sigmoid"}, "gate"),
            KerasLayer("Multiply", inputs=(BLOCK_INPUT, "gate")),
        )

    def _between(self, channels: int) -> int:
        return max(1, channels // self.ratio)


def _mixing(filters: int, drawn: str, name: str) -> KerasLayer:
    """A dense layer of the channels, which keeps height and width of 1."""
    settings = {"filters": filters, "kernel_size": 1, "kernel_initializer": drawn}
    return KerasLayer("Conv2D", settings, name)
