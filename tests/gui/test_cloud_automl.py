"""Custom models: ordered, made here and at Vertex AI, followed, measured, deployed and asked."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QFileDialog,
    QMessageBox,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.catalog.providers.vertex_automl import VertexAutoml
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.gui.cloud.automl_curves import PrecisionRecallPlot, ThresholdPlot
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.confusion import ConfusionView
from imgclf_gui.gui.widgets.images_dialog import ShownImages
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.worker.importing import import_images
from tests.gui.conftest import ACTOR
from tests.helpers.automl_parts import vertex_account
from tests.helpers.automl_view import CustomModelsView, PlayedTraining
from tests.helpers.google_errors import Status
from tests.helpers.images import write_class_folders
from tests.helpers.timing import hold
from tests.helpers.token_server import TokenServer
from tests.helpers.vertex_server import VertexServer


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> PlayedTraining:
    """Trainings on this machine are played."""
    return PlayedTraining(monkeypatch)


@pytest.fixture
def view(opened: Studio, qtbot: QtBot) -> CustomModelsView:
    """The view in a project with 60 images of three classes."""
    return CustomModelsView(opened, qtbot)


@pytest.fixture
def vertex(
    view: CustomModelsView, vertex_server: VertexServer, token_server: TokenServer, tmp_path: Path
) -> VertexServer:
    """Vertex AI on this machine; the view's account leads there."""
    view.use_account(vertex_account(vertex_server, token_server, tmp_path))
    return vertex_server


def press(view: CustomModelsView, name: str) -> None:
    """Press a button of the newest model's panel."""
    button = view.of(QAbstractButton, name)
    view.until(lambda: button.isVisible() and button.isEnabled())
    button.click()


def agree(view: CustomModelsView, name: str) -> None:
    """Wait for a question in the panel, and say yes to it."""
    view.until(lambda: view.of(QWidget, name).isVisible())
    view.of(QCheckBox, f"{name}_agree").click()
    press(view, f"{name}_do")


# Ordering


def test_without_a_project_it_says_what_to_do_first(studio: Studio, qtbot: QtBot) -> None:
    view = CustomModelsView(studio, qtbot)
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        view.click("automl_project")
    assert wanted.args == ["dataset"]


def test_too_few_images_of_a_class_are_named_and_the_way_to_more_is_shown(
    studio: Studio, qtbot: QtBot, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "few", ProjectSpec())
    source = str(write_class_folders(tmp_path / "images", images=8))
    command = ImportImages(job="import", project=str(project.folder), source=source)
    import_images(command, lambda _event: None, lambda: False)
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project.folder)
    view = CustomModelsView(studio, qtbot)
    view.use_account(Account(project="my-project"))
    view.choose("automl_provider", "Vertex")
    view.set_bucket()
    said = "Fewer than 10 images: bars (8), blobs (8), rings (8)."
    view.until(lambda: said in view.text("automl_problems_sentence"))
    assert not view.enabled("automl_train")
    with qtbot.waitSignal(studio.page_wanted):
        view.click("automl_to_dataset")


def test_the_form_says_bounds_prices_and_their_date_and_what_is_missing(
    view: CustomModelsView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.choose("automl_provider", "Vertex")
    assert "8,000 to 800,000 milli node hours" in view.text("automl_bounds")
    assert "$27.72 to $2,772.00; prices of 7 October 2026" in view.text("automl_bounds")
    view.planned()
    assert "Google Cloud project" in view.text("automl_why_not")
    view.click("automl_to_account")
    dialog = view.page.findChild(QWidget, "account_dialog")
    assert dialog is not None and dialog.isVisible()
    monkeypatch.setattr(VertexAutoml, "lacks", lambda _self: "pip install this")
    view.choose("automl_provider", "Vertex")
    assert "Run: pip install this" in view.text("automl_lacks_sentence")
    assert not view.enabled("automl_train")


# This machine


def test_a_model_of_this_machine_from_order_to_answers(
    view: CustomModelsView, played: PlayedTraining, shapes: Path
) -> None:
    assert view.text("automl_words") == "Nothing leaves this machine."
    played.may_go_on.clear()
    view.order()
    view.until(lambda: "epoch 3 of 30" in view.said("automl_progress_words"))
    assert view.steps == "Dataset: done · Train: going on · Measure: not begun"
    assert view.cells()[2] == "training, 50 %"
    job = view.studio.job
    assert job is not None and job.title == "'Shapes': train" and job.fraction == 0.5
    assert job.kind == "automl", "closing the window says nothing of Google"
    assert view.tabs == ["Ask it"], "nothing is measured yet"
    played.may_go_on.set()
    view.measured()
    assert view.cells()[2] == "trained and measured"
    view.until(lambda: view.tabs == ["Curves", "Confusion", "Images", "Classes", "Ask it"])
    assert view.panel().metrics.currentIndex() == 0
    assert "accuracy 50.0 %" in view.said("automl_summary")
    view.drop([shapes / "bars" / "000.png"])
    view.until(lambda: bool(view.panel().ask.predictions))
    assert view.panel().ask.predictions[0].labels == ("bars", "rings", "blobs")


def test_a_model_is_forgotten_only_after_a_yes(
    view: CustomModelsView, played: PlayedTraining
) -> None:
    view.order()
    view.measured()
    question = view.of(QWidget, "automl_forget_question")
    for answer in ("Escape", "no", "do"):
        assert len(view.models.models) == 1
        press(view, "automl_forget")
        assert "cannot be brought back" in view.said("automl_forget_question_words")
        if answer == "Escape":
            QTest.keyClick(view.of(QWidget, "automl_forget_question_no"), Qt.Key.Key_Escape)
        else:
            press(view, f"automl_forget_question_{answer}")
        assert not question.isVisible()
    view.until(lambda: not view.models.models)


def test_cancel_ends_a_training_at_once_and_it_can_be_gone_on_with(
    view: CustomModelsView, played: PlayedTraining
) -> None:
    played.may_go_on.clear()
    view.order()
    view.until(lambda: "epoch" in view.said("automl_progress_words"))
    view.until(view.of(QWidget, "automl_cancel").isVisible)
    began = time.monotonic()
    press(view, "automl_cancel")
    view.idle()
    hold(time.monotonic() - began, 0.5)
    view.until(lambda: view.cells()[2] == "interrupted while training")
    assert view.said("automl_error") == "", "the person wanted it"
    played.may_go_on.set()
    press(view, "automl_continue")
    view.measured()
    assert played.begun == 2


def test_the_best_model_so_far_is_taken_when_time_is_up_earlier(
    view: CustomModelsView, played: PlayedTraining
) -> None:
    played.may_go_on.clear()
    view.order()
    view.until(lambda: "epoch" in view.said("automl_progress_words"))
    press(view, "automl_end")
    view.measured()


def test_a_model_of_this_machine_is_exported_to_a_folder(
    view: CustomModelsView,
    played: PlayedTraining,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    view.order()
    view.measured()
    target = tmp_path / "exported"
    target.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(target))
    with qtbot.waitSignal(view.studio.said, timeout=10_000):
        press(view, "automl_export")
    assert (target / "Shapes (keras)" / "labels.txt").read_text() == "bars\n"


# What it is worth


def test_figures_follow_threshold_and_class_and_two_models_lie_side_by_side(
    view: CustomModelsView, played: PlayedTraining
) -> None:
    view.order()
    view.measured()
    view.until(lambda: view.panel().findChild(QWidget, PLOT) is not None)
    curve, rows = view.of(PrecisionRecallPlot, "automl_plot_pr"), view.of(ThresholdPlot, PLOT)
    assert len(curve.points(0)[0]) == len(rows.points(0)[0]) == 101
    before = view.said("automl_now")
    view.slide(0.9)
    assert view.said("automl_now") != before
    view.slide(0.5)
    assert view.said("automl_now") == before
    matrix = view.of(ConfusionView, "confusion")
    assert sum(int(matrix.model().index(0, at).data() or 0) for at in range(3)) == 2
    matrix.cell_opened.emit(0, 1)
    outcomes = view.of(ShownImages, "automl_outcomes")
    view.until(
        lambda: {(one.row.label, one.predicted) for one in outcomes.images} == {("bars", "blobs")}
    )
    assert view.panel().metrics.label == "blobs"
    view.order()
    view.measured()
    keys = Qt.KeyboardModifier.ControlModifier
    where = view.table.visualRect(view.table.model().index(1, 0)).center()
    viewport = view.table.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, keys, where)
    view.until(lambda: view.panel(1).isVisible())
    assert {view.panel(place).model.id for place in (0, 1)} == {"001", "002"}  # type: ignore[union-attr]
    view.until(lambda: view.of(QSlider, "automl_threshold", 1).isVisible())
    view.slide(0.8)
    assert view.panel(1).metrics.threshold == 0.8, "both are looked at at the same threshold"


PLOT = "automl_plot_threshold"


# Vertex AI


def test_vertex_ai_from_consent_to_undeployment_with_a_row_that_is_refused(
    view: CustomModelsView, vertex: VertexServer, shapes: Path, qtbot: QtBot
) -> None:
    view.choose("automl_provider", "Vertex")
    view.set_bucket()
    view.planned()
    assert "60 images" in view.text("automl_words") and "$27.72" in view.text("automl_words")
    assert not view.enabled("automl_train"), "nobody agreed yet"
    storage = vertex.cloud.storage
    assert vertex.connections == storage.connections == 0
    vertex.hold("import")
    view.tick("automl_agree")
    view.order()
    view.until(lambda: bool(view.model.state.step("import").operation))
    assert view.studio.job is not None and view.studio.job.kind == "automl-online"
    spoiled = storage.names("bucket", "imgclf-studio/images")[0]
    storage.write(f"gs://bucket/{spoiled}", b"no image any more")
    vertex.go_on("import")
    view.measured()
    assert view.steps.startswith("Upload: done · Dataset: done · Import: done · Train: done")
    refused = view.said("automl_refused_rows_sentence")
    assert refused.startswith("1 row was left out of the import:")
    assert "could not be decoded" in refused
    assert view.cells()[1].startswith("Vertex AI")

    press(view, "automl_deploy")
    agree(view, "automl_deploy_consent")
    view.until(lambda: vertex.deployed == 1 and view.model.hand is None)
    view.until(lambda: view.cells()[2] == "deployed, $1.38/h")
    assert "it costs $1.375 an hour" in view.said("automl_cost_sentence")

    view.drop([shapes / "bars" / "000.png", shapes / "rings" / "001.png"])
    agree(view, "automl_ask_consent")
    view.until(lambda: len(view.panel().ask.predictions) == 2)
    assert [one.labels[0] for one in view.panel().ask.predictions] == ["bars", "rings"]

    press(view, "automl_undeploy")
    view.until(lambda: vertex.deployed == 0 and view.model.hand is None)
    view.until(lambda: view.said("automl_cost_sentence") == "")


def test_what_google_refuses_is_said_in_place_and_can_be_tried_again(
    view: CustomModelsView, vertex: VertexServer
) -> None:
    vertex.fail("train", Status("INTERNAL", "Internal error."))
    view.order_from_vertex()
    view.until(lambda: view.said("automl_error") != "")
    assert view.cells()[2] == "failed while training"
    again = view.of(QAbstractButton, "automl_continue")
    assert again.text() == "Train again (up to $27.72 more)"
    again.click()
    view.measured()
    assert vertex.count("CreateTrainingPipeline") == 2


def test_cancel_ends_the_training_at_google_too(
    view: CustomModelsView, vertex: VertexServer
) -> None:
    vertex.hold("train")
    view.order_from_vertex()
    view.until(lambda: view.model.running is not None and view.model.running[0] == "train")
    view.until(lambda: bool(view.model.state.step("train").operation))
    view.until(lambda: view.cells()[2] == "training")
    QTest.keyClick(view.view, Qt.Key.Key_Escape)
    assert view.cells()[2] == "training", "a stray key ends nothing that is paid"
    press(view, "automl_cancel")
    assert view.cells()[2] == "stopping…"
    view.idle()
    assert vertex.count("CancelTrainingPipeline") == 1
    view.until(lambda: view.cells()[2] == "stopped while training")


def test_a_training_at_google_is_gone_on_with_in_another_window(
    view: CustomModelsView, vertex: VertexServer, opened: Studio, qtbot: QtBot
) -> None:
    vertex.hold("train")
    view.order_from_vertex()
    view.until(lambda: bool(view.model.state.step("train").operation))
    folder = opened.project.folder  # type: ignore[union-attr]
    opened.close()
    second = Studio(Settings(), ACTOR)
    try:
        with qtbot.waitSignal(second.project_changed):
            second.open_project(folder)
        again = CustomModelsView(second, qtbot)
        again.until(lambda: len(again.models.models) == 1)
        assert again.cells()[2] == "interrupted while training"
        vertex.go_on("train")
        press(again, "automl_continue")
        again.measured()
        assert vertex.count("CreateTrainingPipeline") == 1, "nobody pays twice"
        again.page.close()
    finally:
        second.close()


@pytest.mark.usefixtures("as_the_app_does")
def test_the_window_lives_while_google_takes_its_time(
    view: CustomModelsView, vertex: VertexServer
) -> None:
    vertex.hang("GetTrainingPipeline")
    beats: list[float] = []
    heart = QTimer(interval=5)
    heart.timeout.connect(lambda: beats.append(time.monotonic()))
    heart.start()
    view.order_from_vertex()
    view.until(lambda: vertex.count("GetTrainingPipeline") > 0)
    QTimer.singleShot(1_000, vertex.release)
    view.until(lambda: view.model.state.trained)
    heart.stop()
    assert beats[-1] - beats[0] > 1
    hold(max(b - a for a, b in pairwise(beats)), 0.050)


def test_closing_the_window_tells_what_goes_on_costing(
    window: MainWindow, project_folder: Path, qtbot: QtBot, appearance: Appearance
) -> None:
    deployed_before(project_folder)
    with qtbot.waitSignal(window.studio.project_changed):
        window.studio.open_project(project_folder)
    sign = window.findChild(QAbstractButton, "status_cost")
    assert sign is not None
    qtbot.waitUntil(sign.isVisible)
    assert sign.text() == "Deployed: $1.38 an hour"
    sign.click()
    assert window.current_page == "cloud"
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.text())
        assert box.defaultButton().text() == "Show it", "a stray Enter leaves nothing deployed"
        box.button(QMessageBox.StandardButton.Cancel).click()

    QTimer.singleShot(0, answer)
    assert not window.close()
    assert asked == ["'Cats' is deployed and costs $1.38 an hour, also when this window is closed."]
    (project_folder / "automl" / "001" / "events.jsonl").unlink()
    with qtbot.waitSignal(window.studio.cloud.models.listed):
        window.studio.cloud.models.read_again()
    assert window.studio.cloud.lingering == ""


def deployed_before(folder: Path) -> None:
    """A model of Vertex AI that a window before this one deployed."""
    from imgclf_gui.core.automl import Order
    from imgclf_gui.jobs.automl import AutoMLFolder
    from imgclf_gui.protocol import automl_events as e

    order = Order(
        provider="vertex-automl", model_kind="cloud", budget=8000, name="Cats", tag="a" * 12,
        labels=("bars", "blobs"), images={"train": 40, "validation": 4, "test": 4},
    )  # fmt: skip
    model = AutoMLFolder.create(Project.open(folder), order)
    model.record(e.StepDone(step="train", names={"model": "projects/p/models/1"}))
    model.record(e.StepBeginning(step="deploy", key="a", an_hour=1.375))
    model.record(e.StepDone(step="deploy", names={"endpoint": "projects/p/endpoints/1"}))


def test_runs_that_are_tried_for_a_model_stand_among_the_runs(opened: Studio, qtbot: QtBot) -> None:
    project, plan = opened.project, opened.resolution.plan
    assert project is not None and plan is not None
    opened.begin("try", lambda jobs: jobs.train(project, opened.spec, plan, "tried"))
    qtbot.waitUntil(lambda: [run.name for run in opened.runs] == ["tried"], timeout=20_000)
    run = opened.runs[0]
    qtbot.waitUntil(lambda: run.state.status == "completed", timeout=20_000)
    assert len(run.state.epochs) == len(run.folder.state().epochs), "nothing lost or told twice"
