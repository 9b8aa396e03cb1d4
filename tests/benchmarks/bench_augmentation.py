"""Augmentations against Keras's own preprocessing layers, one by one, and a whole preset.

    python tests/benchmarks/bench_augmentation.py [--rounds 7] [--kinds crop hue lab] [--json]

Each augmentation with the settings of a new one, and the nearest of Keras's layers with the same,
take the same batches of uint8 images. Ours are carried out as in training: blocks of batches,
compiled by XLA, uint8 in the end. Keras's run in `tf.data`, in a parallel `map`, and end in its
float32; "Keras XLA" are those layers that XLA can compile, batch by batch. Rounds of all alternate,
so that other programs disturb all alike; medians count. A ratio is the images a second of ours to
those of the other: above 1 ours are faster.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from imgclf_gui import catalog
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.worker import devices

tf = devices.tensorflow()

import keras  # noqa: E402

from imgclf_gui.worker.augment import Augmenter  # noqa: E402
from imgclf_gui.worker.augment_blocks import BlockAugmenter  # noqa: E402

CLASSES = 10
SIZES = {"28×28×1": (256, 28, 28, 1), "64×64×3": (128, 64, 64, 3)}
"""Batches for each augmentation."""
LAB = (32, 299, 299, 3)
"""The batch of the flowers lab."""
LAB_LAYERS = (
    KerasLayer("Resizing", {"height": 309, "width": 309}),
    KerasLayer("RandomCrop", {"height": 299, "width": 299}),
    KerasLayer("RandomFlip", {"mode": "horizontal"}),
    KerasLayer("RandomBrightness", {"factor": 63 / 255}),
    KerasLayer("RandomContrast", {"factor": (0.8, 0.8)}),
)
"""What a person writes in Keras for the flowers lab."""
BLOCK = 8
"""Batches in a block."""
FOREVER = 1 << 40
"""So many images that a run would compile."""
ROUND_SECONDS = 0.2
NOT_COMPILED = (tf.errors.OpError, ValueError, TypeError, NotImplementedError)
"""What it raises where XLA cannot compile a layer."""

Batch = Any
Way = Callable[[int], None]
"""Augments so many batches, a multiple of a block."""


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--kinds", nargs="+", choices=[*catalog.augmentation_entries(), "lab"])
    parser.add_argument("--json", action="store_true", help="one JSON object, no table")
    options = parser.parse_args()
    chosen = options.kinds or [*catalog.augmentation_entries(), "lab"]
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name, found in measured(chosen, options.rounds):
        results.setdefault(name, {}).update(found)
        if not options.json:
            print_rows(name, found)
    if options.json:
        print(json.dumps(results, indent=1))


def measured(kinds: Sequence[str], rounds: int) -> Any:
    """For each kind and each size: its name, and the figures by size."""
    for kind in kinds:
        if kind == "lab":
            steps = catalog.load(
                EntrySpec(kind="flowers-lab"), catalog.augmentation_preset_entries()
            ).steps()
            yield "flowers-lab preset", {"299×299×3": compare(steps, LAB_LAYERS, LAB, rounds)}
            continue
        entry = catalog.augmentation_entries()[kind]()
        for size, shape in SIZES.items():
            if shape[3] == 3 or not entry.needs_colour:
                layers = entry.keras_layers(*shape[1:3])
                yield kind, {size: compare([entry.to_spec()], layers, shape, rounds)}


def compare(
    steps: Sequence[EntrySpec],
    layers: Sequence[KerasLayer] | None,
    shape: tuple[int, ...],
    rounds: int,
) -> dict[str, float]:
    """Images a second of each way, and the ratios."""
    random = np.random.default_rng(0)
    pixels = tf.constant(random.integers(0, 256, shape, dtype=np.uint8))
    ways = {"ours": ours(steps, pixels)}
    if layers:
        ways["keras"] = in_a_pipeline(layers, pixels)
        with contextlib.suppress(*NOT_COMPILED):
            ways["keras_xla"] = compiled(layers, pixels)
    speeds = {name: shape[0] / seconds for name, seconds in alternated(ways, rounds).items()}
    ratios = {
        f"ratio_to_{name}": round(speeds["ours"] / speed, 2)
        for name, speed in speeds.items()
        if name != "ours"
    }
    return {**{name: round(speed) for name, speed in speeds.items()}, **ratios}


def ours(steps: Sequence[EntrySpec], pixels: Batch) -> Way:
    """As a run does it: in blocks, whose draws follow from the number of the step."""
    batch, *shape = pixels.shape
    augment = BlockAugmenter(
        Augmenter(steps, CLASSES, seed=0), tuple(shape), batch, images=FOREVER, warn=print
    )
    block = np.repeat(pixels.numpy()[None], BLOCK, 0)
    labels = np.zeros(block.shape[:2], np.int32)

    def several(batches: int) -> None:
        for step in range(0, batches, BLOCK):
            augment(block, labels, step)

    return several


def in_a_pipeline(layers: Sequence[KerasLayer], pixels: Batch) -> Way:
    """Keras's layers one behind the other, as its guides show it."""
    augment = by_keras(layers, pixels)
    images = tf.data.Dataset.from_tensors(pixels).repeat()
    images = images.map(augment, num_parallel_calls=tf.data.AUTOTUNE)

    def several(batches: int) -> None:
        for _ in images.take(batches):
            pass

    return several


def compiled(layers: Sequence[KerasLayer], pixels: Batch) -> Way:
    """The same by XLA.

    Raises:
        tf.errors.OpError, ValueError, TypeError, NotImplementedError: it cannot.
    """
    augment = tf.function(by_keras(layers, pixels), jit_compile=True)
    augment(pixels)

    def several(batches: int) -> None:
        for _ in range(batches):
            augment(pixels).numpy()

    return several


def by_keras(layers: Sequence[KerasLayer], pixels: Batch) -> Callable[[Batch], Batch]:
    """A function of a batch; layers that mix are given labels, too."""
    built = [getattr(keras.layers, layer.layer)(**layer.settings) for layer in layers]
    mixes = any(layer.layer in ("MixUp", "CutMix") for layer in layers)
    targets = tf.one_hot(tf.zeros(pixels.shape[0], tf.int32), CLASSES)

    def augment(images: Batch) -> Batch:
        images = tf.cast(images, tf.float32)
        data = {"images": images, "labels": targets} if mixes else images
        for layer in built:
            data = called(layer, data)
        return data["images"] if mixes else data

    return augment


def called(layer: Any, data: Any) -> Any:
    """`layer` on images in training, which layers that only enlarge do not ask for."""
    if isinstance(layer, (keras.layers.Resizing, keras.layers.ZeroPadding2D)):
        return layer(data)
    return layer(data, training=True)


def alternated(ways: Mapping[str, Way], rounds: int) -> dict[str, float]:
    """Seconds of a batch by each way: medians of rounds in which each has its turn."""
    batches = {name: worth_a_round(way) for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way, batches[name]) / batches[name])
    return {name: statistics.median(found) for name, found in times.items()}


def worth_a_round(way: Way) -> int:
    """Batches, a multiple of a block, that take about ROUND_SECONDS."""
    seconds(way, BLOCK)  # compiles
    return BLOCK * max(1, round(ROUND_SECONDS / seconds(way, BLOCK)))


def seconds(way: Way, batches: int) -> float:
    """How long that many batches take."""
    begin = time.perf_counter()
    way(batches)
    return time.perf_counter() - begin


def print_rows(name: str, found: Mapping[str, Mapping[str, float]]) -> None:
    """A line a size."""
    for size, figures in found.items():
        line = [f"{name:20} {size:10} {figures['ours']:>10,.0f} images/s"]
        for rival, title in (("keras", "Keras"), ("keras_xla", "Keras XLA")):
            ratio = figures.get(f"ratio_to_{rival}")
            line.append(f"{title} {'–' if ratio is None else f'{ratio:.2f}':>6}")
        print("   ".join(line), flush=True)


if __name__ == "__main__":
    main()
