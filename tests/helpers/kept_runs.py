"""What runs have left in their checkpoints, and what is remembered for the next."""

from __future__ import annotations

import json
from pathlib import Path

from imgclf_gui.protocol import commands as c
from imgclf_gui.worker import checkpoint


def kept(run: c.StartRun, name: str = checkpoint.LATEST) -> checkpoint.Arrays:
    """The arrays of a checkpoint of `run`."""
    return checkpoint.read(Path(run.run) / checkpoint.FOLDER / name)[0]


def assert_same_bits(one: c.StartRun, other: c.StartRun) -> None:
    """All state at the end, and the best weights, are equal in every bit."""
    for name in (checkpoint.LATEST, checkpoint.BEST):
        left, right = kept(one, name), kept(other, name)
        assert list(left) == list(right)
        assert all(left[key].tobytes() == right[key].tobytes() for key in left)


def remember(cache: Path, jit_compile: bool) -> None:
    """Turn the choice that was remembered last into one with or without XLA, 3 steps a call."""
    path = cache / "execution.json"
    known = json.loads(path.read_text("utf-8"))
    known[list(known)[-1]] = {"jit_compile": jit_compile, "steps_per_execution": 3}
    path.write_text(json.dumps(known), "utf-8")
