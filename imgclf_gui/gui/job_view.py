"""What runs now, in words and figures, for the status line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState

LOOK_SECONDS = 2.0
"""Images appear this often while they are imported."""


@dataclass(frozen=True)
class JobView:
    """One job under way."""

    kind: Literal[
        "import",
        "sort",
        "run",
        "study",
        "copies",
        "check",
        "transfer",
        "cloud",
        "automl",
        "automl-online",
        "weights",
    ]
    title: str
    done: int = 0
    total: int = 0
    """0: not known yet."""
    images_per_second: float | None = None
    seconds_left: float | None = None
    paused: bool = False

    @property
    def fraction(self) -> float | None:
        """0…1; None while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None

    def sentence(self) -> str:
        """Title, rate and time left in one line."""
        parts = [self.title]
        if self.images_per_second:
            parts.append(f"{self.images_per_second:,.0f} images/s")
        if self.seconds_left is not None and not self.paused:
            parts.append(f"{duration(self.seconds_left)} left")
        return " · ".join(parts)


class Part(Protocol):
    """What works on threads of its own while the window lives, besides the studio's workers."""

    @property
    def job(self) -> JobView | None:
        """What it does now."""

    def stop(self) -> None:
        """End that before its time."""

    def close(self) -> None:
        """End everything, and join the threads."""


@dataclass
class ImportUnderWay:
    """An import from the wish to its end."""

    source: Path
    job: str = ""
    """Its id; empty until the worker was asked."""
    progress: e.ImportProgressed | None = None
    look_after: float = 0.0
    """When the dataset is worth another look, in seconds since 1970."""

    def take(self, progress: e.ImportProgressed) -> bool:
        """Note how far it is; whether the dataset should be read again."""
        self.progress = progress
        if progress.at < self.look_after:
            return False
        self.look_after = progress.at + LOOK_SECONDS
        return True

    def view(self) -> JobView:
        """For the status line."""
        name, progress = self.source.name, self.progress
        if progress is None:
            return JobView("import", f"Reading {name}")
        return JobView(
            "import",
            f"Importing {name}: {progress.done:,} of {progress.total:,}",
            progress.done,
            progress.total,
            progress.images_per_second,
            progress.seconds_left,
        )


def run_view(name: str, state: RunState) -> JobView:
    """A run that a worker has in hand."""
    if state.status == "waiting":
        return JobView("run", f"Starting {name}")
    if state.status == "preparing" and state.preparing is not None:
        ready = state.preparing
        features = ready.what == "features"
        title = f"{'Computing features' if features else 'Preparing images'} for {name}"
        return JobView(
            "run", title, ready.done, ready.total, ready.images_per_second, ready.seconds_left
        )
    total = state.epochs_total * state.steps_per_epoch
    epoch = min(len(state.epochs) + 1, state.epochs_total)
    paused = state.status == "paused"
    title = f"{'Paused' if paused else 'Training'} {name}: epoch {epoch} of {state.epochs_total}"
    last = state.last
    return JobView(
        "run",
        title,
        state.step,
        total,
        last.images_per_second if last and not paused else None,
        last.seconds_left if last else None,
        paused,
    )


def duration(seconds: float) -> str:
    """'8 s', '3 min', '2 h 5 min'."""
    seconds = max(0, round(seconds))
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest} min"


def import_sentence(event: e.ImportFinished) -> str:
    """What an import did."""
    parts = [f"{event.imported:,} images imported in {event.seconds:.3g} s"]
    if event.duplicates:
        parts.append(f"{event.duplicates:,} duplicates left out")
    if event.skipped_total:
        parts.append(f"{event.skipped_total:,} could not be read")
    if event.stopped:
        parts.append("stopped before the end")
    return "; ".join(parts) + "."
