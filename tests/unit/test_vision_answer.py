"""Answers of Cloud Vision are read tolerantly."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.vision import FEATURES
from imgclf_gui.core.vision_answer import Colour, Scored, answer
from tests.helpers.cloud_parts import pictures
from tests.helpers.vision_answers import annotate

KEYS = (
    "labelAnnotations", "localizedObjectAnnotations", "webDetection", "textAnnotations",
    "fullTextAnnotation", "safeSearchAnnotation", "imagePropertiesAnnotation", "faceAnnotations",
    "cropHintsAnnotation", "error", "boundingPoly", "vertices", "normalizedVertices", "x", "y",
    "score", "description", "dominantColors", "colors", "color", "red", "pages", "blocks",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=20,
)


def test_everything_that_is_asked_for_is_found() -> None:
    (image,) = pictures("coffee.jpg")
    said = answer(
        annotate(image.content, {feature.type: 5 for feature in FEATURES}),
        image.width,
        image.height,
    )
    assert said.labels[0].text == "Red"
    assert said.labels[0].score == pytest.approx(0.98)
    kinds = {region.kind for region in said.regions}
    assert kinds == {"objects", "landmarks", "logos", "text", "documents", "crop-hints", "faces"}
    for region in said.regions:
        assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in region.polygon)
        assert max(x for x, _ in region.polygon) > min(x for x, _ in region.polygon)
    assert [region.text for region in said.regions if region.kind == "text"] == ["SAMPLE", "42"]
    assert said.text.split() == ["SAMPLE", "42"]
    assert said.colours
    assert dict(said.safe_search)["adult"] == "VERY_UNLIKELY"
    assert said.pages
    assert said.error is None


def test_numbers_that_are_zero_are_left_out_and_boxes_may_lie_outside() -> None:
    poly = {"vertices": [{}, {"x": 300}, {"x": 100, "y": 50}, {"y": -9}]}
    (region,) = answer({"logoAnnotations": [{"boundingPoly": poly}]}, 200, 100).regions
    assert region.polygon == ((0, 0), (1, 0), (0.5, 0.5), (0, 0))
    assert region.score is None


def test_colours_and_guesses() -> None:
    colours = {"colors": [{"color": {"red": 255, "blue": 127.6}, "pixelFraction": 0.25}, {}]}
    said = answer(
        {
            "imagePropertiesAnnotation": {"dominantColors": colours},
            "webDetection": {"bestGuessLabels": [{"label": "cat"}, {}], "webEntities": [{}]},
        },
        1,
        1,
    )
    assert said.colours[0] == Colour(255, 0, 128, 0.25, 0)
    assert said.web == (Scored("cat", None),)


def test_an_error_of_one_image_is_told() -> None:
    assert answer({"error": {"code": 3, "message": "Bad image data."}}, 1, 1).error == (
        "Bad image data."
    )
    assert answer({"error": {"code": 3}}, 1, 1).error


@given(response=st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_of_nothing_strange_is_anything_drawn_that_cannot_be(response: dict[str, Any]) -> None:
    found = answer(response, 0, 10)
    said = [it.score for it in found.regions]
    said += [it.score for it in (*found.labels, *found.web)]
    drawn = [value for region in found.regions for point in region.polygon for value in point]
    assert all(isfinite(value) for value in (*said, *drawn) if value is not None)
