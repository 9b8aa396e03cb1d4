"""Images are measured in the background once there are augmentations to warn of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, ProjectSpec
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio


@pytest.fixture
def working(qtbot: QtBot, project_folder: Path) -> Iterator[Studio]:
    """A studio with a real worker and the project open."""
    made = Studio(Settings())
    with qtbot.waitSignal(made.project_changed):
        made.open_project(project_folder)
    yield made
    made.close()


def _flipping(spec: ProjectSpec) -> ProjectSpec:
    steps = (AugmentationStep(kind="flip-horizontal"),)
    return spec.model_copy(update={"augmentation": AugmentationSpec(steps=steps)})


def test_the_first_augmentation_has_the_images_measured_and_the_answer_is_kept(
    working: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    assert working.summary.statistics is None
    working.edit("Add flip", _flipping(working.spec))
    qtbot.waitUntil(lambda: working.summary.statistics is not None, timeout=20_000)
    found = working.summary.statistics
    assert found is not None
    assert found.images <= working.summary.count("train")
    working.close()

    again = Studio(Settings())
    with qtbot.waitSignal(again.project_changed):
        again.open_project(project_folder)
    assert again.summary.statistics == found
    again.close()


def test_without_augmentations_nothing_is_measured(working: Studio, qtbot: QtBot) -> None:
    asked = []
    working.begin = lambda what, action: asked.append((what, action))  # type: ignore[method-assign]
    training = working.spec.training.model_copy(update={"epochs": 3})
    with qtbot.waitSignal(working.resolution_changed):
        working.edit("Epochs", working.spec.model_copy(update={"training": training}))
    assert not asked
    working.edit("Add flip", _flipping(working.spec))
    working.edit("Epochs", _flipping(working.spec).model_copy(update={"name": "Other"}))
    assert [what for what, _ in asked] == ["measure"]
