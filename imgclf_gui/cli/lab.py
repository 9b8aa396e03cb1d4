"""`imgclf lab`: a network and its twin without one idea, trained alike and compared."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imgclf_gui.cli.networks import add_network_options
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration
from imgclf_gui.cli.training import (
    MEASURED,
    accuracy_words,
    follow_run,
    how_to_resume,
    run_device,
    run_figures,
    run_spec,
)
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.planning import sound_plan
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.twins import Twins, find_twins, train_twins, twin_specs
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol.run_state import RunState

EPOCHS = 3
DIVERGED = "run.not_finite"
"""The error of a run that is over, since it learns no more; for the lab that is a result."""


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    lab = commands.add_parser(
        "lab", parents=[shared], help="train a network with and without an idea, and compare"
    )
    lab.add_argument("project", type=Path, metavar="PROJECT")
    add_network_options(lab)
    lab.add_argument(
        "--without",
        metavar="shortcuts|batch-normalization|KIND",
        help="what the twin lacks; without this option the newest twins are shown",
    )
    lab.add_argument("--epochs", type=int, metavar="N", help=f"of both runs (default: {EPOCHS})")
    lab.add_argument("--device", help="cpu, gpu or gpu:1")
    lab.add_argument("--name", default="", help="what to call the first run")
    lab.set_defaults(act=_lab)


def _lab(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    if arguments.without is None:
        _refuse_training(arguments)
        return _say(project, _newest(project), output)
    epochs = EPOCHS if arguments.epochs is None else arguments.epochs
    arguments.assignments = [f"training.epochs={epochs}", *arguments.assignments]
    spec = run_spec(project, arguments, output)
    for each in twin_specs(spec, arguments.without):
        sound_plan(project, each)  # most mistakes show without waiting for TensorFlow
    with Session(output) as session:
        device = run_device(session, spec)
        twins = train_twins(
            session.jobs, project, spec, arguments.without, name=arguments.name, device=device
        )
        for run in twins:
            _follow(session, project, run, output)
    return _say(project, twins, output)


def _refuse_training(arguments: argparse.Namespace) -> None:
    given = (arguments.preset, arguments.network, arguments.augment, arguments.epochs)
    named = arguments.assignments or arguments.device or arguments.name
    if named or any(it is not None for it in given):
        raise UserError(
            "use.lab",
            "What the twin is to lack is not said.",
            "Add --without shortcuts or --without batch-normalization, or name nothing but the "
            "project, and the newest twins are shown.",
        )


def _newest(project: Project) -> Twins:
    found = find_twins(project)
    if not found:
        raise UserError(
            "use.lab",
            "This project has no twins yet.",
            "Train them: imgclf lab PROJECT --preset resnet-20 --without shortcuts",
        )
    return found[-1]


def _follow(session: Session, project: Project, run: RunFolder, output: Output) -> None:
    """To the end of a twin; after Ctrl+C the second one does not begin."""
    if session.interrupted:
        session.jobs.stop(run.id)
    try:
        follow_run(session, project, run)
    except UserError as error:
        if error.code != DIVERGED:
            raise
        output.say(f"{run.name}: {error.report.message}")


def _say(project: Project, twins: Twins, output: Output) -> int:
    """Both in one table, and what they show."""
    states = [run.state() for run in twins]
    columns = ["", f"With {twins.what}", f"Without {twins.what}"]
    sides = [dict(_rows(run, state)) for run, state in zip(twins, states, strict=True)]
    names = dict.fromkeys(name for side in sides for name in side)
    output.table("", columns, [(name, *(side.get(name, "") for side in sides)) for name in names])
    found = twins.findings()
    for sentence in found:
        output.say(sentence)
    for run, state in zip(twins, states, strict=True):
        if state.resumable and not _over(state):
            output.say(f"Run {run.id} is not over. {how_to_resume(project, run)}")
    whole, reduced = map(_figures, twins, states)
    output.result(
        {
            "without": twins.reduced.info.without,
            "runs": {"with": whole, "without": reduced},
            "findings": list(found),
        }
    )
    return 0 if all(_over(state) for state in states) else 1


def _over(state: RunState) -> bool:
    diverged = state.error is not None and state.error.code == DIVERGED
    return state.status in ("completed", "stopped_early") or diverged


def _rows(run: RunFolder, state: RunState) -> list[tuple[str, object]]:
    status = state.status.replace("_", " ")
    measured = [
        (split, state.evaluations[split]) for split in MEASURED if split in state.evaluations
    ]
    return [
        ("Run", f"{run.id} ({run.name}), {status}"),
        ("Parameters", f"{run.plan().network.parameters:,}"),
        ("Epochs", f"{len(state.epochs)}, the best is {state.best_epoch}"),
        ("Training loss", f"{state.epochs[-1].loss:.3g}" if state.epochs else ""),
        *((f"Accuracy, {split}", accuracy_words(event)) for split, event in measured),
        ("Observed steps", f"{len(state.observations):,}"),
        ("Time", duration(state.seconds or 0)),
    ]


def _figures(run: RunFolder, state: RunState) -> dict[str, Any]:
    """What a program wants to know of a twin; accuracies are fractions."""
    return {
        **run_figures(run, state),
        "loss": state.epochs[-1].loss if state.epochs else None,
        "accuracies": {
            split: {
                "accuracy": event.accuracy,
                "interval": list(event.interval),
                "images": event.images,
            }
            for split, event in state.evaluations.items()
        },
        "observations": len(state.observations),
        "blocks": _blocks(run, state),
    }


def _blocks(run: RunFolder, state: RunState) -> list[dict[str, Any]]:
    """Each watched block as it was first and last observed."""
    watched = watched_blocks(run.plan().network)
    seen = [once.blocks for once in state.observations if len(once.blocks) == len(watched)]
    return [
        {
            "number": block.number,
            "title": block.title,
            "first": asdict(seen[0][index]) if seen else None,
            "last": asdict(seen[-1][index]) if seen else None,
        }
        for index, block in enumerate(watched)
    ]
