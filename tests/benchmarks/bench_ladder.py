"""Trains the course's ladder on MNIST with the command line, as a person does without a window.

    python tests/benchmarks/bench_ladder.py IDX_FOLDER [--networks cnn cnn-bn] [--seed 0]

IDX_FOLDER holds MNIST's files; a tenth of its training images becomes the validation split, which
chooses the epoch whose model is kept. Prints test accuracy with its 95 % interval, and the minutes
from the command to its result, then one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DECAYED = ("learning_rate=0.002", "optimizer=adamw", "optimizer.weight_decay=0.1")

OPTIONS: dict[str, tuple[str, ...]] = {
    "linear": ("epochs=20", "learning_rate=0.005"),
    "dnn": ("epochs=15", "optimizer=sgd", "learning_rate=0.1"),
    "dnn-dropout": ("epochs=8",),
    "cnn": ("epochs=15", *DECAYED),
    "cnn-bn": ("epochs=20", *DECAYED),
}
"""Training settings for each rung; what is not named is as in a new project."""

AIMS = {"linear": 0.927, "dnn": 0.981, "dnn-dropout": 0.979, "cnn": 0.990, "cnn-bn": 0.993}
"""Test accuracy of the course."""


def main() -> None:
    """Parse the command line, train, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("idx", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--networks", nargs="+", choices=OPTIONS, default=list(OPTIONS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(prefix="imgclf-bench-") as temporary:
        project = Path(temporary) / "mnist"
        imgclf("new", project, "--from", options.idx)
        for name in options.networks:
            results[name] = train(project, name, options.seed)
            print_row(name, results[name])
    print(json.dumps(results))


def train(project: Path, name: str, seed: int) -> dict[str, Any]:
    """Train one rung; its test accuracy, interval and minutes."""
    assignments = [f"training.{option}" for option in (*OPTIONS[name], f"seed={seed}")]
    begin = time.perf_counter()
    ended = imgclf(
        "train",
        project,
        "--preset",
        name,
        "--json",
        *(w for a in assignments for w in ("--set", a)),
    )
    result = json.loads(ended.splitlines()[-1])
    return {
        "accuracy": result["accuracy"],
        "interval": result["interval"],
        "minutes": (time.perf_counter() - begin) / 60,
        "epochs": result["epochs"],
        "best_epoch": result["best_epoch"],
    }


def imgclf(*words: str | Path) -> str:
    """Run the command line; what it prints."""
    command = [sys.executable, "-m", "imgclf_gui", *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def print_row(name: str, figures: dict[str, Any]) -> None:
    """One line of the table."""
    low, high = figures["interval"]
    reached = "reached" if figures["accuracy"] >= AIMS[name] else "missed"
    print(
        f"{name:12} {figures['accuracy']:.2%} ({low:.2%}…{high:.2%})   "
        f"aim {AIMS[name]:.1%} {reached}   {figures['minutes']:.1f} minutes, "
        f"best of {figures['epochs']} epochs: {figures['best_epoch']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
