"""The dataset: the manifest of a project's images, with their labels and splits (SQLite)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import SPLITS, DataSpec, Split
from imgclf_gui.core.splits import Candidate, assign
from imgclf_gui.core.summary import DatasetSummary

DATASET_VERSION = 1

# `path` names the content (it holds its hash), so (path, label) is one image. `declared` is the
# split that the source names. `state` holds what is derived from the images; adding empties it.
_SCHEMA = """
CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    declared TEXT,
    split TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    grayscale INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    UNIQUE (path, label)
);
CREATE INDEX images_by_label ON images (label, split);
CREATE TABLE skipped (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (source, name)
);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_COLUMNS = "id, path, name, label, split, width, height, grayscale, size_bytes"


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image of the dataset."""

    id: int
    path: str
    """Of its file, relative to the project's images folder: 'ab/<hash of its bytes>.png'."""
    name: str
    """How the person knows it: the relative path in the source it came from."""
    label: str
    split: Split
    width: int
    """In pixels, as it is seen (after EXIF orientation)."""
    height: int
    grayscale: bool
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image about to be added; the fields mean what they mean in `ImageRow`."""

    path: str
    name: str
    label: str
    declared: Split | None
    """The split its source names."""
    width: int
    height: int
    grayscale: bool
    size_bytes: int


class Dataset:
    """An open manifest, for one thread; others may read while one writes.

    Every method may raise UserError: `dataset.damaged`, `dataset.busy`, `dataset.write`,
    `file.full`.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the manifest at `path`; a missing one is made.

        Raises:
            UserError: `dataset.newer`, and those above.
        """
        with _reported(path):
            connection = sqlite3.connect(path, timeout=15, isolation_level=None)
            dataset = cls(path, connection)
            try:
                # With a write-ahead log, only a power failure can undo the last commits.
                connection.execute("PRAGMA synchronous = NORMAL")
                dataset._prepare()
            except BaseException:
                connection.close()
                raise
        return dataset

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def summary(self) -> DatasetSummary:
        """All that planning needs to know, at one moment; quick also with 100,000 images."""
        with self._reading():
            return self._summary()

    def _summary(self) -> DatasetSummary:
        labels = self.labels()
        index = {label: place for place, label in enumerate(labels)}
        counts = {split: [0] * len(labels) for split in SPLITS}
        for label, split, count in self._rows(
            "SELECT label, split, COUNT(*) FROM images GROUP BY label, split"
        ):
            counts[split][index[label]] = count
        sizes = self._rows(
            "SELECT width, height, COUNT(*) AS images FROM images GROUP BY width, height"
            " ORDER BY images DESC, width, height LIMIT 2"
        )
        width, height, _ = sizes[0] if sizes else (0, 0, 0)
        (grayscale,) = self._rows("SELECT COALESCE(MIN(grayscale), 0) FROM images")[0]
        return DatasetSummary(
            labels=labels,
            counts={split: tuple(numbers) for split, numbers in counts.items()},
            common_width=width,
            common_height=height,
            same_size=len(sizes) < 2,
            grayscale=bool(grayscale),
            skipped=self._rows("SELECT COUNT(*) FROM skipped")[0][0],
            fingerprint=self.fingerprint(),
        )

    def fingerprint(self) -> str:
        """Changes when images, labels or splits change; the same for the same on any machine."""
        stored = self._rows("SELECT value FROM state WHERE key = 'fingerprint'")
        return stored[0][0] if stored else self._computed_fingerprint()

    def labels(self) -> tuple[str, ...]:
        """The classes in natural order of their names; training knows one by its place here."""
        found = [label for (label,) in self._rows("SELECT DISTINCT label FROM images")]
        return tuple(sorted(found, key=natural_key))

    def images(self, split: Split | None = None, label: str | None = None) -> list[ImageRow]:
        """The images of a split, of a class, or all, in the order of their import."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM images WHERE (:split IS NULL OR split = :split)"  # noqa: S608
            " AND (:label IS NULL OR label = :label) ORDER BY id",
            {"split": split, "label": label},
        )
        return [_image_row(row) for row in rows]

    def images_split_by(self, spec: DataSpec) -> list[ImageRow]:
        """All images with the splits that `spec` gives them, in the order of their import.

        A run keeps its own splits in this way while the person tries others in the window.
        """
        rows = self._rows(f"SELECT declared, {_COLUMNS} FROM images ORDER BY id")  # noqa: S608
        splits = assign((Candidate(row[1], row[2], row[4], row[0]) for row in rows), spec)
        return [_image_row((*row[1:5], splits[row[1]], *row[6:])) for row in rows]

    def image(self, image_id: int) -> ImageRow:
        """One image.

        Raises:
            KeyError: the dataset has none of this id.
        """
        rows = self._rows(f"SELECT {_COLUMNS} FROM images WHERE id = ?", (image_id,))  # noqa: S608
        if not rows:
            raise KeyError(image_id)
        return _image_row(rows[0])

    def skipped(self) -> list[SourceProblem]:
        """What the sources held that could not be read, by name."""
        rows = self._rows("SELECT name, reason FROM skipped ORDER BY name, source")
        return [SourceProblem(name, reason) for name, reason in rows]

    def add(self, images: Sequence[NewImage]) -> int:
        """Add images; returns how many were new.

        The same content with the same label is there once: the first to come stays.
        """
        with self._writing():
            added = self._connection.executemany(
                "INSERT OR IGNORE INTO images (path, name, label, declared, split, width, height,"
                " grayscale, size_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        image.path, image.name, image.label, image.declared,
                        image.declared or "train", image.width, image.height, image.grayscale,
                        image.size_bytes,
                    )
                    for image in images
                ],
            ).rowcount  # fmt: skip
            if added > 0:
                self._connection.execute("DELETE FROM state")
        return max(0, added)

    def forget_skipped(self, source: str) -> None:
        """Drop what was noted of `source`, before it is imported again."""
        with self._writing():
            self._connection.execute("DELETE FROM skipped WHERE source = ?", (source,))

    def add_skipped(self, source: str, problems: Sequence[SourceProblem]) -> None:
        """Note what could not be read of `source`."""
        with self._writing():
            self._connection.executemany(
                "INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)",
                [(source, problem.name, problem.reason) for problem in problems],
            )

    def assign_splits(self, spec: DataSpec) -> None:
        """Give each image its split as `spec` says; quick where that is done already."""
        rule = f"{spec.validation_percent!r} {spec.test_percent!r} {spec.split_seed}"
        if self._rows("SELECT value FROM state WHERE key = 'splits'") == [(rule,)]:
            return
        with self._writing():
            rows = self._rows("SELECT id, path, label, declared, split FROM images")
            splits = assign((Candidate(*row[:4]) for row in rows), spec)
            self._connection.executemany(
                "UPDATE images SET split = ? WHERE id = ?",
                [(splits[row[0]], row[0]) for row in rows if splits[row[0]] != row[4]],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO state VALUES (?, ?)",
                [("splits", rule), ("fingerprint", self._computed_fingerprint())],
            )

    def _prepare(self) -> None:
        version = self._version()
        if version > DATASET_VERSION:
            raise UserError(
                "dataset.newer",
                f"The dataset was made by a newer ImgClf Studio (version {version} of its form; "
                f"this one knows {DATASET_VERSION}).",
                "Update ImgClf Studio to open it.",
            )
        if version == DATASET_VERSION:
            return
        # Readers (the window) go on while the worker imports.
        self._connection.execute("PRAGMA journal_mode = WAL")
        with self._writing():
            if self._version() == 0:  # nobody was quicker
                for statement in _SCHEMA.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {DATASET_VERSION}")

    def _version(self) -> int:
        version: int = self._rows("PRAGMA user_version")[0][0]
        return version

    def _computed_fingerprint(self) -> str:
        return _digest(self._rows("SELECT path, label, split FROM images ORDER BY path, label"))

    def _rows(self, query: str, values: Sequence[object] | dict[str, object] = ()) -> list[Any]:
        with _reported(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Within it, every query sees the same dataset, whoever writes meanwhile."""
        with _reported(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it, or nothing."""
        with _reported(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back by itself already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def fingerprint_of(images: Iterable[ImageRow]) -> str:
    """What `Dataset.fingerprint` is for a dataset of these images with these splits."""
    return _digest(sorted((image.path, image.label, image.split) for image in images))


def _digest(ordered: Iterable[Sequence[str]]) -> str:
    digest = blake2b(digest_size=16)
    for row in ordered:
        digest.update("\0".join(row).encode() + b"\n")
    return digest.hexdigest()


def natural_key(text: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts 'class 2' before 'class 10', and capitals beside small letters."""
    parts = [part for part in re.split(r"([0-9]+)", text) if part]
    return [_part_key(part) for part in parts], text


def _part_key(part: str) -> tuple[int, str]:
    """Digits before letters; a number with fewer digits is the smaller one."""
    if not part.isdecimal():
        return 1 << 30, part.casefold()
    number = part.lstrip("0")
    return len(number), number


def _image_row(row: tuple[Any, ...]) -> ImageRow:
    image_id, path, name, label, split, width, height, grayscale, size_bytes = row
    return ImageRow(image_id, path, name, label, split, width, height, bool(grayscale), size_bytes)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Says what a database error means to a person."""
    try:
        yield
    except sqlite3.Error as error:
        raise _database_error(path, error) from error


def _database_error(path: Path, error: sqlite3.Error) -> UserError:
    # The low byte is the kind; the others refine it. None where Python itself refuses.
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return UserError(
            "file.full",
            f"There is no space left to write {path.name}.",
            f"Free some space on the disk of {path.parent}, then go on; what was there before "
            "is intact.",
            str(error),
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UserError(
            "dataset.busy",
            f"Another window or command is writing {path.name}.",
            "Wait until it is done, then try again.",
            str(error),
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return UserError(
            "dataset.damaged",
            f"{path} cannot be read.",
            "Move it away and import the images again; the runs are not touched.",
            str(error),
        )
    return UserError(
        "dataset.write",
        f"{path.name} could not be read or written: {error}.",
        f"Check that {path.parent} is there and that you may write to it.",
        str(error),
    )
