"""The live preview: from an edit of the list to the new pictures on the screen.

    python tests/benchmarks/bench_preview.py [--rounds 20] [--platform offscreen]

Prints one JSON object: milliseconds, median and 95th percentile, of 4 images × 6 draws, for images
of 28×28 pixels in grayscale and of 64×64 in RGB. `drag` moves a slider every 16 ms for a second:
how many pictures were seen meanwhile, and when the last one came after the slider stopped. Times
are wall-clock of this machine under its load of the moment.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from imgclf_gui.core.spec import AugmentationStep
    from imgclf_gui.gui.augmentation.preview import PreviewView
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.studio import Studio

PRESETS = ("light", "flowers-lab", "strong", "auto")
FORMS = {"28×28 grayscale": (28, 28), "64×64 RGB": (64, 64, 3)}
STARTING_SECONDS = 120
TICK_SECONDS = 0.016


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--platform", default="offscreen", help="Qt's: offscreen, xcb")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = options.platform
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    found = {}
    for name, shape in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            for place in ("CACHE", "CONFIG", "DATA"):
                os.environ[f"IMGCLF_{place}_DIR"] = str(Path(folder, place.lower()))
            found[name] = measure(app, Path(folder), shape, options.rounds)
    print(json.dumps(found, indent=1, ensure_ascii=False))


def measure(app: QApplication, folder: Path, shape: tuple[int, ...], rounds: int) -> dict[str, Any]:
    """The figures of a project with images of that shape."""
    from imgclf_gui.gui.main_window import MainWindow
    from imgclf_gui.gui.settings import Settings
    from imgclf_gui.gui.studio import Studio
    from imgclf_gui.gui.theme import Appearance

    studio = Studio(Settings())
    window = MainWindow(studio, Appearance(app, "light"))
    window.resize(1200, 800)
    window.show()
    try:
        studio.open_project(_project(folder, shape))
        _until(app, lambda: studio.project is not None)
        window.show_page("augmentation")
        bench = _Bench(app, studio, _view(window))
        found = {preset: bench.preset(preset, rounds) for preset in PRESETS}
        return {**found, "drag": bench.drag()}
    finally:
        window.close()
        studio.close()


class _Bench:
    """Edits the list of an open project, and waits for pictures."""

    def __init__(self, app: QApplication, studio: Studio, view: PreviewView) -> None:
        self._app = app
        self._studio = studio
        self._view = view
        _until(app, lambda: not self._busy())

    def preset(self, kind: str, rounds: int) -> dict[str, float]:
        """Changes of the first step of a preset."""
        from imgclf_gui.plan import preset_augmentation

        steps = preset_augmentation(kind).steps
        self._set(steps)
        _until(self._app, lambda: not self._busy())
        times = []
        for number in range(rounds):
            share = round(0.3 + 0.5 * number / rounds, 3)
            begin = time.perf_counter()
            self._set((steps[0].model_copy(update={"probability": share}), *steps[1:]))
            times.append(self._shown_after(begin))
            _pause(self._app, 0.1)
        return {
            "median_ms": round(statistics.median(times)),
            "p95_ms": round(float(np.percentile(times, 95))),
        }

    def drag(self) -> dict[str, float]:
        """A slider that moves for a second."""
        from imgclf_gui.core.spec import AugmentationStep

        seen = set()
        for number in range(60):
            self._set((AugmentationStep(kind="rotation", degrees=10.0 + number),))
            _pause(self._app, TICK_SECONDS)
            seen.add(id(self._view.shown))
        return {
            "pictures": len(seen),
            "last_after_ms": round(self._shown_after(time.perf_counter())),
        }

    def _set(self, steps: tuple[AugmentationStep, ...]) -> None:
        spec = self._studio.spec
        augmentation = spec.augmentation.model_copy(update={"steps": steps})
        self._studio.edit("List", spec.model_copy(update={"augmentation": augmentation}))

    def _shown_after(self, begin: float) -> float:
        """Milliseconds from `begin` until what is wanted is painted."""
        _until(self._app, lambda: not self._studio.previews.busy("live"))
        self._view.repaint()
        return 1000 * (time.perf_counter() - begin)

    def _busy(self) -> bool:
        previews = self._studio.previews
        return previews.busy("live") or previews.busy("strip") or previews.busy("examples")


def _view(window: MainWindow) -> PreviewView:
    from imgclf_gui.gui.augmentation.preview import PreviewView

    found = window.findChild(PreviewView)
    if found is None:
        raise LookupError("the page has no preview")
    return found


def _project(folder: Path, shape: tuple[int, ...]) -> Path:
    from imgclf_gui.core.project import Project
    from imgclf_gui.core.spec import ProjectSpec
    from imgclf_gui.plan import preset_network
    from imgclf_gui.protocol.commands import ImportImages
    from imgclf_gui.worker.importing import import_images

    random = np.random.default_rng(0)
    for label in "ab":
        (folder / "images" / label).mkdir(parents=True)
        for number in range(50):
            pixels = random.integers(0, 256, shape).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "images" / label / f"{number}.png")
    project = folder / "project"
    Project.create(project, ProjectSpec(name="Bench", network=preset_network("linear")))
    command = ImportImages(job="i", project=str(project), source=str(folder / "images"))
    import_images(command, lambda _event: None, lambda: False)
    return project


def _until(app: QApplication, done: Callable[[], bool]) -> None:
    end = time.monotonic() + STARTING_SECONDS
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the preview did not come")
        app.processEvents()
        time.sleep(0.001)


def _pause(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.001)


if __name__ == "__main__":
    main()
