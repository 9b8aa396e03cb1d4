"""Accuracy against images a class: a linear probe on frozen features, and training from nothing.

Both see the same images, drawn anew for each seed, and are measured on the same others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.plan import DataPlan, NetworkPlan
from imgclf_gui.plan.backbones import find_backbone
from imgclf_gui.protocol.commands import MeasureTransfer
from imgclf_gui.protocol.transfer_events import FewImagesMeasured, Way
from imgclf_gui.worker.data import Examples, Labels, Places
from imgclf_gui.worker.from_nothing import BATCH, FromNothing, steps_of
from imgclf_gui.worker.fronts import PlannedFront, planned_network
from imgclf_gui.worker.measuring import BUILDING, Flat, Measuring, Progress, both_features
from imgclf_gui.worker.sampled import SampledImages, drawn_evenly, pixels_of

TRAINING_WORK = 3
"""A training step computes about so many times what a forward pass does."""


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
        TRAINING_WORK * one.steps(command) * min(BATCH, len(one.places)) + len(held_out)
        for one in tries
    )
    images = len(pool) + len(held_out)
    front_work = images * front.multiply_adds
    progress = Progress(measuring.emit, front_work + scratch_work)
    progress.begin(f"features of {backbone.title}", front_work, images)
    if not _probe(measuring, front, pool, held_out, tries=tries, progress=progress):
        return False
    steps = sum(one.steps(command) for one in tries)
    progress.begin("training from nothing", scratch_work, steps)
    return _train(measuring, data, network, (pool, held_out), tries=tries, progress=progress)


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

    def steps(self, command: MeasureTransfer) -> int:
        """Of a training from nothing."""
        return steps_of(len(self.places), command.epochs, command.steps)


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


def _train(
    measuring: Measuring,
    data: DataPlan,
    network: NetworkPlan,
    images: tuple[SampledImages, SampledImages],
    *,
    tries: list[_Try],
    progress: Progress,
) -> bool:
    control = measuring.control
    pool, held_out = (pixels_of(part, data, lambda: control.stopped) for part in images)
    if pool is None or held_out is None:
        return False
    learner = FromNothing.of(network, Examples(pool, images[0].labels), control)
    asked = Examples(held_out, images[1].labels)
    for one in tries:
        begin, steps = time.perf_counter(), one.steps(measuring.command)
        if not learner.learn(one.places, one.seed, steps, progress.report):
            return False
        progress.offset(steps)
        right = learner.answers(asked) == asked.labels
        _tell(measuring, "scratch", one, right=right, labels=asked.labels, begin=begin)
    return True
