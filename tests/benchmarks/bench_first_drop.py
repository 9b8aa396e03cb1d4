"""The built-in classifier in the window, without a project: from the first drop to its answer.

    python tests/benchmarks/bench_first_drop.py [--delays 0 10] [--later 5]

Each delay is a fresh start of the whole app. `first_s`: from a photograph dropped so many seconds
after the first paint until its answer is painted. `later_ms`: the median and the slowest of further
drops, one by one. `paint_s`: from the start of the process's main function to the first paint.
Prints one JSON object; times are wall-clock, of this machine under its load of the moment.
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
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

PICTURES = sorted((ROOT / "tests" / "pictures").glob("*.jpg"))


def main() -> None:
    """Measure each delay in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delays", type=float, nargs="+", default=[0.0, 10.0])
    parser.add_argument("--later", type=int, default=5)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        measure(options.delays[0], options.later)
        return
    found = {str(delay): _fresh(delay, options.later) for delay in options.delays}
    print(json.dumps(found, indent=1))


def _fresh(delay: float, later: int) -> object:
    with tempfile.TemporaryDirectory() as folder:
        own = {f"IMGCLF_{one}_DIR": f"{folder}/{one}" for one in ("CACHE", "CONFIG", "DATA")}
        words = [__file__, "--here", "--delays", str(delay), "--later", str(later)]
        done = subprocess.run(
            [sys.executable, *words], env={**os.environ, **own}, stdout=subprocess.PIPE, check=True
        )
    return json.loads(done.stdout)


def measure(delay: float, later: int) -> None:
    """Start the app in this process, drop, print what it took, and close it."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QWidget

    from imgclf_gui.gui import app
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.operations.images import take_drop

    began = time.perf_counter()
    times: list[float] = []

    class Watched(MainWindow):
        """Drops a photograph by itself, and the next one as soon as the answer is painted."""

        paint_s = dropped = 0.0
        answered = False

        def begin(self) -> None:
            self.paint_s = time.perf_counter() - began
            self.studio.classified.connect(self.take)
            QTimer.singleShot(round(delay * 1000), self.drop)

        def take(self) -> None:
            self.answered = True
            bars = self.findChild(QWidget, "probability_bars")
            assert bars is not None
            bars.installEventFilter(self)
            bars.update()

        def drop(self) -> None:
            self.answered, self.dropped = False, time.perf_counter()
            take_drop(self.studio, [PICTURES[len(times) % len(PICTURES)]])

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if self.answered and event.type() == QEvent.Type.Paint:
                self.answered = False
                times.append(time.perf_counter() - self.dropped)
                QTimer.singleShot(300, self.close if len(times) > later else self.drop)
            return bool(super().eventFilter(watched, event))

    def make(*words: object) -> Watched:
        window = Watched(*words)  # type: ignore[arg-type]
        window.painted.connect(window.begin)
        windows.append(window)
        return window

    windows: list[Watched] = []
    with mock.patch.object(app, "MainWindow", make):
        app.main([])
    milliseconds = [round(1000 * one) for one in times[1:]]
    found = {
        "paint_s": round(windows[0].paint_s, 2),
        "first_s": round(times[0], 2),
        "later_ms": [statistics.median(milliseconds), max(milliseconds)] if milliseconds else [],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
