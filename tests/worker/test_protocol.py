"""The worker process as such: its stream, its input, its end. Without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, cast

import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.protocol import codec
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.worker.main import Channel, Worker
from tests.helpers.live_worker import LiveWorker


def test_nonsense_is_answered_and_the_worker_lives(tmp_path: Path, shapes: Path) -> None:
    with LiveWorker(tmp_path) as worker:
        worker.wait_for(e.WorkerReady)
        for nonsense in (
            b"no json\n",
            b'{"type": "start_run"}\n',
            b"[" * 5_000 + b"\n",
            b"x" * (codec.MAX_LINE_BYTES + 10) + b"\n",
            b'{"type": "stop_job", "job": "\xff"}\n',
        ):
            worker.send(nonsense)
            assert worker.wait_for(e.JobFailed, timeout=20).error.code == "protocol.line"
        worker.send(c.StopJob(job="no such job"))
        worker.send(
            c.ImportImages(job="import", project=str(tmp_path / "none"), source=str(shapes))
        )
        failed = worker.wait_for(e.JobFailed, timeout=20)
        assert failed.job == "import"
        assert failed.error.code == "project.missing"
        assert worker.close_input() == 0


def test_a_run_without_a_plan_is_a_sentence(tmp_path: Path) -> None:
    with LiveWorker(tmp_path) as worker:
        worker.send(c.StartRun(job="run", project=str(tmp_path), run=str(tmp_path)))
        assert worker.wait_for(e.JobFailed).error.code == "run.damaged"
        worker.send(c.WarmUp(job="warm"))
        listed = worker.wait_for(e.DevicesListed)
        assert listed.devices[0].label == "cpu"
        assert (listed.devices[0].memory_bytes or 0) > 1 << 28
        assert set(listed.versions) >= {"tensorflow", "keras"}
        worker.send(c.Shutdown(job=""))
        assert worker.close_input() == 0


def test_the_worker_starts_without_tensorflow() -> None:
    script = (
        "import sys, imgclf_gui.worker.main, imgclf_gui.worker.importing\n"
        "print([name for name in ('tensorflow', 'keras', 'PySide6') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_full_disk_leaves_the_checkpoint_that_was_there(tmp_path: Path) -> None:
    import resource

    script = (
        "import pathlib, sys, signal, numpy as np\n"
        "from imgclf_gui.core.errors import UserError\n"
        "from imgclf_gui.worker import checkpoint\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "checkpoint.write(path, {'0000.w': np.ones(10)}, {'step': 1})\n"
        "try:\n"
        "    checkpoint.write(path, {'0000.w': np.ones(1 << 20)}, {'step': 2})\n"
        "except UserError as error:\n"
        "    names = sorted(p.name for p in path.parent.iterdir())\n"
        "    print(error.code, checkpoint.read(path)[1], names)\n"
    )
    path = tmp_path / "run" / "checkpoints" / "latest.safetensors"
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert ended.stdout.strip() == "file.full {'step': 1} ['latest.safetensors']", ended.stderr


class Person:
    """Both ends of a worker in this process: who hears of the first failure asks for the same
    job once more, and stops it, before the worker goes on."""

    def __init__(self, project: Project, source: Path) -> None:
        self.heard: list[e.Event] = []
        self._import = c.ImportImages(
            job="import", project=str(project.folder), source=str(source / "none")
        )
        self._again = self._import.model_copy(update={"source": str(source)})
        self._lines = [codec.encode(self._import)]
        self._said, self._taken = threading.Condition(), False

    def readline(self, size: int) -> bytes:
        """What the worker reads; asking for more means that the last line has been acted on."""
        del size
        with self._said:
            self._taken = not self._lines
            self._said.notify_all()
            self._said.wait_for(lambda: self._lines)
            return self._lines.pop(0)

    def write(self, line: bytes) -> None:
        """What the worker reports."""
        self.heard.append(codec.decode_event(line))
        if isinstance(self.heard[-1], e.JobFailed):
            self._say(codec.encode(self._again), codec.encode(c.StopJob(job="import")))
        if isinstance(self.heard[-1], e.ImportFinished):
            self._say(b"")

    def flush(self) -> None:
        """Nothing is kept back."""

    def _say(self, *lines: bytes) -> None:
        with self._said:
            self._taken = False
            self._lines += lines
            self._said.notify_all()
            assert lines == (b"",) or self._said.wait_for(lambda: self._taken, timeout=20)


def test_a_job_that_has_the_name_of_the_last_one_can_be_stopped(
    tmp_path: Path, shapes: Path
) -> None:
    person = Person(Project.create(tmp_path / "project"), shapes)
    Worker(cast("IO[bytes]", person), Channel(cast("IO[bytes]", person))).work()
    finished = person.heard[-1]
    assert isinstance(finished, e.ImportFinished)
    assert (finished.stopped, finished.imported) == (True, 0)
