"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Optimizer

if TYPE_CHECKING:
    import keras


class Adam(Optimizer):
    """Kingma and Ba 2015, arXiv:1412.6980."""

    title: ClassVar[str] = "Adam"
    summary: ClassVar[str] = "A steady default: each weight gets its own step size."
    slots: ClassVar[int] = 2

    beta_1: float = Field(0.9, ge=0, lt=1, title="Beta 1", description="Memory of the mean.")
    beta_2: float = Field(0.999, ge=0, lt=1, title="Beta 2", description="Memory of the spread.")
    epsilon: float = Field(1e-7, gt=0, le=1, title="Epsilon")

    def build(self, learning_rate: float) -> keras.optimizers.Optimizer:
        """The Keras optimizer."""
        import keras

        return keras.optimizers.Adam(
            learning_rate=learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
