"""Runs that begin without a press on Train: those that are tried for a custom model."""

from __future__ import annotations

import re
from collections.abc import Callable

from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.protocol.events import Event

_RUN = re.compile(r"\d+")


class HeardRuns:
    """Keeps what is heard of a run until it is found, so that nothing is lost or told twice."""

    def __init__(self, find: Callable[[str], None]) -> None:
        """`find` is asked for a run by its id, once."""
        self._find = find
        self._heard: dict[str, list[Event]] = {}

    def take(self, event: Event) -> None:
        """Take in what was reported of a job that is no run which is known."""
        if not _RUN.fullmatch(event.job):
            return
        if event.job not in self._heard:
            self._heard[event.job] = []
            self._find(event.job)
        self._heard[event.job].append(event)

    def found(self, run: RunView) -> None:
        """Tell it what was heard of it."""
        for event in self._heard.pop(run.id, ()):
            run.state.apply(event)
