"""The base class of each open set of the catalogue.

One file in `catalog/<set>/` holds one class, and the file's name, with hyphens, is the kind that
is stored. Nothing else needs an edit: forms, checks and the command line read the fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.spec import BlockSpec, EntrySpec, Split

if TYPE_CHECKING:
    import keras

    from imgclf_gui.core.cloud import Account

Shape = tuple[int, ...]
"""A tensor's shape without the batch: (height, width, channels) or (features,)."""

FLOAT32_BYTES = 4

Freeze = Literal["nothing", "statistics", "all"]
"""What training leaves as it is: nothing, blocks that gather statistics, or every weight."""


class Entry(BaseModel, ABC):
    """A member of an open set; its fields are its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

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
    """What a block sees: the shape that reaches it, and how many classes the dataset has.

    A block that holds others also sees in `ends` the shapes that they make: one of a chain, one
    for each of parallel blocks.
    """

    shape: Shape
    classes: int
    ends: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class ParameterCount:
    """Numbers in a block's weights; statistics that training does not fit are not trainable."""

    trainable: int = 0
    not_trainable: int = 0

    @property
    def total(self) -> int:
        """Both kinds together."""
        return self.trainable + self.not_trainable


class Mend(BaseModel):
    """A change of the network that takes a problem away, ready to be made at a click.

    All that is given is done: `before` goes in front of the block (behind the last one, if the
    problem is the network's), `settings` become the block's own, and `inside` those of the last
    block inside that has such settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    """What it does, as on a button: 'Insert Flatten'."""
    before: tuple[BlockSpec, ...] = ()
    settings: dict[str, Any] = {}
    inside: dict[str, Any] = {}


@dataclass(frozen=True)
class BlockProblem:
    """Why a block cannot stand where it is, and what to do."""

    message: str
    fix: str
    mends: tuple[Mend, ...] = ()


SHORTCUTS = "shortcuts"
"""What the lab calls taking the residual blocks out of a network."""
BATCH_NORMALIZATION = "batch-normalization"

KEEPING_SHAPE = ("Normalisation", "Regularisation", "Attention")
"""Groups of the palette whose blocks can be left out anywhere: what they make has their shape."""

BLOCK_INPUT = "input"
"""Among the inputs of a KerasLayer: what reaches the block."""


@dataclass(frozen=True)
class KerasLayer:
    """One layer of a block, as data: the worker builds it, and the code view writes it.

    It is called with what `inputs` names: BLOCK_INPUT, `end(0)` for what the first block inside
    made, or the name of a layer before it in the block. Without inputs it follows the layer before
    it; the first follows the blocks inside or, where there are none, the block's input.
    """

    layer: str
    """A class of `keras.layers`: 'Conv2D'."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Its arguments: JSON values (a tuple may stand for a list)."""
    name: str = ""
    """Stands behind the block's own name in the layer's; only one layer of a block has none."""
    inputs: tuple[str, ...] = ()


def end(index: int) -> str:
    """Among the inputs of a KerasLayer: what the lane of that index inside the block made."""
    return f"end {index}"


class Block(Entry):
    """One element of a network: its own arithmetic in plain Python, and its Keras layers as data.

    `check` is asked first; the other methods may rely on it having found nothing.
    """

    group: ClassVar[str] = "Other"
    """The heading it stands under in the palette."""
    holds: ClassVar[Literal["nothing", "chain", "lanes"]] = "nothing"
    """Blocks inside: none, one behind the other, or side by side, each with the block's input."""

    @property
    def copies(self) -> int:
        """How many times the chain inside stands in the network, each with its own weights."""
        return 1

    gathers_statistics: ClassVar[bool] = False
    """Whether it normalises by figures of the batch in training, and by gathered ones later."""

    def freezes(self, index: int, blocks: int) -> Freeze:
        """What training leaves as it is in the block at `index` of the `blocks` inside."""
        del index, blocks
        return "nothing"

    @classmethod
    def example_blocks(cls, shape: Shape) -> tuple[BlockSpec, ...]:
        """What lies inside a new one that is put behind `shape`; here one block that keeps it."""
        if cls.holds == "nothing":
            return ()
        if len(shape) == 3:
            return (BlockSpec(kind="convolution", filters=shape[2]),)
        return (BlockSpec(kind="dense", units=prod(shape)),)

    def check(self, inputs: BlockInput) -> BlockProblem | None:
        """What keeps the block from standing behind `inputs`; None if nothing does."""
        del inputs
        return None

    @abstractmethod
    def output_shape(self, inputs: BlockInput) -> Shape:
        """The shape it makes, without the batch."""

    def parameters(self, inputs: BlockInput) -> ParameterCount:
        """How many weights it has, without those of blocks inside."""
        del inputs
        return ParameterCount()

    def multiply_adds(self, inputs: BlockInput) -> int:
        """Multiply-adds of one image's forward pass, without those of blocks inside.

        Convolutions and matrix products count; element-wise work, pooling and biases do not.
        """
        del inputs
        return 0

    def activation_bytes(self, inputs: BlockInput) -> int:
        """Bytes of one image that training keeps for the backward pass, without those inside.

        Counted is what a block makes, once for each Keras layer, in float32; not what only takes
        the place of another value: a shape, a sum, a rectifier or whatever else has a gradient that
        follows from its result. Some functions keep more, see `activations.kept_behind`.
        """
        return FLOAT32_BYTES * prod(self.output_shape(inputs))

    def brief(self) -> str:
        """The settings in a few characters, for a card: '5×5, 10 filters'."""
        return ""

    def without(self, what: str, spec: BlockSpec) -> tuple[BlockSpec, ...]:
        """What stands in the place of this block when the lab takes `what` out of the network.

        `spec` stores the block; `what` is a kind, or a name of its own as SHORTCUTS. Of a block of
        that kind, if it keeps the shape, only the blocks inside remain.
        """
        return spec.blocks if what == self.kind and self.group in KEEPING_SHAPE else (spec,)

    @abstractmethod
    def layers(self, inputs: BlockInput) -> tuple[KerasLayer, ...]:
        """Its Keras layers behind (batch, *inputs.shape); the last one's output is the block's.

        Without any, the block's output is that of the blocks inside, or else its input.
        """


class Optimizer(Entry):
    """A rule that turns gradients into weight updates.

    Class and fields have the names of Keras's class and its parameters: the code view writes them.
    """

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

    def code(self) -> tuple[str, ...] | None:
        """The same in Keras, for the code view: a class of `keras.optimizers.schedules`, and its
        arguments as Python, of LEARNING_RATE and `steps` (those of the run behind the warm-up).

        () if the learning rate stays as it is; None if Keras has nothing like it.
        """
        return None


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


@dataclass(frozen=True)
class Published:
    """How many parameters a network has by its paper, or by the implementation all compare with."""

    parameters: int
    """Those that training fits."""
    shape: Shape
    """Of the images it was counted for: (height, width, channels)."""
    classes: int
    rounding: int = 0
    """How far off the exact count may be, where the paper rounds; 0: it is exact."""
    by: str = "the paper"
    """Who counted."""


class Preset(Entry):
    """A starting network, and what it teaches."""

    order: ClassVar[int]
    """Its place in the list; the course's ladder comes first."""
    lesson: ClassVar[str]
    """What one learns with it, in one or two sentences."""
    paper: ClassVar[str]
    """Where it comes from: 'He et al. 2015, arXiv:1512.03385'."""
    published: ClassVar[Published]

    @abstractmethod
    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks from the pixels to one value a class."""


class PretrainedBackbone(Entry):
    """A feature extractor whose weights were learned elsewhere.

    Its weights are a safetensors file with the name `weights`, in `resources/backbones` or among
    the files that a person added (`core.backbones`). In it, an array's name is the Keras layer's
    path inside the backbone, and the variable's: '02_00_00_convolution/kernel'.
    """

    order: ClassVar[int]
    """Its place in the list."""
    paper: ClassVar[str]
    licence: ClassVar[str]
    learned_from: ClassVar[str]
    """What its weights come from: 'ImageNet: 1.28 million photographs of 1,000 classes'."""
    side: ClassVar[int]
    """Width and height of the images that it learned from, in pixels."""
    smallest: ClassVar[int] = 32
    """The smallest side of an image that leaves something to extract."""
    weights: ClassVar[str]
    """The name of the file."""
    sha256: ClassVar[str]
    """Of the file; "" if any that fits will do."""
    labels: ClassVar[str] = ""
    """The file in `resources/backbones` that names its classes, one a line; "" if it has none."""

    @abstractmethod
    def blocks(self) -> tuple[BlockSpec, ...]:
        """From an RGB image with values 0…1 to features; each is a step of the freezing."""

    def classifier(self) -> tuple[BlockSpec, ...]:
        """What stands behind it in the network that it was trained in, up to one value a class.

        The last block's weights are in the file as 'classifier/kernel' and 'classifier/bias'.
        """
        return ()


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


class Provider(Entry):
    """Someone who answers or trains in the cloud's ways: a service, or this machine."""

    order: ClassVar[int]
    """Its place in the list."""
    online: ClassVar[bool]
    """Whether images leave this machine; then nothing is sent without a consent."""

    @abstractmethod
    def host_of(self, account: Account) -> str:
        """Where images would go: 'vision.googleapis.com'; "" for this machine."""
