"""Carries out StartRun: from the plan in the run's folder to its best model."""

from __future__ import annotations

import os
from pathlib import Path

import keras
from pydantic import ValidationError

from imgclf_gui.core.dataset import Dataset, fingerprint_of
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_error
from imgclf_gui.core.project import Project
from imgclf_gui.plan import Plan
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import StartRun
from imgclf_gui.worker import checkpoint, devices
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.network import BlockEnds, build_network, with_probabilities
from imgclf_gui.worker.phases import Phases
from imgclf_gui.worker.progress import Progress
from imgclf_gui.worker.recipes import prepare_pixels
from imgclf_gui.worker.train import Outcome


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
        training = Phases(
            plan, cache, run / checkpoint.FOLDER, emit, control, hurried=command.hurried
        )
        outcome = training.train(summary, resume=command.resume)
    finish(run, plan, training.progress, outcome, emit)


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


def finish(run: Path, plan: Plan, progress: Progress, outcome: Outcome, emit: Emit) -> None:
    """Write the best model, and say that the run is over."""
    best = run / checkpoint.FOLDER / checkpoint.BEST
    if best.exists():
        export_model(plan, best, run / checkpoint.MODEL)
    emit(
        e.RunFinished(
            outcome=outcome,
            best_epoch=progress.best_epoch,
            seconds=progress.seconds,
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


def load_network(plan: Plan, weights: Path, ends: BlockEnds | None = None) -> keras.Model:
    """The network of `plan` with the weights in the file: raw pixels → logits. `ends` is filled.

    Raises:
        UserError: `checkpoint.damaged`, `checkpoint.other`.
    """
    arrays, _ = checkpoint.read(weights)
    network = build_network(plan.network, ends)
    checkpoint.restore(network.weights, arrays, weights)
    return network
