"""Waiting for a job of a worker, for whoever may block and can be cancelled."""

from __future__ import annotations

import queue
from collections.abc import Iterator

from imgclf_gui.core.cloud import Cancel, cancelled
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.protocol.events import FINAL_EVENTS, Event, JobFailed

TICK_SECONDS = 0.1
"""So soon a cancellation is heard of."""


class Heard:
    """What is heard of one job: `take` goes where `jobs` wants an `on_event` or a `record`."""

    def __init__(self, jobs: Jobs, cancel: Cancel) -> None:
        self._jobs = jobs
        self._cancel = cancel
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def take(self, event: Event) -> None:
        """Called by the thread that reads the worker."""
        self._events.put(event)

    def until_over(self, job: str) -> Iterator[Event | None]:
        """Every event to the final one, and None whenever nothing has come for a moment.

        Raises:
            UserError: `cloud.cancelled`; the job was then told to stop, and is not waited for.
        """
        while True:
            if self._cancel.cancelled:
                self._jobs.stop(job)
                raise cancelled()
            try:
                event = self._events.get(timeout=TICK_SECONDS)
            except queue.Empty:
                yield None
                continue
            yield event
            if isinstance(event, FINAL_EVENTS):
                return

    def final(self, job: str) -> Event:
        """The event that ends it.

        Raises:
            UserError: `cloud.cancelled`, or what the job failed with.
        """
        *_, event = (event for event in self.until_over(job) if event is not None)
        if isinstance(event, JobFailed):
            raise UserError.from_report(event.error)
        return event
