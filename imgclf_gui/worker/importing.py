"""Importing: look at each image, keep a copy of it, and list it in the dataset. No TensorFlow."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice, takewhile
from pathlib import Path

from imgclf_gui import catalog
from imgclf_gui.core.dataset import Dataset, NewImage
from imgclf_gui.core.entry import SourceImage, SourceListing, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error
from imgclf_gui.core.images import ImageError, decode_with_extension, read_file, unreadable
from imgclf_gui.core.parallel import in_chunks, map_ahead, threads_for
from imgclf_gui.core.project import Project
from imgclf_gui.core.thumbnails import Thumbnails, shown_as_is, thumbnail
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.protocol.events import Event, ImportFinished, ImportProgressed, SkippedImage

_CHUNK_IMAGES = 32
_CHUNK_BYTES = 1 << 20
_REPORT_SECONDS = 0.2
_REPORTED_SKIPPED = 1_000
_REPORTED_BYTES = 400_000
"""Of the skipped items' names and reasons: a line of the protocol is bounded."""

_INCOMING = ".incoming"
"""Where copies are written before they get their name; a kill leaves no half image."""


def import_images(
    command: ImportImages, emit: Callable[[Event], None], stopped: Callable[[], bool]
) -> None:
    """Import `command.source` into the project: ImportProgressed…, ImportFinished.

    What is broken is listed and left out. What is there already, the same bytes with the same
    label, is left out too, so that an import that was stopped or killed goes on when it is
    started again.

    Raises:
        UserError: nothing could be imported, the project cannot be written, the disk is full;
            what was imported before stays.
    """
    source = Path(command.source).absolute()
    project = Project.open(Path(command.project))
    with (
        Dataset.open(project.dataset_path) as dataset,
        catalog.source_for(source).open(source, stopped) as listing,
    ):
        tally = _Tally(command.job, listing.total, emit)
        keeper = _Keeper(project.images_folder, stopped)
        try:
            with keeper, contextlib.closing(_look_at_all(listing, keeper, stopped)) as looked:
                _list(dataset, project, str(source), looked, tally)
        except UserError:
            # What came in must have its split; the first error is the one to report.
            with contextlib.suppress(UserError):
                dataset.assign_splits(project.spec.data)
            raise
        dataset.assign_splits(project.spec.data)
        tally.finish(source.name, stopped=stopped())


@dataclass
class _Looked:
    """What became of a chunk of items."""

    images: list[NewImage] = field(default_factory=list)
    problems: list[SourceProblem] = field(default_factory=list)
    thumbnails: list[tuple[str, bytes]] = field(default_factory=list)

    def take(self, other: _Looked) -> None:
        self.images += other.images
        self.problems += other.problems
        self.thumbnails += other.thumbnails


def _look_at_all(
    listing: SourceListing, keeper: _Keeper, stopped: Callable[[], bool]
) -> Generator[_Looked, None, None]:
    """Chunks of items, looked at; how large, and by how many threads, the first items show."""
    items = takewhile(lambda _: not stopped(), listing.items)
    first = list(islice(items, _CHUNK_IMAGES))
    mean_bytes = sum(map(_bytes_of, first)) // max(1, len(first))
    size = max(1, min(_CHUNK_IMAGES, _CHUNK_BYTES // max(1, mean_bytes)))
    chunks = in_chunks(chain(first, items), size)
    return map_ahead(keeper.look, chunks, threads_for(mean_bytes))


def _list(
    dataset: Dataset,
    project: Project,
    source: str,
    looked: Iterable[_Looked],
    tally: _Tally,
) -> None:
    """Write what was looked at into the dataset, in batches of about a fifth of a second."""
    dataset.forget_skipped(source)
    thumbnails = Thumbnails(project)
    batch = _Looked()

    def write() -> None:
        nonlocal batch
        added = dataset.add(batch.images)
        dataset.add_skipped(source, batch.problems)
        thumbnails.keep(batch.thumbnails)
        tally.count(batch, added)
        batch = _Looked()

    with contextlib.closing(thumbnails):
        for part in looked:
            batch.take(part)
            if tally.report_due():
                write()
        write()


class _Keeper:
    """Looks at images and keeps copies, named by their content; called from several threads."""

    def __init__(self, images_folder: Path, stopped: Callable[[], bool]) -> None:
        self._folder = images_folder
        self._incoming = images_folder / _INCOMING
        self._stopped = stopped

    def __enter__(self) -> None:
        try:
            shutil.rmtree(self._incoming, ignore_errors=True)
            for byte in range(256):
                (self._folder / f"{byte:02x}").mkdir(parents=True, exist_ok=True)
            self._incoming.mkdir()
        except OSError as error:
            raise write_error(self._folder, error) from error

    def __exit__(self, *exception: object) -> None:
        shutil.rmtree(self._incoming, ignore_errors=True)

    def look(self, items: Sequence[SourceImage | SourceProblem]) -> _Looked:
        """Decode each image, and keep it if that works.

        Raises:
            UserError: a copy could not be written.
        """
        looked = _Looked()
        for item in items:
            if self._stopped():
                break
            if isinstance(item, SourceProblem):
                looked.problems.append(item)
                continue
            try:
                self._look_at(item, looked)
            except ImageError as error:
                looked.problems.append(SourceProblem(item.name, error.reason))
        return looked

    def _look_at(self, item: SourceImage, looked: _Looked) -> None:
        content = _content(item)
        image, extension = decode_with_extension(content, name=item.name)
        digest = blake2b(content, digest_size=16).hexdigest()
        path = f"{digest[:2]}/{digest}.{extension}"
        self._keep(path, content)
        if not shown_as_is(content, image.width, image.height):
            looked.thumbnails.append((path, thumbnail(image)))
        looked.images.append(
            NewImage(
                path=path,
                name=item.name,
                label=item.label,
                declared=item.split,
                width=image.width,
                height=image.height,
                grayscale=image.mode == "L",
                size_bytes=len(content),
            )
        )

    def _keep(self, path: str, content: bytes) -> None:
        target = os.path.join(self._folder, path)  # noqa: PTH118 (50,000 times: Path is slow)
        try:
            if os.stat(target).st_size == len(content):  # noqa: PTH116
                return
        except FileNotFoundError:
            pass
        incoming = f"{self._incoming}/{threading.get_ident()}"
        try:
            with open(incoming, "wb") as file:  # noqa: PTH123
                file.write(content)
            os.replace(incoming, target)  # noqa: PTH105
        except OSError as error:
            raise write_error(self._folder, error) from error


class _Tally:
    """What an import has counted, and when it was last reported."""

    def __init__(self, job: str, total: int, emit: Callable[[Event], None]) -> None:
        self._job, self._total, self._emit = job, total, emit
        self._began = time.monotonic()
        self._reported = self._began - _REPORT_SECONDS
        self._imported = self._duplicates = self._skipped = 0
        self._first_skipped: list[SourceProblem] = []
        self._report()

    def report_due(self) -> bool:
        """Whether it is time to tell the person again."""
        return time.monotonic() - self._reported >= _REPORT_SECONDS

    def count(self, looked: _Looked, added: int) -> None:
        """Count a batch of which `added` images were new, and report."""
        self._imported += added
        self._duplicates += len(looked.images) - added
        self._skipped += len(looked.problems)
        room = _REPORTED_SKIPPED - len(self._first_skipped)
        self._first_skipped += looked.problems[:room]
        self._report()

    def finish(self, source: str, *, stopped: bool) -> None:
        """Report the end.

        Raises:
            UserError: `import.nothing` if no image at all could be read.
        """
        done = self._imported + self._duplicates
        if not done and self._skipped and not stopped:
            first = self._first_skipped[0]
            raise UserError(
                "import.nothing",
                f"None of the {self._skipped:,} images of {source} could be imported; the first "
                f"is {first.name}: {first.reason}.",
                "Mend or replace the files, then import again.",
            )
        self._emit(
            ImportFinished(
                job=self._job,
                imported=self._imported,
                duplicates=self._duplicates,
                skipped=tuple(_reportable(self._first_skipped)),
                skipped_total=self._skipped,
                seconds=time.monotonic() - self._began,
                stopped=stopped,
            )
        )

    def _report(self) -> None:
        self._reported = time.monotonic()
        done = self._imported + self._duplicates + self._skipped
        rate = done / max(self._reported - self._began, 1e-9)
        self._emit(
            ImportProgressed(
                job=self._job,
                done=done,
                total=self._total,
                skipped=self._skipped,
                images_per_second=rate,
                seconds_left=(self._total - done) / rate if done else None,
            )
        )


def _bytes_of(item: SourceImage | SourceProblem) -> int:
    if isinstance(item, SourceImage) and item.content is not None:
        return len(item.content)
    if isinstance(item, SourceImage) and item.file is not None:
        with contextlib.suppress(OSError, ValueError):
            return item.file.stat().st_size
    return 0


def _content(item: SourceImage) -> bytes:
    if item.content is not None:
        return item.content
    if item.file is None:
        raise unreadable(item.name, "its source names no file")
    return read_file(item.file, name=item.name)


def _reportable(problems: Iterable[SourceProblem]) -> Iterator[SkippedImage]:
    """As many as a line of the protocol has room for."""
    left = _REPORTED_BYTES
    for problem in problems:
        left -= len(json.dumps([problem.name, problem.reason]))
        if left < 0:
            return
        yield SkippedImage(name=problem.name, reason=problem.reason)
