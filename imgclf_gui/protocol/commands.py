"""What a worker can be asked. A closed set: add a class here and a case in the worker.

`job` names the work a command starts or means; every event about that work carries it. Paths are
those of the machine where the worker runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import DataSpec, EntrySpec, Fit, NetworkSpec, Split
from imgclf_gui.plan import DataPlan
from imgclf_gui.protocol.transfer_events import TransferKind


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

    With `resume` it goes on from the last checkpoint, where there is one. One that is `hurried`
    does not try whether XLA is faster: that takes long, and pays in long runs.
    """

    type: Literal["start_run"] = "start_run"
    project: str
    run: str
    """The run's folder."""
    resume: bool = False
    hurried: bool = False


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
    views: int = Field(0, ge=0, le=64)
    """Test-time augmentation: the answer is the mean over the image and this many changed views."""


class _AskingModel(_Command):
    """Means one model: a run's best, or a built-in classifier."""

    run: str = ""
    """The run's folder; or empty, and `backbone` is set."""
    backbone: str = ""
    """The id of a built-in classifier: see `plan.builtin`."""

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if bool(self.run) == bool(self.backbone):
            raise ValueError("either a run or a backbone is named")
        return self


class ClassifyImages(_AskingModel):
    """Classify image files → Classified… (in parts), ClassifyFinished.

    The predictor stays warm for the next command that names the same model.
    """

    type: Literal["classify_images"] = "classify_images"
    images: tuple[str, ...]
    """Files; a folder means every image below it."""
    top: int = Field(5, ge=1, le=1000)
    views: int = Field(0, ge=0, le=64)
    """As in EvaluateRun."""


class LoadPredictor(_AskingModel):
    """Make a model's predictor ready before the first image comes → PredictorReady."""

    type: Literal["load_predictor"] = "load_predictor"


class ImageForm(BaseModel):
    """How images become arrays: the part of a `DataPlan` that pixels depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(ge=1, le=2048)
    height: int = Field(ge=1, le=2048)
    channels: Literal[1, 3]
    fit: Fit

    @classmethod
    def of(cls, data: DataPlan) -> Self:
        """That of a plan."""
        return cls(width=data.width, height=data.height, channels=data.channels, fit=data.fit)


class PreviewAugmentation(_Command):
    """Show what lists of augmentations make of some images → AugmentationPreviewed."""

    type: Literal["preview_augmentation"] = "preview_augmentation"
    project: str
    images: tuple[int, ...] = Field(min_length=1, max_length=100)
    """Ids in the dataset."""
    form: ImageForm
    variants: tuple[tuple[EntrySpec, ...], ...] = Field(min_length=1, max_length=100)
    """Lists of augmentations, each as in a plan."""
    draws: int = Field(1, ge=1, le=100)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    output: str
    """A .npy file to write."""


class MeasureImages(_Command):
    """Measure how the classes of the training images differ → ImagesMeasured."""

    type: Literal["measure_images"] = "measure_images"
    project: str
    most: int = Field(2_000, ge=1, le=100_000)
    """Images in the sample."""


class CheckLabels(_Command):
    """Ask a run's best model about images and about their augmented copies → CopiesProgressed…,
    LabelsChecked."""

    type: Literal["check_labels"] = "check_labels"
    project: str
    run: str
    steps: tuple[EntrySpec, ...]
    split: Split = "validation"
    most: int = Field(500, ge=1, le=100_000)
    """Images, drawn evenly from the split."""
    draws: int = Field(4, ge=1, le=64)
    """Copies of each."""
    worst: int = Field(12, ge=0, le=100)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    output: str
    """A .npy file to write the worst examples into."""


class WriteCopies(_Command):
    """Write augmented copies of a split as files → CopiesProgressed…, CopiesWritten."""

    type: Literal["write_copies"] = "write_copies"
    project: str
    steps: tuple[EntrySpec, ...] = Field(min_length=1)
    form: ImageForm
    split: Split = "train"
    copies: int = Field(1, ge=1, le=1_000)
    """Of each image."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    folder: str
    """A new or empty one; it gets a folder for each class, and manifest.csv."""


class StartStudy(_Command):
    """Carry out `study`/plan.json → StudyStarted, VariantTrained…, StudyFinished."""

    type: Literal["start_study"] = "start_study"
    project: str
    study: str
    """The study's folder."""
    done: tuple[tuple[int, int], ...] = ()
    """Trainings that are left out since they are over: variant and seed of each."""


class MeasureTransfer(_Command):
    """Measure what backbones know of the project's images → TransferStarted, a result each,
    TransferFinished."""

    type: Literal["measure_transfer"] = "measure_transfer"
    project: str
    kind: TransferKind
    backbones: tuple[str, ...] = Field(min_length=1, max_length=200)
    """Ids; the first alone, unless several are ranked."""
    data: DataSpec
    device: EntrySpec = EntrySpec(kind="cpu")
    split: Split = "validation"
    """What is measured on."""
    most: int = Field(1_000, ge=2, le=100_000)
    """Training images, drawn from the dataset."""
    most_held_out: int = Field(1_000, ge=1, le=100_000)
    """Of `split`, drawn as well."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    network: NetworkSpec = NetworkSpec()
    """What is trained from nothing, beside the head on few images;"""
    network_data: DataSpec = DataSpec()
    """and how it sees the images."""
    counts: tuple[int, ...] = (5, 10, 20, 50, 100)
    """Images of each class, and at last as many as there are."""
    seeds: int = Field(3, ge=1, le=20)
    epochs: int = Field(60, ge=1, le=1_000)
    steps: int = Field(600, ge=1, le=100_000)
    """A training from nothing takes so many epochs and steps, at most."""


class SortImages(_Command):
    """Sort images without classes into groups of what looks alike → SortingProgressed…,
    GroupingProgressed…, ImagesSorted."""

    type: Literal["sort_images"] = "sort_images"
    images: tuple[str, ...] = ()
    """Files; a folder means every image below it."""
    kept: str = ""
    """Instead of images, the output of an earlier sorting: other groups are made of the features
    beside it, and no image is looked at again."""
    groups: int = Field(0, ge=0, le=100)
    """How many; 0 chooses the number that suits the images, at most 20."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    output: str
    """A .json file to write, see `protocol.sorting`; features go beside it."""


class AddBackbone(_Command):
    """Keep the weights file of a network of Keras as a backbone → BackboneAdded."""

    type: Literal["add_backbone"] = "add_backbone"
    file: str
    """HDF5 or .keras, as Keras saves weights."""
    application: str
    """See `plan.applications`: 'keras:MobileNetV2'."""
    title: str = Field("", max_length=200)
    """Empty: the network's name."""
    source: str = Field("", max_length=500)
    """The address that Keras's own file was downloaded from; empty of any other file."""


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
    | PreviewAugmentation
    | MeasureImages
    | CheckLabels
    | WriteCopies
    | StartStudy
    | MeasureTransfer
    | SortImages
    | AddBackbone
    | Shutdown,
    Field(discriminator="type"),
]


def path_text(path: Path) -> str:
    """`path` as commands carry it: complete, and valid Unicode.

    Raises:
        UserError: `file.name`.
    """
    text = str(path.absolute())
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError(
            "file.name",
            f"The name {text!r} is not valid text.",
            "Rename the file or folder, then try again.",
        ) from error
    return text
