"""The worker process: commands come in on stdin, events go out on stdout, one JSON line each.

Three threads: one reads commands, and tells the job in hand at once if it is to pause or stop; one
sends heartbeats; the main one does the jobs, one after another. TensorFlow is imported by the
first job that needs it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import platform
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, NoReturn

from imgclf_gui.core.errors import UserError
from imgclf_gui.protocol import codec, commands
from imgclf_gui.protocol import events as e
from imgclf_gui.worker.control import Control
from imgclf_gui.worker.failures import report_of

if TYPE_CHECKING:
    from imgclf_gui.worker.predict import Predictors
    from imgclf_gui.worker.preview import Previewer

HEARTBEAT_SECONDS = 2.0
GRACE_SECONDS = 60.0
"""After stdin has ended, a job that has not stopped by then is cut off; checkpoints are safe."""


class Channel:
    """Writes events; several threads may."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def emit(self, event: e.Event) -> None:
        """Send `event`; nobody listening is no error, the end of stdin will tell.

        Raises:
            UserError: `protocol.line` if it is too long for a line.
        """
        line = codec.encode(event)
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(line)
            self._stream.flush()


class Worker:
    """Reads commands and carries them out."""

    def __init__(self, source: IO[bytes], channel: Channel) -> None:
        self._source = source
        self._channel = channel
        self._waiting: queue.SimpleQueue[tuple[commands.Command, Control] | None]
        self._waiting = queue.SimpleQueue()
        self._controls: dict[str, Control] = {}
        self._over = threading.Event()
        self._ending = False
        self._predictors: Predictors | None = None
        self._previewer: Previewer | None = None

    def work(self) -> None:
        """Do jobs until stdin ends or Shutdown comes."""
        self._channel.emit(e.WorkerReady(pid=os.getpid(), python=platform.python_version()))
        for serve in (self._read, self._beat):
            threading.Thread(target=serve, name=serve.__name__, daemon=True).start()
        while (job := self._waiting.get()) is not None:
            if not self._ending:
                self._carry_out(*job)
        self._over.set()

    def _carry_out(self, command: commands.Command, control: Control) -> None:
        def emit(event: e.Event) -> None:
            self._channel.emit(event.model_copy(update={"job": command.job}))

        try:
            self._dispatch(command, control, emit)
        # The one place where whatever went wrong in a job becomes an event.
        except Exception as error:  # noqa: BLE001
            emit(e.JobFailed(error=report_of(error)))
        finally:
            # Whoever heard of the end may have given the next job the same name already.
            if self._controls.get(command.job) is control:
                del self._controls[command.job]

    def _dispatch(  # noqa: PLR0912, PLR0915 one case a command
        self, command: commands.Command, control: Control, emit: Callable[[e.Event], None]
    ) -> None:
        match command:
            case commands.WarmUp():
                self._warm_up(emit)
            case commands.ImportImages():
                from imgclf_gui.worker.importing import import_images

                import_images(command, emit, lambda: control.stopped)
            case commands.StartRun():
                self._tensorflow()
                from imgclf_gui.worker.run import start_run

                start_run(command, emit, control)
                gc.collect()  # networks and their functions hold one another
            case commands.EvaluateRun():
                predictors = self._warm_predictors()
                from imgclf_gui.worker.evaluate import evaluate

                evaluate(command, predictors, emit, control)
            case commands.ClassifyImages():
                predictors = self._warm_predictors()
                from imgclf_gui.worker.predict import classify

                classify(command, predictors, emit, control)
            case commands.LoadPredictor():
                predictors = self._warm_predictors()
                from imgclf_gui.worker.predict import load_predictor

                load_predictor(command, predictors, emit)
            case commands.PreviewAugmentation():
                self._warm_previewer().preview(command, emit, control)
            case commands.MeasureImages():
                from imgclf_gui.worker.statistics import measure_images

                measure_images(command, emit, control)
            case commands.CheckLabels():
                predictors = self._warm_predictors()
                from imgclf_gui.worker.label_check import check_labels

                check_labels(command, predictors, emit, control)
            case commands.WriteCopies():
                self._tensorflow()
                from imgclf_gui.worker.copies import write_copies

                write_copies(command, emit, control)
            case commands.StartStudy():
                self._tensorflow()
                from imgclf_gui.worker.study import start_study

                start_study(command, emit, control)
                gc.collect()
            case commands.MeasureTransfer():
                self._tensorflow()
                from imgclf_gui.worker.transferability import measure_transfer

                measure_transfer(command, emit, control)
                gc.collect()
            case commands.SortImages():
                if not command.kept:
                    self._tensorflow()
                from imgclf_gui.worker.sorting import sort_images

                sort_images(command, emit, control)
                gc.collect()
            case commands.AddBackbone():
                from imgclf_gui.worker.adding import add_weights

                add_weights(command, emit, self._tensorflow, control)
                gc.collect()
            case (
                commands.PauseRun()
                | commands.ContinueRun()
                | commands.StopJob()
                | commands.Shutdown()
            ):
                raise AssertionError(f"{command.type} is not a job")

    def _warm_up(self, emit: Callable[[e.Event], None]) -> None:
        from imgclf_gui.worker import devices

        self._warm_predictors()
        emit(e.DevicesListed(devices=devices.list_devices(), versions=devices.versions()))

    def _warm_predictors(self) -> Predictors:
        self._tensorflow()
        from imgclf_gui.worker.predict import Predictors

        self._predictors = self._predictors or Predictors()
        return self._predictors

    def _warm_previewer(self) -> Previewer:
        self._tensorflow()
        from imgclf_gui.worker.preview import Previewer

        self._previewer = self._previewer or Previewer()
        return self._previewer

    @staticmethod
    def _tensorflow() -> None:
        from imgclf_gui.worker import devices

        devices.tensorflow()

    def _read(self) -> None:
        """The reading thread: until stdin ends."""
        while line := self._source.readline(codec.MAX_LINE_BYTES + 1):
            if not line.endswith(b"\n"):
                self._skip_rest_of_line()
            if not self._take(line):
                return
        self._shut_down()

    def _skip_rest_of_line(self) -> None:
        while part := self._source.readline(codec.MAX_LINE_BYTES):
            if part.endswith(b"\n"):
                return

    def _take(self, line: bytes) -> bool:
        """Act on a line; False after the one that ends the worker."""
        try:
            command = codec.decode_command(line)
        except UserError as error:
            self._channel.emit(e.JobFailed(error=error.report))
            return True
        match command:
            case commands.Shutdown():
                self._shut_down()
                return False
            case commands.PauseRun():
                self._with_control(command.job, Control.pause)
            case commands.ContinueRun():
                self._with_control(command.job, Control.proceed)
            case commands.StopJob():
                self._with_control(command.job, Control.stop)
            case _:
                control = self._controls[command.job] = Control()
                self._waiting.put((command, control))
        return True

    def _with_control(self, job: str, act: Callable[[Control], None]) -> None:
        """Tell the job; one that has ended needs to be told nothing."""
        control = self._controls.get(job)
        if control is not None:
            act(control)

    def _shut_down(self) -> None:
        self._ending = True
        for control in list(self._controls.values()):
            control.stop()
        self._waiting.put(None)
        if not self._over.wait(GRACE_SECONDS):
            os._exit(1)

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            self._channel.emit(e.Heartbeat())
            for job, control in list(self._controls.items()):
                if control.stopped and control.busy_with:
                    text = f"Stops as soon as it is done with {control.busy_with}."
                    self._channel.emit(e.Logged(job=job, text=text))


def main() -> NoReturn:
    """Run a worker on this process's stdin and stdout, and end the process."""
    faulthandler.enable()
    # Ctrl-C in a terminal reaches the whole group; whoever started the worker decides what it
    # means, and tells it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as stdout:
        # Whatever a library prints goes to stderr, and cannot come between the events.
        os.dup2(2, 1)
        Worker(sys.stdin.buffer, Channel(stdout)).work()
    # All is written and sent; TensorFlow would take seconds to take itself apart.
    sys.stderr.flush()
    os._exit(0)
