"""Accuracy for few images a class: a linear probe on frozen EfficientNet-Lite0, and from nothing.

    python tests/benchmarks/bench_few_images.py [IDX_FOLDER] [--data idx sixes emoji]
        [--pool 10000] [--test 2000] [--counts 5 10 20 50 100] [--six-counts 20 100] [--seeds 3]
        [--steps 600] [--six-scratch]

Data: if named, a folder of IDX files (Fashion-MNIST), drawn from the first `--pool` training images
and measured on the first `--test` test images; and the emoji sample, each of the seven choices of
six classes and all seven, measured on all images that were not drawn for training. Images are
drawn by the seed, as the app draws them; for fewer a class they are among those for more.

Both ways are the app's own: features, probe and the choice of its strength by training images held
out; from nothing CNN with batch normalisation, at most 60 epochs and `--steps` steps, last weights
(for the choices of six only with `--six-scratch`).
Prints the mean per-class accuracy, mean over the seeds, with its 95 % t-interval (which seeds
alone, not test images, make); then a line of JSON with every seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.intervals import t_interval
from imgclf_gui.core.linear_probe import LinearProbe
from imgclf_gui.core.project import Project
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import SPLITS
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.plan import DataPlan, preset_network, resolve_network
from imgclf_gui.plan.backbones import find_backbone
from imgclf_gui.worker import devices
from tests.benchmarks.bench_tau import Images, new_project, written

devices.tensorflow()

from imgclf_gui.worker.control import Control  # noqa: E402
from imgclf_gui.worker.data import Examples, Places  # noqa: E402
from imgclf_gui.worker.from_nothing import FromNothing, steps_of  # noqa: E402
from imgclf_gui.worker.fronts import PlannedFront, planned_network  # noqa: E402
from imgclf_gui.worker.sampled import (  # noqa: E402
    SampledFeatures,
    SampledImages,
    drawn,
    drawn_evenly,
    pixels_of,
)

DATA = ("idx", "sixes", "emoji")
EPOCHS = 60
BACKBONE, SCRATCH = "efficientnet-lite0", "cnn-bn"

Way = Callable[[Places, Places, int], NDArray[Any]]
"""From places of training images, of measured images, and a seed to the classes of the latter."""


@dataclass(frozen=True)
class Known:
    """Images as backbone and network see them: a row an image in each array."""

    labels: NDArray[np.int32]
    features: NDArray[np.float32]
    pixels: NDArray[np.uint8]
    apart: NDArray[np.bool_]
    """Which are only measured on; if none are, all that are not drawn."""
    names: tuple[str, ...]

    def of(self, classes: Sequence[int]) -> Known:
        """Those of some of the classes."""
        kept = np.isin(self.labels, classes)
        return Known(
            np.searchsorted(classes, self.labels[kept]).astype(np.int32),
            self.features[kept],
            self.pixels[kept],
            self.apart[kept],
            tuple(self.names[label] for label in classes),
        )


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, nargs="?", help="a folder with IDX files")
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA, help="all, as a rule")
    parser.add_argument("--pool", type=int, default=10_000)
    parser.add_argument("--test", type=int, default=2_000)
    parser.add_argument("--counts", type=int, nargs="+", default=[5, 10, 20, 50, 100])
    parser.add_argument("--six-counts", type=int, nargs="+", default=[20, 100])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--six-scratch", action="store_true")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, known, counts in data_sets(Path(folder), options):
            print(f"{name}: {len(known.names)} classes", flush=True)
            found[name] = measured(known, counts, options)
    print(json.dumps(found))


def data_sets(
    folder: Path, options: argparse.Namespace
) -> Iterator[tuple[str, Known, Sequence[int]]]:
    """Name, images, and the numbers of images a class."""
    if "idx" in options.data and options.idx is not None:
        yield "idx", known_images(idx_project(folder, options), apart=True), options.counts
    if options.data == ["idx"]:
        return
    sample = resource("samples", "emoji")
    images = [(str(path), path.parent.name) for path in sorted(sample.glob("*/*.png"))]
    emoji = known_images(new_project(folder / "emoji", {"train": images}))
    for left_out, name in enumerate(emoji.names if "sixes" in options.data else ()):
        rest = [label for label in range(len(emoji.names)) if label != left_out]
        yield f"emoji without {name}", emoji.of(rest), options.six_counts
    if "emoji" in options.data:
        yield "emoji", emoji, options.counts


def idx_project(folder: Path, options: argparse.Namespace) -> Path:
    """As many training images of each class as are needed at most, and the test images."""
    images = written(options.idx, "train", folder / "images", options.pool)
    labels = np.unique([label for _, label in images], return_inverse=True)[1].astype(np.int32)
    needed: set[int] = set()
    for seed in range(options.seeds):
        needed.update(drawn_evenly(labels, max(options.counts), seed).tolist())
    train: Images = [images[place] for place in sorted(needed)]
    test = written(options.idx, "t10k", folder / "images", options.test)
    return new_project(folder / "idx", {"train": train, "test": test})


def known_images(folder: Path, *, apart: bool = False) -> Known:
    """All images of a project, as backbone and network see them; `apart`: the test ones are only
    measured on."""
    project = Project.open(folder)
    summary = dataset_summary(project, project.spec)
    front = PlannedFront.of(find_backbone(BACKBONE), project.spec.data, summary)
    maker = SampledFeatures(
        front.build(), front.data, lambda done: None, lambda: False, front.multiply_adds
    )
    data, _ = planned_network(project.spec.data, preset_network(SCRATCH), summary)
    parts = []
    for split in SPLITS:
        images = drawn(
            project, project.spec.data, summary.labels, split, lambda labels: np.arange(len(labels))
        )
        if len(images):
            parts.append(seen(images, maker, data, apart=apart and split == "test"))
    labels, features, pixels, measured_on = map(np.concatenate, zip(*parts, strict=True))
    return Known(labels, features, pixels, measured_on, tuple(summary.labels))


def seen(
    images: SampledImages, maker: SampledFeatures, data: DataPlan, *, apart: bool
) -> tuple[NDArray[Any], ...]:
    """Labels, features, pixels, and which are only measured on."""
    made, pixels = maker.of(images), pixels_of(images, data, lambda: False)
    assert made is not None
    assert pixels is not None
    features = made.values.reshape(len(images), -1)
    return images.labels, features, pixels, np.full(len(images), apart)


def measured(known: Known, counts: Sequence[int], options: argparse.Namespace) -> dict[str, Any]:
    """For each number of images and each way, what each seed reaches; printed as it is known."""
    ways: dict[str, Way] = {"frozen": probed(known)}
    if options.six_scratch or counts is options.counts:
        ways["from nothing"] = trained(known, options.steps)
    found: dict[str, Any] = {"counts": list(counts), "measured": []}
    pool = np.flatnonzero(~known.apart)
    for count in counts:
        line = []
        for name, way in ways.items():
            shares = []
            for seed in range(options.seeds):
                places = pool[drawn_evenly(known.labels[pool], count, seed)]
                asked = np.setdiff1d(np.arange(len(known.labels)), places)
                if known.apart.any():
                    asked = np.flatnonzero(known.apart)
                shares.append(class_accuracy(way(places, asked, seed), known.labels[asked]))
            found.setdefault(name, []).append(shares)
            line.append(f"{name} {words(shares)}")
        found["measured"].append(len(asked))
        print(f"  {count:4} a class, {len(asked)} measured: {'; '.join(line)}", flush=True)
    return found


def probed(known: Known) -> Way:
    """The linear probe, its strength chosen by some of the training images."""

    def way(places: Places, asked: Places, seed: int) -> NDArray[Any]:
        labels = known.labels[places]
        probe = LinearProbe.fit_best(known.features[places], labels, len(known.names), seed)
        return probe.answers(known.features[asked])

    return way


def trained(known: Known, most_steps: int) -> Way:
    """The network from nothing."""
    shape = known.pixels.shape[1:]
    plan, problems = resolve_network(preset_network(SCRATCH), shape, len(known.names))
    assert plan is not None, problems
    learner = FromNothing.of(plan, Examples(known.pixels, known.labels), Control())

    def way(places: Places, asked: Places, seed: int) -> NDArray[Any]:
        steps = steps_of(len(places), EPOCHS, most_steps)
        learner.learn(places, seed, steps, lambda made: None)
        return learner.answers(Examples(known.pixels[asked], known.labels[asked]))

    return way


def class_accuracy(answers: NDArray[Any], labels: NDArray[np.int32]) -> float:
    """The mean of the classes' shares of right answers, 0…1."""
    return statistics.fmean((answers[labels == it] == it).mean() for it in np.unique(labels))


def words(shares: Sequence[float]) -> str:
    """'.738 (.719….757)'."""
    if len(shares) < 2:
        return f"{shares[0]:.3f}"
    low, high = t_interval(shares)
    return f"{statistics.fmean(shares):.3f} ({low:.3f}…{high:.3f})"


if __name__ == "__main__":
    main()
