"""Random silence in training."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import FLOAT32_BYTES, Block, BlockInput, KerasLayer, Shape


class Dropout(Block):
    """Sets a share of the values to zero in training, and scales the others up; any shape.

    Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
    """

    title: ClassVar[str] = "Dropout"
    group: ClassVar[str] = "Regularisation"
    summary: ClassVar[str] = "Silences random values in training, against overfitting."

    rate: float = Field(0.25, ge=0, lt=1, title="Rate", description="Share of values silenced.")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The output, and a byte for each value that says whether it is silent."""
        return (FLOAT32_BYTES + 1) * prod(inputs.shape)

    def brief(self) -> str:
        """The rate."""
        return f"{self.rate:.0%}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Dropout layer."""
        del inputs
        return (KerasLayer("Dropout", {"rate": self.rate}),)
