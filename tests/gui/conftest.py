"""What tests of the window share: a project with images, and a studio whose worker plays a part."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.gui.app import SWITCH_INTERVAL
from imgclf_gui.gui.architecture.builder import BuilderView
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.worker.importing import import_images
from tests.helpers.builder import Builder

ACTOR = [sys.executable, "-m", "tests.helpers.actor_worker"]


@pytest.fixture
def project_folder(tmp_path: Path, shapes: Path) -> Path:
    """A project with 60 images of three classes, a linear network, and no runs."""
    folder = tmp_path / "a project"
    Project.create(folder, ProjectSpec(name="Shapes", network=preset_network("linear")))
    command = ImportImages(job="import", project=str(folder), source=str(shapes))
    import_images(command, lambda _event: None, lambda: False)
    return folder


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """A studio without a project; its worker is an actor (tests/helpers/actor_worker.py)."""
    made = Studio(Settings(), ACTOR)
    yield made
    made.close()


@pytest.fixture
def opened(studio: Studio, project_folder: Path, qtbot: QtBot) -> Studio:
    """The studio with the project open."""
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    return studio


@pytest.fixture
def as_the_app_does() -> Iterator[None]:
    """Threads give way to each other as often as in the app."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture
def appearance(qapp: object) -> Appearance:
    """The light theme."""
    from PySide6.QtWidgets import QApplication

    assert isinstance(qapp, QApplication)
    return Appearance(qapp, "light")


@pytest.fixture
def window(studio: Studio, appearance: Appearance, qtbot: QtBot) -> MainWindow:
    """The main window, shown, without a project."""
    made = MainWindow(studio, appearance)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def builder(opened: Studio, qtbot: QtBot) -> Builder:
    """The builder of the project with 60 images of 12×12 pixels in three classes."""
    view = BuilderView(opened)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    qtbot.waitExposed(view)
    return Builder(view, opened)
