"""The base class of each open set of the catalogue.

One file in `catalog/<set>/` holds one class, and the file's name, with hyphens, is the kind that
is stored. Nothing else needs an edit: forms, checks and the command line read the fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.spec import EntrySpec, Split

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]
"""A tensor's shape without the batch: (height, width, channels) or (features,)."""

FLOAT32_BYTES = 4


class Entry(BaseModel, ABC):
    """A member of an open set; its fields are its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str] = ""
    title: ClassVar[str]
    summary: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """The kind is the file's name, whoever imports the file first."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.kind = cls.__module__.rpartition(".")[2].replace("_", "-")

    def to_spec(self) -> EntrySpec:
        """The stored form, with every setting written out."""
        return EntrySpec(kind=self.kind, **self.model_dump(mode="json"))


@dataclass(frozen=True)
class BlockInput:
    """What a block sees: the shape that reaches it, and how many classes the dataset has."""

    shape: Shape
    classes: int


@dataclass(frozen=True)
class ParameterCount:
    """Numbers in a block's weights; statistics that training does not fit are not trainable."""

    trainable: int = 0
    not_trainable: int = 0

    @property
    def total(self) -> int:
        """Both kinds together."""
        return self.trainable + self.not_trainable


@dataclass(frozen=True)
class BlockProblem:
    """Why a block cannot stand where it is, and what to do."""

    message: str
    fix: str


class Block(Entry):
    """One element of a network: its own arithmetic in plain Python, and its Keras layers.

    `check` is asked first; the other methods may rely on it having found nothing.
    """

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """What keeps the block from standing behind `inputs`; None if nothing does."""
        del inputs
        return None

    @abstractmethod
    def output_shape(self, inputs: BlockInput) -> Shape:
        """The shape it makes, without the batch."""

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """How many weights it has."""
        del inputs
        return ParameterCount()

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Multiply-adds of one image's forward pass; element-wise work counts as none."""
        del inputs
        return 0

    def activation_bytes(self, inputs: BlockInput) -> int:
        """Bytes of one image's float32 outputs that training keeps for the backward pass."""
        return FLOAT32_BYTES * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """The settings in a few characters, for a card: '5×5, 10 filters'."""
        return ""

    @abstractmethod
    def build(self, x: keras.KerasTensor, inputs: BlockInput, name: str) -> keras.KerasTensor:
        """Add the block's Keras layers behind `x` (batch, *inputs.shape); `name` begins theirs."""


class Optimizer(Entry):
    """A rule that turns gradients into weight updates."""

    slots: ClassVar[int] = 0
    """State values it keeps for each trainable weight (Adam: 2), for the memory estimate."""

    @abstractmethod
    def build(self, learning_rate: float) -> keras.optimizers.Optimizer:
        """The Keras optimizer."""


class Schedule(Entry):
    """How the learning rate changes over a run."""

    @abstractmethod
    def factor(self, progress: float) -> float:
        """What the learning rate is multiplied by at `progress` (0 start … 1 end of the run)."""


class Device(Entry):
    """A place where a run executes."""

    @abstractmethod
    def label(self) -> str:
        """Its short name as a person and the command line write it: 'cpu', 'gpu:0'."""

    @classmethod
    @abstractmethod
    def parse(cls, argument: str) -> Device:
        """The device named by what stands behind the colon in `gpu:0` (empty if nothing does).

        Raises:
            ValueError: `argument` does not name one.
        """

    @abstractmethod
    def tensorflow_name(self) -> str:
        """TensorFlow's name for it inside the worker: '/GPU:0'."""


class Preset(Entry):
    """A starting network, and what it teaches."""

    order: ClassVar[int]
    """Its place in the list; the course's ladder comes first."""
    lesson: ClassVar[str]
    """What the course shows with it, in one or two sentences."""

    @abstractmethod
    def blocks(self) -> tuple[EntrySpec, ...]:
        """The blocks from the pixels to one value a class."""


@dataclass(frozen=True)
class SourceImage:
    """One image as a source offers it, not yet looked at.

    Exactly one of `file` (a file to read) and `content` (its encoded bytes) is set; `name` is how
    the person knows it (relative path), `split` is None where the source names none.
    """

    name: str
    label: str
    split: Split | None = None
    file: Path | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SourceProblem:
    """Something in a source that cannot be an image: its name, and why."""

    name: str
    reason: str


class Source(Entry):
    """A form in which people have labelled images."""

    order: ClassVar[int] = 100
    """Recognition is tried in this order; the most particular form comes first."""

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether `path` has this form; must be quick, and never raise for a readable path."""

    @abstractmethod
    def open(
        self, path: Path, stopped: Callable[[], bool]
    ) -> AbstractContextManager[SourceListing]:
        """The listing of `path`; temporary files live until the context ends.

        `stopped` is asked during long preparations; once it says so, the listing may be short.

        Raises:
            UserError: nothing of `path` can be used.
        """


@dataclass(frozen=True)
class SourceListing:
    """What a source holds: `total` items, and an iterator over them (images and problems)."""

    total: int
    items: Iterator[SourceImage | SourceProblem]
