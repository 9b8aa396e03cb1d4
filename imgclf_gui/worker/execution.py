"""How training steps are executed: with XLA or without, and how many in one call.

Which is fastest depends on the network and the device (XLA doubles some residual networks on a CPU
and halves a small CNN), so the first steps of a run measure it, on a copy of all state that is put
back afterwards. The choice is remembered for the next run of the same network on the same device.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.resources import cache_folder
from imgclf_gui.protocol.events import ExecutionTrial
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.data import Block, BlockReader
from imgclf_gui.worker.steps import TrainingSteps

STEPS_TRIED = (1, 8, 32)

LONGEST_CALL = 0.2
"""Seconds; stopping waits for the end of a call, and so fewer steps are made in one if need be."""
LONGEST_TRIED = 0.6
"""Seconds a call may take in a trial: steps are slower while other programs are busy."""

CALLS_MEASURED = 4
LONGEST_MEASURED = 1.0
"""Seconds; no more calls are measured after them."""

COMPILE_WORTH = 20
"""XLA is tried if the run will last this many times as long as compiling without it did. XLA takes
about four times as long as that, so that a trial costs at most a fifth of a run, mostly far less.
"""

JIT_GAIN = 1.05
"""XLA must be faster by this factor: within the noise, the shorter compilation wins."""

REMEMBERED = 500
"""Choices kept; the oldest go."""


class Choice(BaseModel):
    """An execution setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jit_compile: bool
    steps_per_execution: int


_MEMORY: TypeAdapter[dict[str, Choice]] = TypeAdapter(dict[str, Choice])


@dataclass(frozen=True)
class Chosen:
    """A choice, and where it comes from."""

    choice: Choice
    how: Literal["measured", "remembered"]
    trials: tuple[ExecutionTrial, ...] = ()


class ChoiceMemory:
    """Choices of earlier runs, in one JSON file of the person's cache folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or cache_folder()) / "execution.json"

    def get(self, key: str) -> Choice | None:
        """The choice kept under `key`."""
        return self._read().get(key)

    def put(self, key: str, choice: Choice) -> None:
        """Keep `choice`; a cache that cannot be written is no reason to fail."""
        known = {name: value for name, value in self._read().items() if name != key}
        known[key] = choice
        newest = dict(list(known.items())[-REMEMBERED:])
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomic(self._path, _MEMORY.dump_json(newest, indent=1).decode())
        except (OSError, UserError):
            return

    def _read(self) -> dict[str, Choice]:
        try:
            return _MEMORY.validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return {}


def memory_key(*parts: object) -> str:
    """A name for what a choice depends on; parts are JSON values."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def choose(
    steps: TrainingSteps,
    reader: BlockReader,
    run_steps: int,
    *,
    memory: ChoiceMemory,
    key: str,
    stopped: Callable[[], bool] = lambda: False,
) -> Chosen:
    """The remembered choice, or the fastest of those tried; all state is as before.

    `run_steps` is how many steps are still to be made; 0: XLA is not tried, nor the choice kept.
    """
    remembered = memory.get(key)
    if remembered is not None:
        return Chosen(remembered, "remembered")
    before = checkpoint.arrays_of(steps.variables)
    try:
        trials = _Trials(steps, reader, run_steps, stopped).measure()
    finally:
        checkpoint.restore(steps.variables, before, Path("snapshot"))
    best = fastest(trials)
    if run_steps and not stopped():
        memory.put(key, best)
    return Chosen(best, "measured", tuple(trials))


def fastest(trials: list[ExecutionTrial]) -> Choice:
    """The choice that `trials` speak for."""

    def speed(trial: ExecutionTrial) -> float:
        return trial.images_per_second / (JIT_GAIN if trial.jit_compile else 1)

    best = max(trials, key=speed)
    return Choice(jit_compile=best.jit_compile, steps_per_execution=best.steps_per_execution)


@dataclass
class _Trials:
    """Measures candidates on the run's first blocks."""

    steps: TrainingSteps
    reader: BlockReader
    run_steps: int
    stopped: Callable[[], bool]

    def measure(self) -> list[ExecutionTrial]:
        plain = self._with(jit_compile=False)
        fastest_rate = max(trial.images_per_second for trial in plain)
        left = self.run_steps * self._block(1).batch / fastest_rate
        if self.stopped() or left < COMPILE_WORTH * plain[0].compile_seconds:
            return plain
        try:
            return plain + self._with(jit_compile=True)
        except tf.errors.OpError:
            return plain  # XLA does not know an operation of this network, or lacks memory

    def _with(self, *, jit_compile: bool) -> list[ExecutionTrial]:
        compiling = self._seconds(self._block(1), jit_compile)
        trials: list[ExecutionTrial] = []
        a_step = 0.0
        for count in STEPS_TRIED:
            block = self._block(count)
            if trials and (block.steps < count or a_step * count > LONGEST_TRIED or self.stopped()):
                break
            a_step = self._best_of(block, jit_compile) / block.steps
            trials.append(
                ExecutionTrial(
                    jit_compile=jit_compile,
                    steps_per_execution=count,
                    images_per_second=block.batch / a_step,
                    compile_seconds=compiling,
                )
            )
        return trials

    def _best_of(self, block: Block, jit_compile: bool) -> float:
        """The shortest of a few calls: other programs only ever make one longer."""
        times = [self._seconds(block, jit_compile)]
        while len(times) < CALLS_MEASURED and sum(times) < LONGEST_MEASURED:
            times.append(self._seconds(block, jit_compile))
        return min(times)

    def _seconds(self, block: Block, jit_compile: bool) -> float:
        rates = np.full(block.steps, 1e-4, np.float32)
        begin = time.perf_counter()
        self.steps.run(block, rates, jit_compile=jit_compile)
        return time.perf_counter() - begin

    def _block(self, count: int) -> Block:
        return self.reader.read(0, 0, count)
