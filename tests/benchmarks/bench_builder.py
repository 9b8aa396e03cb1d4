"""How fast the builder follows: a keystroke in a setting, undo, a preset, a huge pasted network.

    python tests/benchmarks/bench_builder.py [--rounds 40] [--platform offscreen]

Prints one JSON object. Each figure is the processor time of the window's thread for one edit, in
milliseconds, with all numbers anew and the cards in sight painted; the diagram follows a moment
later and does not count.
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
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

sys.path.insert(0, str(Path(__file__).parents[2]))

from imgclf_gui.catalog.parts import normalized_convolution
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec
from imgclf_gui.gui.architecture.block_tree import BlockTree
from imgclf_gui.gui.pages.architecture import ArchitecturePage
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.network_file import blocks_text


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--platform", default="offscreen", help="Qt's: offscreen, xcb")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = options.platform
    app = QApplication([])
    Appearance(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        studio = opened(app, Path(folder) / "project")
        page = ArchitecturePage(studio)
        page.resize(1200, 700)
        page.show()
        figures = measured(app, studio, page, options.rounds)
        studio.close()
    found = {
        name: {"median": round(statistics.median(times), 1), "largest": round(max(times), 1)}
        for name, times in figures.items()
    }
    print(json.dumps(found, indent=1))


def measured(
    app: QApplication, studio: Studio, page: ArchitecturePage, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of each kind of edit."""
    plain, deep = two_hundred(), preset_network("resnet-56").blocks
    return {
        "keystroke_of_200_blocks": keystrokes(app, studio, page, plain, rounds),
        "keystroke_of_resnet_56": keystrokes(app, studio, page, deep, rounds),
        "image_width_of_200_blocks": widths(app, studio, plain, rounds),
        "undo_of_200_blocks": undos(app, studio, plain, rounds),
        "preset_resnet_56": presets(app, studio),
        "pasting_10000_blocks": pasting(app, page),
        "opening_10000_blocks": [timed(app, partial(show, studio, many(10_000)))],
        "edit_of_10000_blocks": [timed(app, partial(show, studio, many(9_999)))],
    }


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
    app: QApplication,
    studio: Studio,
    page: ArchitecturePage,
    blocks: tuple[BlockSpec, ...],
    rounds: int,
) -> list[float]:
    """Of changing the first convolution's filters by typing a digit."""
    show(studio, blocks)
    tree = page.findChild(BlockTree, "block_tree")
    assert tree is not None
    tree.choose((0,))
    app.processEvents()
    field = page.findChild(QWidget, "block.filters")
    line = field.findChild(QLineEdit) if field else None
    assert line is not None
    times = []
    for number in range(rounds):
        line.selectAll()
        times.append(timed(app, partial(QTest.keyClicks, line, f"{1 + number % 9}")))
    return times


def widths(
    app: QApplication, studio: Studio, blocks: tuple[BlockSpec, ...], rounds: int
) -> list[float]:
    """Of a change of the image's width, after which every figure is another."""
    show(studio, blocks)
    app.processEvents()
    times = []
    for number in range(rounds):
        data = studio.spec.data.model_copy(update={"image_width": 20 + number})
        spec = studio.spec.model_copy(update={"data": data})
        times.append(timed(app, partial(studio.edit, "Width", spec)))
    return times


def undos(
    app: QApplication, studio: Studio, blocks: tuple[BlockSpec, ...], rounds: int
) -> list[float]:
    """Of taking back the removal of a block."""
    show(studio, blocks)
    times = []
    for place in range(rounds):
        show(studio, blocks[:place] + blocks[place + 1 :])
        times.append(timed(app, studio.undo))
    return times


def presets(app: QApplication, studio: Studio) -> list[float]:
    """Of choosing ResNet-56 instead of the course's CNN."""
    times = []
    for _ in range(5):
        show(studio, preset_network("cnn").blocks)
        times.append(timed(app, partial(show, studio, preset_network("resnet-56").blocks)))
    return times


def pasting(app: QApplication, page: ArchitecturePage) -> list[float]:
    """Until 10,000 pasted blocks are refused."""
    QGuiApplication.clipboard().setText(blocks_text(many(10_000)))
    paste = page.findChild(QAction, "action_paste")
    assert isinstance(paste, QAction)
    return [timed(app, paste.trigger)]


def timed(app: QApplication, does: Callable[[], object]) -> float:
    """Milliseconds of this thread until `does` and what follows from it at once is done."""
    app.processEvents()
    start = time.thread_time()
    does()
    app.processEvents()
    return 1000 * (time.thread_time() - start)


if __name__ == "__main__":
    main()
