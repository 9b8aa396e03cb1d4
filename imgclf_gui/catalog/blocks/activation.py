"""Element-wise activation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, Shape

if TYPE_CHECKING:
    import keras


class Activation(Block):
    """Applies a function to each value; any shape, unchanged."""

    title: ClassVar[str] = "Activation"
    summary: ClassVar[str] = "Bends straight lines, so that depth means something."

    function: Literal["relu"] = Field("relu", title="Function")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def brief(self) -> str:
        """The function."""
        return self.function

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One Activation layer."""
        import keras

        del inputs
        return keras.layers.Activation(self.function, name=name)(x)
