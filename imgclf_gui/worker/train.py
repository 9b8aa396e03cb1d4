"""The training loop: our own, so that it can be stopped, resumed and measured at any step.

It takes any Keras network from raw pixels to logits. All that it is at a moment is the variables
and a `Progress`; both go into one checkpoint file, and a run taken up from there continues bit by
bit as if it had never been interrupted (on one CPU with the same number of threads).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from pydantic import ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.plan.augmentation import mixes_labels
from imgclf_gui.plan.watch import WatchedBlock
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.augment import Augmenter
from imgclf_gui.worker.augment_blocks import BlockAugmenter
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Block, BlockReader, BlockStream, Examples
from imgclf_gui.worker.execution import LONGEST_CALL, Choice, ChoiceMemory, choose
from imgclf_gui.worker.fused import training_twin
from imgclf_gui.worker.progress import Progress, Since
from imgclf_gui.worker.spacing import Spacing
from imgclf_gui.worker.steps import Measure, StepFigures, TrainingSteps
from imgclf_gui.worker.watch import Made, Make, Observer, Watch, unobserved

Outcome = Literal["completed", "stopped", "stopped_early"]

CHECKPOINT_SECONDS = 20.0
"""Between two checkpoints: no more than this is lost when the process is killed."""
EPOCH_CHECKPOINT_SECONDS = 5.0
"""An epoch's end is a good moment for a checkpoint, if the last is this old."""
REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Recipe:
    """What is trained on what, and how; `rate` is the learning rate of a step (0 is the first)."""

    network: keras.Model
    optimizer: keras.optimizers.Optimizer
    rate: Callable[[int], float]
    train: Examples
    validation: Examples
    batch_size: int
    epochs: int
    seed: int = 0
    patience: int = 0
    class_weights: tuple[float, ...] | None = None
    augmentation: tuple[EntrySpec, ...] = ()
    """What happens to training images; validation images stay as they are."""
    key: str = ""
    """Of the choice of execution settings in the memory."""
    watched: tuple[WatchedBlock, ...] = ()
    """Blocks that are observed in some of the steps."""
    whole: keras.Model | None = None
    """The network that `network` is the head of; the examples are then features."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Factors of the learning rate, by what the names of layers begin with."""
    hurried: bool = False
    """Whether there is no time to try XLA."""


class Trainer:
    """Carries out a recipe, and keeps its checkpoints in `folder`."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        emit: Emit,
        control: Control,
        memory: ChoiceMemory | None = None,
        *,
        progress: Progress | None = None,
    ) -> None:
        """`progress` is that of the phase before."""
        self.network = training_twin(recipe.network)
        self.progress = progress or Progress()
        self._recipe = recipe
        self._folder = folder
        self._emit = emit
        self._control = control
        self._memory = memory or ChoiceMemory()
        self._reader = BlockReader(
            recipe.train, recipe.batch_size, recipe.seed, _augmentation(recipe, emit)
        )
        self._steps = TrainingSteps(
            self.network,
            recipe.optimizer,
            recipe.batch_size,
            recipe.class_weights,
            mixed=mixes_labels(recipe.augmentation),
            features=recipe.whole is not None,
            rates=recipe.rates,
        )
        self._measure = Measure(self.network, features=recipe.whole is not None)
        self._make: Make = unobserved
        self._best: checkpoint.Arrays | None = None
        self._saved_at = self._reported_at = time.perf_counter()
        self._reported = Since()

    @property
    def steps_per_epoch(self) -> int:
        """Steps that see each training image once."""
        return self._reader.steps_per_epoch

    @property
    def step(self) -> int:
        """Steps made since the run began."""
        return self.progress.epoch * self.steps_per_epoch + self.progress.step

    def resume(self) -> bool:
        """Go on from the last checkpoint; False if there is none.

        Raises:
            UserError: `checkpoint.damaged`, `checkpoint.other`.
        """
        path = self._folder / checkpoint.LATEST
        if not path.exists():
            return False
        arrays, about = checkpoint.read(path)
        progress = _progress(about, path)
        checkpoint.restore(self._steps.variables, arrays, path)
        self.progress = progress
        return True

    def run(self) -> Outcome:
        """Train to the end, or until the control says stop; always leaves checkpoints.

        Raises:
            UserError: `run.not_finite` if the loss is no number any more; `file.full`,
                `file.write`. The best model so far is kept.
        """
        self._reported_at = time.perf_counter()
        # As if saved that long ago: the first epoch's end makes a run that can be resumed.
        self._saved_at = self._reported_at - EPOCH_CHECKPOINT_SECONDS
        self._control.busy_with = "compiling the network"
        try:
            self._choose_execution()
            if self._recipe.watched and not self._control.stopped:
                spacing = Spacing(self._recipe.epochs * self.steps_per_epoch, self.step)
                watch = Watch(self.network, self._steps, self._recipe.watched)
                self._make = Observer(watch, spacing, self._reader.read(0, 0, 1)).make
            outcome = self._train()
        except BaseException:
            self._keep_best()  # whatever happened, what was learned is not lost
            raise
        finally:
            self._control.busy_with = ""
        self._save()
        return outcome

    def _train(self) -> Outcome:
        with BlockStream(self._reader, self._recipe.epochs) as stream:
            while self.progress.epoch < self._recipe.epochs:
                if 0 < self._recipe.patience <= self.progress.waited:
                    return "stopped_early"
                while self.progress.step < self.steps_per_epoch:
                    if self._interrupted():
                        return "stopped"
                    self._execute(stream)
                    self._save_if_older(CHECKPOINT_SECONDS)
                if not self._end_epoch():
                    return "stopped"
                self._save_if_older(EPOCH_CHECKPOINT_SECONDS)
        return "completed"

    def _choose_execution(self) -> None:
        kept = self.progress.execution
        if kept is not None:
            self._report_choice(kept, "kept")
            return
        left = self._recipe.epochs * self.steps_per_epoch - self.step
        if self._recipe.hurried:
            left = 0
        chosen = choose(
            self._steps,
            self._reader,
            left,
            memory=self._memory,
            key=self._recipe.key,
            stopped=lambda: self._control.stopped,
        )
        if self._control.stopped:
            return  # perhaps in the middle of measuring: it is chosen when the run goes on
        self.progress.execution = chosen.choice
        self._report_choice(chosen.choice, chosen.how, chosen.trials)

    def _report_choice(
        self,
        choice: Choice,
        how: Literal["measured", "remembered", "kept"],
        trials: tuple[e.ExecutionTrial, ...] = (),
    ) -> None:
        self._emit(e.ExecutionChosen(how=how, trials=trials, **choice.model_dump()))

    def _interrupted(self) -> bool:
        """Whether to stop; waits through a pause."""
        if self._control.paused:
            self._save()
            self._emit(e.RunPaused(step=self.step))
            self._control.wait_while_paused()
            if not self._control.stopped:
                self._emit(e.RunContinued())
            self._reported, self._reported_at = Since(), time.perf_counter()
        return self._control.stopped

    def _execute(self, stream: BlockStream) -> None:
        """Some steps of the epoch in hand: one call, or more if some of them are observed."""
        choice = self.progress.execution
        assert choice is not None  # noqa: S101 run() has chosen
        begin = time.perf_counter()
        wanted = self._reported.steps_within(LONGEST_CALL, choice.steps_per_execution)
        block = stream.take(self.progress.epoch, self.progress.step, wanted)

        def train(part: Block) -> StepFigures:
            rates = [self._recipe.rate(self.step + index) for index in range(part.steps)]
            return self._steps.run(
                part, np.array(rates, np.float32), jit_compile=choice.jit_compile
            )

        for made in self._make(block, train, self.step):
            self._control.busy_with = ""
            end = time.perf_counter()
            self._take_in(made, end - begin)
            begin = end
        self._report(self._recipe.rate(self.step - 1))

    def _take_in(self, made: Made, seconds: float) -> None:
        """Count what some steps gave, and report what was observed."""
        part, figures, progress = made.part, made.figures, self.progress
        if made.seen:
            epoch = progress.epoch + 1
            self._emit(e.BlocksObserved(step=self.step + 1, epoch=epoch, blocks=made.seen))
        if not figures.finite:
            raise _not_finite(self.step + int(np.isfinite(figures.losses).argmin()) + 1)
        losses, correct = figures.losses.tolist(), int(figures.correct.sum())
        for loss in losses:  # one by one: how steps are grouped must not change the sum
            progress.loss_sum += loss * part.batch
        progress.correct += correct
        progress.seen += part.batch * part.steps
        progress.step += part.steps
        progress.epoch_seconds += seconds
        progress.seconds += seconds
        self._reported.add(part, sum(losses) * part.batch, correct, seconds)

    def _report(self, rate: float) -> None:
        now = time.perf_counter()
        since = self._reported
        # A small last batch alone says little: it waits for the next step.
        least = min(self._recipe.batch_size, len(self._recipe.train))
        if now - self._reported_at < REPORT_SECONDS or since.images < least:
            return
        left = self._recipe.epochs * self.steps_per_epoch - self.step
        self._emit(
            e.StepsEnded(
                step=self.step,
                epoch=self.progress.epoch + 1,
                loss=since.loss_sum / since.images,
                accuracy=since.correct / since.images,
                learning_rate=rate,
                images_per_second=since.images / since.seconds,
                seconds_left=left * since.seconds / since.steps,
            )
        )
        self._reported_at, self._reported = now, Since(since.step_seconds)

    def _end_epoch(self) -> bool:
        """Validate, and count the epoch; False if the control said stop before it was done."""
        validated = self._validate()
        if validated is None:
            return False
        progress = self.progress
        loss = progress.loss_sum / progress.seen
        summary = e.EpochSummary(
            epoch=progress.epoch + 1,
            step=self.step,
            loss=loss,
            accuracy=progress.correct / progress.seen,
            validation_loss=validated[0],
            validation_accuracy=validated[1],
            learning_rate=self._recipe.rate(max(0, self.step - 1)),
            seconds=progress.epoch_seconds,
            images_per_second=progress.seen / max(progress.epoch_seconds, 1e-9),
        )
        best = self._note_best(summary)
        progress.epochs.append(summary)
        progress.begin_epoch()
        self._emit(e.EpochEnded(summary=summary, best=best))
        return True

    def _validate(self) -> tuple[float, float] | tuple[None, None] | None:
        """Mean loss and accuracy on the validation images; None if the control said stop."""
        examples = self._recipe.validation
        if not len(examples):
            return None, None
        loss_sum, correct = 0.0, 0
        for pixels, labels in examples.batches(self._recipe.batch_size):
            if self._interrupted():
                return None
            loss, right = self._measure.batch(pixels, labels)
            loss_sum, correct = loss_sum + loss, correct + right
        if not np.isfinite(loss_sum):
            raise _not_finite(self.step)
        return loss_sum / len(examples), correct / len(examples)

    def _note_best(self, summary: e.EpochSummary) -> bool:
        """Keep the weights of the most accurate epoch; of equal ones, that with the lowest loss."""
        progress, score = self.progress, summary.score
        if progress.best_score is not None and score <= progress.best_score:
            progress.waited += 1
            return False
        progress.best_score, progress.best_epoch, progress.waited = score, summary.epoch, 0
        self._best = self._whole_weights()
        return True

    def _whole_weights(self) -> checkpoint.Arrays:
        """Those of the network from pixels to logits, as they are now."""
        whole, head = self._recipe.whole, self._recipe.network
        if whole is None:
            return checkpoint.arrays_of(self.network.weights)
        if head is not self.network:  # the twin has variables of its own
            head.set_weights(self.network.get_weights())
        return checkpoint.arrays_of(whole.weights)

    def _save_if_older(self, seconds: float) -> None:
        if time.perf_counter() - self._saved_at >= seconds:
            self._save()

    def _save(self) -> None:
        """The best weights first: a crash between the two leaves a better best, never a worse."""
        self._keep_best()
        arrays = checkpoint.arrays_of(self._steps.variables)
        about = self.progress.model_dump(mode="json")
        if not checkpoint.write(self._folder / checkpoint.LATEST, arrays, about):
            raise _not_finite(self.step)
        self._saved_at = time.perf_counter()
        self._emit(e.CheckpointSaved(step=self.step))

    def _keep_best(self) -> None:
        if self._best is not None:
            best, self._best = self._best, None
            about = {"epoch": self.progress.best_epoch}
            checkpoint.write(self._folder / checkpoint.BEST, best, about)


def saved_progress(folder: Path) -> Progress | None:
    """How far the last checkpoint in `folder` is; None if there is none.

    Raises:
        UserError: `checkpoint.damaged`.
    """
    path = folder / checkpoint.LATEST
    return _progress(checkpoint.read(path)[1], path) if path.exists() else None


def _progress(about: dict[str, Any], path: Path) -> Progress:
    try:
        return Progress.model_validate(about)
    except ValidationError as error:
        raise UserError(
            "checkpoint.damaged",
            f"{path.name} does not say how far the run is.",
            "Start a new run.",
            str(error),
        ) from error


def _augmentation(recipe: Recipe, emit: Emit) -> BlockAugmenter | None:
    if not recipe.augmentation or recipe.whole is not None:  # features of views are ready
        return None
    return BlockAugmenter(
        Augmenter(recipe.augmentation, recipe.network.output_shape[-1], recipe.seed),
        recipe.train.pixels.shape[1:],
        recipe.batch_size,
        images=recipe.epochs * len(recipe.train),
        warn=lambda text: emit(e.Logged(level="warning", text=text)),
    )


def _not_finite(step: int) -> UserError:
    return UserError(
        "run.not_finite",
        f"The loss became infinite or not a number at step {step}.",
        "Lower the learning rate (a tenth is a good try), add warm-up, or put batch "
        "normalisation into the network. The best model so far is kept.",
    )
