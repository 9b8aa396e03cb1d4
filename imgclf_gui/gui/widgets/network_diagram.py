"""A network as a picture, from the image on the left to the classes on the right; read only."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsView,
    QHBoxLayout,
    QStyleOptionGraphicsItem,
    QToolButton,
    QToolTip,
    QWidget,
)

from imgclf_gui.core.entry import Shape
from imgclf_gui.core.files import write_atomic
from imgclf_gui.core.tree import Blocks, Place, block_at
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.diagram_layout import layout_network
from imgclf_gui.gui.widgets.diagram_paint import Style, paint_layout
from imgclf_gui.gui.widgets.diagram_parts import Box, Layout
from imgclf_gui.gui.widgets.diagram_words import block_words, network_words
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan import NetworkDraft

SMALLEST, LARGEST = 0.01, 4.0
"""Zoom."""
READABLE = 0.5
"""The zoom that a network begins with at least, however wide it is."""
_STEP = 1.25
_MARGIN = 14.0
"""Pixels around the picture, where badges and highlights reach."""


class NetworkDiagram(QGraphicsView):
    """Shows blocks, containers and shortcuts; a click chooses a block.

    Ctrl and the wheel zoom, the wheel scrolls, dragging moves; + and - zoom, 0 shows the whole,
    the arrow keys choose the block before or behind.
    """

    place_chosen = Signal(object)
    """The Place of the block that the person chose."""
    save_asked = Signal()
    """The person wants the picture as a file (see operations.pictures)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("network_diagram")
        self.setAccessibleName("Diagram of the network")
        self._network: tuple[Blocks, NetworkDraft, Shape] | None = None
        self._stale = False
        self._zoomed = False
        """Whether the person chose the zoom; else it follows the room."""
        self._pressed_at: QPoint | None = None
        self._item = _Picture()
        self._scene = QGraphicsScene(self)
        self._scene.addItem(self._item)
        self.setScene(self._scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setMinimumHeight(120)
        self._buttons = self._make_buttons()

    def sizeHint(self) -> QSize:
        """As high as a plain network; as wide as there is room."""
        return QSize(600, 240)

    @property
    def layout_shown(self) -> Layout:
        """Where everything stands."""
        return self._item.layout

    @property
    def zoom(self) -> float:
        """1: as large as it was meant."""
        return self.transform().m11()

    def show_network(self, blocks: Blocks, draft: NetworkDraft, input_shape: Shape) -> None:
        """Draw `blocks` as `draft` found them, for images of (height, width, channels).

        While the diagram is hidden, nothing is done until it is shown.
        """
        self._network, self._stale = (blocks, draft, input_shape), True
        if self.isVisible():
            self._refresh()

    def choose(self, place: Place | None) -> None:
        """Highlight the block at `place`, and bring it into view; None: no block."""
        if place == self._item.chosen:
            return
        self._item.chosen = place
        self._describe()
        box = self.layout_shown.box_of(place) if place else None
        if box is not None:
            self.ensureVisible(_rect(box), 40, 20)
        self.viewport().update()

    def fit(self) -> None:
        """Show the whole network."""
        self._zoomed = True
        self._scale_to(min(1.5, *self._fitting()))
        self.centerOn(self._scene.sceneRect().center())

    def zoom_by(self, factor: float) -> None:
        """Draw everything larger or smaller."""
        self._zoomed = True
        self._scale_to(self.zoom * factor)

    def save_svg(self, path: Path) -> None:
        """Write the picture as SVG, with its texts, in light colours.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        from imgclf_gui.gui.widgets.diagram_export import svg

        self._refresh()
        content = svg(self.layout_shown, self._area(), self.font(), self.accessibleDescription())
        write_atomic(path, lambda stream: stream.write(content))

    def save_png(self, path: Path) -> None:
        """Write the picture as PNG, twice as large as on screen, in light colours on white.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        from imgclf_gui.gui.widgets.diagram_export import png

        self._refresh()
        content = png(self.layout_shown, self._area(), self.font())
        write_atomic(path, lambda stream: stream.write(content))

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while it was hidden."""
        super().showEvent(event)
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room, unless the person chose the zoom."""
        super().resizeEvent(event)
        self._use_room()
        size = self._buttons.sizeHint()
        corner = self.viewport().geometry().topRight()
        self._buttons.setGeometry(QRect(corner - QPoint(size.width(), 0), size))

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl; else scroll, along the network where there is nothing above or below."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(_STEP ** (turned / 120))
            event.accept()
        elif not self.verticalScrollBar().maximum() > self.verticalScrollBar().minimum():
            QApplication.sendEvent(self.horizontalScrollBar(), event)
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag, or to click."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked, if nothing was dragged."""
        super().mouseReleaseEvent(event)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        at, pressed, self._pressed_at = event.position().toPoint(), self._pressed_at, None
        if pressed is None or (at - pressed).manhattanLength() >= QApplication.startDragDistance():
            return
        place = self._place_at(at)
        if place is not None:
            self._choose_here(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom, and go from block to block."""
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(_STEP)
            case Qt.Key.Key_Minus:
                self.zoom_by(1 / _STEP)
            case Qt.Key.Key_0:
                self.fit()
            case Qt.Key.Key_Right:
                self._go(1)
            case Qt.Key.Key_Left:
                self._go(-1)
            case _:
                super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell about the block under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(event.pos())
            QToolTip.showText(event.globalPos(), self._tip(place), self.viewport())
            return True
        return super().viewportEvent(event)

    def _refresh(self) -> None:
        """Lay the network out, if it is another than the one that is drawn."""
        if self._network is None or not self._stale:
            return
        self._stale = False
        self._item.show_layout(layout_network(*self._network))
        self._scene.setSceneRect(self._area())
        self._use_room()
        self._describe()

    def _area(self) -> QRectF:
        margins = (-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        return _rect(self.layout_shown.box).adjusted(*margins)

    def _fitting(self) -> tuple[float, float]:
        """The zoom at which the width fits, and the height."""
        area, bar = self._scene.sceneRect(), self.horizontalScrollBar().sizeHint().height()
        room = self.maximumViewportSize() - QSize(4, 4 + bar)
        return room.width() / max(1.0, area.width()), room.height() / max(1.0, area.height())

    def _use_room(self) -> None:
        """As large as fits, but readable: a deep network then begins at its left end."""
        if self._zoomed or self._network is None:
            return
        wide, high = self._fitting()
        before = self.zoom
        self._scale_to(max(min(1.0, wide, high), min(1.0, max(READABLE, high))))
        if self.zoom != before:
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().minimum())

    def _scale_to(self, zoom: float) -> None:
        factor = min(LARGEST, max(SMALLEST, zoom)) / self.zoom
        self.scale(factor, factor)

    def _place_at(self, at: QPoint) -> Place | None:
        point = self.mapToScene(at)
        return self.layout_shown.place_at(point.x(), point.y())

    def _choose_here(self, place: Place) -> None:
        self.choose(place)
        self.place_chosen.emit(place)

    def _go(self, step: int) -> None:
        """Choose the next block, or the one before."""
        places = self.layout_shown.places()
        if not places:
            return
        if self._item.chosen in places:
            at = places.index(self._item.chosen) + step
            self._choose_here(places[min(max(at, 0), len(places) - 1)])
        else:
            self._choose_here(places[0 if step > 0 else -1])

    def _describe(self) -> None:
        if self._network is None:
            return
        words, chosen = network_words(*self._network), self._words(self._item.chosen)
        self.setAccessibleDescription(f"{words} Chosen: {chosen}." if chosen else words)

    def _words(self, place: Place | None) -> str:
        if place is None or self._network is None:
            return ""
        blocks, draft, _ = self._network
        try:
            return block_words(block_at(blocks, place), place, draft)
        except IndexError:
            return ""

    def _tip(self, place: Place | None) -> str:
        problems = [one.problem for one in self.layout_shown.drawn if one.place == place]
        lines = [self._words(place), *filter(None, problems)] if place else []
        return plain_tip(shortened("\n".join(lines), 600))

    def _make_buttons(self) -> QWidget:
        """The buttons in the corner; their actions are the context menu, too."""
        holder = named(QWidget(self), "diagram_buttons")
        holder.setAutoFillBackground(True)
        holder.setBackgroundRole(QPalette.ColorRole.Base)
        row = QHBoxLayout(holder)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        for name, icon, title, does in (
            ("zoom_out", "zoom_out", "Zoom out (-)", lambda: self.zoom_by(1 / _STEP)),
            ("zoom_in", "zoom_in", "Zoom in (+)", lambda: self.zoom_by(_STEP)),
            ("fit", "fit", "Show the whole network (0)", self.fit),
            ("save", "save", "Save picture…", self.save_asked.emit),
        ):
            action = QAction(icons.icon(icon), title, self)
            action.setObjectName(f"action_diagram_{name}")
            action.triggered.connect(lambda _checked=False, does=does: does())
            self.addAction(action)
            button = named(QToolButton(), f"diagram_{name}", title)
            button.setAutoRaise(True)
            button.setDefaultAction(action)
            row.addWidget(button)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return holder


class _Picture(QGraphicsItem):
    """The whole network as one item: a thousand items would take a thousand times as long."""

    def __init__(self) -> None:
        super().__init__()
        self.layout = Layout()
        self.chosen: Place | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def show_layout(self, layout: Layout) -> None:
        """Draw `layout` from now on."""
        self.prepareGeometryChange()
        self.layout = layout
        self.update()

    def boundingRect(self) -> QRectF:
        """With room for badges and highlights."""
        margins = (-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        return _rect(self.layout.box).adjusted(*margins)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw what is in sight, in the colours of the theme."""
        shown = option.exposedRect
        seen = Box(shown.x(), shown.y(), shown.width(), shown.height())
        zoom = painter.worldTransform().m11()
        font = widget.font() if widget else QApplication.font()
        style = Style(theme.current(), font, zoom, self.chosen)
        paint_layout(painter, self.layout, style, seen)


def _rect(box: Box) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)
