"""`imgclf study`: does it help? A network trained with and without each augmentation."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.networks import add_network_options
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration, interval, percent, plain
from imgclf_gui.cli.training import run_spec
from imgclf_gui.core import machine
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.jobs.studies import resume_study, start_study
from imgclf_gui.jobs.study_folder import StudyFolder
from imgclf_gui.plan.study import EPOCHS, SEEDS, TRAIN_IMAGES, StudyPlan
from imgclf_gui.protocol.events import Event, VariantFailed, VariantTrained
from imgclf_gui.protocol.study_state import (
    StudyRow,
    StudyState,
    points,
    study_headline,
    study_table,
)

SETTINGS = ("epochs", "seeds", "images")


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    study = commands.add_parser(
        "study", parents=[shared], help="train with and without each augmentation, and compare"
    )
    study.add_argument("project", type=Path, metavar="PROJECT")
    add_network_options(study)
    study.add_argument(
        "--epochs", type=int, metavar="N", help=f"of each training (default: {EPOCHS})"
    )
    study.add_argument(
        "--seeds", type=int, metavar="N", help=f"trainings of each variant (default: {SEEDS})"
    )
    study.add_argument(
        "--images",
        type=int,
        metavar="N",
        help=f"training images, at most (default: {TRAIN_IMAGES:,})",
    )
    study.add_argument("--device", help="cpu, gpu or gpu:1")
    study.add_argument("--name", default="", help="what to call the study")
    instead = study.add_mutually_exclusive_group()
    instead.add_argument("--resume", metavar="STUDY", help="go on with this study instead")
    instead.add_argument("--show", metavar="STUDY", help="show this study instead, or 'latest'")
    instead.add_argument("--list", action="store_true", help="list the studies of the project")
    study.set_defaults(act=_study)


def _study(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    if arguments.list or arguments.show is not None or arguments.resume is not None:
        _refuse_settings(arguments)
    if arguments.list:
        return _list(project, output)
    if arguments.show is not None:
        return _say(project, StudyFolder.find(project, arguments.show), output)
    with Session(output) as session:
        study = _started(session, project, arguments, output)
        _follow(session, project, study, output)
    return _say(project, study, output)


def _refuse_settings(arguments: argparse.Namespace) -> None:
    named = [arguments.preset, arguments.network, arguments.augment, arguments.device]
    given = [*named, *(getattr(arguments, name) for name in SETTINGS)]
    if arguments.assignments or arguments.name or any(it is not None for it in given):
        raise UserError(
            "use.study",
            "A study is listed, shown and gone on with as it was begun.",
            "Leave everything but the project out, or start a new study without --list, --show "
            "and --resume.",
        )


def _started(
    session: Session, project: Project, arguments: argparse.Namespace, output: Output
) -> StudyFolder:
    """The study that was asked for, in the hands of a worker."""
    if arguments.resume is not None:
        study = StudyFolder.find(project, arguments.resume)
        resume_study(session.jobs, project, study)
        return study
    spec = run_spec(project, arguments, output)
    epochs, seeds, images = (getattr(arguments, name) for name in SETTINGS)
    return start_study(
        session.jobs,
        project,
        spec,
        _device(spec),
        epochs=EPOCHS if epochs is None else epochs,
        seeds=SEEDS if seeds is None else seeds,
        train_images=TRAIN_IMAGES if images is None else images,
        name=arguments.name,
    )


def _device(spec: ProjectSpec) -> DeviceSummary | None:
    """What is known of the study's device without starting TensorFlow: the CPU's memory."""
    label = catalog.load(spec.training.device, catalog.device_entries()).label()
    if label != "cpu":
        return None
    return DeviceSummary(label=label, name="this machine", memory_bytes=machine.memory_bytes())


def _follow(session: Session, project: Project, study: StudyFolder, output: Output) -> None:
    """To the end of the study, with a line for each training."""
    plan = study.plan()
    output.say(
        f"Study {study.id}: {plan.trainings} trainings of {plan.epochs} "
        f"{'epoch' if plan.epochs == 1 else 'epochs'} on {plan.train_images:,} images."
    )
    try:
        for event in session.events(study.job):
            said = _sentence(event, plan)
            if said:
                output.say(said)
    except UserError as error:
        hint = f"{error.report.hint} {_how_to_resume(project, study)}".strip()
        raise UserError(error.code, error.report.message, hint, error.report.details) from error


def _sentence(event: Event, plan: StudyPlan) -> str:
    match event:
        case VariantTrained():
            accuracy = percent(event.correct / event.images)
            title = plan.variants[event.variant].title
            return f"Seed {event.seed}, {title}: {accuracy}, in {duration(event.seconds)}."
        case VariantFailed():
            title = plan.variants[event.variant].title
            return f"Seed {event.seed}, {title}: failed. {event.error.message}"
        case _:
            return ""


def _how_to_resume(project: Project, study: StudyFolder) -> str:
    return f"To go on: imgclf study {project.folder} --resume {study.id}"


def _say(project: Project, study: StudyFolder, output: Output) -> int:
    """The table, a sentence for each variant, and what it comes to."""
    plan, state = study.plan(), study.state()
    rows = study_table(plan, state)
    columns = ["", ">Seeds", ">Accuracy", ">95 %", ">Difference", ">95 %", ">p (Holm)"]
    output.table(f"Study {study.id} ({study.name})", columns, [_row(row, plan) for row in rows])
    for row in rows[1:]:
        output.say(row.sentence)
    output.say(study_headline(plan, state))
    if state.resumable:
        status = state.status
        output.say(f"Study {study.id} is not over ({status}). {_how_to_resume(project, study)}")
    output.result(_figures(study, plan, state))
    return 0 if state.status == "completed" else 1


def _row(row: StudyRow, plan: StudyPlan) -> tuple[object, ...]:
    return (
        row.title,
        f"{len(row.seeds)}/{len(plan.seeds)}",
        "" if row.accuracy is None else percent(row.accuracy),
        "" if row.interval is None else interval(*row.interval),
        "" if row.difference is None else points(row.difference),
        ""
        if row.difference_interval is None
        else " to ".join(map(points, row.difference_interval)),
        "" if row.p_value is None else f"{row.p_value:.3f}",
    )


def _figures(study: StudyFolder, plan: StudyPlan, state: StudyState) -> dict[str, Any]:
    """What a program wants to know of a study; accuracies are fractions, times are seconds."""
    return {
        **_summary(study, plan, state),
        "headline": study_headline(plan, state),
        "variants": [asdict(row) for row in study_table(plan, state)],
        "train_images": plan.train_images,
        "validation_images": plan.plan.data.validation_images,
        "report": str((study.folder / "report.json").absolute()),
    }


def _summary(study: StudyFolder, plan: StudyPlan, state: StudyState) -> dict[str, Any]:
    return {
        "study": study.id,
        "name": study.name,
        "status": state.status,
        "trainings": plan.trainings,
        "done": len(state.done),
        "epochs": plan.epochs,
        "seeds": list(plan.seeds),
        "seconds": state.seconds,
        "resumable": state.resumable,
        "folder": str(study.folder.absolute()),
    }


def _list(project: Project, output: Output) -> int:
    studies = [_listed(study) for study in StudyFolder.list(project)]
    if not studies:
        output.say("This project has no studies yet: start one with 'imgclf study'.")
    else:
        columns = [">Study", "Name", "Status", ">Variants", ">Trainings", ">Time", "Started"]
        output.table(project.spec.name, columns, [row for row, _ in studies])
    output.result({"studies": [figures for _, figures in studies]})
    return 0


def _listed(study: StudyFolder) -> tuple[tuple[object, ...], dict[str, Any]]:
    """As a row and as an object; a damaged one does not keep the others from being listed."""
    try:
        if study.error is not None:
            raise UserError.from_report(study.error)
        plan, state = study.plan(), study.state()
    except UserError as error:
        message = error.report.message
        damaged = (study.id, "", f"damaged: {plain(message)}", "", "", "", "")
        return damaged, {"study": study.id, "status": "damaged", "error": message}
    row = (
        study.id,
        study.name,
        state.status,
        len(plan.variants),
        f"{len(state.done)}/{plan.trainings}",
        duration(state.seconds),
        datetime.fromtimestamp(study.info.created_at).astimezone().strftime("%Y-%m-%d %H:%M"),
    )
    return row, _summary(study, plan, state)
