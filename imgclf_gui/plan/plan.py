"""What will really happen, as values."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.entry import Shape
from imgclf_gui.core.spec import DataSpec, EntrySpec, TrainingSpec


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(_Value):
    """Something that keeps a spec from being carried out, where it is, and what to do.

    `path` names the field as `--set` does: 'training.batch_size', 'network.blocks.3.filters'.
    """

    path: str
    message: str
    fix: str


class BlockPlan(_Value):
    """One block in its place."""

    entry: EntrySpec
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


class NetworkPlan(_Value):
    """The network for images of one shape and a number of classes."""

    input_shape: Shape
    """(height, width, channels)."""
    classes: int
    blocks: tuple[BlockPlan, ...]

    @property
    def trainable_parameters(self) -> int:
        """Weights that training fits."""
        return sum(block.trainable_parameters for block in self.blocks)

    @property
    def parameters(self) -> int:
        """All weights, with those that are not trained."""
        return self.trainable_parameters + sum(b.not_trainable_parameters for b in self.blocks)

    @property
    def multiply_adds(self) -> int:
        """Of one image's forward pass."""
        return sum(block.multiply_adds for block in self.blocks)

    def training_bytes(self, batch_size: int, optimizer_slots: int) -> int:
        """Estimated memory of one training step, in bytes.

        Weights, their gradients and the optimizer's state, and for each image of the batch its
        pixels, each block's output and the gradient of it. Working memory of the libraries
        (about 0.5 GB for TensorFlow itself) comes on top.
        """
        state = 4 * (self.parameters + self.trainable_parameters * (1 + optimizer_slots))
        height, width, channels = self.input_shape
        image = 4 * height * width * channels + 2 * sum(b.activation_bytes for b in self.blocks)
        return state + batch_size * image


class DataPlan(_Value):
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


class Plan(_Value):
    """A run that can be carried out: everything the worker needs to know."""

    data: DataPlan
    network: NetworkPlan
    training: TrainingSpec
    steps_per_epoch: int
    memory_bytes: int
    """Estimated memory of one training step."""
    budget: str
    """How the parameters stand to the data, in one sentence."""


class Resolution(_Value):
    """A plan, or the problems that keep it from being one; a plan may come with warnings."""

    plan: Plan | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
