"""The window: first paint, memory with many images, stalls while training, drop to answer.

    python tests/benchmarks/bench_window.py [--images 50000] [--starts 5] [--platform offscreen]

Prints one JSON object. Times are wall-clock seconds of this machine under its load of the moment;
`idle_stall` is how long the event loop stands still with nothing to do, for comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

SIDE = 28
TICK_MS = 5


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--platform", default="offscreen", help="Qt's: offscreen, xcb")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = options.platform
    with tempfile.TemporaryDirectory() as folder:
        for name in ("CACHE", "CONFIG", "DATA"):
            os.environ[f"IMGCLF_{name}_DIR"] = str(Path(folder, name.lower()))
        found = {
            "first_paint_seconds": first_paint(Path(folder), options.starts),
            **measure_window(Path(folder), options),
        }
    print(json.dumps(found, indent=1))


def first_paint(folder: Path, starts: int) -> float:
    """Median seconds from the start of the process to the first paint."""
    return statistics.median(_one_start(folder / "state.json") for _ in range(starts))


def _one_start(state: Path) -> float:
    request = state.with_name(state.name + ".request")
    state.unlink(missing_ok=True)
    # Not psutil's create_time: the kernel tells it from a boot time in whole seconds.
    created = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "imgclf_gui"],
        cwd=ROOT,
        env={**os.environ, "IMGCLF_GUI_STATE_FILE": str(state)},
    )
    painted = None
    while painted is None:
        request.touch()
        while not state.exists():
            time.sleep(0.05)
        painted = json.loads(state.read_text("utf-8"))["first_painted_at"]
        state.unlink()
    process.terminate()
    process.wait()
    return float(painted - created)


def measure_window(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Memory, stalls and latency of one window in this process."""
    from PySide6.QtWidgets import QApplication

    from imgclf_gui.core import resources
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.settings import Settings
    from imgclf_gui.gui.studio import Studio
    from imgclf_gui.gui.theme import Appearance

    sys.setswitchinterval(0.0005)
    app = QApplication([])
    studio = Studio(Settings())
    window = MainWindow(studio, Appearance(app))
    window.show()
    app.processEvents()
    found: dict[str, object] = {}
    sample = resources.resource("samples", "fashion")
    try:
        found["idle_stall"] = longest_gap(lambda: wait(2.0))
        studio.new_project(folder / "many", then_import=_many_images(folder, options.images))
        found["import_stall"] = longest_gap(
            lambda: wait_until(lambda: studio.summary.count() > 0 and studio.job is None)
        )
        found["scroll_stall"] = longest_gap(lambda: _scroll(window))
        found["images_listed"] = len(studio.dataset.images)
        found["memory_mb"] = psutil.Process().memory_info().rss / 1e6
        studio.new_project(folder / "fashion", then_import=sample)
        wait_until(lambda: studio.summary.count() == 2500 and studio.job is None)
        window.show_page("training")
        found["training_stall"] = longest_gap(lambda: _train(studio, options.epochs))
        found["drop_to_answer_seconds"] = _drop_to_answer(window, options.drops)
    finally:
        window.close()
        studio.close()
    return found


def wait(seconds: float) -> None:
    """Let the window work for a while."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end)


def wait_until(done: Callable[[], bool], timeout: float = 900) -> None:
    """Let the window work until `done`."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer()
    end = time.monotonic() + timeout
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > end else None)
    timer.start(10)
    loop.exec()
    if not done():
        raise TimeoutError


def longest_gap(work: Callable[[], None]) -> dict[str, float]:
    """How long the event loop stood still while `work` ran, at the most, in seconds.

    `wall`: between two ticks of a 5 ms timer, less the 5 ms; other programs count. `cpu`: what
    this thread computed between two ticks, which they do not touch.
    """
    from PySide6.QtCore import Qt, QTimer

    ticks = [(time.perf_counter(), time.thread_time())]
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append((time.perf_counter(), time.thread_time())))
    timer.start(TICK_MS)
    work()
    timer.stop()
    wall, cpu = np.diff(np.array(ticks), axis=0).max(axis=0)
    return {"wall": round(float(wall) - TICK_MS / 1000, 4), "cpu": round(float(cpu), 4)}


def _many_images(folder: Path, count: int) -> Path:
    """`count` PNGs of 28×28 in ten class folders."""
    random = np.random.default_rng(0)
    source = folder / "source"
    for number in range(count):
        label = source / f"class {number % 10}"
        label.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
        Image.fromarray(pixels).save(label / f"{number:06}.png", compress_level=0)
    return source


def _scroll(window: object) -> None:
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.widgets.thumbnail_grid import ThumbnailGrid

    assert isinstance(window, MainWindow)
    grid = window.findChild(ThumbnailGrid, "thumbnails")
    assert grid is not None
    bar = grid.verticalScrollBar()
    for step in range(100):
        bar.setValue(bar.maximum() * step // 100)
        wait(0.03)


def _train(studio: object, epochs: int) -> None:
    from imgclf_gui.gui.studio import Studio

    assert isinstance(studio, Studio)
    training = studio.spec.training.model_copy(update={"epochs": epochs})
    studio.edit("Epochs", studio.spec.model_copy(update={"training": training}))
    studio.train()
    wait_until(lambda: bool(studio.runs) and "test" in studio.runs[0].state.evaluations)


def _drop_to_answer(window: object, drops: int) -> float:
    """Median seconds from a drop on the window to the answer, with a warm predictor."""
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.operations.images import take_drop

    assert isinstance(window, MainWindow)
    studio = window.studio
    assert studio.project is not None
    rows = studio.dataset.images[: drops + 1]
    answers: list[float] = []
    studio.classified.connect(lambda _event: answers.append(time.perf_counter()))
    taken = []
    for number, row in enumerate(rows):
        begun = time.perf_counter()
        take_drop(studio, [studio.project.images_folder / row.path])
        wait_until(lambda number=number: len(answers) > number)  # type: ignore[misc]
        taken.append(answers[number] - begun)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
