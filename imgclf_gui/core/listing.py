"""What sources have in common: names, split words, and walking folders."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.images import IMAGE_EXTENSIONS, UNSUPPORTED_EXTENSIONS
from imgclf_gui.core.spec import Split

DEEPEST = 64
"""Folders inside each other that are looked into; people never nest so deep, bombs do."""

_SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
_NO_SPLIT = frozenset(("", "unassigned"))


@dataclass(frozen=True)
class FoundFile:
    """A file that may be an image; `name` is its readable path below where the walk began."""

    name: str
    path: Path


def split_named(text: str) -> Split | None:
    """The split that a word such as 'val' or 'Training' means; None for other words."""
    return _SPLIT_WORDS.get(text.strip().lower())


def says_split(text: str) -> bool:
    """Whether `text` is such a word, or says that there is no split."""
    return text.strip().lower() in _NO_SPLIT or split_named(text) is not None


def table_rows(table: Path) -> Iterator[list[str]]:
    """The rows of a CSV file; comma, semicolon, tab or bar stand between the cells.

    UTF-8 or UTF-16. Bytes that are not UTF-8 are kept: they may be the name of a file.

    Raises:
        OSError, ValueError, csv.Error: it cannot be read as a table.
    """
    with table.open("rb") as file:
        start = file.read(1 << 16)
        file.seek(0)
        encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with io.TextIOWrapper(file, encoding, "surrogateescape", newline="") as text:
            first = start.decode(encoding, "replace").partition("\n")[0]
            yield from csv.reader(text, delimiter=max(",;\t|", key=first.count))


def named_file(folder: Path, path: str) -> Path:
    """The file that a table in `folder` calls `path`, also where Windows wrote it."""
    file = folder / path
    if "\\" in path and not file.exists():
        return folder / path.replace("\\", "/")
    return file


def readable(text: str) -> str:
    r"""A name from a disk as text that can be stored and shown.

    Bytes that are not UTF-8 become '\xe9'; letters with accents are composed (NFC), so that a
    class has one spelling whichever system named its folder.
    """
    raw = text.encode("utf-8", "surrogateescape")
    return unicodedata.normalize("NFC", raw.decode("utf-8", "backslashreplace"))


def hidden(name: str) -> bool:
    """Whether systems, not people, put files of this name there."""
    return name.startswith(".") or name == "__MACOSX"


def subfolders(folder: Path) -> list[Path]:
    """The folders in `folder` that are not hidden, by name; links to folders are left out."""
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if not hidden(e.name) and e.is_dir(follow_symlinks=False)]
    return [folder / name for name in sorted(names)]


def image_files(
    folder: Path, name: str = "", *, below: bool = True
) -> Iterator[FoundFile | SourceProblem]:
    """The files with an image's extension in `folder` and, unless `below` is false, below it.

    `name` begins their names. A link to a folder is reported and not followed: it may lead back.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield SourceProblem(name or readable(folder.name), f"{error.strerror}".lower())
        return
    for entry in entries:
        if hidden(entry.name):
            continue
        entry_name = f"{name}/{readable(entry.name)}" if name else readable(entry.name)
        if entry.is_dir(follow_symlinks=False):
            if below and entry_name.count("/") < DEEPEST:
                yield from image_files(Path(entry.path), entry_name)
            elif below:
                yield SourceProblem(entry_name, "its folders are nested too deep")
        elif below and entry.is_symlink() and entry.is_dir():
            yield SourceProblem(entry_name, "links to folders are not followed")
        else:
            yield from _image_file(entry, entry_name)


def _image_file(entry: os.DirEntry[str], name: str) -> Iterator[FoundFile | SourceProblem]:
    extension = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 (Path costs 20 times more)
    if extension in IMAGE_EXTENSIONS:
        yield FoundFile(name, Path(entry.path))
    elif extension in UNSUPPORTED_EXTENSIONS:
        yield SourceProblem(name, f"{extension} is not supported; save it as JPEG or PNG")
