"""Estimated memory of a training step against what a real one takes on the CPU.

    python tests/benchmarks/bench_memory.py [PRESET …] [--batch 32] [--steps 2]

Each preset is trained for a few steps by the worker's own code, in a process of its own, on images
of the size that its paper counted it for. Measured is how far the process's peak grows, from after
the network is built and one image has been trained on, plus the weights and the optimizer's state
that are there by then. Estimated is what a plan says. Without XLA, whose compiler takes some
0.3 GB more. Linux only. Prints a table, then one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import TrainingSpec
from imgclf_gui.plan import NetworkPlan, preset_network, resolve_network

HEAVY = 160
"""Pixels: photographs of 224 are measured at this side, since memory grows with the area alike."""


def main() -> None:
    """Parse the command line, measure each preset in a process, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.presets[0], options.batch, options.steps)))
        return
    found = {}
    print(f"{'preset':20}{'images':>12}{'estimated':>12}{'measured':>12}{'ratio':>8}", flush=True)
    for kind in options.presets or catalog.preset_entries():
        found[kind] = figures = in_a_process(kind, options)
        size = "×".join(map(str, figures["shape"]))
        estimated, measured = figures["estimated"], figures["measured"]
        print(
            f"{kind:20}{size:>12}{bytes_words(estimated):>12}{bytes_words(measured):>12}"
            f"{estimated / measured:8.2f}",
            flush=True,
        )
    print(json.dumps(found))


def in_a_process(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of one preset, from a process that has seen no other."""
    words = [sys.executable, __file__, kind, "--child"]
    words += ["--batch", str(options.batch), "--steps", str(options.steps)]
    ended = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def measure(kind: str, batch: int, steps: int) -> dict[str, Any]:
    """Bytes estimated and measured for training steps of the preset `kind`."""
    from imgclf_gui.worker import devices

    devices.tensorflow()
    from imgclf_gui.worker.fused import training_twin
    from imgclf_gui.worker.network import build_network
    from imgclf_gui.worker.steps import TrainingSteps

    plan = planned(kind)
    optimizer = catalog.load(TrainingSpec().optimizer, catalog.optimizer_entries())
    network = training_twin(build_network(plan))
    training = TrainingSteps(network, optimizer.build(1e-3), batch)
    run(training, plan, 1, 1)  # traced, and the optimizer's state is really there
    before = peak_after_reset()
    run(training, plan, steps, batch)
    kept = sum(int(value.value.shape.num_elements() or 1) * 4 for value in training.variables)
    return {
        "shape": plan.input_shape,
        "batch": batch,
        "estimated": plan.training_bytes(batch, optimizer.slots),
        "measured": peak() - before + kept,
        "kept": kept,
    }


def planned(kind: str) -> NetworkPlan:
    """The network for the images that its paper counted it for, shrunk where they are heavy."""
    published = catalog.preset_entries()[kind].published
    height, width, channels = published.shape
    shape: Shape = (min(height, HEAVY), min(width, HEAVY), channels)
    plan, problems = resolve_network(preset_network(kind), shape, published.classes)
    if plan is None:
        raise ValueError(problems)
    return plan


def run(training: Any, plan: NetworkPlan, steps: int, batch: int) -> None:
    """Train `steps` steps of `batch` images of noise."""
    import numpy as np

    from imgclf_gui.worker.data import Block

    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (steps, batch, *plan.input_shape), dtype=np.uint8)
    labels = random.integers(0, plan.classes, (steps, batch), dtype=np.int32)
    rates = np.full(steps, 1e-3, np.float32)
    training.run(Block(0, 0, pixels, labels), rates, jit_compile=False)


def peak() -> int:
    """Bytes of memory that this process had at most since the last reset (Linux)."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"), re.M)
    assert found is not None
    return int(found[1]) << 10


def peak_after_reset() -> int:
    """The peak, forgotten but for what is in use now: importing TensorFlow took more."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return peak()


if __name__ == "__main__":
    main()
