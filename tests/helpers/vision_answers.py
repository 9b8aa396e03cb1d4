"""What the Vision server of tests sees in an image: made from its pixels, the same each time.

The answers have the form of AnnotateImageResponse in JSON, as
https://docs.cloud.google.com/vision/docs/reference/rest/v1/AnnotateImageResponse documents it.
Like Google's they leave out what is zero, give boxes in pixels except those of objects, and give
an image's error in its own answer.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

Json = dict[str, Any]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom; 0…1."""

HUES = ("Red", "Orange", "Yellow", "Green", "Cyan", "Blue", "Violet", "Magenta")
TEXT = ("SAMPLE", "42")
"""The words that are read in every image."""

BAD_IMAGE = {"error": {"code": 3, "message": "Bad image data."}}
NO_IMAGE = {"error": {"code": 3, "message": "Request must specify image and features."}}


@dataclass(frozen=True)
class Picture:
    """RGB, at most 64×64 pixels, and the size of the image it was made of."""

    pixels: np.ndarray[Any, Any]
    width: int
    height: int

    @classmethod
    def of(cls, content: bytes) -> Picture:
        """Raises OSError or UnidentifiedImageError where that is no image."""
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            image.draft("RGB", (64, 64))  # large JPEGs are read small: a server's own time is short
            small = image.convert("RGB")
        small.thumbnail((64, 64), Image.Resampling.BOX)
        return cls(np.asarray(small, np.float64), width, height)

    @cached_property
    def colour(self) -> tuple[int, int, int]:
        """The average, 0…255."""
        red, green, blue = self.pixels.mean((0, 1)).round().astype(int).tolist()
        return red, green, blue

    @cached_property
    def hues(self) -> list[tuple[str, float]]:
        """Names of hues by how many of the pixels have them, the most frequent first."""
        hue = np.asarray(Image.fromarray(self.pixels.astype(np.uint8)).convert("HSV"))[..., 0]
        shares = np.bincount(hue.ravel() // 32, minlength=8) / hue.size
        found = [(HUES[index], float(shares[index])) for index in range(8) if shares[index]]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    @cached_property
    def box(self) -> Box:
        """Around what differs from the average by more than half of what any pixel does."""
        far = np.abs(self.pixels - self.pixels.mean((0, 1))).sum(2)
        rows, columns = np.nonzero(far >= far.max() / 2)
        height, width = far.shape
        return (
            float(columns.min() / width),
            float(rows.min() / height),
            float((columns.max() + 1) / width),
            float((rows.max() + 1) / height),
        )

    def polygon(self, box: Box) -> Json:
        """As whole pixels, clockwise from the upper left."""
        left, right = (round(side * self.width) for side in box[::2])
        top, bottom = (round(side * self.height) for side in box[1::2])
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return {"vertices": [{"x": x, "y": y} for x, y in corners]}


def _labels(picture: Picture) -> Json:
    names = [name for name, _share in picture.hues] + ["Photograph", "Rectangle"]
    scores = [round(0.98 - 0.07 * place, 4) for place in range(len(names))]
    labels = [
        {"mid": f"/m/0{name.lower()}", "description": name, "score": score, "topicality": score}
        for name, score in zip(names, scores, strict=True)
    ]
    return {"labelAnnotations": labels}


def _objects(picture: Picture) -> Json:
    left, top, right, bottom = picture.box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    found = {
        "mid": "/m/0obj",
        "name": f"{picture.hues[0][0]} thing",
        "score": 0.875,
        "boundingPoly": {"normalizedVertices": [{"x": x, "y": y} for x, y in corners]},
    }
    return {"localizedObjectAnnotations": [found]}


def _web(picture: Picture) -> Json:
    name = picture.hues[0][0]
    image = f"https://example.com/{name.lower()}.jpg"
    page = {
        "url": f"https://example.com/{name.lower()}.html",
        "pageTitle": f"All about <b>{name}</b>",
        "fullMatchingImages": [{"url": image}],
    }
    entities = [
        {"entityId": f"/m/0{hue.lower()}", "score": round(share, 4), "description": hue}
        for hue, share in picture.hues
    ]
    return {
        "webDetection": {
            "webEntities": entities,
            "fullMatchingImages": [{"url": image}],
            "partialMatchingImages": [{"url": f"{image}?part"}],
            "pagesWithMatchingImages": [page],
            "visuallySimilarImages": [{"url": f"{image}?similar"}],
            "bestGuessLabels": [{"label": name.lower(), "languageCode": "en"}],
        }
    }


def _landmarks(picture: Picture) -> Json:
    found = {
        "mid": "/m/0tower",
        "description": "Tower of Pisa",
        "score": 0.625,
        "boundingPoly": picture.polygon(picture.box),
        "locations": [{"latLng": {"latitude": 43.7229, "longitude": 10.3965}}],
    }
    return {"landmarkAnnotations": [found]}


def _logos(picture: Picture) -> Json:
    logo = {
        "mid": "/m/0logo",
        "description": f"{picture.hues[0][0]} Company",
        "score": 0.75,
        "boundingPoly": picture.polygon((0.0, 0.0, 0.25, 0.25)),
    }
    return {"logoAnnotations": [logo]}


WORDS: tuple[Box, Box] = ((0.1, 0.8, 0.6, 0.9), (0.65, 0.8, 0.9, 0.9))
"""Where `TEXT` stands."""
LINE: Box = (0.1, 0.8, 0.9, 0.9)


def _text(picture: Picture) -> Json:
    whole = {
        "locale": "en",
        "description": " ".join(TEXT),
        "boundingPoly": picture.polygon(LINE),
    }
    words = [
        {"description": word, "boundingPoly": picture.polygon(box)}
        for word, box in zip(TEXT, WORDS, strict=True)
    ]
    return {"textAnnotations": [whole, *words], "fullTextAnnotation": _full_text(picture)}


def _full_text(picture: Picture) -> Json:
    words = [
        {"boundingBox": picture.polygon(box), "symbols": _symbols(picture, word, box)}
        for word, box in zip(TEXT, WORDS, strict=True)
    ]
    paragraph = {"boundingBox": picture.polygon(LINE), "words": words, "confidence": 0.99}
    block = {
        "boundingBox": picture.polygon(LINE),
        "paragraphs": [paragraph],
        "blockType": "TEXT",
        "confidence": 0.99,
    }
    page = {"width": picture.width, "height": picture.height, "blocks": [block]}
    return {"pages": [page], "text": " ".join(TEXT)}


def _symbols(picture: Picture, word: str, box: Box) -> list[Json]:
    left, top, right, bottom = box
    wide = (right - left) / len(word)
    return [
        {
            "text": letter,
            "boundingBox": picture.polygon(
                (left + place * wide, top, left + (place + 1) * wide, bottom)
            ),
        }
        for place, letter in enumerate(word)
    ]


def _safe_search(picture: Picture) -> Json:
    racy = "POSSIBLE" if picture.colour[0] > 200 else "UNLIKELY"
    return {
        "safeSearchAnnotation": {
            "adult": "VERY_UNLIKELY",
            "spoof": "UNLIKELY",
            "medical": "VERY_UNLIKELY",
            "violence": "VERY_UNLIKELY",
            "racy": racy,
        }
    }


def _colours(picture: Picture) -> Json:
    centre = picture.pixels[picture.pixels.shape[0] // 2, picture.pixels.shape[1] // 2]
    colours = [picture.colour, tuple(int(value) for value in centre)]
    found = [
        {
            "color": dict(zip(("red", "green", "blue"), colour, strict=True)),
            "score": score,
            "pixelFraction": fraction,
        }
        for colour, score, fraction in zip(colours, (0.75, 0.25), (0.5, 0.125), strict=True)
    ]
    return {"imagePropertiesAnnotation": {"dominantColors": {"colors": found}}}


def _crop_hints(picture: Picture) -> Json:
    hint = {
        "boundingPoly": picture.polygon(picture.box),
        "confidence": 0.8125,
        "importanceFraction": 0.6875,
    }
    return {"cropHintsAnnotation": {"cropHints": [hint]}}


def _faces(picture: Picture) -> Json:
    """Without emotions, as Google answers since October 2026."""
    eyes = {"LEFT_EYE": (0.4, 0.3), "RIGHT_EYE": (0.6, 0.3)}
    landmarks = [
        {"type": kind, "position": {"x": x * picture.width, "y": y * picture.height, "z": 0.001}}
        for kind, (x, y) in eyes.items()
    ]
    face = {
        "boundingPoly": picture.polygon((0.25, 0.1, 0.75, 0.7)),
        "fdBoundingPoly": picture.polygon((0.3, 0.2, 0.7, 0.65)),
        "landmarks": landmarks,
        "rollAngle": 1.5,
        "panAngle": -2.25,
        "detectionConfidence": 0.9375,
        "landmarkingConfidence": 0.5,
        "underExposedLikelihood": "VERY_UNLIKELY",
        "blurredLikelihood": "VERY_UNLIKELY",
        "headwearLikelihood": "UNLIKELY",
    }
    return {"faceAnnotations": [face]}


ANSWERS: Mapping[str, Callable[[Picture], Json]] = {
    "LABEL_DETECTION": _labels,
    "OBJECT_LOCALIZATION": _objects,
    "WEB_DETECTION": _web,
    "LANDMARK_DETECTION": _landmarks,
    "LOGO_DETECTION": _logos,
    "TEXT_DETECTION": _text,
    "DOCUMENT_TEXT_DETECTION": _text,
    "SAFE_SEARCH_DETECTION": _safe_search,
    "IMAGE_PROPERTIES": _colours,
    "CROP_HINTS": _crop_hints,
    "FACE_DETECTION": _faces,
}
"""By the name of a feature's type."""

UNCOUNTED = ("TEXT_DETECTION", "DOCUMENT_TEXT_DETECTION", "CROP_HINTS")
"""Features for which Google ignores maxResults."""


def annotate(content: bytes, features: Mapping[str, int]) -> Json:
    """The answer to one image; features by type, with maxResults (0: the default, 10)."""
    if not content or not features:
        return NO_IMAGE
    try:
        picture = Picture.of(content)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return BAD_IMAGE
    answer: Json = {}
    for kind, most in features.items():
        part = ANSWERS[kind](picture)
        answer |= part if kind in UNCOUNTED else _limited(part, most or 10)
    return answer


def _limited(part: Json, most: int) -> Json:
    """With at most that many results in each list."""
    return {
        name: value[:most] if isinstance(value, list) else _limited_inside(value, most)
        for name, value in part.items()
    }


def _limited_inside(value: Any, most: int) -> Any:
    return _limited(value, most) if isinstance(value, dict) else value
