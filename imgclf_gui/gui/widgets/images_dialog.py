"""The images behind a cell of the confusion matrix, in a window of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QDialog,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.predictions_file import Taken
from imgclf_gui.gui.services.thumbnails import ThumbnailService
from imgclf_gui.gui.widgets.labels import plain_tip, wrapped_label
from imgclf_gui.gui.widgets.picture import draw_pixmap
from imgclf_gui.gui.widgets.words import percent

Index = QModelIndex | QPersistentModelIndex

PICTURE_SIDE = 96
MARGIN = 6


@dataclass(frozen=True)
class ShownImage:
    """An image with what it is, and what it was taken for."""

    row: ImageRow
    predicted: str
    confidence: float


def shown_images(
    taken: Sequence[Taken], rows: Sequence[ImageRow], predicted: str
) -> list[ShownImage]:
    """The rows of `taken` that the dataset still holds, in the order of `taken`."""
    wanted = {one.image_id for one in taken}
    found = {row.id: row for row in rows if row.id in wanted}
    return [
        ShownImage(found[one.image_id], predicted, one.confidence)
        for one in taken
        if one.image_id in found
    ]


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.images: Sequence[ShownImage] = ()

    def show_images(self, images: Sequence[ShownImage]) -> None:
        self.beginResetModel()
        self.images = images
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else len(self.images)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        image = self.images[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return shortened(image.row.name, 200)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                name, label = shortened(image.row.name, 300), shortened(image.row.label, 100)
                return plain_tip(
                    f"{name}: {label}, taken for {shortened(image.predicted, 100)} "
                    f"({percent(image.confidence)})"
                )
        return None


class _Delegate(QStyledItemDelegate):
    """The picture, below it its name, and how sure the model was."""

    def __init__(self, pictures: ThumbnailService, parent: QObject) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        del index
        line = option.fontMetrics.height()
        return QSize(PICTURE_SIDE + 2 * MARGIN, PICTURE_SIDE + 2 * line + 3 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one image."""
        model = index.model()
        if not isinstance(model, _Model):
            return
        image, rect, palette = model.images[index.row()], option.rect, option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect.adjusted(1, 1, -1, -1), palette.highlight())
        frame = QRect(rect.x() + MARGIN, rect.y() + MARGIN, PICTURE_SIDE, PICTURE_SIDE)
        pixmap = self._pictures.picture(image.row)
        if pixmap is None or pixmap.isNull():
            painter.fillRect(frame, palette.window())
        else:
            draw_pixmap(painter, frame, pixmap)
        painter.setPen((palette.highlightedText() if selected else palette.text()).color())
        line = painter.fontMetrics().height()
        text = QRect(frame.x(), frame.bottom() + MARGIN, frame.width(), line)
        name = shortened(image.row.name.rpartition("/")[2], 200)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignHCenter, shown)
        text.translate(0, line)
        painter.drawText(text, Qt.AlignmentFlag.AlignHCenter, percent(image.confidence))


class ShownImages(QListView):
    """Images as thumbnails, each with its name and how sure the model was."""

    def __init__(self, name: str, accessible: str, pictures: ThumbnailService) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self._images = _Model(self)
        self.setModel(self._images)
        self.setItemDelegate(_Delegate(pictures, self))
        pictures.arrived.connect(self.viewport().update)

    @property
    def images(self) -> Sequence[ShownImage]:
        """What is shown."""
        return self._images.images

    def show_images(self, images: Sequence[ShownImage]) -> None:
        """Replace all."""
        self._images.show_images(images)


class ImagesDialog(QDialog):
    """Does not block the window; Escape closes it."""

    def __init__(
        self,
        sentence: str,
        images: Sequence[ShownImage],
        pictures: ThumbnailService,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("images_dialog")
        self.setWindowTitle("Images behind the cell")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(640, 460)
        view = ShownImages("cell_images", sentence, pictures)
        view.show_images(images)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(wrapped_label(sentence, name="cell_sentence"))
        layout.addWidget(view, 1)
