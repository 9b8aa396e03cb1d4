"""Cloud Vision's request as data: its form, its checks, its batches, its price."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.vision import AskedFeature
from tests.helpers.cloud_parts import pictures

DOCUMENTED = """{
  "requests": [
    {
      "image": {
        "content": "CONTENT"
      },
      "features": [
        {
          "type": "LABEL_DETECTION",
          "maxResults": 3
        }
      ]
    }
  ]
}"""
"""As https://docs.cloud.google.com/vision/docs/labels writes it."""


def a_request(*kinds: str, names: tuple[str, ...] = ("a.jpg",)) -> dict[str, Any]:
    return vision.request(names, [AskedFeature(kind) for kind in kinds])


def check(text: str) -> tuple[vision.RequestProblem, ...]:
    """What the provider says of a request that was edited."""
    return catalog.annotation_providers()["cloud-vision"]().check(text)


def test_the_request_has_the_documented_form_and_that_of_the_clients_message() -> None:
    from google.cloud.vision_v1 import BatchAnnotateImagesRequest
    from google.protobuf import json_format

    (image,) = pictures("chelsea.jpg")
    request = vision.request([image.name], [AskedFeature("labels", 3)])
    sent = vision.filled(request, {image.name: image.content})
    content = base64.b64encode(image.content).decode("ascii")
    assert vision.text(sent) == DOCUMENTED.replace("CONTENT", content)
    message = json_format.ParseDict(sent, BatchAnnotateImagesRequest.pb()())
    assert json_format.MessageToJson(message) == vision.text(sent)
    shown = vision.text(request)
    assert shown == DOCUMENTED.replace("CONTENT", "<chelsea.jpg as base64>")
    assert vision.read(shown) == request


def test_every_feature_is_one_that_the_client_knows_and_has_a_price() -> None:
    from google.cloud.vision_v1 import Feature

    for feature in vision.FEATURES:
        assert getattr(Feature.Type, feature.type) > 0
        assert feature.price > 0
    text = vision.text(a_request(*(feature.kind for feature in vision.FEATURES)))
    assert check(text) == ()


def test_how_many_results_is_said_only_where_it_counts() -> None:
    request = vision.request(["a"], [AskedFeature("text", 3), AskedFeature("logos", 3)])
    assert request["requests"][0]["features"] == [
        {"type": "TEXT_DETECTION"},
        {"type": "LOGO_DETECTION", "maxResults": 3},
    ]


def test_an_unknown_feature_names_those_there_are() -> None:
    with pytest.raises(UserError) as caught:
        a_request("moods")
    assert caught.value.code == "cloud.feature"
    assert "labels, objects" in caught.value.report.hint


EDITED = vision.text(vision.request(["ä.jpg"], [AskedFeature("text"), AskedFeature("labels", 3)]))


@pytest.mark.parametrize(
    ("written", "instead", "line", "said"),
    [
        ('"LABEL_DETECTION"', '"LABELS"', 11, "'LABELS' is no feature"),
        ('"LABEL_DETECTION"', "4", 11, "4 is no feature"),
        ('"LABEL_DETECTION"', "[]", 11, "[] is no feature"),
        ('"LABEL_DETECTION"', "{}", 11, "{} is no feature"),
        ('"maxResults": 3', '"maxResults": [3]', 13, "maxResults: [3] is no whole number"),
        ('"maxResults": 3', '"max_results": "-3"', 13, "maxResults: '-3' is no whole number"),
        ('"maxResults": 3', '"maxResults": 0', 13, "counts from 1"),
        ('"maxResults": 3', '"maxResults": "x"', 13, "maxResults: "),
        ('"maxResults": 3', '"maxResults": 1.5', 13, "maxResults: "),
        ('"maxResults": 3', '"maxResults": 3000000000', 13, "maxResults: "),
        ('"maxResults": 3', '"most": 3', 13, 'no field named "most"; there are: type, maxResults'),
        ('"requests"', '"parents": "p",\n  "requests"', 2, 'no field named "parents"'),
        ('"features"', '"imageContext": {"languageHints": "de"},\n"features"', 7, "languageHints"),
        ('"content"', '"source": {},\n"content"', 5, "Only images of this machine"),
        ("<ä.jpg as base64>", "iVBORw0KGgo=", 5, "names an image, as in"),
        ('"features"', '"feature"', 3, 'needs "features"'),
        ('"image"', '"images"', 3, 'needs an "image"'),
        ("}\n  ]\n}", "}\n  ]\n", 18, "expecting ',' delimiter"),
        ('"requests"', '"request"', 1, "not of the form"),
        ('"type": "TEXT', '"type": "X", "type": "TEXT', 1, "stands twice"),
        ("3", "NaN", 1, "nan is not a number"),
        (EDITED, "", 1, "no JSON"),
        (EDITED, '{"requests": []}', 1, "not of the form"),
        (EDITED, '{"requests": [7]}', 1, 'needs an "image"'),
        (EDITED, "[" * 100_000, 1, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_edited_request_is_said_at_its_line(
    written: str, instead: str, line: int, said: str
) -> None:
    assert written in EDITED
    problem = check(EDITED.replace(written, instead))[0]
    assert said in problem.message
    assert problem.line == line


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"maxResults": 3', '"max_results": 3'),
        ('"maxResults": 3', '"maxResults": "3"'),
        ('"features"', '"imageContext": {"languageHints": ["de"]},\n"features"'),
        ('"requests"', '"parent": "projects/p/locations/eu", "requests"'),
        ('"type": "TEXT', '"model": "builtin/latest", "type": "TEXT'),
    ],
)
def test_what_the_client_takes_may_be_written_by_hand(written: str, instead: str) -> None:
    text = EDITED.replace(written, instead)
    assert text != EDITED
    assert check(text) == ()


def test_images_take_the_place_of_their_placeholders() -> None:
    request = a_request("labels", names=("a.jpg", "b <1> as base64>.png"))
    contents = {"a.jpg": b"A", "b <1> as base64>.png": b"B"}
    filled = vision.filled(request, contents)
    assert [entry["image"]["content"] for entry in filled["requests"]] == ["QQ==", "Qg=="]
    assert vision.names_in(request) == tuple(contents)
    with pytest.raises(UserError) as caught:
        vision.filled(request, {"a.jpg": b"A"})
    assert "no image 'b <1>" in caught.value.report.message
    assert "there are: a.jpg" in caught.value.report.message


@pytest.mark.parametrize(
    ("images", "size", "expected"),
    [
        (1, 10, [1]),
        (16, 10, [16]),
        (17, 10, [16, 1]),
        (40, 10, [16, 16, 8]),
        (5, 3_000_000, [2, 2, 1]),
        (3, 7_490_000, [1, 1, 1]),
        (9, 750_000, [9]),
        (11, 750_000, [9, 2]),
    ],
)
def test_batches_hold_at_most_16_images_and_10_megabytes(
    images: int, size: int, expected: list[int]
) -> None:
    names = tuple(f"{n}.jpg" for n in range(images))
    request = {"parent": "p", **a_request("labels", "objects", names=names)}
    parts = vision.batches(request, dict.fromkeys(names, size))
    assert [len(part["requests"]) for part in parts] == expected
    assert [name for part in parts for name in vision.names_in(part)] == list(names)
    assert all(part["parent"] == "p" for part in parts)
    for part in parts:
        length = len(json.dumps(vision.filled(part, dict.fromkeys(names, bytes(size))), indent=2))
        assert length <= vision.json_bytes(part, dict.fromkeys(names, size)) <= 10_000_000


def test_units_are_features_on_images_and_some_are_free_beside_others() -> None:
    names = tuple(f"{n}.jpg" for n in range(1_500))
    assert vision.units(a_request("labels", "safe-search", names=names)) == {"labels": 1_500}
    assert vision.units(a_request("safe-search", "crop-hints")) == {
        "safe-search": 1,
        "crop-hints": 1,
    }
    counted = vision.units(a_request("labels", "objects", "web", names=names))
    assert counted == {"labels": 1_500, "objects": 1_500, "web": 1_500}
    low, high = vision.price(counted)
    assert low == pytest.approx(0.5 * (1.50 + 2.25 + 3.50))
    assert high == pytest.approx(1.5 * (1.50 + 2.25 + 3.50))
    assert vision.price({"labels": 1_000}) == (0, 1.5)


def test_the_curl_command_names_keys_and_never_writes_one() -> None:
    key = vision.curl("vision.googleapis.com", "api-key", "payer")
    assert '-H "x-goog-api-key: $GOOGLE_API_KEY"' in key
    assert "payer" not in key
    token = vision.curl("eu-vision.googleapis.com", "adc", "payer")
    assert "Bearer $(gcloud auth application-default print-access-token)" in token
    assert '-H "x-goog-user-project: payer"' in token
    assert '"https://eu-vision.googleapis.com/v1/images:annotate"' in token
    assert "goog-user" not in vision.curl("http://127.0.0.1:80", "service-account")
