"""CNN with batch normalisation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class CnnBn(Preset):
    """The CNN, normalised at the dense block and at the logits."""

    order: ClassVar[int] = 50
    title: ClassVar[str] = "CNN with batch normalisation"
    summary: ClassVar[str] = "The CNN, normalised at the dense block and at the logits."
    lesson: ClassVar[str] = (
        "Batch normalisation keeps the spread of each layer steady while the layers before it "
        "change, so training is faster and surer."
    )
    paper: ClassVar[str] = "The course's ladder"
    published: ClassVar[Published] = Published(302_900, (28, 28, 1), 10, by="the course")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            BlockSpec(kind="convolution", filters=10, size=5),
            BlockSpec(kind="max-pooling", size=2),
            BlockSpec(kind="convolution", filters=20, size=5),
            BlockSpec(kind="max-pooling", size=2),
            BlockSpec(kind="flatten"),
            BlockSpec(kind="dense", units=300, activation="none", bias=False),
            BlockSpec(kind="batch-normalization"),
            BlockSpec(kind="activation", function="relu"),
            BlockSpec(kind="dropout", rate=0.25),
            BlockSpec(kind="logits", bias=False),
            BlockSpec(kind="batch-normalization"),
        )
