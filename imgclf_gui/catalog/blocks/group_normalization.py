"""Group normalisation."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import largest_divisor
from imgclf_gui.core.entry import (
    Block,
    BlockInput,
    BlockProblem,
    KerasLayer,
    Mend,
    ParameterCount,
    Shape,
)


class GroupNormalization(Block):
    """Gives each group of channels mean 0 and spread 1, then each channel its scale and shift.

    Shape unchanged. Two trained weights a channel (Wu and He 2018, arXiv:1803.08494). One group is
    a normalisation of the whole image, as many as channels one of each (instance normalisation).
    """

    title: ClassVar[str] = "Group normalisation"
    group: ClassVar[str] = "Normalisation"
    summary: ClassVar[str] = "Steadies groups of channels in each image; works with small batches."

    groups: int = Field(8, ge=1, le=65_536, title="Groups", description="They divide the channels.")
    epsilon: float = Field(1e-3, gt=0, le=1, title="Epsilon")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """The groups must divide the channels."""
        channels = inputs.shape[-1]
        if channels % self.groups == 0:
            return None
        fitting = largest_divisor(channels, self.groups)
        return BlockProblem(
            f"{channels} channels cannot be shared out evenly to {self.groups} groups.",
            "Use a number of groups that divides the channels.",
            (Mend(title=f"Set groups to {fitting}", settings={"groups": fitting}),),
        )

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Scale and shift of each channel."""
        return ParameterCount(2 * inputs.shape[-1])

    def brief(self) -> str:
        """The groups."""
        return f"{self.groups} groups"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One GroupNormalization layer."""
        del inputs
        settings = {"groups": self.groups, "epsilon": self.epsilon}
        return (KerasLayer("GroupNormalization", settings),)
