"""Events as a person follows them: a line for what is done, and a bar for what goes on.

Where stdout is no terminal only the lines are printed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgclf_gui.cli.text import duration, percent, plain
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import TransferProgressed

if TYPE_CHECKING:
    from rich.progress import Progress


@dataclass(frozen=True)
class Bar:
    """How far something is: `done` of `total`, and figures beside it."""

    what: str
    done: float
    total: int
    figures: str = ""


class Display:
    """Shows events as they come; `close` takes the bar away."""

    def __init__(self) -> None:
        self._run: e.RunStarted | None = None
        self._progress: Progress | None = None
        if sys.stdout.isatty():
            self._progress = _rich_progress()
            self._progress.start()
            self._progress.add_task("", total=None, visible=False, figures="")

    def take(self, event: e.Event) -> None:
        """Show one event."""
        if isinstance(event, e.RunStarted):
            self._run = event
        line = sentence(event, self._run)
        if line:
            self._print(plain(line))
        bar = progress(event, self._run)
        if bar is not None and self._progress is not None:
            self._progress.update(
                self._progress.task_ids[0],
                description=bar.what,
                completed=bar.done,
                total=bar.total,
                figures=bar.figures,
                visible=True,
            )

    def close(self) -> None:
        """End the live display."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], visible=False)
            self._progress.stop()

    def _print(self, line: str) -> None:
        if self._progress is None:
            print(line, flush=True)
        else:
            self._progress.console.print(line, soft_wrap=True)


def sentence(event: e.Event, run: e.RunStarted | None = None) -> str:  # noqa: PLR0911 one case an event
    """The line that tells of `event`; '' for one that needs none. `run` is how the run began."""
    match event:
        case e.ImportFinished():
            return _imported(event)
        case e.RunStarted(step=0):
            return f"Training on {event.device.name}: {_plan(event)}."
        case e.RunStarted():
            return f"Going on from step {event.step:,} on {event.device.name}: {_plan(event)}."
        case e.ExecutionChosen():
            with_xla = "with XLA" if event.jit_compile else "without XLA"
            steps = event.steps_per_execution
            return f"Executed {with_xla}, {steps} {_plural('step', steps)} at a time ({event.how})."
        case e.EpochEnded():
            return _epoch(event, run)
        case e.RunPaused():
            return f"Paused at step {event.step:,}."
        case e.Logged():
            return f"{'Warning: ' if event.level == 'warning' else ''}{event.text}"
        case _:
            return ""


def progress(event: e.Event, run: e.RunStarted | None = None) -> Bar | None:  # noqa: PLR0911 as above
    """How far the work is after `event`; None if it does not say. `run` is how the run began."""
    match event:
        case e.ImportProgressed():
            left = _left(event.seconds_left)
            return Bar(
                "Importing",
                event.done,
                event.total,
                f"{event.images_per_second:,.0f} images/s{left}",
            )
        case e.PreparingPixels():
            if event.what == "pixels":
                return Bar("Decoding images", event.done, event.total)
            speed = f"{event.images_per_second or 0:,.0f} images/s{_left(event.seconds_left)}"
            return Bar("Features", event.done, event.total, speed)
        case e.StepsEnded() if run is not None:
            figures = (
                f"loss {event.loss:.3g}  accuracy {percent(event.accuracy)}  "
                f"{event.images_per_second:,.0f} images/s{_left(event.seconds_left)}"
            )
            what = f"Epoch {event.epoch}/{run.epochs_total}"
            return Bar(what, event.step, run.epochs_total * run.steps_per_epoch, figures)
        case e.StudyProgressed():
            what = f"Training {int(event.done) + 1}/{event.trainings}"
            return Bar(what, event.done, event.trainings, _left(event.seconds_left).strip())
        case e.CopiesProgressed():
            speed = f"{event.images_per_second:,.0f} images/s{_left(event.seconds_left)}"
            return Bar("Copies", event.done, event.total, speed)
        case TransferProgressed():
            left = _left(event.seconds_left).strip()
            return Bar(_begun_large(event.what), 100 * event.done, 100, left)
        case e.SortingProgressed():
            speed = f"{event.images_per_second:,.0f} images/s{_left(event.seconds_left)}"
            return Bar("Looking at images", event.done, event.total, speed)
        case e.GroupingProgressed():
            return Bar(_begun_large(event.what), 100 * event.done, 100)
        case e.Classified():
            return Bar("Classifying", event.done, event.total)
        case _:
            return None


def _begun_large(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _plan(event: e.RunStarted) -> str:
    epochs, steps = event.epochs_total, event.steps_per_epoch
    return f"{epochs} {_plural('epoch', epochs)} of {steps:,} {_plural('step', steps)}"


def _imported(event: e.ImportFinished) -> str:
    counts = [f"{event.imported:,} {_plural('image', event.imported)} imported"]
    if event.duplicates:
        counts.append(f"{event.duplicates:,} there already")
    if event.skipped_total:
        counts.append(f"{event.skipped_total:,} skipped")
    stopped = " Stopped." if event.stopped else ""
    return f"{', '.join(counts)}, in {duration(event.seconds)}.{stopped}"


def _epoch(event: e.EpochEnded, run: e.RunStarted | None) -> str:
    epoch = event.summary
    of = f"/{run.epochs_total}" if run is not None else ""
    parts = [f"Epoch {epoch.epoch}{of}", f"loss {epoch.loss:.3f}", percent(epoch.accuracy)]
    if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
        parts += [
            f"validation loss {epoch.validation_loss:.3f}",
            percent(epoch.validation_accuracy),
        ]
    parts.append(f"{epoch.images_per_second:,.0f} images/s")
    return "  ".join(parts) + ("  best" if event.best else "")


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"  {duration(seconds)} left"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _rich_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[figures]}", markup=False),
        console=Console(markup=False, highlight=False, emoji=False),
        transient=True,
    )
