"""Custom models: ordered, made here and at Vertex AI, asked, deployed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from imgclf_gui.gui.studio import Studio
from tests.helpers.automl_parts import vertex_account
from tests.helpers.automl_view import CustomModelsView, PlayedTraining
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


def test_without_a_project_it_says_what_to_do_first(studio: Studio, qtbot: QtBot) -> None:
    view = CustomModelsView(studio, qtbot)
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        view.click("automl_project")
    assert wanted.args == ["dataset"]


def test_a_model_of_this_machine_from_order_to_answers(
    view: CustomModelsView, played: PlayedTraining, shapes: Path
) -> None:
    assert view.text("automl_words") == "Nothing leaves this machine."
    played.may_go_on.clear()
    view.order()
    view.until(lambda: "epoch 3 of 30" in view.said("automl_progress_words"))
    assert view.steps == "Dataset: done · Train: going on · Measure: not begun"
    assert view.cells()[2] == "training, 50 %"
    played.may_go_on.set()
    view.measured()
    assert view.cells()[2] == "trained and measured"
    assert "Average precision" in view.said("automl_summary")
    view.drop([shapes / "bars" / "000.png"])
    view.until(lambda: bool(view.panel().ask.predictions))
    assert view.panel().ask.predictions[0].labels == ("bars", "rings", "blobs")
