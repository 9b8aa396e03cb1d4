"""Finding the lab's controls, and what they show."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.gui.architecture.lab import LabView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.lab_plots import BlockPlot


def shown(studio: Studio, qtbot: QtBot, size: tuple[int, int] = (880, 500)) -> LabView:
    """The view on its own, on screen."""
    view = LabView(studio)
    qtbot.addWidget(view)
    view.resize(*size)
    with qtbot.waitExposed(view):
        view.show()
    return view


def button(view: QWidget, name: str) -> QPushButton:
    """The button of that name."""
    found = view.findChild(QPushButton, name)
    assert found is not None, name
    return found


def text(view: QWidget, name: str) -> str:
    """What the label of that name says."""
    found = view.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def choice(view: QWidget, name: str) -> QComboBox:
    """The chooser of that name."""
    found = view.findChild(QComboBox, name)
    assert found is not None, name
    return found


def choose(view: QWidget, name: str, data: str) -> None:
    """Choose what stands for `data`."""
    box = choice(view, name)
    assert box.findData(data) >= 0, data
    box.setCurrentIndex(box.findData(data))


def block_plot(view: QWidget, measure: str) -> BlockPlot:
    """The plot of a measure of the blocks."""
    found = view.findChild(BlockPlot, f"lab_plot_{measure}")
    assert found is not None, measure
    return found


def slider(view: QWidget) -> QSlider:
    """The slider through time."""
    found = view.findChild(QSlider, "lab_slider")
    assert found is not None
    return found


def live(view: QWidget) -> QCheckBox:
    """The box that keeps to the newest figures."""
    found = view.findChild(QCheckBox, "lab_live")
    assert found is not None
    return found


def findings(view: QWidget) -> str:
    """The sentences; empty while there are none."""
    found = view.findChild(QPlainTextEdit, "lab_findings")
    return found.toPlainText() if found is not None else ""


def drawn(view: QWidget, measure: str, twin: int) -> list[float]:
    """What is drawn of a twin (0: with, 1: without), a value a block."""
    return [float(value) for value in block_plot(view, measure).points(twin)[1]]
