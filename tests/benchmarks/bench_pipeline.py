"""What augmentation costs a training: the input pipeline alone, and whole epochs.

    python tests/benchmarks/bench_pipeline.py IDX_FOLDER [--rounds 5] [--images 6000] [--json]

IDX_FOLDER holds MNIST's or Fashion-MNIST's files; the other dataset is the sample of small colour
pictures that ships with the app. First, images a second that the thread that reads blocks brings
from the pixel cache, augmented by each preset, against what the network "cnn" consumes of the same
images without augmentation. Then the seconds of an epoch with the preset "strong" against those
without. The ways alternate in each round, so that other programs disturb all alike; the first
round warms up, and medians of the others count. Nothing of an epoch is read before it begins.
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

from imgclf_gui import catalog
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.plan import preset_network, resolve_network
from imgclf_gui.plan.augmentation import mixes_labels, preset_augmentation
from imgclf_gui.worker import devices

devices.tensorflow()

import keras  # noqa: E402

from imgclf_gui.worker.augment import Augmenter  # noqa: E402
from imgclf_gui.worker.augment_blocks import BlockAugmenter  # noqa: E402
from imgclf_gui.worker.data import BlockReader, BlockStream, Examples  # noqa: E402
from imgclf_gui.worker.execution import ChoiceMemory, choose  # noqa: E402
from imgclf_gui.worker.fused import training_twin  # noqa: E402
from imgclf_gui.worker.network import build_network  # noqa: E402
from imgclf_gui.worker.steps import TrainingSteps  # noqa: E402

BATCH = 128
SIDE = 64
"""Of the sample's pictures, as the app chooses by itself."""
STEPS_READ = 8
"""In a block, where the pipeline is measured alone."""
LONG_RUN = 1_000_000
"""Images: of a run in which compiling is worth it."""
NETWORKS = ("cnn", "cnn-bn", "resnet-20")
COMPARED = "strong"

Epoch = Callable[[], object]


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=6_000, help="an epoch, at most")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--json", action="store_true", help="print one line of JSON at the end")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as folder:
        for name, examples in (("idx", read_idx(options.idx)), ("sample", read_sample())):
            some = mapped(Path(folder) / f"{name}.npy", examples, options.images)
            print(f"{name}: {len(some)} images of {some.pixels.shape[1:]}", flush=True)
            results[name] = {
                "pipeline": pipeline(some, options.rounds),
                "epochs": {
                    network: epochs(network, some, options.rounds) for network in options.networks
                },
            }
    if options.json:
        print(json.dumps(results))


def read_idx(folder: Path) -> Examples:
    """The training images [images, 28, 28, 1] and their labels."""

    def raw(name: str, header: int) -> NDArray[np.uint8]:
        path = folder / name
        plain = path.exists()
        packed = (path if plain else path.with_name(f"{name}.gz")).read_bytes()
        return np.frombuffer(packed if plain else gzip.decompress(packed), np.uint8, offset=header)

    pixels = raw("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)
    return Examples(pixels, raw("train-labels-idx1-ubyte", 8).astype(np.int32))


def read_sample() -> Examples:
    """The pictures that ship with the app, [images, 64, 64, 3]; a label for each folder."""
    folder = resource("samples", "emoji")
    paths = sorted(folder.glob("*/*.png"))
    labels = sorted({path.parent for path in paths})
    pixels = np.stack([fit(decode(path), SIDE, SIDE, 3, "pad") for path in paths])
    return Examples(pixels, np.array([labels.index(path.parent) for path in paths], np.int32))


def mapped(path: Path, examples: Examples, images: int) -> Examples:
    """Some of `examples` in a file, as in the pixel cache."""
    np.save(path, examples.pixels[:images])
    return Examples(np.load(path, mmap_mode="r"), examples.labels[:images])


def reader(examples: Examples, steps: tuple[EntrySpec, ...]) -> BlockReader:
    """Reads blocks as a run does."""
    if not steps:
        return BlockReader(examples, BATCH, 0)
    augmenter = Augmenter(steps, int(examples.labels.max()) + 1, 0)
    shape = examples.pixels.shape[1:]
    return BlockReader(
        examples,
        BATCH,
        0,
        BlockAugmenter(augmenter, shape, BATCH, images=LONG_RUN, warn=print),
    )


def pipeline(examples: Examples, rounds: int) -> dict[str, Any]:
    """Images a second: what "cnn" consumes, and what the pipeline brings of each preset."""
    ways: dict[str, Epoch] = {"cnn": training("cnn", examples, ())}
    presets = sorted(catalog.augmentation_preset_entries().values(), key=lambda it: it.order)
    for preset in presets:
        ways[preset.kind] = reading(reader(examples, steps_of(preset.kind)))
    images = {name: len(examples) // BATCH * BATCH for name in ways} | {"cnn": len(examples)}
    speeds = {name: images[name] / took for name, took in medians(ways, rounds).items()}
    print(f"  the network cnn consumes {speeds['cnn']:>9,.0f} images/s")
    for name in list(speeds)[1:]:
        times = speeds[name] / speeds["cnn"]
        print(f"  {name:14} brings   {speeds[name]:>9,.0f} images/s: {times:.1f}×", flush=True)
    return {name: round(speed, 1) for name, speed in speeds.items()}


def epochs(network: str, examples: Examples, rounds: int) -> dict[str, float]:
    """Seconds of an epoch without augmentation and with it, and their ratio."""
    ways = {
        "none": training(network, examples, ()),
        COMPARED: training(network, examples, steps_of(COMPARED)),
    }
    took = medians(ways, rounds)
    ratio = took[COMPARED] / took["none"]
    print(
        f"  {network:10} {took['none']:.2f} s an epoch, {took[COMPARED]:.2f} s with {COMPARED}: "
        f"{ratio:.3f}×",
        flush=True,
    )
    return {**{name: round(value, 3) for name, value in took.items()}, "ratio": round(ratio, 3)}


def steps_of(preset: str) -> tuple[EntrySpec, ...]:
    """The augmentations of a preset as in a plan."""
    return tuple(
        catalog.load(step, catalog.augmentation_entries()).to_spec()
        for step in preset_augmentation(preset).steps
    )


def reading(blocks: BlockReader) -> Epoch:
    """All whole batches of an epoch, block by block."""

    def epoch() -> None:
        step = 0
        while step < blocks.steps_per_epoch - 1:
            most = min(STEPS_READ, blocks.steps_per_epoch - 1 - step)
            step += blocks.read(0, step, most).steps

    return epoch


def training(name: str, examples: Examples, steps: tuple[EntrySpec, ...]) -> Epoch:
    """An epoch of a run, executed in the way that is the fastest here."""
    classes = int(examples.labels.max()) + 1
    plan, problems = resolve_network(preset_network(name), examples.pixels.shape[1:], classes)
    assert plan is not None, problems
    keras.utils.set_random_seed(0)
    network = training_twin(build_network(plan))
    mixed = mixes_labels(steps)
    trained = TrainingSteps(network, keras.optimizers.Adam(1e-4), BATCH, mixed=mixed)
    blocks = reader(examples, steps)
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as folder:
        memory = ChoiceMemory(Path(folder))
        choice = choose(trained, blocks, LONG_RUN // BATCH, memory=memory, key="").choice

    def epoch() -> None:
        step = 0
        with BlockStream(blocks, epochs=1) as stream:
            while step < blocks.steps_per_epoch:
                block = stream.take(0, step, choice.steps_per_execution)
                rates = np.full(block.steps, 1e-4, np.float32)
                trained.run(block, rates, jit_compile=choice.jit_compile)
                step += block.steps

    return epoch


def medians(ways: dict[str, Epoch], rounds: int) -> dict[str, float]:
    """Seconds of each way, which alternate."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, act in ways.items():
            begin = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}


if __name__ == "__main__":
    main()
