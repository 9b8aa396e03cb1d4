"""Each preset is the network that its paper counted, and costs what TensorFlow says it costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.tree import walk
from imgclf_gui.plan import NetworkPlan, draft_network, preset_network, resolve_network
from tests.helpers.keras_facts import KerasFacts

PRESETS = catalog.preset_entries()
each_preset = pytest.mark.parametrize("kind", PRESETS)

EXACT = {
    "linear": 7_850,
    "dnn": 268_940,
    "dnn-dropout": 268_940,
    "cnn": 302_590,
    "cnn-bn": 302_900,
    "lenet-5": 61_706,
    "vgg-11": 9_231_114,
    "squeezenet": 1_235_496,
    "resnet-18": 11_689_512,
    "resnet-50": 25_557_032,
    "mobilenet-v2": 3_504_872,
    "efficientnet-lite0": 4_652_008,
}
"""Trained parameters as torchvision, pytorch-cifar, Google and the course count them."""

ROUNDED = {"resnet-20": 0.27, "resnet-32": 0.46, "resnet-56": 0.85, "wrn-16-4": 2.75}
"""In millions, as the papers state them."""

MILLIONS_OF_MULTIPLY_ADDS = {
    "resnet-18": 1_814,
    "resnet-50": 4_089,
    "mobilenet-v2": 301,
    "resnet-20": 40.6,
    "vgg-11": 153,
}
"""As others count them, for the image size of the published parameters."""


def _as_published(kind: str) -> NetworkPlan:
    published = PRESETS[kind].published
    network, problems = resolve_network(preset_network(kind), published.shape, published.classes)
    assert network is not None, problems
    return network


@pytest.fixture(scope="module")
def keras() -> Iterator[KerasFacts]:
    with KerasFacts() as asked:
        yield asked


@each_preset
def test_it_has_as_many_parameters_as_it_says_were_published(kind: str) -> None:
    published = PRESETS[kind].published
    trained = _as_published(kind).trainable_parameters
    assert abs(trained - published.parameters) <= published.rounding
    assert published.by


def test_what_presets_say_was_published_was() -> None:
    said = {kind: preset.published for kind, preset in PRESETS.items()}
    assert {k: p.parameters for k, p in said.items() if not p.rounding} == EXACT
    rounded = {k: p for k, p in said.items() if p.rounding}
    assert {k: p.parameters / 1e6 for k, p in rounded.items()} == ROUNDED
    assert all(published.rounding == 5_000 for published in rounded.values())


def test_the_statistics_of_the_lite_network_are_those_of_its_weights() -> None:
    assert _as_published("efficientnet-lite0").parameters == 4_694_024


@pytest.mark.parametrize(("kind", "millions"), MILLIONS_OF_MULTIPLY_ADDS.items())
def test_its_work_is_what_others_count(kind: str, millions: float) -> None:
    assert _as_published(kind).multiply_adds / 1e6 == pytest.approx(millions, rel=0.01)


@each_preset
def test_keras_builds_the_same_network(kind: str, keras: KerasFacts) -> None:
    """Shapes and parameters exactly, multiply-adds within 1 %."""
    plan = _as_published(kind)
    facts = keras.of(plan, count_work=True)
    layers = facts.layers.values()
    assert sum(layer.trainable for layer in layers) == plan.trainable_parameters
    assert sum(layer.trainable + layer.not_trainable for layer in layers) == plan.parameters
    assert list(layers)[-1].shape == (plan.classes,)
    assert facts.multiply_adds == pytest.approx(plan.multiply_adds, rel=0.01)


@each_preset
def test_images_of_one_pixel_are_a_problem_at_worst(kind: str) -> None:
    draft = draft_network(preset_network(kind).blocks, (1, 1, 1), 10)
    assert all(problem.message and problem.fix for problem in draft.problems)
    assert draft.problems or draft.blocks[-1].output_shape == (10,)


@each_preset
def test_it_names_its_paper_and_reads_well(kind: str) -> None:
    preset = PRESETS[kind]
    assert preset.paper
    assert len(preset_network(kind).blocks) <= 16  # a tree, and no long list
    assert all(block.kind in catalog.block_entries() for _, block in walk(preset().blocks()))
