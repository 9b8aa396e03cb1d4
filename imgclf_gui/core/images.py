"""The one decoder: the same pixels in preview, training and classification."""

from __future__ import annotations

import os
import stat
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import Fit

IMAGE_EXTENSIONS = frozenset((
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".avif",
))  # fmt: skip
UNSUPPORTED_EXTENSIONS = frozenset((
    ".heic", ".heif", ".svg", ".psd", ".ico", ".jp2", ".jxl", ".raw", ".cr2", ".cr3", ".nef",
    ".arw", ".dng", ".dcm", ".exr", ".tga",
))  # fmt: skip
"""Pictures to a person, but not to us; they are reported, not passed over in silence."""

MAX_FILE_BYTES = 256 << 20
MAX_PIXELS = 120_000_000
"""Larger ones are refused before they are decoded: 0.4 MB of PNG can ask for 2 GB of memory."""

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")
_EXTENSIONS = {"PNG": "png", "GIF": "gif", "BMP": "bmp", "WEBP": "webp", "TIFF": "tif",
               "PPM": "ppm", "AVIF": "avif"}  # fmt: skip
_ORIENTATION = 0x0112
_ORIENTATION_NOTES = frozenset(("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"))
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow would only warn from its own limit on; `_refuse_large` stands before each decoding.
Image.MAX_IMAGE_PIXELS = None


def decode(source: Path | bytes, *, name: str = "") -> Image.Image:
    """The image in `source`, upright, in mode L (grayscale) or RGB; of an animation the first.

    Transparent parts are laid on white; 16-bit and float values are scaled to 0…255, which
    Pillow's own `convert` would cut off.

    Raises:
        UserError: `image.unreadable`, with `name` (or the file's) and the reason.
    """
    name = name or (source.name if isinstance(source, Path) else "the image")
    content = read_file(source, name=name) if isinstance(source, Path) else source
    return decode_with_extension(content, name=name)[0]


def decode_with_extension(content: bytes, *, name: str) -> tuple[Image.Image, str]:
    """As `decode`, and the usual extension of the format that `content` really has ('jpg').

    Raises:
        UserError: `image.unreadable`.
    """
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            _refuse_large(image, name)
            image.load()
            return _normal(_upright(image)), _EXTENSIONS.get(image.format or "", "jpg")
    except UserError:
        raise
    # A damaged file leads Pillow into errors of many kinds, SyntaxError and RuntimeError among
    # them; this is the one place where they become a sentence.
    except Exception as error:
        raise unreadable(name, _reason(error, content), repr(error)) from error


def read_file(path: Path, *, name: str = "") -> bytes:
    """The bytes of an image file; never waits for a pipe or a device.

    Raises:
        UserError: `image.unreadable`.
    """
    name = name or path.name
    try:
        # Without O_NONBLOCK, opening a pipe that is named like an image hangs for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", getattr(os, "O_BINARY", 0)))
        with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 (a descriptor, not a path)
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise unreadable(name, "it is not a regular file")
            if found.st_size > MAX_FILE_BYTES:
                raise unreadable(
                    name,
                    f"the file has {found.st_size >> 20} MiB; at most {MAX_FILE_BYTES >> 20} MiB "
                    "are read",
                )
            return file.readall()
    except (FileNotFoundError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise unreadable(name, "the file is not there", repr(error)) from error
    except OSError as error:
        raise unreadable(name, f"{error.strerror or error}".lower(), repr(error)) from error


def fit(
    image: Image.Image, width: int, height: int, channels: Literal[1, 3], mode: Fit
) -> NDArray[np.uint8]:
    """The pixels of a decoded image in a frame, uint8 [height, width, channels].

    pad keeps all of the image and fills up with black, crop fills the frame from the middle,
    stretch changes the proportions.
    """
    wanted = "L" if channels == 1 else "RGB"
    if image.mode != wanted:
        image = image.convert(wanted)
    if image.size != (width, height):
        image = _framed(image, (width, height), mode)
    return np.asarray(image, np.uint8).reshape(height, width, channels)


class ImageError(UserError):
    """The error `image.unreadable`; `reason` is the part of its sentence behind the name."""

    reason: str = ""


def unreadable(name: str, reason: str, details: str = "") -> ImageError:
    """The error that says why an image cannot be used; `reason` is a part of a sentence."""
    error = ImageError(
        "image.unreadable",
        f"{name} cannot be read: {reason}.",
        "Use PNG, JPEG, GIF, BMP, WebP, TIFF, PPM or AVIF files.",
        details,
    )
    error.reason = reason
    return error


def _refuse_large(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise unreadable(
            name,
            f"it has {image.width} × {image.height} pixels; at most "
            f"{MAX_PIXELS // 1_000_000} million are read",
        )


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its camera noted; most images have no note, and asking Pillow costs time."""
    if _ORIENTATION_NOTES.isdisjoint(image.info) and image.format != "TIFF":
        return image
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    return image if turn is None else image.transpose(turn)


def _normal(image: Image.Image) -> Image.Image:
    """In mode L or RGB."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image.copy() if image.readonly else image
    if image.mode.startswith("I") or image.mode == "F":
        return _scaled(image)
    if image.has_transparency_data:
        gray = image.mode in ("1", "L", "LA", "La")
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("L" if gray else "RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """Values of 16 or 32 bits, or float, as 0…255.

    0…1 and 0…255 in floats and 0…65535 in whole numbers are taken for what they usually mean;
    beyond those, the image's own smallest and largest values become black and white.
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    top = (1.0 if high <= 1 else 255.0) if image.mode == "F" else 65535.0
    if low < 0 or high > top:
        values, top = values - low, high - low or 1.0
    return Image.fromarray(np.rint(values * (255 / top)).astype(np.uint8))


def _framed(image: Image.Image, size: tuple[int, int], mode: Fit) -> Image.Image:
    if mode == "crop":
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    if mode == "stretch":
        return image.resize(size, Image.Resampling.BILINEAR)
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    frame = Image.new(image.mode, size)
    seen = image.resize(inner, Image.Resampling.BILINEAR)
    frame.paste(seen, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return frame


def _reason(error: Exception, content: bytes) -> str:
    text = str(error).lower()
    if not content:
        return "the file is empty"
    if isinstance(error, UnidentifiedImageError):
        return "it is not an image, or its beginning is damaged"
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode it"
    if "truncated" in text or isinstance(error, EOFError):
        return "the file is cut short"
    return "the file is damaged"
