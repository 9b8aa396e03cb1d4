"""From the pixel cache to blocks of batches: which images make which step, and when they are read.

The order of an epoch is a pure function of (seed, epoch), so that a run can be taken up at any
step. Every image is seen exactly once an epoch: where the batch size does not divide the images,
the last step of the epoch is smaller. It is neither padded, which would spoil the statistics of
batch normalisation, nor dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""[images, height, width, channels], 0…255; usually a memory-mapped file."""
Labels = NDArray[np.int32]
"""[images], index of the class."""
Places = NDArray[np.int64]
"""[any number], of images among the examples."""
Targets = NDArray[np.float32]
"""[images, classes], the share of each class; those of an image add up to 1."""

Features = NDArray[np.float32]
"""[images, ...]: what the still front of a network makes of them; usually a memory-mapped file."""

Inputs = NDArray[Any]
"""Pixels, or features."""

Augment = Callable[[Pixels, Labels, int], tuple[Pixels, Labels | Targets]]
"""Changes pixels [steps, batch, …] and labels [steps, batch] of a block, given the number of its
first step in the run (from 0); may make targets [steps, batch, classes] of labels."""

BLOCK_BYTES = 32 << 20
"""A block of batches is not larger than this, if it holds more than one."""


@dataclass(frozen=True)
class Examples:
    """Images with their labels; or, where the front of a network is still, their features."""

    pixels: Inputs
    labels: Labels
    views: tuple[Features, ...] = ()
    """What the images look like in turn, an epoch each; none: always as `pixels` has them."""

    def __len__(self) -> int:
        return len(self.labels)

    def in_epoch(self, epoch: int) -> Inputs:
        """What `epoch` (0 is the first) sees."""
        return self.views[epoch % len(self.views)] if self.views else self.pixels

    def batches(self, size: int) -> Iterator[tuple[Inputs, Labels]]:
        """All of them in their order, `size` at a time."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield np.ascontiguousarray(self.pixels[part]), self.labels[part]


@dataclass(frozen=True)
class Block:
    """Consecutive steps of one epoch.

    `pixels` is [steps, batch, height, width, channels] in uint8, or features in float32; `labels`
    is [steps, batch] in int32, or [steps, batch, classes] in float32 where augmentation mixes
    classes.
    """

    epoch: int
    step: int
    pixels: Inputs
    labels: Labels | Targets

    @property
    def steps(self) -> int:
        """How many steps it holds."""
        return len(self.labels)

    @property
    def batch(self) -> int:
        """Images in each of its steps."""
        return int(self.labels.shape[1])

    def part(self, start: int, steps: int) -> Block:
        """At most `steps` of its steps, from the one at `start` on."""
        chosen = slice(start, start + steps)
        return Block(self.epoch, self.step + start, self.pixels[chosen], self.labels[chosen])


def epoch_order(seed: int, epoch: int, images: int) -> Places:
    """The order in which `epoch` (0 is the first) visits the images: a permutation."""
    key = np.array([seed, epoch], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).permutation(images)


def drawn_images(labels: Labels, most: int, seed: int) -> Places:
    """At most `most` of the images with `labels`, in ascending order.

    Each class keeps its share of them; which images they are follows from `seed`.
    """
    total = len(labels)
    if total <= most:
        return np.arange(total)
    # No epoch has this number: the order of the images is drawn from the same seed.
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63], np.uint64)))
    mixed = random.permutation(total)
    by_class = mixed[np.argsort(labels[mixed], kind="stable")]
    spaced = ((np.arange(most) + random.random()) * (total / most)).astype(np.int64)
    return np.sort(by_class[np.minimum(spaced, total - 1)])


class BlockReader:
    """Reads any block of any epoch, and augments it."""

    def __init__(
        self,
        examples: Examples,
        batch_size: int,
        seed: int,
        augment: Augment | None = None,
        images: Places | None = None,
    ) -> None:
        """An epoch visits `images` (None: all)."""
        self._examples = examples
        self._images = np.arange(len(examples)) if images is None else images
        self._batch_size = batch_size
        self._seed = seed
        self._augment = augment
        self._order = (-1, np.empty(0, np.int64))
        self.steps_per_epoch = -(-len(self._images) // batch_size)
        self._whole_steps = len(self._images) // batch_size

    @property
    def most_steps(self) -> int:
        """The most steps that a block may hold."""
        pixels = self._examples.pixels
        image_bytes = int(np.prod(pixels.shape[1:])) * pixels.itemsize
        return max(1, BLOCK_BYTES // (self._batch_size * image_bytes))

    def read(self, epoch: int, step: int, steps: int) -> Block:
        """The block at `step` of `epoch` (both from 0), of at most `steps` steps.

        It ends with the epoch; a smaller last batch stands alone.
        """
        batch, begin = self._batch_size, step * self._batch_size
        if step < self._whole_steps:
            count = max(1, min(steps, self._whole_steps - step, self.most_steps))
        else:
            count, batch = 1, len(self._images) - begin
        chosen = self._epoch_order(epoch)[begin : begin + count * batch]
        pixels = self._examples.in_epoch(epoch)[chosen]
        pixels = pixels.reshape(count, batch, *pixels.shape[1:])
        labels = self._examples.labels[chosen].reshape(count, batch)
        if self._augment is None:
            return Block(epoch, step, pixels, labels)
        first = epoch * self.steps_per_epoch + step
        return Block(epoch, step, *self._augment(pixels, labels, first))

    def _epoch_order(self, epoch: int) -> NDArray[np.int64]:
        if self._order[0] != epoch:
            order = epoch_order(self._seed, epoch, len(self._images))
            self._order = (epoch, self._images[order])
        return self._order[1]


class BlockStream:
    """Blocks one after another; the next is read while this one is being trained on.

    A context manager: leaving it ends the reading thread.
    """

    def __init__(self, reader: BlockReader, epochs: int) -> None:
        self._reader = reader
        self._epochs = epochs
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blocks")
        self._next: Future[Block] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def take(self, epoch: int, step: int, steps: int) -> Block:
        """The block at (epoch, step); then begins to read what follows, `steps` steps again."""
        block = None if self._next is None else self._next.result()
        if block is None or (block.epoch, block.step) != (epoch, step):
            block = self._reader.read(epoch, step, steps)
        self._next = self._request(block, steps)
        return block

    def _request(self, block: Block, steps: int) -> Future[Block] | None:
        epoch, step = block.epoch, block.step + block.steps
        if step == self._reader.steps_per_epoch:
            epoch, step = epoch + 1, 0
        if epoch >= self._epochs:
            return None
        return self._thread.submit(self._reader.read, epoch, step, steps)
