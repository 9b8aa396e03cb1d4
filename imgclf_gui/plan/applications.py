"""The networks of keras.applications that weights files are made for, and how they see images.

Their names and preprocessing are all that is known here; a worker asks Keras for the layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from imgclf_gui.core.errors import UserError

OF_KERAS = "keras:"
"""In front of a network's name, where the command line says what a file is of."""

Preprocessing = Literal["tf", "torch", "caffe", "none"]
"""tf: -1…1. torch: 0…1, less ImageNet's mean, by its deviation. caffe: 0…255 as BGR, less the mean.
none: 0…255, and the first layers of the network do the rest."""

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue, 0…1."""
CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of blue, green and red, 0…255."""


@dataclass(frozen=True)
class Application:
    """A network of keras.applications."""

    name: str
    preprocessing: Preprocessing
    side: int = 224
    """Of the images that its authors trained it with, in pixels."""
    paper: str = ""
    alpha: float | None = None
    """Its width, where there are several; None: the network has one."""
    without_blocks: str = ""
    """Why no blocks do what it does, as the end of a sentence; empty if they do."""

    @property
    def key(self) -> str:
        """Its name, with its width where there are several: 'VGG16', 'MobileNetV2:0.35'."""
        return self.name if self.alpha is None else f"{self.name}:{self.alpha:g}"

    @property
    def of(self) -> str:
        """As `find_application` takes it: 'keras:VGG16', 'keras:MobileNetV2:0.35'."""
        return f"{OF_KERAS}{self.key}".removesuffix(":1")

    @property
    def title(self) -> str:
        """'MobileNetV2', 'MobileNetV2 (alpha 0.35)'."""
        return f"{self.name} (alpha {self.alpha:g})" if self.alpha not in (None, 1) else self.name


_RESNET = "He et al. 2015, arXiv:1512.03385"
_RESNET_V2 = "He et al. 2016, arXiv:1603.05027"
_VGG = "Simonyan and Zisserman 2014, arXiv:1409.1556"
_DENSENET = "Huang et al. 2016, arXiv:1608.06993"
_EFFICIENTNET = "Tan and Le 2019, arXiv:1905.11946"
_EFFICIENTNET_V2 = "Tan and Le 2021, arXiv:2104.00298"
_INCEPTION = "Szegedy et al. 2015, arXiv:1512.00567"
_MOBILENET_V3 = "Howard et al. 2019, arXiv:1905.02244"
_NASNET = "Zoph et al. 2017, arXiv:1707.07012"
_CONVNEXT = "Liu et al. 2022, arXiv:2201.03545"
_NOT_SQUARE = (
    "has convolutions of 1×7, 7×1, 1×3 and 3×1 pixels (kernel_size), and those of blocks are square"
)
_HARD_SWISH = (
    "makes its hard-swish of numbers that layers add and multiply by, for which there is no block"
)
_CROPPING = "cuts rows and columns off its features (Cropping2D), for which there is no block"
_SCALE = "has a layer class of its own, CustomScaleLayer, for which there is no block"
_LAYER_SCALE = "has a layer class of its own, LayerScale, for which there is no block"
INSTEAD = (
    "Choose another network of Keras: MobileNetV2 and EfficientNetB0 are small, ResNet50V2 and "
    "EfficientNetV2S are larger."
)
_ALL = (
    Application("MobileNet", "tf", 224, "Howard et al. 2017, arXiv:1704.04861", 1.0),
    Application("MobileNetV2", "tf", 224, "Sandler et al. 2018, arXiv:1801.04381", 1.0),
    *(Application(name, "caffe", 224, _RESNET) for name in ("ResNet50", "ResNet101", "ResNet152")),
    *(Application(f"ResNet{n}V2", "tf", 224, _RESNET_V2) for n in (50, 101, 152)),
    *(Application(name, "caffe", 224, _VGG) for name in ("VGG16", "VGG19")),
    *(Application(f"DenseNet{n}", "torch", 224, _DENSENET) for n in (121, 169, 201)),
    Application("Xception", "tf", 299, "Chollet 2016, arXiv:1610.02357"),
    *(
        Application(f"EfficientNetB{n}", "none", side, _EFFICIENTNET)
        for n, side in enumerate((224, 240, 260, 300, 380, 456, 528, 600))
    ),
    *(
        Application(f"EfficientNetV2{size}", "none", side, _EFFICIENTNET_V2)
        for size, side in zip(
            ("B0", "B1", "B2", "B3", "S", "M", "L"),
            (224, 240, 260, 300, 384, 480, 480),
            strict=True,
        )
    ),
    Application("InceptionV3", "tf", 299, _INCEPTION, None, _NOT_SQUARE),
    Application(
        "InceptionResNetV2", "tf", 299, "Szegedy et al. 2016, arXiv:1602.07261", None, _SCALE
    ),
    *(
        Application(f"MobileNetV3{size}", "none", 224, _MOBILENET_V3, None, _HARD_SWISH)
        for size in ("Small", "Large")
    ),
    Application("NASNetMobile", "tf", 224, _NASNET, None, _CROPPING),
    Application("NASNetLarge", "tf", 331, _NASNET, None, _CROPPING),
    *(
        Application(f"ConvNeXt{size}", "none", 224, _CONVNEXT, None, _LAYER_SCALE)
        for size in ("Tiny", "Small", "Base", "Large", "XLarge")
    ),
)
APPLICATIONS = {one.name: one for one in _ALL}


def find_application(text: str) -> Application:
    """The network that `text` names: 'keras:VGG16', or 'keras:MobileNetV2:0.35' with its width.

    Raises:
        UserError: `backbone.application`.
    """
    name, _, alpha = text.removeprefix(OF_KERAS).partition(":")
    found = next((one for one in _ALL if one.name.lower() == name.strip().lower()), None)
    if found is None:
        raise UserError(
            "backbone.application",
            f"'{name:.80}' is no network of Keras." if name else "No network of Keras is named.",
            f"Write --as {OF_KERAS} and one of: {', '.join(APPLICATIONS)}.",
        )
    if not alpha:
        return found
    try:
        width = float(alpha)
    except ValueError:
        width = 0.0
    if found.alpha is None or not 0.1 <= width <= 4:
        raise UserError(
            "backbone.application",
            f"'{alpha:.80}' is no width of {found.name}.",
            "Only MobileNet and MobileNetV2 have one: keras:MobileNetV2:0.35.",
        )
    return replace(found, alpha=width)


def check_buildable(application: Application) -> None:
    """That blocks can do what `application` does.

    Raises:
        UserError: `backbone.blocks`.
    """
    if application.without_blocks:
        raise UserError(
            "backbone.blocks",
            f"{application.name} {application.without_blocks}.",
            f"It cannot be used as a backbone here. {INSTEAD}",
        )
