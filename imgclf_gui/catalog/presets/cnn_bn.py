"""CNN with batch normalisation."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset
from imgclf_gui.core.spec import EntrySpec


class CnnBn(Preset):
    """The CNN, normalised at the dense block and at the logits."""

    order: ClassVar[int] = 50
    title: ClassVar[str] = "CNN with batch normalisation"
    summary: ClassVar[str] = "The CNN, normalised at the dense block and at the logits."
    lesson: ClassVar[str] = (
        "Batch normalisation keeps the spread of each layer steady while the layers before it "
        "change, so training is faster and surer."
    )

    def blocks(self) -> tuple[EntrySpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            EntrySpec(kind="convolution", filters=10, size=5),
            EntrySpec(kind="max-pooling", size=2),
            EntrySpec(kind="convolution", filters=20, size=5),
            EntrySpec(kind="max-pooling", size=2),
            EntrySpec(kind="flatten"),
            EntrySpec(kind="dense", units=300, activation="none", bias=False),
            EntrySpec(kind="batch-normalization"),
            EntrySpec(kind="activation", function="relu"),
            EntrySpec(kind="dropout", rate=0.25),
            EntrySpec(kind="logits", bias=False),
            EntrySpec(kind="batch-normalization"),
        )
