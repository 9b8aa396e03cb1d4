"""Finding the controls of the Transfer view, and a run whose network can be a backbone."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from imgclf_gui.core.project import Project
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui.architecture.transfer import TransferView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.backbone_card import BackboneCard
from imgclf_gui.gui.widgets.freeze_strip import FreezeStrip
from imgclf_gui.jobs.run_folder import RunFolder
from tests.helpers.lab_runs import make_watched

WidgetT = TypeVar("WidgetT", bound=QWidget)


class Transfer:
    """A TransferView, and what a person sees and does in it."""

    def __init__(self, view: TransferView, studio: Studio) -> None:
        self.view = view
        self.studio = studio
        self.strip = self.find(FreezeStrip, "transfer_freeze")

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        """The widget of that name."""
        found = self.view.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        """What a label says; empty while it is hidden."""
        label = self.find(QLabel, name)
        return "" if label.isHidden() else label.text()

    def figure(self, name: str) -> str:
        """The value of a figure: 'trainable', 'total', 'work', 'features', 'size'."""
        return self.text(f"transfer_{name}_value")

    def card(self, key: str) -> BackboneCard:
        """The card of a backbone."""
        return self.find(BackboneCard, f"backbone_{key.replace(':', '_')}")

    def checked(self) -> list[str]:
        """The keys of the cards that are marked."""
        return [card.key for card in self.view.findChildren(BackboneCard) if card.isChecked()]

    def press(self, widget: QWidget, *keys: Qt.Key) -> None:
        """Press keys in `widget`."""
        widget.setFocus()
        for key in keys:
            QTest.keyClick(widget, key)

    def kinds(self) -> list[str]:
        """The blocks of the project's network."""
        return [block.kind for block in self.studio.spec.network.blocks]

    def trained(self) -> int:
        """How many blocks of the project's backbone are fine-tuned."""
        block = next(one for one in self.studio.spec.network.blocks if one.kind == "backbone")
        assert block.settings["frozen"] is True
        return int(block.settings.get("trained_blocks", 0))


def shown(studio: Studio, qtbot: QtBot, size: tuple[int, int] = (1200, 700)) -> Transfer:
    """The view on its own, on screen."""
    view = TransferView(studio)
    qtbot.addWidget(view)
    view.resize(*size)
    with qtbot.waitExposed(view):
        view.show()
    return Transfer(view, studio)


def make_run_with_weights(project: Project, dataset: DatasetSummary) -> RunFolder:
    """A complete run of `project`, with a few weights of its first block and its head."""
    run = make_watched(project, dataset)
    folder = run.folder / "checkpoints"
    folder.mkdir(exist_ok=True)
    arrays = {
        "0.block_00_convolution/kernel": np.zeros((3, 3, 1, 4), np.float32),
        "1.block_08_logits/kernel": np.zeros((4, 3), np.float32),
    }
    save_file(arrays, folder / "best.safetensors")
    return run
