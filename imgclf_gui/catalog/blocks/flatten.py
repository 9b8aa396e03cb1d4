"""Image to list of values."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from imgclf_gui.core.entry import Block, BlockInput, Shape

if TYPE_CHECKING:
    import keras


class Flatten(Block):
    """Lays an image out as one list: (height, width, channels) → (height · width · channels,)."""

    title: ClassVar[str] = "Flatten"
    summary: ClassVar[str] = "Lays the image out as one list of values."

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(values,)."""
        return (prod(inputs.shape),)

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None: the same values under another shape."""
        del inputs
        return 0

    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """One Flatten layer."""
        import keras

        del inputs
        return keras.layers.Flatten(name=name)(x)
