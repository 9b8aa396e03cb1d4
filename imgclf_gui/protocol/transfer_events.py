"""What a worker reports of a measurement of transfer: see `MeasureTransfer`.

Accuracies are fractions 0…1, times are seconds. `right` names the held-out images that an answer
is right about, as `packed` writes it: the same images in the same order for all of a
measurement, so that answers can be compared image by image.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imgclf_gui.core.spec import Split
from imgclf_gui.protocol.event_base import BaseEvent

TransferKind = Literal["rank", "layers", "few-images"]
"""Which backbone suits, which of its blocks, and for how few images it does."""
Way = Literal["frozen", "scratch"]
"""A linear probe on frozen features, or a network trained from nothing."""

Bits = str
"""A bit an image, as hexadecimal digits: the last image is the lowest bit."""


class TransferStarted(BaseEvent):
    """A measurement begins."""

    type: Literal["transfer_started"] = "transfer_started"
    kind: TransferKind
    backbone: str = ""
    """Its id; empty for a comparison of several."""
    title: str = ""
    weights: str = ""
    """A digest of the backbone's weights."""
    split: Split
    train_images: int
    """Drawn of the training images."""
    images: int = Field(ge=1)
    """Drawn of `split`, which nothing learns from."""
    classes: int
    fingerprint: str
    """Of the dataset."""
    scratch: str = ""
    """What is trained from nothing, in words."""


class TransferProgressed(BaseEvent):
    """Sent a few times a second while a measurement runs."""

    type: Literal["transfer_progressed"] = "transfer_progressed"
    done: float = Field(ge=0, le=1)
    """Share of the work."""
    what: str
    """What it does now: 'features of EfficientNet-Lite0'."""
    images_per_second: float | None = None
    seconds_left: float | None = None


class BackboneMeasured(BaseEvent):
    """How well one backbone's features suit the dataset."""

    type: Literal["backbone_measured"] = "backbone_measured"
    backbone: str
    title: str
    weights: str = ""
    """A digest of its weights."""
    features: int
    """Values an image."""
    logme: float
    h_score: float
    nearest_mean: float
    """Accuracy of the nearest class mean, on the held-out images, as the next two are."""
    correct: int
    """Of a linear probe."""
    right: Bits
    seconds: float
    images_per_second: float | None = None
    """Of the backbone alone, without decoding."""


class BlockProbed(BaseEvent):
    """How well a linear probe does on the pooled features behind one block."""

    type: Literal["block_probed"] = "block_probed"
    place: int
    """From 0."""
    name: str
    features: int
    correct: int
    right: Bits


class FewImagesMeasured(BaseEvent):
    """What was learned from a few images of each class, drawn by one seed."""

    type: Literal["few_images_measured"] = "few_images_measured"
    way: Way
    images_a_class: int
    seed: int
    train_images: int
    """In all: a class may have fewer."""
    correct: int
    class_accuracy: float
    """The mean of the accuracies of the classes."""
    seconds: float


class TransferFinished(BaseEvent):
    """A measurement is over; `stopped` if the person ended it."""

    type: Literal["transfer_finished"] = "transfer_finished"
    seconds: float
    stopped: bool = False


def packed(right: list[bool]) -> Bits:
    """`right` as events carry it."""
    value = 0
    for one in right:
        value = 2 * value + one
    return f"{value:x}"


def only_first(first: Bits, second: Bits) -> int:
    """How many images the `first` is right about and the `second` is not."""
    return (int(first or "0", 16) & ~int(second or "0", 16)).bit_count()


class BackboneAdded(BaseEvent):
    """Weights of a network of Keras are kept as the backbone of that id."""

    type: Literal["backbone_added"] = "backbone_added"
    backbone: str
    title: str
    sha256: str
    """Of its weights as they are kept;"""
    file_sha256: str
    """and of the file that they came from."""
