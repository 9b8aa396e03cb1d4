"""The processor of this machine."""

from __future__ import annotations

from typing import ClassVar, Self

from imgclf_gui.core.entry import Device


class Cpu(Device):
    """All cores of the processor."""

    title: ClassVar[str] = "CPU"
    summary: ClassVar[str] = "The processor of this machine."

    def label(self) -> str:
        """'cpu'."""
        return self.kind

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Takes no argument."""
        if argument not in ("", "0"):
            raise ValueError(argument)
        return cls()

    def tensorflow_name(self) -> str:
        """'/CPU:0': TensorFlow sees all cores as one device."""
        return "/CPU:0"
