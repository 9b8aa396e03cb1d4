"""Cosine decay."""

from __future__ import annotations

from math import cos, pi
from typing import ClassVar

from pydantic import Field

from imgclf_gui.core.entry import Schedule


class Cosine(Schedule):
    """Half a cosine wave from 1 down to `final` (Loshchilov and Hutter 2017, arXiv:1608.03983)."""

    title: ClassVar[str] = "Cosine"
    summary: ClassVar[str] = "Falls gently, along a cosine, to the end of the run."

    final: float = Field(
        0.0, ge=0, le=1, title="Final", description="Share of the learning rate left at the end."
    )

    def factor(self, progress: float) -> float:
        """1 at the start, `final` at the end."""
        return self.final + (1 - self.final) * (1 + cos(pi * min(max(progress, 0.0), 1.0))) / 2

    def code(self) -> tuple[str, ...]:
        """Keras's CosineDecay."""
        end = (f"alpha={self.final}",) if self.final else ()
        return ("CosineDecay", "LEARNING_RATE", "steps", *end)
