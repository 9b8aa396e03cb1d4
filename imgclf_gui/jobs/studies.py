"""Does it help? Studies of augmentations: started, gone on with, deleted."""

from __future__ import annotations

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.study_folder import StudyFolder, study_report
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.study import EPOCHS, SEEDS, TRAIN_IMAGES, StudyPlan, study_plan
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import FINAL_EVENTS, Event, StudyProgressed


def sound_study(
    project: Project,
    spec: ProjectSpec,
    device: DeviceSummary | None = None,
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    train_images: int = TRAIN_IMAGES,
) -> StudyPlan:
    """The plan of a study of `spec`'s augmentations with the project's dataset.

    Raises:
        UserError: `plan.problem`, the first one; or the dataset cannot be read or written.
    """
    resolution = study_plan(
        spec,
        dataset_summary(project, spec),
        device,
        epochs=epochs,
        seeds=seeds,
        train_images=train_images,
    )
    if resolution.plan is None:
        first = resolution.problems[0]
        raise UserError("plan.problem", f"{first.path}: {first.message}", first.fix)
    return resolution.plan


def start_study(
    jobs: Jobs,
    project: Project,
    spec: ProjectSpec,
    device: DeviceSummary | None = None,
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    train_images: int = TRAIN_IMAGES,
    name: str = "",
) -> StudyFolder:
    """Carry out a new study beside whatever else goes on → StudyStarted, …, StudyFinished.

    Raises:
        UserError: `plan.problem`, the folder cannot be written, or the worker cannot be started.
    """
    plan = sound_study(project, spec, device, epochs=epochs, seeds=seeds, train_images=train_images)
    study = StudyFolder.create(project, spec, plan, name)
    _submit(jobs, project, study)
    return study


def resume_study(jobs: Jobs, project: Project, study: StudyFolder) -> None:
    """Go on with the trainings that are missing → StudyStarted, …, StudyFinished.

    Raises:
        UserError: `study.busy`, `study.complete`, `study.damaged`.
    """
    study.plan()  # one that is damaged is refused before anything starts
    if study.state().status == "completed":
        raise UserError(
            "study.complete",
            f"Study {study.id} ({study.name}) is complete: there is nothing to go on with.",
            "Start a new study, with more seeds or epochs.",
        )
    _submit(jobs, project, study)


def _submit(jobs: Jobs, project: Project, study: StudyFolder) -> None:
    study.hold()
    try:
        command = commands.StartStudy(
            job=study.job,
            project=path_text(project.folder),
            study=path_text(study.folder),
            done=study.state().done,
        )
        jobs.submit("background", command, lambda event: _keep(study, event))
    except UserError:
        study.let_go()
        raise


def _keep(study: StudyFolder, event: Event) -> None:
    """Record `event`; with the final one the report is written, and the study let go.

    How far it is, is of no interest any more once it is further.
    """
    try:
        if not isinstance(event, StudyProgressed):
            study.record(event)
        if isinstance(event, FINAL_EVENTS):
            study.write_report(study_report(study, study.state()))
    finally:
        if isinstance(event, FINAL_EVENTS):
            study.let_go()
