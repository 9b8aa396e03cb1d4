"""Runs the command line as a person does: as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

IMGCLF = [sys.executable, "-m", "imgclf_gui"]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    lines: list[str]
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        """The last line of a command with --json."""
        result: dict[str, Any] = json.loads(self.lines[-1])
        return result


def imgclf(*words: str | Path, code: int | None = 0) -> Ended:
    """Run `imgclf` with `words`; it must end with `code`."""
    ended = subprocess.run(
        [*IMGCLF, *map(str, words)], capture_output=True, text=True, timeout=200, check=False
    )
    if code is not None and ended.returncode != code:
        raise AssertionError(f"exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return Ended(ended.returncode, ended.stdout.splitlines(), ended.stderr)
