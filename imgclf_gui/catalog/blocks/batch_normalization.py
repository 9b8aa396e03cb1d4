"""Batch normalisation."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Block, BlockInput, KerasLayer, ParameterCount, Shape


class BatchNormalization(Block):
    """Gives each channel mean 0 and spread 1 over the batch, then its own scale and shift.

    Shape unchanged. Per channel two trained weights, and the running mean and variance that
    inference uses (Ioffe and Szegedy 2015, arXiv:1502.03167).
    """

    title: ClassVar[str] = "Batch normalisation"
    group: ClassVar[str] = "Normalisation"
    summary: ClassVar[str] = "Tames internal covariate shift: each channel gets a steady spread."
    gathers_statistics: ClassVar[bool] = True

    momentum: float = Field(
        0.99,
        ge=0,
        lt=1,
        title="Momentum",
        description="How slowly the running mean and variance follow the batches.",
    )
    epsilon: float = Field(1e-3, gt=0, le=1, title="Epsilon")

    def output_shape(self, inputs: BlockInput) -> Shape:
        """Unchanged."""
        return inputs.shape

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """Scale and shift are trained; mean and variance are gathered."""
        channels = inputs.shape[-1]
        return ParameterCount(2 * channels, 2 * channels)

    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """One BatchNormalization layer."""
        del inputs
        settings = {"momentum": self.momentum, "epsilon": self.epsilon}
        return (KerasLayer("BatchNormalization", settings),)
