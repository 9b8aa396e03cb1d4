"""The request and answer form of Google's Cloud Vision as data: what is asked, priced and shown.

The JSON is that of `POST /v1/images:annotate`. As a person sees and edits it, each image is a
placeholder; `filled` puts the images in. Nothing here opens a connection or knows a client library.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from imgclf_gui.core import strict_json
from imgclf_gui.core.cloud import Way
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.json_places import line_of

PRICES_AS_OF = date(2026, 11, 1)
"""The month in which the price page was read; it bears no date of its own."""
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

_DEEPEST = 32
_PLACEHOLDER = re.compile(r"<(.+) as base64>", re.DOTALL)


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
    """What is wrong in the text of a request; lines count from 1, 0 means the whole."""

    line: int
    message: str


def feature(kind: str) -> Feature:
    """The feature of that kind.

    Raises:
        UserError: `cloud.feature`.
    """
    if kind not in _BY_KIND:
        raise UserError(
            "cloud.feature",
            f"'{kind:.80}' is nothing that images can be asked for.",
            f"Choose among: {', '.join(_BY_KIND)}.",
        )
    return _BY_KIND[kind]


def request(names: Sequence[str], features: Sequence[AskedFeature]) -> dict[str, Any]:
    """The documented JSON form; images, whose names are unique, are placeholders.

    Raises:
        UserError: `cloud.feature`.
    """
    wanted = [_as_json(one) for one in features]
    return {
        "requests": [
            {"image": {"content": placeholder(name)}, "features": [dict(one) for one in wanted]}
            for name in names
        ]
    }


def _as_json(one: AskedFeature) -> dict[str, Any]:
    known = feature(one.kind)
    limit = {"maxResults": one.most} if known.counted and one.most is not None else {}
    return {"type": known.type, **limit}


def placeholder(name: str) -> str:
    """What stands for an image in a request that is shown: '<chelsea.jpg as base64>'."""
    return f"<{name} as base64>"


def text(request: Mapping[str, Any]) -> str:
    """The request as it is shown and edited."""
    return json.dumps(request, indent=2, ensure_ascii=False)


def read(text: str) -> dict[str, Any]:
    """A request as a person edited it: JSON, and of this form at its top.

    Raises:
        UserError: `cloud.json`, with line and column where there are any.
    """
    try:
        raw = strict_json.loads(text.encode("utf-8", "surrogatepass"), deepest=_DEEPEST)
    except ValueError as error:
        raise UserError(
            "cloud.json", f"The request is no JSON: {error}.", "Mend it, or make it anew."
        ) from error
    entries = raw.get("requests") if isinstance(raw, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UserError(
            "cloud.json",
            'The request is not of the form {"requests": [{"image": …, "features": …}]}.',
            "Mend it, or make it anew.",
        )
    return dict(raw)


def names_in(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The name of the image of each entry of the request, in order.

    Raises:
        UserError: `cloud.request` where an entry holds no placeholder.
    """
    return tuple(_name(entry, number) for number, entry in enumerate(request["requests"], 1))


def _name(entry: Any, number: int) -> str:
    problem = _image_problem(entry)
    if problem:
        raise _refused(number, problem)
    return str(_PLACEHOLDER.fullmatch(entry["image"]["content"])[1])  # type: ignore[index]


def asked(request: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The kinds of features that each entry asks for.

    Raises:
        UserError: `cloud.request` for a type that is not offered here, or none at all.
    """
    kinds = []
    for number, entry in enumerate(request["requests"], 1):
        problem = _features_problem(entry)
        if problem:
            raise _refused(number, problem[1])
        kinds.append(tuple(_BY_TYPE[one["type"]].kind for one in entry["features"]))
    return tuple(kinds)


def problems(text: str) -> tuple[RequestProblem, ...]:
    """What can be told without the client's own message: broken JSON, placeholders, features."""
    try:
        entries = read(text)["requests"]
    except UserError as error:
        found = re.search(r"line (\d+), column", error.report.message)
        return (RequestProblem(int(found[1]) if found else 1, error.report.message),)
    return tuple(
        RequestProblem(line_of(text, ("requests", index, *path)), message)
        for index, entry in enumerate(entries)
        for path, message in _entry_problems(entry)
    )


def _entry_problems(entry: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Paths inside an entry of a request, and what is wrong there."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    if image := _image_problem(entry):
        found.append((("image", "source" if '"source"' in image else "content"), image))
    features = _features_problem(entry) if isinstance(entry, dict) else None
    return [*found, features] if features else found


def _image_problem(entry: Any) -> str:
    image = entry.get("image") if isinstance(entry, dict) else None
    if not isinstance(image, dict):
        return 'An entry needs an "image".'
    if "source" in image:
        return 'Only images of this machine are sent: write "content" and no "source".'
    content = image.get("content")
    if not isinstance(content, str) or not _PLACEHOLDER.fullmatch(content):
        return f'"content" names an image, as in "{placeholder("cat.jpg")}".'
    return ""


def _features_problem(entry: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str] | None:
    wanted = entry.get("features")
    if not isinstance(wanted, list) or not wanted:
        return ("features",), 'An entry needs "features", one at least.'
    for index, one in enumerate(wanted):
        named = one.get("type") if isinstance(one, dict) else one
        if not isinstance(one, dict) or not isinstance(named, str) or named not in _BY_TYPE:
            known = ", ".join(_BY_TYPE)
            return ("features", index), f"{named!r:.60} is no feature; choose among: {known}."
        for key in _COUNTS:
            if (most := one.get(key)) is not None and (problem := _count_problem(most)):
                return ("features", index, key), problem
    return None


_COUNTS = ("maxResults", "max_results")
"""The client reads both."""


def most_results(feature: Mapping[str, Any]) -> int | None:
    """How many results a feature of a request without problems asks for; None: as usual."""
    named = [feature[key] for key in _COUNTS if feature.get(key) is not None]
    return int(named[0]) if named else None


def _count_problem(most: Any) -> str:
    """The client reads '3' and 3.0 as numbers, too."""
    written = isinstance(most, str) and most.isascii() and most.isdigit()
    whole = isinstance(most, float) and most.is_integer()
    if not written and not whole and (not isinstance(most, int) or isinstance(most, bool)):
        return f"maxResults: {most!r:.40} is no whole number."
    return f"maxResults counts from 1, not from {int(most)}." if int(most) < 1 else ""


def _refused(number: int, problem: str) -> UserError:
    return UserError(
        "cloud.request", f"Entry {number} of the request: {problem}", "Mend it, or make it anew."
    )


def filled(request: Mapping[str, Any], contents: Mapping[str, bytes]) -> dict[str, Any]:
    """The request with images, by name, in the place of their placeholders, in base64.

    Raises:
        UserError: `cloud.request` for a placeholder without an image.
    """
    entries = []
    for number, (entry, name) in enumerate(
        zip(request["requests"], names_in(request), strict=True), 1
    ):
        if name not in contents:
            there = ", ".join(contents) or "none"
            raise _refused(number, f"There is no image '{name:.80}'; there are: {there:.400}.")
        content = base64.b64encode(contents[name]).decode("ascii")
        entries.append({**entry, "image": {**entry["image"], "content": content}})
    return {**request, "requests": entries}


def batches(request: Mapping[str, Any], sizes: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
    """The request, divided into ones that are sent: of at most 16 images and 10 MB of JSON each.

    `sizes` are the bytes of the images, by name. Entries stay in order.
    """
    outside = _length(_around(request))
    found: list[list[Any]] = []
    room = 0
    for entry in request["requests"]:
        size = _entry_bytes(entry, sizes)
        if not found or len(found[-1]) == MOST_IMAGES or size > room:
            found.append([])
            room = MOST_JSON_BYTES - outside
        found[-1].append(entry)
        room -= size
    return tuple({**request, "requests": entries} for entries in found)


def json_bytes(request: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    """How long the JSON text is that is sent."""
    inside = sum(_entry_bytes(entry, sizes) for entry in request["requests"])
    return _length(_around(request)) + inside


def _around(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request without entries."""
    return {**request, "requests": [None]}


def base64_bytes(size: int) -> int:
    """How long so many bytes are in base64."""
    return (size + 2) // 3 * 4


def _entry_bytes(entry: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    emptied = {**entry, "image": {**entry["image"], "content": ""}}
    content = base64_bytes(sizes[_name(entry, 1)])
    # Clients indent what they write: two levels more here, and a comma.
    return _length(emptied) + 4 * _length(emptied, lines=True) + content + 2


def _length(value: Mapping[str, Any], *, lines: bool = False) -> int:
    written = json.dumps(value, indent=2)
    return written.count("\n") + 1 if lines else len(written)


def units(request: Mapping[str, Any]) -> dict[str, int]:
    """The units that are counted, by kind; a feature that is free beside another one is not."""
    counted: Counter[str] = Counter()
    for kinds in map(set, asked(request)):
        counted.update(kind for kind in kinds if _BY_KIND[kind].free_with not in kinds)
    return {one.kind: counted[one.kind] for one in FEATURES if counted[one.kind]}


def price(counted: Mapping[str, int]) -> tuple[float, float]:
    """In USD: with all free units of this month left, and with none."""
    low = sum(max(0, n - FREE_UNITS) * feature(kind).price for kind, n in counted.items())
    high = sum(n * feature(kind).price for kind, n in counted.items())
    return low / 1000, high / 1000


_TOKENS: Mapping[Way, str] = {
    "adc": "$(gcloud auth application-default print-access-token)",
    "service-account": "$(gcloud auth print-access-token)",
}


def curl(host: str, way: Way, quota_project: str = "") -> str:
    """The same request as a command that reads request.json; keys are named, never written."""
    address = host if "://" in host else f"https://{host}"
    if way == "api-key":
        headers = ["x-goog-api-key: $GOOGLE_API_KEY"]
    else:
        headers = [f"Authorization: Bearer {_TOKENS[way]}"]
        headers += [f"x-goog-user-project: {quota_project}"] if quota_project else []
    headers.append("Content-Type: application/json; charset=utf-8")
    lines = ["curl -X POST", *(f'  -H "{header}"' for header in headers)]
    lines += ["  -d @request.json", f'  "{address}/v1/images:annotate"']
    return " \\\n".join(lines)
