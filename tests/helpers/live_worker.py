"""A real worker process, and small projects for it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from pydantic import BaseModel

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import (
    AugmentationSpec,
    AugmentationStep,
    BlockSpec,
    DataSpec,
    NetworkSpec,
    Split,
    TrainingSpec,
)
from imgclf_gui.plan import Plan, resolve
from imgclf_gui.protocol import codec
from imgclf_gui.protocol.commands import ImportImages, StartRun
from imgclf_gui.protocol.events import Event, JobFailed, RunFinished
from imgclf_gui.worker.importing import import_images

EventT = TypeVar("EventT", bound=BaseModel)

BLOCKS = (
    BlockSpec(kind="convolution", filters=4, size=3, activation="none", bias=False),
    BlockSpec(kind="batch-normalization"),
    BlockSpec(kind="activation"),
    BlockSpec(kind="max-pooling", size=2),
    BlockSpec(kind="flatten"),
    BlockSpec(kind="dropout", rate=0.2),
    BlockSpec(kind="logits"),
)
"""A network with all that carries state: weights, running statistics, a random generator."""


class LiveWorker:
    """Starts `python -m imgclf_gui --worker`; a context manager that ends it."""

    def __init__(self, cache: Path, **popen: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imgclf_gui", "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "IMGCLF_CACHE_DIR": str(cache), "PYTHONUNBUFFERED": "1"},
            **popen,
        )
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        self._reader.join(10)
        self._stdin.close()
        self._stdout.close()

    def send(self, message: BaseModel | bytes) -> None:
        """Send a command, or any bytes."""
        data = message if isinstance(message, bytes) else codec.encode(message)
        self._stdin.write(data)
        self._stdin.flush()

    def wait_for(
        self,
        kind: type[EventT],
        such: Callable[[EventT], bool] = lambda event: True,
        timeout: float = 90,
    ) -> EventT:
        """The next event of `kind` that is `such`; a JobFailed that is not waited for raises."""
        end = time.monotonic() + timeout
        while True:
            event = self._events.get(timeout=max(0.01, end - time.monotonic()))
            if event is None:
                raise AssertionError(f"the worker ended; last events: {self.seen[-5:]}")
            if isinstance(event, kind) and such(event):
                return event
            if isinstance(event, JobFailed):
                raise AssertionError(f"{event.error.sentence()}\n{event.error.details}")

    def finish(self, command: StartRun) -> RunFinished:
        """Send `command` and wait for the end of the run."""
        self.send(command)
        return self.wait_for(RunFinished)

    def refusal(self, command: BaseModel) -> ErrorReport:
        """Send `command`, and wait for the reason why it is not done."""
        self.send(command)
        job = getattr(command, "job", "")
        return self.wait_for(JobFailed, lambda event: event.job == job).error

    def of(self, kind: type[EventT], job: str) -> list[EventT]:
        """All events of `kind` about `job` so far."""
        return [
            event
            for event in self.seen
            if isinstance(event, kind) and getattr(event, "job", "") == job
        ]

    def kill(self) -> None:
        """End it as the system does when memory runs out."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def close_input(self) -> int:
        """Close its stdin; returns its exit status."""
        self._stdin.close()
        return self._process.wait(60)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _read(self) -> None:
        for line in self._stdout:
            event = codec.decode_event(line)
            self.seen.append(event)
            self._events.put(event)
        self._events.put(None)


def make_project(folder: Path, images: Path) -> Project:
    """A project with the images of class folders `images`."""
    project = Project.create(folder)
    command = ImportImages(job="import", project=str(folder), source=str(images))
    import_images(command, lambda event: None, lambda: False)
    return project


def images_of(project: Project, split: Split | None = None) -> list[ImageRow]:
    """The images of a split, or all."""
    with Dataset.open(project.dataset_path) as dataset:
        return dataset.images(split)


def make_run(
    project: Project,
    name: str,
    blocks: tuple[BlockSpec, ...] = BLOCKS,
    *,
    augmentation: tuple[AugmentationStep, ...] = (),
    side: int | None = None,
    **training: Any,
) -> StartRun:
    """A run folder with its plan, for images of `side`; returns the command that carries it out."""
    spec = project.spec.model_copy(
        update={
            "data": DataSpec(image_width=side, image_height=side),
            "augmentation": AugmentationSpec(steps=augmentation),
            "network": NetworkSpec(blocks=blocks),
            "training": TrainingSpec.model_validate({"batch_size": 10, "epochs": 3, **training}),
        }
    )
    with Dataset.open(project.dataset_path) as dataset:
        resolution = resolve(spec, dataset.summary())
    plan: Plan | None = resolution.plan
    assert plan is not None, resolution.problems
    run = project.runs_folder / name
    run.mkdir(parents=True)
    (run / "plan.json").write_text(plan.model_dump_json(), "utf-8")
    return StartRun(job=name, project=str(project.folder), run=str(run))
