"""Random silence of whole channels in training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.block_checks import needs_image
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, KerasLayer, Shape


class SpatialDropout(Block):
    """Sets a share of the channels to zero in training, and scales the others up.

    (height, width, channels), unchanged (Tompson et al. 2015, arXiv:1411.4280): neighbouring pixels
    say nearly the same, so that single ones would not be missed.
    """

    title: ClassVar[str] = "Spatial dropout"
    group: ClassVar[str] = "Regularisation"
    summary: ClassVar[str] = "Silences random channels as a whole in training."

    rate: float = Field(0.1, ge=0, lt=1, title="Rate", description="Share of channels silenced.")

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """It needs an image."""
        return needs_image(inputs, "Spatial dropout")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def brief(self) -> str:
        """The rate."""
        return f"{self.rate:.0%}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One SpatialDropout2D layer."""
        del inputs
        return (KerasLayer("SpatialDropout2D", {"rate": self.rate}),)
