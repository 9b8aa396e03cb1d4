"""One value a class."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, ParameterCount, Shape

if TYPE_CHECKING:
    import keras


class Logits(Block):
    """A dense block with as many units as there are classes: (features,) → (classes,).

    The softmax that makes probabilities of the logits stands behind the last block of every
    network and is not a block.
    """

    title: ClassVar[str] = "Logits"
    summary: ClassVar[str] = "One value a class; the softmax behind it makes probabilities."

    bias: bool = Field(True, title="Bias")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs a plain list of values."""
        if len(inputs.shape) != 1:
            return BlockProblem(
                "The logits need a list of values, and get an image.", "Insert Flatten before them."
            )
        return None

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(classes,)."""
        return (inputs.classes,)

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Weights and biases."""
        bias = inputs.classes if self.bias else 0
        return ParameterCount(prod(inputs.shape) * inputs.classes + bias)

    def multiply_adds(self, inputs: BlockInput) -> int:
        """One for each weight."""
        return prod(inputs.shape) * inputs.classes

    def brief(self) -> str:
        """Nothing to say beyond the title."""
        return "one value a class"

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One Dense layer without activation."""
        import keras

        return keras.layers.Dense(inputs.classes, use_bias=self.bias, name=name)(x)
