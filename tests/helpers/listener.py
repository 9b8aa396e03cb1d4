"""Collects events, and waits for the one a test is about."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from imgclf_gui.protocol.events import Event

EventT = TypeVar("EventT")


class Listener:
    """Give it to `Jobs` as `on_event`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def __call__(self, event: Event) -> None:
        """Take in one event, from any thread."""
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, kind: type[EventT], job: str | None = None, seconds: float = 20) -> EventT:
        """The first event of `kind` (about `job`), which came already or will come."""

        def found() -> EventT | None:
            return next((event for event in self.all(kind, job)), None)

        with self._news:
            event = self._news.wait_for(found, seconds)
        if event is None:
            got = [event.type for event in self.events]
            raise AssertionError(f"no {kind.__name__} of {job} in {seconds} s; got {got}")
        return event

    def all(self, kind: type[EventT], job: str | None = None) -> list[EventT]:
        """Every event of `kind` (about `job`) so far."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (job is None or event.job == job)
        ]

    def wait_until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Until `condition` holds; it is asked again with each event and ten times a second."""
        with self._news:
            for _ in range(int(seconds * 10)):
                if condition():
                    return
                self._news.wait(0.1)
        raise AssertionError("the condition did not come true")
