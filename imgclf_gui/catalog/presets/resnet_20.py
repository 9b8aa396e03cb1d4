"""ResNet-20."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import cifar_resnet
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Resnet20(Preset):
    """He et al. 2015 (arXiv:1512.03385), section 4.2, for small images, with padded shortcuts."""

    order: ClassVar[int] = 90
    title: ClassVar[str] = "ResNet-20"
    summary: ClassVar[str] = "18 convolutions in residual blocks, for small images."
    lesson: ClassVar[str] = (
        "Each residual block only has to learn a correction of what reaches it. Trained for long, "
        "it beats networks with many times its weights."
    )
    paper: ClassVar[str] = "He et al. 2015, arXiv:1512.03385"
    published: ClassVar[Published] = Published(270_000, (32, 32, 3), 10, rounding=5_000)

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return cifar_resnet(20)
