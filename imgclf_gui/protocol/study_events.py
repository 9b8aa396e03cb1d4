"""What a worker reports of a study."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.protocol.event_base import BaseEvent


class StudyStarted(BaseEvent):
    """A study begins, or goes on: this many trainings are there in all."""

    type: Literal["study_started"] = "study_started"
    trainings: int
    done: int = 0


class StudyProgressed(BaseEvent):
    """Sent a few times a second while a study runs."""

    type: Literal["study_progressed"] = "study_progressed"
    variant: int
    seed: int
    done: float
    """Trainings, with the part of the one in hand."""
    trainings: int
    """In all."""
    seconds_left: float | None = None


class VariantTrained(BaseEvent):
    """One training of a study is over: how many validation images its last epoch has right."""

    type: Literal["variant_trained"] = "variant_trained"
    variant: int
    """Its place in the study's plan."""
    seed: int
    images: int = Field(ge=1)
    correct: int
    seconds: float
    loss: float


class VariantFailed(BaseEvent):
    """One training of a study came to nothing, as when its loss is no number; the others go on."""

    type: Literal["variant_failed"] = "variant_failed"
    variant: int
    seed: int
    seconds: float
    error: ErrorReport


class StudyFinished(BaseEvent):
    """A study is over; `stopped` if the person ended it."""

    type: Literal["study_finished"] = "study_finished"
    seconds: float
    stopped: bool = False
