"""Image to list of values."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class Flatten(Block):
    """Lays an image out as one list: (height, width, channels) → (height · width · channels,)."""

    title: ClassVar[str] = "Flatten"
    group: ClassVar[str] = "Shape"
    summary: ClassVar[str] = "Lays the image out as one list of values."

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(values,)."""
        return (prod(inputs.shape),)

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None: the same values under another shape."""
        del inputs
        return 0

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Flatten layer."""
        del inputs
        return (KerasLayer("Flatten"),)
