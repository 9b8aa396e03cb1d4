"""What the strengths of the chosen step look like, from nothing to the strongest, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen, QPolygon
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from imgclf_gui.core.augmentation import Augmentation
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.edits import StepEdits, loaded
from imgclf_gui.gui.augmentation.preview_status import every_image
from imgclf_gui.gui.services.previews import Channel, Preview, PreviewWish
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.image_grid import picture_size, scaled_picture
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named

if TYPE_CHECKING:
    from imgclf_gui.gui.pages.augmentation import AugmentationPage

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
OFF_AND_ON = (0.0, 1.0)
DRAWS = 3
"""Of each strength; those that differ are shown, as many as there is room for."""
PICTURE_SIDE, SMALL_SIDE = 64, 44
"""Pixels; small where the window is low. Where less is left in width, fewer are shown."""
SPACE = 3
"""Pixels between pictures."""
WAIT_MS = 150
"""Milliseconds without a change of the other settings, so that the live preview comes first."""
NEAR = 0.005
"""A strength this close to a share is that share."""


class ExtremesStrip(QWidget):
    """Hidden while no step is chosen. A click sets the strength that it shows."""

    def __init__(self, studio: Studio, page: AugmentationPage) -> None:
        super().__init__()
        self.setObjectName("extremes_strip")
        self._studio = studio
        self._page = page
        self._edits = StepEdits(studio, self)
        self._like: PreviewWish | None = None
        self._wish: PreviewWish | None = None
        self._kind = ""
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self._ask)
        self._title = ElidedLabel(name="extremes_title")
        theme.set_muted(self._title)
        self._buttons: list[StrengthButton] = []
        self._small = False
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.SPACING)
        self._row.addStretch()
        self._scale = _Scale()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addWidget(self._title)
        layout.addLayout(self._row)
        layout.addWidget(self._scale)
        studio.previews.arrived.connect(self._on_arrived)
        studio.previews.failed.connect(self._on_failed)
        page.chosen_changed.connect(self._refresh)
        self.hide()

    def show_for(self, like: PreviewWish) -> None:
        """Show the strengths on the first of the images of `like`, as it draws them."""
        self._like = like
        self._refresh()

    def show_small(self, *, small: bool) -> None:
        """Take little room: small pictures, and no sentence above them."""
        if small != self._small:
            self._small = small
            self._title.setVisible(not small)
            for button in self._buttons:
                button.show_small(small=small)

    @Slot()
    def _refresh(self) -> None:
        entry, like = self._entry(), self._like
        self.setVisible(entry is not None and like is not None)
        if entry is None or like is None:
            return
        shares = OFF_AND_ON if set(entry.strengths) == {"probability"} else SHARES
        self._make_buttons(entry, shares)
        self._title.setText(f"{entry.title}, from nothing to its strongest: choose one to set it")
        for button, share in zip(self._buttons, shares, strict=True):
            button.set_now(now=abs(entry.strength - share) < NEAR)
        self._scale.show_strength(entry.strength, self._buttons)
        self._want(entry, shares, like)

    def _entry(self) -> Augmentation | None:
        steps, place = self._studio.spec.augmentation.steps, self._page.chosen
        return loaded(steps[place]) if place is not None and place < len(steps) else None

    def _want(self, entry: Augmentation, shares: Sequence[float], like: PreviewWish) -> None:
        """The strength itself is not part of the question, so that its slider asks nothing."""
        images = like.images[:2]  # mixing needs another
        variants = tuple(_variant(entry, share) for share in shares)
        wish = replace(like, images=images, variants=variants, draws=DRAWS)
        if wish != self._wish:
            self._wish = wish
            self._soon.start()
        if entry.kind != self._kind:
            self._kind = entry.kind
            for button in self._buttons:
                button.show_pictures(())

    @Slot()
    def _ask(self) -> None:
        if not self.isVisible():
            self._wish = None  # asked for when it is seen again
        elif self._wish is not None:
            self._studio.previews.ask("strip", self._wish)

    @Slot(str, object)
    def _on_arrived(self, channel: Channel, preview: Preview) -> None:
        if channel == "strip" and preview.wish == self._wish:
            for variant, button in enumerate(self._buttons):
                first = preview.row(0, variant)
                drawn = [row[0] for row in preview.drawn[first : first + DRAWS]]
                button.show_pictures(
                    [one for place, one in enumerate(drawn) if one not in drawn[:place]]
                )

    @Slot(str, object)
    def _on_failed(self, channel: Channel, _report: ErrorReport) -> None:
        """The live preview says what is wrong; with its next picture this is asked again."""
        if channel == "strip":
            self._wish = None

    @Slot(float)
    def _on_wanted(self, share: float) -> None:
        place = self._page.chosen
        if place is not None:
            self._edits.set_strength(place, share)
            self._edits.forget_typing()

    def _make_buttons(self, entry: Augmentation, shares: Sequence[float]) -> None:
        if [button.share for button in self._buttons] != list(shares):
            for button in self._buttons:
                self._row.removeWidget(button)
                button.hide()
                button.deleteLater()
            self._buttons = [StrengthButton(share) for share in shares]
            for button in self._buttons:
                button.wanted.connect(self._on_wanted)
                button.show_small(small=self._small)
                self._row.insertWidget(self._row.count() - 1, button, 1)
        words = ("off", "on") if shares == OFF_AND_ON else [f"{share:.0%}" for share in shares]
        for button, text in zip(self._buttons, words, strict=True):
            button.name(text.replace("%", " %"), entry.title)


def _variant(entry: Augmentation, share: float) -> tuple[EntrySpec, ...]:
    """The step alone at a strength, on every image; at none of it nothing."""
    return every_image([entry.at(share).to_spec()]) if share else ()


class StrengthButton(QAbstractButton):
    """Some draws at one strength, and its name below them."""

    wanted = Signal(float)
    """Its share, 0 … 1."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        named(self, f"extreme_{share:g}")
        self._title = ""
        self._now = False
        self._side = PICTURE_SIDE
        self._pictures: Sequence[QImage] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(DRAWS * (PICTURE_SIDE + SPACE) + 4 * theme.SPACING)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self._on_clicked)

    @property
    def now(self) -> bool:
        """Whether the step is set to this strength."""
        return self._now

    @property
    def pictures(self) -> Sequence[QImage]:
        """What it shows; nothing before the first preview."""
        return self._pictures

    def name(self, text: str, title: str) -> None:
        """Say the strength, and of which augmentation."""
        self.setText(text)
        self._title = title
        self.setToolTip(f"Set {title} to {text}")
        self.set_now(now=self._now)

    def set_now(self, *, now: bool) -> None:
        """Mark it as the strength that is set."""
        self._now = now
        words = ", as it is now" if now else ""
        self.setAccessibleName(f"{self._title} at {self.text()}{words}")
        self.update()

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Show these draws."""
        self._pictures = pictures
        self.update()

    def show_small(self, *, small: bool) -> None:
        """Take little room."""
        self._side = SMALL_SIDE if small else PICTURE_SIDE
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for a row of pictures and the name."""
        return QSize(SMALL_SIDE + 2 * SPACE, self._side + self.fontMetrics().height() + 3 * SPACE)

    def minimumSizeHint(self) -> QSize:
        """One small picture."""
        return self.sizeHint()

    @Slot()
    def _on_clicked(self) -> None:
        self.wanted.emit(self.share)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pictures in the middle, and the name below."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        if self._now or self.underMouse() or self.hasFocus():
            tint = theme.blend(accent, self.palette().window().color(), 0.22 if self._now else 0.1)
            painter.setBrush(tint)
            painter.setPen(QPen(accent, 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        line = self.fontMetrics().height()
        room = self.rect().adjusted(SPACE, SPACE, -SPACE, -SPACE - line)
        self._paint_pictures(painter, room)
        colours = theme.current()
        painter.setPen(QColor(colours.text if self._now else colours.muted))
        below = QRect(0, self.height() - line - SPACE, self.width(), line)
        text = f"{self.text()} · now" if self._now else self.text()
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_pictures(self, painter: QPainter, room: QRect) -> None:
        count = min(len(self._pictures), max(1, (room.width() + SPACE) // (SMALL_SIDE + SPACE)))
        if not count:
            return
        each = QSize((room.width() - (count - 1) * SPACE) // count, room.height())
        size = picture_size(self._pictures[0].size(), each)
        size = size.boundedTo(each)
        left = room.left() + (room.width() - count * size.width() - (count - 1) * SPACE) // 2
        top = room.top() + (room.height() - size.height()) // 2
        painter.setPen(QColor(theme.current().border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for number, image in enumerate(self._pictures[:count]):
            frame = QRect(QPoint(left + number * (size.width() + SPACE), top), size)
            painter.drawPixmap(frame, scaled_picture(image, size, self.devicePixelRatioF()))
            painter.drawRect(frame.adjusted(-1, -1, 0, 0))


class _Scale(QWidget):
    """A line below the buttons, and a mark where the strength is."""

    def __init__(self) -> None:
        super().__init__()
        self._buttons: Sequence[QWidget] = ()
        self._strength = 0.0
        self.setFixedHeight(10)

    def show_strength(self, strength: float, buttons: Sequence[QWidget]) -> None:
        """Put the mark there, 0 … 1 from the first of `buttons` to the last."""
        self._strength, self._buttons = strength, buttons
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw from the middle of the first button to that of the last."""
        del event
        if not self._buttons:
            return
        first, last = (
            button.geometry().center().x() - self.x()
            for button in (self._buttons[0], self._buttons[-1])
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().border), 2))
        painter.drawLine(first, 6, last, 6)
        x = first + round((last - first) * self._strength)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Accent))
        painter.drawPolygon(QPolygon([QPoint(x, 0), QPoint(x - 5, 9), QPoint(x + 5, 9)]))
