"""What shortcuts and batch normalisation do for depth: four networks, several seeds, real images.

    python tests/benchmarks/bench_depth.py DATA OUT [--seeds 0 1 2] [--depth 56] [--images 8000]
        [--epochs 4] [--size 14] [--test-images 2000] [--set training.learning_rate=0.001]

DATA is a folder of IDX files (MNIST, Fashion-MNIST) or of one folder for each class. The networks
are those of He et al. 2015 for small images, with `depth` layers: residual and plain, each with and
without batch normalisation. Pairs are trained with `imgclf lab`, so that gradients of each block
are observed.

OUT keeps the project, results.json and gradients.svg. Started again with the same OUT it goes on
with what is missing; so seeds can be added later. Prints a line for each pair, then the table:
mean test accuracy with its 95 % t-interval over the seeds, and for each seed the 95 % Wilson
interval over the test images.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import shutil
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from imgclf_gui.catalog.parts import cifar_resnet
from imgclf_gui.core.spec import NetworkSpec
from imgclf_gui.plan.lab import without
from imgclf_gui.plan.network_file import write_network

SIDES = {"with": "residual", "without": "plain"}
NETWORKS = {"bn": "with BN", "no-bn": "without BN"}
COLOURS = {
    ("bn", "with"): "#0072b2",
    ("bn", "without"): "#d55e00",
    ("no-bn", "with"): "#009e73",
    ("no-bn", "without"): "#cc79a7",
}
IDX = {
    "train-images-idx3-ubyte": 16,
    "train-labels-idx1-ubyte": 8,
    "t10k-images-idx3-ubyte": 16,
    "t10k-labels-idx1-ubyte": 8,
}
"""Bytes before the data."""
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t for 95 %, two-sided, for 1, 2, … degrees of freedom."""

Results = dict[str, Any]


def main() -> None:
    """Parse the command line, train what is missing, print, draw."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    networks = write_networks(options.out, options.depth)
    project = options.out / "project"
    if not (project / "project.json").exists():
        imgclf("new", project, "--from", subset(options), "--json")
    path = options.out / "results.json"
    settings = {key: str(value) for key, value in vars(options).items() if key != "seeds"}
    results: Results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if results.setdefault("settings", settings) != settings:
        sys.exit(f"{options.out} holds results of other settings: {results['settings']}")
    pairs = results.setdefault("pairs", {})
    for seed in options.seeds:
        for key, file in networks.items():
            if f"{key}-{seed}" not in pairs:
                pairs[f"{key}-{seed}"] = train(project, file, seed, options)
                path.write_text(json.dumps(results), "utf-8")
            print_pair(key, seed, pairs[f"{key}-{seed}"])
    table = list(summary(pairs, options.seeds))
    for row in table:
        print_row(row)
    (options.out / "gradients.svg").write_text(picture(pairs, options), "utf-8")
    print(json.dumps({"settings": settings, "table": table}))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--depth", type=int, default=56, help="6n + 2 (default: 56)")
    parser.add_argument("--images", type=int, default=8_000, help="training images")
    parser.add_argument("--test-images", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--size", type=int, default=14, help="width and height, in pixels")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--set", dest="assignments", action="append", default=[])
    return parser.parse_args()


# Data and networks


def write_networks(out: Path, depth: int) -> dict[str, Path]:
    """The residual networks as files: with batch normalisation, and without."""
    normalized = NetworkSpec(blocks=cifar_resnet(depth))
    networks = {"bn": normalized, "no-bn": without(normalized, "batch-normalization")}
    files = {key: out / f"{key}.json" for key in networks}
    for key, network in networks.items():
        write_network(files[key], network)
    return files


def subset(options: argparse.Namespace) -> Path:
    """A folder with the first images of DATA, of as many as are asked for."""
    folder: Path = options.out / "data"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if (options.data / "train-images-idx3-ubyte.gz").exists() or (
        options.data / "train-images-idx3-ubyte"
    ).exists():
        for name, header in IDX.items():
            count = options.images if name.startswith("train") else options.test_images
            (folder / name).write_bytes(shortened(options.data / name, header, count))
        return folder
    classes = [path for path in sorted(options.data.iterdir()) if path.is_dir()]
    share = math.ceil((options.images + options.test_images) / len(classes))
    for each in classes:
        (folder / each.name).mkdir()
        for image in sorted(path for path in each.iterdir() if path.is_file())[:share]:
            shutil.copy(image, folder / each.name)
    return folder


def read(path: Path) -> bytes:
    """The file, or its gzip-compressed form."""
    if path.exists():
        return path.read_bytes()
    return gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())


def shortened(path: Path, header: int, count: int) -> bytes:
    """An IDX file's first `count` items as an IDX file."""
    data = read(path)
    all_items = struct.unpack(">I", data[4:8])[0]
    count, item = min(count, all_items), (len(data) - header) // all_items
    return data[:4] + struct.pack(">I", count) + data[8 : header + count * item]


# Training


def train(project: Path, network: Path, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train the residual network and its plain twin; what `imgclf lab` says of them."""
    settings = [
        f"training.seed={seed}",
        f"training.batch_size={options.batch}",
        f"data.image_width={options.size}",
        f"data.image_height={options.size}",
        *options.assignments,
    ]
    begin = time.perf_counter()
    ended = imgclf(
        "lab", project, "--network", network, "--without", "shortcuts", "--epochs", options.epochs,
        *(word for setting in settings for word in ("--set", setting)), "--json",
    )  # fmt: skip
    result: dict[str, Any] = json.loads(ended.splitlines()[-1])
    return {**result, "minutes": (time.perf_counter() - begin) / 60}


def imgclf(*words: object) -> str:
    """Run the command line; what it prints."""
    command = [sys.executable, "-m", "imgclf_gui", *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def accuracy(pair: dict[str, Any], side: str) -> dict[str, Any] | None:
    """On the test images; None for a run that broke off."""
    found: dict[str, Any] | None = pair["runs"][side]["accuracies"].get("test")
    return found


# Figures


def summary(pairs: Results, seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """A row for each of the four networks."""
    for key, normalized in NETWORKS.items():
        for side, name in SIDES.items():
            measured = [accuracy(pairs[f"{key}-{seed}"], side) for seed in seeds]
            shares = [each["accuracy"] for each in measured if each is not None]
            yield {
                "network": f"{name}, {normalized}",
                "seeds": len(shares),
                "mean": statistics.mean(shares) if shares else None,
                "interval": t_interval(shares),
                "broke_off": measured.count(None),
                "each": measured,
            }


def t_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the mean of what these are drawn from; None of less than two."""
    if len(values) < 2:
        return None
    t = STUDENT[min(len(values) - 1, len(STUDENT)) - 1]
    half = t * statistics.stdev(values) / math.sqrt(len(values))
    return statistics.mean(values) - half, statistics.mean(values) + half


def print_pair(key: str, seed: int, pair: dict[str, Any]) -> None:
    """A pair as soon as it is known."""
    shown = ", ".join(f"{name} {words(accuracy(pair, side))}" for side, name in SIDES.items())
    print(f"seed {seed}, {NETWORKS[key]}: {shown}; {pair['minutes']:.1f} minutes", flush=True)
    for sentence in pair["findings"]:
        print(f"    {sentence}", flush=True)


def print_row(row: dict[str, Any]) -> None:
    """One line of the table."""
    mean = "none ended" if row["mean"] is None else f"{row['mean']:.1%}"
    ends = row["interval"]
    interval = f"(t {ends[0]:.1%}…{ends[1]:.1%})" if ends else "(one seed)"
    each = "; ".join(words(measured) for measured in row["each"])
    print(f"{row['network']:22} {mean:>7} {interval:20} each: {each}")


def words(measured: dict[str, Any] | None) -> str:
    """'91.2% (90.1…92.2%)'."""
    if measured is None:
        return "broke off"
    low, high = measured["interval"]
    return f"{measured['accuracy']:.1%} ({low:.1%}…{high:.1%})"


# Picture

WIDTH, HEIGHT, MARGIN = 460, 300, 48
LEAST, MOST = 1e-14, 1e4
"""The range of gradient norms that is drawn."""


def picture(pairs: Results, options: argparse.Namespace) -> str:
    """Gradient norms by block, in the first and the last observed step: median over the seeds."""
    panels = "".join(
        panel(pairs, options.seeds, moment, MARGIN + number * (WIDTH + MARGIN))
        for number, moment in enumerate(("first", "last"))
    )
    legend = "".join(
        f'<line x1="{MARGIN + 240 * i}" x2="{MARGIN + 240 * i + 24}" y1="{HEIGHT + 96}" '
        f'y2="{HEIGHT + 96}" stroke="{COLOURS[key, side]}" stroke-width="3"/>'
        f'<text x="{MARGIN + 240 * i + 32}" y="{HEIGHT + 100}">{SIDES[side]}, {NETWORKS[key]}'
        "</text>"
        for i, (key, side) in enumerate(COLOURS)
    )
    width, height = 2 * WIDTH + 3 * MARGIN, HEIGHT + 116
    title = f"Gradient norm by block, {options.depth} layers, {len(options.seeds)} seeds"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="{width}" height="{height}" '
        f'fill="white"/><text x="{MARGIN}" y="22" font-size="16">{title}</text>'
        f"{panels}{legend}</svg>\n"
    )


def panel(pairs: Results, seeds: Sequence[int], moment: str, left: float) -> str:
    """The four curves of one moment."""
    top = 44
    parts = [
        f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#888"/>',
        f'<text x="{left}" y="{top + HEIGHT + 34}">Block (input left), {moment} step</text>',
    ]
    for power in range(round(math.log10(LEAST)), round(math.log10(MOST)) + 1, 2):
        y = top + place(10.0**power)
        parts.append(f'<line x1="{left}" x2="{left + WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 40}" y="{y + 4}">1e{power}</text>')
    for (key, side), colour in COLOURS.items():
        norms = gradients([pairs[f"{key}-{seed}"] for seed in seeds], side, moment)
        step = WIDTH / max(1, len(norms) - 1)
        points = " ".join(
            f"{left + i * step:.1f},{top + place(norm):.1f}"
            for i, norm in enumerate(norms)
            if norm is not None
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
    return "".join(parts)


def place(norm: float) -> float:
    """How far from the top of a panel a gradient norm is drawn."""
    share = math.log10(max(LEAST, min(MOST, norm)) / LEAST) / math.log10(MOST / LEAST)
    return HEIGHT * (1 - share)


def gradients(pairs: Sequence[Results], side: str, moment: str) -> list[float | None]:
    """The median over `pairs` of each block's gradient norm."""
    runs = [pair["runs"][side]["blocks"] for pair in pairs]
    found: list[float | None] = []
    for blocks in zip(*runs, strict=True):
        norms = [block[moment]["gradient"] for block in blocks if block[moment] is not None]
        norms = [norm for norm in norms if norm is not None]
        found.append(statistics.median(norms) if norms else None)
    return found


if __name__ == "__main__":
    main()
