"""Augmented copies of a split as files, and a table of what each was made from."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from PIL import Image

from imgclf_gui.core.augmentation import Mixing
from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.parallel import in_chunks, map_ahead, threads_for
from imgclf_gui.core.project import Project
from imgclf_gui.protocol.commands import ImageForm, WriteCopies
from imgclf_gui.protocol.events import CopiesWritten
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Pixels
from imgclf_gui.worker.progress import CopyProgress
from imgclf_gui.worker.views import Views, load

MANIFEST = "manifest.csv"
DESCRIPTION = "augmentation.json"
COLUMNS = ("file", "label", "image_id", "original", "copy", "seed")
"""The folder is imported by this table, so that classes keep their names whatever a disk allows."""

PART_IMAGES, PART_BYTES = 64, 16 << 20
"""Images that are changed together."""
LONGEST_NAME = 100
"""Bytes of a file's or folder's name; systems allow 255, and paths of 260 characters."""

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for itself."""


def write_copies(command: WriteCopies, emit: Emit, control: Control) -> None:
    """Write the copies of each image of the split: CopiesProgressed…, CopiesWritten.

    What a copy looks like follows from the seed, the image and the copy's number.

    Raises:
        UserError: `copies.mixing`, `copies.folder`, `copies.empty`; an augmentation is set wrongly,
            an image has vanished, or the disk is full. What was written stays, and its table.
    """
    begin = time.perf_counter()
    _refuse_mixing(command)
    project = Project.open(Path(command.project))
    with Dataset.open(project.dataset_path) as dataset:
        rows = dataset.images(command.split)
    if not rows:
        raise UserError(
            "copies.empty",
            f"The dataset has no {command.split} images.",
            "Import images, or choose another split.",
        )
    form = command.form
    views = Views(command.steps, (form.height, form.width, form.channels), command.seed)
    folder = _new_folder(Path(command.folder))
    _describe(folder, command)
    progress = CopyProgress(len(rows) * command.copies, begin, emit)
    with _Table(folder, command.seed) as table:
        for row, copy, picture in _pictures(project, rows, command, views, control):
            if control.stopped:
                break
            table.add(row, copy, picture)
            progress.report(table.written)
    emit(
        CopiesWritten(
            folder=command.folder,
            copies=table.written,
            seconds=time.perf_counter() - begin,
            stopped=table.written < progress.total,
        )
    )


def _refuse_mixing(command: WriteCopies) -> None:
    titles = [entry.title for step in command.steps if isinstance(entry := load(step), Mixing)]
    if titles:
        raise UserError(
            "copies.mixing",
            f"There is no file for what {' and '.join(titles)} would make: an image of several "
            "classes at once.",
            "Switch off what mixes images to write copies; in training it can stay.",
        )


def _new_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise write_error(folder, error) from error
    if occupied:
        raise UserError(
            "copies.folder",
            f"The folder {folder} is not empty, and nothing in it is overwritten.",
            "Name a new or an empty folder.",
        )
    return folder


def _describe(folder: Path, command: WriteCopies) -> None:
    described = command.model_dump(mode="json", include={"steps", "form", "split", "seed"})
    described["copies_of_each_image"] = command.copies
    write_text_atomic(folder / DESCRIPTION, json.dumps(described, indent=2) + "\n")


def _pictures(
    project: Project,
    rows: Sequence[ImageRow],
    command: WriteCopies,
    views: Views,
    control: Control,
) -> Iterator[tuple[ImageRow, int, bytes]]:
    """Each image's copies, numbered from 1, as PNG."""
    form = command.form
    image_bytes = form.width * form.height * form.channels
    decoded = map_ahead(
        partial(_decoded, project.images_folder, form),
        rows,
        threads_for(sum(row.size_bytes for row in rows) / len(rows)),
    )
    size = max(1, min(PART_IMAGES, PART_BYTES // image_bytes))
    # The first call builds the graph, which can take longer than a stop waits.
    control.busy_with = "preparing the augmentations"
    for part in in_chunks(zip(rows, decoded, strict=True), size):
        pixels = np.stack([image for _, image in part])
        for copy in range(command.copies):
            changed = views.view(pixels, copy)
            control.busy_with = ""
            encoded = map_ahead(_png, changed, threads_for(image_bytes))
            for (row, _), picture in zip(part, encoded, strict=True):
                yield row, copy + 1, picture


def _decoded(images_folder: Path, form: ImageForm, row: ImageRow) -> Pixels:
    image = decode(images_folder / row.path, name=row.name)
    return fit(image, form.width, form.height, form.channels, form.fit)


def _png(pixels: Pixels) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(encoded, "PNG")
    return encoded.getvalue()


class _Table:
    """Writes copies and their rows in the table, so that it has a row for each file that is there.

    A context manager; leaving it closes the table.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.written = 0
        self._folder = folder
        self._seed = seed
        self._classes: dict[str, _Class] = {}
        self._path = folder / MANIFEST
        try:
            self._stream: IO[bytes] = self._path.open("xb", buffering=0)
            self._append(COLUMNS)
        except OSError as error:
            raise write_error(self._path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._stream.close()

    def add(self, row: ImageRow, copy: int, picture: bytes) -> None:
        """Write one copy, and its row.

        Raises:
            UserError: `file.full`, `file.write`; neither is there then.
        """
        holder = self._class(row.label)
        path = holder.folder / f"{holder.stem(row)}-{copy}.png"
        cells = (path.relative_to(self._folder).as_posix(), row.label, row.id, row.name)
        end = self._stream.tell()
        try:
            with path.open("xb") as file:
                file.write(picture)
            self._append((*cells, copy, self._seed))
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
                self._stream.truncate(end)
            raise write_error(path, error) from error
        self.written += 1

    def _append(self, cells: Sequence[object]) -> None:
        line = _csv(cells)
        if self._stream.write(line) < len(line):  # all that a full disk had room for
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _class(self, label: str) -> _Class:
        if label not in self._classes:
            self._classes[label] = _Class(_made(self._folder, _safe(label)))
        return self._classes[label]


@dataclass
class _Class:
    """The folder of a class, and how its images are called there."""

    folder: Path
    stems: dict[int, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def stem(self, row: ImageRow) -> str:
        """As the original's name, told apart from others of that name."""
        if row.id not in self.stems:
            wanted = _safe(Path(row.name.replace("\\", "/")).stem)
            stem = wanted if wanted.casefold() not in self.taken else f"{wanted}-{row.id}"
            while stem.casefold() in self.taken:
                stem += "-"
            self.taken.add(stem.casefold())
            self.stems[row.id] = stem
        return self.stems[row.id]


def _made(folder: Path, name: str) -> Path:
    """A new folder of that name, with a number behind it where a disk takes two names for one."""
    number, path = 1, folder / name
    while True:
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
            path = folder / f"{name}-{number}"
        except OSError as error:
            raise write_error(path, error) from error
        else:
            return path


def _safe(name: str) -> str:
    """`name` as any system takes it for a file."""
    safe = _UNSAFE.sub("_", name).strip(" .")
    safe = safe.encode()[:LONGEST_NAME].decode(errors="ignore").rstrip(" .") or "_"
    return f"_{safe}" if _DEVICES.fullmatch(safe) or safe == "__MACOSX" else safe


def _csv(cells: Sequence[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
