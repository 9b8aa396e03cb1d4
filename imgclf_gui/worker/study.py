"""Carries out StartStudy: the same network trained with and without each augmentation.

Each training is what a run of the same plan and seed is, without checkpoints, and what counts are
the weights of its last epoch: the best epoch would be chosen by the very images that it is
measured on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import StartStudy
from imgclf_gui.worker import devices
from imgclf_gui.worker.bench import Bench
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import BlockStream, Examples
from imgclf_gui.worker.execution import LONGEST_CALL, Choice
from imgclf_gui.worker.progress import Since
from imgclf_gui.worker.recipes import examples, prepare_pixels
from imgclf_gui.worker.run import refuse_changed_dataset

REPORT_SECONDS = 0.25
COMPILING = "compiling the network"
NOT_FINITE = "study.not_finite"


def start_study(command: StartStudy, emit: Emit, control: Control) -> None:
    """Train what is not done yet: StudyStarted, VariantTrained…, StudyFinished.

    Raises:
        UserError: the study cannot begin or go on; what was trained before stays.
    """
    plan = read_study(Path(command.study))
    project = Project.open(Path(command.project))
    refuse_changed_dataset(project, plan.plan, "study")
    device, _ = devices.find_device(plan.plan.training.device)
    pixels = prepare_pixels(project, plan.plan, emit, lambda: control.stopped)
    begin, complete = time.perf_counter(), False
    if pixels is not None:
        left = [training for training in plan.order() if training not in command.done]
        emit(e.StudyStarted(trainings=plan.trainings, done=plan.trainings - len(left)))
        with devices.on_device(device):
            train, validation = examples(pixels, "train"), examples(pixels, "validation")
            complete = _carry_out(plan, left, (train, validation), emit, control)
    emit(e.StudyFinished(seconds=time.perf_counter() - begin, stopped=not complete))


def read_study(study: Path) -> StudyPlan:
    """The plan in the study's folder.

    Raises:
        UserError: `study.damaged`.
    """
    try:
        return StudyPlan.model_validate_json((study / "plan.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise UserError(
            "study.damaged",
            f"The plan of study {study.name} cannot be read.",
            "Start a new study.",
            str(error),
        ) from error


def _carry_out(
    plan: StudyPlan,
    left: Sequence[tuple[int, int]],
    data: tuple[Examples, Examples],
    emit: Emit,
    control: Control,
) -> bool:
    """What is `left` to train, in this order; False if the control said stop before its end."""
    if not left or control.stopped:
        return not left
    control.busy_with = COMPILING
    try:
        bench = Bench(plan, *data, warn=lambda text: emit(e.Logged(level="warning", text=text)))
        choice = bench.choose(lambda: control.stopped)
        progress = _Progress(plan, plan.trainings - len(left), emit)
        return all(
            _Training(bench, choice, variant, seed, progress, control).carry_out(emit)
            for variant, seed in left
        )
    finally:
        control.busy_with = ""


class _Progress:
    """Says a few times a second how far a study is."""

    def __init__(self, plan: StudyPlan, done: int, emit: Emit) -> None:
        self._trainings = plan.trainings
        self._done = self._before = done
        self._emit = emit
        self._began_at = self._reported_at = time.perf_counter()

    def training_over(self) -> None:
        """One training more is done."""
        self._done += 1

    def report(self, variant: int, seed: int, share: float) -> bool:
        """That 0 ≤ `share` ≤ 1 of a training is done; False if it was just said."""
        now = time.perf_counter()
        if now - self._reported_at < REPORT_SECONDS:
            return False
        done = self._done + share
        left = (self._trainings - done) * (now - self._began_at) / (done - self._before)
        self._emit(
            e.StudyProgressed(
                variant=variant, seed=seed, done=done, trainings=self._trainings, seconds_left=left
            )
        )
        self._reported_at = now
        return True


@dataclass
class _Training:
    """One variant with one seed."""

    bench: Bench
    choice: Choice
    variant: int
    seed: int
    progress: _Progress
    control: Control
    since: Since = field(default_factory=Since)

    def carry_out(self, emit: Emit) -> bool:
        """Train, measure, and say what came of it; False if the control said stop before that."""
        begin = time.perf_counter()
        try:
            measured = self._learn() and self._measure()
        except UserError as error:
            if error.code != NOT_FINITE:
                raise
            emit(self._failed(error, time.perf_counter() - begin))
        else:
            if not measured:
                return False
            emit(self._trained(*measured, time.perf_counter() - begin))
        self.progress.training_over()
        return True

    def _learn(self) -> bool:
        """All epochs; False if the control said stop before."""
        self.control.busy_with = COMPILING
        self.bench.begin(self.seed)
        reader, epochs = self.bench.reader(self.variant), self.bench.recipe.epochs
        steps, step = epochs * reader.steps_per_epoch, 0
        with BlockStream(reader, epochs) as stream:
            while step < steps:
                if self.control.stopped:
                    return False
                step += self._execute(stream, step, reader.steps_per_epoch)
                self.control.busy_with = ""
                if self.progress.report(self.variant, self.seed, step / steps):
                    self.since = Since(self.since.step_seconds)
        return True

    def _execute(self, stream: BlockStream, step: int, steps_per_epoch: int) -> int:
        """Some steps, from `step` of the training on; how many."""
        begin = time.perf_counter()
        wanted = self.since.steps_within(LONGEST_CALL, self.choice.steps_per_execution)
        block = stream.take(*divmod(step, steps_per_epoch), wanted)
        rates = [self.bench.recipe.rate(step + index) for index in range(block.steps)]
        figures = self.bench.steps(self.variant).run(
            block, np.array(rates, np.float32), jit_compile=self.choice.jit_compile
        )
        if not figures.finite:
            raise _not_finite(step + int(np.isfinite(figures.losses).argmin()) + 1)
        self.since.add(block, 0.0, 0, time.perf_counter() - begin)
        return block.steps

    def _measure(self) -> tuple[float, int] | None:
        """Mean loss and correct answers in validation; None if the control said stop."""
        loss_sum, correct = 0.0, 0
        for pixels, labels in self.bench.validation.batches(self.bench.recipe.batch_size):
            if self.control.stopped:
                return None
            loss, right = self.bench.measure.batch(pixels, labels)
            loss_sum, correct = loss_sum + loss, correct + right
        if not np.isfinite(loss_sum):
            raise _not_finite(self.bench.steps_each)
        return loss_sum / len(self.bench.validation), correct

    def _trained(self, loss: float, correct: int, seconds: float) -> e.VariantTrained:
        return e.VariantTrained(
            variant=self.variant,
            seed=self.seed,
            images=len(self.bench.validation),
            correct=correct,
            seconds=seconds,
            loss=loss,
        )

    def _failed(self, error: UserError, seconds: float) -> e.VariantFailed:
        return e.VariantFailed(
            variant=self.variant, seed=self.seed, seconds=seconds, error=error.report
        )


def _not_finite(step: int) -> UserError:
    return UserError(
        NOT_FINITE,
        f"The loss became infinite or not a number at step {step}.",
        "Lower the learning rate (a tenth is a good try), or add warm-up.",
    )
