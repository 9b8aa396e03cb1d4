"""Architecture: build a network, or begin with a backbone; compare, read as code, see why."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.view_tabs import View, ViewPage


def _build(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.builder import BuilderView

    return BuilderView(studio)


def _transfer(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.transfer import TransferView

    return TransferView(studio)


def _compare(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.compare import CompareView

    return CompareView(studio)


def _code(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.code import CodeView

    return CodeView(studio)


def _lab(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.lab import LabView

    return LabView(studio)


VIEWS = (
    View("build", "Build", _build),
    View("transfer", "Transfer", _transfer),
    View("compare", "Compare", _compare),
    View("code", "Code", _code),
    View("lab", "Lab", _lab),
)


class ArchitecturePage(ViewPage):
    """Hosts the views; each is made when it is first shown."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("architecture", studio, VIEWS)
