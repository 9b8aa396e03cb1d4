"""IDX files, the format of MNIST."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import ClassVar

from imgclf_gui.core.entry import Source, SourceImage, SourceListing, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import MAX_PIXELS
from imgclf_gui.core.listing import readable, split_named
from imgclf_gui.core.spec import Split

_IMAGES_FILE = re.compile(r"(?P<part>.+)-images[-.]idx3-ubyte(\.gz)?")
_IMAGES_MAGIC, _LABELS_MAGIC = 0x803, 0x801
_CLASS_FILES = ("labels.txt", "classes.txt")


class Idx(Source):
    """A folder with MNIST's files, plain or gzip: `train-images-idx3-ubyte` and its fellows.

    `train-…` becomes the training split and `t10k-…` the test split. Classes are called by their
    numbers, or by the lines of a `labels.txt` or `classes.txt` beside the files.
    Format: http://yann.lecun.com/exdb/mnist.
    """

    title: ClassVar[str] = "IDX files"
    summary: ClassVar[str] = "A folder of files in MNIST's format, plain or gzip."
    order: ClassVar[int] = 20

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with a file of IDX images, or such a file."""
        return bool(_image_files(path))

    @contextmanager
    def open(self, path: Path, stopped: Callable[[], bool]) -> Iterator[SourceListing]:
        """See `Source.open`.

        Raises:
            UserError: `import.idx` if a file is missing or not what its name says.
        """
        del stopped  # only headers and labels are read here
        parts = [_part(file) for file in _image_files(path)]
        names = _class_names(path if path.is_dir() else path.parent)
        items = (item for part in parts for item in _items(part, names))
        yield SourceListing(sum(len(part.labels) for part in parts), items)


@dataclass(frozen=True)
class _Part:
    """One file of images with its labels."""

    file: Path
    name: str
    split: Split | None
    labels: bytes
    width: int
    height: int


def _image_files(path: Path) -> list[Path]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [file for file in files if _IMAGES_FILE.fullmatch(file.name) and file.is_file()]
    packed = {file.name for file in found}
    return [file for file in found if file.name.removesuffix(".gz") not in packed - {file.name}]


def _part(file: Path) -> _Part:
    match = _IMAGES_FILE.fullmatch(file.name)
    name = match["part"] if match else file.name
    with _opened(file) as stream:
        magic, images, height, width = _header(stream, file, ">IIII")
    if magic != _IMAGES_MAGIC or not 0 < width * height <= MAX_PIXELS:
        raise _wrong(file, f"its header is {magic:#x}, {images}, {height}, {width}")
    labels = _labels(_labels_file(file))
    if len(labels) != images:
        raise _wrong(file, f"it has {images} images, and there are {len(labels)} labels")
    word = name.rpartition("-")[2]
    split: Split | None = "test" if word == "t10k" else split_named(word)
    return _Part(file, readable(name), split, labels, width, height)


def _labels_file(file: Path) -> Path:
    plain = file.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for name in (plain, f"{plain}.gz"):
        if file.with_name(name).is_file():
            return file.with_name(name)
    raise _wrong(file, f"its labels, {plain}, are missing")


def _labels(file: Path) -> bytes:
    with _opened(file) as stream:
        magic, count = _header(stream, file, ">II")
        labels = _read(stream, file, count)
    if magic != _LABELS_MAGIC or len(labels) != count:
        raise _wrong(file, f"its header is {magic:#x}, {count}, and {len(labels)} labels follow")
    return labels


def _class_names(folder: Path) -> list[str]:
    for name in _CLASS_FILES:
        if (folder / name).is_file():
            text = (folder / name).read_text("utf-8-sig", "backslashreplace")
            return [readable(line.strip()) for line in text.splitlines() if line.strip()]
    return []


def _items(part: _Part, names: list[str]) -> Iterator[SourceImage | SourceProblem]:
    size = part.width * part.height
    with _opened(part.file) as stream:
        _header(stream, part.file, ">IIII")
        for number, label in enumerate(part.labels):
            pixels = _read(stream, part.file, size)
            if len(pixels) != size:
                rest = len(part.labels) - number
                yield SourceProblem(part.file.name, f"it is cut short: {rest} images are missing")
                return
            yield SourceImage(
                f"{part.name}/{number:05}.png",
                names[label] if label < len(names) else str(label),
                part.split,
                content=_png(pixels, part.width, part.height),
            )


def _png(pixels: bytes, width: int, height: int) -> bytes:
    """A grayscale PNG, 8 bits a pixel; several times quicker than by way of an image object."""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@contextmanager
def _opened(file: Path) -> Iterator[BufferedIOBase]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        yield stream


def _header(stream: BufferedIOBase, file: Path, form: str) -> tuple[int, ...]:
    raw = _read(stream, file, struct.calcsize(form))
    if len(raw) != struct.calcsize(form):
        raise _wrong(file, "it is cut short")
    return struct.unpack(form, raw)


def _read(stream: BufferedIOBase, file: Path, size: int) -> bytes:
    """Up to `size` bytes; damaged gzip ends where the damage begins."""
    try:
        return stream.read(size)
    except EOFError:
        return b""
    except (OSError, zlib.error) as error:
        raise _wrong(file, str(error)) from error


def _wrong(file: Path, why: str) -> UserError:
    return UserError(
        "import.idx",
        f"{file.name} is not a whole IDX file: {why}.",
        "Copy or download the files again; images and labels must both be there.",
    )
