"""What will really happen, as values."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Literal

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.entry import FLOAT32_BYTES, Mend, Shape
from imgclf_gui.core.spec import BlockSpec, DataSpec, EntrySpec, TrainingSpec, TransferSpec

PASSING = 3
"""Gradients of outputs that exist at once: each lives only until those of the blocks before it are
there. With three, plans of the presets come close to what their steps take, and mostly above it
(tests/benchmarks/bench_memory.py).
"""


class Value(BaseModel):
    """Base of what planning makes: frozen, and nothing unknown gets in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Value):
    """Something that keeps a spec from being carried out, where it is, and what to do.

    `path` names the field as `--set` does: 'training.batch_size', 'network.blocks.3.filters'.
    """

    path: str
    message: str
    fix: str
    mends: tuple[Mend, ...] = ()
    """Changes that take it away, best first."""


class BlockPlan(Value):
    """One block in its place; the figures are its own, without those of blocks inside."""

    entry: BlockSpec
    """Without the blocks inside."""
    title: str
    brief: str
    input_shape: Shape
    output_shape: Shape
    trainable_parameters: int
    not_trainable_parameters: int
    multiply_adds: int
    """Of one image's forward pass."""
    activation_bytes: int
    """Of one image."""
    lanes: tuple[tuple[BlockPlan, ...], ...] = ()
    """The blocks inside: one chain for each copy, or one lane beside the other."""
    frozen: bool = False
    """Whether training leaves its weights as they are."""

    @property
    def parameters(self) -> int:
        """All weights of its own, with those that are not trained."""
        return self.trainable_parameters + self.not_trainable_parameters

    def walk(self) -> Iterator[BlockPlan]:
        """It, and every block inside it."""
        yield self
        for lane in self.lanes:
            for block in lane:
                yield from block.walk()


class NetworkPlan(Value):
    """The network for images of one shape and a number of classes."""

    input_shape: Shape
    """(height, width, channels)."""
    classes: int
    blocks: tuple[BlockPlan, ...]

    def walk(self) -> Iterator[BlockPlan]:
        """Every block, each before those inside it."""
        for block in self.blocks:
            yield from block.walk()

    @property
    def trainable_parameters(self) -> int:
        """Weights that training fits."""
        return sum(block.trainable_parameters for block in self.walk())

    @property
    def parameters(self) -> int:
        """All weights, with those that are not trained."""
        return sum(block.parameters for block in self.walk())

    @property
    def multiply_adds(self) -> int:
        """Of one image's forward pass."""
        return sum(block.multiply_adds for block in self.walk())

    @property
    def activation_bytes(self) -> int:
        """Of one image: its pixels, and what training keeps of each block's output."""
        height, width, channels = self.input_shape
        kept = sum(block.activation_bytes for block in self._with_gradients())
        return FLOAT32_BYTES * height * width * channels + kept

    def _with_gradients(self) -> Iterator[BlockPlan]:
        """The blocks that gradients pass: all but frozen ones that no trained one comes before."""
        blocks = list(self.walk())
        first = next((i for i, block in enumerate(blocks) if block.trainable_parameters), 0)
        still = max((i + 1 for i in range(first) if blocks[i].frozen), default=0)
        yield from blocks[still:]

    def training_bytes(self, batch_size: int, optimizer_slots: int) -> int:
        """Estimated memory of one training step, in bytes.

        Weights, their gradients and the optimizer's state, and for each image of the batch what is
        kept for the backward pass, and the gradients passing through it. TensorFlow itself (about
        0.5 GB) comes on top.
        """
        return self._state_bytes(optimizer_slots) + batch_size * self._image_bytes

    def largest_batch(self, memory_bytes: int, optimizer_slots: int) -> int:
        """The most images whose training step fits into `memory_bytes`; 0 if not even one does."""
        left = memory_bytes - self._state_bytes(optimizer_slots)
        return max(0, left // self._image_bytes)

    def _state_bytes(self, optimizer_slots: int) -> int:
        return FLOAT32_BYTES * (self.parameters + self.trainable_parameters * (1 + optimizer_slots))

    @property
    def _image_bytes(self) -> int:
        """What is kept of an image, and what passes through: `PASSING` of the largest outputs."""
        largest = max((prod(block.output_shape) for block in self._with_gradients()), default=0)
        return self.activation_bytes + PASSING * FLOAT32_BYTES * largest


class DataPlan(Value):
    """How the dataset's images become arrays."""

    width: int
    height: int
    channels: Literal[1, 3]
    fit: Literal["pad", "crop", "stretch"]
    labels: tuple[str, ...]
    train_images: int
    validation_images: int
    test_images: int
    fingerprint: str
    spec: DataSpec = DataSpec()
    """What was asked for; the splits follow from it."""
    class_weights: tuple[float, ...] | None = None
    """One factor of the loss for each label; None: all alike."""


class Plan(Value):
    """A run that can be carried out: everything the worker needs to know."""

    data: DataPlan
    network: NetworkPlan
    training: TrainingSpec
    transfer: TransferSpec = TransferSpec()
    augmentation: tuple[EntrySpec, ...] = ()
    """What happens to training images, in this order; every setting is written out."""
    steps_per_epoch: int
    memory_bytes: int
    """Estimated memory of one training step."""
    budget: str
    """How the parameters stand to the data, in one sentence."""


class Resolution(Value):
    """A plan, or the problems that keep it from being one; a plan may come with warnings."""

    plan: Plan | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
