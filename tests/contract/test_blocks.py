"""Each block's own arithmetic, and what Keras really builds of it, agree; nothing makes it fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite, nan
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgclf_gui import catalog
from imgclf_gui.core.entry import BLOCK_INPUT, Block, BlockInput, end
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import (
    BlockPlan,
    NetworkPlan,
    Problem,
    block_inputs,
    draft_network,
    named_blocks,
    preset_network,
    resolve_network,
)
from imgclf_gui.plan.edits import mended
from tests.helpers.keras_facts import KerasFacts, NetworkFacts
from tests.helpers.random_networks import (
    random_block,
    random_network,
    random_of,
    random_settings,
    random_shape,
    resolved,
)
from tests.helpers.timing import within

BLOCKS = catalog.block_entries()
CLASSES = 7
RANDOM_NETWORKS = 500
LOT = 50
AROUND = {"pixels", "rescaling"}
"""Layers of every network that belong to no block."""

each_block = pytest.mark.parametrize("entry", BLOCKS.values(), ids=BLOCKS.keys())
randoms = st.builds(Random, st.integers(0, 2**32 - 1))


def examples(number: int) -> settings:
    """So many draws; the fixture with the Keras process may serve all of them."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, suppress_health_check=slow, database=None)


@pytest.fixture(scope="module")
def keras() -> Iterator[KerasFacts]:
    with KerasFacts() as process:
        yield process


def _drawn(random: Random, entry: type[Block]) -> NetworkPlan:
    """One block of that kind with random settings that hold, behind a random shape."""
    while True:
        shape = random_shape(random)
        spec = random_of(random, entry, shape, CLASSES)
        if spec is not None:
            plan = resolved(spec, shape, CLASSES)
            return NetworkPlan(input_shape=shape, classes=CLASSES, blocks=(plan,))


def _assert_agrees(plan: NetworkPlan, facts: NetworkFacts) -> None:
    """Every layer belongs to a block that states its shape and all its weights exactly."""
    left = dict(facts.layers)
    for name, block in named_blocks(plan.blocks):
        layers = _block(block).layers(block_inputs(block, plan.classes))
        made = [left.pop(f"{name}_{layer.name}" if layer.name else name) for layer in layers]
        assert sum(fact.trainable for fact in made) == block.trainable_parameters, name
        assert sum(fact.not_trainable for fact in made) == block.not_trainable_parameters, name
        assert not made or made[-1].shape == block.output_shape, name
    assert set(left) == AROUND


def _block(plan: BlockPlan) -> Block:
    return catalog.load(plan.entry, BLOCKS)


@each_block
def test_a_block_makes_what_keras_makes(entry: type[Block], keras: KerasFacts) -> None:
    @examples(15)
    @given(randoms)
    def check(random: Random) -> None:
        plan = _drawn(random, entry)
        _assert_agrees(plan, keras.of(plan))

    check()


@each_block
def test_a_block_does_the_work_that_tensorflow_counts(
    entry: type[Block], keras: KerasFacts
) -> None:
    @examples(3)
    @given(randoms)
    def check(random: Random) -> None:
        plan = _drawn(random, entry)
        counted = keras.of(plan, count_work=True).multiply_adds
        if any(block.entry.settings.get("dilation", 1) > 1 for block in plan.walk()):
            # TensorFlow cuts the image into parts for it, and works on what fills them up, too.
            assert counted is not None
            assert counted >= plan.multiply_adds
        else:
            assert counted == plan.multiply_adds

    check()


def test_a_network_of_every_block_trains(keras: KerasFacts) -> None:
    start = (12, 10, 3)
    blocks: tuple[BlockSpec, ...] = (
        BlockSpec(kind="convolution", filters=16),
        BlockSpec(kind="convolution", filters=16, groups=4, stride=2),
        BlockSpec(kind="convolution", filters=16, groups=16, dilation=2),
        BlockSpec(kind="depthwise-convolution", dilation=2),
    )
    for kind, entry in BLOCKS.items():
        spec = BlockSpec(
            kind=kind,
            blocks=entry.example_blocks(
                draft_network(blocks, start, CLASSES).blocks[-1].output_shape
            ),
        )
        plans = draft_network((*blocks, spec), start, CLASSES).blocks
        if len(plans) > len(blocks) and len(plans[-1].output_shape) == 3:
            blocks = (*blocks, spec)
    last = [BlockSpec(kind=kind) for kind in ("global-pooling", "dense", "logits")]
    plan, problems = resolve_network(NetworkSpec(blocks=(*blocks, *last)), start, CLASSES)
    assert plan is not None, problems
    assert {block.entry.kind for block in plan.walk()} == {*BLOCKS} - {"flatten"}
    losses = keras.losses(plan)
    assert len(losses) == 3
    assert all(map(isfinite, losses))


@pytest.mark.parametrize("kind", catalog.preset_entries())
def test_every_block_of_a_preset_makes_what_keras_makes(kind: str, keras: KerasFacts) -> None:
    plan, problems = resolve_network(preset_network(kind), (16, 16, 3), 10)
    assert plan is not None, problems
    _assert_agrees(plan, keras.of(plan))


@pytest.mark.parametrize("first", range(0, RANDOM_NETWORKS, LOT))
def test_random_networks_make_what_keras_makes(first: int, keras: KerasFacts) -> None:
    for seed in range(first, first + LOT):
        drawn = random_network(seed)
        plan, problems = resolve_network(drawn.network, drawn.shape, drawn.classes)
        assert plan is not None, (seed, problems)
        _assert_agrees(plan, keras.of(plan))


def test_random_networks_hold_every_kind_of_block_deep_in_one_another() -> None:
    networks = [random_network(seed) for seed in range(100)]
    plans = [resolve_network(drawn.network, drawn.shape, drawn.classes)[0] for drawn in networks]
    kinds = {block.entry.kind for plan in plans if plan for block in plan.walk()}
    assert kinds == set(BLOCKS)
    drafts = (draft_network(n.network.blocks, n.shape, n.classes) for n in networks)
    assert max(len(place) for draft in drafts for place in draft.at) >= 4


@each_block
@examples(50)
@given(random=randoms)
def test_the_stored_form_comes_back(entry: type[Block], random: Random) -> None:
    block = entry.model_validate(random_settings(random, entry))
    text = block.to_spec().model_dump_json()
    assert catalog.load(BlockSpec.model_validate_json(text), BLOCKS) == block


@each_block
@examples(30)
@given(random=randoms)
def test_layers_are_data_with_names_of_their_own(entry: type[Block], random: Random) -> None:
    plan = _drawn(random, entry).blocks[0]
    inputs = block_inputs(plan, CLASSES)
    known = {BLOCK_INPUT, *(end(lane) for lane in range(len(inputs.ends)))}
    names: list[str] = []
    for layer in _block(plan).layers(inputs):
        assert set(layer.inputs) <= known
        json.dumps(layer.settings, allow_nan=False)
        names.append(layer.name)
        known.add(layer.name)
    assert len(set(names)) == len(names)
    assert not names or "" in names


@each_block
@examples(100)
@given(random=randoms)
def test_a_mend_takes_its_problem_away(entry: type[Block], random: Random) -> None:
    shape = random_shape(random)
    inside = (random_block(random, shape, CLASSES),) if entry.holds != "nothing" else ()
    blocks = (BlockSpec(kind=entry.kind, blocks=inside, **random_settings(random, entry)),)
    for problem in draft_network(blocks, shape, CLASSES).problems:
        for mend in problem.mends:
            left = draft_network(mended(blocks, problem, mend), shape, CLASSES).problems
            # Other blocks may stand behind the one inside that is changed.
            assert problem not in left or mend.inside


HOSTILE: tuple[Any, ...] = (
    2**31,
    -(2**31),
    10**400,
    "64",
    "x" * 100_000,
    nan,
    float("inf"),
    None,
    [],
    [1] * 10_000,
    {},
    {"a": {"b": {"c": [{}] * 1_000}}},
)


def _problems(spec: BlockSpec) -> list[Problem]:
    """Those of a network with `spec` in front, found without a freeze that a person would see."""
    blocks = (spec, BlockSpec(kind="flatten"))
    return within(0.1, lambda: draft_network(blocks, (28, 28, 3), CLASSES)).problems


@each_block
def test_hostile_settings_are_a_problem_at_their_place(entry: type[Block]) -> None:
    for name, field in entry.model_fields.items():
        for value in HOSTILE:
            if field.annotation is str and value == "64":
                continue  # a name like any other: whether it is that of anything is asked later
            problems = _problems(BlockSpec(kind=entry.kind, **{name: value}))
            assert problems[0].path.startswith(f"network.blocks.0.{name}"), value
            assert len(problems[0].message) < 200
            assert problems[0].fix


@each_block
def test_settings_as_large_as_they_may_be_are_planned_or_refused(entry: type[Block]) -> None:
    schema = entry.model_json_schema().get("properties", {})
    largest = {name: field["maximum"] for name, field in schema.items() if "maximum" in field}
    inside = (BlockSpec(kind="convolution", filters=65_536),)
    blocks = inside if entry.holds != "nothing" else ()
    for problem in _problems(BlockSpec(kind=entry.kind, blocks=blocks, **largest)):
        assert problem.path.startswith("network.blocks")
        assert problem.fix


@pytest.mark.parametrize("kind", ["no-such", "", "../max-pooling", "x" * 100_000, "\0"])
def test_an_unknown_block_is_a_problem_at_its_place(kind: str) -> None:
    problems = _problems(BlockSpec(kind=kind, filters=3))
    assert problems[0].path == "network.blocks.0"
    assert len(problems[0].message) < 200


def test_repeats_of_repeats_are_refused_in_time() -> None:
    spec = BlockSpec(kind="convolution")
    for _ in range(8):
        spec = BlockSpec(kind="repeat", count=200, blocks=(spec,))
    assert "more than 1,000 blocks" in _problems(spec)[0].message


def _told(shape: tuple[int, ...], kind: str, **of: Any) -> tuple[str, list[dict[str, Any]]]:
    """The message of a block's problem behind `shape`, and the settings of its mends."""
    problem = BLOCKS[kind].model_validate(of).check(BlockInput(shape, CLASSES))
    assert problem is not None
    return problem.message, [mend.settings for mend in problem.mends]


def test_groups_that_do_not_divide_are_mended() -> None:
    message, mends = _told((8, 8, 12), "convolution", filters=18, groups=4)
    assert message == "12 channels and 18 filters cannot both be shared out to 4 groups."
    assert mends == [{"groups": 3}, {"filters": 16}]
    message, mends = _told((8, 8, 12), "group-normalization", groups=8)
    assert message == "12 channels cannot be shared out evenly to 8 groups."
    assert mends == [{"groups": 6}]


def test_a_stride_with_dilation_is_mended() -> None:
    message, mends = _told((8, 8, 1), "depthwise-convolution", stride=2, dilation=3)
    assert message == "Stride 2 and dilation 3 cannot be used together."
    assert mends == [{"dilation": 1}, {"stride": 1}]


def test_a_window_that_does_not_fit_is_mended() -> None:
    for kind in ("convolution", "depthwise-convolution", "separable-convolution"):
        message, mends = _told((8, 4, 1), kind, size=3, dilation=2, padding="valid")
        assert message == "The window (5×5) is larger than what reaches it (8×4)."
        assert mends == [{"padding": "same"}]


def test_a_pooling_without_stride_does_not_overlap() -> None:
    for kind in ("max-pooling", "average-pooling"):
        block = catalog.load(BlockSpec(kind=kind, size=3), BLOCKS)
        assert block.output_shape(BlockInput((11, 9, 2), CLASSES)) == (3, 3, 2)
        overlapping = catalog.load(BlockSpec(kind=kind, size=3, stride=2), BLOCKS)
        assert overlapping.output_shape(BlockInput((11, 9, 2), CLASSES)) == (5, 4, 2)


def test_a_shortcut_follows_the_stride_of_both_sides() -> None:
    inside = BlockSpec(kind="convolution", stride=3, filters=4)
    block = BlockSpec(kind="residual", shortcut="padded", blocks=(inside,))
    assert resolved(block, (2, 9, 2), CLASSES).output_shape == (1, 3, 4)
