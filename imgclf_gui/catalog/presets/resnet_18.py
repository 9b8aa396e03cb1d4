"""ResNet-18."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, basic_residual, imagenet_stem, stage
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class Resnet18(Preset):
    """He et al. 2015 (arXiv:1512.03385), table 1, for photographs, with projected shortcuts."""

    order: ClassVar[int] = 130
    title: ClassVar[str] = "ResNet-18"
    summary: ClassVar[str] = "Residual blocks for photographs, 18 deep."
    lesson: ClassVar[str] = (
        "Made for images of 224 pixels: it shrinks them to a thirty-second. Small images vanish "
        "before the last stage; the networks of section 4.2, as ResNet-20, suit them better."
    )
    paper: ClassVar[str] = "He et al. 2015, arXiv:1512.03385"
    published: ClassVar[Published] = Published(11_689_512, (224, 224, 3), 1000, by="torchvision")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            *imagenet_stem(),
            stage("Stage 1", basic_residual(64), basic_residual(64), 2),
            *(
                stage(
                    f"Stage {number}",
                    basic_residual(filters, stride=2, shortcut="projected"),
                    basic_residual(filters),
                    2,
                )
                for number, filters in ((2, 128), (3, 256), (4, 512))
            ),
            *HEAD,
        )
