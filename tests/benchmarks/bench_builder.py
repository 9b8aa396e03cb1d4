"""How fast the builder follows: a keystroke in a setting, undo, a preset, a huge pasted network.

    python -m tests.benchmarks.bench_builder [--json]

Each figure is the time of the window's thread for one edit, with all numbers and the cards in
sight painted anew; the diagram, which follows a moment later, is apart.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from imgclf_gui.catalog.parts import normalized_convolution
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec
from imgclf_gui.gui.architecture.block_tree import BlockTree
from imgclf_gui.gui.pages.architecture import ArchitecturePage
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.network_diagram import NetworkDiagram
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.network_file import blocks_text

ROUNDS = 40


def main() -> None:
    """Measure, and print."""
    app = QApplication([])
    Appearance(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        studio = opened(app, Path(folder) / "project")
        page = ArchitecturePage(studio)
        page.resize(1200, 700)
        page.show()
        figures = {
            "keystroke at 200 blocks": keystrokes(app, studio, page, two_hundred()),
            "keystroke in ResNet-56": keystrokes(
                app, studio, page, preset_network("resnet-56").blocks
            ),
            "image width at 200 blocks": widths(app, studio, two_hundred()),
            "undo at 200 blocks": undos(app, studio, two_hundred()),
            "preset ResNet-56": presets(app, studio),
            "pasting 10,000 blocks": pasting(page),
            "opening a project of 10,000 blocks": [timed(app, lambda: show(studio, many(10_000)))],
            "an edit among 10,000 blocks": [timed(app, lambda: show(studio, many(9_999)))],
        }
        diagram = page.findChild(NetworkDiagram, "network_diagram")
        assert diagram is not None
        studio.close()
    medians = {
        name: {
            "median_ms": round(statistics.median(times), 1),
            "largest_ms": round(max(times), 1),
        }
        for name, times in figures.items()
    }
    if "--json" in sys.argv:
        print(json.dumps(medians, indent=1))
        return
    for name, found in medians.items():
        print(f"{name:40} {found['median_ms']:7.1f} ms, at most {found['largest_ms']:.1f} ms")


def opened(app: QApplication, folder: Path) -> Studio:
    """A studio with an empty project, whose worker is never started."""
    Project.create(folder, ProjectSpec())
    studio = Studio(Settings())
    studio.open_project(folder)
    while studio.project is None:
        app.processEvents()
    return studio


def two_hundred() -> tuple[BlockSpec, ...]:
    """A plain network of 200 blocks."""
    body = tuple(block for _ in range(66) for block in normalized_convolution(16))
    return (*body, BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))


def many(count: int) -> tuple[BlockSpec, ...]:
    """More blocks than a network may have."""
    return tuple(BlockSpec(kind="dropout") for _ in range(count))


def show(studio: Studio, blocks: tuple[BlockSpec, ...]) -> None:
    """Make `blocks` the network."""
    spec = studio.spec.model_copy(update={"network": NetworkSpec(blocks=blocks)})
    studio.edit("Network", spec)


def keystrokes(
    app: QApplication, studio: Studio, page: ArchitecturePage, blocks: tuple[BlockSpec, ...]
) -> list[float]:
    """Milliseconds of each of many changes of the first convolution's filters, by typing."""
    show(studio, blocks)
    tree = page.findChild(BlockTree, "block_tree")
    assert tree is not None
    tree.choose((0,))
    app.processEvents()
    field = page.findChild(QWidget, "block.filters")
    assert field is not None
    times = []
    for number in range(ROUNDS):
        digits = f"{16 + number % 8}"
        field.findChild(QWidget, "qt_spinbox_lineedit").selectAll()
        times.append(timed(app, lambda digits=digits: QTest.keyClicks(field, digits)) / 2)
    return times


def widths(app: QApplication, studio: Studio, blocks: tuple[BlockSpec, ...]) -> list[float]:
    """Milliseconds of a change of the image's width, after which every figure is another."""
    show(studio, blocks)
    app.processEvents()
    times = []
    for number in range(ROUNDS):
        data = studio.spec.data.model_copy(update={"image_width": 20 + number})
        spec = studio.spec.model_copy(update={"data": data})
        times.append(timed(app, lambda spec=spec: studio.edit("Width", spec)))
    return times


def undos(app: QApplication, studio: Studio, blocks: tuple[BlockSpec, ...]) -> list[float]:
    """Milliseconds of taking back the removal of a block."""
    show(studio, blocks)
    times = []
    for place in range(ROUNDS):
        show(studio, blocks[:place] + blocks[place + 1 :])
        times.append(timed(app, studio.undo))
    return times


def presets(app: QApplication, studio: Studio) -> list[float]:
    """Milliseconds of choosing ResNet-56 instead of the course's CNN."""
    times = []
    for _ in range(5):
        show(studio, preset_network("cnn").blocks)
        app.processEvents()
        times.append(timed(app, lambda: show(studio, preset_network("resnet-56").blocks)))
    return times


def pasting(page: ArchitecturePage) -> list[float]:
    """Milliseconds until 10,000 pasted blocks are refused."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    QGuiApplication.clipboard().setText(blocks_text(many(10_000)))
    pasted = next(
        one for one in page.view("build").edit_actions() if one and one.text() == "&Paste"
    )
    return [timed(app, pasted.trigger)]


def timed(app: QApplication, does: Callable[[], object]) -> float:
    """Milliseconds of this thread until `does` and what follows from it at once is done."""
    app.processEvents()
    start = time.thread_time()
    does()
    app.processEvents()
    return 1000 * (time.thread_time() - start)


if __name__ == "__main__":
    main()
