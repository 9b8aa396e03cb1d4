"""CNN."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Cnn(Preset):
    """Two convolutions with pooling, then a dense block of 300 units."""

    order: ClassVar[int] = 40
    title: ClassVar[str] = "CNN"
    summary: ClassVar[str] = "Two convolutions with pooling, then a dense block of 300 units."
    lesson: ClassVar[str] = (
        "Filters are shared by all positions, so few weights find a pattern anywhere in the image."
    )
    paper: ClassVar[str] = "The course's ladder"
    published: ClassVar[Published] = Published(302_590, (28, 28, 1), 10, by="the course")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            BlockSpec(kind="convolution", filters=10, size=5),
            BlockSpec(kind="max-pooling", size=2),
            BlockSpec(kind="convolution", filters=20, size=5),
            BlockSpec(kind="max-pooling", size=2),
            BlockSpec(kind="flatten"),
            BlockSpec(kind="dense", units=300),
            BlockSpec(kind="dropout", rate=0.25),
            BlockSpec(kind="logits"),
        )
