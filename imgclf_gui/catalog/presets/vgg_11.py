"""VGG-11."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, normalization
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Vgg11(Preset):
    """Configuration A of Simonyan and Zisserman 2014 (arXiv:1409.1556), for small images.

    As in pytorch-cifar: batch normalisation behind each convolution, and one layer instead of the
    three large dense ones, which had 124 of the original's 133 million weights.
    """

    order: ClassVar[int] = 70
    title: ClassVar[str] = "VGG-11"
    summary: ClassVar[str] = "Nothing but 3×3 convolutions and pooling, eight deep."
    lesson: ClassVar[str] = (
        "Two small filters behind each other see as much as a large one, with fewer weights. Most "
        "weights lie at the end, where the image is small: look at the parameters of each stage."
    )
    paper: ClassVar[str] = "Simonyan and Zisserman 2014, arXiv:1409.1556"
    published: ClassVar[Published] = Published(9_231_114, (32, 32, 3), 10, by="pytorch-cifar")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        stages = ((1, 64, 1), (2, 128, 1), (3, 256, 2), (4, 512, 2), (5, 512, 2))
        return (*(_stage(*stage) for stage in stages), *HEAD)


def _stage(number: int, filters: int, count: int) -> BlockSpec:
    inside = (
        BlockSpec(kind="convolution", filters=filters, activation="none"),
        normalization(),
        BlockSpec(kind="activation", function="relu"),
    )
    repeated = inside if count == 1 else (BlockSpec(kind="repeat", count=count, blocks=inside),)
    pooling = BlockSpec(kind="max-pooling", size=2, padding="same")
    return BlockSpec(kind="group", name=f"Stage {number}", blocks=(*repeated, pooling))
