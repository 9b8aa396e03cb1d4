"""An actor that plays measurements of transfer: of two backbones, two blocks, and two seeds.

The first of two backbones is right about 90 of 100 images, the second about 60 of these. Of one
that is called 'long' nothing more comes until it is stopped. A warning names what was asked for.
"""

from __future__ import annotations

from typing import Any

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.protocol import commands
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import (
    BackboneMeasured,
    BlockProbed,
    FewImagesMeasured,
    TransferFinished,
    TransferProgressed,
    TransferStarted,
    packed,
)
from tests.helpers.actor_worker import Actor

IMAGES = 100
FINGERPRINT = "a dataset of before"


def right(correct: int) -> str:
    """The first `correct` of the images."""
    return packed([place < correct for place in range(IMAGES)])


def started(kind: Any, **more: Any) -> TransferStarted:
    """The beginning of a measurement."""
    return TransferStarted(
        kind=kind,
        split="validation",
        train_images=1_000,
        images=IMAGES,
        classes=3,
        fingerprint=more.pop("fingerprint", FINGERPRINT),
        **more,
    )


def ranked(name: str, correct: int, **more: Any) -> BackboneMeasured:
    """A backbone that is right about so many images."""
    return BackboneMeasured(
        backbone=name,
        title=name.title(),
        features=1_280,
        logme=correct / 100,
        h_score=2.0,
        nearest_mean=0.5,
        correct=correct,
        right=right(correct),
        seconds=12.0,
        images_per_second=40.0,
        **more,
    )


def block(place: int, name: str, correct: int) -> BlockProbed:
    """A block behind which so many answers are right."""
    return BlockProbed(place=place, name=name, features=8, correct=correct, right=right(correct))


def few(way: Any, count: int, seed: int, correct: int) -> FewImagesMeasured:
    """What was learned from `count` images of each of three classes."""
    return FewImagesMeasured(
        way=way,
        images_a_class=count,
        seed=seed,
        train_images=3 * count,
        correct=correct,
        class_accuracy=correct / IMAGES,
        seconds=1.0,
    )


class TransferActor(Actor):
    """Plays what is asked for."""

    def act(self, command: commands.Command) -> None:
        """Do one job."""
        if isinstance(command, commands.MeasureTransfer):
            self.measure(command)
        else:
            super().act(command)

    def measure(self, command: commands.MeasureTransfer) -> None:
        """Play a measurement."""
        job, kind = command.job, command.kind
        first = command.backbones[0]
        named = {} if kind == "rank" else {"backbone": first, "title": first.title()}
        self.tell(job, started(kind, scratch="CNN, 12×12 pixels", **named))
        self.tell(job, e.Logged(level="warning", text=" ".join(command.backbones)))
        self.tell(job, TransferProgressed(done=0.25, what="features of One", seconds_left=90.0))
        if first == "failing":
            error = ErrorReport(code="backbone.damaged", message="It is damaged.")
            self.say(e.JobFailed(job=job, error=error))
            return
        results: dict[str, list[Any]] = {
            "rank": [ranked("one", 90), ranked("two", 60)],
            "layers": [block(0, "Stem", 50), block(1, "Middle", 90)],
            "few-images": [
                few(way, count, seed, correct + seed)
                for count, frozen, scratch in ((5, 70, 40), (50, 80, 75))
                for way, correct in (("frozen", frozen), ("scratch", scratch))
                for seed in (0, 1)
            ],
        }
        for result in results[kind]:
            self.tell(job, result)
            if first == "long":
                self.wait_for_stop(job)
                self.tell(job, TransferFinished(seconds=1.0, stopped=True))
                return
        self.tell(job, TransferFinished(seconds=30.0))

    def tell(self, job: str, event: Any) -> None:
        """Say `event` of `job`."""
        self.say(event.model_copy(update={"job": job}))


if __name__ == "__main__":
    TransferActor().play()
