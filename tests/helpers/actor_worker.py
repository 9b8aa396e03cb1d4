"""A worker that only plays its part: it speaks the protocol, and needs no TensorFlow.

A run's name tells it what to do: 'killed', 'segfault', 'exit', 'wordy' (exits after many words),
'deaf' (ignores a stop), 'garbled' (prints nonsense between events), 'long' (goes on until it is
stopped); any other name trains two epochs. What it plays of augmentations stands in
`augmenting_parts`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.protocol import codec, commands, events
from imgclf_gui.protocol.commands import Command
from tests.helpers import augmenting_parts, sorting_parts

CPU = DeviceSummary(label="cpu", name="Actor")


class Actor:
    """Plays one job after the other; stops reach it while it plays."""

    def __init__(self) -> None:
        self.queue: list[Command] = []
        self.stopped: set[str] = set()
        self.paused: set[str] = set()
        self.ended = False
        self.news = threading.Condition()

    def say(self, event: events.Event) -> None:
        """Send one event."""
        sys.stdout.buffer.write(codec.encode(event))
        sys.stdout.buffer.flush()

    def listen(self) -> None:
        """Read commands until the input ends."""
        for line in sys.stdin.buffer:
            self.hear(codec.decode_command(line))
        self.hear(commands.Shutdown(job=""))

    def hear(self, command: Command) -> None:
        """Take in one command."""
        with self.news:
            match command:
                case commands.StopJob(job=job):
                    self.stopped.add(job)
                case commands.PauseRun(job=job):
                    self.paused.add(job)
                case commands.ContinueRun(job=job):
                    self.paused.discard(job)
                case commands.Shutdown():
                    self.ended = True
                case _:
                    self.queue.append(command)
            self.news.notify_all()

    def play(self) -> None:
        """Do what is asked for, in turn."""
        threading.Thread(target=self.listen, daemon=True).start()
        self.say(events.WorkerReady(pid=os.getpid(), python="3"))
        while True:
            with self.news:
                self.news.wait_for(lambda: bool(self.queue) or self.ended)
                if not self.queue:
                    return
                command = self.queue.pop(0)
            self.act(command)

    def act(self, command: Command) -> None:  # noqa: PLR0912 one case a command
        """Do one job."""
        match command:
            case commands.WarmUp():
                versions = {"tensorflow": "2"}
                self.say(events.DevicesListed(job=command.job, devices=(CPU,), versions=versions))
            case commands.ImportImages():
                self.import_images(command)
            case commands.StartRun():
                self.train(command)
            case commands.EvaluateRun():
                self.evaluate(command)
            case commands.LoadPredictor():
                ready = events.PredictorReady(
                    job=command.job, run=command.run, backbone=command.backbone
                )
                self.say(ready)
            case commands.ClassifyImages():
                self.classify(command)
            case commands.PreviewAugmentation():
                file = command.output
                self.say(events.AugmentationPreviewed(job=command.job, file=file, seconds=0.1))
            case commands.MeasureImages():
                told = events.ImagesMeasured(job=command.job, statistics=None, fingerprint="")
                self.say(told)
            case commands.CheckLabels():
                augmenting_parts.check_labels(command, self)
            case commands.WriteCopies():
                augmenting_parts.write_copies(command, self)
            case commands.StartStudy():
                augmenting_parts.study(command, self)
            case commands.SortImages():
                sorting_parts.sort(command, self)
            case _:
                raise TypeError(command)

    def import_images(self, command: commands.ImportImages) -> None:
        """Count the files of the source."""
        found = sum(1 for path in Path(command.source).rglob("*") if path.is_file())
        self.say(events.ImportFinished(job=command.job, imported=found, duplicates=0, seconds=0.1))

    def train(self, command: commands.StartRun) -> None:
        """Play a training of two epochs, or what the run's name says."""
        name = json.loads((Path(command.run) / "run.json").read_text("utf-8"))["name"]
        job = command.job
        self.say(
            events.RunStarted(
                job=job, device=CPU, epochs_total=2, steps_per_epoch=4, step=4 * command.resume
            )
        )
        self.say(events.CheckpointSaved(job=job, step=4))
        match name if not command.resume else "":
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                sys.stderr.write("the last word\n")
                sys.stderr.flush()
                os._exit(3)
            case "wordy":
                sys.stderr.write(("x" * 50_000 + "\n") * 100 + "the last word\n")
                sys.stderr.flush()
                os._exit(3)
            case "deaf":
                time.sleep(600)
            case "garbled":
                sys.stdout.buffer.write(b"\xff not json\n" + b"x" * (3 << 20) + b"\n")
            case "long":
                self.wait_for_stop(job)
                self.say(events.RunFinished(job=job, outcome="stopped", best_epoch=1, seconds=0.5))
                return
        self.finish(job)

    def finish(self, job: str) -> None:
        """Two epochs, the second the best."""
        for epoch in (1, 2):
            summary = events.EpochSummary(
                epoch=epoch,
                step=4 * epoch,
                loss=1 / epoch,
                accuracy=epoch / 2,
                learning_rate=0.001,
                seconds=1,
                images_per_second=100,
            )
            self.say(events.EpochEnded(job=job, summary=summary, best=True))
        self.say(events.RunFinished(job=job, outcome="completed", best_epoch=2, seconds=2))

    def wait_for_stop(self, job: str) -> None:
        """Until it is stopped or the input ends; say so when paused."""
        paused = False
        with self.news:
            while not (job in self.stopped or self.ended):
                self.news.wait(0.05)
                if (job in self.paused) != paused:
                    paused = not paused
                    self.say(
                        events.RunPaused(job=job, step=5)
                        if paused
                        else events.RunContinued(job=job)
                    )

    def evaluate(self, command: commands.EvaluateRun) -> None:
        """Nine of ten are right; all of them with views."""
        report = events.ClassReport(label="a", images=10, precision=0.9, recall=0.9, f1=0.9)
        self.say(
            events.Evaluated(
                job=command.job,
                split=command.split,
                images=10,
                accuracy=1.0 if command.views else 0.9,
                interval=(0.6, 0.98),
                loss=0.2,
                classes=(report,),
                confusion=((10,),),
                predictions=f"predictions-{command.split}.jsonl",
                fingerprint="f",
                views=command.views,
            )
        )

    def classify(self, command: commands.ClassifyImages) -> None:
        """The first label for each."""
        for done, image in enumerate(command.images, start=1):
            found = events.Prediction(image=image, labels=("a", "b"), probabilities=(0.8, 0.2))
            self.say(
                events.Classified(
                    job=command.job, predictions=(found,), done=done, total=len(command.images)
                )
            )
        self.say(events.ClassifyFinished(job=command.job, images=len(command.images), seconds=0.1))


if __name__ == "__main__":
    Actor().play()
