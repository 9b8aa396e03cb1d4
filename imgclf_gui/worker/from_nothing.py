"""Training a small network from nothing, over and over: what transfer is compared with.

A fixed number of epochs at one learning rate, without augmentation; what counts are the last
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.plan import NetworkPlan
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.control import Control
from imgclf_gui.worker.data import BlockReader, Examples, Pixels, Places
from imgclf_gui.worker.measuring import BUILDING
from imgclf_gui.worker.network import build_network
from imgclf_gui.worker.steps import TrainingSteps

BATCH, RATE = 32, 1e-3
STEPS_A_CALL = 8
"""So that a stop is seen soon."""


def steps_of(images: int, epochs: int, most_steps: int) -> int:
    """Of a training on so many images: `epochs`, or fewer whole ones, or part of the first."""
    an_epoch = -(-images // BATCH)
    return min(most_steps, max(1, min(epochs, most_steps // an_epoch)) * an_epoch)


@dataclass
class FromNothing:
    """The network that is trained: compiled once, new for each training."""

    plan: NetworkPlan
    pool: Examples
    """What a training's images are drawn from."""
    control: Control
    network: keras.Model
    steps: TrainingSteps
    optimizer_state: checkpoint.Arrays

    @classmethod
    def of(cls, plan: NetworkPlan, pool: Examples, control: Control) -> FromNothing:
        """Build it."""
        control.busy_with = BUILDING
        network = build_network(plan)
        optimizer = catalog.load(EntrySpec(kind="adam"), catalog.optimizer_entries()).build(RATE)
        steps = TrainingSteps(network, optimizer, BATCH)
        state = checkpoint.arrays_of(optimizer.variables)
        return cls(plan, pool, control, network, steps, state)

    def learn(self, places: Places, seed: int, steps: int, report: Callable[[int], None]) -> bool:
        """From new weights, so many steps on the images at `places`; False if stopped.

        `report` hears how many steps are made.
        """
        self.control.busy_with = BUILDING
        self._begin(seed)
        reader = BlockReader(self.pool, BATCH, seed, None, places)
        made = 0
        for epoch, step, count in _calls(reader.steps_per_epoch, steps):
            if self.control.stopped:
                return False
            block = reader.read(epoch, step, count)
            rates = np.full(block.steps, RATE, np.float32)
            self.steps.run(block, rates, jit_compile=False)
            self.control.busy_with = ""
            made += block.steps
            report(made)
        return True

    def answers(self, images: Examples) -> NDArray[np.int64]:
        """The likeliest class for each of `images`."""
        return np.concatenate([self._asked(pixels) for pixels, _ in images.batches(256)])

    def _begin(self, seed: int) -> None:
        """First weights, and an optimizer that has seen nothing."""
        keras.utils.set_random_seed(seed)
        # Drawn as those of a new network are, without compiling one.
        fresh = build_network(self.plan)
        state = Path("first weights")
        checkpoint.restore(self.network.variables, checkpoint.arrays_of(fresh.variables), state)
        optimizer = self.steps.variables[len(self.network.variables) :]
        checkpoint.restore(optimizer, self.optimizer_state, state)

    def _asked(self, pixels: Pixels) -> NDArray[np.int64]:
        logits = self.network(tf.cast(pixels, tf.float32), training=False)
        answers: NDArray[np.int64] = np.asarray(logits).argmax(1)
        return answers


def _calls(steps_per_epoch: int, left: int) -> Iterator[tuple[int, int, int]]:
    """Epoch, step and number of steps of each call; no epoch's last batch is joined to others."""
    epoch = step = 0
    while left:
        count = min(STEPS_A_CALL, left, steps_per_epoch - step)
        if step + count == steps_per_epoch and count > 1:
            count -= 1  # the last batch may be smaller
        yield epoch, step, count
        left -= count
        step += count
        if step == steps_per_epoch:
            epoch, step = epoch + 1, 0
