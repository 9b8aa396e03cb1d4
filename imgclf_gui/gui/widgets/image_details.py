"""One image, larger, with what is known of it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFormLayout, QSizePolicy, QVBoxLayout, QWidget

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.services.thumbnails import ThumbnailService
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.words import SPLIT_WORDS

_FIELDS = ("Name", "Class", "Split", "Size", "Colour", "File")


class ImageDetails(QWidget):
    """Follows the choice in the grid."""

    def __init__(self, pictures: ThumbnailService) -> None:
        super().__init__()
        self.setObjectName("image_details")
        self._picture = _Picture(pictures)
        self._hint = plain_label("Choose an image to see it larger.")
        self._hint.setWordWrap(True)
        theme.set_muted(self._hint)
        self._facts = QWidget()
        self._values: dict[str, ElidedLabel] = {}
        form = QFormLayout(self._facts)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(2 * theme.SPACING)
        for field in _FIELDS:
            self._values[field] = ElidedLabel(name=f"image_{field.lower()}")
            title = plain_label(field)
            theme.set_muted(title)
            form.addRow(title, self._values[field])
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self._hint)
        layout.addWidget(self._facts)
        layout.addStretch(1)
        self.show_image(None)

    @Slot(object)
    def show_image(self, row: ImageRow | None) -> None:
        """Show `row`; without one, say how to choose."""
        self._picture.show_image(row)
        self._hint.setVisible(row is None)
        self._facts.setVisible(row is not None)
        if row is None:
            return
        for field, text in zip(
            _FIELDS,
            (
                row.name,
                row.label,
                SPLIT_WORDS[row.split],
                f"{row.width} × {row.height} pixels",
                "grayscale" if row.grayscale else "colour",
                bytes_words(row.size_bytes),
            ),
            strict=True,
        ):
            self._values[field].setText(text)


class _Picture(QWidget):
    """The image as large as there is room; small ones are enlarged without blur."""

    def __init__(self, pictures: ThumbnailService) -> None:
        super().__init__()
        self._pictures = pictures
        self._row: ImageRow | None = None
        self.setMinimumSize(QSize(160, 160))
        self.setMaximumHeight(420)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        pictures.arrived.connect(self.update)

    def show_image(self, row: ImageRow | None) -> None:
        """Show `row`, as soon as it is decoded."""
        self._row = row
        self.setVisible(row is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is there: the picture, until then its thumbnail."""
        del event
        if self._row is None:
            return
        pixmap = self._pictures.picture(self._row, "preview")
        pixmap = pixmap or self._pictures.picture(self._row)
        if pixmap is None or pixmap.isNull():
            return
        size = pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(self.rect().topLeft(), size)
        target.moveCenter(self.rect().center())
        painter = QPainter(self)
        if pixmap.hasAlphaChannel():
            painter.fillRect(target, Qt.GlobalColor.white)  # as a network sees it
        enlarged = size.width() > 3 * pixmap.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
        painter.drawPixmap(target, pixmap)
