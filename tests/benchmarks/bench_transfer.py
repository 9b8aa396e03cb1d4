"""Training a head on a frozen EfficientNet-Lite0: the app's way against plain Keras.

    python tests/benchmarks/bench_transfer.py IDX_FOLDER [--images 2000] [--epochs 20] [--rounds 3]

Extraction: images a second of the app's features (read, computed, written) against a bare
`tf.function` of the same front on the same pixels in memory, alternating, medians of the rounds.
Training: a whole run of the app on the images, features and validation included, against `fit` of
the same network with its frozen backbone, as Keras's guides show it. `fit` is trained for two
epochs; what `--epochs` would take is the first and as many of the second. Prints a table, then a
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec, TrainingSpec
from imgclf_gui.jobs.planning import dataset_summary, sound_plan
from imgclf_gui.plan.backbones import find_backbone
from imgclf_gui.plan.transfer import still_front, with_backbone
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.protocol.events import EpochEnded, Event
from imgclf_gui.worker import devices
from imgclf_gui.worker.importing import import_images
from tests.benchmarks.bench_built import read_idx

devices.tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from imgclf_gui.plan import Plan  # noqa: E402
from imgclf_gui.worker.control import Control  # noqa: E402
from imgclf_gui.worker.features import BATCH, FeatureCache, split_network  # noqa: E402
from imgclf_gui.worker.network import BlockEnds  # noqa: E402
from imgclf_gui.worker.phases import Phases  # noqa: E402
from imgclf_gui.worker.recipes import drawn_network, examples, prepare_pixels  # noqa: E402


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with the IDX files")
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project, plan = prepared(Path(folder), options.idx, options.images, options.epochs)
        cache = prepare_pixels(project, plan, lambda event: None, lambda: False)
        assert cache is not None
        found: dict[str, Any] = {
            "images": plan.data.train_images,
            "extraction": extraction(plan, cache, options.rounds),
            "training": training(plan, cache, Path(folder)),
        }
    speed, trained = found["extraction"], found["training"]
    print(
        f"Extraction: {speed['ours']:.1f} images/s, bare tf.function {speed['bare']:.1f} "
        f"(×{speed['ratio']:.3f})\n"
        f"{options.epochs} epochs on {found['images']:,} images: {trained['ours']:.1f} s, fit "
        f"{trained['fit']:.1f} s (×{trained['ratio']:.1f})\n"
        f"First epoch, features included: {trained['ours_first']:.1f} s, fit "
        f"{trained['fit_first']:.1f} s (×{trained['first_ratio']:.2f} of its time)"
    )
    print(json.dumps(found))


def prepared(folder: Path, idx: Path, images: int, epochs: int) -> tuple[Project, Plan]:
    """A project with so many training images, and the plan of a head on them."""
    pixels, labels = read_idx(idx, "train", round(images / 0.9) + 1)
    for index, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / "images" / str(label) / f"{index:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[:, :, 0]).save(path, compress_level=1)
    project = Project.create(folder / "project")
    source = str(folder / "images")
    command = ImportImages(job="import", project=str(project.folder), source=source)
    import_images(command, lambda event: None, lambda: False)
    spec = ProjectSpec.model_validate({"data": {"test_percent": 0}})
    spec = spec.model_copy(update={"training": TrainingSpec(epochs=epochs, learning_rate=3e-3)})
    lite = find_backbone("efficientnet-lite0")
    spec = with_backbone(spec, dataset_summary(project, spec), lite)
    return project, sound_plan(project, spec)[0]


def extraction(plan: Plan, cache: Any, rounds: int) -> dict[str, float]:
    """Images a second of both ways, on 256 of the images."""
    ends: BlockEnds = {}
    network = drawn_network(plan, plan.network, ends)
    front = still_front(plan.network)
    assert front is not None
    cut = split_network(network, ends, front.last)
    features = FeatureCache(cut.front, cache, lambda event: None, lambda: False)
    pixels = np.array(cache.pixels("train")[:256])
    bare = tf.function(
        lambda batch: cut.front(tf.cast(batch, tf.float32), training=False), autograph=False
    )
    bare(pixels[:BATCH])
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds + 1):
        seconds["ours"].append(computed(features, pixels, cache.folder / f"{number}.npy"))
        begin = time.perf_counter()
        for start in range(0, len(pixels), BATCH):
            bare(pixels[start : start + BATCH]).numpy()
        seconds["bare"].append(time.perf_counter() - begin)
    speeds = {way: len(pixels) / statistics.median(found[1:]) for way, found in seconds.items()}
    return {**speeds, "ratio": speeds["ours"] / speeds["bare"]}


def computed(features: FeatureCache, pixels: NDArray[np.uint8], path: Path) -> float:
    """Seconds until the features of `pixels` are in a file."""
    shape = (len(pixels), *features.shape)
    begin = time.perf_counter()
    features.write(path, shape, pixels, lambda images: images)
    return time.perf_counter() - begin


def training(plan: Plan, cache: Any, folder: Path) -> dict[str, float]:
    """Seconds of a whole run and of its first epoch, the app's way and with `fit`."""
    epochs: list[float] = []

    def emit(event: Event) -> None:
        if isinstance(event, EpochEnded):
            epochs.append(time.perf_counter() - begin)

    _, device = devices.find_device(plan.training.device)
    begin = time.perf_counter()
    Phases(plan, cache, folder / "run", emit, Control()).train(device, resume=False)
    ours = time.perf_counter() - begin
    network = drawn_network(plan, plan.network)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(plan.training.learning_rate), loss, metrics=["accuracy"])
    train, validation = examples(cache, "train"), examples(cache, "validation")
    fits = []
    for _ in range(2):
        start = time.perf_counter()
        network.fit(
            np.array(train.pixels),
            train.labels,
            batch_size=plan.training.batch_size,
            validation_data=(np.array(validation.pixels), validation.labels),
            verbose=0,
        )
        fits.append(time.perf_counter() - start)
    fit = fits[0] + (plan.training.epochs - 1) * fits[1]
    return {
        "ours": ours,
        "fit": fit,
        "ratio": fit / ours,
        "ours_first": epochs[0],
        "fit_first": fits[0],
        "first_ratio": epochs[0] / fits[0],
    }


if __name__ == "__main__":
    main()
