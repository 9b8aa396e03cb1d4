"""Layer normalisation."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import (
    FLOAT32_BYTES,
    Block,
    BlockInput,
    KerasLayer,
    ParameterCount,
    Shape,
)


class LayerNormalization(Block):
    """Gives the channels at each position mean 0 and spread 1, then each its scale and shift.

    Shape unchanged; of values without positions, all together. Two trained weights a channel (Ba
    et al. 2016, arXiv:1607.06450; at each position as in Liu et al. 2022, arXiv:2201.03545).
    """

    title: ClassVar[str] = "Layer normalisation"
    group: ClassVar[str] = "Normalisation"
    summary: ClassVar[str] = "Steadies each image for itself, whatever else is in the batch."

    epsilon: float = Field(1e-3, gt=0, le=1, title="Epsilon")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Scale and shift of each channel."""
        return ParameterCount(2 * inputs.shape[-1])

    def activation_bytes(self, inputs: BlockInput) -> int:
        """The output, and the values before scale and shift."""
        return FLOAT32_BYTES * 2 * prod(inputs.shape)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One LayerNormalization layer over the last axis."""
        del inputs
        return (KerasLayer("LayerNormalization", {"epsilon": self.epsilon}),)
