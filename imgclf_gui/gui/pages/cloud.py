"""Cloud models: ask a model in the cloud about images, or train one there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.view_tabs import View, ViewPage


def _vision(studio: Studio) -> QWidget:
    from imgclf_gui.gui.cloud.vision import VisionView

    return VisionView(studio)


def _automl(studio: Studio) -> QWidget:
    from imgclf_gui.gui.cloud.automl import AutoMLView

    return AutoMLView(studio)


VIEWS = (
    View("vision", "Cloud Vision", _vision),
    View("automl", "Custom models", _automl),
)


class CloudPage(ViewPage):
    """Hosts the views; each is made when it is first shown."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("cloud", studio, VIEWS)
