"""Studies in their folders: recorded, let go at their end, gone on with, listed and deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, ProjectSpec
from imgclf_gui.jobs import studies
from imgclf_gui.jobs.studies import resume_study, start_study
from imgclf_gui.jobs.study_folder import StudyFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.study import study_plan
from imgclf_gui.protocol import events as e
from tests.helpers.listener import Listener
from tests.helpers.plans import DATASET, a_plan, a_spec

ACTOR = [sys.executable, "-m", "tests.helpers.study_actor"]


@pytest.fixture
def heard() -> Listener:
    """What the workers reported."""
    return Listener()


@pytest.fixture
def jobs(heard: Listener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """Jobs whose workers only play, with a dataset that is only told of."""
    monkeypatch.setattr(studies, "dataset_summary", lambda project, spec: DATASET)
    jobs = Jobs(heard, ACTOR)
    yield jobs
    jobs.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project."""
    return Project.create(tmp_path / "project")


def augmented() -> ProjectSpec:
    """A spec with one augmentation."""
    steps = (AugmentationStep(kind="rotation"),)
    return a_spec().model_copy(update={"augmentation": AugmentationSpec(steps=steps)})


def a_study(project: Project, name: str = "") -> StudyFolder:
    """A study that nobody carries out."""
    plan = study_plan(augmented(), DATASET).plan
    assert plan is not None
    return StudyFolder.create(project, augmented(), plan, name)


def test_a_study_is_recorded_and_reported(jobs: Jobs, heard: Listener, project: Project) -> None:
    study = start_study(jobs, project, augmented(), epochs=2)
    assert (study.id, study.job, study.name) == ("001", "study:001", "Linear")
    heard.wait_for(e.StudyFinished, study.job)
    assert not study.held
    kept = StudyFolder.find(project, "latest")
    state = kept.state()
    assert (state.status, state.trainings, len(state.done)) == ("completed", 6, 6)
    assert kept.plan() == study.plan()
    report = kept.report()
    assert report is not None
    assert [row["verdict"] for row in report["variants"]] == ["compared with", "no difference"]
    assert report["headline"].startswith("No difference shown.")
    assert len(report["trainings"]) == 6
    recorded = [event.type for event in kept.events()]
    assert "study_progressed" not in recorded
    assert recorded.count("variant_trained") == 6


def test_what_cannot_be_studied_leaves_no_folder(jobs: Jobs, project: Project) -> None:
    with pytest.raises(UserError, match="nothing to compare") as refused:
        start_study(jobs, project, a_spec())
    assert refused.value.code == "plan.problem"
    assert StudyFolder.list(project) == []


def test_a_training_goes_on_beside_a_study(jobs: Jobs, heard: Listener, project: Project) -> None:
    study = start_study(jobs, project, augmented(), name="long")
    heard.wait_for(e.VariantTrained, study.job)
    run = jobs.train(project, a_spec(), a_plan())
    heard.wait_for(e.RunFinished, run.id)
    assert study.state().status == "running"
    ours, theirs = (psutil.Process(event.pid).nice() for event in heard.all(e.WorkerReady))
    assert ours > theirs  # the training has the processors first
    jobs.stop(study.job)
    assert heard.wait_for(e.StudyFinished, study.job).stopped


def test_a_stopped_study_goes_on_with_what_is_missing(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    study = start_study(jobs, project, augmented(), name="long")
    heard.wait_for(e.VariantTrained, study.job)
    with pytest.raises(UserError) as busy:
        resume_study(jobs, project, StudyFolder.find(project, "1"))
    assert busy.value.code == "study.busy"
    jobs.stop(study.job)
    assert heard.wait_for(e.StudyFinished, study.job).stopped
    assert StudyFolder.find(project, "1").state().status == "stopped"
    resume_study(jobs, project, StudyFolder.find(project, "1"))
    heard.wait_until(lambda: len(heard.all(e.StudyFinished, study.job)) == 2)
    assert [event.done for event in heard.all(e.StudyStarted, study.job)] == [0, 1]
    assert len(study.state().trained) == 6
    with pytest.raises(UserError) as complete:
        resume_study(jobs, project, study)
    assert complete.value.code == "study.complete"
    assert not study.held


def test_a_study_whose_worker_dies_keeps_what_was_trained(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    study = start_study(jobs, project, augmented(), name="killed")
    failed = heard.wait_for(e.JobFailed, study.job)
    assert failed.error.code == "worker.killed"
    assert "trainings ended so far are kept" in failed.error.message
    state = study.state()
    assert (state.status, state.resumable, len(state.trained)) == ("failed", True, 1)
    assert study.report() is not None
    resume_study(jobs, project, study)
    heard.wait_for(e.StudyFinished, study.job)
    assert study.state().status == "completed"


def test_a_study_that_nobody_has_in_hand_was_interrupted(project: Project) -> None:
    study = a_study(project)
    assert study.state().status == "interrupted"
    study.record(e.StudyStarted(job=study.job, trainings=6))
    assert study.state().resumable
    study.hold()
    assert StudyFolder.open(study.folder).state().status == "running"
    study.let_go()


def test_studies_are_found_as_a_person_calls_them(project: Project) -> None:
    a_study(project)
    a_study(project, " mine ")
    assert [study.name for study in StudyFolder.list(project)] == ["Linear", "mine"]
    assert StudyFolder.find(project, "mine").id == "002"
    with pytest.raises(UserError) as missing:
        StudyFolder.find(project, "7")
    assert missing.value.code == "study.missing"
    assert "001 (Linear), 002 (mine)" in missing.value.report.hint


def test_a_damaged_study_says_so(jobs: Jobs, project: Project) -> None:
    study = a_study(project)
    (study.folder / "plan.json").write_text("{", "utf-8")
    with pytest.raises(UserError) as damaged:
        resume_study(jobs, project, study)
    assert damaged.value.code == "study.damaged"
    assert "Start a new study" in damaged.value.report.hint
    assert not study.held


def test_a_study_is_deleted_unless_somebody_has_it_in_hand(project: Project) -> None:
    study, kept = a_study(project), a_study(project)
    kept.hold()
    with pytest.raises(UserError) as busy:
        StudyFolder.open(kept.folder).delete()
    assert busy.value.code == "study.busy"
    kept.let_go()
    study.delete()
    assert [one.id for one in StudyFolder.list(project)] == ["002"]
