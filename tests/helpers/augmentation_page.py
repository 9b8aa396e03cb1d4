"""The Augmentation page as tests use it: rows by place, keys, sliders, drags into the list."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeView, QWidget

from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.step_list import StepList
from imgclf_gui.gui.augmentation.step_view import StepRow
from imgclf_gui.gui.pages.augmentation import AugmentationPage
from imgclf_gui.gui.studio import Studio

WidgetT = TypeVar("WidgetT", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton


class Augmenting:
    """An AugmentationPage, and what a person sees and does in it."""

    def __init__(self, page: AugmentationPage, studio: Studio) -> None:
        self.page = page
        self.studio = studio
        self.list = self.find(StepList, "augmentation_steps")

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        """The widget of that name."""
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    @property
    def steps(self) -> tuple[AugmentationStep, ...]:
        """The project's."""
        return self.studio.spec.augmentation.steps

    @property
    def kinds(self) -> str:
        """'rotation brightness': the project's steps, which the rows must be, too."""
        kinds = " ".join(step.kind for step in self.steps)
        assert self.list.steps.rowCount() == len(self.steps)
        return kinds

    def show(self, *steps: AugmentationStep) -> None:
        """Make `steps` the list."""
        spec = self.studio.spec
        augmentation = spec.augmentation.model_copy(update={"steps": steps})
        self.studio.edit("List", spec.model_copy(update={"augmentation": augmentation}))

    def row(self, place: int) -> StepRow:
        """What a row says."""
        return self.list.steps.row(self.list.steps.index(place))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press a key where the keyboard is."""
        focus = QApplication.focusWidget() or self.list
        QTest.keyClick(focus, key, modifier or Qt.KeyboardModifier.NoModifier)

    def action(self, name: str) -> QAction:
        """The action of that name."""
        found = self.page.findChild(QAction, f"action_{name}")
        assert isinstance(found, QAction)
        return found

    def click(self, at: QPoint) -> None:
        """Click into the list."""
        QTest.mouseClick(self.list.viewport(), LEFT, pos=at)

    def drag_slider(self, place: int, *shares: float) -> None:
        """Take a row's slider at its handle, drag it from share to share, and let go."""
        viewport, parts = self.list.viewport(), self.list.parts(place)
        start = parts.handle(self.row(place).strength or 0.0).toPoint()
        QTest.mousePress(viewport, LEFT, pos=start)
        for share in shares:
            QTest.mouseMove(viewport, parts.handle(share).toPoint())
        QTest.mouseRelease(viewport, LEFT, pos=parts.handle(shares[-1]).toPoint())

    def point(self, place: int, share: float) -> QPoint:
        """In a row, `share` of its height from its top."""
        rect = self.list.visualRect(self.list.steps.index(place))
        assert rect.isValid()
        return QPoint(rect.left() + 60, rect.top() + round(share * (rect.height() - 1)))

    def offered(self, title: str) -> QMimeData:
        """What a drag of the palette's entry of that title carries."""
        model = self.find(QTreeView, "augmentation_entries").model()
        headings = [model.index(row, 0) for row in range(model.rowCount())]
        rows = [model.index(row, 0, one) for one in headings for row in range(model.rowCount(one))]
        index = next(index for index in rows if index.data() == title)
        assert model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled
        return model.mimeData([index])

    def dragged(self, place: int) -> QMimeData:
        """What a drag of that row carries."""
        return self.list.steps.mimeData([self.list.steps.index(place)])

    def drop(self, data: QMimeData, at: QPoint, action: Qt.DropAction) -> QDropEvent:
        """Drag `data` over the list and let go, as Qt's drag loop would tell the viewport."""
        viewport = self.list.viewport()
        buttons, keys = LEFT, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(at, action, data, buttons, keys)
        QApplication.sendEvent(viewport, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(viewport, QDragMoveEvent(at, action, data, buttons, keys))
        drop = QDropEvent(QPointF(at), action, data, buttons, keys)
        QApplication.sendEvent(viewport, drop)
        return drop
