"""What a worker reports. A closed set: add a class here, and a case where events are folded.

Accuracies are fractions 0…1, times are seconds, `at` is seconds since 1970.
"""

# ruff: noqa: PLC0414 what is imported under its own name is exported

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import Split
from imgclf_gui.core.summary import DeviceSummary, ImageStatistics
from imgclf_gui.protocol.event_base import BaseEvent as _Event
from imgclf_gui.protocol.event_base import EventValue as _Value
from imgclf_gui.protocol.sorting_events import GroupingProgressed as GroupingProgressed
from imgclf_gui.protocol.sorting_events import ImagesSorted as ImagesSorted
from imgclf_gui.protocol.sorting_events import SortingProgressed as SortingProgressed
from imgclf_gui.protocol.study_events import StudyFinished as StudyFinished
from imgclf_gui.protocol.study_events import StudyProgressed as StudyProgressed
from imgclf_gui.protocol.study_events import StudyStarted as StudyStarted
from imgclf_gui.protocol.study_events import VariantFailed as VariantFailed
from imgclf_gui.protocol.study_events import VariantTrained as VariantTrained
from imgclf_gui.protocol.transfer_events import BackboneAdded as BackboneAdded
from imgclf_gui.protocol.transfer_events import (
    BackboneMeasured,
    BlockProbed,
    FewImagesMeasured,
    TransferFinished,
    TransferProgressed,
    TransferStarted,
)


class WorkerReady(_Event):
    """The worker reads commands."""

    type: Literal["worker_ready"] = "worker_ready"
    pid: int
    python: str


class Heartbeat(_Event):
    """The worker lives; sent every few seconds."""

    type: Literal["heartbeat"] = "heartbeat"


class DevicesListed(_Event):
    """TensorFlow is imported, and sees these devices."""

    type: Literal["devices_listed"] = "devices_listed"
    devices: tuple[DeviceSummary, ...]
    versions: dict[str, str] = Field(default_factory=dict)


class SkippedImage(_Value):
    """An item of a source that could not be used, and why."""

    name: str
    reason: str


class ImportProgressed(_Event):
    """Sent a few times a second while an import runs."""

    type: Literal["import_progressed"] = "import_progressed"
    done: int
    total: int
    skipped: int
    images_per_second: float
    seconds_left: float | None = None


class ImportFinished(_Event):
    """The import is over; `stopped` if the person ended it (what was imported stays)."""

    type: Literal["import_finished"] = "import_finished"
    imported: int
    duplicates: int
    """Images left out since the dataset holds the very same bytes with the same label already."""
    skipped: tuple[SkippedImage, ...] = ()
    """The first 1,000; the dataset keeps all."""
    skipped_total: int = 0
    seconds: float
    stopped: bool = False


class PreparingPixels(_Event):
    """Images are being decoded into the pixel cache, or go through the still front of a network."""

    type: Literal["preparing_pixels"] = "preparing_pixels"
    done: int
    total: int
    what: Literal["pixels", "features"] = "pixels"
    images_per_second: float | None = None
    seconds_left: float | None = None


class EpochSummary(_Value):
    """One epoch's figures; validation ones are None without validation images."""

    epoch: int
    """1 for the first."""
    step: int
    """Steps since the run began."""
    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float
    seconds: float
    images_per_second: float

    @property
    def score(self) -> tuple[float, float]:
        """What makes an epoch the best: accuracy, then negative loss; validation's, if there is."""
        if self.validation_loss is None or self.validation_accuracy is None:
            return self.accuracy, -self.loss
        return self.validation_accuracy, -self.validation_loss


class ExecutionTrial(_Value):
    """One way of executing training steps, measured on the first steps."""

    jit_compile: bool
    steps_per_execution: int
    images_per_second: float
    compile_seconds: float


class RunStarted(_Event):
    """Training begins, or goes on from `step`.

    `epochs` are the last ones that were done before; many more than a thousand of them would not
    fit into a line.
    """

    type: Literal["run_started"] = "run_started"
    device: DeviceSummary
    epochs_total: int
    steps_per_epoch: int
    step: int = 0
    epochs: tuple[EpochSummary, ...] = ()
    threads: int = 0
    """CPU threads TensorFlow computes with; results depend on it in the last digits."""


class ExecutionChosen(_Event):
    """How training steps are executed, and why."""

    type: Literal["execution_chosen"] = "execution_chosen"
    jit_compile: bool
    steps_per_execution: int
    how: Literal["measured", "remembered", "kept"]
    trials: tuple[ExecutionTrial, ...] = ()


class StepsEnded(_Event):
    """Means since the last such event; sent at most 10 times a second."""

    type: Literal["steps_ended"] = "steps_ended"
    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class BlockStatistics:
    """One block in one step. A figure that is not finite, or that the block lacks, is None.

    With slots, since a run keeps tens of thousands: a fifth of a model's memory.
    """

    mean: float | None
    """Of the values before the block's activation: over batch, positions and channels."""
    spread: float | None
    """Their standard deviation."""
    dead: float | None = None
    """Share of channels (or units) that are ≤ 0 for every image and position of the batch, and
    so silenced; None where no activation follows that silences."""
    gradient: float | None = None
    """L2 norm of the gradient of the block's weights; None if they are frozen."""
    update: float | None = None
    """L2 norm of what the step changed of the kernel, by that of the kernel; None if frozen."""


class BlocksObserved(_Event):
    """What happened inside the network in one step, for a run that watches its blocks.

    `step` counts as in StepsEnded: 1 for the first. Activations and gradients are those of the
    weights before the step.
    """

    type: Literal["blocks_observed"] = "blocks_observed"
    step: int
    epoch: int
    blocks: tuple[BlockStatistics, ...]
    """In the order of `plan.watch.watched_blocks`."""


class EpochEnded(_Event):
    """An epoch is complete, and validated."""

    type: Literal["epoch_ended"] = "epoch_ended"
    summary: EpochSummary
    best: bool
    """Whether it is the most accurate so far (in validation; in training without validation)."""


class CheckpointSaved(_Event):
    """All of the run's state up to `step` is safely on disk."""

    type: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: int


class RunPaused(_Event):
    """The run waits."""

    type: Literal["run_paused"] = "run_paused"
    step: int


class RunContinued(_Event):
    """The run goes on."""

    type: Literal["run_continued"] = "run_continued"


class RunFinished(_Event):
    """The run is over and its best model is kept."""

    type: Literal["run_finished"] = "run_finished"
    outcome: Literal["completed", "stopped", "stopped_early"]
    best_epoch: int
    """0 if no epoch was completed."""
    seconds: float


class ClassReport(_Value):
    """One class in an evaluation; a figure is None where it divides by zero."""

    label: str
    images: int
    precision: float | None
    recall: float | None
    f1: float | None


class Evaluated(_Event):
    """The best model measured on a split.

    `interval` is the 95 % Wilson score interval of the accuracy. `confusion[i][j]` counts images
    of class i that were taken for class j; it is empty where hundreds of classes make it too large
    for a line. `predictions` names a file in the run's folder with a line for each image.
    """

    type: Literal["evaluated"] = "evaluated"
    split: Split
    images: int
    accuracy: float
    interval: tuple[float, float]
    loss: float
    classes: tuple[ClassReport, ...]
    confusion: tuple[tuple[int, ...], ...]
    predictions: str
    fingerprint: str
    """Of the dataset that was measured."""
    views: int = 0
    """Changed views that were averaged over besides the image itself."""


class PredictorReady(_Event):
    """The predictor of `run`, or of the built-in classifier `backbone`, is warm."""

    type: Literal["predictor_ready"] = "predictor_ready"
    run: str = ""
    backbone: str = ""
    loaded: bool = True
    """False if it was warm already."""


class Prediction(_Value):
    """The most probable classes of one image, best first; or why there are none."""

    image: str
    labels: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    error: str = ""


class Classified(_Event):
    """A part of the images is classified."""

    type: Literal["classified"] = "classified"
    predictions: tuple[Prediction, ...]
    done: int
    total: int


class ClassifyFinished(_Event):
    """All images of the command are classified, or `stopped`."""

    type: Literal["classify_finished"] = "classify_finished"
    images: int
    seconds: float
    stopped: bool = False


class AugmentationPreviewed(_Event):
    """`file` (.npy) holds uint8 [1 + variants · draws, images, height, width, channels].

    Its first row are the images as they are; then the first variant's draws, and so on.
    """

    type: Literal["augmentation_previewed"] = "augmentation_previewed"
    file: str
    seconds: float


class ImagesMeasured(_Event):
    """How the classes of the training images differ; None where there are too few to tell."""

    type: Literal["images_measured"] = "images_measured"
    statistics: ImageStatistics | None
    fingerprint: str
    """Of the dataset that was measured."""


class ChangedLabel(_Value):
    """An image that the model takes for something else once it is augmented."""

    image: int
    """Id in the dataset."""
    label: str
    before: str
    """What the image is taken for, which the model is right or wrong about."""
    after: str
    probability_before: float
    """Of `before`, for the image as it is."""
    probability_after: float
    """Of `before`, for the augmented one."""


class CheckedClass(_Value):
    """How one class fares in a label check."""

    label: str
    copies: int
    changed: int
    """Copies that the model takes for another class than the image they were made of."""
    interval: tuple[float, float]
    """95 % interval of their share, with images as the units that were sampled."""
    images: int


class LabelsChecked(_Event):
    """What a model makes of augmented images, by class.

    `accuracy_before` and `accuracy_after` are on the same images, as they are and augmented.
    `file` (.npy) holds uint8 [worst, 2, height, width, channels]: each image and its copy.
    """

    type: Literal["labels_checked"] = "labels_checked"
    run: str
    split: Split
    images: int
    draws: int
    changed: float
    """Share of all copies."""
    interval: tuple[float, float]
    """95 %, with images as the units that were sampled (copies of one hang together)."""
    accuracy_before: float
    accuracy_after: float
    classes: tuple[CheckedClass, ...]
    worst: tuple[ChangedLabel, ...]
    file: str


class CopiesProgressed(_Event):
    """Sent a few times a second while copies are written, or a model is asked about them."""

    type: Literal["copies_progressed"] = "copies_progressed"
    done: int
    total: int
    images_per_second: float
    seconds_left: float | None = None


class CopiesWritten(_Event):
    """Copies lie in `folder`; `stopped` if the person ended it (what was written stays)."""

    type: Literal["copies_written"] = "copies_written"
    folder: str
    copies: int
    seconds: float
    stopped: bool = False


class JobFailed(_Event):
    """The job ended with an error; the worker lives (if it does not, `jobs` says so here)."""

    type: Literal["job_failed"] = "job_failed"
    error: ErrorReport


class Logged(_Event):
    """Something worth reading in the log."""

    type: Literal["logged"] = "logged"
    level: Literal["info", "warning"] = "info"
    text: str


Event = Annotated[
    WorkerReady
    | Heartbeat
    | DevicesListed
    | ImportProgressed
    | ImportFinished
    | PreparingPixels
    | RunStarted
    | ExecutionChosen
    | StepsEnded
    | BlocksObserved
    | EpochEnded
    | CheckpointSaved
    | RunPaused
    | RunContinued
    | RunFinished
    | Evaluated
    | PredictorReady
    | Classified
    | ClassifyFinished
    | AugmentationPreviewed
    | ImagesMeasured
    | LabelsChecked
    | CopiesProgressed
    | CopiesWritten
    | StudyStarted
    | StudyProgressed
    | VariantTrained
    | VariantFailed
    | StudyFinished
    | TransferStarted
    | TransferProgressed
    | BackboneMeasured
    | BlockProbed
    | FewImagesMeasured
    | TransferFinished
    | BackboneAdded
    | SortingProgressed
    | GroupingProgressed
    | ImagesSorted
    | JobFailed
    | Logged,
    Field(discriminator="type"),
]

FINAL_EVENTS = (
    DevicesListed, ImportFinished, RunFinished, Evaluated, PredictorReady, ClassifyFinished,
    AugmentationPreviewed, ImagesMeasured, LabelsChecked, CopiesWritten, StudyFinished,
    TransferFinished, BackboneAdded, ImagesSorted, JobFailed,
)  # fmt: skip
"""Events that end the job they name."""
