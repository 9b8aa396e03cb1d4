"""A screen of its own with a window manager, a mouse and a keyboard."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.05


class Desktop:
    """Moves the mouse and presses keys on the X display `name` (':7')."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.environment = {**os.environ, "DISPLAY": name, "QT_QPA_PLATFORM": "xcb"}
        self.environment.pop("WAYLAND_DISPLAY", None)

    def click(self, x: int, y: int, *, times: int = 1) -> None:
        """Click with the left button."""
        self._do("mousemove", x, y, "click", "--repeat", times, "--delay", 20, 1)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other: 'ctrl+2', 'Return'."""
        self._do("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        """Type `text` where the keyboard's focus is."""
        self._do("type", "--delay", 15, "--", text)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press at `start`, move in steps as a hand does, let go at `end`."""
        self._do("mousemove", *start, "mousedown", 1)
        for step in range(1, 11):
            self._do(
                "mousemove", *(a + (b - a) * step // 10 for a, b in zip(start, end, strict=True))
            )
        self._do("mousemove", end[0] + 2, end[1] + 2, "mouseup", 1)

    def picture(self, path: Path) -> Path:
        """Write what the screen shows as PNG (needs imagemagick)."""
        words = ["import", "-window", "root", str(path)]
        subprocess.run(words, env=self.environment, check=True, timeout=30)
        return path

    def _do(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, timeout=30)


@contextmanager
def desktop(width: int = 1280, height: int = 800) -> Iterator[Desktop]:
    """An X server on a free display number that only this machine reaches, and openbox on it."""
    screen = ["-screen", "0", f"{width}x{height}x24"]
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), *screen, "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with ended(server), os.fdopen(reading) as number:
        found = Desktop(f":{number.readline().strip()}")  # the server writes it when it is ready
        words = ["openbox", "--sm-disable", "--config-file", os.devnull]
        manager = subprocess.Popen(words, env=found.environment, stderr=subprocess.DEVNULL)
        with ended(manager):
            wait_for(lambda: _managed(found), "a window manager")
            yield found


@contextmanager
def held(on: Desktop, files: Sequence[Path]) -> Iterator[tuple[int, int]]:
    """Where files can be dragged from; the program there must live until they were taken."""
    words = [sys.executable, "-m", "tests.helpers.drag_source", *map(str, files)]
    source = subprocess.Popen(words, env=on.environment, stdout=subprocess.PIPE, text=True)
    with ended(source):
        assert source.stdout is not None
        x, y = map(int, source.stdout.readline().split())
        yield x, y


@contextmanager
def ended(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    """End the process behind the block."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Return as soon as `condition` holds.

    Raises:
        AssertionError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds:.0f} s"
        time.sleep(POLL_SECONDS)


def _managed(on: Desktop) -> bool:
    words = ["xdotool", "get_num_desktops"]  # a window manager announces them
    asked = subprocess.run(words, env=on.environment, capture_output=True, check=False, timeout=30)
    return asked.returncode == 0
