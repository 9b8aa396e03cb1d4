"""SGD with momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Optimizer

if TYPE_CHECKING:
    import keras


class SGD(Optimizer):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013)."""

    title: ClassVar[str] = "SGD with momentum"
    summary: ClassVar[str] = "Plain steps downhill that remember their direction."
    slots: ClassVar[int] = 1

    momentum: float = Field(0.9, ge=0, lt=1, title="Momentum")
    nesterov: bool = Field(False, title="Nesterov")

    def build(self, learning_rate: float) -> keras.optimizers.Optimizer:
        """The Keras optimizer."""
        import keras

        return keras.optimizers.SGD(
            learning_rate=learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )
