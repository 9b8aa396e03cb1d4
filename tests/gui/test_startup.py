"""How the window starts: quick, without what it does not need, and through every accident."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

HEAVY = (
    "tensorflow", "keras", "google.auth", "google.api_core", "google.protobuf", "grpc", "keyring",
    "optuna", "ray", "pyqtgraph", "PIL", "numpy",
)  # fmt: skip
"""Nothing of these is imported to show the window."""

SHOW = f"""
import sys
from PySide6.QtWidgets import QApplication
from imgclf_gui.gui import app
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
application = QApplication([])
studio = Studio(Settings())
window = MainWindow(studio, Appearance(application))
window.painted.connect(application.quit)
window.show()
application.exec()
print([name for name in {HEAVY!r} if name in sys.modules])
studio.close()
"""


def test_the_window_paints_without_heavy_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_void_qt_calls_keep_the_count_of_none() -> None:
    """PySide6 6.12.0 loses a reference with each, and aborts after some thousands."""
    timer = QTimer()
    before = sys.getrefcount(None)
    for _ in range(300):
        timer.setInterval(4)
    assert sys.getrefcount(None) > before - 100


def ask(state: Path, process: subprocess.Popen[bytes]) -> dict[str, object]:
    """What the window of `process` says of itself."""
    state.unlink(missing_ok=True)
    request = state.with_name(state.name + ".request")
    request.touch()
    deadline = time.monotonic() + 60
    while not state.exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    answer: dict[str, object] = json.loads(state.read_text("utf-8"))
    return answer


def test_the_app_starts_says_what_it_shows_and_ends(tmp_path: Path, qtbot: QtBot) -> None:
    state = tmp_path / "state.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "imgclf_gui.gui.app"],
        env={**os.environ, "IMGCLF_GUI_STATE_FILE": str(state)},
    )
    try:
        shown = ask(state, process)
        assert shown["page"] == "dataset"
        assert shown["project"] is None
        widgets = shown["widgets"]
        assert isinstance(widgets, dict)
        assert widgets["empty_import"]["text"] == "Import folder…"
        assert widgets["empty_import"]["rect"][2] > 40
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("content", ["", "{", '{"theme": "pink"}', "\x00", '{"geometry": "???"}'])
def test_damaged_settings_do_not_keep_the_window_from_starting(content: str) -> None:
    from imgclf_gui.gui.settings import Settings, settings_path

    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(content)
    assert Settings.load().theme == "system"
