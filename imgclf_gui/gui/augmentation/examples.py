"""A picture for each augmentation of the palette: what it makes of one of the person's images."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from imgclf_gui import __version__, catalog
from imgclf_gui.core.augmentation import Augmentation
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.augmentation.preview_status import every_image
from imgclf_gui.gui.augmentation.shown_images import TrainingImages
from imgclf_gui.gui.services.previews import FOLDER, Channel, Preview, PreviewWish
from imgclf_gui.gui.studio import Studio
from imgclf_gui.plan.resolve import data_plan
from imgclf_gui.protocol.commands import ImageForm

TELLING = 0.5
"""The strength of the examples."""
IMAGES = 2
"""The first is shown, and mixed with the second."""
DRAWS = 4
"""One that changes much is shown: a rotation by two degrees tells nothing."""
LARGEST_SIDE = 96
"""Pixels; the pictures are small, so larger images are drawn at this size."""


class ExamplePictures(QObject):
    """Ask `picture`; what is not there yet comes with `changed`.

    Drawn one augmentation at a time after the first live preview, so that a live one never waits
    long, and kept in the project's cache for the next time.
    """

    changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._key = ""
        """What the pictures are of: dataset and form of its images."""
        self._form: ImageForm | None = None
        self._images: tuple[int, ...] = ()
        self._pictures: dict[str, QImage] = {}
        self._kinds: list[str] = []
        """Those that are yet to be drawn."""
        self._wish: PreviewWish | None = None
        self._kind = ""
        studio.previews.arrived.connect(self._on_arrived)
        studio.previews.failed.connect(self._on_failed)
        studio.project_changed.connect(self._on_project_changed)

    @property
    def pictures(self) -> Mapping[str, QImage]:
        """Those that are there, by the kind of augmentation."""
        return self._pictures

    def picture(self, kind: str) -> QImage | None:
        """What the augmentation of that kind makes of an image; None if that is not known (yet)."""
        return self._pictures.get(kind)

    @Slot()
    def _on_project_changed(self) -> None:
        self._key, self._pictures, self._kinds = "", {}, []
        self.changed.emit()

    @Slot(str, object)
    def _on_arrived(self, channel: Channel, preview: Preview) -> None:
        if channel == "live":
            self._begin()
        elif channel == "examples" and preview.wish == self._wish:
            self._pictures[self._kind] = _telling_draw(preview)
            self.changed.emit()
            self._next()

    @Slot(str, object)
    def _on_failed(self, channel: Channel, report: ErrorReport) -> None:
        """Go on without it; where a worker has ended, after the next live preview."""
        if channel == "examples" and not report.code.startswith("worker."):
            self._next()

    def _begin(self) -> None:
        """Draw them all; those that are left, if that was begun for this dataset and form."""
        studio = self._studio
        form = _small(ImageForm.of(data_plan(studio.spec.data, studio.summary)))
        key = f"{__version__} {studio.summary.fingerprint} {form}"
        if key == self._key:
            if not studio.previews.busy("examples"):
                self._next()
            return
        self._key, self._form = key, form
        rows = TrainingImages(studio.dataset.images).some(IMAGES, 0)
        self._images = tuple(row.id for row in rows)
        entries = catalog.augmentation_entries()
        self._kinds = [
            kind for kind, entry in entries.items() if form.channels == 3 or not entry.needs_colour
        ]
        self._next()

    def _next(self) -> None:
        project = self._studio.project
        if not self._kinds or project is None or self._form is None:
            return
        self._kind = self._kinds.pop(0)
        entry = catalog.augmentation_entries()[self._kind]()
        self._wish = PreviewWish(
            images=self._images,
            form=self._form,
            variants=(every_image([_telling(entry).to_spec()]),),
            draws=DRAWS,
            seed=0,
        )
        name = blake2b(f"{self._key} {self._wish}".encode(), digest_size=8).hexdigest()
        folder = blake2b(self._key.encode(), digest_size=8).hexdigest()
        place = project.cache_folder.absolute() / FOLDER / f"examples-{folder}"
        self._studio.previews.ask("examples", self._wish, place / f"{self._kind}-{name}.npy")


def _telling_draw(preview: Preview) -> QImage:
    """The first image, in the draw that changes it most but for one."""
    draws = sorted(range(DRAWS), key=lambda draw: preview.changes[draw][0])
    return preview.drawn[draws[-2]][0]


def _telling(entry: Augmentation) -> Augmentation:
    return entry.at(TELLING)


def _small(form: ImageForm) -> ImageForm:
    scale = min(1.0, LARGEST_SIDE / max(form.width, form.height))
    size = {name: max(1, round(getattr(form, name) * scale)) for name in ("width", "height")}
    return form.model_copy(update=size)
