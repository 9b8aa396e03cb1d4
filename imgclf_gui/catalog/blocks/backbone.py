"""A feature extractor, trained or frozen as one."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class Backbone(Block):
    """The blocks inside make features of the image; frozen, training leaves them as they are.

    Frozen batch normalisation uses its gathered mean and variance in training, too.
    """

    title: ClassVar[str] = "Backbone"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "Makes features of the image; can be frozen as a whole."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "chain"

    frozen: bool = Field(
        False, title="Frozen", description="Training leaves the weights inside as they are."
    )

    @property
    def freezes(self) -> bool:
        """`frozen`."""
        return self.frozen

    def output_shape(self, inputs: BlockInput) -> Shape:
        """What the last block inside makes."""
        return inputs.ends[0]

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None of its own."""
        del inputs
        return 0

    def brief(self) -> str:
        """Whether it is frozen."""
        return "frozen" if self.frozen else "trained"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """None of its own."""
        del inputs
        return ()
