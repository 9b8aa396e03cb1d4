"""AutoML on this machine: what is tried, in which order, and how long it is expected to take.

A candidate is a network on a frozen backbone: a head, and how many of the backbone's last blocks
are fine-tuned. Cheap and promising ones come first. How long one takes follows from its work in
multiply-adds and from how fast those before it were; nothing is begun that plainly does not fit
into what is left of the budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import (
    AugmentationSpec,
    BlockSpec,
    ProjectSpec,
    TrainingSpec,
    TransferSpec,
)
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.plan.plan import Plan, Value
from imgclf_gui.plan.transfer import phases, still_front, usual_head, with_backbone

Head = Literal["linear", "dense"]
HEADS: tuple[Head, ...] = ("linear", "dense")

HEAD_TITLES: Mapping[Head, str] = {"linear": "linear head", "dense": "dense head"}

DENSE_UNITS = 256
DENSE_DROPOUT = 0.4
BATCH = 32
"""Images a step: few images make few steps, and little memory is enough for fine-tuning."""
HEAD_EPOCHS = 30
HEAD_RATE = 1e-3
FINE_TUNE_RATE = 3e-4
LEAST_EPOCHS, MOST_EPOCHS = 2, 8
"""Of fine-tuning: as many as fit, if it is not fewer than the least."""
MOST_BACKBONES = 3
"""That are trained on: the first ones of the ranking."""

LEARNING = 4.0
"""What learning takes, by what the forward pass alone takes of the same blocks."""
USUAL_PACE = 2.5e-11
"""Of `Trial.pace`, on a processor of two cores; as long as nothing was measured."""
DEEPER = 2.0
"""Multiply-adds of a backbone's earlier blocks take longer than those of later ones, whose channels
are more and positions fewer: 1.4 times as long for twice the depth, 2.3 on a busy machine."""


class Candidate(Value):
    """A network that may be trained."""

    backbone: str
    """The id."""
    head: Head = "linear"
    trained_blocks: int = Field(0, ge=0)
    """Of the backbone's last blocks, fine-tuned after the head has learned; 0: none."""

    def title(self, known: Mapping[str, Backbone]) -> str:
        """'EfficientNet-Lite0, linear head, last 2 blocks fine-tuned'."""
        name = known[self.backbone].title if self.backbone in known else self.backbone
        blocks = self.trained_blocks
        tuned = f", last {blocks} blocks fine-tuned" if blocks > 1 else ", last block fine-tuned"
        return f"{name}, {HEAD_TITLES[self.head]}{tuned if blocks else ''}"


class Work(Value):
    """What a candidate takes, in multiply-adds."""

    front: float
    """Of the features of one image;"""
    images: int
    """they are made of so many, once."""
    epoch: float
    """Of one epoch behind the front; learning counts `LEARNING` times."""


class Trial(Value):
    """A candidate that is or was trained."""

    candidate: Candidate
    epochs: int
    """Of fine-tuning; 0 without."""
    work: Work
    run: str = ""
    """The id of the run that it is; '' as long as there is none."""
    seconds: float = 0.0
    """That it took altogether."""
    pace: float | None = None
    """Seconds that a multiply-add of its features took; None if they were kept from before."""
    epoch_seconds: float | None = None
    """Of an epoch of fine-tuning; None without, or if less than two were seen."""
    accuracy: float | None = None
    """Of its best epoch in validation; None if it came to none."""
    loss: float = 0.0
    """Of the same."""
    error: ErrorReport | None = None
    """Why it failed."""
    over: bool = False

    @property
    def score(self) -> tuple[float, float]:
        """What makes one the best."""
        return (-1.0, 0.0) if self.accuracy is None else (self.accuracy, -self.loss)


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """The most accurate in validation, of equal ones that with the lowest loss; None of none."""
    able = [trial for trial in trials if trial.accuracy is not None]
    return max(able, key=lambda trial: trial.score, default=None)


def candidates(
    ranked: Sequence[str], blocks: Mapping[str, int], trials: Sequence[Trial]
) -> Iterator[Candidate]:
    """What there is to try, cheap and promising first; the order of later ones follows from trials.

    First heads on the features of the best backbones, then the last blocks of the best of these
    with it, more and more; then the same with what came off worse. `ranked` are backbones, the
    most promising first, `blocks` how many blocks each has that is (still) there.
    """
    there = [name for name in ranked if name in blocks][:MOST_BACKBONES]
    heads = [Candidate(backbone=name, head=head) for name in there[:1] for head in HEADS]
    heads += [Candidate(backbone=name) for name in there[1:]]
    yield from heads
    of_heads = [trial for trial in trials if trial.candidate in heads]
    learned = [trial for trial in of_heads if trial.accuracy is not None]
    order = sorted(learned, key=lambda trial: trial.score, reverse=True)
    for trial in order:
        for depth in depths(blocks[trial.candidate.backbone]):
            yield trial.candidate.model_copy(update={"trained_blocks": depth})


def depths(blocks: int) -> tuple[int, ...]:
    """How many of the last `blocks` are fine-tuned, one after the other: 2, 4, 8, …, all."""
    doubled = [2**power for power in range(1, blocks.bit_length()) if 2**power < blocks]
    return (*doubled, blocks)


def next_trial(
    ranked: Sequence[str],
    blocks: Mapping[str, int],
    trials: Sequence[Trial],
    work: Mapping[Candidate, Work],
    left: float,
) -> Trial | None:
    """What is trained next within `left` seconds; None if nothing fits any more, or all is tried.

    Candidates that are not among `work` cannot be trained.
    """
    if left <= 0:
        return None
    tried = {trial.candidate for trial in trials}
    for candidate in candidates(ranked, blocks, trials):
        if candidate in tried or candidate not in work:
            continue
        epochs = fitting_epochs(candidate, work[candidate], trials, left)
        if epochs is not None:
            return Trial(candidate=candidate, epochs=epochs, work=work[candidate])
    return None


def fitting_epochs(
    candidate: Candidate, work: Work, trials: Sequence[Trial], left: float
) -> int | None:
    """Epochs of fine-tuning that fit into `left` seconds, 0 for a head alone; None if it does not.

    As long as nothing was measured, a head always fits.
    """
    begun = expected_start(candidate, work, trials)
    if not candidate.trained_blocks:
        return 0 if begun <= left else None
    fitting = int((left - begun) / expected_epoch(candidate, work, trials))
    return min(fitting, MOST_EPOCHS) if fitting >= LEAST_EPOCHS else None


def expected_start(candidate: Candidate, work: Work, trials: Sequence[Trial]) -> float:
    """Seconds until its head has learned: features, unless they are kept, and what all take."""
    done = _done(trials)
    if not done:
        return 0.0
    made = {(trial.candidate.backbone, trial.candidate.trained_blocks) for trial in done}
    kept = (candidate.backbone, candidate.trained_blocks) in made
    return _least_start(done) + (0 if kept else work.front * work.images * _pace(done))


def expected_epoch(candidate: Candidate, work: Work, trials: Sequence[Trial]) -> float:
    """Seconds of an epoch of fine-tuning.

    By the slowest that was measured; by the time of features if none was.
    """
    done = _done(trials)
    paces = [
        (trial.epoch_seconds / trial.work.epoch, trial.candidate.trained_blocks)
        for trial in done
        if trial.epoch_seconds and trial.work.epoch
    ]
    if not paces:
        return work.epoch * _pace(done)
    deepest = max(blocks for _, blocks in paces)
    margin = DEEPER if candidate.trained_blocks > deepest else 1.0
    return work.epoch * margin * max(pace for pace, _ in paces)


def _done(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.over and trial.accuracy is not None]


def _least_start(done: Sequence[Trial]) -> float:
    """What any candidate takes, with features that are there; of one trial nothing is known."""
    starts = [trial.seconds - trial.epochs * (trial.epoch_seconds or 0.0) for trial in done]
    return max(0.0, min(starts)) if len(done) > 1 else 0.0


def _pace(done: Sequence[Trial]) -> float:
    """Seconds a multiply-add of features takes, at most."""
    return max((trial.pace for trial in done if trial.pace), default=USUAL_PACE)


def candidate_spec(
    spec: ProjectSpec, dataset: DatasetSummary, backbone: Backbone, candidate: Candidate
) -> ProjectSpec:
    """The project's `spec` as the candidate is trained: as a run that a person could set up.

    Without augmentation, so that what stays frozen runs once an image.
    """
    made = with_backbone(
        spec,
        dataset,
        backbone,
        trained_blocks=candidate.trained_blocks,
        head=head_blocks(backbone, candidate.head),
    )
    training = TrainingSpec(
        epochs=HEAD_EPOCHS,
        batch_size=BATCH,
        learning_rate=HEAD_RATE,
        class_weights=spec.training.class_weights,
        seed=spec.training.seed,
        device=spec.training.device,
    )
    epochs = MOST_EPOCHS if candidate.trained_blocks else 0
    transfer = TransferSpec(fine_tune_epochs=epochs, fine_tune_rate=FINE_TUNE_RATE)
    return made.model_copy(
        update={"training": training, "transfer": transfer, "augmentation": AugmentationSpec()}
    )


def with_epochs(spec: ProjectSpec, epochs: int) -> ProjectSpec:
    """`spec` with so many epochs of fine-tuning."""
    transfer = spec.transfer.model_copy(update={"fine_tune_epochs": epochs})
    return spec.model_copy(update={"transfer": transfer})


def head_blocks(backbone: Backbone, head: Head) -> tuple[BlockSpec, ...]:
    """The blocks behind `backbone`."""
    usual = usual_head(backbone)
    if head == "linear":
        return usual
    dense = (
        BlockSpec(kind="dense", units=DENSE_UNITS, activation="relu"),
        BlockSpec(kind="dropout", rate=DENSE_DROPOUT),
    )
    return (usual[0], *dense, usual[-1])


def work_of(plan: Plan) -> Work:
    """What `plan` takes."""
    last = phases(plan)[-1].network
    front = still_front(last)
    frozen = front.multiply_adds if front is not None else 0
    train, validation = plan.data.train_images, plan.data.validation_images
    return Work(
        front=frozen,
        images=train + validation,
        epoch=(last.multiply_adds - frozen) * (LEARNING * train + validation),
    )
