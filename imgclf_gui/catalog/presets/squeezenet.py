"""SqueezeNet 1.1."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Squeezenet(Preset):
    """Version 1.1 of Iandola et al. 2016 (arXiv:1602.07360), for photographs.

    Its last convolution is here the logits behind the pooling: the same weights, and the same
    values but for the ReLU that stood between them.
    """

    order: ClassVar[int] = 80
    title: ClassVar[str] = "SqueezeNet 1.1"
    summary: ClassVar[str] = "Fire blocks: squeeze the channels, then expand them in two branches."
    lesson: ClassVar[str] = (
        "1×1 convolutions save most weights. It has no normalisation: compare how much longer it "
        "takes to begin learning."
    )
    paper: ClassVar[str] = "Iandola et al. 2016, arXiv:1602.07360"
    published: ClassVar[Published] = Published(1_235_496, (224, 224, 3), 1000, by="torchvision")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        pooling = BlockSpec(kind="max-pooling", size=3, stride=2, padding="same")
        return (
            BlockSpec(kind="convolution", filters=64, stride=2),
            pooling,
            _fires("Fire 2 and 3", 16, 64),
            pooling,
            _fires("Fire 4 and 5", 32, 128),
            pooling,
            _fires("Fire 6 and 7", 48, 192),
            _fires("Fire 8 and 9", 64, 256),
            BlockSpec(kind="global-pooling"),
            BlockSpec(kind="dropout", rate=0.5),
            BlockSpec(kind="logits"),
        )


def _fires(name: str, squeezed: int, expanded: int) -> BlockSpec:
    """Two fire blocks; each makes twice `expanded` channels."""
    branches = (
        BlockSpec(kind="convolution", filters=expanded, size=1),
        BlockSpec(kind="convolution", filters=expanded, size=3),
    )
    inside = (
        BlockSpec(kind="convolution", filters=squeezed, size=1),
        BlockSpec(kind="branches", merge="concatenate", blocks=branches),
    )
    return BlockSpec(kind="repeat", name=name, count=2, blocks=inside)
