"""DNN."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Dnn(Preset):
    """Three dense blocks of 300, 100 and 30 units."""

    order: ClassVar[int] = 20
    title: ClassVar[str] = "DNN"
    summary: ClassVar[str] = "Three dense blocks of 300, 100 and 30 units."
    lesson: ClassVar[str] = (
        "Hidden units combine pixels into patterns. Parameters grow, and so does the need for data."
    )
    paper: ClassVar[str] = "The course's ladder"
    published: ClassVar[Published] = Published(268_940, (28, 28, 1), 10, by="the course")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            BlockSpec(kind="flatten"),
            BlockSpec(kind="dense", units=300),
            BlockSpec(kind="dense", units=100),
            BlockSpec(kind="dense", units=30),
            BlockSpec(kind="logits"),
        )
