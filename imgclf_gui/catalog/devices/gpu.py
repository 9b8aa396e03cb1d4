"""A graphics processor of this machine."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field

from imgclf_gui.core.entry import Device


class Gpu(Device):
    """One graphics processor, by its number."""

    title: ClassVar[str] = "GPU"
    summary: ClassVar[str] = "A graphics processor of this machine."

    index: int = Field(0, ge=0, le=63, title="Number")

    def label(self) -> str:
        """'gpu:0'."""
        return f"{self.kind}:{self.index}"

    @classmethod
    def parse(cls, argument: str) -> Self:
        """The GPU of that number; the first if none is given."""
        return cls(index=int(argument or 0))

    def tensorflow_name(self) -> str:
        """'/GPU:0'."""
        return f"/GPU:{self.index}"
