"""EfficientNet-Lite0, trained on ImageNet."""

from __future__ import annotations

from typing import ClassVar

from imgclf_gui.catalog.parts import HEAD, lite_backbone
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.spec import BlockSpec


class EfficientnetLite0(PretrainedBackbone):
    """Google's Lite variant of EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946).

    (height, width, 3), values 0…1 → (height / 32, width / 32, 1280), values 0…6.
    """

    order: ClassVar[int] = 10
    title: ClassVar[str] = "EfficientNet-Lite0"
    summary: ClassVar[str] = (
        "The smallest of its family, and part of the app: 3.4 million parameters, 1,280 features."
    )
    paper: ClassVar[str] = "Tan and Le 2019, arXiv:1905.11946"
    licence: ClassVar[str] = "Apache-2.0"
    learned_from: ClassVar[str] = "ImageNet: 1.28 million photographs of 1,000 classes"
    side: ClassVar[int] = 224
    weights: ClassVar[str] = "efficientnet-lite0.safetensors"
    sha256: ClassVar[str] = "dfb5ef3c436cf98d46ce847aa37e1a5c5804b4d8027a52d10a20bf64040a7d0a"
    labels: ClassVar[str] = "imagenet.txt"

    def blocks(self) -> tuple[BlockSpec, ...]:
        """Stem, seven stages and the last convolution; each a step of the freezing."""
        return lite_backbone()

    def classifier(self) -> tuple[BlockSpec, ...]:
        """The 1,000 classes of ImageNet."""
        return HEAD
