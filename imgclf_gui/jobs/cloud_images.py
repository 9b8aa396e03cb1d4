"""Images as they would be sent: upright, without notes of where they were taken, small enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from imgclf_gui.core.cloud import Cancel, CloudImage, Preparation
from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.image_notes import has_notes
from imgclf_gui.core.listing import image_files, readable
from imgclf_gui.core.parallel import map_ahead
from imgclf_gui.core.vision import (
    MOST_IMAGE_BYTES,
    MOST_JSON_BYTES,
    MOST_PIXELS,
    RECOMMENDED,
    base64_bytes,
)

if TYPE_CHECKING:
    from PIL import Image

SENT_AS_THEY_ARE = frozenset(("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"))
"""Formats that Cloud Vision takes, as Pillow names them."""
JPEG_QUALITY = 95
MOST_EXIF_BYTES = 65_000
"""A segment of a JPEG has room for some 500 more."""
THREADS = 2
ROOM_FOR_FEATURES = 4_096
"""Bytes of JSON that an entry takes beside its image."""

_ORIENTATION = 0x0112
_NOTES = frozenset(("exif", "xmp", "comment"))
"""Where Pillow has what cameras and programs note, for formats that `has_notes` does not know."""


@dataclass(frozen=True)
class Prepared:
    """Images as they would be sent, and the files that cannot be, with the reason."""

    images: tuple[CloudImage, ...] = ()
    refused: tuple[tuple[Path, ErrorReport], ...] = ()


def prepare(paths: Sequence[Path], how: Preparation, cancel: Cancel) -> Prepared:
    """Read images (of a folder, all below it) and make what would be sent of them.

    Raises:
        UserError: `cloud.cancelled`.
    """
    images: list[CloudImage] = []
    refused: list[tuple[Path, ErrorReport]] = []

    def make(found: Path | tuple[Path, ErrorReport]) -> CloudImage | tuple[Path, ErrorReport]:
        if cancel.cancelled or not isinstance(found, Path):
            return found if isinstance(found, tuple) else (found, ErrorReport(code="", message=""))
        try:
            return _refuse_large(made_ready(found, how))
        except UserError as error:
            return found, error.report

    names: set[str] = set()
    for made in map_ahead(make, _files(paths), THREADS):
        cancel.raise_if_cancelled()
        if isinstance(made, CloudImage):
            images.append(replace(made, name=_unique(made.name, names)))
        else:
            refused.append(made)
    return Prepared(tuple(images), tuple(refused))


def _files(paths: Sequence[Path]) -> Iterator[Path | tuple[Path, ErrorReport]]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in image_files(path):
            if isinstance(found, SourceProblem):
                message = f"{found.name} cannot be sent: {found.reason}."
                yield path / found.name, ErrorReport(code="cloud.image", message=message)
            else:
                yield found.path


def _unique(name: str, names: set[str]) -> str:
    """`name`, or one like it that is not in `names`, which gets it."""
    stem, dot, suffix = name.rpartition(".")
    free, number = name, 1
    while free in names:
        number += 1
        free = f"{stem} ({number}){dot}{suffix}" if stem else f"{name} ({number})"
    names.add(free)
    return free


def made_ready(
    path: Path, how: Preparation, kinds: frozenset[str] = SENT_AS_THEY_ARE, *, name: str = ""
) -> CloudImage:
    """One image as it would be sent, however large, in one of the formats `kinds`, JPEG and PNG.

    `name` is what a person calls it; by default the file's.

    Raises:
        UserError: `image.unreadable`.
    """
    from imgclf_gui.core.images import decode, read_file

    name = name or readable(path.name)
    content = read_file(path, name=name)
    image = decode(content, name=name)  # upright, and proof that it can be decoded
    kind, notes, turned = _seen(content)
    shrunk = how.downscale and (image.width > RECOMMENDED[0] or image.height > RECOMMENDED[1])
    stripped = how.strip_exif and bool(notes)
    if shrunk:
        image.thumbnail(RECOMMENDED)
    if shrunk or stripped or turned or kind not in kinds:
        exif = b"" if how.strip_exif else _without_orientation(content)
        content = _encoded(image, kind, exif)
        notes = bool(exif)
    return CloudImage(name, content, image.width, image.height, notes, path)


def _seen(content: bytes) -> tuple[str, bool, bool]:
    """The format, whether something is noted in it, and whether it lies on its side."""
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        image.load()  # PNG may keep notes behind its pixels
        exif = image.getexif()
        # Every TIFF has tags, and what is private among them is hard to tell.
        notes = image.format == "TIFF" or bool(exif) or not _NOTES.isdisjoint(image.info)
        notes = notes or has_notes(content)
        return image.format or "", notes, exif.get(_ORIENTATION, 1) != 1


def _without_orientation(content: bytes) -> bytes:
    """The EXIF of an image that has been turned upright; b'' if it cannot be written again."""
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        exif = image.getexif()
    exif.pop(_ORIENTATION, None)
    try:
        written = exif.tobytes() if len(exif) else b""
    except Exception:  # noqa: BLE001 damaged EXIF leads Pillow into errors of many kinds
        return b""
    return written if len(written) <= MOST_EXIF_BYTES else b""


def _encoded(image: Image.Image, kind: str, exif: bytes) -> bytes:
    """As JPEG what was one, everything else without loss."""
    made = BytesIO()
    image.info = {}  # or Pillow writes again what it read: comments, XMP
    if kind in ("JPEG", "MPO"):
        image.save(made, "JPEG", quality=JPEG_QUALITY, exif=exif)
    else:
        image.save(made, "PNG", exif=exif)
    return made.getvalue()


def _refuse_large(image: CloudImage) -> CloudImage:
    """`image`, if Cloud Vision takes one so large."""
    reason, size = "", len(image.content)
    if image.width * image.height > MOST_PIXELS:
        reason = f"it has {image.width} × {image.height} pixels, and 75 million are the most"
    elif size > MOST_IMAGE_BYTES:
        reason = f"it has {bytes_words(size)}, and 20 MB are the most"
    elif base64_bytes(size) > MOST_JSON_BYTES - ROOM_FOR_FEATURES:
        in_base64 = bytes_words(base64_bytes(size))
        reason = f"as JSON it has {in_base64}, and a request has 10 MB at most"
    if reason:
        raise UserError(
            "cloud.image", f"{image.name} cannot be sent: {reason}.", "Let images be downscaled."
        )
    return image
