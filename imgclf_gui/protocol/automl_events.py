"""What happens to a custom model: the lines of its journal. A closed set.

Whatever takes long is kept by its name before anything waits for it, so that a crash loses
nothing: `StepBeginning`, `StepBegun`, then `StepDone` or `StepFailed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from imgclf_gui.core.automl import Step
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol.event_base import BaseEvent, EventValue


class Agreed(BaseEvent):
    """A person said yes to what something would send and cost."""

    type: Literal["agreed"] = "agreed"
    what: str
    """'train', 'deploy' or 'predict'."""
    host: str
    images: int
    bytes: int
    price_low: float
    price_high: float
    """USD; of a deployment: for an hour."""
    prices_as_of: date | None = None


class StepBeginning(BaseEvent):
    """The provider is about to be asked to begin a step."""

    type: Literal["step_beginning"] = "step_beginning"
    step: Step
    key: str
    """Of this attempt: what is made elsewhere bears it, so that it is found after a crash."""
    detail: str = Field("", pattern=r"^[\w-]*$")
    """The format to export, which a folder is called by."""
    an_hour: float = 0.0
    """USD that it costs from the moment when it is deployed, which may be soon."""


class StepBegun(BaseEvent):
    """The provider is at it, and this is what it calls the operation."""

    type: Literal["step_begun"] = "step_begun"
    step: Step
    operation: str


class StepProgressed(BaseEvent):
    """How far a step is; handed on, never kept."""

    type: Literal["step_progressed"] = "step_progressed"
    step: Step
    done: float
    total: float
    bytes_done: int = 0
    bytes_total: int = 0
    seconds_left: float | None = None
    words: str = ""


class RowRefused(EventValue):
    """A row of the import that was left out: its line (0: not known) and why."""

    line: int
    reason: str


class StopAsked(BaseEvent):
    """The person wants a step to end."""

    type: Literal["stop_asked"] = "stop_asked"
    step: Step


class StepDone(BaseEvent):
    """A step is over; `names` are newly known."""

    type: Literal["step_done"] = "step_done"
    step: Step
    detail: str = ""
    names: Mapping[str, str] = {}
    refused: tuple[RowRefused, ...] = ()
    """The first of them."""
    refused_rows: int = 0
    """All of them."""


class StepFailed(BaseEvent):
    """A step came to nothing; `stopped` if the person ended it. It can be begun again."""

    type: Literal["step_failed"] = "step_failed"
    step: Step
    error: ErrorReport
    stopped: bool = False


class StepCutOff(BaseEvent):
    """Nobody follows a step any more, as nobody could be reached; it may be going on."""

    type: Literal["step_cut_off"] = "step_cut_off"
    step: Step
    error: ErrorReport


class ModelMeasured(BaseEvent):
    """The model was measured; metrics.json has all of it."""

    type: Literal["model_measured"] = "model_measured"
    split: Split
    images: int | None
    average_precision: float | None
    log_loss: float | None


AutoMLEvent = Annotated[
    Agreed
    | StepBeginning
    | StepBegun
    | StepProgressed
    | StopAsked
    | StepDone
    | StepFailed
    | StepCutOff
    | ModelMeasured,
    Field(discriminator="type"),
]
