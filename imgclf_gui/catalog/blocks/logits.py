"""One value a class."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import needs_values
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, ParameterCount, Shape


class Logits(Block):
    """A dense block with as many units as there are classes: (features,) → (classes,).

    The softmax that makes probabilities of the logits stands behind the last block of every
    network and is not a block.
    """

    title: ClassVar[str] = "Logits"
    group: ClassVar[str] = "Dense"
    summary: ClassVar[str] = "One value a class; the softmax behind it makes probabilities."

    bias: bool = Field(True, title="Bias")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs a plain list of values."""
        return needs_values(inputs, "The logits block")

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

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Dense layer without activation."""
        return (KerasLayer("Dense", {"units": inputs.classes, "use_bias": self.bias}),)
