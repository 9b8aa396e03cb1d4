"""What JPEG and PNG files carry beside their pixels: notes of cameras, programs and people.

A file is without notes if nothing is in it but parts that are known to describe pixels; so that
what nobody has heard of is a note, too.
"""

from __future__ import annotations

from collections.abc import Iterator

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"

_SCAN, _END, _COMMENT = 0xDA, b"\xff\xd9", 0xFE
_APPLICATION = range(0xE0, 0xF0)
_OF_PIXELS = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
"""Application segments that say what colours mean."""
_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD hIST pHYs sPLT mDCV cLLI "
    b"acTL fcTL fdAT".split()
)  # fmt: skip
"""Of a PNG; not the moment (tIME), texts, or what programs have of their own."""


def has_notes(content: bytes) -> bool:
    """Whether a whole JPEG or PNG carries notes, or anything behind its end; False for others."""
    if content.startswith(JPEG):
        return _jpeg_has_notes(content)
    if content.startswith(PNG):
        return _png_has_notes(content)
    return False


def _jpeg_has_notes(content: bytes) -> bool:
    position = len(JPEG)
    while content[position : position + 1] == b"\xff":
        kind = content[position + 1]
        if kind == 0xFF:  # padding
            position += 1
            continue
        start = position + 4
        position += 2 + int.from_bytes(content[position + 2 : start], "big")
        if kind == _COMMENT or (kind in _APPLICATION and not _of_pixels(kind, content, start)):
            return True
        if kind == _SCAN:
            end = content.find(_END, position)
            return bool(content[end + len(_END) :].strip(b"\0")) if end >= 0 else False
    return True  # no picture that is known here


def _of_pixels(kind: int, content: bytes, start: int) -> bool:
    return any(kind == one and content.startswith(name, start) for one, name in _OF_PIXELS)


def _png_has_notes(content: bytes) -> bool:
    for kind, end in _chunks(content):
        if kind not in _CHUNKS:
            return True
        if kind == b"IEND":
            return bool(content[end:].strip(b"\0"))
    return False


def _chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The kind of each, and where it ends."""
    position = len(PNG)
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        position += 12 + length
        yield kind, position
