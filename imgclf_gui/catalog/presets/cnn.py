"""CNN."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset
from imgclf_gui.core.spec import EntrySpec


class Cnn(Preset):
    """Two convolutions with pooling, then a dense block of 300 units."""

    order: ClassVar[int] = 40
    title: ClassVar[str] = "CNN"
    summary: ClassVar[str] = "Two convolutions with pooling, then a dense block of 300 units."
    lesson: ClassVar[str] = (
        "Filters are shared by all positions, so few weights find a pattern anywhere in the image."
    )

    def blocks(self) -> tuple[EntrySpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            EntrySpec(kind="convolution", filters=10, size=5),
            EntrySpec(kind="max-pooling", size=2),
            EntrySpec(kind="convolution", filters=20, size=5),
            EntrySpec(kind="max-pooling", size=2),
            EntrySpec(kind="flatten"),
            EntrySpec(kind="dense", units=300),
            EntrySpec(kind="dropout", rate=0.25),
            EntrySpec(kind="logits"),
        )
