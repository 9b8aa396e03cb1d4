"""EfficientNet-Lite2, trained on ImageNet."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, lite_backbone
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.spec import BlockSpec


class EfficientnetLite2(PretrainedBackbone):
    """Google's Lite variant of EfficientNet-B2 (Tan and Le 2019, arXiv:1905.11946).

    (height, width, 3), values 0…1 → (height / 32, width / 32, 1280), values 0…6.
    """

    order: ClassVar[int] = 30
    title: ClassVar[str] = "EfficientNet-Lite2"
    summary: ClassVar[str] = "Wider and deeper than Lite1, for images of 260 pixels."
    paper: ClassVar[str] = "Tan and Le 2019, arXiv:1905.11946"
    licence: ClassVar[str] = "Apache-2.0"
    learned_from: ClassVar[str] = "ImageNet: 1.28 million photographs of 1,000 classes"
    side: ClassVar[int] = 260
    weights: ClassVar[str] = "efficientnet-lite2.safetensors"
    sha256: ClassVar[str] = "c41191e6aa317cc71799c0d6124fbd30560d5b929cb2c0a7f34bdc4555d4e4fd"
    labels: ClassVar[str] = "imagenet.txt"

    def blocks(self) -> tuple[BlockSpec, ...]:
        """Stem, seven stages and the last convolution; each a step of the freezing."""
        return lite_backbone(width=1.1, depth=1.2)

    def classifier(self) -> tuple[BlockSpec, ...]:
        """The 1,000 classes of ImageNet."""
        return HEAD
