"""Test-time augmentation in the window. The worker is an actor, but for the last test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.pages.classify import ClassifyPage
from imgclf_gui.gui.pages.training import TrainingPage
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from tests.helpers.augmenting_parts import FLIP, augment
from tests.helpers.lab_view import button, text

SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""


def classify_page(studio: Studio, qtbot: QtBot) -> ClassifyPage:
    page = ClassifyPage(studio)
    qtbot.addWidget(page)
    page.resize(1000, 640)
    with qtbot.waitExposed(page):
        page.show()
    return page


def training_page(studio: Studio, qtbot: QtBot) -> TrainingPage:
    page = TrainingPage(studio)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def views(page: QWidget, name: str) -> QSpinBox:
    found = page.findChild(QSpinBox, name)
    assert found is not None, name
    return found


def train(studio: Studio, qtbot: QtBot, *steps: AugmentationStep) -> None:
    """Train a run with these augmentations, and have it measured."""
    augment(studio, *steps)
    studio.train("one")
    qtbot.waitUntil(
        lambda: bool(studio.runs) and "test" in studio.runs[0].state.evaluations, timeout=240_000
    )


def test_an_answer_is_averaged_over_changed_views_on_request(
    opened: Studio, shapes: Path, qtbot: QtBot
) -> None:
    train(opened, qtbot, FLIP)
    page = classify_page(opened, qtbot)
    box = views(page, "classify_views")
    assert box.isEnabled() and box.value() == 0 and box.text() == "No changed views"
    image = shapes / "bars" / "000.png"
    with qtbot.waitSignal(opened.classify_finished, timeout=SLOW):
        page.classify([image])
    assert "views" not in text(page, "answer_count")
    assert not button(page, "ask_again").isVisible()
    box.setValue(6)
    with qtbot.waitSignal(opened.classify_finished, timeout=SLOW):
        button(page, "ask_again").click()
    assert text(page, "answer_name") == image.name
    assert "averaged with 6 changed views" in text(page, "answer_count")
    assert not button(page, "ask_again").isVisible(), "the answers are as they are wanted"


def test_results_with_views_stand_beside_the_plain_ones(opened: Studio, qtbot: QtBot) -> None:
    train(opened, qtbot, FLIP)
    page = training_page(opened, qtbot)
    assert text(page, "results_accuracy") == "90.0 % (60.0–98.0 %)"
    assert text(page, "views_words") == ""
    views(page, "results_views").setValue(4)
    button(page, "views_button").click()
    assert text(page, "views_words") == "Measuring…"
    qtbot.waitUntil(lambda: "100.0 %" in text(page, "views_words"), timeout=SLOW)
    assert text(page, "views_words") == "100.0 % (60.0–98.0 %) with 4 views: 10.0 points more"
    assert text(page, "results_accuracy") == "90.0 % (60.0–98.0 %)", "never instead of it"


@pytest.mark.parametrize("steps", [(), (AugmentationStep(kind="mix-up"),)])
def test_a_run_without_usable_augmentations_says_why_there_are_no_views(
    opened: Studio, qtbot: QtBot, steps: tuple[AugmentationStep, ...]
) -> None:
    train(opened, qtbot, *steps)
    box = views(classify_page(opened, qtbot), "classify_views")
    page = training_page(opened, qtbot)
    for one in (box, views(page, "results_views")):
        assert not one.isEnabled()
        assert "trained without an augmentation" in one.toolTip()
    assert not button(page, "views_button").isEnabled()
    assert text(page, "views_words").startswith("Only for runs trained with")


@pytest.fixture
def real(qtbot: QtBot, project_folder: Path) -> Iterator[Studio]:
    """A studio with a real worker and a run of one epoch with flips."""
    made = Studio(Settings())
    with qtbot.waitSignal(made.project_changed):
        made.open_project(project_folder)
    training = made.spec.training.model_copy(update={"epochs": 1, "batch_size": 8})
    made.edit("Short", made.spec.model_copy(update={"training": training}))
    train(made, qtbot, FLIP)
    yield made
    made.close()


def test_views_are_measured_and_classified_for_real(
    real: Studio, shapes: Path, qtbot: QtBot
) -> None:
    page = training_page(real, qtbot)
    button(page, "views_button").click()
    run = real.runs[0]
    qtbot.waitUntil(lambda: "test" in run.state.evaluations_with_views, timeout=240_000)
    found = run.state.evaluations_with_views["test"]
    assert (found.views, found.images) == (8, run.state.evaluations["test"].images)
    qtbot.waitUntil(lambda: "with 8 views" in text(page, "views_words"))
    classify = classify_page(real, qtbot)
    views(classify, "classify_views").setValue(3)
    with qtbot.waitSignal(real.classify_finished, timeout=240_000):
        classify.classify([shapes / "bars"])
    assert "averaged with 3 changed views" in text(classify, "answer_count")
