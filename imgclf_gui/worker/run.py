"""Carries out StartRun: from the plan in the run's folder to its best model."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import keras
from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.dataset import Dataset, fingerprint_of
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_error
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import Split
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.plan import Plan
from imgclf_gui.plan.augmentation import mixes_labels
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import StartRun
from imgclf_gui.worker import checkpoint, devices
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Examples
from imgclf_gui.worker.execution import memory_key
from imgclf_gui.worker.learning_rate import learning_rate
from imgclf_gui.worker.network import build_network, with_probabilities
from imgclf_gui.worker.train import REPORT_SECONDS, Outcome, Recipe, Trainer

REPEATED_EPOCHS = 1_000
"""Of a run that goes on; a line of the protocol has no room for many more."""


def start_run(command: StartRun, emit: Emit, control: Control) -> None:
    """Train, and leave the best model in the run's folder: RunStarted, …, RunFinished.

    Raises:
        UserError: the run cannot begin or go on; what was kept before stays.
    """
    run = Path(command.run)
    plan = read_plan(run)
    project = Project.open(Path(command.project))
    refuse_changed_dataset(project, plan)
    device, summary = devices.find_device(plan.training.device)
    cache = prepare_pixels(project, plan, emit, lambda: control.stopped)
    if cache is None:
        emit(e.RunFinished(outcome="stopped", best_epoch=0, seconds=0))
        return
    remove_abandoned(run / checkpoint.FOLDER)
    with devices.on_device(device):
        recipe = make_recipe(plan, examples(cache, "train"), examples(cache, "validation"))
        trainer = Trainer(recipe, run / checkpoint.FOLDER, emit, control)
        if command.resume:
            _resume(trainer, emit)
        trainer.progress.threads = devices.threads()
        emit(_started(trainer, recipe, summary))
        outcome = trainer.run()
    finish(run, plan, trainer, outcome, emit)


def read_plan(run: Path) -> Plan:
    """The plan in the run's folder.

    Raises:
        UserError: `run.damaged`.
    """
    try:
        return Plan.model_validate_json((run / "plan.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise UserError(
            "run.damaged",
            f"The plan of run {run.name} cannot be read.",
            "Start a new run.",
            str(error),
        ) from error


def refuse_changed_dataset(project: Project, plan: Plan, what: str = "run") -> None:
    """A run (or study) is trained, and goes on, only with the dataset that it was planned for.

    Raises:
        UserError: `run.dataset_changed`.
    """
    with Dataset.open(project.dataset_path) as dataset:
        images = dataset.images_split_by(plan.data.spec)
    if fingerprint_of(images) != plan.data.fingerprint:
        raise UserError(
            f"{what}.dataset_changed",
            f"Images or classes of the dataset have changed since this {what} was planned.",
            f"Start a new {what}.",
        )


def prepare_pixels(
    project: Project, plan: Plan, emit: Emit, stopped: Callable[[], bool]
) -> PixelCache | None:
    """The decoded images of the dataset as it is now, as `plan` wants them; None if stopped.

    Raises:
        UserError: an image has vanished, or `plan` does not know a class.
    """
    return PixelCache.prepare(project, plan.data, _reporter(emit), stopped)


def _reporter(emit: Emit) -> Callable[[int, int], None]:
    """Says how far the decoding is, a few times a second."""
    reported_at = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal reported_at
        now = time.perf_counter()
        if now - reported_at >= REPORT_SECONDS or done == total:
            emit(e.PreparingPixels(done=done, total=total))
            reported_at = now

    return progress


def examples(cache: PixelCache, split: Split) -> Examples:
    """The images of a split with their labels."""
    return Examples(cache.pixels(split), cache.labels(split))


def make_recipe(plan: Plan, train: Examples, validation: Examples) -> Recipe:
    """What `plan` trains; the weights are drawn from its seed."""
    training = plan.training
    keras.utils.set_random_seed(training.seed)
    optimizer = catalog.load(training.optimizer, catalog.optimizer_entries())
    return Recipe(
        network=build_network(plan.network),
        optimizer=optimizer.build(training.learning_rate),
        rate=learning_rate(training, plan.steps_per_epoch),
        train=train,
        validation=validation,
        batch_size=training.batch_size,
        epochs=training.epochs,
        seed=training.seed,
        patience=training.early_stopping_patience,
        class_weights=plan.data.class_weights,
        watched=watched_blocks(plan.network) if training.watch_blocks else (),
        augmentation=plan.augmentation,
        key=memory_key(
            plan.network.model_dump(mode="json"),
            training.optimizer.model_dump(mode="json"),
            training.device.model_dump(mode="json"),
            training.batch_size,
            # XLA is not worth its compilation in a short run: each doubling is measured anew.
            (training.epochs * plan.steps_per_epoch).bit_length(),
            devices.versions(),
            devices.threads(),
            *(["mixed labels"] if mixes_labels(plan.augmentation) else []),
        ),
    )


def finish(run: Path, plan: Plan, trainer: Trainer, outcome: Outcome, emit: Emit) -> None:
    """Write the best model, and say that the run is over."""
    best = run / checkpoint.FOLDER / checkpoint.BEST
    if best.exists():
        export_model(plan, best, run / checkpoint.MODEL)
    emit(
        e.RunFinished(
            outcome=outcome,
            best_epoch=trainer.progress.best_epoch,
            seconds=trainer.progress.seconds,
        )
    )


def export_model(plan: Plan, weights: Path, path: Path) -> None:
    """Write `path` (.keras): raw pixels 0…255 [N, height, width, channels] → probabilities.

    Raises:
        UserError: `checkpoint.damaged`, `checkpoint.other`, `file.full`, `file.write`.
    """
    network = load_network(plan, weights)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.keras")
    try:
        with_probabilities(network).save(temporary)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def load_network(plan: Plan, weights: Path) -> keras.Model:
    """The network of `plan` with the weights in the file: raw pixels → logits.

    Raises:
        UserError: `checkpoint.damaged`, `checkpoint.other`.
    """
    arrays, _ = checkpoint.read(weights)
    network = build_network(plan.network)
    checkpoint.restore(network.weights, arrays, weights)
    return network


def _resume(trainer: Trainer, emit: Emit) -> None:
    if not trainer.resume():
        emit(e.Logged(text="There is no checkpoint yet; the run begins anew."))
        return
    threads = trainer.progress.threads
    if threads not in (0, devices.threads()):
        emit(
            e.Logged(
                level="warning",
                text=f"This run began with {threads} CPU threads and goes on with "
                f"{devices.threads()}: its figures may differ in the last digits.",
            )
        )


def _started(trainer: Trainer, recipe: Recipe, device: DeviceSummary) -> e.RunStarted:
    return e.RunStarted(
        device=device,
        epochs_total=recipe.epochs,
        steps_per_epoch=trainer.steps_per_epoch,
        step=trainer.step,
        epochs=tuple(trainer.progress.epochs[-REPEATED_EPOCHS:]),
        threads=trainer.progress.threads,
    )
