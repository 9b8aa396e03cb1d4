"""Fully connected."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, ParameterCount, Shape

if TYPE_CHECKING:
    import keras


class Dense(Block):
    """Connects each input value with each unit: (features,) → (units,).

    Parameters: features · units, and one bias a unit. Multiply-adds: features · units.
    """

    title: ClassVar[str] = "Dense"
    summary: ClassVar[str] = "Connects every value with every unit."

    units: int = Field(100, ge=1, le=65_536, title="Units")
    activation: Literal["relu", "none"] = Field("relu", title="Activation")
    bias: bool = Field(True, title="Bias")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs a plain list of values."""
        if len(inputs.shape) != 1:
            size = "×".join(map(str, inputs.shape))
            return BlockProblem(
                f"A dense block needs a list of values, and gets an image ({size}).",
                "Insert Flatten before it.",
            )
        return None

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

    def brief(self) -> str:
        """Units."""
        return f"{self.units} units"

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One Dense layer."""
        import keras

        del inputs
        return keras.layers.Dense(
            self.units,
            activation=None if self.activation == "none" else self.activation,
            use_bias=self.bias,
            kernel_initializer="he_normal" if self.activation == "relu" else "glorot_uniform",
            name=name,
        )(x)
