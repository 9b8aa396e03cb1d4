"""resolve(): figures against those computed by hand, and every problem where it arises."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import (
    BlockSpec,
    DataSpec,
    EntrySpec,
    NetworkSpec,
    ProjectSpec,
    Split,
    TrainingSpec,
)
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.core.tree import block_at, field_path, place_of
from imgclf_gui.plan import (
    EXAMPLE_DATASET,
    NetworkDraft,
    Plan,
    Problem,
    draft_network,
    named_blocks,
    preset_network,
    resolve,
    resolve_network,
)
from imgclf_gui.plan.network import DEEPEST, MOST_BLOCKS
from imgclf_gui.plan.resolve import data_budget, data_plan
from tests.helpers.timing import within

DIGITS = tuple("0123456789")


def _dataset(
    labels: tuple[str, ...] = DIGITS, *, train: int = 600, validation: int = 60, **changes: Any
) -> DatasetSummary:
    """Of 28×28 grayscale images; `train` and `validation` are images a class."""
    counts: dict[Split, tuple[int, ...]] = {
        "train": (train,) * len(labels),
        "validation": (validation,) * len(labels),
        "test": (100,) * len(labels),
    }
    fields: dict[str, Any] = {
        "labels": labels,
        "counts": counts,
        "common_width": 28,
        "common_height": 28,
        "grayscale": True,
        "fingerprint": "f",
    }
    return DatasetSummary(**{**fields, **changes})


def _spec(*blocks: BlockSpec, preset: str = "linear", **training: Any) -> ProjectSpec:
    network = NetworkSpec(blocks=blocks) if blocks else preset_network(preset)
    return ProjectSpec(network=network, training=TrainingSpec(**training))


def _plan(spec: ProjectSpec, dataset: DatasetSummary | None = None) -> Plan:
    resolution = resolve(spec, dataset or _dataset())
    assert resolution.problems == ()
    assert resolution.plan is not None
    return resolution.plan


def _problem(spec: ProjectSpec, dataset: DatasetSummary | None = None, **of: Any) -> Problem:
    resolution = resolve(spec, dataset or _dataset(), **of)
    assert resolution.plan is None
    assert len(resolution.problems) == 1
    return resolution.problems[0]


FLATTEN, LOGITS = BlockSpec(kind="flatten"), BlockSpec(kind="logits")

# Weights + biases of each block, for 28×28 grayscale images of ten classes.
DNN = (784 * 300 + 300) + (300 * 100 + 100) + (100 * 30 + 30) + (30 * 10 + 10)
DNN_WORK = 784 * 300 + 300 * 100 + 100 * 30 + 30 * 10
FILTERS = (5 * 5 * 1 * 10 + 10) + (5 * 5 * 10 * 20 + 20)
CNN_WORK = 250 * 28 * 28 + 5000 * 14 * 14 + 980 * 300 + 300 * 10
LADDER = [
    ("linear", 784 * 10 + 10, 0, 784 * 10),
    ("dnn", DNN, 0, DNN_WORK),
    ("dnn-dropout", DNN, 0, DNN_WORK),
    ("cnn", FILTERS + (980 * 300 + 300) + (300 * 10 + 10), 0, CNN_WORK),
    ("cnn-bn", FILTERS + 980 * 300 + 2 * 300 + 300 * 10 + 2 * 10, 2 * 300 + 2 * 10, CNN_WORK),
]


@pytest.mark.parametrize(("preset", "trainable", "gathered", "multiply_adds"), LADDER)
def test_the_ladder_has_the_figures_computed_by_hand(
    preset: str, trainable: int, gathered: int, multiply_adds: int
) -> None:
    network = _plan(_spec(preset=preset)).network
    assert network.trainable_parameters == trainable
    assert network.parameters == trainable + gathered
    assert network.multiply_adds == multiply_adds


def test_shapes_go_from_block_to_block() -> None:
    blocks = _plan(_spec(preset="cnn")).network.blocks
    assert [block.output_shape for block in blocks] == [
        (28, 28, 10),
        (14, 14, 10),
        (14, 14, 20),
        (7, 7, 20),
        (980,),
        (300,),
        (300,),
        (10,),
    ]
    assert all(after.input_shape == before.output_shape for before, after in pairwise(blocks))
    assert blocks[0].brief == "5×5, 10 filters"


@pytest.mark.parametrize(("optimizer", "slots"), [("adam", 2), ("adamw", 2), ("rmsprop", 1)])
def test_memory_counts_weights_gradients_state_and_outputs(optimizer: str, slots: int) -> None:
    plan = _plan(_spec(optimizer=EntrySpec(kind=optimizer), batch_size=32))
    weights = 4 * 7850 * (1 + 1 + slots)
    kept, passing = 4 * (28 * 28 + 10), 3 * 4 * 784  # flattened pixels are the largest output
    image = kept + passing
    assert plan.memory_bytes == weights + 32 * image


@pytest.mark.parametrize(
    ("images", "batch", "steps"), [(600, 128, 47), (64, 64, 10), (1, 128, 1), (64, 63, 11)]
)
def test_the_last_step_of_an_epoch_may_be_short(images: int, batch: int, steps: int) -> None:
    assert _plan(_spec(batch_size=batch), _dataset(train=images)).steps_per_epoch == steps


def test_the_plan_says_what_the_data_become() -> None:
    data = _plan(_spec()).data
    assert (data.width, data.height, data.channels, data.fit) == (28, 28, 1, "pad")
    assert (data.train_images, data.validation_images, data.test_images) == (6000, 600, 1000)
    assert (data.labels, data.fingerprint, data.class_weights) == (DIGITS, "f", None)


@pytest.mark.parametrize(
    ("width", "height", "same_size", "chosen"),
    [
        (28, 28, True, (28, 28)),
        (64, 48, True, (64, 48)),
        (640, 480, True, (64, 48)),
        (1, 1000, True, (1, 64)),
        (0, 0, True, (28, 28)),
        (30, 40, False, (40, 40)),
        (640, 480, False, (64, 64)),
    ],
)
def test_the_image_size_is_chosen_from_the_images(
    width: int, height: int, same_size: bool, chosen: tuple[int, int]
) -> None:
    dataset = _dataset(common_width=width, common_height=height, same_size=same_size)
    data = data_plan(DataSpec(), dataset)
    assert (data.width, data.height) == chosen


def test_a_size_and_colour_that_the_person_chose_are_kept() -> None:
    data = data_plan(DataSpec(image_width=100, image_height=90, channels="rgb"), _dataset())
    assert (data.width, data.height, data.channels) == (100, 90, 3)
    data = data_plan(DataSpec(channels="grayscale"), _dataset(grayscale=False))
    assert data.channels == 1


def test_one_coloured_image_makes_the_dataset_coloured() -> None:
    assert data_plan(DataSpec(), _dataset(grayscale=False)).channels == 3


def test_class_weights_give_each_class_the_same_say() -> None:
    dataset = _dataset(("a", "b", "c"), counts={"train": (60, 30, 10)})
    weights = _plan(_spec(class_weights=True), dataset).data.class_weights
    assert weights is not None
    assert [weight * count for weight, count in zip(weights, (60, 30, 10), strict=True)] == (
        pytest.approx([100 / 3] * 3)
    )


def test_a_class_without_training_images_weighs_nothing_and_is_named() -> None:
    dataset = _dataset(("a", "b", "c"), counts={"train": (6, 2, 0), "validation": (1, 1, 1)})
    resolution = resolve(_spec(class_weights=True, batch_size=2), dataset)
    assert resolution.plan is not None
    assert resolution.plan.data.class_weights == (8 / 12, 8 / 4, 0)
    (warning,) = resolution.warnings
    assert warning.path == "data"
    assert "c" in warning.message


@pytest.mark.parametrize(
    ("parameters", "images", "said"),
    [
        (7850, 0, "No training images yet."),
        (50, 60_000, "plenty of data"),
        (7850, 60_000, "0.131 an image"),
        (268_940, 60_000, "4.48 an image"),
        (302_590, 2_000, "expect overfitting"),
    ],
)
def test_the_data_budget_is_one_sentence(parameters: int, images: int, said: str) -> None:
    budget = data_budget(parameters, images)
    assert said in budget
    assert budget.endswith(".")


def test_one_class_is_not_enough() -> None:
    for labels, count in (((), "0"), (("cats",), "1")):
        resolution = resolve(_spec(), _dataset(labels))
        assert resolution.plan is None
        assert resolution.problems[0].path == "data"
        assert count in resolution.problems[0].message


def test_training_needs_training_images() -> None:
    problem = _problem(_spec(), _dataset(train=0))
    assert problem.path == "data"
    assert "no training images" in problem.message


def test_a_network_without_blocks_asks_for_a_preset() -> None:
    problem = _problem(ProjectSpec())
    assert problem.path == "network.blocks"
    assert "Choose a starting network" in problem.fix


@pytest.mark.parametrize(
    ("blocks", "path", "said"),
    [
        ([BlockSpec(kind="dense"), LOGITS], "network.blocks.0", "28×28×1"),
        ([LOGITS], "network.blocks.0", "gets an image"),
        ([FLATTEN, BlockSpec(kind="convolution"), LOGITS], "network.blocks.1", "784 values"),
        ([FLATTEN, BlockSpec(kind="max-pooling"), LOGITS], "network.blocks.1", "784 values"),
        ([BlockSpec(kind="max-pooling", size=16)] * 2, "network.blocks.1", "1×1"),
        ([BlockSpec(kind="convolution", size=31, padding="valid")], "network.blocks.0", "31×31"),
        ([FLATTEN], "network.blocks", "784 values, and there are 10 classes"),
        ([BlockSpec(kind="activation")], "network.blocks", "28×28×1 values"),
        ([FLATTEN, BlockSpec(kind="dense", units=0)], "network.blocks.1.units", "0 does not work"),
        ([FLATTEN, BlockSpec(kind="dense", unit=3)], "network.blocks.1.unit", "3 does not work"),
        ([FLATTEN, BlockSpec(kind="teleport"), LOGITS], "network.blocks.1", "no 'teleport'"),
    ],
)
def test_a_block_that_cannot_stand_there_is_named_with_what_to_do(
    blocks: list[BlockSpec], path: str, said: str
) -> None:
    problem = _problem(_spec(*blocks))
    assert problem.path == path
    assert said in problem.message
    assert problem.fix


def test_an_unknown_kind_stays_in_the_spec_and_names_what_there_is() -> None:
    spec = _spec(FLATTEN, BlockSpec(kind="teleport", to="mars"), LOGITS)
    assert "logits" in _problem(spec).fix
    assert spec.network.blocks[1].settings == {"to": "mars"}


@pytest.mark.parametrize(
    ("training", "path"),
    [
        ({"optimizer": EntrySpec(kind="magic")}, "training.optimizer"),
        ({"optimizer": EntrySpec(kind="adam", beta_1=1)}, "training.optimizer.beta_1"),
        ({"schedule": EntrySpec(kind="magic")}, "training.schedule"),
        ({"schedule": EntrySpec(kind="step", drop=2)}, "training.schedule.drop"),
        ({"device": EntrySpec(kind="magic")}, "training.device"),
        ({"device": EntrySpec(kind="gpu", index=-1)}, "training.device.index"),
        ({"warmup_epochs": 10, "epochs": 10}, "training.warmup_epochs"),
    ],
)
def test_a_training_setting_that_does_not_work_is_named(
    training: dict[str, Any], path: str
) -> None:
    problem = _problem(_spec(**training))
    assert problem.path == path
    assert problem.fix


def test_all_that_is_wrong_is_said_at_once() -> None:
    spec = _spec(FLATTEN, schedule=EntrySpec(kind="magic"), warmup_epochs=99)
    paths = [problem.path for problem in resolve(spec, _dataset(("cats",))).problems]
    assert paths == ["data", "training.schedule", "training.warmup_epochs", "network.blocks"]


def test_a_step_that_does_not_fit_into_memory_is_refused_with_the_largest_that_does() -> None:
    small = DeviceSummary(label="gpu:0", name="Small GPU", memory_bytes=2**20)
    problem = _problem(_spec(batch_size=512), device=small)
    assert problem.path == "training.batch_size"
    assert "MB of memory; Small GPU has 1.05 MB, and plans use 80 % of it." in problem.message
    said = re.search(r"a batch of at most (\d+)", problem.fix)
    assert said is not None
    largest = int(said[1])
    assert resolve(_spec(batch_size=largest), _dataset(), small).plan is not None
    assert resolve(_spec(batch_size=largest + 1), _dataset(), small).plan is None
    for memory in (None, 2**34):
        enough = small.model_copy(update={"memory_bytes": memory})
        assert resolve(_spec(batch_size=512), _dataset(), enough).plan is not None


def test_where_not_even_one_image_fits_no_batch_is_recommended() -> None:
    tiny = DeviceSummary(label="gpu:0", name="Tiny GPU", memory_bytes=2**16)
    problem = _problem(_spec(batch_size=1), device=tiny)
    assert "Not even one image" in problem.fix


def test_a_plan_may_come_with_warnings() -> None:
    resolution = resolve(_spec(batch_size=128), _dataset(train=5, validation=0))
    assert resolution.plan is not None
    paths = [warning.path for warning in resolution.warnings]
    assert paths == ["data.validation_percent", "training.batch_size"]


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(UserError) as caught:
        preset_network("resnet-9000")
    assert caught.value.code == "preset.unknown"
    assert "cnn-bn" in caught.value.report.hint


def test_a_plan_survives_json() -> None:
    plan = _plan(_spec(preset="cnn-bn", class_weights=True))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_network_resolves_without_a_dataset() -> None:
    network, problems = resolve_network(preset_network("cnn"), (32, 32, 3), 7)
    assert problems == []
    assert network is not None
    assert network.blocks[-1].output_shape == (7,)


def test_the_example_stands_in_for_a_dataset() -> None:
    resolution = resolve(_spec(preset="cnn"), EXAMPLE_DATASET)
    assert resolution.plan is not None
    assert resolution.plan.network.input_shape == (28, 28, 1)
    assert resolution.plan.network.classes == 10


@pytest.mark.parametrize("preset", ["cnn-bn", "resnet-56"])
def test_resolving_takes_less_than_ten_milliseconds(preset: str) -> None:
    spec, dataset = _spec(preset=preset), _dataset()
    within(0.010, lambda: resolve(spec, dataset), times=20)


CONVOLUTION = BlockSpec(kind="convolution", filters=4)
END = (BlockSpec(kind="global-pooling"), LOGITS)


def _around(kind: str, *inside: BlockSpec, **settings: Any) -> BlockSpec:
    return BlockSpec(kind=kind, blocks=inside, **settings)


def _draft(*blocks: BlockSpec) -> NetworkDraft:
    return draft_network(blocks, (28, 28, 1), 10)


def test_the_copies_of_a_repeat_have_weights_and_names_of_their_own() -> None:
    network = _plan(_spec(_around("repeat", CONVOLUTION, count=3), *END)).network
    repeat = network.blocks[0]
    first, second, third = (lane[0] for lane in repeat.lanes)
    assert [block.input_shape[-1] for block in (first, second, third)] == [1, 4, 4]
    assert [block.parameters for block in (first, second, third)] == [40, 148, 148]
    assert repeat.parameters == 0
    assert network.parameters == 40 + 148 + 148 + 50
    names = [name for name, _ in named_blocks(network.blocks)]
    assert names[:4] == [
        "block_00_repeat",
        "block_00_00_00_convolution",
        "block_00_01_00_convolution",
        "block_00_02_00_convolution",
    ]
    assert len(set(names)) == len(names)


def test_lanes_get_the_same_input_and_are_put_together() -> None:
    strided = BlockSpec(kind="convolution", filters=3, size=1)
    group = _around("group", CONVOLUTION, CONVOLUTION, name="Two")
    draft = _draft(_around("branches", group, strided), *END)
    assert draft.problems == []
    assert draft.at[0,].output_shape == (28, 28, 7)
    assert draft.at[0, 0].title == "Two"
    assert draft.at[0, 0, 1].input_shape == (28, 28, 4)
    assert draft.at[0, 1].input_shape == (28, 28, 1)


def test_what_a_frozen_backbone_holds_is_not_trained() -> None:
    network = _plan(_spec(_around("backbone", CONVOLUTION, frozen=True), *END)).network
    assert (network.trainable_parameters, network.parameters) == (50, 90)


def test_a_name_stands_for_the_title() -> None:
    named = CONVOLUTION.model_copy(update={"name": "Edges"})
    assert [block.title for block in _draft(named, *END).blocks][:2] == ["Edges", "Global pooling"]


@pytest.mark.parametrize(
    ("block", "path", "said"),
    [
        (_around("group"), "network.blocks.0", "nothing inside"),
        (_around("branches"), "network.blocks.0", "nothing inside"),
        (CONVOLUTION.model_copy(update={"blocks": (FLATTEN,)}), "network.blocks.0", "cannot hold"),
        (
            _around("group", BlockSpec(kind="convolution", filters=0)),
            "network.blocks.0.blocks.0.filters",
            "0 does not work",
        ),
        (
            _around("repeat", _around("group", BlockSpec(kind="teleport")), count=3),
            "network.blocks.0.blocks.0.blocks.0",
            "no 'teleport'",
        ),
        (
            _around("branches", CONVOLUTION, _around("group", FLATTEN, CONVOLUTION)),
            "network.blocks.0.blocks.1.blocks.1",
            "784 values",
        ),
        (_around("residual", CONVOLUTION), "network.blocks.0", "28×28×1 reach the block"),
        (
            _around("repeat", BlockSpec(kind="max-pooling", size=8), count=2),
            "network.blocks.0.blocks.0",
            "3×3",
        ),
        (
            BlockSpec(kind="convolution", filters=2**31),
            "network.blocks.0.filters",
            "2147483648 does not work",
        ),
        (
            BlockSpec(kind="convolution", filters="64"),
            "network.blocks.0.filters",
            "'64' does not work",
        ),
    ],
)
def test_a_problem_inside_a_block_is_told_once_and_at_its_place(
    block: BlockSpec, path: str, said: str
) -> None:
    (problem,) = _draft(block, *END).problems
    assert problem.path == path
    assert said in problem.message
    assert problem.fix
    place, _ = place_of(problem.path) or ((), "")
    assert block_at((block, *END), place)


def test_every_wrong_setting_is_told_wherever_it_lies_and_the_rest_keeps_its_figures() -> None:
    wrong = BlockSpec(kind="dropout", rate=7)
    draft = _draft(CONVOLUTION, _around("group", CONVOLUTION, wrong), wrong, *END)
    assert [problem.path for problem in draft.problems] == [
        field_path((1, 1), "rate"),
        field_path((2,), "rate"),
    ]
    assert set(draft.at) == {(0,), (1, 0)}


@pytest.mark.parametrize(
    ("block", "titles"),
    [
        (BlockSpec(kind="dense"), ["Insert Flatten", "Insert global pooling"]),
        (
            _around("residual", CONVOLUTION),
            ["Project the shortcut", "Pad the shortcut", "Match filters"],
        ),
        (_around("branches", BlockSpec(kind="convolution", filters=2), CONVOLUTION, merge="add"),
         ["Concatenate"]),
    ],
)  # fmt: skip
def test_a_problem_brings_its_mends(block: BlockSpec, titles: list[str]) -> None:
    (problem,) = _draft(block, *END).problems
    assert [mend.title for mend in problem.mends] == titles


def test_the_end_of_a_network_can_be_mended() -> None:
    (problem,) = _draft(CONVOLUTION).problems
    (mend,) = problem.mends
    assert problem.path == "network.blocks"
    assert _draft(CONVOLUTION, *mend.before).problems == []


def _nested(depth: int) -> BlockSpec:
    block = CONVOLUTION
    for _ in range(depth):
        block = _around("group", block)
    return block


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ((CONVOLUTION,) * 10_000, f"more than {MOST_BLOCKS:,} blocks"),
        ((_around("repeat", *[CONVOLUTION] * 90, count=200),), f"more than {MOST_BLOCKS:,} blocks"),
        (
            (_around("repeat", _around("repeat", CONVOLUTION, count=200), count=200),),
            f"more than {MOST_BLOCKS:,} blocks",
        ),
        ((_nested(DEEPEST),), f"more than {DEEPEST} deep"),
        ((_nested(400),), f"more than {DEEPEST} deep"),
    ],
)
def test_a_network_too_large_or_too_deep_is_one_problem_in_no_time(
    blocks: tuple[BlockSpec, ...], said: str
) -> None:
    (problem,) = within(0.1, lambda: _draft(*blocks, *END)).problems
    assert said in problem.message
    place, _ = place_of(problem.path) or ((), "")
    assert block_at(blocks, place)


def test_as_many_blocks_as_are_allowed_are_planned_in_a_moment() -> None:
    small = BlockSpec(kind="convolution", filters=1)
    blocks = (small,) * (MOST_BLOCKS - 2)
    assert within(0.1, lambda: _draft(*blocks, *END)).problems == []
    assert _draft(_nested(DEEPEST - 1), *END).problems == []


def test_of_thousands_of_wrong_settings_the_first_are_problems() -> None:
    block = BlockSpec(kind="flatten", **{f"setting-{i}": i for i in range(20_000)})
    draft = draft_network((block,), (28, 28, 1), 10)
    assert 1 <= len(draft.problems) < 100


def test_a_setting_of_any_name_is_a_problem_of_its_own_block() -> None:
    names = {"blocks.0": 1, "0.blocks.1": 2, "x" * 100_000: 3}
    draft = draft_network((BlockSpec(kind="flatten", **names),), (28, 28, 1), 10)
    assert len(draft.problems) == len(names)
    for problem in draft.problems:
        assert len(problem.path) < 200
        place = place_of(problem.path)
        assert place is not None
        assert place[0] == (0,)


def test_groups_that_divide_nothing_are_told_in_a_moment() -> None:
    """65,521 is a prime number, and each lane looks for the groups that fit."""
    lanes = [BlockSpec(kind="group-normalization", groups=65_520)] * 900
    blocks = (BlockSpec(kind="convolution", filters=65_521), _around("branches", *lanes))
    draft = within(0.5, lambda: draft_network(blocks, (28, 28, 1), 10))
    assert {problem.mends[0].settings["groups"] for problem in draft.problems} == {1}
