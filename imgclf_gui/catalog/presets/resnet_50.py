"""ResNet-50."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, bottleneck, imagenet_stem, stage
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Resnet50(Preset):
    """He et al. 2015 (arXiv:1512.03385), table 1, for photographs, with bottlenecks."""

    order: ClassVar[int] = 140
    title: ClassVar[str] = "ResNet-50"
    summary: ClassVar[str] = "Residual blocks with bottlenecks for photographs, 50 deep."
    lesson: ClassVar[str] = (
        "A bottleneck narrows the channels before the dear 3×3 convolution and widens them again: "
        "deeper for the same work. Training it from nothing needs very many images."
    )
    paper: ClassVar[str] = "He et al. 2015, arXiv:1512.03385"
    published: ClassVar[Published] = Published(25_557_032, (224, 224, 3), 1000, by="torchvision")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        rows = ((1, 64, 3, 1), (2, 128, 4, 2), (3, 256, 6, 2), (4, 512, 3, 2))
        return (
            *imagenet_stem(),
            *(
                stage(
                    f"Stage {number}",
                    bottleneck(filters, stride=stride, shortcut="projected"),
                    bottleneck(filters),
                    count,
                )
                for number, filters, count, stride in rows
            ),
            *HEAD,
        )
