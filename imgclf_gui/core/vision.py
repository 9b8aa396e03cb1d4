"""The request and answer form of Google's Cloud Vision as data: what is asked, priced and shown.

The JSON is that of `POST /v1/images:annotate`. As a person sees and edits it, each image is a
placeholder; `filled` puts the images in. Nothing here opens a connection or knows a client library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

PRICES_AS_OF = date(2026, 11, 1)
"""When the price page was read; it bears no date of its own."""
FREE_UNITS = 1_000
"""Of each feature in each month. A unit is one feature on one image."""

MOST_IMAGES = 16
"""In one request;"""
MOST_JSON_BYTES = 10_000_000
"""and as JSON."""
MOST_IMAGE_BYTES = 20_000_000
MOST_PIXELS = 75_000_000
RECOMMENDED = (640, 480)
MOST_RESULTS = 1_000

DEEPEST = 32


@dataclass(frozen=True)
class Feature:
    """Something that images can be asked for."""

    kind: str
    type: str
    """As the JSON names it: 'LABEL_DETECTION'."""
    title: str
    summary: str
    price: float
    """USD for 1,000 units after the free ones."""
    counted: bool = True
    """Whether `maxResults` applies."""
    free_with: str = ""
    """The kind that it costs nothing beside, on the same image."""


FEATURES = (
    Feature("labels", "LABEL_DETECTION", "Labels", "What is in the image, in words.", 1.5),
    Feature("objects", "OBJECT_LOCALIZATION", "Objects", "Several things, each in a box.", 2.25),
    Feature("web", "WEB_DETECTION", "Web", "Pages and images on the web that resemble it.", 3.5),
    Feature("landmarks", "LANDMARK_DETECTION", "Landmarks", "Well-known places.", 1.5),
    Feature("logos", "LOGO_DETECTION", "Logos", "Signs of companies and products.", 1.5),
    Feature("text", "TEXT_DETECTION", "Text", "Words in a scene.", 1.5, counted=False),
    Feature(
        "documents",
        "DOCUMENT_TEXT_DETECTION",
        "Documents",
        "Dense text and handwriting, by pages and blocks.",
        1.5,
        counted=False,
    ),
    Feature(
        "safe-search",
        "SAFE_SEARCH_DETECTION",
        "Safe search",
        "How likely it is adult, violent or medical.",
        1.5,
        counted=False,
        free_with="labels",
    ),
    Feature(
        "colours",
        "IMAGE_PROPERTIES",
        "Colours",
        "The colours that dominate.",
        1.5,
    ),
    Feature(
        "crop-hints",
        "CROP_HINTS",
        "Crop hints",
        "What to keep when it is cut to a format.",
        1.5,
        counted=False,
        free_with="colours",
    ),
    Feature("faces", "FACE_DETECTION", "Faces", "Where faces are; whose they are, no.", 1.5),
)
"""In the order in which they are offered."""

_BY_KIND = {feature.kind: feature for feature in FEATURES}
_BY_TYPE = {feature.type: feature for feature in FEATURES}


@dataclass(frozen=True)
class AskedFeature:
    """A feature that is asked for, with at most how many results; None: as many as usual."""

    kind: str
    most: int | None = None


@dataclass(frozen=True)
class RequestProblem:
    """What is wrong in the text of a request; lines count from 1, 0 means the whole text."""

    line: int
    message: str


def feature(kind: str) -> Feature:
    """The feature of that kind.

    Raises:
        UserError: `cloud.feature`.
    """
    raise NotImplementedError


def request(names: Sequence[str], features: Sequence[AskedFeature]) -> dict[str, Any]:
    """The documented JSON form; images, whose names are unique, are placeholders.

    Raises:
        UserError: `cloud.feature`.
    """
    raise NotImplementedError


def placeholder(name: str) -> str:
    """What stands for an image in a request that is shown: '<chelsea.jpg as base64>'."""
    return f"<{name} as base64>"


def text(request: Mapping[str, Any]) -> str:
    """The request as it is shown and edited."""
    raise NotImplementedError


def read(text: str) -> dict[str, Any]:
    """A request as a person edited it: JSON, and of this form at its top.

    Raises:
        UserError: `cloud.json`, with line and column where there are any.
    """
    raise NotImplementedError


def names_in(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The name of the image of each entry of the request, in order.

    Raises:
        UserError: `cloud.request` where an entry holds no placeholder.
    """
    raise NotImplementedError


def asked(request: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The kinds of features that each entry asks for.

    Raises:
        UserError: `cloud.feature` for a type that is not offered here.
    """
    raise NotImplementedError


def problems(text: str) -> tuple[RequestProblem, ...]:
    """What can be told without the client's own message: broken JSON, placeholders, features."""
    raise NotImplementedError


def filled(request: Mapping[str, Any], contents: Mapping[str, bytes]) -> dict[str, Any]:
    """The request with images, by name, in the place of their placeholders, in base64.

    Raises:
        UserError: `cloud.request` for a placeholder without an image.
    """
    raise NotImplementedError


def batches(request: Mapping[str, Any], sizes: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
    """The request, divided into ones that are sent: of at most 16 images and 10 MB of JSON each.

    `sizes` are the bytes of the images, by name. Entries stay in order.
    """
    raise NotImplementedError


def json_bytes(request: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    """How long the JSON text is that is sent."""
    raise NotImplementedError


def units(request: Mapping[str, Any]) -> dict[str, int]:
    """The units that are counted, by kind; a feature that is free beside another one is not."""
    raise NotImplementedError


def price(counted: Mapping[str, int]) -> tuple[float, float]:
    """In USD: with all free units of this month left, and with none."""
    raise NotImplementedError


def curl(host: str, way: str, quota_project: str = "") -> str:
    """The same request as a command that reads request.json; keys are named, never written."""
    raise NotImplementedError


@dataclass(frozen=True)
class Region:
    """Something at a place in an image. Points are shares of width and height, 0…1."""

    kind: str
    """The feature's."""
    text: str
    score: float | None
    polygon: tuple[tuple[float, float], ...]


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
    """What came back of one image; what is missing or strange is left out."""

    labels: tuple[Scored, ...] = ()
    web: tuple[Scored, ...] = ()
    pages: tuple[str, ...] = ()
    """Addresses of web pages with the image, as text."""
    regions: tuple[Region, ...] = ()
    """Objects, landmarks, logos, text, crop hints, faces."""
    colours: tuple[Colour, ...] = ()
    safe_search: tuple[tuple[str, str], ...] = ()
    """('adult', 'VERY_UNLIKELY')…"""
    text: str = ""
    """All text that was read."""
    error: str | None = None


def answer(response: Mapping[str, Any], width: int, height: int) -> Answer:
    """What the JSON of one image's response says; `width` and `height` of the image as sent."""
    raise NotImplementedError
