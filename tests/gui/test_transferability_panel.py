"""What backbones know, in the window. The worker is an actor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.project import Project
from imgclf_gui.gui.architecture.transferability import TransferabilityPanel
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.measured_bars import MeasuredBars
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.transferability import kept_measurements
from tests.helpers.lab_view import button, text
from tests.helpers.transfer import small_backbone
from tests.helpers.transfer_view import make_run_with_weights

LITE = "EfficientNet-Lite0"
SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """A studio whose worker measures at once."""
    made = Studio(Settings(), [sys.executable, "-m", "tests.helpers.transfer_actor"])
    yield made
    made.close()


@pytest.fixture
def panel(opened: Studio, appearance: Appearance, qtbot: QtBot) -> TransferabilityPanel:
    """The panel of a project that nothing was measured in."""
    return shown(opened, qtbot)


def shown(studio: Studio, qtbot: QtBot) -> TransferabilityPanel:
    made = TransferabilityPanel(studio)
    qtbot.addWidget(made)
    made.resize(760, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def cells(panel: TransferabilityPanel) -> list[list[str]]:
    table = panel.findChild(QTableWidget, "transferability_table")
    assert table is not None
    found = []
    for row in range(table.rowCount()):
        items = [table.item(row, column) for column in range(table.columnCount())]
        found.append([item.text() if item else "" for item in items])
    return found


def measured(panel: TransferabilityPanel, question: str, qtbot: QtBot) -> str:
    """The sentence that `question` comes to."""
    button(panel, f"transferability_{question}").click()
    button(panel, "transferability_start").click()
    assert not button(panel, "transferability_start").isEnabled()
    qtbot.waitUntil(lambda: button(panel, "transferability_start").isEnabled(), timeout=SLOW)
    qtbot.waitUntil(lambda: bool(cells(panel)), timeout=SLOW)
    return text(panel, "transferability_sentence")


def bars(panel: TransferabilityPanel) -> MeasuredBars:
    found = panel.findChild(MeasuredBars)
    assert found is not None
    return found


def test_each_question_has_a_sentence_bars_and_a_table(
    panel: TransferabilityPanel, qtbot: QtBot
) -> None:
    assert text(panel, "transferability_sentence") == "Not measured yet."
    assert not bars(panel).isVisible()
    said = measured(panel, "rank", qtbot)
    assert said.startswith("One: a linear probe on its features is right for 90.0 % of 100")
    assert "its lead of 30.0 points over Two" in said and "is shown (p < 0.001)" in said
    assert [row[:2] for row in cells(panel)] == [["One", "90.0 %"], ["Two", "60.0 %"]]
    drawn = bars(panel).bars
    assert [(bar.name, bar.share) for bar in drawn] == [("One", 0.9), ("Two", 0.6)]
    assert drawn[0].ends is not None and drawn[0].ends[0] < 0.9 < drawn[0].ends[1]
    assert bars(panel).isVisible() and "One: 90.0 %" in bars(panel).accessibleDescription()
    said = measured(panel, "layers", qtbot)
    assert "best behind block 2 (Middle)" in said
    assert [row[0] for row in cells(panel)] == ["1 Stem", "2 Middle"]
    said = measured(panel, "few_images", qtbot)
    assert "With 5 images a class" in said and "From nothing it takes 50 a class" in said
    assert {bar.series for bar in bars(panel).bars} == {0, 1}
    assert "CNN, 12×12 pixels" in text(panel, "transferability_details")
    button(panel, "transferability_rank").click()
    assert cells(panel)[0][0] == "One"


def asked_for(studio: Studio) -> list[str]:
    """What the worker was asked to measure last."""
    assert studio.project is not None
    return kept_measurements(studio.project)[0].warnings[0].split()


def choice(panel: TransferabilityPanel) -> QListWidget:
    found = panel.findChild(QListWidget, "transferability_choice")
    assert found is not None
    return found


def lines(panel: TransferabilityPanel) -> dict[str, QListWidgetItem]:
    found = choice(panel)
    return {found.item(row).text(): found.item(row) for row in range(found.count())}


def tick(panel: TransferabilityPanel, line: str) -> None:
    """Click the box of that line."""
    item = lines(panel)[line]
    view = item.listWidget()
    box = view.visualItemRect(item)
    view.scrollToItem(item)
    place = QPoint(box.left() + 10, view.visualItemRect(item).center().y())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def ticked(panel: TransferabilityPanel) -> list[str]:
    return [
        text for text, item in lines(panel).items() if item.checkState() is Qt.CheckState.Checked
    ]


def test_what_is_ranked_can_be_chosen(studio: Studio, project_folder: Path, qtbot: QtBot) -> None:
    project = Project.open(project_folder)
    dataset = dataset_summary(project)
    older, newer = (make_run_with_weights(project, dataset) for _ in range(2))
    small_backbone()
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    panel = shown(studio, qtbot)
    usual = [LITE, "Small small", f"Run {newer.id} · Watched net"]
    assert list(lines(panel)) == [*usual, f"Run {older.id} · Watched net"]
    assert ticked(panel) == usual, "all backbones, and the newest run"
    for line in (LITE, f"Run {newer.id} · Watched net", f"Run {older.id} · Watched net"):
        tick(panel, line)
    assert ticked(panel) == ["Small small", f"Run {older.id} · Watched net"]
    measured(panel, "rank", qtbot)
    names = asked_for(studio)
    assert (names[0], len(names)) == ("small", 2)
    assert names[1].startswith("watched-net-")
    kept = [LITE, "Small small", "Watched net of Shapes", f"Run {newer.id} · Watched net"]
    qtbot.waitUntil(lambda: sorted(lines(panel)) == sorted(kept))  # it is a backbone now
    assert ticked(panel) == [line for line in lines(panel) if line in kept[1:3]]
    for line in ticked(panel):
        tick(panel, line)
    assert not button(panel, "transferability_start").isEnabled()
    assert "Tick at least one" in button(panel, "transferability_start").toolTip()
    button(panel, "transferability_layers").click()
    assert button(panel, "transferability_start").isEnabled()
    assert not choice(panel).isVisible()


def test_what_was_measured_is_there_when_the_project_is_opened_again(
    panel: TransferabilityPanel, opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    measured(panel, "rank", qtbot)
    assert opened.project is not None
    assert [it.results for it in kept_measurements(opened.project)] == [2]
    opened.close_project()
    qtbot.waitUntil(lambda: text(panel, "transferability_sentence") == "Not measured yet.")
    with qtbot.waitSignal(opened.project_changed):
        opened.open_project(project_folder)
    qtbot.waitUntil(lambda: "90.0 %" in text(panel, "transferability_sentence"), timeout=SLOW)
    outdated = panel.findChild(QLabel, "transferability_outdated")
    assert outdated is not None and "dataset has changed" in outdated.text()


def test_it_can_be_cancelled_and_the_status_line_shows_it(
    panel: TransferabilityPanel, opened: Studio, qtbot: QtBot
) -> None:
    small_backbone("long")
    panel.choose("layers")
    panel.choose_backbone("long")
    button(panel, "transferability_start").click()
    qtbot.waitUntil(lambda: bool(cells(panel)), timeout=SLOW)
    assert opened.job is not None
    assert opened.job.title == "Probing blocks: features of One"
    assert opened.job.fraction == pytest.approx(0.25)
    assert "90 s left" in text(panel, "transferability_progress") or "2 min" in text(
        panel, "transferability_progress"
    )
    button(panel, "transferability_cancel").click()
    qtbot.waitUntil(lambda: opened.job is None, timeout=SLOW)
    qtbot.waitUntil(lambda: cells(panel) != [], timeout=SLOW)
    assert "Long" in text(panel, "transferability_sentence")
    assert button(panel, "transferability_start").isEnabled()


def test_why_it_failed_is_said(panel: TransferabilityPanel, opened: Studio, qtbot: QtBot) -> None:
    small_backbone("failing")
    panel.choose("layers")
    panel.choose_backbone("failing")
    with qtbot.waitSignal(opened.failed, timeout=SLOW):
        button(panel, "transferability_start").click()
    qtbot.waitUntil(lambda: "damaged" in text(panel, "transferability_error"), timeout=SLOW)
    assert text(panel, "transferability_sentence") == "Not measured yet."


def test_the_table_is_copied_as_csv(panel: TransferabilityPanel, qtbot: QtBot) -> None:
    measured(panel, "rank", qtbot)
    button(panel, "transferability_copy").click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("Backbone,Linear probe,95 % from,95 % to,p (Holm),")
    assert lines[1].startswith("One,0.9,0.8") and len(lines) == 3
    assert len({line.count(",") for line in lines}) == 1


def test_every_control_has_a_name_and_can_be_reached(
    panel: TransferabilityPanel, qtbot: QtBot
) -> None:
    buttons = [it for it in panel.findChildren(QPushButton) if it.objectName()]
    assert {it.objectName() for it in buttons} >= {
        f"transferability_{name}"
        for name in ("rank", "layers", "few_images", "start", "cancel", "copy")
    }
    assert all(it.text() for it in buttons)
