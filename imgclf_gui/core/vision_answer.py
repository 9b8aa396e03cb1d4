"""What a response of Cloud Vision says, read tolerantly: what is missing or strange is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
"""Shares of width and height, 0…1."""


@dataclass(frozen=True)
class Region:
    """Something at a place in an image."""

    kind: str
    """The feature's: 'objects'."""
    text: str
    score: float | None
    polygon: tuple[Point, ...]


@dataclass(frozen=True)
class Scored:
    """Something that is said of a whole image."""

    text: str
    score: float | None


@dataclass(frozen=True)
class Colour:
    """A dominant colour, 0…255 each, and the share of the image that it takes."""

    red: int
    green: int
    blue: int
    share: float
    score: float


@dataclass(frozen=True)
class Answer:
    """What came back of one image."""

    labels: tuple[Scored, ...] = ()
    web: tuple[Scored, ...] = ()
    """What the image shows, as pages on the web tell; the best guess first."""
    pages: tuple[str, ...] = ()
    """Addresses of pages with the image."""
    regions: tuple[Region, ...] = ()
    """Objects, landmarks, logos, text, blocks of documents, crop hints, faces."""
    colours: tuple[Colour, ...] = ()
    safe_search: tuple[tuple[str, str], ...] = ()
    """('adult', 'VERY_UNLIKELY')…"""
    text: str = ""
    """All text that was read."""
    error: str | None = None


def answer(response: Mapping[str, Any], width: int, height: int) -> Answer:
    """What the JSON of one image's response says; `width` and `height` of the image as sent."""
    whole = _text(_inside(response, "fullTextAnnotation").get("text"))
    words = _rows(response, "textAnnotations")
    web = _inside(response, "webDetection")
    guesses = [Scored(_text(row.get("label")), None) for row in _rows(web, "bestGuessLabels")]
    entities = _scored(_rows(web, "webEntities"))
    search = _inside(response, "safeSearchAnnotation")
    failure = _inside(response, "error")
    pages = (_text(row.get("url")) for row in _rows(web, "pagesWithMatchingImages"))
    return Answer(
        labels=_scored(_rows(response, "labelAnnotations")),
        web=tuple(guess for guess in guesses if guess.text) + entities,
        pages=tuple(page for page in pages if page),
        regions=_regions(response, width, height),
        colours=_colours(response),
        safe_search=tuple((key, value) for key, value in search.items() if isinstance(value, str)),
        text=whole or (_text(words[0].get("description")) if words else ""),
        error=(_text(failure.get("message")) or "It could not be answered.") if failure else None,
    )


def _regions(response: Mapping[str, Any], width: int, height: int) -> tuple[Region, ...]:
    size = (width, height)
    found = [
        *_of(response, "localizedObjectAnnotations", "objects", "name", size),
        *_of(response, "landmarkAnnotations", "landmarks", "description", size),
        *_of(response, "logoAnnotations", "logos", "description", size),
        *_of(response, "textAnnotations", "text", "description", size)[1:],  # the first is all
        *_blocks(response, size),
        *_of(_inside(response, "cropHintsAnnotation"), "cropHints", "crop-hints", "", size),
        *_of(response, "faceAnnotations", "faces", "", size),
    ]
    return tuple(region for region in found if len(region.polygon) > 2)


def _of(
    response: Mapping[str, Any], key: str, kind: str, named: str, size: tuple[int, int]
) -> list[Region]:
    return [
        Region(kind, _text(row.get(named)), _score(row), _polygon(row.get("boundingPoly"), size))
        for row in _rows(response, key)
    ]


def _blocks(response: Mapping[str, Any], size: tuple[int, int]) -> list[Region]:
    """The blocks of a document, with their text."""
    return [
        Region(
            "documents", _block_text(block), _score(block), _polygon(block.get("boundingBox"), size)
        )
        for page in _rows(_inside(response, "fullTextAnnotation"), "pages")
        for block in _rows(page, "blocks")
    ]


def _block_text(block: Mapping[str, Any]) -> str:
    words = (
        "".join(_text(symbol.get("text")) for symbol in _rows(word, "symbols"))
        for paragraph in _rows(block, "paragraphs")
        for word in _rows(paragraph, "words")
    )
    return " ".join(words)


def _polygon(poly: Any, size: tuple[int, int]) -> tuple[Point, ...]:
    if not isinstance(poly, dict):
        return ()
    rows = _rows(poly, "normalizedVertices")
    width, height = (1, 1) if rows else size
    return tuple(
        (_share(point.get("x"), width), _share(point.get("y"), height))
        for point in rows or _rows(poly, "vertices")
    )


def _colours(response: Mapping[str, Any]) -> tuple[Colour, ...]:
    properties = _inside(_inside(response, "imagePropertiesAnnotation"), "dominantColors")
    found = []
    for row in _rows(properties, "colors"):
        shades = _inside(row, "color")
        red, green, blue = (
            round(255 * _share(shades.get(name), 255)) for name in ("red", "green", "blue")
        )
        found.append(
            Colour(red, green, blue, _share(row.get("pixelFraction"), 1), _score(row) or 0)
        )
    return tuple(found)


def _scored(rows: list[Mapping[str, Any]]) -> tuple[Scored, ...]:
    found = (Scored(_text(row.get("description")), _score(row)) for row in rows)
    return tuple(one for one in found if one.text)


def _score(row: Mapping[str, Any]) -> float | None:
    for key in ("score", "confidence", "detectionConfidence"):
        value = row.get(key)
        if isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    return None


def _share(value: Any, whole: float) -> float:
    """Part of the whole, 0…1; numbers that are 0 are left out of the JSON."""
    if not isinstance(value, int | float) or not math.isfinite(value) or whole <= 0:
        return 0.0
    return min(max(value / whole, 0.0), 1.0)


def _rows(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = value.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _inside(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
