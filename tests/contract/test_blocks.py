"""Each block's own arithmetic, and what Keras really builds, agree."""

from __future__ import annotations

from typing import Any

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.entry import BlockInput
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan import preset_network, resolve_network
from tests.helpers.keras_facts import facts

SHAPES = ((28, 28, 1), (9, 14, 3), (17,))
CLASSES = 7

SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "convolution": (
        {"size": 5, "stride": 2, "padding": "valid", "bias": False},
        {"size": 4, "stride": 3, "padding": "same"},
        {"size": 1, "filters": 3, "activation": "none"},
    ),
    "dense": ({"units": 13, "bias": False}, {"units": 1, "activation": "none"}),
    "logits": ({"bias": False},),
    "max-pooling": ({"size": 3}, {"size": 5}),
    "batch-normalization": ({"momentum": 0.9, "epsilon": 1e-5},),
}
"""Settings worth trying beside a block's defaults."""


def _cases() -> list[dict[str, Any]]:
    """Every block with its defaults and the settings above, behind every shape it accepts."""
    found = []
    for kind, entry in catalog.block_entries().items():
        if entry.holds != "nothing":
            continue
        for settings in ({}, *SETTINGS.get(kind, ())):
            block = entry.model_validate(settings)
            found += [
                {"block": {"kind": kind, **settings}, "shape": list(shape), "classes": CLASSES}
                for shape in SHAPES
                if block.check(BlockInput(shape, CLASSES)) is None
            ]
    return found


def _preset_cases(kind: str) -> list[dict[str, Any]]:
    plan, problems = resolve_network(preset_network(kind), (28, 28, 1), 10)
    assert plan is not None, problems
    return [
        {"block": block.entry.model_dump(), "shape": list(block.input_shape), "classes": 10}
        for block in plan.walk()
        if not block.lanes
    ]


CASES = _cases()
PRESETS = {kind: _preset_cases(kind) for kind in catalog.preset_entries()}


@pytest.fixture(scope="module")
def keras_says() -> dict[str, dict[str, Any]]:
    """Facts by case; asked once, since TensorFlow takes seconds to start."""
    every = CASES + [case for cases in PRESETS.values() for case in cases]
    return {str(case): fact for case, fact in zip(every, facts(every), strict=True)}


def _assert_agrees(case: dict[str, Any], fact: dict[str, Any]) -> None:
    block = catalog.load(BlockSpec.model_validate(case["block"]), catalog.block_entries())
    inputs = BlockInput(tuple(case["shape"]), case["classes"])
    counted = block.parameters(inputs)
    assert list(block.output_shape(inputs)) == fact["shape"]
    assert counted.trainable == fact["trainable"]
    assert counted.not_trainable == fact["not_trainable"]
    assert all(name.startswith("block") for name in fact["names"])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_block(case: dict[str, Any], keras_says: dict[str, dict[str, Any]]) -> None:
    _assert_agrees(case, keras_says[str(case)])


@pytest.mark.parametrize("kind", PRESETS)
def test_preset(kind: str, keras_says: dict[str, dict[str, Any]]) -> None:
    for case in PRESETS[kind]:
        _assert_agrees(case, keras_says[str(case)])


def test_every_block_has_a_case() -> None:
    assert {case["block"]["kind"] for case in CASES} == {
        kind for kind, entry in catalog.block_entries().items() if entry.holds == "nothing"
    }
