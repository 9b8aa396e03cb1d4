"""What happens inside a network in one step: activations, gradients and updates of each block.

Observing looks before the step, on the same images and with the same random numbers, and puts back
all that looking changes (running statistics, random states); the step itself is the usual one. So
weights are the same to the last bit, whether a run is watched or not, with XLA and without.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import keras
import tensorflow as tf

from imgclf_gui.plan.watch import WatchedBlock
from imgclf_gui.protocol.events import BlockStatistics
from imgclf_gui.worker.data import Block, Labels, Pixels, Targets
from imgclf_gui.worker.spacing import Spacing
from imgclf_gui.worker.steps import StepFigures, TrainingSteps

DIGITS = 5
"""That are sent of each figure."""


class Watch:
    """Observes `blocks` of `network` (raw pixels → logits), which `steps` train."""

    def __init__(
        self, network: keras.Model, steps: TrainingSteps, blocks: Sequence[WatchedBlock]
    ) -> None:
        self._steps = steps
        self._blocks = tuple(blocks)
        self._network = network
        outputs = [network.get_layer(block.output).output for block in blocks]
        self._looking = keras.Model(network.input, [network.output, *outputs])
        self._weights = [_trained(network, block) for block in blocks]
        self._kernels = [_kernels(weights) for weights in self._weights]
        self._before: Any = None
        self._look = tf.function(
            self._figures,
            autograph=False,
            input_signature=[
                tf.TensorSpec((None, *network.input_shape[1:]), tf.uint8),
                steps.labels_spec(None),
            ],
        )
        self._compare = tf.function(self._updates, autograph=False)
        self._seen: list[list[float]] = []

    def look(self, pixels: Pixels, labels: Labels | Targets) -> None:
        """Before a step on these images [N, height, width, channels] and their labels."""
        figures, self._before = self._look(pixels, labels)
        self._seen = figures.numpy().tolist()

    def compare(self) -> tuple[BlockStatistics, ...]:
        """After that step: what was seen before it, and what it changed."""
        updates = self._compare(self._before).numpy().tolist()
        self._before = None
        return tuple(map(self._statistics, self._blocks, self._seen, updates))

    def _statistics(
        self, block: WatchedBlock, seen: Sequence[float], update: float
    ) -> BlockStatistics:
        mean, spread, dead, gradient = map(_rounded, seen)
        return BlockStatistics(
            mean=mean,
            spread=spread,
            dead=dead if block.silenced else None,
            gradient=gradient,
            update=_rounded(update),
        )

    def _figures(self, pixels: Any, labels: Any) -> Any:
        """[blocks, (mean, spread, dead, gradient)] of this batch, and copies of the kernels."""
        kept = self._network.non_trainable_variables
        before = [tf.identity(variable.value) for variable in kept]
        with tf.GradientTape() as tape:
            logits, *outputs = self._looking(tf.cast(pixels, tf.float32), training=True)
            _, total = self._steps.loss(labels, logits)
        gradients = tape.gradient(total, self._network.trainable_variables)
        for variable, value in zip(kept, before, strict=True):
            variable.assign(value)
        by_path = {
            variable.path: gradient
            for variable, gradient in zip(self._network.trainable_variables, gradients, strict=True)
        }
        rows = [
            [*_activation(output), _norm([by_path[variable.path] for variable in weights])]
            for output, weights in zip(outputs, self._weights, strict=True)
        ]
        kernels = [[tf.identity(kernel.value) for kernel in block] for block in self._kernels]
        return tf.stack([tf.stack(row) for row in rows]), kernels

    def _updates(self, before: Any) -> Any:
        """[blocks] of ‖change of the kernel‖ / ‖kernel before‖; NaN where nothing is trained."""
        ratios = []
        for kernels, old in zip(self._kernels, before, strict=True):
            changed = [kernel.value - was for kernel, was in zip(kernels, old, strict=True)]
            ratios.append(_norm(changed) / _norm(old))
        return tf.stack(ratios)


@dataclass(frozen=True)
class Made:
    """Consecutive steps that were made: `seen` is what was observed, if they are one that was."""

    part: Block
    figures: StepFigures
    seen: tuple[BlockStatistics, ...] = ()


Train = Callable[[Block], StepFigures]
Make = Callable[[Block, Train, int], Iterator[Made]]


def unobserved(block: Block, train: Train, step: int) -> Iterator[Made]:
    """All steps of `block` in one call; as `Observer.make` where nothing is watched."""
    del step
    yield Made(block, train(block))


class Observer:
    """Observes some of the steps of a run; a smaller batch than others says too little."""

    def __init__(self, watch: Watch, spacing: Spacing, first: Block) -> None:
        """Compile all by looking at the `first` step; nothing is changed."""
        self._watch = watch
        self._spacing = spacing
        self._batch = first.batch
        self._compiled = False
        """Whether training steps are surely compiled: the first may have to be."""
        watch.look(first.pixels[0], first.labels[0])
        watch.compare()

    def make(self, block: Block, train: Train, step: int) -> Iterator[Made]:
        """The steps of `block`, the first of which is the run's `step` (from 0), in parts.

        A step that is observed comes alone.
        """
        done = 0
        while done < block.steps:
            quiet = self._spacing.until_next(step + done)
            observed = not quiet and block.batch >= self._batch
            part = block.part(done, quiet or 1)
            if observed:
                yield self._observed(part, train, step + done)
            else:
                yield self._ordinary(part, train)
            done += part.steps

    def _ordinary(self, part: Block, train: Train) -> Made:
        begin = time.perf_counter()
        made = Made(part, train(part))
        if self._compiled and part.batch >= self._batch:
            self._spacing.ordinary(part.steps, time.perf_counter() - begin)
        self._compiled = True
        return made

    def _observed(self, part: Block, train: Train, step: int) -> Made:
        begin = time.perf_counter()
        self._watch.look(part.pixels[0], part.labels[0])
        looked = time.perf_counter()
        figures = train(part)
        trained = time.perf_counter()
        seen = self._watch.compare()
        compiling = 0.0 if self._compiled else trained - looked
        self._spacing.observed(step, time.perf_counter() - begin - compiling)
        self._compiled = True
        return Made(part, figures, seen)


def _trained(network: keras.Model, block: WatchedBlock) -> list[Any]:
    """The block's weights that training changes."""
    return [
        variable for name in block.layers for variable in network.get_layer(name).trainable_weights
    ]


def _kernels(weights: Sequence[Any]) -> list[Any]:
    """Those that are no biases."""
    return [variable for variable in weights if len(variable.shape) > 1]


def _activation(output: Any) -> tuple[Any, Any, Any]:
    """Mean, standard deviation, and the share of channels that are never positive."""
    but_channels = list(range(len(output.shape) - 1))
    silent = tf.reduce_max(output, but_channels) <= 0
    return (
        tf.reduce_mean(output),
        tf.math.reduce_std(output),
        tf.reduce_mean(tf.cast(silent, tf.float32)),
    )


def _norm(tensors: Sequence[Any]) -> Any:
    """The L2 norm of all together; NaN without any."""
    if not tensors:
        return tf.constant(float("nan"))
    return tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(tensor)) for tensor in tensors]))


def _rounded(figure: float) -> float | None:
    return float(f"{figure:.{DIGITS}g}") if isfinite(figure) else None
