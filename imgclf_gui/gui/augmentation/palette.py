"""The palette: every augmentation of the catalogue with a picture, to be dragged or added."""

from __future__ import annotations

from PySide6.QtCore import (
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from imgclf_gui import catalog
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.edits import usual_step
from imgclf_gui.gui.augmentation.examples import ExamplePictures
from imgclf_gui.gui.augmentation.step_model import STEPS_MIME, steps_mime
from imgclf_gui.gui.widgets.entry_palette import (
    KIND,
    SUMMARY,
    EntryPalette,
    PaletteWords,
    under_headings,
)
from imgclf_gui.gui.widgets.group_colours import group_colour

GROUPS = ("Geometry", "Colour", "Noise and blur", "Erasing and mixing", "Policies")
"""The headings in their order; others follow."""
PICTURE = 40
"""Pixels of a picture's sides."""
_ICONS = {
    "Geometry": "geometry",
    "Colour": "colour",
    "Noise and blur": "blur",
    "Erasing and mixing": "mixing",
    "Policies": "dice",
}
_WORDS = PaletteWords(
    name="augmentation_palette",
    entries="augmentation_entries",
    search="Search for an augmentation",
    hint="Search augmentations (Ins)",
    offered="Augmentations to add",
)
Index = QModelIndex | QPersistentModelIndex


class AugmentationPalette(EntryPalette):
    """The augmentations under their headings; each shows what it makes of one of the images."""

    def __init__(self, pictures: ExamplePictures) -> None:
        entries = sorted(
            catalog.augmentation_entries().values(), key=lambda one: (one.order, one.title)
        )
        headings = under_headings(entries, lambda entry: entry.group, GROUPS)
        size = QSize(120, PICTURE + theme.SPACING)
        super().__init__(_WORDS, headings, STEPS_MIME, _mime, row=size)
        self.list.setItemDelegate(_Delegate(self.list))
        self._pictures = pictures
        pictures.changed.connect(self._show_pictures)
        self._show_pictures()

    def _show_pictures(self) -> None:
        self.entries.show_pictures(self._picture)

    def _picture(self, kind: str) -> QPixmap | None:
        image = self._pictures.picture(kind)
        return None if image is None else QPixmap.fromImage(image)


class _Delegate(QStyledItemDelegate):
    """A picture, or the icon of the heading until it is there; title above summary."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw an entry; headings are as usual."""
        if not index.data(KIND):
            super().paint(painter, option, index)
            return
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        place: QRect = option.rect
        picture = QRect(place.left() + 4, place.top() + 4, PICTURE, PICTURE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._picture(painter, picture, index)
        text = place.adjusted(PICTURE + 8 + theme.SPACING, 0, -theme.SPACING, 0)
        self._texts(painter, text, option, index, chosen)
        painter.restore()

    def _picture(self, painter: QPainter, place: QRect, index: Index) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(place), 4, 4)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap):
            size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            inside = QRect(QPoint(0, 0), size)
            inside.moveCenter(place.center())
            painter.setClipPath(outline)
            painter.drawPixmap(inside, picture)
            painter.setClipping(False)
            return
        colours, group = theme.current(), str(index.parent().data())
        colour = group_colour(group, colours)
        painter.fillPath(outline, theme.blend(colour, QColor(colours.base), 0.14))
        glyph = place.adjusted(10, 10, -10, -10)
        icons.paint(painter, _ICONS.get(group, "augmentation"), glyph, colour)

    def _texts(
        self,
        painter: QPainter,
        place: QRect,
        option: QStyleOptionViewItem,
        index: Index,
        chosen: bool,
    ) -> None:
        metrics = option.fontMetrics
        top = place.top() + (place.height() - 2 * metrics.height()) // 2
        line = QRect(place.left(), top, place.width(), metrics.height())
        role = QPalette.ColorRole
        for text, colour in (
            (str(index.data()), role.HighlightedText if chosen else role.Text),
            (str(index.data(SUMMARY)), role.HighlightedText if chosen else role.PlaceholderText),
        ):
            painter.setPen(option.palette.color(colour))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
            line.translate(0, metrics.height())


def _mime(kinds: list[str]) -> QMimeData:
    """The augmentations as they usually are."""
    return steps_mime([usual_step(kind) for kind in kinds])
