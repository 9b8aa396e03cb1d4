"""Random absence of a residual branch in training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, Shape


class StochasticDepth(Block):
    """Sets all values of a share of the images to zero in training, and scales the others up.

    Any shape, unchanged. As the last block inside a residual it takes the other blocks out of the
    network for these images, and only the shortcut remains (Huang et al. 2016, arXiv:1603.09382).
    """

    title: ClassVar[str] = "Stochastic depth"
    group: ClassVar[str] = "Regularisation"
    summary: ClassVar[str] = "Last inside a residual: leaves its blocks out at random in training."

    rate: float = Field(
        0.1, ge=0, lt=1, title="Rate", description="Share of images for which it is silent."
    )

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def activation_bytes(self, inputs: BlockInput) -> int:
        """None: what it makes takes the place of its input."""
        del inputs
        return 0

    def brief(self) -> str:
        """The rate."""
        return f"{self.rate:.0%}"

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One Dropout layer that draws once for each image."""
        an_image = (None, *[1] * len(inputs.shape))
        return (KerasLayer("Dropout", {"rate": self.rate, "noise_shape": an_image}),)
