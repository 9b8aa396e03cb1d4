"""Networks that begin with a backbone: what is planned, frozen, trained when, and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec, TrainingSpec, TransferSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan import EXAMPLE_DATASET, NetworkPlan, Plan, resolve, resolve_network
from imgclf_gui.plan.backbones import (
    ABOUT,
    WEIGHTS,
    backbones,
    catalog_backbones,
    find_backbone,
    read_weights,
)
from imgclf_gui.plan.transfer import (
    head_only,
    phases,
    rate_factors,
    staged,
    step_name,
    still_front,
    total_epochs,
    trained_behind,
    with_backbone,
)
from tests.helpers.transfer import INSIDE, on_backbone, small_backbone

LITE = catalog_backbones()["efficientnet-lite0"]
PHOTOS = EXAMPLE_DATASET.model_copy(
    update={"common_width": 640, "common_height": 480, "same_size": False, "grayscale": False}
)


def planned(dataset: DatasetSummary = EXAMPLE_DATASET, trained_blocks: int = 0) -> Plan:
    spec = with_backbone(ProjectSpec(), dataset, LITE, trained_blocks=trained_blocks)
    resolution = resolve(spec, dataset)
    assert resolution.plan is not None, resolution.problems
    return resolution.plan


def network(blocks: tuple[BlockSpec, ...]) -> NetworkPlan:
    plan, problems = resolve_network(NetworkSpec(blocks=blocks), (12, 12, 1), 3)
    assert plan is not None, problems
    return plan


def test_small_grayscale_images_are_read_in_colour_and_drawn_larger_by_the_network() -> None:
    plan = planned()
    assert (plan.data.width, plan.data.height, plan.data.channels) == (28, 28, 3)
    assert [block.entry.kind for block in plan.network.blocks] == [
        "resize", "backbone", "global-pooling", "dropout", "logits",
    ]  # fmt: skip
    assert plan.network.blocks[0].output_shape == (224, 224, 3)


def test_photographs_are_read_as_large_as_the_backbone_knows_them() -> None:
    plan = planned(PHOTOS)
    assert (plan.data.width, plan.data.height) == (224, 224)
    assert plan.network.blocks[0].entry.kind == "backbone"


def test_frozen_only_the_head_learns_and_a_step_takes_little_memory() -> None:
    frozen = planned(PHOTOS)
    assert frozen.network.trainable_parameters == 1280 * 10 + 10
    tuned = planned(PHOTOS, trained_blocks=9)
    assert tuned.network.trainable_parameters > 3_000_000
    assert frozen.memory_bytes < tuned.memory_bytes / 10


def test_what_a_person_set_for_training_stays() -> None:
    usual = with_backbone(ProjectSpec(), PHOTOS, LITE).training
    assert usual.epochs > 10 and usual.learning_rate > 1e-3
    mine = ProjectSpec(training=TrainingSpec(epochs=7, learning_rate=0.5))
    assert with_backbone(mine, PHOTOS, LITE).training == mine.training


@pytest.mark.parametrize(("name", "trained"), [("Stage 6", 2), ("stage 7", 1), ("1", 9)])
def test_a_block_to_freeze_until_is_found_by_name_or_number(name: str, trained: int) -> None:
    assert trained_behind(LITE, name) == trained


def test_a_block_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UserError) as refused:
        trained_behind(LITE, "Stage 9")
    assert "Stage 9" in refused.value.report.message
    assert "2 (Stem)" in refused.value.report.hint and "10 (Features)" in refused.value.report.hint


def test_the_still_front_ends_where_something_learns_or_is_random() -> None:
    backbone = small_backbone()
    front = still_front(network(on_backbone(backbone)))
    assert front is not None and front.last == "block_01_global_pooling"
    tuned = still_front(network(on_backbone(backbone, trained_blocks=1)))
    assert tuned is not None and tuned.last == "block_00_00_01_group"
    dropped = (BlockSpec(kind="dropout"), *on_backbone(backbone))
    assert still_front(network(dropped)) is None
    assert still_front(network(INSIDE + on_backbone(backbone)[1:])) is None, "nothing is frozen"


def test_batch_normalisation_stays_as_it_is_where_its_block_is_fine_tuned() -> None:
    plan = network(on_backbone(small_backbone(), trained_blocks=2))
    group = plan.blocks[0].lanes[0][1]
    assert [block.frozen for block in group.walk()] == [False, False, True, False]


def test_the_head_learns_first_where_fine_tuning_follows() -> None:
    spec = with_backbone(ProjectSpec(), PHOTOS, LITE, trained_blocks=2)
    spec = spec.model_copy(update={"transfer": TransferSpec(fine_tune_epochs=4)})
    plan = resolve(spec, PHOTOS).plan
    assert plan is not None
    first, second = phases(plan)
    assert first.network.trainable_parameters == 12_810 < second.network.trainable_parameters
    assert (first.epochs, second.epochs, total_epochs(plan)) == (30, 4, 34)
    assert second.learning_rate < first.learning_rate
    assert head_only(first.network) == first.network
    together = plan.model_copy(update={"transfer": TransferSpec()})
    assert len(phases(together)) == 1
    assert len(phases(planned(PHOTOS))) == 1, "nothing is fine-tuned"


def test_rates_fall_towards_the_input() -> None:
    factors = rate_factors(network(on_backbone(small_backbone())), 0.5)
    assert factors == {"block_00_00_00_": 0.125, "block_00_00_01_": 0.25, "block_00_00_02_": 0.5}
    assert rate_factors(network(on_backbone(small_backbone())), 1.0) == {}


def test_a_backbone_that_is_not_there_is_a_problem_at_its_field() -> None:
    spec = with_backbone(ProjectSpec(), PHOTOS, LITE.model_copy(update={"id": "no-such"}))
    (problem,) = resolve(spec, PHOTOS).problems
    assert problem.path == "network.blocks.0.weights" and "no-such" in problem.message


def test_blocks_that_were_changed_have_no_place_for_the_weights() -> None:
    spec = with_backbone(ProjectSpec(), PHOTOS, LITE)
    backbone, *head = spec.network.blocks
    other = backbone.model_copy(update={"blocks": backbone.blocks[1:]})
    spec = spec.model_copy(update={"network": NetworkSpec(blocks=(other, *head))})
    (problem,) = resolve(spec, PHOTOS).problems
    assert "no longer those of EfficientNet-Lite0" in problem.message
    assert "empty the field" in problem.fix


def test_images_too_small_for_a_backbone_are_a_problem_with_its_mend() -> None:
    spec = with_backbone(ProjectSpec(), EXAMPLE_DATASET, LITE)
    alone = NetworkSpec(blocks=spec.network.blocks[1:])
    (problem,) = resolve(spec.model_copy(update={"network": alone}), EXAMPLE_DATASET).problems
    assert problem.path == "network.blocks.0.weights" and "28×28" in problem.message
    mended = NetworkSpec(blocks=(*problem.mends[0].before, *alone.blocks))
    assert resolve(spec.model_copy(update={"network": mended}), EXAMPLE_DATASET).plan is not None


def test_a_backbone_for_colour_says_so_to_grayscale_images() -> None:
    spec = with_backbone(ProjectSpec(), EXAMPLE_DATASET, LITE)
    gray = spec.data.model_copy(update={"channels": "grayscale"})
    (problem,) = resolve(spec.model_copy(update={"data": gray}), EXAMPLE_DATASET).problems
    assert "3 values" in problem.message and "rgb" in problem.fix


def test_a_cut_backbone_keeps_its_weights() -> None:
    spec = with_backbone(ProjectSpec(), PHOTOS, LITE, cut=6)
    resolution = resolve(spec, PHOTOS)
    assert resolution.plan is not None, resolution.problems
    assert resolution.plan.network.blocks[0].output_shape == (14, 14, 80)


def test_own_backbones_are_found_and_broken_ones_left_out(own_folders: Path) -> None:
    kept = small_backbone("mine")
    folder = own_folders / "data" / "backbones"
    for name, text in (("broken", "{"), ("other", kept.model_dump_json()), ("empty", "")):
        (folder / name).mkdir()
        (folder / name / ABOUT).write_text(text, "utf-8")
    assert set(backbones()) == {*catalog.backbone_entries(), "mine"}
    assert find_backbone("mine") == kept
    assert read_weights(kept)["00_convolution/kernel"].shape == (3, 3, 1, 6)


def test_weights_that_are_not_the_ones_that_were_added_are_refused(own_folders: Path) -> None:
    kept = small_backbone("mine")
    path = own_folders / "data" / "backbones" / "mine" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(UserError) as refused:
        read_weights(kept)
    assert refused.value.code == "backbone.damaged"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError) as refused:
        read_weights(kept)
    assert "no whole safetensors file" in refused.value.report.message


def test_many_steps_of_freezing_become_the_stages_between_which_images_shrink() -> None:
    def scale(filters: int) -> list[BlockSpec]:
        shrinking = BlockSpec(kind="convolution", filters=filters, stride=2)
        others = (BlockSpec(kind="batch-normalization"), BlockSpec(kind="convolution"))
        return [shrinking, *others, *others]

    padding = BlockSpec(kind="zero-padding")
    blocks = (padding, *(block for filters in (8, 16, 24, 32) for block in scale(filters)))
    made = staged(blocks, (224, 224, 3))
    assert [step_name(stage) for stage in made] == [f"Stage {n}" for n in (1, 2, 3, 4)]
    assert [stage.blocks[-5].settings["filters"] for stage in made] == [8, 16, 24, 32]
    assert made[0].blocks[0] is padding, "it has no weights of its own to freeze"
    inside = [block for stage in made for block in stage.blocks]
    assert all(block is before for block, before in zip(inside, blocks, strict=True))
    assert staged(blocks[:20], (224, 224, 3)) == blocks[:20], "few steps stay as they are"
