"""DNN with dropout."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class DnnDropout(Preset):
    """The DNN with 10 % dropout before the logits."""

    order: ClassVar[int] = 30
    title: ClassVar[str] = "DNN with dropout"
    summary: ClassVar[str] = "The DNN with 10 % dropout before the logits."
    lesson: ClassVar[str] = (
        "Dropout keeps units from relying on one another: less overfitting, at the price of "
        "slower learning."
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
            BlockSpec(kind="dropout", rate=0.1),
            BlockSpec(kind="logits"),
        )
