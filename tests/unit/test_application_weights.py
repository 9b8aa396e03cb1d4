"""Where Keras's weights lie. That Keras asks for the same is shown in tests/worker."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.plan.application_weights import guessed_key, published_weights, published_widths
from imgclf_gui.plan.applications import APPLICATIONS, Application, find_application


def _buildable() -> list[Application]:
    found = [one for one in APPLICATIONS.values() if not one.without_blocks]
    return [
        find_application(f"keras:{one.name}:{alpha}" if alpha else f"keras:{one.name}")
        for one in found
        for alpha in published_widths(one.name) or (None,)
    ]


@pytest.fixture(scope="module")
def source() -> str:
    """The text of keras.applications."""
    found = find_spec("keras")  # nothing is imported by this
    assert found is not None and found.origin is not None
    files = (Path(found.origin).parent / "src" / "applications").glob("*.py")
    return "\n".join(path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("application", _buildable(), ids=lambda one: one.key)
def test_its_hash_is_that_of_keras(application: Application, source: str) -> None:
    published = published_weights(application)
    assert published.url.startswith("https://storage.googleapis.com/")
    assert bool(published.digest) != application.name.startswith("MobileNet")
    assert published.digest in source
    assert published.parameters * 4 == published.size < published.largest < 1 << 30


def test_every_width_has_its_own_file() -> None:
    urls = [published_weights(one).url for one in _buildable()]
    assert len(urls) == len(set(urls)) == 37


@pytest.mark.parametrize("name", [one.name for one in APPLICATIONS.values() if one.without_blocks])
def test_of_networks_without_blocks_nothing_is_downloaded(name: str) -> None:
    with pytest.raises(UserError) as refused:
        published_weights(find_application(f"keras:{name}"))
    report = refused.value.report
    assert report.code == "backbone.blocks"
    assert report.message.startswith(f"{name} ")
    assert "Choose another network of Keras: MobileNetV2" in report.hint


@pytest.mark.parametrize("application", _buildable(), ids=lambda one: one.key)
def test_a_file_of_keras_is_known_by_its_name(application: Application) -> None:
    assert guessed_key(published_weights(application).name) == application.key
    assert find_application(application.of) == application


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("weights_mobilenet_v3_small_224_1.0_float.h5", "MobileNetV3Small"),
        ("My EfficientNetV2_b0 (1).h5", "EfficientNetV2B0"),
        ("resnet50v2.weights.h5", "ResNet50V2"),
        ("model.keras", ""),
    ],
)
def test_others_are_guessed_by_what_is_in_their_names(name: str, key: str) -> None:
    assert guessed_key(name) == key
