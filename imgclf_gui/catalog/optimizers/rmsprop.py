"""RMSprop."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Optimizer

if TYPE_CHECKING:
    import keras


class RMSprop(Optimizer):
    """Tieleman and Hinton 2012, Coursera lecture 6.5."""

    title: ClassVar[str] = "RMSprop"
    summary: ClassVar[str] = "Divides each step by the recent size of the gradient."
    slots: ClassVar[int] = 1

    rho: float = Field(0.9, ge=0, lt=1, title="Rho", description="Memory of the spread.")
    epsilon: float = Field(1e-7, gt=0, le=1, title="Epsilon")

    def build(self, learning_rate: float) -> keras.optimizers.Optimizer:
        """The Keras optimizer."""
        import keras

        return keras.optimizers.RMSprop(
            learning_rate=learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
        )
