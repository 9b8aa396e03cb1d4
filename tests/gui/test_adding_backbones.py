"""Backbones are added from files and by download, and removed, in the Transfer view."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core import network
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.resources import resource
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.adding_panel import AddingPanel
from imgclf_gui.plan.backbones import backbones, own_folder
from tests.helpers.file_server import FileServer, serving
from tests.helpers.timing import within
from tests.helpers.transfer_view import Transfer, shown

ACTOR = [sys.executable, "-m", "tests.helpers.backbone_actor"]
HDF5 = b"\x89HDF\r\n\x1a\n, and weights"
FIRST = "efficientnet-lite0"


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """One whose worker is an actor (tests/helpers/backbone_actor.py)."""
    made = Studio(Settings(), ACTOR)
    yield made
    made.close()


@pytest.fixture
def transfer(opened: Studio, qtbot: QtBot) -> Transfer:
    """The view, with a project open."""
    return shown(opened, qtbot)


@pytest.fixture
def server(opened: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """What is asked in place of Keras's host."""
    monkeypatch.setattr(network, "_contacts", [])
    with serving() as running:
        running.content = HDF5 * 1_000
        opened.adding.server = running.url
        yield running


@pytest.fixture
def failures(opened: Studio) -> list[ErrorReport]:
    """What the one door is told."""
    told: list[ErrorReport] = []
    opened.failed.connect(told.append)
    return told


def weights(folder: Path, name: str = "vgg.weights.h5", content: bytes = HDF5) -> Path:
    """A file of weights."""
    path = folder / name
    path.write_bytes(content)
    return path


def choose(transfer: Transfer, name: str, width: str = "") -> None:
    """Choose a network of Keras, as a person does."""
    for box, text in (("adding_network", name), ("adding_width", width)):
        if text:
            combo = transfer.find(QComboBox, box)
            combo.setCurrentIndex(combo.findText(text))


def accept(transfer: Transfer) -> None:
    """Press the button that does it."""
    button = transfer.find(QPushButton, "adding_accept")
    assert button.isVisible() and button.isEnabled()
    button.click()


def panel(transfer: Transfer) -> AddingPanel:
    """Where it is asked and told."""
    return transfer.find(AddingPanel, "adding_panel")


def asked(transfer: Transfer, qtbot: QtBot, path: Path) -> None:
    """Drop `path` on the view, and wait for the question."""
    drop(transfer.view, path)
    qtbot.waitUntil(lambda: transfer.find(QPushButton, "adding_accept").isVisible())


def drop(target: QWidget, path: Path) -> None:
    """Drop a file there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where, how = QPointF(200, 200), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), how, data, buttons, keys)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(where, how, data, buttons, keys))


# Files


def test_a_file_of_keras_is_added_and_chosen_and_its_hash_shown(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights(tmp_path, "mobilenet_v2_0.35.weights.h5")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    assert panel(transfer).isHidden()
    transfer.find(QPushButton, "add_weights").click()
    qtbot.waitUntil(lambda: transfer.find(QPushButton, "adding_accept").isVisible())
    assert transfer.text("adding_title") == "Of which network are these weights?"
    assert transfer.text("adding_words").startswith(path.name)
    assert transfer.find(QComboBox, "adding_network").currentText() == "MobileNetV2", "by its name"
    choose(transfer, "MobileNetV2", "width 0.35")
    with qtbot.waitSignal(transfer.studio.adding.arrived) as arrived:
        accept(transfer)
        assert transfer.text("adding_title") == f"Adding {path.name}"
        assert not transfer.find(QPushButton, "add_weights").isEnabled()
    assert arrived.args is not None
    (name,) = arrived.args
    assert transfer.checked() == [name]
    assert transfer.text(f"backbone_{name}_title") == "MobileNetV2 (alpha 0.35)"
    assert transfer.text("adding_title") == "MobileNetV2 (alpha 0.35) is here, and chosen"
    digest = sha256(path.read_bytes()).hexdigest()
    assert transfer.find(QLineEdit, "adding_sha256").text() == digest
    assert transfer.find(QPushButton, "transfer_use").isEnabled()
    transfer.find(QPushButton, "adding_dismiss").click()
    assert panel(transfer).isHidden()


def test_a_file_of_the_catalogue_needs_no_question(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path
) -> None:
    lite0 = resource("backbones", "efficientnet-lite0.safetensors")
    path = weights(tmp_path, "download (1).safetensors", lite0.read_bytes())
    transfer.press(transfer.card("efficientnet-lite2"), Qt.Key.Key_Space)
    with qtbot.waitSignal(transfer.studio.adding.arrived):
        drop(transfer.view, path)
    assert transfer.checked() == [FIRST]
    assert transfer.find(QLineEdit, "adding_sha256").text() == backbones()[FIRST].sha256


def test_a_file_of_another_network_is_told_of_and_can_be_named_anew(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path, failures: list[ErrorReport]
) -> None:
    asked(transfer, qtbot, weights(tmp_path, "w.h5"))
    button = transfer.find(QPushButton, "adding_accept")
    assert not button.isEnabled(), "the file's name tells nothing"
    choose(transfer, "MobileNetV3Small")
    assert "hard-swish" in transfer.text("adding_wrong")
    assert "Choose another" in transfer.text("adding_wrong") and not button.isEnabled()
    choose(transfer, "VGG16")
    assert not transfer.text("adding_wrong")
    accept(transfer)
    qtbot.waitUntil(lambda: bool(failures) and button.isVisible())
    assert [one.message for one in failures] == ["It is of another network."]
    choose(transfer, "ResNet50")
    with qtbot.waitSignal(transfer.studio.adding.arrived):
        accept(transfer)


def test_while_it_is_added_it_can_be_cancelled(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path, failures: list[ErrorReport]
) -> None:
    asked(transfer, qtbot, weights(tmp_path))
    choose(transfer, "VGG19")
    accept(transfer)
    qtbot.waitUntil(lambda: transfer.text("adding_far") == "building VGG19…")
    job = transfer.studio.job
    assert job is not None and job.title == "Adding vgg.weights.h5: building VGG19…"
    cancel = transfer.find(QPushButton, "adding_dismiss")
    assert cancel.text() == "Cancel"
    cancel.click()
    qtbot.waitUntil(lambda: not transfer.studio.adding.active)
    assert not failures, "the person ended it"
    assert transfer.studio.job is None
    QTest.keyClick(panel(transfer), Qt.Key.Key_Escape)
    assert panel(transfer).isHidden()
    assert not own_folder().exists()


def test_what_is_no_weights_file_is_told_of(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path, failures: list[ErrorReport]
) -> None:
    drop(transfer.view, weights(tmp_path, "w.safetensors", b"not weights"))
    qtbot.waitUntil(lambda: bool(failures))
    assert "no whole safetensors file" in failures[0].message
    assert panel(transfer).isHidden()


def test_dropped_elsewhere_it_is_asked_about_there(
    studio: Studio, appearance: Appearance, qtbot: QtBot, tmp_path: Path
) -> None:
    window = MainWindow(studio, appearance)
    qtbot.addWidget(window)
    window.show()
    window.show_page("dataset")
    drop(window, weights(tmp_path, "resnet50.h5"))
    assert window.current_page == "architecture"
    title = window.findChild(QLabel, "adding_title")
    assert title is not None
    qtbot.waitUntil(lambda: title.isVisible() and title.text().startswith("Of which network"))
    network_box = window.findChild(QComboBox, "adding_network")
    assert network_box is not None
    QTest.keyClick(network_box, Qt.Key.Key_Escape)
    assert not title.isVisible(), "Escape is for the window's message only while there is one"


# Downloads


def test_nobody_is_asked_before_the_person_agrees_and_then_once(
    transfer: Transfer, qtbot: QtBot, server: FileServer
) -> None:
    transfer.find(QPushButton, "download_weights").click()
    assert not transfer.find(QPushButton, "adding_accept").isEnabled()
    choose(transfer, "ResNet50")
    choose(transfer, "MobileNetV2")
    said = transfer.text("adding_words")
    assert "weights of MobileNetV2 from storage.googleapis.com (about 9.03 MB)" in said
    assert "no image" in said and "network address" in said
    address = transfer.find(QLineEdit, "adding_address")
    assert address.isVisible() and address.text().endswith("_1.0_224_no_top.h5")
    transfer.find(QPushButton, "adding_dismiss").click()
    assert server.connections == 0 and network.seen() == ()

    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "MobileNetV2")
    with qtbot.waitSignal(transfer.studio.adding.arrived) as arrived:
        accept(transfer)
        assert transfer.text("adding_title") == "Downloading the weights of MobileNetV2"
    assert arrived.args is not None
    assert transfer.checked() == arrived.args
    digest = sha256(server.content).hexdigest()
    assert transfer.find(QLineEdit, "adding_sha256").text() == digest
    assert server.connections == 1
    assert [one.host for one in network.seen()] == ["storage.googleapis.com"]
    assert [path.name for path in own_folder().iterdir()] == arrived.args

    transfer.press(transfer.card(FIRST), Qt.Key.Key_Space)
    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "MobileNetV2")
    assert "nothing needs to be sent" in transfer.text("adding_words")
    accept(transfer)
    assert transfer.checked() == arrived.args
    assert "on this machine already" in transfer.text("adding_words")
    assert server.connections == 1, "downloaded once, and kept"


def test_a_download_is_cancelled_at_once(
    transfer: Transfer, qtbot: QtBot, server: FileServer, failures: list[ErrorReport]
) -> None:
    server.behaviour = "halting"
    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "MobileNetV2")
    accept(transfer)
    qtbot.waitUntil(lambda: "1.00 kB of" in transfer.text("adding_far"))
    job = transfer.studio.job
    assert job is not None and job.title.startswith("Downloading the weights of MobileNetV2: 1.00")

    def cancel() -> None:
        transfer.find(QPushButton, "adding_dismiss").click()
        qtbot.waitUntil(lambda: not transfer.studio.adding.active)

    within(0.5, cancel)
    assert not failures
    assert list(own_folder().iterdir()) == []


def test_a_download_that_fails_is_told_of_and_can_be_tried_again(
    transfer: Transfer, qtbot: QtBot, server: FileServer, failures: list[ErrorReport]
) -> None:
    server.behaviour = "missing"
    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "MobileNetV2")
    accept(transfer)
    button = transfer.find(QPushButton, "adding_accept")
    qtbot.waitUntil(lambda: bool(failures) and button.isVisible())
    assert failures[0].code == "download.missing"
    assert "Add weights file" in failures[0].hint
    server.behaviour = "whole"
    with qtbot.waitSignal(transfer.studio.adding.arrived):
        accept(transfer)


def test_a_file_with_another_hash_than_published_is_not_even_looked_at(
    transfer: Transfer, qtbot: QtBot, server: FileServer, failures: list[ErrorReport]
) -> None:
    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "ResNet50")
    accept(transfer)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].code == "download.hash"
    assert list(own_folder().iterdir()) == []


def test_the_window_closes_during_a_download(
    transfer: Transfer, qtbot: QtBot, server: FileServer
) -> None:
    server.behaviour = "halting"
    transfer.find(QPushButton, "download_weights").click()
    choose(transfer, "MobileNetV2")
    accept(transfer)
    qtbot.waitUntil(server.reached.is_set)
    within(2.0, transfer.studio.close)
    assert list(own_folder().iterdir()) == []


# Removal


def test_an_added_backbone_is_removed_after_a_question(
    transfer: Transfer, qtbot: QtBot, tmp_path: Path
) -> None:
    remove = transfer.find(QPushButton, "remove_backbone")
    assert remove.isHidden(), "what belongs to the catalogue stays"
    asked(transfer, qtbot, weights(tmp_path, "resnet50.h5"))
    with qtbot.waitSignal(transfer.studio.adding.arrived) as arrived:
        accept(transfer)
    assert arrived.args is not None
    (name,) = arrived.args
    transfer.find(QPushButton, "transfer_use").click()
    assert transfer.studio.resolution.plan is not None

    remove.click()
    assert transfer.text("adding_title") == "Remove ResNet50?"
    assert "network of this project begins with it" in transfer.text("adding_words")
    transfer.find(QPushButton, "adding_dismiss").click()
    assert name in backbones()

    remove.click()
    with qtbot.waitSignal(transfer.studio.adding.gone):
        accept(transfer)
    assert name not in backbones()
    qtbot.waitUntil(lambda: transfer.checked() == [FIRST])
    assert remove.isHidden() and panel(transfer).isHidden()
    (problem,) = transfer.studio.resolution.problems
    assert f"no backbone '{name}'" in problem.message
