"""AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Optimizer

if TYPE_CHECKING:
    import keras


class AdamW(Optimizer):
    """Adam with decoupled weight decay: Loshchilov and Hutter 2019, arXiv:1711.05101."""

    title: ClassVar[str] = "AdamW"
    summary: ClassVar[str] = "Adam that also pulls weights towards zero."
    slots: ClassVar[int] = 2

    weight_decay: float = Field(0.004, ge=0, le=1, title="Weight decay")
    beta_1: float = Field(0.9, ge=0, lt=1, title="Beta 1", description="Memory of the mean.")
    beta_2: float = Field(0.999, ge=0, lt=1, title="Beta 2", description="Memory of the spread.")
    epsilon: float = Field(1e-7, gt=0, le=1, title="Epsilon")

    def build(self, learning_rate: float) -> keras.optimizers.Optimizer:
        """The Keras optimizer."""
        import keras

        return keras.optimizers.AdamW(
            learning_rate=learning_rate,
            weight_decay=self.weight_decay,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
