"""How long something takes by itself, whatever else the test process holds and the machine does."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of this thread in the fastest of a few calls.

    Garbage is not collected meanwhile: what earlier tests of the same process left in memory
    (TensorFlow, thousands of widgets) would make a collection take longer than the work itself.
    """
    return min(_seconds_of_one(work) for _ in range(times))


def _seconds_of_one(work: Callable[[], object]) -> float:
    gc.disable()
    try:
        began = time.thread_time()
        work()
        return time.thread_time() - began
    finally:
        gc.enable()
