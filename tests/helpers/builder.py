"""The builder as tests use it: rows by place, keys, drags that end in the viewport."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, Place
from imgclf_gui.gui.architecture.block_tree import BlockTree
from imgclf_gui.gui.architecture.builder import BuilderView
from imgclf_gui.gui.network_view import Card
from imgclf_gui.gui.studio import Studio

WidgetT = TypeVar("WidgetT", bound=QWidget)


class Builder:
    """A BuilderView, and what a person sees and does in it."""

    def __init__(self, view: BuilderView, studio: Studio) -> None:
        self.view = view
        self.studio = studio
        self.tree = self.find(BlockTree, "block_tree")

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        """The widget of that name."""
        found = self.view.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        """What a label says."""
        return self.find(QLabel, name).text()

    @property
    def blocks(self) -> Blocks:
        """The network's."""
        return self.studio.spec.network.blocks

    def outline(self) -> str:
        """'convolution residual(convolution …) flatten': the rows that the tree has."""
        return outline(self.blocks)

    def card(self, *place: int) -> Card:
        """What the card at `place` says; without one, the input's."""
        return self.tree.blocks.card(self.tree.blocks.index_of(place or None))

    def choose(self, *places: Place | None) -> None:
        """Choose blocks; None is the input."""
        self.tree.choose(*places)

    def chosen(self) -> tuple[Place, ...]:
        """The places of the chosen blocks."""
        return self.tree.chosen()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press a key where the keyboard is."""
        focus = QApplication.focusWidget() or self.tree
        QTest.keyClick(focus, key, modifier or Qt.KeyboardModifier.NoModifier)

    def act(self, name: str) -> None:
        """Do what the action of that name does, which must be enabled."""
        action = self.action(name)
        assert action.isEnabled(), name
        action.trigger()

    def action(self, name: str) -> QAction:
        """The action of that name."""
        found = self.view.findChild(QAction, f"action_{name}")
        assert isinstance(found, QAction)
        return found

    def show(self, *blocks: BlockSpec) -> None:
        """Make `blocks` the network."""
        network = NetworkSpec(blocks=blocks)
        self.studio.edit("Network", self.studio.spec.model_copy(update={"network": network}))

    def point(self, place: Place | None, share: float) -> QPoint:
        """In the row of a block, `share` of its height from its top."""
        rect = self.tree.visualRect(self.tree.blocks.index_of(place))
        assert rect.isValid()
        return QPoint(rect.left() + 40, rect.top() + round(share * (rect.height() - 1)))

    def drop(self, data: QMimeData, at: QPoint, action: Qt.DropAction) -> QDropEvent:
        """Drag `data` over the tree and let go, as Qt's drag loop would tell the viewport."""
        viewport = self.tree.viewport()
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(at, action, data, buttons, keys)
        QApplication.sendEvent(viewport, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(viewport, QDragMoveEvent(at, action, data, buttons, keys))
        drop = QDropEvent(QPointF(at), action, data, buttons, keys)
        QApplication.sendEvent(viewport, drop)
        return drop


def outline(blocks: Blocks) -> str:
    """Kinds in their order, those inside in brackets."""
    return " ".join(
        block.kind + (f"({outline(block.blocks)})" if block.blocks else "") for block in blocks
    )
