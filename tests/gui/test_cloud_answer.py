"""Cloud Vision: agreed to, sent to a server of this machine, cancelled, answered, kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.cloud.account_dialog import AccountDialog
from imgclf_gui.gui.cloud.answer_picture import AnswerPicture
from imgclf_gui.gui.cloud.image_list import ImageList
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.side_by_side import SideBySide
from imgclf_gui.jobs import accounts
from tests.helpers import timing
from tests.helpers.cloud_view import PHOTOS, CloudView
from tests.helpers.google_errors import KEY_INVALID, NO_BILLING, Status
from tests.helpers.timing import hold
from tests.helpers.vision_server import Good, Hang, PerImageError, VisionServer

KEY = "a-secret-key-of-39-letters-000000000000"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[VisionServer]:
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    with VisionServer() as started:
        yield started


@pytest.fixture
def view(opened: Studio, server: VisionServer, qtbot: QtBot) -> CloudView:
    """The view in a project, with three photographs, whose account leads to the server."""
    made = CloudView(opened, qtbot)
    made.use_account(server.rest_host)
    made.drop(PHOTOS)
    return made


def history(view: CloudView) -> list[str]:
    combo = view.find(QComboBox, "cloud_history")
    return [combo.itemText(row) for row in range(1, combo.count())]


def test_nothing_is_sent_without_a_yes(view: CloudView, server: VisionServer) -> None:
    view.read()
    assert view.text("cloud_why_not") == "Tick that you agree first."
    assert not view.enabled("cloud_send")
    view.desk.send(agreed=False)  # even so
    view.answered()
    assert view.desk.sending.error is not None
    assert view.desk.sending.error.code == "cloud.consent"
    assert server.connections == 0


def test_an_answer_is_shown_as_picture_and_as_json(view: CloudView, server: VisionServer) -> None:
    view.ask_for("labels", "objects", "colours", "safe-search", "text", "web")
    view.agree_and_send()
    view.answered()
    assert "Red thing" in view.looked_at("chelsea.jpg")
    assert server.requests == 1 and server.images == 3
    assert view.find(QWidget, "found_labels").accessibleName().startswith("Most probable classes")
    assert "#" in view.find(QWidget, "found_colours").accessibleName()
    assert "labelAnnotations" in view.find(QPlainTextEdit, "answer_json").toPlainText()
    images = view.find(ImageList, "answer_images")
    images.setCurrentIndex(images.model().index(2, 0))
    view.looked_at("rocket.jpg")
    assert len(history(view)) == 1 and "3 images" in history(view)[0]
    assert not view.find(QCheckBox, "quote_agree").isChecked(), "a yes counts once"


def test_kinds_are_hidden_and_one_is_pointed_at(view: CloudView) -> None:
    view.ask_for("objects", "faces")
    view.agree_and_send()
    view.answered()
    view.looked_at("chelsea.jpg")
    picture = view.find(AnswerPicture, "answer_picture")
    middle = QPointF(picture.rect().center())
    assert picture.region_at(middle) is not None
    view.tick("show_faces", False)
    assert {region.kind for region in picture.shown} == {"objects"}


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_one_image_that_fails_is_told_beside_the_others(
    view: CloudView, server: VisionServer, transport: str
) -> None:
    if transport == "grpc":
        view.use_account(f"http://{server.grpc_host}", "grpc")
    server.script([PerImageError(1)])
    view.agree_and_send()
    view.answered()
    lines = view.find(ImageList, "answer_images").lines
    assert [line.wrong for line in lines] == [False, True, False]
    images = view.find(ImageList, "answer_images")
    images.setCurrentIndex(images.model().index(1, 0))
    view.looked_at("coffee.jpg")
    assert "Bad image data" in view.text("answer_error")
    assert view.text("answer_error").count("coffee.jpg") == 1


def test_a_consent_is_remembered_for_the_project_until_it_is_taken_back(view: CloudView) -> None:
    view.read()
    view.tick("quote_agree")
    view.tick("quote_remember")
    view.press(Qt.Key.Key_Return, view.json, Qt.KeyboardModifier.ControlModifier)
    view.answered()
    view.read()
    assert view.find(QCheckBox, "quote_agree").isChecked() and view.enabled("cloud_send")
    view.ask_for("web")
    view.read()
    assert not view.enabled("cloud_send"), "other features are another question"
    view.ask_for("labels")
    view.read()
    view.tick("quote_agree", False)
    view.read()
    assert not view.enabled("cloud_send")


def test_a_yes_is_to_what_was_shown(view: CloudView) -> None:
    view.read()
    view.tick("quote_agree")
    assert view.enabled("cloud_send")
    view.desk.draft.remove(["rocket.jpg"])
    view.read()
    assert not view.find(QCheckBox, "quote_agree").isChecked()


def test_what_is_mended_in_the_account_leads_there(view: CloudView, server: VisionServer) -> None:
    for refusal, leads_there in ((KEY_INVALID, True), (NO_BILLING, False)):
        server.script([refusal])
        view.agree_and_send()
        view.answered()
        assert view.text("cloud_error") and view.visible("quote_account") is leads_there


def test_an_edited_request_is_sent_as_it_stands(view: CloudView, server: VisionServer) -> None:
    made = view.json.toPlainText()
    view.json.setPlainText(made.replace('"maxResults": 10', '"maxResults": 2', 1))
    view.agree_and_send()
    view.answered()
    counts = [one.features[0].max_results for one in server.received[0].request.requests]
    assert counts == [2, 10, 10]


@pytest.mark.parametrize("way", ["escape", "button", "status line"])
def test_what_is_on_its_way_is_cancelled_at_once(
    view: CloudView, server: VisionServer, way: str, qtbot: QtBot
) -> None:
    server.script([Hang()])
    view.agree_and_send()
    qtbot.waitUntil(lambda: server.requests == 1, timeout=20_000)
    assert view.visible("cloud_cancel") and not view.visible("cloud_send")
    assert view.text("cloud_progress_words")
    began = time.monotonic()
    if way == "escape":
        view.press(Qt.Key.Key_Escape, view.json)
    elif way == "button":
        view.click("cloud_cancel")
    else:
        assert view.studio.job is not None and view.studio.job.kind == "cloud"
        view.studio.stop_job()
    view.answered()
    hold(time.monotonic() - began, 0.3)
    assert view.text("cloud_error").startswith("Cancelled.")
    assert history(view) == []
    assert view.studio.job is None
    server.script([])
    view.agree_and_send()
    view.answered()
    assert len(history(view)) == 1 and not view.text("cloud_error")


@pytest.mark.usefixtures("as_the_app_does")
def test_the_window_lives_during_a_slow_call(
    view: CloudView, server: VisionServer, qtbot: QtBot
) -> None:
    seconds = 5.0 if timing.slack == 1 else 1.0
    server.script([Good(latency=seconds)])
    view.read()
    beats: list[float] = []
    heart = QTimer(interval=5)
    heart.timeout.connect(lambda: beats.append(time.monotonic()))
    heart.start()
    view.agree_and_send()
    view.answered()
    view.looked_at("chelsea.jpg")
    heart.stop()
    assert beats[-1] - beats[0] > seconds
    hold(max(b - a for a, b in pairwise(beats)), 0.050)


def test_a_refusal_is_told_where_it_was_sent(view: CloudView, server: VisionServer) -> None:
    server.script([], then=Status("PERMISSION_DENIED", "The caller does not have permission"))
    view.agree_and_send()
    view.answered()
    assert view.text("cloud_error") or view.find(ImageList, "answer_images").lines[0].wrong
    assert KEY not in view.text("cloud_error")


def test_exchanges_come_back_after_a_new_start_and_are_deleted_with_undo(
    view: CloudView, server: VisionServer, qtbot: QtBot
) -> None:
    for kinds in (("labels",), ("objects",)):
        view.ask_for(*kinds)
        view.agree_and_send()
        view.answered()
    later = CloudView(view.studio, qtbot)
    qtbot.waitUntil(lambda: len(history(later)) == 2)
    later.choose("cloud_history", "001")
    later.looked_at("chelsea.jpg")
    assert "001" in later.find(QComboBox, "cloud_history").currentText()
    later.click("cloud_delete")
    assert len(history(later)) == 1 and later.visible("answer_empty")
    later.click("cloud_undo_delete")
    assert len(history(later)) == 2
    later.looked_at("chelsea.jpg")
    assert "001" in later.find(QComboBox, "cloud_history").currentText(), "open, as it was"
    later.click("cloud_delete")
    assert view.studio.project is not None
    folder = view.studio.project.folder / "cloud"
    view.studio.close_project()
    qtbot.waitUntil(lambda: not (folder / "001").exists())
    assert (folder / "002").is_dir()
    assert server.requests == 2


def test_a_damaged_exchange_is_told(view: CloudView, qtbot: QtBot) -> None:
    view.agree_and_send()
    view.answered()
    assert view.studio.project is not None
    (view.studio.project.folder / "cloud" / "001" / "exchange.json").write_text("{")
    later = CloudView(view.studio, qtbot)
    qtbot.waitUntil(lambda: history(later) == ["001 · damaged"])
    later.choose("cloud_history", "001")
    assert "cannot be read" in later.text("cloud_damaged")


def test_a_rehearsal_shows_what_was_recorded_and_says_so(
    view: CloudView, server: VisionServer
) -> None:
    view.choose("cloud_provider", "Rehearsal")
    view.qtbot.waitUntil(lambda: view.desk.rehearsal is not None)
    assert view.json.isReadOnly() and "LABEL_DETECTION" in view.json.toPlainText()
    view.click("cloud_send")
    view.looked_at("chelsea.jpg")
    recorded = view.find(QWidget, "cloud_recorded")
    assert recorded.isVisible() and "Recorded, not sent" in recorded.accessibleName()
    view.choose("cloud_recording", "cannot be read")
    view.qtbot.waitUntil(lambda: view.desk.rehearsal is not None)
    view.click("cloud_send")
    assert any(line.wrong for line in view.find(ImageList, "answer_images").lines)
    view.choose("cloud_provider", "Cloud Vision")
    assert view.text("cloud_image_count") == "3 images", "the draft is as it was"
    assert server.connections == 0


def test_this_machine_answers_in_the_same_form(view: CloudView, server: VisionServer) -> None:
    view.choose("cloud_provider", view.desk.draft.providers["built-in"].title)
    view.read()
    view.click("cloud_send")
    view.answered()
    assert view.desk.sending.error is None
    view.looked_at("chelsea.jpg")
    bars = view.find(QWidget, "found_labels").accessibleName()
    assert bars == "Most probable classes: a 80.0 %, b 20.0 %"
    assert server.connections == 0


def test_picture_and_json_stand_beside_each_other_where_there_is_room(
    view: CloudView, qtbot: QtBot
) -> None:
    view.choose("cloud_provider", "Rehearsal")
    view.qtbot.waitUntil(lambda: view.desk.rehearsal is not None)
    view.click("cloud_send")
    body = view.find(SideBySide, "answer_body")
    assert not body.beside
    view.page.resize(1800, 900)
    qtbot.waitUntil(lambda: body.beside)
    assert view.visible("answer_json") and view.visible("answer_picture")
    view.page.resize(1000, 700)
    qtbot.waitUntil(lambda: not body.beside)


def test_the_account_is_kept_and_tested(
    view: CloudView, server: VisionServer, qtbot: QtBot
) -> None:
    view.click("cloud_account")
    dialog = view.page.findChild(AccountDialog)
    assert dialog is not None and dialog.isVisible()
    project = dialog.findChild(QLineEdit, "account.project")
    assert project is not None
    project.setText("Wrong Project")
    project.textEdited.emit("Wrong Project")
    assert "Project ID" in view.text_in(dialog, "account_problem")
    project.setText("my-project")
    project.textEdited.emit("my-project")
    qtbot.waitUntil(lambda: accounts.load().project == "my-project")
    said = view.text_in(dialog, "account_key_words")
    assert "GOOGLE_API_KEY" in said and KEY not in said
    test = dialog.findChild(QPushButton, "account_test")
    assert test is not None
    with qtbot.waitSignal(view.desk.account.tested, timeout=20_000) as tested:
        test.click()
    assert tested.args is not None and tested.args[1] is True
    assert view.text_in(dialog, "account_said") == tested.args[0]
    assert server.images == 0, "no image is sent to test an account"
    dialog.close()
    view.page.show_view("automl")
    view.choose("automl_provider", "Vertex")
    view.click("automl_account")
    assert dialog.isVisible(), "the same for both views"
    dialog.close()


def test_without_a_keyring_a_key_is_kept_for_this_session(
    opened: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    view = CloudView(opened, qtbot)
    view.use_account("vision.googleapis.com")
    view.drop(PHOTOS[:1])
    view.read()
    assert "lacks its key" in view.text("cloud_why_not")
    view.click("quote_account")
    dialog = view.page.findChild(AccountDialog)
    assert dialog is not None
    key = dialog.findChild(QLineEdit, "account_key")
    assert key is not None and key.echoMode() == QLineEdit.EchoMode.Password
    key.setText(KEY)
    with qtbot.waitSignal(view.desk.account_changed, timeout=20_000):
        key.returnPressed.emit()
    try:
        assert "this session only" in view.text_in(dialog, "account_key_words")
        assert key.text() == "" and "agree" in view.text("cloud_why_not")
    finally:
        accounts.forget_key()
    dialog.close()


def test_closing_while_something_is_on_its_way_asks(
    window: MainWindow, studio: Studio, server: VisionServer, qtbot: QtBot
) -> None:
    failed: list[ErrorReport] = []
    studio.failed.connect(failed.append)
    server.script([Hang()])
    view = CloudView(studio, qtbot)
    view.use_account(server.rest_host)
    view.drop(PHOTOS[:1])
    view.agree_and_send()
    qtbot.waitUntil(lambda: server.requests == 1, timeout=20_000)
    label = window.findChild(QWidget, "status_job")
    assert label is not None and "Cloud Vision: 1 image" in label.text()  # type: ignore[attr-defined]
    began = time.monotonic()
    studio.close()
    hold(time.monotonic() - began, 1.0)
    assert failed == []
