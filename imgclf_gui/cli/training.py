"""`imgclf train` and `imgclf runs`."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.assign import assign
from imgclf_gui.cli.networks import add_network_options, chosen
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration, interval, percent, plain
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec, Split
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.jobs.planning import sound_plan
from imgclf_gui.jobs.report import evaluation
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import evaluation_job, measured_splits
from imgclf_gui.protocol.events import DevicesListed, Evaluated, RunFinished
from imgclf_gui.protocol.run_state import RunState

MEASURED: tuple[Split, ...] = ("test", "validation")
"""A result is the accuracy on the first of these that was measured."""


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands."""
    train = commands.add_parser("train", parents=[shared], help="train a network on a project")
    train.add_argument("project", type=Path, metavar="PROJECT")
    add_network_options(train)
    train.add_argument("--device", help="cpu, gpu or gpu:1")
    train.add_argument("--name", default="", help="what to call the run")
    train.add_argument("--resume", metavar="RUN", help="go on with this run instead of a new one")
    train.set_defaults(act=_train)
    runs = commands.add_parser("runs", parents=[shared], help="list the runs of a project")
    runs.add_argument("project", type=Path, metavar="PROJECT")
    runs.set_defaults(act=_runs)


def train(project: Project, spec: ProjectSpec, name: str, output: Output) -> int:
    """Train `spec` as a new run, followed to its end; the exit code.

    Raises:
        UserError: `plan.problem`, and those of the run.
    """
    sound_plan(project, spec)  # most mistakes show without waiting for TensorFlow
    with Session(output) as session:
        plan, warnings = sound_plan(project, spec, run_device(session, spec))
        for text in (plan.budget, *(f"Warning: {w.message} {w.fix}" for w in warnings)):
            output.say(text)
        run = session.jobs.train(project, spec, plan, name)
        follow_run(session, project, run)
    return _say_outcome(project, run, output)


def _train(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    if arguments.resume is not None:
        return _resume(project, arguments, output)
    return train(project, run_spec(project, arguments, output), arguments.name, output)


def _resume(project: Project, arguments: argparse.Namespace, output: Output) -> int:
    named = (arguments.preset, arguments.network, arguments.augment, arguments.device)
    if any(named) or arguments.assignments or arguments.name:
        raise UserError(
            "use.resume",
            "A run goes on with the settings it began with.",
            "Leave --preset, --network, --augment, --set, --device and --name out, or train a new "
            "run.",
        )
    run = RunFolder.find(project, arguments.resume)
    with Session(output) as session:
        session.jobs.resume(project, run)
        follow_run(session, project, run)
    return _say_outcome(project, run, output)


def run_spec(project: Project, arguments: argparse.Namespace, output: Output) -> ProjectSpec:
    """The project's spec with what the command line changes for this run.

    A named network that works becomes the project's, but only where it has none yet.

    Raises:
        UserError: `plan.problem`, and those of the network and the assignments.
    """
    chosen_spec, notes = chosen(project, project.spec, arguments)
    for note in notes:
        output.say(f"Note: {note}")
    device = [f"training.device={arguments.device}"] if arguments.device else []
    spec = assign(chosen_spec, [*arguments.assignments, *device])
    if not project.spec.network.blocks:
        sound_plan(project, spec)
        project.lock()
        project.save(chosen_spec)
        project.unlock()
    return spec


def run_device(session: Session, spec: ProjectSpec) -> DeviceSummary | None:
    """What the worker knows of the run's device; it complains itself if there is none."""
    listed = session.follow(session.jobs.warm_up())
    wanted = catalog.load(spec.training.device, catalog.device_entries()).label()
    devices = listed.devices if isinstance(listed, DevicesListed) else ()
    return next((device for device in devices if device.label == wanted), None)


def follow_run(session: Session, project: Project, run: RunFolder) -> None:
    """Until the run and its evaluations are over."""
    try:
        finished = session.follow(run.id)
    except UserError as error:
        hint = f"{error.report.hint} {how_to_resume(project, run)}".strip()
        raise UserError(error.code, error.report.message, hint, error.report.details) from error
    if isinstance(finished, RunFinished) and not session.interrupted:
        for split in measured_splits(run.plan(), finished):
            session.follow(evaluation_job(run, split))


def how_to_resume(project: Project, run: RunFolder) -> str:
    return f"To go on: imgclf train {project.folder} --resume {run.id}"


def _say_outcome(project: Project, run: RunFolder, output: Output) -> int:
    state = run.state()
    measured = next((state.evaluations[s] for s in MEASURED if s in state.evaluations), None)
    augmentation = ", ".join(step.kind for step in run.plan().augmentation)
    rows = [
        ("Run", f"{run.id} ({run.name}), {state.status.replace('_', ' ')}"),
        *([("Augmentation", augmentation)] if augmentation else []),
        ("Epochs", f"{len(state.epochs)}, the best is {state.best_epoch}"),
        *(
            (f"Accuracy, {split}", accuracy_words(event))
            for split, event in state.evaluations.items()
        ),
        ("Parameters", f"{run.plan().network.parameters:,}"),
        ("Time", duration(state.seconds or 0)),
        ("Report", run.folder / "report.json"),
    ]
    output.table("", ["", ""], rows)
    if state.status == "stopped":
        output.say(f"Stopped at step {state.step:,}. {how_to_resume(project, run)}")
    output.result({**run_figures(run, state), **(evaluation(measured) if measured else {})})
    return 0 if state.status in ("completed", "stopped_early") else 1


def run_figures(run: RunFolder, state: RunState) -> dict[str, Any]:
    """What a program wants to know of a run; times in seconds."""
    speeds = [epoch.images_per_second for epoch in state.epochs]
    return {
        "run": run.id,
        "name": run.name,
        "status": state.status,
        "device": state.device or run.info.device,
        "parameters": run.plan().network.parameters,
        "epochs": len(state.epochs),
        "best_epoch": state.best_epoch,
        "images_per_second": speeds[-1] if speeds else None,
        "seconds": state.seconds,
        "resumable": state.resumable,
        "folder": str(run.folder.absolute()),
        "report": str((run.folder / "report.json").absolute()),
    }


def accuracy_words(event: Evaluated) -> str:
    low, high = event.interval
    return f"{percent(event.accuracy)} (95 %: {interval(low, high)}), {event.images:,} images"


def _runs(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    runs = [_run_row(run) for run in RunFolder.list(project)]
    if not runs:
        output.say("This project has no runs yet: train one with 'imgclf train'.")
    else:
        columns = [">Run", "Name", "Status", ">Epochs", ">Validation", ">Test", ">Time", "Started"]
        output.table(project.spec.name, columns, [row for row, _ in runs])
    output.result({"runs": [figures for _, figures in runs]})
    return 0


def _run_row(run: RunFolder) -> tuple[tuple[object, ...], dict[str, Any]]:
    """A run as a row and as an object; a damaged one does not keep the others from being listed."""
    try:
        if run.error is not None:
            raise UserError.from_report(run.error)
        return _sound_run_row(run)
    except UserError as error:
        message = error.report.message
        row = (run.id, "", f"damaged: {plain(message)}", "", "", "", "", "")
        return row, {"run": run.id, "status": "damaged", "error": message}


def _sound_run_row(run: RunFolder) -> tuple[tuple[object, ...], dict[str, Any]]:
    state = run.state()
    accuracies = {
        split: event.accuracy for split, event in state.evaluations.items() if split in MEASURED
    }
    shown = {split: percent(accuracy) for split, accuracy in accuracies.items()}
    row = (
        run.id,
        run.name,
        state.status.replace("_", " "),
        f"{len(state.epochs)}/{state.epochs_total or run.spec().training.epochs}",
        shown.get("validation", ""),
        shown.get("test", ""),
        duration(state.seconds) if state.seconds is not None else "",
        datetime.fromtimestamp(run.info.created_at).astimezone().strftime("%Y-%m-%d %H:%M"),
    )
    return row, {**run_figures(run, state), "accuracies": accuracies}
