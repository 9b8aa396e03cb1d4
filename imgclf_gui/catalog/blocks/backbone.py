"""A feature extractor: its weights may come from elsewhere, and training may leave them alone."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, Freeze, KerasLayer, Shape


class Backbone(Block):
    """The blocks inside make features of the image; frozen, training leaves them as they are.

    Frozen batch normalisation uses its gathered mean and variance in training, too: also where
    the last blocks inside are trained although the backbone is frozen (fine-tuning), since the
    statistics of a small dataset would spoil what was learned from a large one.
    """

    title: ClassVar[str] = "Backbone"
    group: ClassVar[str] = "Containers"
    summary: ClassVar[str] = "Makes features of the image; can be frozen as a whole."
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "chain"

    weights: str = Field(
        "",
        max_length=100,
        title="Weights",
        description="The backbone whose weights it begins with; empty: drawn at random.",
    )
    frozen: bool = Field(
        False, title="Frozen", description="Training leaves the weights inside as they are."
    )
    trained_blocks: int = Field(
        0,
        ge=0,
        le=1000,
        title="Fine-tuned blocks",
        description="So many blocks at the end are trained although the backbone is frozen.",
    )

    def freezes(self, index: int, blocks: int) -> Freeze:
        """All but the last `trained_blocks`; of these what gathers statistics."""
        if not self.frozen:
            return "nothing"
        return "all" if index < blocks - self.trained_blocks else "statistics"

    def output_shape(self, inputs: BlockInput) -> Shape:
        """What the last block inside makes."""
        return inputs.ends[0]

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None of its own."""
        del inputs
        return 0

    def brief(self) -> str:
        """Where its weights come from, and whether it is frozen."""
        state = "frozen" if self.frozen else "trained"
        if self.frozen and self.trained_blocks:
            state += f", last {self.trained_blocks} fine-tuned"
        return f"{self.weights}, {state}" if self.weights else state

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """None of its own."""
        del inputs
        return ()
