"""ResNet-56."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import cifar_resnet
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Resnet56(Preset):
    """He et al. 2015 (arXiv:1512.03385), section 4.2, for small images, with padded shortcuts."""

    order: ClassVar[int] = 110
    title: ClassVar[str] = "ResNet-56"
    summary: ClassVar[str] = "54 convolutions in residual blocks, for small images."
    lesson: ClassVar[str] = (
        "Without its shortcuts a network this deep learns worse than a shallow one; with them, "
        "better."
    )
    paper: ClassVar[str] = "He et al. 2015, arXiv:1512.03385"
    published: ClassVar[Published] = Published(850_000, (32, 32, 3), 10, rounding=5_000)

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return cifar_resnet(56)
