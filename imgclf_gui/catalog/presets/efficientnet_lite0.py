"""EfficientNet-Lite0."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import lite_stages, normalized_convolution
from imgclf_gui.core.entry import Preset, Published
from imgclf_gui.core.spec import BlockSpec


class EfficientnetLite0(Preset):
    """EfficientNet-B0 of Tan and Le 2019 (arXiv:1905.11946) as Google's Lite variant.

    Without squeeze-and-excitation and with ReLU6; stem and head keep their 32 and 1,280 filters.
    Momentum and epsilon of its normalisation are those of the published weights.
    """

    order: ClassVar[int] = 160
    title: ClassVar[str] = "EfficientNet-Lite0"
    summary: ClassVar[str] = (
        "MobileNetV2's blocks in proportions found by a search, for photographs."
    )
    lesson: ClassVar[str] = (
        "Its shape was searched by machine: depth, width and filter sizes in balance. Trained on "
        "millions of photographs it is a good backbone; from nothing it needs patience."
    )
    paper: ClassVar[str] = "Tan and Le 2019, arXiv:1905.11946"
    published: ClassVar[Published] = Published(
        4_652_008, (224, 224, 3), 1000, by="Google's Lite checkpoint"
    )

    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""
        return (
            *normalized_convolution(32, stride=2, activation="relu6", momentum=0.99),
            *lite_stages(),
            *normalized_convolution(1280, size=1, activation="relu6", momentum=0.99),
            BlockSpec(kind="global-pooling"),
            BlockSpec(kind="dropout", rate=0.2),
            BlockSpec(kind="logits"),
        )
