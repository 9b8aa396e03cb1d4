"""The jobs of one command: started, followed to their end, and stopped in order by Ctrl+C."""

from __future__ import annotations

import queue
import signal
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Self

from imgclf_gui.cli.output import Output
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.supervisor import WARM_UP, Jobs
from imgclf_gui.protocol.events import FINAL_EVENTS, Event, JobFailed

WAKE_SECONDS = 0.2
"""Windows delivers Ctrl+C only between waits."""


class Session:
    """A context: its end ends the workers."""

    def __init__(self, output: Output) -> None:
        self.interrupted = False
        """Whether the person pressed Ctrl+C."""
        self._output = output
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.jobs = Jobs(self._events.put)

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.jobs.close()
        signal.signal(signal.SIGINT, self._before)

    def events(self, job: str) -> Iterator[Event]:
        """Every event of `job` to its end, and all events shown.

        Raises:
            UserError: the job failed.
            KeyboardInterrupt: it was ended before anything began.
        """
        over = False
        while not over:
            try:
                event = self._events.get(timeout=WAKE_SECONDS)
            except queue.Empty:
                continue
            if event is None:
                self._stop(job)
                continue
            self._output.take(event)
            if event.job != job:
                continue
            if isinstance(event, JobFailed):
                if self.interrupted and job == WARM_UP:
                    raise KeyboardInterrupt  # nothing has begun that could be kept
                raise UserError.from_report(event.error)
            over = isinstance(event, FINAL_EVENTS)
            yield event

    def follow(self, job: str) -> Event:
        """Show everything until `job` is over; its final event.

        Raises:
            UserError: the job failed.
        """
        *_, final = self.events(job)
        return final

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        # The first stops in order; the second ends the command at once.
        self._events.put(None)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _stop(self, job: str) -> None:
        self.interrupted = True
        self._output.say("Stopping. Press Ctrl+C again to end at once.")
        self.jobs.stop(job)
