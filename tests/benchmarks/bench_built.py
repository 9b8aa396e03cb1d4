"""ResNet-20 built of blocks against the same network written by hand in Keras.

    python tests/benchmarks/bench_built.py IDX_FOLDER [--rounds 7] [--seeds 3] [--images 10000]

Speed: training steps of the built network and of the one by hand, both by the app's trainer, and
`fit` of the one by hand on arrays in memory, alternating; medians of the rounds after the first.
Accuracy: both trained by the app's trainer with each seed, on the same images in the same order,
and measured on the 10,000 test images after the last epoch. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from imgclf_gui.plan import preset_network, resolve_network
from imgclf_gui.worker import devices

devices.tensorflow()

import keras  # noqa: E402

from imgclf_gui.worker.control import Control  # noqa: E402
from imgclf_gui.worker.data import BlockReader, Examples  # noqa: E402
from imgclf_gui.worker.execution import ChoiceMemory  # noqa: E402
from imgclf_gui.worker.fused import training_twin  # noqa: E402
from imgclf_gui.worker.network import build_network  # noqa: E402
from imgclf_gui.worker.steps import Measure, TrainingSteps  # noqa: E402
from imgclf_gui.worker.train import Recipe, Trainer  # noqa: E402

BATCH = 128
STEPS = 12
"""Training steps a round."""


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with the IDX files")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    train = Examples(*read_idx(options.idx, "train", options.images))
    test = Examples(*read_idx(options.idx, "t10k", 10_000))
    found: dict[str, Any] = {
        "parameters": [built().count_params(), by_hand().count_params()],
        "speed": speeds(train, options.rounds),
        "accuracy": {
            name: [accuracy(make, train, test, options.epochs, s) for s in range(options.seeds)]
            for name, make in (("built", built), ("by hand", by_hand))
        },
    }
    speed = found["speed"]
    print(f"built / by hand, same trainer: {speed['built'] / speed['by hand']:.3f}")
    print(f"built / fit of the one by hand: {speed['built'] / speed['fit']:.3f}")
    for name, shares in found["accuracy"].items():
        print(f"{name}: test accuracy {', '.join(f'{share:.4f}' for share in shares)}")
    print(json.dumps(found))


def read_idx(folder: Path, split: str, images: int) -> tuple[Any, Any]:
    """The first images [images, 28, 28, 1] of 'train' or 't10k', and their labels."""

    def raw(name: str, header: int) -> Any:
        path = folder / name
        data = path.read_bytes() if path.exists() else gzip.decompress(_packed(path).read_bytes())
        return np.frombuffer(data, np.uint8, offset=header)

    pixels = raw(f"{split}-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)
    return pixels[:images], raw(f"{split}-labels-idx1-ubyte", 8)[:images].astype(np.int32)


def _packed(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def built() -> Any:
    """The preset."""
    plan, problems = resolve_network(preset_network("resnet-20"), (28, 28, 1), 10)
    assert plan is not None, problems
    return build_network(plan)


def by_hand() -> Any:
    """He et al. 2015, section 4.2, with shortcuts of option A."""
    layers = keras.layers

    def convolved(x: Any, filters: int, stride: int = 1) -> Any:
        x = layers.Conv2D(
            filters,
            3,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
        )(x)
        return layers.BatchNormalization(momentum=0.8)(x)

    inputs = keras.Input((28, 28, 1))
    x = layers.ReLU()(convolved(layers.Rescaling(1 / 255)(inputs), 16))
    for filters in (16, 32, 64):
        for place in range(3):
            stride = 2 if place == 0 and filters > 16 else 1
            shortcut = x
            if stride > 1:
                shortcut = keras.ops.pad(x[:, ::2, ::2, :], [[0, 0]] * 3 + [[0, filters // 2]])
            y = layers.ReLU()(convolved(x, filters, stride))
            x = layers.ReLU()(layers.Add()([convolved(y, filters), shortcut]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def speeds(train: Examples, rounds: int) -> dict[str, float]:
    """Images a second of the three ways, medians."""
    ways = {
        "built": trained(built(), train),
        "by hand": trained(by_hand(), train),
        "fit": fitted(by_hand(), train),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, act in ways.items():
            begin = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - begin)
    return {name: BATCH * STEPS / statistics.median(times[1:]) for name, times in seconds.items()}


def trained(model: Any, train: Examples) -> Callable[[], object]:
    """A round of the app's training steps."""
    steps = TrainingSteps(training_twin(model), keras.optimizers.Adam(1e-3), BATCH)
    block = BlockReader(train, BATCH, 0).read(0, 0, STEPS)
    rates = np.full(STEPS, 1e-3, np.float32)
    return lambda: steps.run(block, rates, jit_compile=False)


def fitted(model: Any, train: Examples) -> Callable[[], object]:
    """A round of `fit`."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    pixels, labels = train.pixels[: BATCH * STEPS], train.labels[: BATCH * STEPS]
    return lambda: model.fit(pixels, labels, batch_size=BATCH, verbose=0)


def accuracy(
    make: Callable[[], Any], train: Examples, test: Examples, epochs: int, seed: int
) -> float:
    """On the test images, after the last epoch: nothing is chosen by it."""
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-len(train) // BATCH)
    recipe = Recipe(
        network=make(),
        optimizer=keras.optimizers.Adam(1e-3),
        rate=lambda step: 1e-3 * (1 + np.cos(np.pi * step / steps)) / 2,
        train=train,
        validation=Examples(train.pixels[:0], train.labels[:0]),
        batch_size=BATCH,
        epochs=epochs,
        seed=seed,
    )
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as folder:
        memory = ChoiceMemory(Path(folder))
        trainer = Trainer(recipe, Path(folder), lambda event: None, Control(), memory)
        trainer.run()
    measure = Measure(trainer.network)
    right = sum(
        measure.batch(test.pixels[i : i + 500], test.labels[i : i + 500])[1]
        for i in range(0, len(test), 500)
    )
    return right / len(test)


if __name__ == "__main__":
    main()
