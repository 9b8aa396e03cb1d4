"""The built-in classifier in its worker: from a dropped photograph to the answer.

    python tests/benchmarks/bench_builtin.py [--drops 20] [--batch 60]

Prints one JSON object. `start_s`: a fresh worker until it has TensorFlow. `load_s`: until the
model is ready then, as when the Classify page is shown. `first_ms`: the first image after that.
`later_ms`: median and slowest of further images, one by one. `batch_images_per_second`: of one
command with many. `cold_drop_s`: an image for a worker that has TensorFlow and no model. Times
are wall-clock, from the command to the event, of this machine under its load of the moment.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

PICTURES = sorted((ROOT / "tests" / "pictures").glob("*.jpg"))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--batch", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        print(json.dumps(measure(Path(cache), options.drops, options.batch), indent=1))


def measure(cache: Path, drops: int, batch: int) -> dict[str, Any]:
    """The figures of a fresh worker, and of a second one for the cold drop."""
    from imgclf_gui.plan.builtin import find_built_in
    from imgclf_gui.protocol import commands as c
    from tests.helpers.live_worker import LiveWorker

    name = find_built_in().id
    with LiveWorker(cache) as worker:
        start = _warm_up(worker)
        begin = time.perf_counter()
        worker.send(c.LoadPredictor(job="load", backbone=name))
        _wait(worker, "load")
        load = time.perf_counter() - begin
        first = _drop(worker, name, PICTURES[:1])
        later = [_drop(worker, name, [PICTURES[n % len(PICTURES)]]) for n in range(drops)]
        many = _drop(worker, name, [PICTURES[n % len(PICTURES)] for n in range(batch)])
    with LiveWorker(cache) as worker:
        _warm_up(worker)
        cold = _drop(worker, name, PICTURES[:1])
    return {
        "model": name,
        "start_s": round(start, 2),
        "load_s": round(load, 2),
        "first_ms": round(1000 * first),
        "later_ms": {
            "median": round(1000 * statistics.median(later), 1),
            "slowest": round(1000 * max(later), 1),
        },
        "batch_images_per_second": round(batch / many, 1),
        "cold_drop_s": round(cold, 2),
    }


def _warm_up(worker: Any) -> float:
    from imgclf_gui.protocol import commands as c

    begin = time.perf_counter()
    worker.send(c.WarmUp(job="warm"))
    _wait(worker, "warm")
    return time.perf_counter() - begin


def _drop(worker: Any, name: str, images: list[Path]) -> float:
    """Seconds until all of `images` are answered."""
    from imgclf_gui.protocol import commands as c

    begin = time.perf_counter()
    job = f"drop {begin}"
    worker.send(c.ClassifyImages(job=job, backbone=name, images=tuple(map(str, images))))
    _wait(worker, job)
    return time.perf_counter() - begin


def _wait(worker: Any, job: str) -> None:
    from pydantic import BaseModel

    from imgclf_gui.protocol import events as e

    final = (e.DevicesListed, e.PredictorReady, e.ClassifyFinished)
    worker.wait_for(BaseModel, lambda event: isinstance(event, final) and event.job == job)


if __name__ == "__main__":
    main()
