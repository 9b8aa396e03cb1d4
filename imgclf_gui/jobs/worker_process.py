"""One worker process: starts it, speaks the protocol with it, and says how it ended.

Threads serve it: they write its commands, read its events and its stderr, and watch that it
lives and answers. A worker that dies, hangs or ignores a stop ends its jobs with JobFailed, so
that whoever waits for a job always hears of its end.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import imgclf_gui
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.resources import cache_folder
from imgclf_gui.jobs import endings
from imgclf_gui.jobs.endings import Role
from imgclf_gui.protocol import codec, commands
from imgclf_gui.protocol.events import (
    FINAL_EVENTS,
    BlocksObserved,
    CopiesProgressed,
    Event,
    JobFailed,
    Logged,
    StepsEnded,
    StudyProgressed,
)
from imgclf_gui.protocol.sorting_events import GroupingProgressed, SortingProgressed
from imgclf_gui.protocol.transfer_events import TransferProgressed

SILENCE_SECONDS = 60.0
"""A worker sends a heartbeat every few seconds; after this long without one it hangs."""
STARTING_SILENCE_SECONDS = 180.0
"""The same before its first answer: importing TensorFlow from a slow disk holds Python's lock."""
STOP_SILENCE_SECONDS = 3.0
"""A stopped job must end, or report that it saves what it did, within this time."""
STOP_SECONDS = 20.0
"""A stopped job must end within this time, whatever it reports."""

STEP_BACK = 10
"""Nice value of the worker in the background: beside a usual process it gets about a tenth."""

TICK_SECONDS = 0.2
DRAIN_SECONDS = 2.0
TAIL_LINES = 200
TAIL_LINE_BYTES = 500
"""Of each of them, so that a report of a worker's end stays a line that can be kept."""
LOG_BYTES = 1_000_000

_OF_OTHER_JOBS = (
    commands.PauseRun,
    commands.ContinueRun,
    commands.StopJob,
    commands.Shutdown,
)
"""Commands that start none."""
_GOING_ON = (
    StepsEnded,
    BlocksObserved,
    CopiesProgressed,
    StudyProgressed,
    TransferProgressed,
    SortingProgressed,
    GroupingProgressed,
)
"""Events that say no more than that a job goes on as if it had not been stopped."""


@dataclass
class _Stop:
    """A job that has been asked to stop."""

    seconds: float = 0.0
    """Since then."""
    reacted: bool = False
    """Whether it reported something else than that it goes on."""


def worker_command() -> list[str]:
    """The command line of a local worker.

    -P keeps the folder the app was started in out of the worker's import path.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker"]
    return [sys.executable, "-P", "-m", "imgclf_gui", "--worker"]


class WorkerProcess:
    """A running worker. `on_event` is called from its threads, in the order of the events."""

    def __init__(
        self, role: Role, on_event: Callable[[Event], None], command: Sequence[str] | None = None
    ) -> None:
        """Start the process.

        Raises:
            UserError: `worker.start`.
        """
        self.role = role
        self._on_event = on_event
        self._lock = threading.Lock()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._unfinished: dict[str, None] = {}
        """Jobs in the order in which the worker takes them up."""
        self._stops: dict[str, _Stop] = {}
        self._over = False
        self._closing = False
        self._answered = False
        self._silent = 0.0
        self._cause: ErrorReport | None = None
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._process = _start(command or worker_command())
        if role == "background":
            _step_back(self._process.pid)
        self._helpers = [
            self._thread(serve)
            for serve in (self._read_events, self._read_stderr, self._write_commands)
        ]
        self._watcher = self._thread(self._watch)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it takes commands."""
        return not self._over and self._process.poll() is None

    def send(self, command: commands.Command) -> bool:
        """Give it `command`; False if it has ended, and a fresh worker is needed.

        Raises:
            UserError: `protocol.line` if the command is too long.
        """
        line = codec.encode(command)
        with self._lock:
            if not self.alive:
                return False
            if not isinstance(command, _OF_OTHER_JOBS):
                self._unfinished[command.job] = None
            self._outbox.put(line)
        return True

    def stop(self, job: str) -> None:
        """Ask `job` to end. If it does not, the process is killed and the job fails."""
        with self._lock:
            if job in self._unfinished:
                self._stops.setdefault(job, _Stop())
        self.send(commands.StopJob(job=job))

    def kill(self, cause: ErrorReport | None = None) -> None:
        """End it at once; `cause` is what its unfinished jobs fail with."""
        self._cause = self._cause or cause
        self._process.kill()

    def begin_close(self) -> None:
        """Close its input: it stops what runs, keeps it, and exits. Nothing fails by that."""
        self._closing = True
        self._outbox.put(None)

    def finish_close(self, seconds: float) -> None:
        """Wait for the exit after `begin_close`, and kill after `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._watcher.join()

    def _thread(self, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=f"{self.role}{target.__name__}", daemon=True)
        thread.start()
        return thread

    def _read_events(self) -> None:
        with _pipe(self._process.stdout) as stream:
            for line in _lines(stream):
                self._silent = 0.0
                try:
                    event = codec.decode_event(line)
                except UserError as error:
                    event = Logged(level="warning", text=error.report.sentence())
                self._take(event)

    def _take(self, event: Event) -> None:
        with self._lock:
            if event.job:
                self._answered = True
            if event.job in self._stops and not isinstance(event, _GOING_ON):
                self._stops[event.job].reacted = True
            if isinstance(event, FINAL_EVENTS):
                self._unfinished.pop(event.job, None)
                self._stops.pop(event.job, None)
        self._on_event(event)

    def _write_commands(self) -> None:
        # A thread of its own, so that a worker that does not read never blocks who sends. If it
        # has ended, the watcher says so.
        with contextlib.suppress(OSError), _pipe(self._process.stdin) as stream:
            while (line := self._outbox.get()) is not None:
                stream.write(line)
                stream.flush()

    def _read_stderr(self) -> None:
        log = _open_log(self.role)
        with _pipe(self._process.stderr) as stream:
            for line in iter(lambda: stream.readline(codec.MAX_LINE_BYTES), b""):
                self._tail.append(line[:TAIL_LINE_BYTES].decode("utf-8", "replace").rstrip())
                _write_log(log, line)
        if log is not None:
            log.close()

    def _watch(self) -> None:
        # Time is counted in ticks of our own waiting, so that a suspended computer, where nobody
        # could read or write, is not taken for a worker that hangs.
        while not self._ended(TICK_SECONDS):
            self._silent += TICK_SECONDS
            self._check_silence()
            self._check_stops()
        self._outbox.put(None)
        for helper in self._helpers:
            helper.join(DRAIN_SECONDS)
        self._report_end()

    def _ended(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _check_silence(self) -> None:
        limit = SILENCE_SECONDS if self._answered else STARTING_SILENCE_SECONDS
        if self._silent > limit and not self._closing:
            self.kill(endings.hung(self.role, self._silent))

    def _check_stops(self) -> None:
        with self._lock:
            running = next(iter(self._unfinished), "")
            stop = self._stops.get(running)  # the others wait for their turn to be dropped
            if stop is None:
                return
            stop.seconds += TICK_SECONDS
            late = stop.seconds > (STOP_SECONDS if stop.reacted else STOP_SILENCE_SECONDS)
        if late:
            self.kill(endings.stopped_hard(self.role))

    def _report_end(self) -> None:
        with self._lock:
            self._over = True
            jobs, self._unfinished = list(self._unfinished), {}
        if self._closing:
            return
        error = self._cause or endings.died(self.role, self._process.returncode, list(self._tail))
        for job in jobs:
            self._on_event(JobFailed(job=job, error=error))


def worker_environment() -> dict[str, str]:
    """The environment of a worker: ours, without keys, since it asks nobody."""
    package = Path(imgclf_gui.__file__).parents[1]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    ours = {name: value for name, value in os.environ.items() if name != "GOOGLE_API_KEY"}
    return {**ours, "PYTHONPATH": os.pathsep.join(paths), "PYTHONFAULTHANDLER": "1"}


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(),
            **_apart(),
        )
    except OSError as error:
        raise UserError(
            "worker.start",
            f"The worker process could not be started: {error.strerror or error}.",
            "Close other programs if memory is short, then try again.",
            f"{command}: {error}",
        ) from error


def _apart() -> dict[str, Any]:
    """Ctrl+C in the terminal is for the command line, which then stops the worker in order."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _step_back(pid: int) -> None:
    """Let a training that the person waits for have the processors before process `pid`."""
    import psutil

    lower = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else STEP_BACK
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process(pid).nice(lower)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("every stream of a worker is a pipe")
    return stream


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines; of one that is too long the beginning, of one cut off by the end nothing."""
    while line := stream.readline(codec.MAX_LINE_BYTES + 1):
        if line.endswith(b"\n"):
            yield line
        elif len(line) > codec.MAX_LINE_BYTES:
            while (rest := stream.readline(codec.MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield line


def _open_log(role: Role) -> IO[bytes] | None:
    """What the worker writes to stderr, for bug reports; the run goes on without it."""
    path = cache_folder() / f"worker-{role}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
        return path.open("ab")
    except OSError:
        return None


def _write_log(log: IO[bytes] | None, line: bytes) -> None:
    with contextlib.suppress(OSError):
        if log is not None and log.tell() < 2 * LOG_BYTES:
            log.write(line)
            log.flush()
