"""The window's hold on the worker: what blocks runs here, what happens there arrives as events."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec, Split
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.services.service import Service
from imgclf_gui.plan import Plan
from imgclf_gui.protocol.events import Event, WorkerReady
from imgclf_gui.protocol.run_state import RunState

if TYPE_CHECKING:
    from imgclf_gui.jobs.run_folder import RunFolder
    from imgclf_gui.jobs.supervisor import Jobs

WORKER_NICENESS = 5
FIND_RUN = "find run"
SHORTEST_INTERVAL = 1 / 30
"""Seconds between two `events_received`."""


class TrainerService(Service):
    """Owns `jobs.Jobs`; every method returns at once and works on the service's thread."""

    events_received = Signal(list)
    """Events of the worker in their order, at most 30 times a second."""
    import_started = Signal(str)
    """The job that imports."""
    run_created = Signal(object)
    """The RunView of a run that was just asked for."""
    begun = Signal(str, object)
    """What `begin` was asked for, and what `jobs` made of it: a job's name, or a folder."""
    _arrived = Signal()

    def __init__(self, command: Sequence[str] | None = None) -> None:
        """`command` is the worker's command line, if not the usual one."""
        super().__init__("trainer")
        self._command = command
        self._jobs: Jobs | None = None
        self._events: list[Event] = []
        self._events_lock = threading.Lock()
        self._sent_at = 0.0
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def warm_up(self) -> None:
        """Start the worker, and let it import TensorFlow."""
        self.ask("warm_up", lambda: self._open_jobs().warm_up())

    def import_images(self, project: Project, source: Path) -> None:
        """Import `source` into `project` → import_started, then its events."""

        def start() -> None:
            self.import_started.emit(self._open_jobs().import_images(project, source))

        self.ask("import", start)

    def train(self, project: Project, spec: ProjectSpec, plan: Plan, name: str) -> None:
        """Start a run → run_created, then its events."""

        def start() -> None:
            run = self._open_jobs().train(project, spec, plan, name)
            self.run_created.emit(RunView.of(run, RunState()))

        self.ask("train", start)

    def train_twins(
        self, project: Project, spec: ProjectSpec, what: str, device: DeviceSummary | None
    ) -> None:
        """Start runs of `spec` with and without `what`, one behind the other → run_created twice.

        `device` is what is known of the spec's device.
        """

        def start() -> None:
            from imgclf_gui.jobs.twins import train_twins

            for run in train_twins(self._open_jobs(), project, spec, what, device=device):
                self.run_created.emit(RunView.of(run, RunState()))

        self.ask("train", start)

    def find_run(self, project: Project, run_id: str) -> None:
        """Show a run that was begun beside the window → run_created."""

        def find() -> None:
            from imgclf_gui.jobs.run_folder import RunFolder

            run = RunFolder.open(project.runs_folder / run_id)
            self.run_created.emit(RunView.of(run, RunState()))

        self.ask(FIND_RUN, find)

    def begin(self, what: str, action: Callable[[Jobs], object]) -> None:
        """Let `action` start a job → begun(what, what it returned), or refused(what, …)."""
        self.ask(what, lambda: self.begun.emit(what, action(self._open_jobs())))

    def resume(self, project: Project, run: RunFolder) -> None:
        """Go on with a run that ended before its time."""
        self.ask("resume", lambda: self._open_jobs().resume(project, run))

    def pause(self, job: str) -> None:
        """Hold a run before its next step."""
        self.ask("pause", lambda: self._open_jobs().pause(job))

    def go_on(self, job: str) -> None:
        """End a run's pause."""
        self.ask("go_on", lambda: self._open_jobs().go_on(job))

    def stop(self, job: str) -> None:
        """End a job at its next step or image."""
        self.ask("stop", lambda: self._open_jobs().stop(job))

    def evaluate(self, project: Project, run: RunFolder, split: Split, views: int = 0) -> None:
        """Measure the run's best model on `split`, its answers averaged over changed views, too."""
        self.ask("evaluate", lambda: self._open_jobs().evaluate(project, run, split, views=views))

    def load_predictor(self, model: RunFolder | str) -> None:
        """Make the predictor of a run, or of a built-in classifier, ready."""
        self.ask("load_predictor", lambda: self._open_jobs().load_predictor(model))

    def classify(
        self, model: RunFolder | str, images: Sequence[Path], top: int = 5, views: int = 0
    ) -> None:
        """Classify files, and all images below folders, by changed views of each, too."""
        self.ask("classify", lambda: self._open_jobs().classify(model, images, top, views=views))

    def clean_up(self) -> None:
        """Stop what runs (a run keeps its checkpoint) and end the worker."""
        if self._jobs is not None:
            self._jobs.close()
            self._jobs = None

    def _open_jobs(self) -> Jobs:
        if self._jobs is None:
            from imgclf_gui.jobs.supervisor import Jobs

            self._jobs = Jobs(self._take_event, self._command)
        return self._jobs

    def _take_event(self, event: Event) -> None:
        """Called on the thread that reads the worker."""
        if isinstance(event, WorkerReady):
            _stand_back(event.pid)
        with self._events_lock:
            self._events.append(event)
            first = len(self._events) == 1
        if first:
            self._arrived.emit()

    @Slot()
    def _on_arrived(self) -> None:
        wait = self._sent_at + SHORTEST_INTERVAL - time.monotonic()
        if wait > 0:
            QTimer.singleShot(int(1000 * wait) + 1, self._send)
        else:
            self._send()

    @Slot()
    def _send(self) -> None:
        with self._events_lock:
            events, self._events = self._events, []
        self._sent_at = time.monotonic()
        if events:
            self.events_received.emit(events)


def _stand_back(pid: int) -> None:
    """Let the window come first where both want the processor; threads to come inherit it."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, WORKER_NICENESS)
