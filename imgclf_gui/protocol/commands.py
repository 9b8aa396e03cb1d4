"""What a worker can be asked. A closed set: add a class here and a case in the worker.

`job` names the work a command starts or means; every event about that work carries it. Paths are
those of the machine where the worker runs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from imgclf_gui.core.spec import Split


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str


class WarmUp(_Command):
    """Import TensorFlow now, so that the next command starts at once → DevicesListed."""

    type: Literal["warm_up"] = "warm_up"


class ImportImages(_Command):
    """Import `source` into the project → ImportProgressed…, ImportFinished."""

    type: Literal["import_images"] = "import_images"
    project: str
    source: str


class StartRun(_Command):
    """Carry out `run`/plan.json → RunStarted, …, RunFinished.

    With `resume` it goes on from the last checkpoint, where there is one.
    """

    type: Literal["start_run"] = "start_run"
    project: str
    run: str
    """The run's folder."""
    resume: bool = False


class PauseRun(_Command):
    """Wait before the next step, and keep a checkpoint → RunPaused."""

    type: Literal["pause_run"] = "pause_run"


class ContinueRun(_Command):
    """Go on after a pause → RunContinued."""

    type: Literal["continue_run"] = "continue_run"


class StopJob(_Command):
    """End `job` at the next step or image; a run keeps its best model and can be resumed."""

    type: Literal["stop_job"] = "stop_job"


class EvaluateRun(_Command):
    """Measure the run's best model on a split → Evaluated."""

    type: Literal["evaluate_run"] = "evaluate_run"
    project: str
    run: str
    split: Split


class ClassifyImages(_Command):
    """Classify image files with the run's best model → Classified… (in parts), ClassifyFinished.

    The predictor stays warm for the next command of the same run.
    """

    type: Literal["classify_images"] = "classify_images"
    run: str
    images: tuple[str, ...]
    """Files; a folder means every image below it."""
    top: int = Field(5, ge=1, le=1000)


class LoadPredictor(_Command):
    """Make the run's predictor ready before the first image comes → PredictorReady."""

    type: Literal["load_predictor"] = "load_predictor"
    run: str


class Shutdown(_Command):
    """Stop what runs, keep it, and exit; closing stdin means the same."""

    type: Literal["shutdown"] = "shutdown"


Command = Annotated[
    WarmUp
    | ImportImages
    | StartRun
    | PauseRun
    | ContinueRun
    | StopJob
    | EvaluateRun
    | ClassifyImages
    | LoadPredictor
    | Shutdown,
    Field(discriminator="type"),
]
