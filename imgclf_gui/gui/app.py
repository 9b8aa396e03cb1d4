"""Starts the window."""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from imgclf_gui import __version__
from imgclf_gui.core import resources
from imgclf_gui.gui import icons
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.operations.projects import open_sample
from imgclf_gui.gui.services.service import unexpected
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance

WARM_UP_DELAY_MS = 200
"""After the first paint, so that the worker's start does not compete with it."""
SWITCH_INTERVAL = 0.0005
"""Seconds; threads that decode must not hold the window's thread up for long."""
STATE_FILE_VARIABLE = "IMGCLF_GUI_STATE_FILE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; the exit code of the process."""
    options = _parser().parse_args(arguments)
    _keep_crashes()
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("ImgClf Studio")
    app.setDesktopFileName("imgclf-studio")
    app.setWindowIcon(icons.app_icon())
    settings = Settings.load()
    appearance = Appearance(app, settings.theme)
    studio = Studio(settings)
    _report_failures(studio)
    window = MainWindow(studio, appearance)
    warm_up = partial(studio.warm_up, options.demo or options.project is not None)
    window.painted.connect(lambda: QTimer.singleShot(WARM_UP_DELAY_MS, warm_up))
    if STATE_FILE_VARIABLE in os.environ:
        from imgclf_gui.gui.state_file import StateFile

        StateFile(window, Path(os.environ[STATE_FILE_VARIABLE]))
    window.show()
    if options.demo:
        QTimer.singleShot(0, lambda: open_sample(studio, "fashion"))
    elif options.project is not None:
        QTimer.singleShot(0, lambda: studio.open_project(options.project.absolute()))
    return app.exec()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imgclf-gui", description="Build image classifiers by pointing and clicking."
    )
    parser.add_argument("project", nargs="?", type=Path, metavar="PROJECT", help="opens it")
    parser.add_argument("--demo", action="store_true", help="opens a sample that ships inside")
    parser.add_argument("--version", action="version", version=f"ImgClf Studio {__version__}")
    return parser


def _keep_crashes() -> None:
    """A crash of the process itself leaves its stack in a file."""
    folder = resources.cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / "window-crash.log").open("w", encoding="utf-8")
    except OSError:
        return
    faulthandler.enable(stream)


def _report_failures(studio: Studio) -> None:
    """What nobody foresaw is told in the window, which lives on."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, trace)
        if isinstance(error, Exception):
            studio.failed.emit(unexpected(error))

    def report_of_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            report(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_of_thread


if __name__ == "__main__":
    sys.exit(main())
