"""Networks as files, and the menus of the builder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QListWidget, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.operations import networks
from imgclf_gui.gui.studio import Studio
from imgclf_gui.plan.network_file import read_network, write_network
from tests.helpers.builder import Builder

KERAS = {
    "class_name": "Sequential",
    "config": {
        "name": "old",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"name": "in", "batch_shape": [None, 28, 28, 1]},
            },
            {"class_name": "RandomFlip", "config": {"name": "flip", "mode": "horizontal"}},
            {"class_name": "Flatten", "config": {"name": "flatten"}},
            {"class_name": "Dense", "config": {"name": "out", "units": 10}},
        ],
    },
}


def action(window: MainWindow, name: str) -> QAction:
    found = window.findChild(QAction, f"action_{name}")
    assert isinstance(found, QAction)
    return found


def test_a_saved_network_is_opened_again_and_that_is_undone(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    file = tmp_path / "mine"
    inside = (BlockSpec(kind="convolution", filters=1),)
    builder.show(BlockSpec(kind="residual", blocks=inside), *builder.blocks)
    kept = builder.blocks
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    with qtbot.waitSignal(builder.studio.said) as said:
        networks.save_network(builder.studio, builder.view)
    assert said.args is not None
    assert "mine.json" in said.args[0]
    assert read_network(tmp_path / "mine.json").network.blocks == kept
    builder.show()
    chosen = str(tmp_path / "mine.json")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen, ""))
    with qtbot.waitSignal(builder.studio.network_opened):
        networks.choose_network(builder.studio, builder.view)
    assert builder.blocks == kept
    builder.studio.undo()
    assert builder.blocks == ()


def test_what_could_not_be_taken_over_is_listed(
    builder: Builder, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps(KERAS), "utf-8")
    with qtbot.waitSignal(builder.studio.network_opened):
        builder.studio.open_network(file)
    notes = builder.find(QListWidget, "network_notes_list")
    assert notes.isVisible()
    told = [notes.item(row).text() for row in range(notes.count())]
    assert any("RandomFlip" in note for note in told)
    builder.find(QPushButton, "network_notes_copy").click()
    assert QGuiApplication.clipboard().text() == "\n".join(told)
    builder.find(QWidget, "network_notes_close").click()  # type: ignore[attr-defined]
    assert not notes.isVisible()


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"[[[[", b'{"format": "else"}'])
def test_a_file_that_is_no_network_changes_nothing(
    builder: Builder, tmp_path: Path, qtbot: QtBot, content: bytes
) -> None:
    file = tmp_path / "wrong.json"
    file.write_bytes(content)
    before = builder.studio.spec
    with qtbot.waitSignal(builder.studio.failed):
        builder.studio.open_network(file)
    assert builder.studio.spec == before


def test_without_a_project_a_network_is_not_opened(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "mine.json"
    write_network(file, NetworkSpec())
    with qtbot.waitSignal(studio.failed) as failed:
        studio.open_network(file)
    assert failed.args is not None
    assert failed.args[0].code == "project.none"


def test_the_edit_menu_offers_what_the_page_in_front_can_do(
    window: MainWindow, opened: Studio
) -> None:
    menu = window.findChild(QMenu, "menu_edit")
    assert menu is not None

    def offered() -> list[str]:
        menu.aboutToShow.emit()
        return [one.text().replace("&", "") for one in menu.actions() if one.text()]

    window.show_page("dataset")
    assert len(offered()) == 2
    window.show_page("architecture")
    assert {"Cut", "Copy", "Paste", "Duplicate", "Remove", "Rename", "Wrap in"} <= set(offered())
    window.show_page("dataset")
    assert len(offered()) == 2


def test_network_files_need_a_project(window: MainWindow, studio: Studio) -> None:
    assert not action(window, "open_network").isEnabled()
    assert not action(window, "save_network").isEnabled()
