"""EfficientNet-Lite1, trained on ImageNet."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, lite_backbone
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.spec import BlockSpec


class EfficientnetLite1(PretrainedBackbone):
    """Google's Lite variant of EfficientNet-B1 (Tan and Le 2019, arXiv:1905.11946).

    (height, width, 3), values 0…1 → (height / 32, width / 32, 1280), values 0…6.
    """

    order: ClassVar[int] = 20
    title: ClassVar[str] = "EfficientNet-Lite1"
    summary: ClassVar[str] = "A little deeper than Lite0, for images of 240 pixels."
    paper: ClassVar[str] = "Tan and Le 2019, arXiv:1905.11946"
    licence: ClassVar[str] = "Apache-2.0"
    learned_from: ClassVar[str] = "ImageNet: 1.28 million photographs of 1,000 classes"
    side: ClassVar[int] = 240
    weights: ClassVar[str] = "efficientnet-lite1.safetensors"
    sha256: ClassVar[str] = "6b534fa1e0bb6c934e1361e382a441be709ecc960dbf2bd2345f5372acbce529"
    labels: ClassVar[str] = "imagenet.txt"

    def blocks(self) -> tuple[BlockSpec, ...]:
        """Stem, seven stages and the last convolution; each a step of the freezing."""
        return lite_backbone(depth=1.1)

    def classifier(self) -> tuple[BlockSpec, ...]:
        """The 1,000 classes of ImageNet."""
        return HEAD
