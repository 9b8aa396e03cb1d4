"""What a worker's death means to a person: one plain sentence, and what to do."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Literal

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol.events import JobFailed, RunFinished

Role = Literal["train", "import", "predict", "background"]
"""What a worker process is for."""

STOPPED = "worker.stopped"
"""The code of `stopped_hard`."""

WINDOWS_ACCESS_VIOLATION = 0xC0000005

_KEPT: dict[Role, str] = {
    "train": "The best model and the last checkpoint are kept.",
    "import": "The images imported so far are kept.",
    "predict": "The run is as it was.",
    "background": "The copies written and the trainings ended so far are kept.",
}
_AGAIN: dict[Role, str] = {
    "train": "Press Resume, or use 'imgclf train --resume', to go on.",
    "import": "Import the same source again to go on.",
    "predict": "Try again; a fresh worker starts by itself.",
    "background": "Start it again; a study goes on with the trainings that are missing.",
}
_SMALLER: dict[Role, str] = {
    "train": "Use a smaller batch size, smaller images or a smaller network, or close other "
    "programs, then press Resume.",
    "import": "Close other programs, then import the same source again.",
    "predict": "Close other programs, or classify fewer images at a time.",
    "background": "Close other programs, then start it again; a study goes on with the trainings "
    "that are missing.",
}


def died(role: Role, status: int, tail: Sequence[str]) -> ErrorReport:
    """How a process that ended by itself with exit `status` (negative: a signal) reads.

    `tail` holds the last lines of its stderr.
    """
    details = "\n".join([f"worker: {role}, exit status: {status}", *tail])
    if status == -_signal("SIGKILL"):
        return ErrorReport(
            code="worker.killed",
            message="The worker process was killed (signal 9), most likely because memory ran "
            f"out. {_KEPT[role]}",
            hint=_SMALLER[role],
            details=details,
        )
    return ErrorReport(
        code="worker.died",
        message=f"The worker process {_manner(status, tail)}. {_KEPT[role]}",
        hint=f"{_AGAIN[role]} If it happens again, report it with the details.",
        details=details,
    )


def hung(role: Role, seconds: float) -> ErrorReport:
    """A worker that lives and says nothing."""
    return ErrorReport(
        code="worker.hung",
        message=f"The worker process gave no sign of life for {seconds:.0f} seconds and was "
        f"ended. {_KEPT[role]}",
        hint=_AGAIN[role],
    )


def stopped_hard(role: Role) -> ErrorReport:
    """A worker that did not stop when asked."""
    return ErrorReport(
        code=STOPPED,
        message=f"The work did not stop in time, so its process was ended. {_KEPT[role]}",
        hint=_AGAIN[role],
    )


def stopped_as_asked(run: RunFolder, failed: JobFailed) -> RunFinished | JobFailed:
    """A training whose worker had to be ended to stop it is stopped, as the person asked."""
    if failed.error.code != STOPPED or failed.job != run.id:
        return failed
    return stopped(run, failed.at)


def stopped(run: RunFolder, at: float) -> RunFinished:
    """The end of a training that no worker can tell of, with what it came to before."""
    state = run.state()
    seconds = state.seconds or (at - state.started_at if state.started_at else 0)
    return RunFinished(
        job=run.id, at=at, outcome="stopped", best_epoch=state.best_epoch, seconds=seconds
    )


def _manner(status: int, tail: Sequence[str]) -> str:
    crashes = {-_signal("SIGSEGV"), -_signal("SIGABRT"), -_signal("SIGBUS"), -_signal("SIGILL")}
    if status in crashes or status == WINDOWS_ACCESS_VIOLATION:
        name = _status_name(status)
        return f"crashed in one of its libraries ({name}), which a lack of memory can cause"
    if status < 0:
        return f"was ended by {_status_name(status)}"
    last = next((line.strip() for line in reversed(tail) if line.strip()), "")
    said = f": {last[:200]}" if status and last else ""
    return f"ended before its work was done (exit status {status}){said}"


def _status_name(status: int) -> str:
    if status >= 0:
        return f"exit status {status:#x}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _signal(name: str) -> int:
    """Its number; one that no process ends with where the system lacks it."""
    if sys.platform == "win32":
        return -1_000_000
    return int(signal.Signals[name])
