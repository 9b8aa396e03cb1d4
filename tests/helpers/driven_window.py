"""The real app in a process of its own, seen through its state file and used by mouse and keys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.helpers.desktop import Desktop, ended, held, wait_for

State = dict[str, Any]
Rect = Sequence[int]


class DrivenWindow:
    """What a person sees of the window, and what they do with it; things are found by name."""

    def __init__(
        self, on: Desktop, process: subprocess.Popen[bytes], state_file: Path, stack: ExitStack
    ) -> None:
        self.desktop = on
        self.process = process
        self.children: set[psutil.Process] = set()
        """Every process that it was ever seen to have started."""
        self._file = state_file
        self._stack = stack  # ends the programs that files were dragged from

    def state(self) -> State:
        """What the window says of itself now."""
        self._file.unlink(missing_ok=True)
        self._file.with_name(self._file.name + ".request").touch()
        wait_for(self._answered, "answer of the window")
        self.children.update(psutil.Process(self.process.pid).children(recursive=True))
        state: State = json.loads(self._file.read_text("utf-8"))
        return state

    def until(self, condition: Callable[[State], object], what: str, seconds: float = 60) -> State:
        """The first state in which `condition` holds."""
        seen: list[State] = []

        def holds() -> object:
            seen[:] = [self.state()]
            return condition(seen[0])

        wait_for(holds, what, seconds)
        return seen[0]

    def widget(self, name: str) -> State:
        """The widget of that name, as soon as it can be seen and used, at its final place."""
        last: list[State] = [{}]

        def rests() -> bool:
            before, last[0] = last[0], self.state()["widgets"].get(name, {})
            return bool(last[0]) and last[0] == before and last[0]["seen"] and last[0]["enabled"]

        wait_for(rests, f"usable widget {name!r}")
        return last[0]

    def text(self, name: str) -> str:
        """The text of the widget of that name; empty while it cannot be seen."""
        found = self.state()["widgets"].get(name, {})
        return str(found.get("text", "")) if found.get("seen") else ""

    def click(self, name: str, *, times: int = 1) -> None:
        """Click the middle of a widget."""
        self.desktop.click(*middle(self.widget(name)["rect"]), times=times)

    def click_part(self, name: str, text: str) -> None:
        """Click the tab, menu entry or item with that text in the widget of that name."""
        parts = [one for one in self.widget(name)["parts"] if one["text"] == text]
        assert parts, f"{name!r} shows no {text!r}"
        self.desktop.click(*middle(parts[0]["rect"]))

    def row(self, name: str, text: str) -> State:
        """The row of a tree with that text; `path` and what it says in words are in it."""
        rows = [one for one in self.widget(name)["parts"] if one["text"] == text]
        assert rows, f"{name!r} shows no {text!r}"
        return dict(rows[0])

    def rows(self, name: str) -> list[str]:
        """What a tree shows, top to bottom: '  Convolution', indented by what it lies in."""
        parts = self.widget(name)["parts"]
        return ["  " * (len(one["path"]) - 1) + one["text"] for one in parts]

    def fill(self, name: str, text: str) -> None:
        """Replace what stands in a field by typing."""
        self.click(name)
        self.desktop.press("ctrl+a")
        self.desktop.type(text)

    def drop(self, *files: Path) -> None:
        """Drag files from another program onto the middle of the window."""
        start = self._stack.enter_context(held(self.desktop, files))
        self.desktop.drag(start, middle(self.widget("main_window")["rect"]))

    def close(self) -> None:
        """Ask the window manager to close it."""
        self.desktop.press("alt+F4")

    def workers(self) -> list[psutil.Process]:
        """The worker processes that it runs now."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "--worker" in child.cmdline()]

    def _answered(self) -> bool:
        assert self.process.poll() is None, f"the window ended with {self.process.returncode}"
        return self._file.exists()


@contextmanager
def window(on: Desktop, folder: Path, *words: str | Path) -> Iterator[DrivenWindow]:
    """The app started with `words`; `folder` becomes the person's home.

    At the end of the block the window must be closing; no process may be left of it.
    """
    state_file = folder / "state.json"
    environment = {
        **on.environment,
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "IMGCLF_GUI_STATE_FILE": str(state_file),
    }
    command = [sys.executable, "-W", "error", "-m", "imgclf_gui", *map(str, words)]
    process = subprocess.Popen(command, env=environment)
    with ended(process), ExitStack() as stack:
        driven = DrivenWindow(on, process, state_file, stack)
        driven.until(lambda state: state["first_painted_at"], "first paint")
        yield driven
        assert process.wait(30) == 0
        wait_for(lambda: not any(map(_lives, driven.children)), "end of its processes")


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def middle(rect: Rect) -> tuple[int, int]:
    """The point in the middle of a rectangle."""
    x, y, width, height = rect
    return x + width // 2, y + height // 2
