"""Accuracy against images a class: a linear probe on frozen features, and training from nothing.

Both see the same images, drawn anew for each seed, and are measured on the same others. Training
from nothing takes a fixed number of epochs, without augmentation; what counts are its last weights.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.plan import DataPlan, NetworkPlan
from imgclf_gui.plan.backbones import find_backbone
from imgclf_gui.protocol.transfer_events import FewImagesMeasured, Way
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.data import BlockReader, Examples, Labels, Pixels, Places
from imgclf_gui.worker.fronts import PlannedFront, planned_network
from imgclf_gui.worker.measuring import BUILDING, Flat, Measuring, Progress, both_features
from imgclf_gui.worker.network import build_network
from imgclf_gui.worker.sampled import SampledImages, drawn_evenly, pixels_of
from imgclf_gui.worker.steps import TrainingSteps

BATCH, RATE = 32, 1e-3
TRAINING_WORK = 3
"""A training step computes about so many times what a forward pass does."""
STEPS_A_CALL = 8
"""So that a stop is seen soon."""


def measure_few_images(measuring: Measuring) -> bool:
    """The probe for each number of images and seed, then the training; False if stopped."""
    command, classes = measuring.command, len(measuring.dataset.labels)
    backbone = find_backbone(command.backbones[0])
    most = -(-command.most // max(1, classes))
    pool = measuring.trained(lambda labels: drawn_evenly(labels, most, command.seed))
    held_out = measuring.held_out()
    front = measuring.front(backbone)
    data, network = planned_network(command.network_data, command.network, measuring.dataset)
    measuring.started(pool, held_out, backbone, _in_words(measuring, data))
    tries = [
        _Try(count, seed, drawn_evenly(pool.labels, count, seed))
        for count in counts_of(pool.labels, command.counts)
        for seed in range(command.seed, command.seed + command.seeds)
    ]
    scratch_work = network.multiply_adds * sum(
        TRAINING_WORK * one.steps(command.epochs, command.steps) * min(BATCH, len(one.places))
        + len(held_out)
        for one in tries
    )
    images = len(pool) + len(held_out)
    front_work = images * front.multiply_adds
    progress = Progress(measuring.emit, front_work + scratch_work)
    progress.begin(f"features of {backbone.title}", front_work, images)
    if not _probe(measuring, front, pool, held_out, tries=tries, progress=progress):
        return False
    progress.begin("training from nothing", scratch_work, sum(
        one.steps(command.epochs, command.steps) for one in tries
    ))  # fmt: skip
    scratch = _Scratch.of(measuring, data, network, (pool, held_out), progress)
    return scratch is not None and all(scratch.measure(one) for one in tries)


def counts_of(labels: Labels, wanted: tuple[int, ...]) -> list[int]:
    """Which numbers of images a class are tried: those `wanted`, and as many as there are."""
    largest = int(np.bincount(labels).max())
    return [*sorted({count for count in wanted if 0 < count < largest}), largest]


@dataclass(frozen=True)
class _Try:
    """What one number of images and one seed learn from."""

    count: int
    seed: int
    places: Places
    """In the pool."""

    def epochs(self, most: int, most_steps: int) -> int:
        """Of a training from nothing."""
        return max(1, min(most, most_steps // self._steps_an_epoch))

    def steps(self, most: int, most_steps: int) -> int:
        """Of a training from nothing."""
        return min(most_steps, self.epochs(most, most_steps) * self._steps_an_epoch)

    @property
    def _steps_an_epoch(self) -> int:
        return -(-len(self.places) // BATCH)


def _probe(
    measuring: Measuring,
    front: PlannedFront,
    pool: SampledImages,
    held_out: SampledImages,
    *,
    tries: list[_Try],
    progress: Progress,
) -> bool:
    control = measuring.control
    control.busy_with = BUILDING
    network = front.build()
    made = both_features(measuring, front, network, (pool, held_out), progress)
    if made is None:
        return False
    known, asked, _ = made
    for one in tries:
        if control.stopped:
            return False
        begin = time.perf_counter()
        answers = _probe_answers(measuring, known[one.places], pool.labels[one.places], asked)
        right = answers == held_out.labels
        _tell(measuring, "frozen", one, right=right, labels=held_out.labels, begin=begin)
    return True


def _probe_answers(
    measuring: Measuring, known: Flat, labels: Labels, asked: Flat
) -> NDArray[np.intp]:
    if len(np.unique(labels)) < 2:  # one image of the only class that a seed has drawn
        return np.full(len(asked), labels[0], np.intp)
    return measuring.probe_answers(known, labels, asked)


def _tell(
    measuring: Measuring,
    way: Way,
    one: _Try,
    *,
    right: NDArray[np.bool_],
    labels: Labels,
    begin: float,
) -> None:
    by_class = [float(right[labels == label].mean()) for label in np.unique(labels)]
    measuring.emit(
        FewImagesMeasured(
            way=way,
            images_a_class=one.count,
            seed=one.seed,
            train_images=len(one.places),
            correct=int(right.sum()),
            class_accuracy=sum(by_class) / len(by_class),
            seconds=time.perf_counter() - begin,
        )
    )


def _in_words(measuring: Measuring, data: DataPlan) -> str:
    """'CNN, 28×28 pixels, at most 60 epochs and 600 steps'."""
    command = measuring.command
    preset = catalog.preset_entries().get(command.network.preset or "")
    title = preset.title if preset else "The project's network"
    return (
        f"{title}, {data.width}×{data.height} pixels, at most {command.epochs} epochs and "
        f"{command.steps} steps, no augmentation"
    )


@dataclass
class _Scratch:
    """The network that is trained from nothing: compiled once, new for each try."""

    measuring: Measuring
    plan: NetworkPlan
    pool: Examples
    held_out: Examples
    network: keras.Model
    steps: TrainingSteps
    optimizer_state: checkpoint.Arrays
    progress: Progress

    @classmethod
    def of(
        cls,
        measuring: Measuring,
        data: DataPlan,
        plan: NetworkPlan,
        images: tuple[SampledImages, SampledImages],
        progress: Progress,
    ) -> _Scratch | None:
        """None if stopped."""
        control = measuring.control
        decoded = [pixels_of(part, data, lambda: control.stopped) for part in images]
        pool, held_out = decoded
        if pool is None or held_out is None:
            return None
        control.busy_with = BUILDING
        network = build_network(plan)
        optimizer = catalog.load(EntrySpec(kind="adam"), catalog.optimizer_entries()).build(RATE)
        steps = TrainingSteps(network, optimizer, BATCH)
        return cls(
            measuring,
            plan,
            Examples(pool, images[0].labels),
            Examples(held_out, images[1].labels),
            network,
            steps,
            checkpoint.arrays_of(optimizer.variables),
            progress,
        )

    def measure(self, one: _Try) -> bool:
        """Train and say what came of it; False if stopped."""
        begin, control = time.perf_counter(), self.measuring.control
        control.busy_with = BUILDING
        self._begin(one.seed)
        if not self._learn(one):
            return False
        right = self._answers() == self.held_out.labels
        labels = self.held_out.labels
        _tell(self.measuring, "scratch", one, right=right, labels=labels, begin=begin)
        return True

    def _begin(self, seed: int) -> None:
        """First weights, and an optimizer that has seen nothing."""
        keras.utils.set_random_seed(seed)
        # Drawn as those of a new network are, without compiling one.
        fresh = build_network(self.plan)
        state = Path("first weights")
        checkpoint.restore(self.network.variables, checkpoint.arrays_of(fresh.variables), state)
        optimizer = self.steps.variables[len(self.network.variables) :]
        checkpoint.restore(optimizer, self.optimizer_state, state)

    def _learn(self, one: _Try) -> bool:
        command, control = self.measuring.command, self.measuring.control
        reader = BlockReader(self.pool, BATCH, one.seed, None, one.places)
        left = one.steps(command.epochs, command.steps)
        made = 0
        for epoch, step, steps in _calls(reader.steps_per_epoch, left):
            if control.stopped:
                return False
            block = reader.read(epoch, step, steps)
            rates = np.full(block.steps, RATE, np.float32)
            self.steps.run(block, rates, jit_compile=False)
            control.busy_with = ""
            made += block.steps
            self.progress.report(made)
        self.progress.offset(made)
        return True

    def _answers(self) -> NDArray[np.int64]:
        parts = [self._asked(pixels) for pixels, _ in self.held_out.batches(256)]
        return np.concatenate(parts)

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
