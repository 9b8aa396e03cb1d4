"""What augmentations make of images: asked of the warm worker, read off the window's thread.

One preview is under way at a time. Of what waits, only the newest wish of each channel is kept, and
a channel that stands first in CHANNELS goes first: whatever else is drawn, a person who moves a
slider waits for one preview at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from imgclf_gui.core.entry import Shape
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import write_error
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.gui.services.service import Service
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import ImageForm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imgclf_gui.gui.studio import Studio
    from imgclf_gui.jobs.supervisor import Jobs

Channel = Literal["live", "strip", "examples"]
CHANNELS: tuple[Channel, ...] = ("live", "strip", "examples")

PREVIEW = "preview"
"""What such jobs are called: 'preview-1', 'preview-2' …"""
FOLDER = "preview"
"""Of the files, in the project's cache."""


@dataclass(frozen=True)
class PreviewWish:
    """What is to be shown: each variant, a list of augmentations, drawn on each of the images."""

    images: tuple[int, ...]
    """Ids in the dataset."""
    form: ImageForm
    variants: tuple[tuple[EntrySpec, ...], ...]
    draws: int
    seed: int

    @property
    def shape(self) -> Shape:
        """Of the answer, uint8: (1 + variants · draws, images, height, width, channels)."""
        rows = 1 + len(self.variants) * self.draws
        form = self.form
        return rows, len(self.images), form.height, form.width, form.channels


@dataclass(frozen=True)
class Preview:
    """The answer to a wish, as pictures at the size at which the network sees them."""

    wish: PreviewWish
    originals: tuple[QImage, ...]
    """The images as they are."""
    drawn: tuple[tuple[QImage, ...], ...]
    """[variant · draws + draw][image]."""
    changes: tuple[tuple[float, ...], ...]
    """By how much each of `drawn` differs from its original: the mean over its values, 0…255."""

    def row(self, draw: int, variant: int = 0) -> int:
        """The place of a draw of a variant in `drawn`."""
        return variant * self.wish.draws + draw


@dataclass(frozen=True)
class _Asked:
    """The preview that is under way."""

    channel: Channel
    wish: PreviewWish
    file: Path
    keep: bool
    project: Project


class Previews(QObject):
    """Lives in the window's thread; every method returns at once."""

    arrived = Signal(str, object)
    """The Channel, and the Preview; in the order in which they were wished for."""
    failed = Signal(str, object)
    """The Channel, and the ErrorReport that says why there is no preview."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._waiting: dict[Channel, tuple[PreviewWish, Path | None]] = {}
        self._asked: _Asked | None = None
        self._cleaned: Project | None = None
        self._count = 0
        self._ready = False
        self._reader = _Reader()
        self._reader.read.connect(self._on_read)
        self._reader.refused.connect(self._on_unreadable)
        studio.augmentation_previewed.connect(self._on_previewed)
        studio.project_changed.connect(self._on_project_changed)

    @property
    def ready(self) -> bool:
        """Whether the worker has answered before, and lives: no TensorFlow has to be loaded."""
        return self._ready

    def busy(self, channel: Channel) -> bool:
        """Whether a preview of `channel` is under way or waits."""
        mine = self._asked is not None and self._asked.channel == channel
        return mine or channel in self._waiting

    def ask(self, channel: Channel, wish: PreviewWish, file: Path | None = None) -> None:
        """Draw `wish` as soon as possible → arrived, or failed.

        What waited in this channel is forgotten. With `file` the answer is kept there, and taken
        from there when it is wished for again.
        """
        self._waiting[channel] = wish, file
        self._next()

    def drop(self, channel: Channel) -> None:
        """Forget what waits in `channel`."""
        self._waiting.pop(channel, None)

    def close(self) -> None:
        """Join the thread."""
        self._waiting.clear()
        self._reader.close()

    def _next(self) -> None:
        project = self._studio.project
        if self._asked is not None or project is None:
            return
        channel = next((one for one in CHANNELS if one in self._waiting), None)
        if channel is not None:
            wish, kept = self._waiting.pop(channel)
            self._count += 1
            folder = project.cache_folder.absolute() / FOLDER
            file = kept or folder / f"{channel}-{self._count}.npy"
            self._asked = _Asked(channel, wish, file, kept is not None, project)
            if kept is not None and kept.exists():
                self._reader.read_preview(self._asked)
            else:
                self._start(self._asked, clean=self._cleaned is not project)
                self._cleaned = project

    def _start(self, asked: _Asked, *, clean: bool) -> None:
        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.augmenting import preview

            _make_room(asked, clean=clean)
            wish = asked.wish
            return preview(
                jobs,
                asked.project,
                images=wish.images,
                form=wish.form,
                variants=wish.variants,
                draws=wish.draws,
                seed=wish.seed,
                output=asked.file,
            )

        self._studio.begin(PREVIEW, start)

    @Slot(object)
    def _on_previewed(self, event: e.AugmentationPreviewed | e.JobFailed) -> None:
        asked = self._asked
        if isinstance(event, e.JobFailed):
            self._ready = self._ready and not event.error.code.startswith("worker.")
            self._end(event.error)
        elif asked is not None and Path(event.file) == asked.file:
            self._ready = True
            self._reader.read_preview(asked)

    @Slot(object, object)
    def _on_read(self, asked: _Asked, preview: Preview) -> None:
        if asked is self._asked:
            self._end(preview)

    @Slot(str, object)
    def _on_unreadable(self, _what: str, report: ErrorReport) -> None:
        self._end(report)

    def _end(self, found: Preview | ErrorReport) -> None:
        """The preview that was under way is over; the next begins before anything is painted."""
        asked, self._asked = self._asked, None
        self._next()
        if asked is None or asked.project is not self._studio.project:
            return
        signal = self.arrived if isinstance(found, Preview) else self.failed
        signal.emit(asked.channel, found)

    @Slot()
    def _on_project_changed(self) -> None:
        self._waiting.clear()


class _Reader(Service):
    """Reads the files that the worker wrote."""

    read = Signal(object, object)
    """The _Asked, and its Preview."""

    def __init__(self) -> None:
        super().__init__("previews")

    def read_preview(self, asked: _Asked) -> None:
        """Read what was asked for → read; then remove the file, unless it is kept."""

        def read() -> None:
            try:
                self.read.emit(asked, read_preview(asked.file, asked.wish))
            except UserError:
                asked.file.unlink(missing_ok=True)  # a kept one is drawn anew when it is wished for
                raise
            if not asked.keep:
                asked.file.unlink(missing_ok=True)

        self.ask("read", read)


def read_preview(file: Path, wish: PreviewWish) -> Preview:
    """The pictures that the worker wrote into `file` (.npy) as the answer to `wish`.

    Raises:
        UserError: `preview.file` if it is something else.
    """
    import numpy as np

    try:
        pixels = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise _wrong_file(file, f"cannot be read: {type(error).__name__}", str(error)) from error
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape != wish.shape:
        found = getattr(pixels, "dtype", "no array"), getattr(pixels, "shape", ())
        raise _wrong_file(file, f"holds {found[0]} {found[1]}, expected uint8 {wish.shape}")
    first = pixels[0].astype(np.int16)
    changes = np.stack([np.abs(row - first).mean(axis=(1, 2, 3)) for row in pixels[1:]])
    return Preview(
        wish=wish,
        originals=_pictures(pixels[0]),
        drawn=tuple(_pictures(row) for row in pixels[1:]),
        changes=tuple(tuple(map(float, row)) for row in changes),
    )


def _pictures(pixels: NDArray[np.uint8]) -> tuple[QImage, ...]:
    """Images of uint8 [images, height, width, channels]."""
    height, width, channels = pixels.shape[1:]
    form = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return tuple(
        QImage(one.tobytes(), width, height, width * channels, form).copy() for one in pixels
    )


def _make_room(asked: _Asked, *, clean: bool) -> None:
    """Make the folder; with `clean` remove what an earlier session left there."""
    try:
        if clean:
            folder = asked.project.cache_folder.absolute() / FOLDER
            for old in folder.glob("*.npy"):
                old.unlink(missing_ok=True)
        asked.file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(asked.file, error) from error


def _wrong_file(file: Path, what: str, details: str = "") -> UserError:
    return UserError(
        "preview.file", f"The file of the preview, {file.name}, {what}.", "Try again.", details
    )
