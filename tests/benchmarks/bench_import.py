"""Import speed and memory: many small PNG files in class folders, as the window imports them.

    python tests/benchmarks/bench_import.py [--images 50000] [--rounds 3] [--from IDX_FOLDER]

Without --from the pictures are drawn. Each round imports into a new project in a process of its
own; the median counts. Prints a table, then one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, islice, repeat
from pathlib import Path

import numpy as np
from PIL import Image

from imgclf_gui import catalog
from imgclf_gui.core.entry import SourceImage
from imgclf_gui.core.project import Project
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.protocol.events import Event, ImportFinished
from imgclf_gui.worker.importing import import_images

CLASSES = 10
SIDE = 28


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--from", dest="idx", type=Path, help="a folder of IDX files")
    parser.add_argument("--one-round", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_round:
        print(json.dumps(one_round(*options.one_round)))
        return
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as temporary:
        source = Path(temporary) / "source"
        write_images(source, options.images, options.idx)
        rounds = [
            in_new_process(source, Path(temporary) / f"project-{number}")
            for number in range(options.rounds)
        ]
    report(rounds)


def write_images(folder: Path, images: int, idx: Path | None) -> None:
    """Write `images` PNG files of 28 × 28 pixels, no two alike, into a folder for each class."""
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
    for number, content in enumerate(islice(_contents(idx), images)):
        path = folder / str(number % CLASSES) / f"{number:06}.png"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)


def _contents(idx: Path | None) -> Iterator[bytes | Image.Image]:
    if idx is None:
        random = np.random.default_rng(0)
        for _ in repeat(None):
            coarse = Image.fromarray(random.integers(0, 256, (7, 7), np.uint8))
            yield coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    else:
        with catalog.source_for(idx).open(idx, lambda: False) as listing:
            for item in listing.items:
                if isinstance(item, SourceImage) and item.content is not None:
                    yield item.content


def in_new_process(source: Path, project: Path) -> dict[str, float]:
    """One round in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--one-round", str(source), str(project)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "."}
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def one_round(source: Path, folder: Path) -> dict[str, float]:
    """Import `source` into a new project; images a second, and peak memory in MiB."""
    Project.create(folder)
    finished: list[ImportFinished] = []

    def emit(event: Event) -> None:
        if isinstance(event, ImportFinished):
            finished.append(event)

    before = _peak_mib()
    began = time.perf_counter()
    import_images(
        ImportImages(job="bench", project=str(folder), source=str(source)), emit, lambda: False
    )
    seconds = time.perf_counter() - began
    return {
        "images": finished[0].imported,
        "images_per_second": finished[0].imported / seconds,
        "peak_mib": _peak_mib(),
        "growth_mib": _peak_mib() - before,
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(rounds: list[dict[str, float]]) -> None:
    """Print the table and the line of JSON."""
    print(f"{'round':<8}{'images':>9}{'images/s':>10}{'peak MiB':>10}{'growth MiB':>12}")
    median = {key: statistics.median(result[key] for result in rounds) for key in rounds[0]}
    for name, result in chain(
        ((str(number), result) for number, result in enumerate(rounds, 1)), [("median", median)]
    ):
        print(
            f"{name:<8}{result['images']:>9,.0f}{result['images_per_second']:>10,.0f}"
            f"{result['peak_mib']:>10.0f}{result['growth_mib']:>12.0f}"
        )
    print(json.dumps({"benchmark": "import", "cores": os.cpu_count(), **median}))


if __name__ == "__main__":
    main()
