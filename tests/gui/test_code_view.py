"""The Code view: in step with the network, copied and saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.architecture.code import CodeView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.python_text import PythonText
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.code import script

BUTTONS = ("code_copy", "code_save_script", "code_save_notebook")


@pytest.fixture
def view(opened: Studio, qtbot: QtBot) -> CodeView:
    """The view of the project with 60 images in three classes and a linear network."""
    made = CodeView(opened)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def text(view: CodeView) -> PythonText:
    found = view.findChild(PythonText, "code_text")
    assert found is not None
    return found


def label(view: CodeView, name: str) -> str:
    found = view.findChild(QLabel, name)
    assert found is not None
    return found.text()


def button(view: CodeView, name: str) -> QPushButton:
    found = view.findChild(QPushButton, name)
    assert found is not None
    return found


def press(view: CodeView, name: str) -> None:
    QTest.mouseClick(button(view, name), Qt.MouseButton.LeftButton)


def use(studio: Studio, network: NetworkSpec) -> None:
    studio.edit("Network", studio.spec.model_copy(update={"network": network}))


def test_it_shows_the_script_of_the_project(view: CodeView, opened: Studio) -> None:
    assert opened.resolution.plan is not None and opened.project is not None
    shown = text(view).toPlainText()
    assert shown == script(opened.resolution.plan, opened.project.folder)
    assert 'CLASSES = ["bars", "blobs", "rings"]' in shown
    assert "on the images of this project" in label(view, "code_about")
    assert text(view).accessibleName() == "The network as a Keras script"


def test_it_is_in_step_with_the_network(view: CodeView, opened: Studio) -> None:
    use(opened, preset_network("cnn"))
    assert "layers.Conv2D(10, 5" in text(view).toPlainText()
    opened.undo()
    assert "Conv2D" not in text(view).toPlainText()


def test_it_stays_where_it_was_scrolled_to(view: CodeView, opened: Studio) -> None:
    bar = text(view).verticalScrollBar()
    bar.setValue(30)
    use(opened, preset_network("cnn"))
    assert bar.value() == 30


def test_hidden_it_waits_until_it_is_shown(view: CodeView, opened: Studio) -> None:
    before = text(view).toPlainText()
    view.hide()
    use(opened, preset_network("cnn"))
    assert text(view).toPlainText() == before
    view.show()
    assert "Conv2D" in text(view).toPlainText()


def test_a_problem_stands_in_the_place_of_the_code(view: CodeView, opened: Studio) -> None:
    use(opened, NetworkSpec(blocks=(BlockSpec(kind="flatten"), BlockSpec(kind="convolution"))))
    assert "There is no code yet." in label(view, "code_problem")
    assert "needs an image" in label(view, "code_problem")
    assert not text(view).isVisible()
    assert not any(button(view, name).isEnabled() for name in BUTTONS)
    opened.undo()
    assert text(view).isVisible()
    assert label(view, "code_problem") == ""
    assert all(button(view, name).isEnabled() for name in BUTTONS)


def test_from_a_problem_of_the_network_it_is_one_step_to_the_builder(
    view: CodeView, opened: Studio, qtbot: QtBot
) -> None:
    assert not button(view, "code_to_build").isVisible()
    use(opened, NetworkSpec())
    with qtbot.waitSignal(opened.view_wanted) as wanted:
        button(view, "code_to_build").click()
    assert wanted.args == ["build"]


def test_without_a_dataset_the_code_is_for_an_example(studio: Studio, qtbot: QtBot) -> None:
    view = CodeView(studio)
    qtbot.addWidget(view)
    view.show()
    assert "no blocks yet" in label(view, "code_problem")


def test_a_project_without_images_has_code_too(
    studio: Studio, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(studio.project_changed):
        studio.new_project(tmp_path / "empty")
    view = CodeView(studio)
    qtbot.addWidget(view)
    view.show()
    assert "28×28 images and 10 classes, until you import" in label(view, "code_about")
    assert "layers.Conv2D" in text(view).toPlainText()


def test_copy_puts_the_script_on_the_clipboard(
    view: CodeView, opened: Studio, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(opened.said):
        press(view, "code_copy")
    assert QGuiApplication.clipboard().text() == text(view).toPlainText()


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> list[str]:
    """Let the file dialog answer `path`; what it proposed."""
    proposed: list[str] = []

    def answer(parent: object, title: str, usual: str, files: str) -> tuple[str, str]:
        proposed.append(usual)
        return str(path), files

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return proposed


def test_the_script_is_saved_and_the_folder_remembered(
    view: CodeView, opened: Studio, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = choose(monkeypatch, tmp_path / "my script")
    with qtbot.waitSignal(opened.said) as said:
        press(view, "code_save_script")
    assert Path(proposed[0]).name == "train_shapes.py"
    assert (tmp_path / "my script.py").read_text("utf-8") == text(view).toPlainText()
    assert said.args == [f"The script is saved in {tmp_path / 'my script.py'}."]
    press(view, "code_save_script")
    assert Path(proposed[1]) == tmp_path / "train_shapes.py"


def test_the_notebook_is_saved(
    view: CodeView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "made.ipynb")
    press(view, "code_save_notebook")
    assert json.loads((tmp_path / "made.ipynb").read_text("utf-8"))["nbformat"] == 4


def test_a_file_that_cannot_be_written_is_said(
    view: CodeView, opened: Studio, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "no such folder" / "script.py")
    with qtbot.waitSignal(opened.failed) as failed:
        press(view, "code_save_script")
    assert failed.args is not None
    report = failed.args[0]
    assert isinstance(report, ErrorReport) and report.code.startswith("file.")


def test_a_dialog_that_is_closed_saves_nothing(
    view: CodeView, opened: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "")
    said: list[str] = []
    opened.said.connect(said.append)
    press(view, "code_save_script")
    assert said == []


def colors_of(view: CodeView, needle: str) -> set[str]:
    """The colours of the line that holds `needle`."""
    block = text(view).document().find(needle).block()
    formats = block.layout().formats()
    return {one.format.foreground().color().name() for one in formats}


def test_colours_follow_the_theme(view: CodeView, appearance: Appearance, qtbot: QtBot) -> None:
    comment = "# The shares of"
    assert colors_of(view, comment) == {theme.LIGHT.muted}
    appearance.choose("dark")
    qtbot.waitUntil(lambda: colors_of(view, comment) == {theme.DARK.muted})
    appearance.choose("light")
    qtbot.waitUntil(lambda: colors_of(view, comment) == {theme.LIGHT.muted})


def test_texts_over_several_lines_are_texts(view: CodeView, appearance: Appearance) -> None:
    green = QColor(theme.LIGHT.series[2]).darker(120).name()
    assert colors_of(view, "It leaves model.keras") == {green}
    assert green not in colors_of(view, "import argparse")
