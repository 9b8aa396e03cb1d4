"""Element-wise activation."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.activations import Function, kept_behind, keras_name
from imgclf_gui.core.entry import FLOAT32_BYTES, Block, BlockInput, KerasLayer, Shape


class Activation(Block):
    """Applies a function to each value; any shape, unchanged."""

    title: ClassVar[str] = "Activation"
    group: ClassVar[str] = "Activation"
    summary: ClassVar[str] = "Bends straight lines, so that depth means something."

    function: Function = Field("relu", title="Function")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None for a function whose result takes the place of its input."""
        return FLOAT32_BYTES * kept_behind(self.function) * prod(inputs.shape)

    def brief(self) -> str:
        """The function."""
        return self.function

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Activation layer."""
        del inputs
        return (KerasLayer("Activation", {"activation": keras_name(self.function)}),)
