"""Training steps as compiled functions: many steps in one call, each with or without XLA.

Only the step is compiled by XLA, never the loop around it: XLA runs convolutions inside its own
loops on one thread (20 times slower for the course's CNN). So the number of steps in a call needs
no compilation of its own, and has no influence on the arithmetic: weights depend on whether XLA
is used, not on how steps are grouped. AutoGraph stays off: it needs source files, which a packaged
app does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui.worker.data import Block, Inputs, Labels


@dataclass(frozen=True)
class StepFigures:
    """What the steps of a block gave: mean loss and correct answers of each.

    Where classes are mixed, an answer is correct if it names the class with the largest share.
    """

    losses: NDArray[np.float32]
    correct: NDArray[np.int32]

    @property
    def finite(self) -> bool:
        """Whether every loss is a number."""
        return bool(np.isfinite(self.losses).all())


class TrainingSteps:
    """Trains `network` (raw pixels, or `features`, → logits) in place, by softmax cross-entropy.

    `class_weights` has a factor of the loss for each class. With `mixed` labels, a block holds the
    share of each class, and cross-entropy is to these. Whole batches run with XLA if asked to; a
    smaller last batch never does, for it would have to be compiled a second time. `rates` are
    factors of the learning rate, by what the names of layers begin with.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        batch_size: int,
        class_weights: Sequence[float] | None = None,
        *,
        mixed: bool = False,
        features: bool = False,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        self._network = network
        self._rates = rates or {}
        self._optimizer = optimizer
        self._batch_size = batch_size
        self._dtype = tf.float32 if features else tf.uint8
        self._mixed = mixed
        self._weights = None if class_weights is None else tf.constant(class_weights, tf.float32)
        optimizer.build(network.trainable_variables)
        self._plain = self._compiled(self._step, batch=None)
        self._jit = self._compiled(
            tf.function(self._step, jit_compile=True, autograph=False), batch=batch_size
        )

    @property
    def variables(self) -> list[Any]:
        """All that a step reads or changes: weights, random states, the optimizer's state."""
        return [*self._network.variables, *self._optimizer.variables]

    def run(self, block: Block, rates: NDArray[np.float32], *, jit_compile: bool) -> StepFigures:
        """Train on `block`; `rates` holds the learning rate of each of its steps."""
        whole = block.batch == self._batch_size
        function = self._jit if jit_compile and whole else self._plain
        losses, correct = function(block.pixels, block.labels, rates)
        return StepFigures(losses.numpy(), correct.numpy())

    def labels_spec(self, *images: int | None) -> tf.TensorSpec:
        """What labels of [*images] images are: classes, or shares of classes where `mixed`."""
        if self._mixed:
            return tf.TensorSpec((*images, self._network.output_shape[-1]), tf.float32)
        return tf.TensorSpec(images, tf.int32)

    def loss(self, labels: Any, logits: Any) -> tuple[Any, Any]:
        """Of `logits` [N, classes] and `labels`, int32 [N] or float32 [N, classes]: the mean, and
        what its gradient is taken of.

        The second has the penalties of layers, too; the network must have just been called.
        """
        loss = tf.reduce_mean(_cross_entropy(labels, logits, self._weights))
        return loss, tf.add_n([loss, *self._network.losses])

    def _compiled(self, step: Any, batch: int | None) -> Any:
        shape = self._network.input_shape[1:]

        def steps(pixels: Any, labels: Any, rates: Any) -> Any:
            count = tf.shape(labels)[0]

            def next_step(index: Any, losses: Any, correct: Any) -> Any:
                loss, right = step(pixels[index], labels[index], rates[index])
                return index + 1, losses.write(index, loss), correct.write(index, right)

            empty = (tf.TensorArray(tf.float32, size=count), tf.TensorArray(tf.int32, size=count))
            _, losses, correct = tf.while_loop(
                lambda index, *_: index < count, next_step, (0, *empty), parallel_iterations=1
            )
            return losses.stack(), correct.stack()

        signature = [
            tf.TensorSpec((None, batch, *shape), self._dtype),
            self.labels_spec(None, batch),
            tf.TensorSpec((None,), tf.float32),
        ]
        return tf.function(steps, input_signature=signature, autograph=False)

    def _factor(self, variable: Any) -> float:
        """What the learning rate of a variable is multiplied by."""
        return next((r for name, r in self._rates.items() if variable.path.startswith(name)), 1.0)

    def _step(self, pixels: Any, labels: Any, rate: Any) -> Any:
        """One step: mean loss, and the number of correct answers."""
        self._optimizer.learning_rate.assign(rate)
        variables = self._network.trainable_variables
        with tf.GradientTape() as tape:
            logits = self._network(tf.cast(pixels, tf.float32), training=True)
            loss, total = self.loss(labels, logits)
        gradients = tape.gradient(total, variables)
        slower = [
            (variable, rate) for variable in variables if (rate := self._factor(variable)) != 1
        ]
        before = [tf.identity(variable.value) for variable, _ in slower]
        self._optimizer.apply(gradients, variables)
        # Scaling gradients would not do: Adam and its kin divide by their size.
        for (variable, factor), old in zip(slower, before, strict=True):
            variable.assign(old + factor * (variable.value - old))
        return loss, _count_correct(labels, logits)


class Measure:
    """Measures `network` (raw pixels, or `features`, → logits) without training it."""

    def __init__(self, network: keras.Model, *, features: bool = False) -> None:
        self._network = network
        self._compiled = tf.function(
            self._figures,
            autograph=False,
            input_signature=[
                tf.TensorSpec(
                    (None, *network.input_shape[1:]), tf.float32 if features else tf.uint8
                ),
                tf.TensorSpec((None,), tf.int32),
            ],
        )

    def batch(self, pixels: Inputs, labels: Labels) -> tuple[float, int]:
        """Sum of the losses, and the number of correct answers."""
        loss, correct = self._compiled(pixels, labels)
        return float(loss), int(correct)

    def _figures(self, pixels: Any, labels: Any) -> Any:
        logits = self._network(tf.cast(pixels, tf.float32), training=False)
        return tf.reduce_sum(_cross_entropy(labels, logits)), _count_correct(labels, logits)


def _cross_entropy(labels: Any, logits: Any, weights: Any = None) -> Any:
    """float32 [N]; `weights` [classes] are factors of the loss, with mixed classes of each share.

    TensorFlow's own operation for shares takes for granted that they add up to 1.
    """
    if labels.dtype.is_floating:
        shares = labels if weights is None else labels * weights
        return -tf.reduce_sum(shares * tf.nn.log_softmax(logits), 1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return losses if weights is None else losses * tf.gather(weights, labels)


def _count_correct(labels: Any, logits: Any) -> Any:
    predicted = tf.argmax(logits, 1, output_type=tf.int32)
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, 1, output_type=tf.int32)
    return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32))
