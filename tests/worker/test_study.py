"""Studies in a real worker: what they train, and that they stop, go on and survive."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import (
    AugmentationSpec,
    AugmentationStep,
    BlockSpec,
    NetworkSpec,
    ProjectSpec,
    TrainingSpec,
)
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.studies import resume_study, start_study
from imgclf_gui.jobs.study_folder import StudyFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.study import StudyPlan, study_plan
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from tests.helpers.images import write_class_folders
from tests.helpers.listener import Listener
from tests.helpers.live_worker import BLOCKS, LiveWorker, make_project, make_run

ROTATION = AugmentationStep(kind="rotation", degrees=90.0)
UNSEEN = AugmentationStep(kind="brightness", change=0.1)
"""Less than half a level: pixels stay as they are."""
MIX_UP = AugmentationStep(kind="mix-up")

DIVERGING: dict[str, Any] = {
    "learning_rate": 10.0,
    "optimizer": {"kind": "sgd", "momentum": 0.99},
}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    """One worker for all tests that do not kill it."""
    with LiveWorker(tmp_path_factory.mktemp("cache")) as worker:
        yield worker


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """144 training, 18 validation and 18 test images: with batches of 10 a rest remains."""
    folder = tmp_path_factory.mktemp("project")
    images = write_class_folders(folder / "images", images=60)
    return make_project(folder / "project", images)


def spec_of(
    project: Project,
    *steps: AugmentationStep,
    blocks: tuple[BlockSpec, ...] = BLOCKS,
    **training: Any,
) -> ProjectSpec:
    """The project's spec with a network of all that carries state, and these augmentations."""
    return project.spec.model_copy(
        update={
            "network": NetworkSpec(blocks=blocks),
            "augmentation": AugmentationSpec(steps=steps),
            "training": TrainingSpec.model_validate({"batch_size": 10, **training}),
        }
    )


def planned(project: Project, spec: ProjectSpec, **settings: int) -> StudyPlan:
    """The study of `spec`."""
    settings = {"epochs": 2, "seeds": 2, **settings}
    plan = study_plan(spec, dataset_summary(project, spec), None, **settings).plan
    assert plan is not None
    return plan


def a_study(
    project: Project, *steps: AugmentationStep, seeds: int = 2, epochs: int = 2, **training: Any
) -> StudyFolder:
    """The folder of a study with its plan."""
    spec = spec_of(project, *steps, **training)
    return StudyFolder.create(project, spec, planned(project, spec, seeds=seeds, epochs=epochs))


def started(project: Project, study: StudyFolder, **more: Any) -> c.StartStudy:
    """The command that carries it out."""
    return c.StartStudy(job=study.job, project=str(project.folder), study=str(study.folder), **more)


def trained(worker: LiveWorker, study: StudyFolder) -> dict[tuple[int, int], tuple[int, float]]:
    """Correct answers and loss of each training so far, by variant and seed."""
    found = worker.of(e.VariantTrained, study.job)
    return {(event.variant, event.seed): (event.correct, event.loss) for event in found}


def last_figures(worker: LiveWorker, run: c.StartRun) -> tuple[int, float | None]:
    """Correct answers and loss of a run's last epoch, in validation."""
    last = worker.of(e.EpochEnded, run.job)[-1].summary
    return round(18 * (last.validation_accuracy or 0)), last.validation_loss


def finished(worker: LiveWorker, command: c.StartStudy) -> e.StudyFinished:
    """Send the command, and wait for the end."""
    worker.send(command)
    return worker.wait_for(e.StudyFinished)


@pytest.fixture(scope="module")
def whole(worker: LiveWorker, project: Project) -> StudyFolder:
    """A study of two augmentations that has been carried out."""
    study = a_study(project, ROTATION, MIX_UP)
    assert not finished(worker, started(project, study)).stopped
    return study


def test_a_study_trains_every_variant_seed_by_seed(worker: LiveWorker, whole: StudyFolder) -> None:
    events = worker.of(e.VariantTrained, whole.job)
    assert [(event.variant, event.seed) for event in events] == [
        (variant, seed) for seed in (0, 1) for variant in range(4)
    ]
    assert all(event.images == 18 and 0 <= event.correct <= 18 for event in events)
    assert len({event.loss for event in events}) == len(events)
    begun = worker.of(e.StudyStarted, whole.job)
    assert [(event.trainings, event.done) for event in begun] == [(8, 0)]


def test_without_augmentation_it_is_an_ordinary_run_to_the_last_digit(
    worker: LiveWorker, project: Project, whole: StudyFolder
) -> None:
    for seed in (0, 1):
        run = make_run(project, f"like-{seed}", epochs=2, seed=seed)
        worker.finish(run)
        assert trained(worker, whole)[0, seed] == last_figures(worker, run)


def test_the_first_seed_augments_like_a_run_of_that_seed(
    worker: LiveWorker, project: Project, whole: StudyFolder
) -> None:
    run = make_run(project, "rotated", epochs=2, augmentation=(ROTATION,))
    worker.finish(run)
    assert trained(worker, whole)[1, 0] == last_figures(worker, run)


def test_an_augmentation_that_no_pixel_shows_changes_nothing(
    worker: LiveWorker, project: Project
) -> None:
    study = a_study(project, UNSEEN, learning_rate=0.01)
    finished(worker, started(project, study))
    results = trained(worker, study)
    for seed in (0, 1):
        assert results[1, seed] == results[0, seed]


def test_each_seed_learns_from_images_of_its_own(
    worker: LiveWorker, project: Project, whole: StudyFolder
) -> None:
    spec = spec_of(project, UNSEEN)
    study = StudyFolder.create(project, spec, planned(project, spec, train_images=35))
    finished(worker, started(project, study))
    few, all_of_them = trained(worker, study), trained(worker, whole)
    for seed in (0, 1):
        assert few[0, seed] == few[1, seed] != all_of_them[0, seed]


def test_what_is_done_is_not_done_again(
    worker: LiveWorker, project: Project, whole: StudyFolder
) -> None:
    results = trained(worker, whole)
    rest = a_study(project, ROTATION, MIX_UP)
    done = tuple(key for key in results if key not in ((2, 0), (1, 1), (3, 1)))
    finished(worker, started(project, rest, done=done))
    assert trained(worker, rest) == {key: results[key] for key in results if key not in done}
    assert [event.done for event in worker.of(e.StudyStarted, rest.job)] == [5]
    complete = a_study(project, ROTATION, MIX_UP)
    finished(worker, started(project, complete, done=tuple(results)))
    assert trained(worker, complete) == {}


def test_a_loss_that_is_no_number_ends_one_training_and_not_the_study(
    worker: LiveWorker, project: Project
) -> None:
    straight = BlockSpec(kind="dense", units=32, activation="none")
    blocks = (BlockSpec(kind="flatten"), straight, straight, BlockSpec(kind="logits"))
    spec = spec_of(project, ROTATION, blocks=blocks, **DIVERGING)
    study = StudyFolder.create(project, spec, planned(project, spec, epochs=20))
    assert not finished(worker, started(project, study)).stopped
    failed = worker.of(e.VariantFailed, study.job)
    assert (0, 0) in [(event.variant, event.seed) for event in failed]
    assert len(failed) + len(trained(worker, study)) == 4
    assert failed[0].error.code == "study.not_finite"
    assert "learning rate" in failed[0].error.hint


def test_a_stop_is_followed_at_once(worker: LiveWorker, project: Project) -> None:
    study = a_study(project, ROTATION, epochs=5_000)
    worker.send(started(project, study))
    progress = worker.wait_for(e.StudyProgressed)
    assert 0 < progress.done < 1
    assert progress.seconds_left is not None
    assert progress.seconds_left > 0
    worker.send(c.StopJob(job=study.job))
    assert worker.wait_for(e.StudyFinished, timeout=10).stopped
    assert trained(worker, study) == {}


@pytest.mark.parametrize(
    ("text", "code"), [("{", "study.damaged"), (None, "study.dataset_changed")]
)
def test_a_study_that_cannot_begin_says_why(
    worker: LiveWorker, project: Project, text: str | None, code: str
) -> None:
    study = a_study(project, ROTATION)
    path = study.folder / "plan.json"
    other = path.read_text("utf-8").replace(study.plan().plan.data.fingerprint, "another")
    path.write_text(other if text is None else text, "utf-8")
    worker.send(started(project, study))
    failed = worker.wait_for(e.JobFailed)
    assert failed.error.code == code
    assert "study" in failed.error.message
    assert "new study" in failed.error.hint


def test_a_study_whose_worker_is_killed_goes_on_where_it_was(
    worker: LiveWorker, project: Project, whole: StudyFolder
) -> None:
    heard = Listener()
    jobs = Jobs(heard)
    try:
        study = start_study(jobs, project, spec_of(project, ROTATION, MIX_UP), epochs=2, seeds=2)
        heard.wait_for(e.VariantTrained, study.job, seconds=90)
        os.kill(heard.wait_for(e.WorkerReady).pid, signal.SIGKILL)
        failed = heard.wait_for(e.JobFailed, study.job)
        assert failed.error.code == "worker.killed"
        heard.wait_until(lambda: not study.held)
        state = study.state()
        assert state.resumable
        assert 1 <= len(state.done) < 8
        resume_study(jobs, project, study)
        heard.wait_for(e.StudyFinished, study.job, seconds=90)
    finally:
        jobs.close()
    state = study.state()
    assert state.status == "completed"
    results = {key: (event.correct, event.loss) for key, event in state.trained.items()}
    assert results == trained(worker, whole)
    report = study.report()
    assert report is not None
    assert report["variants"][0]["title"] == "No augmentation"
