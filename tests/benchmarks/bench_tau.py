"""Does the ranking of backbones, made without training, agree with real fine-tuning?

    python tests/benchmarks/bench_tau.py FASHION MNIST OUT [--weights FILE …]
        [--images 600] [--validation 200] [--test 1000] [--fine-tune 6] [--seed 0]

FASHION and MNIST are folders of IDX files; the emoji sample is the third data set, of which half
the images are tested on, and at most a fifth of the rest validate. The backbones are
EfficientNet-Lite0, those of the `--weights` files (packaging/make_backbones.py makes Lite1 and
Lite2), and a CNN that the app trained before on another of the data sets, 10,000 images: on
Fashion-MNIST, for Fashion-MNIST itself on MNIST.

Fine-tuning is a run of the app with its usual settings: the head for 30 epochs, then the last two
of the backbone's blocks that have weights with it (of the CNN, one of two); the epoch is chosen by
the validation images. The ranking learns from the same training images and is measured on the
validation images; nothing but fine-tuned runs ever sees the test images. OUT, a new folder, keeps
projects and results.json.

Prints a line for each backbone, then Kendall's tau of each measure with the test accuracies and its
exact p-value (with four backbones 0.083 at least).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imgclf_gui.core.resources import resource
from imgclf_gui.core.transferability import kendall_p, kendall_tau
from imgclf_gui.plan.backbones import backbones, find_backbone, read_weights, weights_path
from imgclf_gui.worker.data import drawn_images
from tests.benchmarks.bench_built import read_idx
from tests.benchmarks.bench_depth import imgclf, words

MEASURES = {
    "logme": "LogME",
    "h_score": "H-score",
    "nearest_mean": "nearest means",
    "accuracy": "linear probe",
}
OWN_IMAGES, OWN_EPOCHS = 10_000, 5
TRAINED_BLOCKS = 2

Images = list[tuple[str, str]]
"""The path and the class of each."""
Splits = dict[str, Images]
Results = dict[str, Any]


def main() -> None:
    """Parse the command line, rank, fine-tune, compare."""
    options = parse()
    options.out.mkdir(parents=True)
    os.environ["IMGCLF_DATA_DIR"] = str((options.out / "app").absolute())
    begin = time.perf_counter()
    for path in options.weights:
        imgclf("backbones", "--add", path)
    shared = [it.id for it in backbones().values() if weights_path(it) is not None]
    own = {name: own_backbone(name, options) for name in ("fashion", "mnist")}
    results: Results = {"settings": {key: str(value) for key, value in vars(options).items()}}
    for name, splits in data_sets(options):
        mine = own["mnist" if name == "fashion" else "fashion"]
        results[name] = compared(new_project(options.out / name, splits), [*shared, mine], options)
        print_data_set(name, results[name])
        (options.out / "results.json").write_text(json.dumps(results, indent=1), "utf-8")
    print(f"{(time.perf_counter() - begin) / 60:.1f} minutes")
    print(json.dumps({name: found["tau"] for name, found in results.items() if "tau" in found}))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fashion", type=Path)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, nargs="+", default=[])
    parser.add_argument("--images", type=int, default=600, help="training images, at most")
    parser.add_argument("--validation", type=int, default=200, help="images, at most")
    parser.add_argument("--test", type=int, default=1_000, help="images, at most")
    parser.add_argument("--fine-tune", type=int, default=6, help="epochs")
    parser.add_argument("--seed", type=int, default=0, help="of the draws and of the runs")
    return parser.parse_args()


# Data


def data_sets(options: argparse.Namespace) -> Iterator[tuple[str, Splits]]:
    """Name and images of each."""
    folder = resource("samples", "emoji")
    images = [(str(path), path.parent.name) for path in sorted(folder.glob("*/*.png"))]
    test, rest = parted(images, min(options.test, len(images) // 2), options.seed)
    yield "emoji", {"test": test, **learned(rest, len(rest) // 5, options)}
    for name in ("fashion", "mnist"):
        idx, folder = getattr(options, name), options.out / f"{name}-images"
        test = written(idx, "t10k", folder, options.test)
        rest = written(idx, "train", folder, OWN_IMAGES)
        yield name, {"test": test, **learned(rest, options.validation, options)}


def learned(images: Images, most: int, options: argparse.Namespace) -> Splits:
    """What is trained on, and what validates, at most `most` of them."""
    validation = min(options.validation, most)
    drawn, _ = parted(images, validation + options.images, options.seed)
    validating, training = parted(drawn, validation, options.seed)
    return {"train": training, "validation": validating}


def parted(images: Images, some: int, seed: int) -> tuple[Images, Images]:
    """`some` of them, each class its share, and the rest."""
    labels = np.unique([label for _, label in images], return_inverse=True)[1].astype(np.int32)
    chosen = set(drawn_images(labels, some, seed).tolist())
    return (
        [image for place, image in enumerate(images) if place in chosen],
        [image for place, image in enumerate(images) if place not in chosen],
    )


def written(idx: Path, split: str, folder: Path, most: int) -> Images:
    """The first images of an IDX file as PNG files, with their classes."""
    folder.mkdir(exist_ok=True)
    found = []
    for place, (pixels, label) in enumerate(zip(*read_idx(idx, split, most), strict=True)):
        path = folder / f"{split}-{place:05}.png"
        Image.fromarray(pixels[:, :, 0]).save(path, compress_level=1)
        found.append((str(path.absolute()), str(label)))
    return found


def new_project(folder: Path, splits: Splits) -> Path:
    """A project of these images."""
    rows = [(*image, split) for split, images in splits.items() for image in images]
    table = folder.with_suffix(".csv")
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("path", "label", "split"), *rows])
    imgclf("new", folder, "--from", table, "--json")
    return folder


# Backbones


def own_backbone(name: str, options: argparse.Namespace) -> str:
    """The CNN preset, trained on one of the IDX data sets; its id."""
    folder = options.out / f"{name}-images"
    images = written(getattr(options, name), "train", folder, OWN_IMAGES)
    validation, train = parted(images, OWN_IMAGES // 10, options.seed)
    project = new_project(options.out / f"{name}-own", {"train": train, "validation": validation})
    run = result(
        "train", project, "--preset", "cnn", "--name", f"CNN of {name}",
        "--set", f"training.epochs={OWN_EPOCHS}", "--set", f"training.seed={options.seed}",
    )  # fmt: skip
    added: str = result("backbones", "--add-run", project, run["run"])["added"]["backbone"]
    return added


def freeze_until(name: str) -> int:
    """The number, from 1, of the block that is the last to stay as it is: the first, at least."""
    weights = read_weights(find_backbone(name))
    return max(1, sorted({int(key[:2]) for key in weights if key[:2].isdigit()})[-TRAINED_BLOCKS])


# Measuring


def compared(project: Path, names: Sequence[str], options: argparse.Namespace) -> Results:
    """What the ranking and the fine-tuned runs say of each backbone, and how far they agree."""
    tuned = {name: fine_tuned(project, name, options) for name in names}
    ranked = result(
        "transferability", project, "--most", options.images, "--seed", options.seed,
        *(word for name in names for word in ("--backbone", name)),
    )  # fmt: skip
    rows = {row["backbone"]: row for row in ranked["rows"]}
    accuracies = [tuned[name]["accuracy"] for name in names]
    figures = {measure: [rows[name][measure] for name in names] for measure in MEASURES}
    return {
        "measured": ranked["measured"],
        "backbones": {
            name: {"tuned": tuned[name], **{m: figures[m][place] for m in MEASURES}}
            for place, name in enumerate(names)
        },
        "tau": {
            measure: (kendall_tau(values, accuracies), kendall_p(values, accuracies))
            for measure, values in figures.items()
        },
    }


def fine_tuned(project: Path, name: str, options: argparse.Namespace) -> Results:
    """A run's accuracy on the test images, with its interval."""
    found = result(
        "train", project, "--preset", "transfer", "--backbone", name,
        "--freeze-until", freeze_until(name), "--name", name,
        "--set", f"transfer.fine_tune_epochs={options.fine_tune}",
        "--set", f"training.seed={options.seed}",
    )  # fmt: skip
    kept = ("accuracy", "interval", "images", "split", "epochs", "best_epoch", "seconds")
    return {key: found[key] for key in kept}


def result(*command: object) -> Results:
    """The last line of a command with --json."""
    found: Results = json.loads(imgclf(*command, "--json").splitlines()[-1])
    return found


def print_data_set(name: str, found: Results) -> None:
    """A line for each backbone, and one for each measure."""
    measured = found["measured"]
    print(
        f"{name}: {measured['train_images']} training, {measured['images']} validation images",
        flush=True,
    )
    for backbone, row in found["backbones"].items():
        ranked = ", ".join(f"{title} {row[key]:.3f}" for key, title in MEASURES.items())
        tuned = row["tuned"]
        print(
            f"  {backbone:24} fine-tuned {words(tuned)} of {tuned['images']} test images, epoch "
            f"{tuned['best_epoch']} of {tuned['epochs']}, {tuned['seconds']:.0f} s; {ranked}"
        )
    for key, title in MEASURES.items():
        tau, p_value = found["tau"][key]
        print(f"  {title:14} tau {tau:+.2f} (p {p_value:.2f})", flush=True)


if __name__ == "__main__":
    main()
