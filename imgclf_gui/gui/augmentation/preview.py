"""The live preview: what the augmentations make of the person's own images, as one edits them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.extremes import ExtremesStrip
from imgclf_gui.gui.augmentation.preview_controls import PreviewControls
from imgclf_gui.gui.augmentation.preview_status import (
    PreviewStatus,
    every_image,
    problem_words,
    shown_words,
)
from imgclf_gui.gui.augmentation.shown_images import TrainingImages
from imgclf_gui.gui.services.previews import Channel, Preview, PreviewWish
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.image_grid import GridRow, ImageGrid
from imgclf_gui.plan.augmentation import resolve_augmentation
from imgclf_gui.plan.resolve import data_plan
from imgclf_gui.protocol.commands import ImageForm

if TYPE_CHECKING:
    from imgclf_gui.gui.augmentation.compare_dialog import CompareDialog
    from imgclf_gui.gui.pages.augmentation import AugmentationPage

MOST_VALUES = 16 << 20
"""Numbers in the pictures of one preview; where images are large, fewer draws are shown."""

LOW = 520
"""Pixels of height, below which the strengths take little room."""


class PreviewView(QWidget):
    """Originals in the first column, draws beside them; below them the strengths of a step."""

    def __init__(
        self, studio: Studio, page: AugmentationPage, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("preview_view")
        self._studio = studio
        self._images = TrainingImages()
        self._known: dict[int, ImageRow] = {}
        """The images that were wished for, by their ids."""
        self._picked: tuple[int, ...] = ()
        """Ids of images that the person chose."""
        self._shuffle = 0
        self._wish: PreviewWish | None = None
        """What was asked for last; None if that failed, or nothing can be asked for."""
        self._shown: Preview | None = None
        self._stale = True
        """Whether the dataset may have changed while the view was hidden."""
        self._compare: CompareDialog | None = None
        self._controls = PreviewControls()
        self._status = PreviewStatus()
        self._grid = ImageGrid("preview_grid")
        self._strip = ExtremesStrip(studio, page)
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()

    @property
    def shown(self) -> Preview | None:
        """What the grid shows; None before the first."""
        return self._shown

    def choose(self, images: Sequence[int]) -> None:
        """Show these of the training images, and others beside them where more are wanted."""
        self._picked = tuple(images)
        self._controls.set_images(len(images))
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self._on_dataset_changed()
        else:
            self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little height, the pictures need it."""
        super().resizeEvent(event)
        self._strip.show_small(small=event.size().height() < LOW)

    # What is wanted

    @Slot()
    def _on_dataset_changed(self) -> None:
        self._stale = not self.isVisible()
        if not self._stale:
            self._images = TrainingImages(self._studio.dataset.images)
            self._stack.setCurrentIndex(1 if self._images else 0)
            self._refresh()

    @Slot()
    def _on_project_changed(self) -> None:
        self._images = TrainingImages()
        self._picked, self._shown, self._wish = (), None, None
        self._known.clear()
        self._grid.show_rows(())
        self._status.say("")
        if self._compare is not None:
            self._compare.close()

    @Slot()
    def _on_others_asked(self) -> None:
        self._picked = ()
        self._shuffle += 1
        self._refresh()

    @Slot()
    def _on_choose_asked(self) -> None:
        from imgclf_gui.gui.augmentation.image_chooser import ImageChooser

        shown = self._wish.images if self._wish else ()
        chooser = ImageChooser(self._studio, self._images.rows, shown, self)
        chooser.chosen.connect(self.choose)
        chooser.show()

    @Slot()
    def _refresh(self) -> None:
        """Ask for what is wanted now, unless that is what was asked for last."""
        if not self.isVisible() or self._studio.project is None or not self._images:
            return
        steps, problems = resolve_augmentation(self._studio.spec.augmentation)
        wish = self._wanted(steps)
        self._strip.show_for(wish)
        if problems:
            self._studio.previews.drop("live")
            self._complain(problem_words(problems[0]))
        elif wish != self._wish:
            self._wish = wish
            self._status.wait(starting=not self._studio.previews.ready)
            self._studio.previews.ask("live", wish)
            self._show_waiting()

    def _wanted(self, steps: tuple[EntrySpec, ...]) -> PreviewWish:
        controls = self._controls
        rows = self._images.some(controls.images, self._shuffle, self._picked)
        self._known |= {row.id: row for row in rows}
        form = ImageForm.of(data_plan(self._studio.spec.data, self._studio.summary))
        most = MOST_VALUES // (len(rows) * form.height * form.width * form.channels)
        return PreviewWish(
            images=tuple(row.id for row in rows),
            form=form,
            variants=(every_image(steps) if controls.every else steps,),
            draws=min(controls.draws, max(1, most)),
            seed=controls.seed,
        )

    def _complain(self, sentence: str, *, retry: bool = False) -> None:
        self._wish = None
        self._status.complain(sentence, retry=retry)
        self._grid.set_dimmed(True)

    # What comes

    @Slot()
    def _show_waiting(self) -> None:
        """Before there is anything to show: the images as they are, and empty places."""
        if self._shown is not None or self._wish is None:
            return
        wish = self._wish
        empty = QImage(wish.form.width, wish.form.height, QImage.Format.Format_RGB32)
        empty.fill(theme.current().raised)
        rows = []
        for image in wish.images:
            row = self._known[image]
            picture = self._studio.thumbnails.picture(row)
            known = picture is not None and not picture.isNull()
            original = picture.toImage().scaled(empty.size()) if picture and known else empty
            pictures = (original, *[empty] * wish.draws)
            rows.append(self._grid_row(row.label, pictures, [""] * len(pictures)))
        self._grid.show_rows(rows)

    @Slot(str, object)
    def _on_arrived(self, channel: Channel, preview: Preview) -> None:
        if channel != "live":
            return
        self._shown = preview
        self._grid.show_rows(self._grid_rows(preview))
        self._grid.set_dimmed(self._wish is None)
        if preview.wish == self._wish:
            controls = self._controls
            self._status.say(shown_words(preview.wish, controls.draws, every=controls.every))
        if self._compare is not None:
            self._compare.show_rows(self._grid.rows, preview.wish.seed)

    @Slot(str, object)
    def _on_failed(self, channel: Channel, report: ErrorReport) -> None:
        """Say why there is no preview, unless a newer one is on its way."""
        if channel == "live" and not self._studio.previews.busy("live"):
            self._complain(report.sentence(), retry=True)

    def _grid_rows(self, preview: Preview) -> list[GridRow]:
        rows = []
        for place, image in enumerate(preview.wish.images):
            label = self._known[image].label if image in self._known else ""
            pictures = (preview.originals[place], *(drawn[place] for drawn in preview.drawn))
            notes = ["unchanged" if not change[place] else "" for change in preview.changes]
            rows.append(self._grid_row(label, pictures, ["", *notes]))
        return rows

    def _grid_row(self, label: str, pictures: tuple[QImage, ...], notes: Sequence[str]) -> GridRow:
        labels = self._studio.summary.labels
        colour = labels.index(label) if label in labels else 0
        return GridRow(label, colour, pictures, tuple(notes))

    @Slot(int, int)
    def _on_opened(self, row: int, column: int) -> None:
        from imgclf_gui.gui.augmentation.compare_dialog import CompareDialog

        if self._shown is None:
            return
        if self._compare is None:
            self._compare = CompareDialog(self)
            self._compare.destroyed.connect(self._on_compare_destroyed)
            self._compare.moved.connect(self._on_compare_moved)
        self._compare.show_rows(self._grid.rows, self._shown.wish.seed)
        self._compare.go_to(row, column)
        self._compare.show()
        self._compare.activateWindow()

    @Slot(int, int)
    def _on_compare_moved(self, row: int, column: int) -> None:
        self._grid.go_to(row, column)

    @Slot()
    def _on_compare_destroyed(self) -> None:
        self._compare = None

    # Its parts

    def _connect(self) -> None:
        studio, previews = self._studio, self._studio.previews
        self._controls.changed.connect(self._refresh)
        self._controls.others_asked.connect(self._on_others_asked)
        self._controls.choose_asked.connect(self._on_choose_asked)
        self._status.retry_asked.connect(self._refresh)
        self._grid.opened.connect(self._on_opened)
        previews.arrived.connect(self._on_arrived)
        previews.failed.connect(self._on_failed)
        studio.thumbnails.arrived.connect(self._show_waiting)
        studio.project_changed.connect(self._on_project_changed)
        studio.dataset_changed.connect(self._on_dataset_changed)
        studio.spec_changed.connect(self._refresh)

    def _arrange(self) -> None:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._controls)
        column.addWidget(self._status)
        column.addWidget(self._grid, 1)
        column.addWidget(self._strip)
        self._stack.addWidget(self._empty())
        self._stack.addWidget(whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def _empty(self) -> QWidget:
        state = EmptyState(
            "augmentation",
            "See what augmentation does",
            "Here your own training images stand beside what random changes make of them, live "
            "while you move a slider. Import images first.",
        )
        state.setObjectName("preview_empty")
        state.add_button(
            "preview_to_dataset",
            "Go to Dataset",
            lambda: self._studio.page_wanted.emit("dataset"),
            primary=True,
        )
        return state
