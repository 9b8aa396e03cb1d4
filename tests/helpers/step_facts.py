"""Compares training steps with one another: run as a process, prints one JSON object."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from imgclf_gui.worker import devices
from imgclf_gui.worker.data import Block

BATCH = 8
RATE = 0.05


def blocks(steps: int, of: int) -> list[Block]:
    """`of` steps, always the same, in blocks of `steps`."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (of, BATCH, 6, 6, 2), dtype=np.uint8)
    labels = random.integers(0, 3, (of, BATCH), dtype=np.int32)
    return [
        Block(0, start, pixels[start : start + steps], labels[start : start + steps])
        for start in range(0, of, steps)
    ]


def network(dropout: float) -> Any:
    """Convolution, batch normalisation of images and of values, dropout."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(layers.Rescaling(1 / 255)(inputs))
    x = layers.Flatten()(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.BatchNormalization()(layers.Dropout(dropout)(layers.Dense(5)(x)))
    return keras.Model(inputs, layers.Dense(3)(x))


def trained(
    model: Any, steps: int, *, jit_compile: bool = False, weights: list[float] | None = None
) -> list[Any]:
    """All weights after 6 steps in blocks of `steps`."""
    import keras

    from imgclf_gui.worker.steps import TrainingSteps

    training = TrainingSteps(model, keras.optimizers.SGD(RATE, momentum=0.9), BATCH, weights)
    for block in blocks(steps, 6):
        rates = np.full(block.steps, RATE, np.float32)
        training.run(block, rates, jit_compile=jit_compile)
    return [np.array(variable) for variable in training.variables]


def by_keras(model: Any, weights: list[float] | None = None) -> list[Any]:
    """The same by Keras's own loop, without the optimizer's state."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE, momentum=0.9), loss, jit_compile=False)
    for block in blocks(1, 6):
        factors = None if weights is None else np.array(weights, np.float32)[block.labels[0]]
        model.train_on_batch(block.pixels[0].astype(np.float32), block.labels[0], factors)
    return [np.array(variable) for variable in model.weights]


def furthest(left: list[Any], right: list[Any]) -> float:
    """The largest difference between two lists of arrays."""
    return max(float(np.abs(a - b).max()) for a, b in zip(left, right, strict=False))


def same_bits(left: list[Any], right: list[Any]) -> bool:
    """Whether all arrays are equal in every bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True))


def main() -> None:
    """Compare, and print."""
    devices.tensorflow()
    from imgclf_gui.worker.fused import training_twin

    keras_way = by_keras(network(0))
    ours, twin = network(0), training_twin(network(0))
    trained(ours, 1)
    twin_names = [weight.path for weight in twin.weights]
    trained(twin, 1)
    weighted, factors = network(0), [0.5, 1.0, 2.0]
    trained(weighted, 1, weights=factors)
    print(
        json.dumps(
            {
                "is_twin": type(twin.layers[3]).__name__,
                "names": [name.split("/")[-1] for name in twin_names]
                == [weight.path.split("/")[-1] for weight in ours.weights],
                "ours_to_keras": furthest([np.array(v) for v in ours.weights], keras_way),
                "twin_to_keras": furthest([np.array(v) for v in twin.weights], keras_way),
                "weighted_to_keras": furthest(
                    [np.array(v) for v in weighted.weights], by_keras(network(0), factors)
                ),
                "grouping": same_bits(trained(network(0.3), 1), trained(network(0.3), 6)),
                "grouping_with_xla": same_bits(
                    trained(network(0.3), 2, jit_compile=True),
                    trained(network(0.3), 3, jit_compile=True),
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
