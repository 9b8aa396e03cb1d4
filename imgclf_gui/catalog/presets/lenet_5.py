"""LeNet-5."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Lenet5(Preset):
    """Two convolutions with pooling, then dense blocks, for 32×32 images.

    As LeCun et al. 1998 have it but for three things of its time: here pooling has no weights, each
    filter of the second convolution sees all maps of the first, and the end is a softmax.
    """

    order: ClassVar[int] = 60
    title: ClassVar[str] = "LeNet-5"
    summary: ClassVar[str] = (
        "The classic of 1998: two convolutions with pooling, then dense blocks."
    )
    lesson: ClassVar[str] = (
        "Few weights in the right places were enough to read cheques. Its tanh fades where the "
        "input is large, which is why deeper networks use ReLU."
    )
    paper: ClassVar[str] = "LeCun et al. 1998, Proceedings of the IEEE 86(11)"
    published: ClassVar[Published] = Published(
        61_706, (32, 32, 1), 10, by="today's form of it, with weightless pooling"
    )

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            BlockSpec(kind="resize", height=32, width=32),
            BlockSpec(kind="convolution", filters=6, size=5, padding="valid", activation="tanh"),
            BlockSpec(kind="average-pooling", size=2),
            BlockSpec(kind="convolution", filters=16, size=5, padding="valid", activation="tanh"),
            BlockSpec(kind="average-pooling", size=2),
            BlockSpec(kind="flatten"),
            BlockSpec(kind="dense", units=120, activation="tanh"),
            BlockSpec(kind="dense", units=84, activation="tanh"),
            BlockSpec(kind="logits"),
        )
