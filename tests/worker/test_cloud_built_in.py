"""The built-in classifier answers as Cloud Vision does, in a real worker and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui import catalog
from imgclf_gui.core import network, vision
from imgclf_gui.core.annotation import Access
from imgclf_gui.core.cloud import Account, Cancel
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.vision_answer import answer
from imgclf_gui.jobs import cloud
from imgclf_gui.jobs.supervisor import Jobs
from tests.helpers.cloud_parts import asked, many, pictures
from tests.helpers.command import imgclf

BUILT_IN = catalog.annotation_providers()["built-in"]()


@pytest.fixture(scope="module")
def access() -> Iterator[Access]:
    jobs = Jobs(lambda event: None)
    yield Access(Account(), classify=cloud.built_in_classifier(jobs))
    jobs.close()


def test_photographs_get_labels_in_the_form_of_cloud_vision(access: Access) -> None:
    from google.cloud.vision_v1 import BatchAnnotateImagesResponse
    from google.protobuf import json_format

    images, before = pictures(), network.seen()
    answers = cloud.send(
        BUILT_IN,
        access,
        images,
        asked(images, [vision.AskedFeature("labels", 3)]),
        consent=None,
        on_progress=lambda progress: None,
        cancel=Cancel(),
    )
    said = [answer(one.response, one.image.width, one.image.height) for one in answers]
    assert [len(one.labels) for one in said] == [3, 3, 3]
    assert said[0].labels[0].text in ("Egyptian cat", "tabby", "tiger cat")
    assert said[1].labels[0].text == "espresso"
    scores = [label.score or 0 for label in said[1].labels]
    assert 1 > scores[0] > scores[1] > scores[2] > 0
    whole = {"responses": [one.response for one in answers]}
    json_format.ParseDict(whole, BatchAnnotateImagesResponse.pb()())
    assert network.seen() == before


def test_the_usual_number_of_labels_is_ten_and_a_broken_image_is_told_of(access: Access) -> None:
    session = BUILT_IN.open(access)
    (image,) = pictures("coffee.jpg")
    request = vision.request(["a", "b"], [vision.AskedFeature("labels")])
    filled = vision.filled(request, {"a": image.content, "b": b"no image"})
    first, second = session.annotate(filled, 60)["responses"]
    assert len(first["labelAnnotations"]) == 10
    assert second == {"error": {"code": 3, "message": "Bad image data."}}


def test_it_can_be_cancelled(access: Access) -> None:
    images, cancel = many(64, 10_000), Cancel()
    with pytest.raises(UserError) as caught:
        cloud.send(
            BUILT_IN,
            access,
            images,
            asked(images),
            consent=None,
            on_progress=lambda progress: cancel.cancel(),
            cancel=cancel,
        )
    assert caught.value.code == "cloud.cancelled"


def test_without_the_classifier_it_says_so() -> None:
    with pytest.raises(UserError) as caught:
        BUILT_IN.open(Access(Account()))
    assert caught.value.code == "cloud.local"


def test_the_command_asks_it_without_a_consent() -> None:
    coffee = Path(__file__).parents[1] / "pictures" / "coffee.jpg"
    ended = imgclf("cloud", "vision", coffee, "--provider", "built-in", "--most", "2", "--json")
    assert ended.result["sent"] is False
    assert ended.result["quote"]["host"] == ""
    (one,) = ended.result["answers"]
    assert one["response"]["labelAnnotations"][0]["description"] == "espresso"
