"""Batch normalisation of images by one fused operation while training.

Keras 3 composes it of single operations, each of which reads and writes all activations; on a CPU
that costs a residual network a third of each training step. The fused operation computes the same
figures up to rounding. Weights and their names stay those of the Keras layer.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

SMALLEST_EPSILON = 1.001e-5
"""The fused operation raises a smaller epsilon to this, and would so change the result."""


def training_twin(network: keras.Model) -> keras.Model:
    """`network` with the same weights, or itself if it has nothing to fuse.

    The twin has its own variables, in the same order and with the same names.
    """
    if not any(_can_be_fused(layer) for layer in network.layers):
        return network
    twin = keras.models.clone_model(network, clone_function=_clone)
    twin.set_weights(network.get_weights())
    return twin


def _clone(layer: Any) -> Any:
    made_of = _fused_class() if _can_be_fused(layer) else type(layer)
    return made_of.from_config(layer.get_config())


def _can_be_fused(layer: Any) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.scale
        and layer.center
        and not layer.synchronized
        and layer.trainable
        and layer.compute_dtype == "float32"
        and layer.epsilon >= SMALLEST_EPSILON
    )


def _fused_class() -> Any:
    # Not a class statement: Keras carries no types to derive from.
    return type("FusedBatchNormalization", (keras.layers.BatchNormalization,), {"call": _call})


def _call(layer: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    """As BatchNormalization.call: [N, h, w, channels], shape unchanged."""
    if not training:
        return keras.layers.BatchNormalization.call(layer, inputs, training=training, mask=mask)
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, layer.gamma, layer.beta, epsilon=layer.epsilon
    )
    # The operation gives the unbiased variance, n / (n - 1) times what Keras gathers.
    count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), tf.float32)
    variance *= (count - 1) / count
    for gathered, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        gathered.assign(gathered * layer.momentum + new * (1 - layer.momentum))
    return outputs
