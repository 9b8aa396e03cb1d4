"""Another range of values."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class Rescale(Block):
    """Each value times `scale`, plus `offset`; any shape, unchanged.

    The pixels that reach the first block go from 0 to 1; the defaults make them go from -1 to 1.
    """

    title: ClassVar[str] = "Rescale"
    group: ClassVar[str] = "Shape"
    summary: ClassVar[str] = "Multiplies each value by a number and adds another."

    scale: float = Field(2.0, ge=-1000, le=1000, title="Scale", description="Multiplies.")
    offset: float = Field(-1.0, ge=-1000, le=1000, title="Offset", description="Is added.")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None: what it makes takes the place of its input."""
        del inputs
        return 0

    def brief(self) -> str:
        """What is done to a value."""
        return f"× {self.scale:g} {'+' if self.offset >= 0 else '−'} {abs(self.offset):g}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Rescaling layer."""
        del inputs
        return (KerasLayer("Rescaling", {"scale": self.scale, "offset": self.offset}),)
