"""The base classes of augmentations: random changes of training images that keep what they show.

Tensors are those of the backend: an augmentation imports Keras inside its methods and uses
`keras.ops`, so that the same code runs eagerly for the preview, in tf.data, and compiled by XLA on
any device. It draws random numbers only from the `Draws` that it is given, which are a function of
seed and step, and does not look from one image of the batch to another.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

from pydantic import Field

from imgclf_gui.core.entry import Entry, KerasLayer, Shape
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.core.summary import DatasetSummary

Tensor = Any
"""Of the backend; comments and docstrings give its shape."""
Fill = Literal["reflect", "edge", "black"]
"""What stands beyond the edge of an image: its mirror image, its last pixels, or black."""
KERAS_FILL: Mapping[Fill, str] = {"reflect": "reflect", "edge": "nearest", "black": "constant"}
"""What Keras calls it: `fill_mode`."""


class Draws(Protocol):
    """Random numbers for one augmentation of one step: every image has its own.

    What an image draws depends on seed, step, its place in the batch and the order of the calls,
    and not on how many images there are, or on whether anything is compiled.
    """

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], `low` ≤ value < `high`."""

    def normal(self, shape: Shape = ()) -> Tensor:
        """float32 [N, *shape], mean 0, standard deviation 1."""

    def integers(self, high: int, shape: Shape = ()) -> Tensor:
        """int32 [N, *shape], 0 ≤ value < `high`."""

    def partners(self) -> Tensor:
        """int32 [N]: for each image the place of another one; a permutation of the batch."""


@dataclass(frozen=True)
class Caution:
    """Why an augmentation may change what an image shows in this dataset, and what to do."""

    message: str
    fix: str


def probability(default: float) -> Any:
    """The field `probability` of an augmentation."""
    return Field(
        default,
        ge=0,
        le=1,
        title="Probability",
        description="Share of the images that are changed: drawn anew for each, in every epoch.",
    )


class Augmentation(Entry):
    """A random change of images [N, height, width, channels], 1 or 3 channels, values 0…255."""

    group: ClassVar[str] = "Other"
    """The heading it stands under in the palette."""
    order: ClassVar[int] = 100
    """Its place under that heading."""
    strengths: ClassVar[Mapping[str, tuple[float, float]]] = {"probability": (0, 1)}
    """The settings that one slider moves: the value that changes nothing, and the strongest."""
    needs_colour: ClassVar[bool] = False
    """Whether it leaves grayscale images as they are."""
    at_test_time: ClassVar[bool] = True
    """Whether images to be classified may be changed so, to average over the answers."""

    probability: float = probability(1.0)

    @property
    def strength(self) -> float:
        """How strong it is set, 0 (changes nothing) … 1: by the strongest of `strengths`."""
        shares = (
            (float(getattr(self, name)) - nothing) / (most - nothing)
            for name, (nothing, most) in self.strengths.items()
        )
        return min(max(0.0, *shares), 1.0)

    def acts_on(self, channels: int) -> bool:
        """Whether it changes any image of so many channels."""
        coloured = channels == 3 or not self.needs_colour
        return coloured and self.strength > 0 and self.probability > 0

    def at(self, strength: float) -> Self:
        """The same with another strength, 0 (changes nothing) … 1 (the strongest)."""
        changed: dict[str, Any] = {}
        for name, (nothing, most) in self.strengths.items():
            value = nothing + (most - nothing) * strength
            whole = type(self).model_fields[name].annotation is int
            changed[name] = round(value) if whole else float(f"{value:.4g}")
        return self.model_validate({**self.model_dump(), **changed})

    def brief(self) -> str:
        """The settings in a few characters, for the list: '±15°'."""
        return ""

    def caution(self, dataset: DatasetSummary) -> Caution | None:
        """Why it may change the class of this dataset's images; None if nothing speaks for that."""
        del dataset
        return None

    def keras_layers(self, height: int, width: int) -> tuple[KerasLayer, ...] | None:
        """The nearest of Keras's own preprocessing layers for images of that size.

        The code view writes them and the benchmark runs them. None if Keras has nothing like it.
        """
        del height, width
        return None


class PixelAugmentation(Augmentation):
    """Changes each image by itself; any function of its pixels."""

    @abstractmethod
    def augment(self, images: Tensor, draws: Draws) -> Tensor:
        """float32 [N, height, width, channels], 0…255 → the same shape.

        All images are changed: which of them keep the change follows from `probability`, outside.
        What leaves 0…255 is clipped there, too.
        """


class Geometry(Augmentation):
    """Moves pixels. Neighbours in the list that show the same beyond the edge are carried out as
    one, so that an image is resampled once, however often it is moved."""

    upright: ClassVar[bool] = False
    """Whether rows stay rows and columns stay columns: where x' follows from x alone, and y' from y
    alone, images are resampled faster."""
    mirrored: ClassVar[int | None] = None
    """The axis of [N, height, width, channels] that it turns round, if that is all it does: by
    itself it then needs no resampling."""

    @property
    def edge(self) -> Fill | None:
        """What is seen where the image ends; None if that never comes into sight."""
        return None

    @abstractmethod
    def matrices(self, height: int, width: int, draws: Draws) -> Tensor:
        """float32 [N, 3, 3]: where in the old image a pixel of the new one comes from.

        In homogeneous coordinates (x, y, 1) in pixels from the middle of the image, x to the right
        and y down: (x', y', w) = M (x, y, 1), read at (x' / w, y' / w).
        """


class Moving(Geometry):
    """Geometry that brings into sight what lies beyond the edge."""

    fill: Fill = Field(
        "reflect",
        title="Beyond the edge",
        description="What is seen where the image ends: its mirror image, its last pixels, black.",
    )

    @property
    def edge(self) -> Fill | None:
        """As it is set."""
        return self.fill


class Mixing(Augmentation):
    """Blends each image with another of the batch, and their classes in the same proportion."""

    at_test_time: ClassVar[bool] = False

    @abstractmethod
    def mix(self, images: Tensor, others: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """float32 [N, height, width, channels] twice, 0…255 → the mixed ones, and float32 [N]: the
        share 0…1 that an image's own class keeps."""


class Policy(Augmentation):
    """Chooses for each image among other augmentations, which it names."""

    @abstractmethod
    def operations(self) -> tuple[EntrySpec, ...]:
        """What it chooses from, each with its settings; no mixing, and no other policy."""

    @abstractmethod
    def augment(
        self, images: Tensor, draws: Draws, operate: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """As `PixelAugmentation.augment`.

        `operate(images, indices)` carries out operations on each image, one after another:
        `indices`, int32 [N, how many], says which; -1 leaves the image as it is.
        """


class AugmentationPreset(Entry):
    """A list of augmentations to begin with, and what it is good for."""

    order: ClassVar[int]
    lesson: ClassVar[str]
    """What one learns with it, in one or two sentences."""

    @abstractmethod
    def steps(self) -> tuple[EntrySpec, ...]:
        """The augmentations in their order."""
