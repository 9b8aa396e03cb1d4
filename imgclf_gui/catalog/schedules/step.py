"""Step decay."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Schedule


class Step(Schedule):
    """Multiplied by `drop` at `steps` equally spaced moments of the run."""

    title: ClassVar[str] = "Step"
    summary: ClassVar[str] = "Drops a few times over the run."

    steps: int = Field(2, ge=1, le=20, title="Drops")
    drop: float = Field(0.1, gt=0, lt=1, title="Factor", description="At each drop.")

    def factor(self, progress: float) -> float:
        """drop to the power of the drops so far."""
        return self.drop ** min(int(max(progress, 0.0) * (self.steps + 1)), self.steps)

    def code(self) -> tuple[str, ...]:
        """Keras's ExponentialDecay, in steps."""
        every = f"steps / {self.steps + 1}"
        return ("ExponentialDecay", "LEARNING_RATE", every, f"{self.drop}", "staircase=True")
