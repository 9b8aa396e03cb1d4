"""Jobs: everything that workers do for a person, from the window as from the command line.

A worker process a role, started when first needed: 'train' trains and evaluates, 'import' reads
sources and never imports TensorFlow, 'predict' classifies and previews, so that it works during a
training, 'background' does what takes long and nobody waits for.
Trainings queue; after one the supervisor has its best model measured, and writes the report.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec, Split
from imgclf_gui.jobs import endings
from imgclf_gui.jobs.endings import Role
from imgclf_gui.jobs.report import report
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.worker_process import WorkerProcess
from imgclf_gui.plan import Plan
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import (
    FINAL_EVENTS,
    DevicesListed,
    Evaluated,
    Event,
    JobFailed,
    Logged,
    RunFinished,
)

WARM_UP = "warm-up"
CLOSE_SECONDS = 10.0
"""Time for a worker to save what it does when the app closes."""


@dataclass
class _Training:
    """A training and the evaluations behind it; `job` is the one that runs now."""

    project: Project
    run: RunFolder
    plan: Plan
    resume: bool
    job: str
    hurried: bool = False
    """Whether no evaluations follow, and no XLA is tried."""
    splits: deque[Split] = field(default_factory=deque)


class Jobs:
    """Thread-safe. `on_event` gets every event of every worker, from the threads that read them.

    A job's id is in all its events; the job is over with its final event (`FINAL_EVENTS`), which
    always comes: if the worker dies, as JobFailed.
    """

    def __init__(
        self, on_event: Callable[[Event], None], command: Sequence[str] | None = None
    ) -> None:
        """Start nothing yet; `command` is the worker's command line, if not the usual one."""
        self._on_event = on_event
        self._command = command
        self._lock = threading.RLock()
        self._workers: dict[Role, WorkerProcess] = {}
        self._roles: dict[str, Role] = {}
        self._runs: dict[str, RunFolder] = {}
        self._records: dict[str, Callable[[Event], None]] = {}
        self._hearers: dict[str, Callable[[Event], None]] = {}
        """Who else hears of a training or an evaluation, by its job."""
        self._waiting: deque[_Training] = deque()
        self._current: _Training | None = None
        self._versions: dict[str, str] = {}
        self._numbers = 0
        self._closed = False

    def warm_up(self) -> str:
        """Start the training worker and import TensorFlow there → DevicesListed."""
        self._submit("train", commands.WarmUp(job=WARM_UP))
        return WARM_UP

    def import_images(self, project: Project, source: Path) -> str:
        """Import `source` → ImportProgressed…, ImportFinished."""
        job = self.new_job("import")
        command = commands.ImportImages(
            job=job, project=path_text(project.folder), source=path_text(source)
        )
        self._submit("import", command)
        return job

    def train(
        self,
        project: Project,
        spec: ProjectSpec,
        plan: Plan,
        name: str = "",
        *,
        twin: str = "",
        without: str = "",
        hurried: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> RunFolder:
        """Train `plan` as a new run, when those before it are over → …, RunFinished, Evaluated….

        `twin` and `without` say how it belongs to another run: see `RunInfo`. One that is
        `hurried` is over with RunFinished, and tries no XLA. `on_event` hears of the training,
        too, and of its end when the next one may begin.

        Raises:
            UserError: the run's folder cannot be written, or the worker cannot be started.
        """
        run = RunFolder.create(project, spec, plan, name, twin=twin, without=without)
        training = _Training(project, run, plan, resume=False, job=run.id, hurried=hurried)
        self._enqueue(training, on_event)
        return run

    def resume(
        self,
        project: Project,
        run: RunFolder,
        *,
        hurried: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Go on with `run` from its last checkpoint, or from its beginning without one.

        `hurried` and `on_event` as in `train`.

        Raises:
            UserError: `run.busy`, `run.complete`, `run.damaged`.
        """
        if run.state().status in ("completed", "stopped_early"):
            raise UserError(
                "run.complete",
                f"Run {run.id} ({run.name}) is complete: there is nothing to go on with.",
                "Train again with more epochs.",
            )
        training = _Training(project, run, run.plan(), resume=True, job=run.id, hurried=hurried)
        self._enqueue(training, on_event)

    @property
    def training(self) -> str | None:
        """The id of the run that is trained or measured at the moment; None if none is."""
        with self._lock:
            return self._current.run.id if self._current is not None else None

    def pause(self, job: str) -> None:
        """Let the training wait before its next step → RunPaused."""
        self._tell(job, commands.PauseRun(job=job))

    def go_on(self, job: str) -> None:
        """Let the training go on after a pause → RunContinued."""
        self._tell(job, commands.ContinueRun(job=job))

    def stop(self, job: str) -> None:
        """End `job` in order, or if it does not within seconds, by ending its worker.

        A run keeps its best model and can be resumed. Stopping a run that is being evaluated
        leaves out the evaluations; one that waits for its turn never starts.
        """
        with self._lock:
            queued = next((item for item in self._waiting if item.job == job), None)
            if queued is not None:
                self._waiting.remove(queued)
                self._runs[job] = queued.run
            elif self._current is not None and self._current.run.id == job:
                self._current.splits.clear()
                job = self._current.job
            role = self._roles.get(job)
            worker = self._workers.get(role) if role else None
        if queued is not None:
            self._take(endings.stopped(queued.run, time.time()))
            queued.run.let_go()
        elif worker is not None:
            worker.stop(job)

    def evaluate(
        self,
        project: Project,
        run: RunFolder,
        split: Split,
        views: int = 0,
        on_event: Callable[[Event], None] | None = None,
    ) -> str:
        """Measure the run's best model on `split` → Evaluated. During a training, beside it.

        With `views` it is asked about that many changed views of each image, too. `on_event`
        hears of it, too.
        """
        job = evaluation_job(run, split, views)
        with self._lock:
            if on_event is not None:
                self._hearers[job] = on_event
            if job in self._roles:
                return job  # it is being measured already
            role: Role = "train" if self._current is None else "predict"
            self._runs[job] = run
        self._submit(role, _evaluation(project, run, split, views))
        return job

    def load_predictor(self, model: RunFolder | str) -> str:
        """Make the predictor of a run, or of the built-in classifier of that id, ready before the
        first image comes → PredictorReady."""
        name, named = _model(model)
        command = commands.LoadPredictor(job=self.new_job(f"{name}:predictor"), **named)
        self._submit("predict", command)
        return command.job

    def classify(
        self, model: RunFolder | str, images: Sequence[Path], top: int = 5, views: int = 0
    ) -> str:
        """Classify files, and folders with all below them → Classified…, ClassifyFinished.

        `model` is a run, or the id of a built-in classifier. With `views` a run is asked about
        that many changed views of each image, too.

        Raises:
            UserError: `use.images` for more paths than fit into one command (about 10,000; a
                folder counts as one).
        """
        name, named = _model(model)
        command = commands.ClassifyImages(
            job=self.new_job(f"{name}:classify"),
            images=tuple(map(path_text, images)),
            top=top,
            views=views,
            **named,
        )
        with few_enough(images):
            return self.submit("predict", command)

    def new_job(self, name: str) -> str:
        """The id of a job to come: `name` and a number that no other has."""
        with self._lock:
            self._numbers += 1
            return f"{name}-{self._numbers}"

    def submit(
        self,
        role: Role,
        command: commands.Command,
        record: Callable[[Event], None] | None = None,
    ) -> str:
        """Give `command` to the worker of `role`, one job behind the other; the job's id.

        `record` gets every event of the job, the final one too, before anybody else hears of it;
        a UserError of it is logged.

        Raises:
            UserError: `worker.start`, `jobs.closed`, or `protocol.line` if it is too long.
        """
        with self._lock:
            if record is not None:
                self._records[command.job] = record
        self._submit(role, command)
        return command.job

    def close(self) -> None:
        """End every worker, with time to save what it does. Safe to call twice."""
        with self._lock:
            self._closed = True
            workers, self._workers = list(self._workers.values()), {}
            waiting, self._waiting = list(self._waiting), deque()
        for worker in workers:
            worker.begin_close()
        deadline = time.monotonic() + CLOSE_SECONDS
        for worker in workers:
            worker.finish_close(max(0.1, deadline - time.monotonic()))
        with self._lock:
            current, self._current = self._current, None
        for training in [*waiting, *([current] if current else [])]:
            training.run.let_go()

    # Workers

    def _submit(self, role: Role, command: commands.Command) -> None:
        """Give a job to the worker of `role`, a fresh one if there is none that lives."""
        with self._lock:
            if self._closed:
                raise UserError("jobs.closed", "The app is closing.", "Start it again.")
            worker = self._workers.get(role)
            if worker is None or not worker.send(command):
                self._start(role, command)
            self._roles[command.job] = role

    def _start(self, role: Role, command: commands.Command) -> None:
        worker = self._workers[role] = WorkerProcess(role, self._take, self._command)
        if role == "train" and not isinstance(command, commands.WarmUp):
            worker.send(commands.WarmUp(job=WARM_UP))  # a report names the versions it tells
        worker.send(command)

    def _tell(self, job: str, command: commands.Command) -> None:
        """Say something about a job that runs; nothing happens if it does not."""
        with self._lock:
            role = self._roles.get(job)
            worker = self._workers.get(role) if role else None
        if worker is not None:
            worker.send(command)

    # Events

    def _take(self, event: Event) -> None:
        """Keep and pass on one event, then do what follows from it."""
        with self._lock:
            run = self._runs.get(event.job)
            record = run.record if run is not None else self._records.get(event.job)
            hearer = self._hearers.get(event.job)
            if isinstance(event, DevicesListed):
                self._versions = event.versions
        if run is not None and isinstance(event, JobFailed):
            event = endings.stopped_as_asked(run, event)
        if record is not None:
            self._keep(event.job, lambda: record(event))
        self._on_event(event)
        if isinstance(event, FINAL_EVENTS):
            self._follow_up(event, run)
        if hearer is not None:
            hearer(event)

    def _follow_up(self, event: Event, run: RunFolder | None) -> None:
        with self._lock:
            self._roles.pop(event.job, None)
            self._runs.pop(event.job, None)
            self._records.pop(event.job, None)
            self._hearers.pop(event.job, None)
            training = self._current
            mine = training is not None and training.job == event.job
        if training is not None and mine:
            self._advance(training, event)
        elif run is not None and isinstance(event, Evaluated):
            self._write_report(run)

    def _keep(self, job: str, write: Callable[[], None]) -> None:
        """A disk that is full must not end the run: what cannot be kept is said."""
        try:
            write()
        except UserError as error:
            text = error.report.sentence()
            self._on_event(Logged(job=job, level="warning", text=text))

    def _write_report(self, run: RunFolder) -> None:
        with self._lock:
            versions = dict(self._versions)
        self._keep(run.id, lambda: run.write_report(report(run, run.state(), versions)))

    # Trainings

    def _enqueue(
        self, training: _Training, on_event: Callable[[Event], None] | None = None
    ) -> None:
        training.run.hold()
        with self._lock:
            self._waiting.append(training)
            if on_event is not None:
                self._hearers[training.job] = on_event
        self._start_next()

    def _start_next(self) -> None:
        with self._lock:
            if self._current is not None or not self._waiting or self._closed:
                return
            training = self._current = self._waiting.popleft()
            self._runs[training.job] = training.run
        command = commands.StartRun(
            job=training.job,
            project=path_text(training.project.folder),
            run=path_text(training.run.folder),
            resume=training.resume,
            hurried=training.hurried,
        )
        self._submit_or_fail(command)

    def _submit_or_fail(self, command: commands.StartRun | commands.EvaluateRun) -> None:
        """What cannot even be asked for ends like what failed later."""
        try:
            self._submit("train", command)
        except UserError as error:
            self._take(JobFailed(job=command.job, error=error.report))

    def _advance(self, training: _Training, event: Event) -> None:
        """Measure what was trained on the next split, or end it and begin the next training."""
        with self._lock:
            if isinstance(event, RunFinished) and not training.hurried and not self._closed:
                training.splits.extend(measured_splits(training.plan, event))
            goes_on = training.splits and not self._closed
            split = training.splits.popleft() if goes_on else None
            if split is not None:
                training.job = evaluation_job(training.run, split)
                self._runs[training.job] = training.run
        if split is not None:
            self._submit_or_fail(_evaluation(training.project, training.run, split))
            return
        self._write_report(training.run)
        training.run.let_go()
        with self._lock:
            self._current = None
        self._start_next()


@contextmanager
def few_enough(images: Sequence[Path]) -> Iterator[None]:
    """Around the sending of a command that names `images`.

    Raises:
        UserError: `use.images` where the command is too long for a line.
    """
    try:
        yield
    except UserError as error:
        if error.code != "protocol.line":
            raise
        raise UserError(
            "use.images",
            f"{len(images):,} files are too many to name one by one.",
            "Give the folder that holds them.",
        ) from error


def _model(model: RunFolder | str) -> tuple[str, dict[str, str]]:
    """What a job about a run or a built-in classifier is called, and how commands name it."""
    if isinstance(model, str):
        return model, {"backbone": model}
    return model.id, {"run": path_text(model.folder)}


def evaluation_job(run: RunFolder, split: Split, views: int = 0) -> str:
    """The id of the job that measures `run` on `split`, by changed views too or without."""
    return f"{run.id}:evaluate-{split}" + ("-views" if views else "")


def measured_splits(plan: Plan, finished: RunFinished) -> list[Split]:
    """The splits that a training is measured on by itself after it `finished`, in order."""
    if not finished.best_epoch:
        return []
    images: dict[Split, int] = {
        "validation": plan.data.validation_images,
        "test": plan.data.test_images,
    }
    return [split for split, count in images.items() if count]


def _evaluation(
    project: Project, run: RunFolder, split: Split, views: int = 0
) -> commands.EvaluateRun:
    return commands.EvaluateRun(
        job=evaluation_job(run, split, views),
        project=path_text(project.folder),
        run=path_text(run.folder),
        split=split,
        views=views,
    )
