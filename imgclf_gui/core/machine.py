"""What this machine has."""

from __future__ import annotations

from pathlib import Path

import psutil

_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a control group (a container, say) may use: versions 2 and 1."""


def memory_bytes() -> int:
    """Bytes of memory: all that is built in, or what the control group leaves of it.

    What other programs use at the moment does not count, so that a plan is the same tomorrow.
    """
    total = int(psutil.virtual_memory().total)
    return min([total, *filter(None, map(_limit, _LIMITS))])


def _limit(file: Path) -> int | None:
    """The limit that `file` states; None without one ('max', or no such file)."""
    try:
        text = file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdigit() else None
