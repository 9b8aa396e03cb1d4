"""Training speed of a run that watches its blocks, against the same run without.

    python tests/benchmarks/bench_lab.py IDX_FOLDER [--networks resnet-20 cnn-bn] [--epochs 8]

IDX_FOLDER holds MNIST's files. Epochs of the two alternate, so that other programs disturb both
alike; the first epoch, in which steps are compiled, only warms up, and the median of the others
counts. Prints a table, then one line of JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.plan import preset_network, resolve_network
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol.events import BlocksObserved, EpochEnded, Event
from imgclf_gui.worker import devices

devices.tensorflow()

import keras  # noqa: E402

from imgclf_gui.worker.control import Control  # noqa: E402
from imgclf_gui.worker.data import Examples  # noqa: E402
from imgclf_gui.worker.execution import ChoiceMemory  # noqa: E402
from imgclf_gui.worker.network import build_network  # noqa: E402
from imgclf_gui.worker.train import Recipe, Trainer  # noqa: E402

BATCH = 128
IMAGES = {"resnet-20": 3_840, "cnn-bn": 25_600}
"""Images an epoch, so that one takes some seconds."""


class Turns:
    """Lets two trainers make their epochs in turn: each holds the lock for one of its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turn = 0
        self._over = [False, False]

    def wait(self, mine: int) -> None:
        """Until it is the turn of `mine`, or nobody else's."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn == mine or self._over[1 - mine])

    def end(self, mine: int, *, run: bool = False) -> None:
        """An epoch of `mine` is over, or its whole `run`."""
        with self._changed:
            self._turn = 1 - mine
            self._over[mine] = self._over[mine] or run
            self._changed.notify_all()


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--networks", nargs="+", choices=IMAGES, default=list(IMAGES))
    parser.add_argument("--epochs", type=int, default=8, help="of each run (default: 8)")
    parser.add_argument("--images", type=int, help="an epoch; default: some seconds' worth")
    options = parser.parse_args()
    results = {}
    for name in options.networks:
        examples = read_idx(options.idx, options.images or IMAGES[name])
        results[name] = compare(name, examples, options.epochs)
        print_row(name, results[name])
    print(json.dumps(results))


def read_idx(folder: Path, images: int) -> Examples:
    """The first training images [images, 28, 28, 1] and their labels."""

    def raw(name: str, header: int) -> NDArray[np.uint8]:
        path = folder / name
        data = read(path)
        return np.frombuffer(data, np.uint8, offset=header)

    pixels = raw("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)[:images]
    return Examples(pixels, raw("train-labels-idx1-ubyte", 8)[:images].astype(np.int32))


def read(path: Path) -> bytes:
    """The file, or its gzip-compressed form."""
    if path.exists():
        return path.read_bytes()
    return gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())


def compare(name: str, examples: Examples, epochs: int) -> dict[str, Any]:
    """Images a second of both runs, medians over epochs, and their ratio."""
    turns = Turns()
    speeds: tuple[list[float], list[float]] = ([], [])
    observed: list[int] = []
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as folder:
        memory = ChoiceMemory(Path(folder))
        recipes = [recipe(name, examples, epochs, watch=watch) for watch in (False, True)]

        def train(mine: int) -> None:
            def emit(event: Event) -> None:
                if isinstance(event, BlocksObserved):
                    observed.append(event.step)
                if isinstance(event, EpochEnded):
                    speeds[mine].append(event.summary.images_per_second)
                    turns.end(mine)
                    turns.wait(mine)

            turns.wait(mine)
            Trainer(recipes[mine], Path(folder) / str(mine), emit, Control(), memory).run()
            turns.end(mine, run=True)

        threads = [threading.Thread(target=train, args=(mine,)) for mine in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    without, watching = (statistics.median(measured[1:]) for measured in speeds)
    return {
        "without": round(without, 1),
        "watching": round(watching, 1),
        "ratio": round(watching / without, 3),
        "epochs": epochs,
        "steps": epochs * -(-len(examples) // BATCH),
        "observed": len(observed),
        "blocks": len(recipes[1].watched),
    }


def recipe(name: str, examples: Examples, epochs: int, *, watch: bool) -> Recipe:
    """The same training, watching its blocks or not."""
    plan, problems = resolve_network(preset_network(name), (28, 28, 1), 10)
    assert plan is not None, problems
    keras.utils.set_random_seed(0)
    nothing = Examples(examples.pixels[:0], examples.labels[:0])
    return Recipe(
        network=build_network(plan),
        optimizer=keras.optimizers.Adam(1e-3),
        rate=lambda step: 1e-3,
        train=examples,
        validation=nothing,
        batch_size=BATCH,
        epochs=epochs,
        key=name,
        watched=watched_blocks(plan) if watch else (),
    )


def print_row(name: str, figures: dict[str, Any]) -> None:
    """One line of the table."""
    print(
        f"{name:12} {figures['without']:>9,.1f} images/s without, {figures['watching']:>9,.1f} "
        f"watching {figures['blocks']} blocks in {figures['observed']} of {figures['steps']} "
        f"steps: {figures['ratio']:.3f}×",
        flush=True,
    )


if __name__ == "__main__":
    main()
