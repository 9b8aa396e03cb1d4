"""Cloud Vision: the request is made, edited, checked and priced; nothing is sent here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QPlainTextEdit, QSpinBox, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core import network
from imgclf_gui.gui.cloud.image_list import ImageList
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.json_text import JsonText
from tests.helpers.cloud_view import PHOTOS, PICTURES, CloudView
from tests.helpers.timing import hold, within

CLIENTS = ("google.auth", "google.api_core", "google.protobuf", "grpc", "keyring", "tensorflow")

OPEN = f"""
import sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
application = QApplication([])
studio = Studio(Settings())
window = MainWindow(studio, Appearance(application))
window.show()
application.processEvents()
began = time.thread_time()
import imgclf_gui.gui.pages.cloud
import imgclf_gui.gui.cloud.vision
taken = time.thread_time() - began
window.show_page("cloud")
draft = window.page("cloud").view("vision").desk.draft
draft.add([Path({str(PHOTOS[0])!r})])
while draft.reading is None:
    application.processEvents()
print(taken, draft.reading.quote.images)
print([name for name in {CLIENTS!r} if name in sys.modules])
studio.close()
"""


@pytest.fixture
def view(opened: Studio, qtbot: QtBot) -> CloudView:
    """The view in a project, without images yet."""
    return CloudView(opened, qtbot)


def test_the_tab_is_light_and_knows_no_client_until_something_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", OPEN], capture_output=True, text=True, check=True
    )
    measured, loaded = done.stdout.splitlines()
    taken, images = measured.split()
    hold(float(taken), 0.050)
    assert images == "1", "the request was made, checked and priced"
    assert loaded in ("[]", "['keyring']"), "the keyring is asked beside the window"


def test_an_empty_view_says_what_it_is_for_and_begins(view: CloudView) -> None:
    assert view.visible("cloud_empty")
    assert view.find(QWidget, "cloud_rehearse").hasFocus() or view.enabled("cloud_rehearse")
    view.click("cloud_rehearse")
    view.qtbot.waitUntil(lambda: view.desk.rehearsal is not None)
    assert not view.visible("cloud_empty")
    assert view.text("quote_title") == "Nothing leaves this machine."
    assert "USD" in view.text("quote_price"), "what it would cost for real"


def test_the_json_is_made_live(view: CloudView) -> None:
    view.drop(PHOTOS[:2])
    assert view.text("cloud_image_count") == "2 images"
    view.tick("feature_objects")
    view.find(QSpinBox, "most_objects").setValue(3)
    made = json.loads(view.json.toPlainText())
    assert [entry["image"]["content"] for entry in made["requests"]] == [
        "<chelsea.jpg as base64>",
        "<coffee.jpg as base64>",
    ]
    assert made["requests"][0]["features"] == [
        {"type": "LABEL_DETECTION", "maxResults": 10},
        {"type": "OBJECT_LOCALIZATION", "maxResults": 3},
    ]
    view.read()
    assert view.text("quote_units") == "4"
    assert view.text("quote_to") == "vision.googleapis.com"
    assert "as of 2026" in view.text("quote_price")
    view.tick("feature_labels", False)
    view.tick("feature_objects", False)
    assert view.json.toPlainText() == ""
    assert view.text("cloud_why_not") == "Tick what to ask for."


def test_making_the_json_takes_a_moment(view: CloudView) -> None:
    view.drop(PHOTOS)
    kinds = ["labels", "objects", "web", "text"]
    within(0.010, lambda: view.ask_for(*kinds[: 1 + len(kinds) % 3]), times=1)


def test_a_wrong_edit_is_marked_at_its_line_and_cannot_be_sent(view: CloudView) -> None:
    view.drop(PHOTOS[:1])
    before = view.json.toPlainText()
    view.json.setPlainText(before.replace('"maxResults": 10', '"maxResults": "many"'))
    view.read()
    (problem,) = view.desk.draft.problems
    assert before.splitlines()[problem.line - 1].strip().startswith('"maxResults"')
    json_text = view.find(JsonText, "request_json")
    assert list(json_text.problems) == [problem.line]
    assert view.text("request_problem").startswith(f"Line {problem.line}: ")
    assert not view.enabled("cloud_send")
    assert "Mend the JSON" in view.text("cloud_why_not")
    view.click("request_go_to_line")
    assert view.json.textCursor().blockNumber() == problem.line - 1
    view.json.setPlainText(before.replace("[", "", 1))
    view.read()
    assert view.desk.draft.problems and not view.enabled("cloud_send")


def test_a_right_edit_is_priced_and_comes_back_with_undo(view: CloudView) -> None:
    view.drop(PHOTOS[:1])
    made = view.json.toPlainText()
    edited = made.replace("LABEL_DETECTION", "WEB_DETECTION")
    view.find(JsonText, "request_json").replace(edited)
    view.read()
    assert view.text("quote_asks_for") == "Web"
    assert "Edited by hand" in view.text("request_note")
    view.tick("feature_logos")
    assert view.json.toPlainText() == edited, "the form does not overwrite what a person wrote"
    view.click("request_reset")
    assert "LOGO_DETECTION" in view.json.toPlainText()
    assert not view.visible("request_reset")
    view.json.undo()
    assert view.json.toPlainText() == edited
    view.read()
    assert view.text("quote_asks_for") == "Web"


def test_the_command_line_holds_no_secret(view: CloudView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "a-secret-key-of-39-letters")
    view.use_account("vision.googleapis.com")
    view.drop(PHOTOS[:1])
    view.find(QTabWidget, "request_text").setCurrentIndex(1)
    shown = view.find(QPlainTextEdit, "request_curl").toPlainText()
    assert "https://vision.googleapis.com/v1/images:annotate" in shown
    assert "$GOOGLE_API_KEY" in shown and "a-secret" not in shown
    view.click("request_copy")
    assert QGuiApplication.clipboard().text() == shown


def test_images_that_cannot_be_sent_are_told(view: CloudView, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    (tmp_path / "none.png").write_bytes(b"no image either")
    view.drop([broken, tmp_path / "none.png", PHOTOS[0]])
    assert view.text("cloud_image_count") == "1 image"
    said = view.text("cloud_refused")
    assert "broken.png" in said and "none.png" in said
    assert said.count("PNG, JPEG") == 1, "what to do is said once"
    view.click("cloud_clear_images")
    assert not view.enabled("cloud_clear_images"), "there is nothing left to clear"


def test_images_of_one_name_are_told_apart(view: CloudView, tmp_path: Path) -> None:
    other = tmp_path / "chelsea.jpg"
    other.write_bytes(PHOTOS[1].read_bytes())
    view.drop([PHOTOS[0]])
    view.drop([other])
    names = [line.name for line in view.find(ImageList, "cloud_images").lines]
    assert names == ["chelsea.jpg", "chelsea (2).jpg"]
    view.drop([PHOTOS[0]])
    assert view.text("cloud_image_count") == "2 images", "the same file is asked about once"


def test_images_are_left_out_with_the_delete_key(view: CloudView) -> None:
    view.drop([PICTURES])
    images = view.find(ImageList, "cloud_images")
    images.setCurrentIndex(images.model().index(1, 0))
    view.press(Qt.Key.Key_Delete, images)
    assert [line.name for line in images.lines] == ["chelsea.jpg", "rocket.jpg"]
    view.click("cloud_clear_images")
    assert view.text("cloud_why_not") == "Add images first."


def test_notes_of_the_camera_are_stripped_or_warned_of(view: CloudView, tmp_path: Path) -> None:
    noted = tmp_path / "noted.jpg"
    exif = Image.Exif()
    exif[0x010E] = "At home"
    Image.new("RGB", (32, 24), "teal").save(noted, exif=exif)
    view.drop([noted])
    view.read()
    assert not view.visible("quote_exif")
    view.click("cloud_strip_exif")
    view.qtbot.waitUntil(lambda: not view.desk.draft.preparing)
    view.read()
    assert view.visible("quote_exif")
    assert "with EXIF" in view.find(ImageList, "cloud_images").lines[0].words


def test_faces_are_warned_of(view: CloudView) -> None:
    view.drop(PHOTOS[:1])
    view.read()
    assert not view.visible("quote_faces")
    view.ask_for("faces")
    view.read()
    assert view.visible("quote_faces")


def test_of_many_images_the_first_request_is_shown(view: CloudView, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(70):
        Image.new("L", (8, 8), number).save(many / f"{number:03}.png")
    view.drop([many])
    assert view.text("cloud_image_count") == "70 images"
    assert len(json.loads(view.json.toPlainText())["requests"]) == 16
    assert view.json.isReadOnly() and "of 70 images" in view.text("request_note")
    view.read()
    assert view.text("quote_images") == "70 in 5 requests"


def test_images_of_the_dataset_are_taken(view: CloudView) -> None:
    view.click("cloud_from_dataset")
    tested = sum(row.split == "test" for row in view.studio.dataset.images)
    view.qtbot.waitUntil(lambda: len(view.desk.draft.images) == min(10, tested) > 0)


def test_the_built_in_provider_offers_what_it_can_and_needs_no_consent(view: CloudView) -> None:
    before = network.seen()
    view.drop(PHOTOS[:1])
    view.ask_for("labels", "web")
    view.choose("cloud_provider", view.desk.draft.providers["built-in"].title)
    assert not view.enabled("feature_web")
    assert not view.find(QCheckBox, "feature_web").isChecked()
    view.read()
    assert view.text("quote_title") == "Nothing leaves this machine."
    assert view.text("quote_to") == "this machine" and view.text("quote_price") == "nothing"
    assert not view.visible("quote_agree") and view.enabled("cloud_send")
    assert network.seen() == before


def test_everything_can_be_heard_and_reached(view: CloudView) -> None:
    view.drop(PHOTOS[:1])
    bench = view.view.bench
    for widget in bench.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            if widget.objectName().startswith("qt_") or isinstance(widget, QTabWidget):
                continue
            words = widget.accessibleName() or getattr(widget, "text", str)()
            assert words or widget.focusProxy(), widget.objectName()


@pytest.fixture
def alone(qtbot: QtBot) -> Iterator[CloudView]:
    """Without a project."""
    studio = Studio(Settings())
    yield CloudView(studio, qtbot)
    studio.close()


def test_without_a_project_it_says_how_long_answers_stay(alone: CloudView) -> None:
    assert not alone.visible("cloud_from_dataset")
    alone.drop(PHOTOS[:1])
    alone.read()
    assert "Without a project" in alone.text("quote_about")
    assert not alone.view.bench.form.from_dataset.isEnabled()


def test_the_status_line_tells_whether_anything_was_sent(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_contacts", [])
    sign = window.findChild(QWidget, "status_network")
    assert sign is not None
    sign.refresh()  # type: ignore[attr-defined]
    assert sign.accessibleName().startswith("Offline: nothing sent")
    network.note("vision.googleapis.com", "labels of 3 images")
    network.note("vision.googleapis.com", "labels of 3 images")
    qtbot.waitUntil(lambda: "Online: 2 requests to vision" in sign.accessibleName())
    assert "labels of 3 images (2×)" in sign.toolTip()


def test_whom_to_ask_stands_in_one_list(view: CloudView) -> None:
    view.click("cloud_rehearse")
    combo = view.find(QComboBox, "cloud_provider")
    titles = [combo.itemText(row) for row in range(combo.count())]
    assert titles[0] == "Cloud Vision" and titles[-1].startswith("Rehearsal")
