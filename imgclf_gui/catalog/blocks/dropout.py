"""Random silence in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, Shape

if TYPE_CHECKING:
    import keras


class Dropout(Block):
    """Sets a share of the values to zero in training, and scales the others up; any shape.

    Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
    """

    title: ClassVar[str] = "Dropout"
    summary: ClassVar[str] = "Silences random values in training, against overfitting."

    rate: float = Field(0.25, ge=0, lt=1, title="Rate", description="Share of values silenced.")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def brief(self) -> str:
        """The rate."""
        return f"{self.rate:.0%}"

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One Dropout layer."""
        import keras

        del inputs
        return keras.layers.Dropout(self.rate, name=name)(x)
