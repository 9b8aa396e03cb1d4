"""Training speed against Keras's own ways, on one network after another.

    python tests/benchmarks/bench_training.py IDX_FOLDER [--networks cnn resnet20] [--rounds 5]

IDX_FOLDER holds MNIST's files. Three ways train the same network on the same images with the same
batch size: ours (the trainer that every run uses), plain Keras on files
(image_dataset_from_directory + fit), and bare fit on the arrays in memory. Epochs of the three
alternate, so that other programs disturb all alike; the first round only warms up, and the median
of the others counts. Prints a table, then one line of JSON.
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
from numpy.typing import NDArray
from PIL import Image

from imgclf_gui.plan import preset_network, resolve_network
from imgclf_gui.protocol.events import EpochEnded, Event, ExecutionChosen
from imgclf_gui.worker import devices

devices.tensorflow()

import keras  # noqa: E402

from imgclf_gui.worker.control import Control  # noqa: E402
from imgclf_gui.worker.data import Examples  # noqa: E402
from imgclf_gui.worker.execution import ChoiceMemory  # noqa: E402
from imgclf_gui.worker.network import build_network  # noqa: E402
from imgclf_gui.worker.train import Recipe, Trainer  # noqa: E402

BATCH = 128
IMAGES = {
    "linear": 51_200,
    "dnn": 51_200,
    "dnn-dropout": 51_200,
    "cnn": 12_800,
    "cnn-bn": 12_800,
    "resnet20": 2_560,
}
"""Images an epoch, so that one takes a second or more."""


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--networks", nargs="+", choices=IMAGES, default=list(IMAGES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as temporary:
        folder = Path(temporary)
        pixels, labels = read_idx(options.idx, max(IMAGES[name] for name in options.networks))
        results = {}
        for name in options.networks:
            count = IMAGES[name]
            results[name] = compare(
                name, folder / name, pixels[:count], labels[:count], options.rounds
            )
            print_row(name, results[name])
    print(json.dumps(results))


def read_idx(folder: Path, images: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The first training images [images, 28, 28, 1] and their labels."""

    def raw(name: str, header: int) -> NDArray[np.uint8]:
        path = folder / name
        plain = path.exists()
        packed = (path if plain else path.with_name(f"{name}.gz")).read_bytes()
        data = packed if plain else gzip.decompress(packed)
        return np.frombuffer(data, np.uint8, offset=header)

    pixels = raw("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)[:images]
    return pixels, raw("train-labels-idx1-ubyte", 8)[:images].astype(np.int32)


def compare(
    name: str, folder: Path, pixels: NDArray[np.uint8], labels: NDArray[np.int32], rounds: int
) -> dict[str, Any]:
    """Images a second of the three ways, medians over `rounds`, and the ratios."""
    rivals = {
        "files": fit_on_files(network(name), folder, pixels, labels),
        "memory": fit_in_memory(network(name), pixels, labels),
    }
    speeds: dict[str, list[float]] = {"ours": [], "files": [], "memory": []}
    chosen: dict[str, Any] = {}

    def emit(event: Event) -> None:
        if isinstance(event, ExecutionChosen):
            chosen.update(jit_compile=event.jit_compile, steps=event.steps_per_execution)
        if isinstance(event, EpochEnded):
            speeds["ours"].append(event.summary.images_per_second)
            for way, epoch in rivals.items():
                speeds[way].append(len(labels) / seconds(epoch))

    train_ours(name, folder, pixels, labels, epochs=rounds + 1, emit=emit)
    medians = {way: statistics.median(measured[1:]) for way, measured in speeds.items()}
    return {
        **{way: round(value, 1) for way, value in medians.items()},
        "ratio_to_files": round(medians["ours"] / medians["files"], 2),
        "ratio_to_memory": round(medians["ours"] / medians["memory"], 2),
        **chosen,
    }


def train_ours(
    name: str,
    folder: Path,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int32],
    *,
    epochs: int,
    emit: Callable[[Event], None],
) -> None:
    """Train as a run does: pixels memory-mapped, settings measured first, checkpoints kept."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "pixels.npy", pixels)
    mapped = np.load(folder / "pixels.npy", mmap_mode="r")
    recipe = Recipe(
        network=network(name),
        optimizer=keras.optimizers.Adam(1e-3),
        rate=lambda step: 1e-3,
        train=Examples(mapped, labels),
        validation=Examples(mapped[:0], labels[:0]),
        batch_size=BATCH,
        epochs=epochs,
    )
    Trainer(recipe, folder / "checkpoints", emit, Control(), ChoiceMemory(folder)).run()


def fit_on_files(
    model: Any, folder: Path, pixels: NDArray[np.uint8], labels: NDArray[np.int32]
) -> Callable[[], None]:
    """An epoch of plain Keras on PNG files in class folders."""
    for index, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / "images" / str(label) / f"{index:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[:, :, 0]).save(path, compress_level=1)
    files = keras.utils.image_dataset_from_directory(
        folder / "images", color_mode="grayscale", image_size=(28, 28), batch_size=BATCH, verbose=0
    )
    return lambda: model.fit(files, verbose=0)


def fit_in_memory(
    model: Any, pixels: NDArray[np.uint8], labels: NDArray[np.int32]
) -> Callable[[], None]:
    """An epoch of bare fit."""
    return lambda: model.fit(pixels, labels, batch_size=BATCH, verbose=0)


def seconds(act: Callable[[], None]) -> float:
    """How long `act` takes."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def network(name: str) -> Any:
    """The network, compiled for fit."""
    keras.utils.set_random_seed(0)
    if name == "resnet20":
        model = resnet20()
    else:
        plan, problems = resolve_network(preset_network(name), (28, 28, 1), 10)
        assert plan is not None, problems
        model = build_network(plan)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def resnet20() -> Any:
    """ResNet-20 as in He et al. 2015, section 4.2, with projections; written by hand in Keras."""
    layers = keras.layers

    def convolved(x: Any, filters: int, size: int = 3, stride: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((28, 28, 1))
    x = layers.ReLU()(convolved(layers.Rescaling(1 / 255)(inputs), 16))
    for filters in (16, 32, 64):
        for place in range(3):
            stride = 2 if place == 0 and filters > 16 else 1
            shortcut = convolved(x, filters, 1, stride) if stride > 1 else x
            y = layers.ReLU()(convolved(x, filters, 3, stride))
            x = layers.ReLU()(layers.Add()([convolved(y, filters), shortcut]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def print_row(name: str, figures: dict[str, Any]) -> None:
    """One line of the table."""
    print(
        f"{name:12} ours {figures['ours']:>9,.0f}/s   files + fit {figures['files']:>8,.0f}/s "
        f"(×{figures['ratio_to_files']:.2f})   fit in memory {figures['memory']:>8,.0f}/s "
        f"(×{figures['ratio_to_memory']:.2f})   XLA {figures['jit_compile']}, "
        f"{figures['steps']} steps a call",
        flush=True,
    )


if __name__ == "__main__":
    main()
