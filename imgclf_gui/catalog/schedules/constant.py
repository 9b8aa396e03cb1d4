"""Constant learning rate."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Schedule


class Constant(Schedule):
    """The learning rate stays as it is."""

    title: ClassVar[str] = "Constant"
    summary: ClassVar[str] = "The learning rate stays as it is."

    def factor(self, progress: float) -> float:
        """Always 1."""
        del progress
        return 1.0

    def code(self) -> tuple[str, ...]:
        """None is needed."""
        return ()
