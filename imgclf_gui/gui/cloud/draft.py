"""The request that is being made: images, what is asked of them, JSON, price. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import AnnotationProvider
from imgclf_gui.core.cloud import Account, Cancel, CloudImage, Preparation
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.vision import AskedFeature, RequestProblem
from imgclf_gui.gui.services.cloud import ImageReader, Reading, RequestReader, Wish

if TYPE_CHECKING:
    from imgclf_gui.jobs.cloud import Prepared

TYPING_MS = 250
"""After the last key a text is checked."""
MOST_SHOWN = 64
"""Images whose whole request is shown, and can be edited; of more, the first request is."""
FIRST_ASKED = (AskedFeature("labels", 10),)


class Draft(QObject):
    """Lives in the window's thread; images are read and requests checked by services."""

    images_changed = Signal()
    """Images came or went, or are being read."""
    request_changed = Signal()
    """Its text, or what it is asked for, is another."""
    read_changed = Signal()
    """What is known of it (`reading`) is another."""

    def __init__(
        self, images: ImageReader, requests: RequestReader, project: Callable[[], Project]
    ) -> None:
        super().__init__()
        self._image_reader = images
        self._request_reader = requests
        self._project = project
        self.providers = {kind: one() for kind, one in catalog.annotation_providers().items()}
        self.provider: AnnotationProvider = next(iter(self.providers.values()))
        self.account = Account()
        self.how = Preparation()
        self.asked: tuple[AskedFeature, ...] = FIRST_ASKED
        self.images: tuple[CloudImage, ...] = ()
        self.refused: tuple[tuple[Path, ErrorReport], ...] = ()
        self.edited: str | None = None
        """The JSON where a person changed it by hand."""
        self.reading: Reading | None = None
        """None while it is being read."""
        self._cancel: Cancel | None = None
        self._paths: tuple[Path, ...] = ()
        """What is being read."""
        self._anew = False
        """Whether it takes the place of the images that are there, or comes behind them."""
        self._preparation = self._wish = 0
        """The number of the newest."""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._read)
        images.prepared.connect(self._on_prepared)
        images.refused.connect(self._on_refused)
        requests.read.connect(self._on_read)

    # Images

    @property
    def preparing(self) -> int:
        """How many files and folders are being read."""
        return len(self._paths)

    def add(self, paths: Sequence[Path]) -> None:
        """Read files and all images below folders, and put them behind those that are there."""
        have = {image.source for image in self.images} | set(self._paths)
        new = tuple(path for path in dict.fromkeys(paths) if path not in have)
        if new:
            self._prepare((*self._paths, *new))

    def remove(self, names: Iterable[str]) -> None:
        """Leave these out."""
        gone = set(names)
        self._show_images(tuple(one for one in self.images if one.name not in gone))

    def clear(self) -> None:
        """Leave all out."""
        self.stop()
        self.refused = ()
        self._show_images(())

    def prepare_as(self, how: Preparation) -> None:
        """Read all again, and prepare them so."""
        if how != self.how:
            self.how, self._anew = how, True
            self._prepare((*(image.source for image in self.images), *self._paths))

    def stop(self) -> None:
        """Read no further."""
        if self._cancel is not None:
            self._cancel.cancel()
            self._end_preparation()
            self.images_changed.emit()

    def _prepare(self, paths: tuple[Path, ...]) -> None:
        if self._cancel is not None:
            self._cancel.cancel()
        self._preparation += 1
        self._paths, self._cancel = paths, Cancel()
        self._image_reader.prepare(self._preparation, paths, self.how, self._cancel)
        self.images_changed.emit()

    def _end_preparation(self) -> None:
        self._cancel, self._paths, self._anew = None, (), False

    @Slot(int, object)
    def _on_prepared(self, number: int, prepared: Prepared) -> None:
        if self._cancel is None or number != self._preparation:
            return
        before = () if self._anew else self.images
        have = {image.source for image in before}
        new = [image for image in prepared.images if image.source not in have]
        self._end_preparation()
        self.refused = prepared.refused
        self._show_images(with_unique_names((*before, *new)))

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what == "prepare" and report.code != "cloud.cancelled":
            self.refused = tuple((path, report) for path in self._paths[:1])
            self._end_preparation()
            self.images_changed.emit()

    def _show_images(self, images: tuple[CloudImage, ...]) -> None:
        self.images = images
        self.images_changed.emit()
        self._renew()

    # The request

    @property
    def request(self) -> dict[str, Any]:
        """As the form makes it."""
        return vision.request([image.name for image in self.images], self.asked)

    @property
    def editable(self) -> bool:
        """Whether its whole text is shown."""
        return self.edited is not None or len(self.images) <= MOST_SHOWN

    @property
    def text(self) -> str:
        """The JSON that is shown; of many images that of the first request."""
        if self.edited is not None:
            return self.edited
        return self.form_text

    @property
    def form_text(self) -> str:
        """The JSON as the form makes it."""
        if not self.images or not self.asked:
            return ""
        names = [image.name for image in self.images]
        most = len(names) if self.editable else vision.MOST_IMAGES
        return vision.text(vision.request(names[:most], self.asked))

    def ask_for(self, asked: tuple[AskedFeature, ...]) -> None:
        """Ask images for these features."""
        if asked != self.asked:
            self.asked = asked
            self._renew()

    def ask(self, kind: str) -> None:
        """Let this provider answer."""
        if kind != self.provider.kind:
            self.provider = self.providers[kind]
            offered = self.provider.features()
            kept = tuple(one for one in self.asked if one.kind in offered)
            self.asked = kept or tuple(one for one in FIRST_ASKED if one.kind in offered)
            self._renew()

    def use_account(self, account: Account) -> None:
        """Ask with this one."""
        if account != self.account:
            self.account = account
            self._renew()

    def edit(self, text: str) -> None:
        """Take the JSON as a person changed it; as the form makes it, it is the form's again."""
        edited = text if text != self.form_text else None
        if edited != self.edited:
            self.edited = edited
            self._unread(TYPING_MS)
            self.request_changed.emit()

    def read_again(self) -> None:
        """Check and price it anew: consents may be others."""
        self._unread(0)

    def wish(self) -> Wish:
        """It as services need it."""
        by_form = self.edited is None
        request = self.request if by_form else {}
        parts = (self.provider, self.account, self.images, request, self.edited)
        return Wish(self._wish, *parts, project=self._project())

    def _renew(self) -> None:
        self.request_changed.emit()
        self._unread(0)

    def _unread(self, wait: int) -> None:
        self.reading = None
        self._wish += 1
        self.read_changed.emit()
        self._timer.start(wait)

    @Slot()
    def _read(self) -> None:
        if self.images and (self.asked or self.edited is not None):
            self._request_reader.read_request(self.wish())

    @Slot(int, object)
    def _on_read(self, number: int, reading: Reading) -> None:
        if number == self._wish:
            self.reading = reading
            self.read_changed.emit()

    @property
    def problems(self) -> tuple[RequestProblem, ...]:
        """What is wrong in its text, as far as it was checked."""
        return self.reading.problems if self.reading else ()


def with_unique_names(images: Sequence[CloudImage]) -> tuple[CloudImage, ...]:
    """The images, those with the name of another one before them renamed: 'cat (2).jpg'."""
    taken: set[str] = set()
    found = []
    for image in images:
        name, number = image.name, 1
        while name in taken:
            number += 1
            stem, dot, suffix = image.name.rpartition(".")
            name = f"{stem} ({number}){dot}{suffix}" if dot else f"{image.name} ({number})"
        taken.add(name)
        found.append(image if name == image.name else replace(image, name=name))
    return tuple(found)
