"""The live preview as tests use it: with a real worker, waiting for pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import psutil
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep
from imgclf_gui.gui.augmentation.preview import PreviewView
from imgclf_gui.gui.augmentation.step_list import StepList
from imgclf_gui.gui.pages.augmentation import AugmentationPage
from imgclf_gui.gui.services.previews import Channel, Preview
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.image_grid import ImageGrid

WidgetT = TypeVar("WidgetT", bound=QWidget)
SLOW_MS = 120_000
"""Milliseconds in which even a loaded machine loads TensorFlow."""


class Previewing:
    """A PreviewView on its page, and what a person sees and does there."""

    def __init__(self, page: AugmentationPage, studio: Studio, qtbot: QtBot) -> None:
        self.page = page
        self.studio = studio
        self.qtbot = qtbot
        view = page.view("preview")
        assert isinstance(view, PreviewView)
        self.view = view
        self.grid = self.find(ImageGrid, "preview_grid")

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        """The widget of that name."""
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        """What the label of that name says."""
        return self.find(QLabel, name).text()

    @property
    def shown(self) -> Preview:
        """What the grid shows."""
        assert self.view.shown is not None
        return self.view.shown

    def set(self, *steps: AugmentationStep) -> None:
        """Make `steps` the list, without waiting for the preview."""
        spec = self.studio.spec
        augmentation = AugmentationSpec(steps=steps)
        self.studio.edit("List", spec.model_copy(update={"augmentation": augmentation}))

    def choose(self, place: int) -> None:
        """Choose a step of the list."""
        steps = self.find(StepList, "augmentation_steps")
        steps.setCurrentIndex(steps.steps.index(place))

    def draw(self, *steps: AugmentationStep) -> Preview:
        """Make `steps` the list; what is drawn of them."""
        return self.after(lambda: self.set(*steps))

    def after(self, does: Callable[[], object]) -> Preview:
        """The preview that is shown in answer to what `does` does."""
        does()
        self.wait()
        return self.shown

    def wait(self) -> None:
        """Until what is wanted is shown."""
        self.qtbot.waitUntil(lambda: not self.busy("live"), timeout=SLOW_MS)

    def busy(self, channel: Channel) -> bool:
        """Whether such a preview is on its way."""
        return self.studio.previews.busy(channel)


def pixels(image: QImage) -> NDArray[np.uint8]:
    """uint8 [height, width, 3]."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def alike(one: Preview, other: Preview) -> bool:
    """Whether both show the same pictures."""
    return one.originals == other.originals and one.drawn == other.drawn


def workers() -> list[psutil.Process]:
    """The worker processes of this one."""
    children = psutil.Process().children()
    return [child for child in children if "--worker" in child.cmdline()]
