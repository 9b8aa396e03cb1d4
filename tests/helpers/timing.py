"""Limits on time: exact on request, and a guard against freezes everywhere else.

The limits are for an idle machine of today: `pytest --speed` holds them. Without the option,
as in CI, ten times as much is let through, since the machines that run tests differ and are busy.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

slack = 10.0
"""How much of a limit is let through; 1 under `--speed`."""


def hold(seconds: float, limit: float) -> None:
    """Fail where `seconds` are more than `limit` allows here."""
    assert seconds < limit * slack, f"{seconds:.4f} s, of {limit} s (× {slack:.0f} here)"


def within(limit: float, work: Callable[[], T], times: int = 1) -> T:
    """What `work` returns; the median of its processor seconds, in this thread, is held."""
    taken = []
    for _ in range(times):
        began = time.thread_time()
        result = work()
        taken.append(time.thread_time() - began)
    hold(statistics.median(taken), limit)
    return result
