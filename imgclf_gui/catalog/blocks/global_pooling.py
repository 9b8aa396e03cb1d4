"""One value a channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape


class GlobalPooling(Block):
    """One value for each channel: (height, width, channels) → (channels,)."""

    title: ClassVar[str] = "Global pooling"
    group: ClassVar[str] = "Pooling"
    summary: ClassVar[str] = "One value a channel, wherever in the image it comes from."

    over: Literal["average", "maximum"] = Field("average", title="Takes the")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image."""
        return needs_image(inputs, "Pooling")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """(channels,)."""
        return inputs.shape[-1:]

    def brief(self) -> str:
        """Average or maximum."""
        return self.over

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One GlobalAveragePooling2D or GlobalMaxPooling2D layer."""
        del inputs
        kind = "Average" if self.over == "average" else "Max"
        return (KerasLayer(f"Global{kind}Pooling2D"),)
