"""How a job, between two steps, learns what the person wants of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from imgclf_gui.protocol.events import Event

Emit = Callable[[Event], None]


class Control:
    """Set by the thread that reads commands, watched by the job. Stopping ends a pause."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stopped = False
        self._paused = False
        self.busy_with = ""
        """What keeps the job from seeing a stop for seconds, as part of a sentence; else empty."""

    @property
    def stopped(self) -> bool:
        """Whether the job is to end at the next occasion."""
        return self._stopped

    @property
    def paused(self) -> bool:
        """Whether the job is to wait."""
        return self._paused and not self._stopped

    def stop(self) -> None:
        """End the job."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Let the job wait."""
        with self._changed:
            self._paused = True

    def proceed(self) -> None:
        """Let the job go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def wait_while_paused(self) -> None:
        """Return when the pause is over, or the job is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not self._paused)
