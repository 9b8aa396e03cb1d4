"""Pretrained backbones: what their entries say, and the files of those that ship."""

from __future__ import annotations

import os
import pickle
import runpy
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from imgclf_gui import catalog
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.resources import resource
from tests.helpers.backbone_facts import BackboneFacts, backbone_facts, trained_network

ROOT = Path(__file__).resolve().parents[2]
BACKBONES = catalog.backbone_entries()
PUBLISHED = {
    "efficientnet-lite0": 4_694_024,
    "efficientnet-lite1": 5_470_344,
    "efficientnet-lite2": 6_150_168,
}
"""Parameters with the 1,000 classes of ImageNet, gathered statistics among them."""
PICTURES = {
    "chelsea.jpg": (1, {"tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"}),
    "coffee.jpg": (1, {"espresso", "cup", "coffee mug"}),
    "rocket.jpg": (3, {"missile", "projectile", "space shuttle"}),
}
"""Photographs in tests/pictures: one of the so many most probable classes is one of these.

ImageNet has no class for the rocket, nor for the towers of its launch pad, which fill the picture.
"""


def _path(*names: str) -> Path | None:
    """The file of that name, if it ships."""
    try:
        return resource("backbones", *names)
    except FileNotFoundError:
        return None


SHIPPED = [kind for kind, entry in BACKBONES.items() if _path(entry.weights)]
each_backbone = pytest.mark.parametrize("entry", BACKBONES.values(), ids=BACKBONES.keys())


def _labels(entry: PretrainedBackbone) -> list[str]:
    return resource("backbones", entry.labels).read_text("utf-8").splitlines()


@each_backbone
def test_it_says_where_it_comes_from(entry: type[PretrainedBackbone]) -> None:
    assert entry.paper
    assert entry.licence
    assert entry.learned_from
    assert entry.weights.endswith(".safetensors")
    assert entry.sha256 == "" or len(bytes.fromhex(entry.sha256)) == 32
    assert entry.labels == "" or _path(entry.labels)


def test_they_stand_in_an_order_and_none_takes_the_file_of_another() -> None:
    entries = list(BACKBONES.values())
    assert all(before.order < after.order for before, after in pairwise(entries))
    assert len({entry.weights for entry in entries}) == len(entries)


@each_backbone
def test_it_makes_features_in_steps_that_can_be_frozen(entry: type[PretrainedBackbone]) -> None:
    assert len(entry().blocks()) >= 2
    for side in (entry.side, entry.smallest):
        backbone = trained_network(entry(), side, 7).blocks[0]
        assert len(backbone.output_shape) == 3, side
        assert min(backbone.output_shape) >= 1, side


@pytest.mark.parametrize(("kind", "parameters"), PUBLISHED.items())
def test_it_has_as_many_parameters_as_published(kind: str, parameters: int) -> None:
    entry = BACKBONES[kind]()
    plan = trained_network(entry, entry.side, 1000)
    assert sum(block.parameters for block in plan.walk()) == parameters


def test_one_ships_with_its_licence() -> None:
    assert "efficientnet-lite0" in SHIPPED
    notice = resource("backbones", "LICENSE.txt").read_text("utf-8")
    for owner in ("The TensorFlow Authors", "ML Illustrated", "Ross Wightman", "Princeton"):
        assert owner in notice
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in notice


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request: pytest.FixtureRequest) -> PretrainedBackbone:
    """Each backbone whose weights ship."""
    return BACKBONES[request.param]()


@pytest.fixture(scope="module")
def facts(shipped: PretrainedBackbone) -> BackboneFacts:
    """What Keras makes of its file and of the photographs."""
    classes = len(_labels(shipped))
    plan = trained_network(shipped, shipped.side, classes)
    pictures = [ROOT / "tests" / "pictures" / name for name in PICTURES]
    return backbone_facts(plan, resource("backbones", shipped.weights), pictures)


def test_its_file_is_the_one_that_the_catalogue_knows(shipped: PretrainedBackbone) -> None:
    content = resource("backbones", shipped.weights).read_bytes()
    assert sha256(content).hexdigest() == shipped.sha256


def test_its_file_fills_every_variable_and_holds_nothing_else(
    shipped: PretrainedBackbone, facts: BackboneFacts
) -> None:
    arrays = load_file(resource("backbones", shipped.weights))
    assert {name: array.shape for name, array in arrays.items()} == facts.variables
    assert all(array.dtype == np.float16 for array in arrays.values())
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_its_classes_have_names(shipped: PretrainedBackbone) -> None:
    labels = _labels(shipped)
    arrays = load_file(resource("backbones", shipped.weights))
    assert len(labels) == arrays["classifier/bias"].size
    assert len({label.strip().casefold() for label in labels} - {""}) == len(labels)


def test_it_knows_what_is_on_a_photograph(
    shipped: PretrainedBackbone, facts: BackboneFacts
) -> None:
    labels = _labels(shipped)
    for (name, (first, sensible)), numbers in zip(PICTURES.items(), facts.classes, strict=True):
        assert sensible.intersection(labels[number] for number in numbers[:first]), name


class _Command:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize("hidden", [_Command(), {"_fc.bias": np.zeros(3)}], ids=["call", "array"])
def test_the_script_that_makes_them_reads_nothing_but_tensors(hidden: Any) -> None:
    make_backbones = runpy.run_path(str(ROOT / "packaging" / "make_backbones.py"))
    head = (make_backbones["LEGACY_MAGIC"], make_backbones["LEGACY_PROTOCOL"])
    parts = (*head, {"little_endian": True}, hidden)
    content = b"".join(pickle.dumps(part, protocol=2) for part in parts)
    with pytest.raises(make_backbones["BackboneError"], match="the weights ask for"):
        make_backbones["read_torch"](content)
