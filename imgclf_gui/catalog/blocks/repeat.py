"""The same blocks several times."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class Repeat(Block):
    """The blocks inside, `count` times behind each other, each time with weights of their own."""

    title: ClassVar[str] = "Repeat"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "Repeats the blocks inside, each time with weights of their own."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "chain"

    count: int = Field(3, ge=1, le=200, title="Times")

    @property
    def copies(self) -> int:
        """`count`."""
        return self.count

    def output_shape(self, inputs: BlockInput) -> Shape:
        """What the last copy makes."""
        return inputs.ends[0]

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None of its own."""
        del inputs
        return 0

    def brief(self) -> str:
        """How many times."""
        return f"×{self.count}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """None of its own."""
        del inputs
        return ()
