"""The state of the window, without widgets."""

from __future__ import annotations

from pathlib import Path

import psutil
from pytestqt.qtbot import QtBot

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import DataSpec, ProjectSpec
from imgclf_gui.gui.studio import Studio
from imgclf_gui.jobs.planning import plan_run
from imgclf_gui.protocol import events as e


def with_epochs(spec: ProjectSpec, epochs: int) -> ProjectSpec:
    training = spec.training.model_copy(update={"epochs": epochs})
    return spec.model_copy(update={"training": training})


def test_opening_a_project_shows_its_dataset_and_its_plan(opened: Studio) -> None:
    assert opened.project is not None
    assert opened.spec.name == "Shapes"
    assert opened.summary.count() == 60
    assert len(opened.dataset.images) == 60
    assert opened.resolution.plan is not None
    assert opened.resolution.plan.data.labels == ("bars", "blobs", "rings")


def test_an_opened_project_is_split_as_it_says_whatever_a_command_tried(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    own = plan_run(project, project.spec).plan
    with Dataset.open(project.dataset_path) as dataset:
        dataset.assign_splits(DataSpec(split_seed=1))
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    assert own is not None
    assert studio.summary.fingerprint == own.data.fingerprint


def test_a_folder_that_is_no_project_is_refused_in_words(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.failed) as said:
        studio.open_project(tmp_path)
    assert said.args is not None
    report: ErrorReport = said.args[0]
    assert report.code == "project.missing"
    assert studio.project is None


def test_an_edit_is_undone_redone_and_saved(
    opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    opened.edit("Epochs", with_epochs(opened.spec, 3))
    assert opened.undo_name == "Epochs"
    opened.undo()
    assert opened.spec.training.epochs == 10
    opened.redo()
    qtbot.waitUntil(lambda: Project.open(project_folder).spec.training.epochs == 3)


def test_closing_saves_an_edit_made_just_before(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    studio.edit("Epochs", with_epochs(studio.spec, 7))
    studio.close()
    assert Project.open(project_folder).spec.training.epochs == 7


def test_changed_shares_split_the_images_anew(opened: Studio, qtbot: QtBot) -> None:
    before = opened.summary.count("validation")
    data = opened.spec.data.model_copy(update={"validation_percent": 30.0})
    with qtbot.waitSignal(opened.dataset_changed):
        opened.edit("Validation", opened.spec.model_copy(update={"data": data}))
    assert opened.summary.count("validation") > before
    assert opened.summary.count() == 60


def test_training_fills_a_run_and_measures_it(opened: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.runs_changed):
        opened.train("first")
    run = opened.runs[0]
    qtbot.waitUntil(lambda: run.state.status == "completed" and "test" in run.state.evaluations)
    assert [epoch.epoch for epoch in run.state.epochs] == [1, 2]
    assert opened.active_run is None
    assert opened.classifier is run


def test_a_reopened_project_shows_its_run_as_it_was(
    opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    opened.train("first")
    qtbot.waitUntil(lambda: bool(opened.runs) and "test" in opened.runs[0].state.evaluations)
    before = opened.runs[0].state
    opened.close_project()
    assert opened.runs == []
    with qtbot.waitSignal(opened.project_changed):
        opened.open_project(project_folder)
    assert opened.runs[0].state == before


def test_a_run_pauses_goes_on_and_stops(opened: Studio, qtbot: QtBot) -> None:
    opened.train("long")
    qtbot.waitUntil(lambda: bool(opened.runs) and opened.runs[0].state.status == "running")
    run = opened.runs[0]
    assert opened.job is not None and "long" in opened.job.title
    opened.pause(run.id)
    qtbot.waitUntil(lambda: run.state.status == "paused")
    opened.go_on(run.id)
    qtbot.waitUntil(lambda: run.state.status == "running")
    opened.stop_job()
    qtbot.waitUntil(lambda: run.state.status == "stopped")
    assert run.state.resumable


def test_a_killed_worker_is_told_in_words(opened: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.failed, timeout=10_000) as said:
        opened.train("killed")
    assert said.args is not None
    assert said.args[0].code == "worker.killed"
    assert opened.runs[0].state.status == "failed"
    assert opened.runs[0].state.resumable


def test_another_project_is_refused_while_a_run_trains(
    opened: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    opened.train("long")
    qtbot.waitUntil(lambda: opened.active_run is not None)
    with qtbot.waitSignal(opened.failed) as said:
        opened.new_project(tmp_path / "other")
    assert said.args is not None
    assert said.args[0].code == "studio.busy"
    assert not (tmp_path / "other").exists()


def test_an_import_is_told_and_read(opened: Studio, shapes: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignals([opened.said, opened.dataset_changed]):
        opened.import_images(shapes)
    assert opened.job is None


def test_images_are_classified(opened: Studio, shapes: Path, qtbot: QtBot) -> None:
    opened.train("first")
    qtbot.waitUntil(lambda: opened.classifier is not None)
    with qtbot.waitSignals([opened.classify_started, opened.classified, opened.classify_finished]):
        opened.classify(opened.runs[0].id, [shapes / "bars" / "000.png"])


def test_events_of_a_classification_do_not_change_the_run(opened: Studio, qtbot: QtBot) -> None:
    opened.train("first")
    qtbot.waitUntil(lambda: bool(opened.runs) and "test" in opened.runs[0].state.evaluations)
    run = opened.runs[0]
    error = ErrorReport(code="x", message="This image is broken.")
    opened.take_events([e.JobFailed(job=f"{run.id}:classify-4", error=error)])
    assert run.state.error is None
    opened.take_events([e.JobFailed(job=f"{run.id}:evaluate-test", error=error)])
    assert run.state.error == error


def test_closing_leaves_no_process(studio: Studio, qtbot: QtBot) -> None:
    others = psutil.Process().children()  # of tests before this one
    with qtbot.waitSignal(studio.devices_changed, timeout=10_000):
        studio.warm_up()
    children = [child for child in psutil.Process().children() if child not in others]
    assert children
    studio.close()
    assert not [child for child in children if child.is_running()]


def test_without_a_project_the_built_in_classifier_gets_ready_by_itself(
    studio: Studio, qtbot: QtBot
) -> None:
    ready: list[str] = []
    studio.predictor_ready.connect(ready.append)
    with qtbot.waitSignals([studio.predictor_ready, studio.devices_changed], order="strict"):
        studio.warm_up()
    assert ready == ["efficientnet-lite0"]


def test_where_the_built_in_classifier_cannot_be_loaded_training_gets_ready_nonetheless(
    studio: Studio, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.devices_changed):
        studio.warm_up()
        studio.classify_failed.emit()


def test_where_a_project_comes_the_built_in_classifier_waits(studio: Studio, qtbot: QtBot) -> None:
    ready: list[str] = []
    studio.predictor_ready.connect(ready.append)
    with qtbot.waitSignal(studio.devices_changed):
        studio.warm_up(project_comes=True)
    studio.load_predictor("efficientnet-lite0")  # behind what was asked for before
    qtbot.waitUntil(lambda: bool(ready))
    assert len(ready) == 1
