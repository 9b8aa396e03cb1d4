"""Where Keras publishes the ImageNet weights of its networks, without their last layers.

Addresses and hashes are those of keras 3.15's `keras/src/applications/*.py`, which downloads from
there itself; of MobileNet and MobileNetV2 it has no hash. Networks that no blocks can be made of
are left out: nobody needs their weights here.
"""

from __future__ import annotations

from dataclasses import dataclass

from imgclf_gui.core.errors import UserError
from imgclf_gui.plan.applications import APPLICATIONS, OF_KERAS, Application, check_buildable

_HOST = "https://storage.googleapis.com"
_KERAS = f"{_HOST}/tensorflow/keras-applications"
_TF = "weights_tf_dim_ordering_tf_kernels"
BYTES_A_PARAMETER = 4
ROOM = 1.5, 4_000_000
"""A file has at most so many times the bytes of its parameters, and so many more."""


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights."""

    url: str
    parameters: int
    """In it, with gathered statistics."""
    digest: str = ""
    """md5, in hex; empty: none is published."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]

    @property
    def size(self) -> int:
        """About so many bytes: HDF5 adds some per cent to the parameters."""
        return BYTES_A_PARAMETER * self.parameters

    @property
    def largest(self) -> int:
        """The file has not more bytes than this."""
        return round(ROOM[0] * self.size) + ROOM[1]


def _resnet(name: str, parameters: int, digest: str) -> PublishedWeights:
    return PublishedWeights(f"{_KERAS}/resnet/{name}_{_TF}_notop.h5", parameters, digest)


def _densenet(depth: int, parameters: int, digest: str) -> PublishedWeights:
    url = f"{_KERAS}/densenet/densenet{depth}_{_TF}_notop.h5"
    return PublishedWeights(url, parameters, digest)


def _own_folder(name: str, parameters: int, digest: str) -> PublishedWeights:
    return PublishedWeights(f"{_KERAS}/{name}/{name}_{_TF}_notop.h5", parameters, digest)


def _efficient(variant: str, parameters: int, digest: str) -> PublishedWeights:
    url = f"{_HOST}/keras-applications/efficientnet{variant}_notop.h5"
    return PublishedWeights(url, parameters, digest)


def _efficient_v2(variant: str, parameters: int, digest: str) -> PublishedWeights:
    url = f"{_KERAS}/efficientnet_v2/efficientnetv2-{variant}_notop.h5"
    return PublishedWeights(url, parameters, digest)


_PUBLISHED: dict[str, PublishedWeights] = {
    **{
        f"MobileNet:{alpha:g}": PublishedWeights(
            f"{_KERAS}/mobilenet/mobilenet_{word}_224_tf_no_top.h5", parameters
        )
        for alpha, word, parameters in (
            (0.25, "2_5", 218_544),
            (0.5, "5_0", 829_536),
            (0.75, "7_5", 1_832_976),
            (1.0, "1_0", 3_228_864),
        )
    },
    **{
        f"MobileNetV2:{alpha:g}": PublishedWeights(
            f"{_KERAS}/mobilenet_v2/mobilenet_v2_{_TF}_{alpha}_224_no_top.h5", parameters
        )
        for alpha, parameters in (
            (0.35, 410_208),
            (0.5, 706_224),
            (0.75, 1_382_064),
            (1.0, 2_257_984),
            (1.3, 3_766_048),
            (1.4, 4_363_712),
        )
    },
    "ResNet50": _resnet("resnet50", 23_587_712, "4d473c1dd8becc155b73f8504c6f6626"),
    "ResNet101": _resnet("resnet101", 42_658_176, "88cf7a10940856eca736dc7b7e228a21"),
    "ResNet152": _resnet("resnet152", 58_370_944, "ee4c566cf9a93f14d82f913c2dc6dd0c"),
    "ResNet50V2": _resnet("resnet50v2", 23_564_800, "fac2f116257151a9d068a22e544a4917"),
    "ResNet101V2": _resnet("resnet101v2", 42_626_560, "c0ed64b8031c3730f411d2eb4eea35b5"),
    "ResNet152V2": _resnet("resnet152v2", 58_331_648, "ed17cf2e0169df9d443503ef94b23b33"),
    "VGG16": _own_folder("vgg16", 14_714_688, "6d6bbae143d832006294945121d1f1fc"),
    "VGG19": _own_folder("vgg19", 20_024_384, "253f8cb515780f3b799900260a226db6"),
    "DenseNet121": _densenet(121, 7_037_504, "30ee3e1110167f948a6b9946edeeb738"),
    "DenseNet169": _densenet(169, 12_642_880, "b8c4d4c20dd625c148057b9ff1c1176b"),
    "DenseNet201": _densenet(201, 18_321_984, "c13680b51ded0fb44dff2d8f86ac8bb1"),
    "Xception": _own_folder("xception", 20_861_480, "b0042744bf5b25fce3cb969f33bebb97"),
    "EfficientNetB0": _efficient("b0", 4_049_571, "50bc09e76180e00e4465e1a485ddc09d"),
    "EfficientNetB1": _efficient("b1", 6_575_239, "74c4e6b3e1f6a1eea24c589628592432"),
    "EfficientNetB2": _efficient("b2", 7_768_569, "111f8e2ac8aa800a7a99e3239f7bfb39"),
    "EfficientNetB3": _efficient("b3", 10_783_535, "af6d107764bb5b1abb91932881670226"),
    "EfficientNetB4": _efficient("b4", 17_673_823, "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    "EfficientNetB5": _efficient("b5", 28_513_527, "38879255a25d3c92d5e44e04ae6cec6f"),
    "EfficientNetB6": _efficient("b6", 40_960_143, "9ecce42647a20130c1f39a5d4cb75743"),
    "EfficientNetB7": _efficient("b7", 64_097_687, "cbcfe4450ddf6f3ad90b1b398090fe4a"),
    "EfficientNetV2B0": _efficient_v2("b0", 5_919_312, "893217f2bb855e2983157299931e43ff"),
    "EfficientNetV2B1": _efficient_v2("b1", 6_931_124, "0e80663031ca32d657f9caa404b6ec37"),
    "EfficientNetV2B2": _efficient_v2("b2", 8_769_374, "1dfe2e7a5d45b6632553a8961ea609eb"),
    "EfficientNetV2B3": _efficient_v2("b3", 12_930_622, "f6abf7b5849ac99a89b50dd3fd532856"),
    "EfficientNetV2S": _efficient_v2("s", 20_331_360, "af0682fb74e8c54910f2d4393339c070"),
    "EfficientNetV2M": _efficient_v2("m", 53_150_388, "1b8dc055df72dde80d614482840fe342"),
    "EfficientNetV2L": _efficient_v2("l", 117_746_848, "b0b66b5c863aef5b46e8608fe1711615"),
}


def published_weights(application: Application) -> PublishedWeights:
    """The file that Keras would download for `application`.

    Raises:
        UserError: `backbone.blocks` if no blocks can be made of it, `backbone.application` if
            there are no weights of its width.
    """
    check_buildable(application)
    found = _PUBLISHED.get(application.key)
    if found is None:
        widths = ", ".join(f"{alpha:g}" for alpha in published_widths(application.name))
        raise UserError(
            "backbone.application",
            f"Keras publishes no weights of {application.title}.",
            f"There are some with the width {widths}: {OF_KERAS}{application.name}:0.5.",
        )
    return found


def published_widths(name: str) -> tuple[float, ...]:
    """The widths that there are weights of; empty if the network has one."""
    found = (key.partition(":") for key in _PUBLISHED)
    return tuple(float(alpha) for one, _, alpha in found if one == name and alpha)


def guessed_key(file_name: str) -> str:
    """The key of the application that a file called so is most likely of, perhaps without its
    width; empty if of none.

    First by the names under which Keras publishes, then by the longest name that is in it.
    """
    for key, published in _PUBLISHED.items():
        if published.name.lower() == file_name.lower():
            return key
    plain = _plain(file_name)
    fitting = [name for name in APPLICATIONS if _plain(name) in plain]
    return max(fitting, key=len, default="")


def _plain(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
