"""Fully connected."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.activations import Activation, activation_layers, initializer, kept_behind
from imgclf_gui.core.block_checks import needs_values
from imgclf_gui.core.entry import (
    FLOAT32_BYTES,
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    ParameterCount,
    Shape,
)


class Dense(Block):
    """Connects each input value with each unit: (features,) → (units,).

    Parameters: features · units, and one bias a unit. Multiply-adds: features · units.
    """

    title: ClassVar[str] = "Dense"
    group: ClassVar[str] = "Dense"
    summary: ClassVar[str] = "Connects every value with every unit."

    units: int = Field(100, ge=1, le=65_536, title="Units")
    activation: Activation = Field("relu", title="Activation")
    bias: bool = Field(True, title="Bias")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs a plain list of values."""
        return needs_values(inputs, "A dense block")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(units,)."""
        del inputs
        return (self.units,)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Weights and biases."""
        return ParameterCount(prod(inputs.shape) * self.units + (self.units if self.bias else 0))

    def multiply_adds(self, inputs: BlockInput) -> int:
        """One for each weight."""
        return prod(inputs.shape) * self.units

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The output, and what the activation keeps."""
        del inputs
        return FLOAT32_BYTES * self.units * (1 + kept_behind(self.activation))

    def brief(self) -> str:
        """Units."""
        return f"{self.units} units"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """A Dense layer, and its activation."""
        del inputs
        settings = {
            "units": self.units,
            "use_bias": self.bias,
            "kernel_initializer": initializer(self.activation),
        }
        return (KerasLayer("Dense", settings), *activation_layers(self.activation))
