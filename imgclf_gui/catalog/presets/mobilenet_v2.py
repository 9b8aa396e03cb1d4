"""MobileNetV2."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import inverted_stages, normalized_convolution
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class MobilenetV2(Preset):
    """Sandler et al. 2018 (arXiv:1801.04381), table 2, for photographs."""

    order: ClassVar[int] = 150
    title: ClassVar[str] = "MobileNetV2"
    summary: ClassVar[str] = "Inverted residual blocks for photographs, light enough for a phone."
    lesson: ClassVar[str] = (
        "A depthwise convolution filters each channel by itself, and 1×1 convolutions mix them: an "
        "eighth of the work of a full one. The shortcut joins the narrow ends."
    )
    paper: ClassVar[str] = "Sandler et al. 2018, arXiv:1801.04381"
    published: ClassVar[Published] = Published(3_504_872, (224, 224, 3), 1000, by="torchvision")

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            *normalized_convolution(32, stride=2, activation="relu6"),
            *inverted_stages(32, _STAGES),
            *normalized_convolution(1280, size=1, activation="relu6"),
            BlockSpec(kind="global-pooling"),
            BlockSpec(kind="dropout", rate=0.2),
            BlockSpec(kind="logits"),
        )


_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 32, 3, 2, 3),
    (6, 64, 4, 2, 3),
    (6, 96, 3, 1, 3),
    (6, 160, 3, 2, 3),
    (6, 320, 1, 1, 3),
)
"""Expansion, filters, blocks, stride of the first, and size of the depthwise filters."""
