"""What the lab takes out of a network, and which blocks it watches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, walk
from imgclf_gui.plan import NetworkPlan, preset_network, resolve_network
from imgclf_gui.plan.lab import Ablation, ablations, without
from imgclf_gui.plan.plan import BlockPlan
from imgclf_gui.plan.watch import watched_blocks
from tests.helpers.timing import within

PADDED = BlockSpec(kind="convolution", filters=8, stride=2, activation="none", bias=False)
NORMALIZED = BlockSpec(kind="batch-normalization")
END = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))


def planned(network: NetworkSpec, size: int = 64) -> NetworkPlan:
    """Its plan for colour images of that size; there must be no problem."""
    plan, problems = resolve_network(network, (size, size, 3), 10)
    assert plan is not None, problems
    return plan


def kinds(blocks: Blocks) -> list[str]:
    return [spec.kind for _, spec in walk(blocks)]


def parameters(plan: NetworkPlan, *kinds: str) -> int:
    return sum(block.parameters for block in plan.walk() if block.entry.kind in kinds)


def pairs() -> Iterator[tuple[str, str]]:
    """Every preset with everything that can be taken out of it."""
    for preset in catalog.preset_entries():
        for ablation in ablations(preset_network(preset)):
            yield preset, ablation.kind


@pytest.mark.parametrize(("preset", "what"), list(pairs()))
def test_every_preset_works_without_any_of_its_ideas(preset: str, what: str) -> None:
    network = preset_network(preset)
    reduced = without(network, what)
    assert what not in [ablation.kind for ablation in ablations(reduced)]
    assert planned(reduced).blocks[-1].output_shape == planned(network).blocks[-1].output_shape
    assert reduced.preset == network.preset


def test_what_can_be_taken_out_of_a_residual_network() -> None:
    assert ablations(preset_network("resnet-56")) == (
        Ablation("shortcuts", "shortcuts"),
        Ablation("batch-normalization", "batch normalisation"),
    )


def test_without_shortcuts_the_rest_stays() -> None:
    network = preset_network("resnet-56")
    reduced = without(network, "shortcuts")
    assert "residual" not in kinds(reduced.blocks)
    expected = [kind for kind in kinds(network.blocks) if kind != "residual"]
    left = kinds(reduced.blocks)
    assert sorted({*left}) == sorted({*expected})
    whole, plain = planned(network), planned(reduced)
    assert plain.parameters == whole.parameters, "padded shortcuts have none"
    assert [it.title for it in watched_blocks(plain)] == [it.title for it in watched_blocks(whole)]


def residual(**settings: object) -> BlockSpec:
    inside = (PADDED, NORMALIZED, BlockSpec(kind="activation"))
    return BlockSpec(kind="residual", blocks=inside, **settings)


def test_without_shortcuts_a_projection_goes_and_the_activation_stays() -> None:
    network = NetworkSpec(blocks=(residual(shortcut="projected"), *END))
    reduced = without(network, "shortcuts")
    assert kinds(reduced.blocks)[:4] == ["convolution", "batch-normalization", *["activation"] * 2]
    projection = 3 * 8 + 4 * 8
    assert planned(network).parameters - planned(reduced).parameters == projection


def test_without_shortcuts_nothing_is_added_for_pre_activation() -> None:
    reduced = without(NetworkSpec(blocks=(residual(activation="none"), *END)), "shortcuts")
    assert kinds(reduced.blocks)[:4] == [
        "convolution", "batch-normalization", "activation", "global-pooling",
    ]  # fmt: skip


def test_without_normalisation_biases_come_back_and_projections_lose_theirs() -> None:
    network = NetworkSpec(blocks=(residual(shortcut="projected"), *END))
    reduced = without(network, "batch-normalization")
    assert "batch-normalization" not in kinds(reduced.blocks)
    assert reduced.blocks[0].settings["normalization"] is False
    assert reduced.blocks[0].blocks[0].settings["bias"] is True
    # Twice four figures a filter go: behind the convolution, and behind the projection; twice one
    # bias comes.
    assert planned(network).parameters - planned(reduced).parameters == 2 * (4 - 1) * 8


def test_without_normalisation_a_preset_has_as_many_parameters_as_it_should() -> None:
    network = preset_network("resnet-56")
    whole, reduced = planned(network), planned(without(network, "batch-normalization"))
    normalized = [block for block in whole.walk() if block.entry.kind == "batch-normalization"]
    channels = sum(block.output_shape[-1] for block in normalized)
    assert reduced.parameters == whole.parameters - 4 * channels + channels


def test_only_the_block_that_left_its_bias_gets_one() -> None:
    blocks = (PADDED, BlockSpec(kind="activation"), PADDED, NORMALIZED, *END)
    reduced = without(NetworkSpec(blocks=blocks), "batch-normalization")
    assert [spec.settings.get("bias") for spec in reduced.blocks[:3]] == [False, None, True]


def test_any_block_that_keeps_the_shape_can_be_taken_out() -> None:
    network = preset_network("cnn")
    reduced = without(network, "dropout")
    assert kinds(reduced.blocks) == [kind for kind in kinds(network.blocks) if kind != "dropout"]
    assert planned(reduced).parameters == planned(network).parameters


def test_a_container_with_nothing_left_goes_too() -> None:
    dropouts = BlockSpec(kind="repeat", count=2, blocks=(BlockSpec(kind="dropout"),))
    group = BlockSpec(kind="group", blocks=(dropouts,))
    reduced = without(NetworkSpec(blocks=(PADDED, group, *END)), "dropout")
    assert kinds(reduced.blocks) == ["convolution", "global-pooling", "logits"]


def test_a_branch_stays_one_block() -> None:
    branches = BlockSpec(kind="branches", blocks=(residual(shortcut="projected"), PADDED))
    network = NetworkSpec(blocks=(branches, *END))
    reduced = without(network, "shortcuts")
    assert [spec.kind for spec in reduced.blocks[0].blocks] == ["group", "convolution"]
    planned(reduced)


def test_a_branch_with_nothing_left_is_refused() -> None:
    branches = BlockSpec(kind="branches", blocks=(NORMALIZED, BlockSpec(kind="dropout")))
    with pytest.raises(UserError) as raised:
        without(NetworkSpec(blocks=(branches, *END)), "dropout")
    assert raised.value.code == "lab.branch"


@pytest.mark.parametrize("what", ["shortcuts", "convolution", "nonsense"])
def test_what_a_network_does_not_have_cannot_be_taken_out(what: str) -> None:
    with pytest.raises(UserError) as raised:
        without(preset_network("cnn"), what)
    assert raised.value.code == "lab.nothing"
    assert "without: dropout" in raised.value.report.hint


def test_blocks_that_cannot_be_read_stay() -> None:
    strange = BlockSpec(kind="from-elsewhere", depth=3)
    broken = BlockSpec(kind="dropout", rate="much")
    network = NetworkSpec(blocks=(strange, broken, BlockSpec(kind="dropout")))
    assert without(network, "dropout").blocks == (strange, broken)


def output_of(*blocks: BlockSpec) -> tuple[str, bool]:
    """Where the first watched block is looked at, and whether it is silenced."""
    first = watched_blocks(planned(NetworkSpec(blocks=(*blocks, *END))))[0]
    return first.output, first.silenced


def convolution(activation: str = "none") -> BlockSpec:
    return BlockSpec(kind="convolution", activation=activation)


def test_a_block_is_looked_at_before_its_own_activation() -> None:
    assert output_of(convolution("relu")) == ("block_00_convolution", True)
    assert output_of(convolution("tanh")) == ("block_00_convolution", False)
    assert output_of(convolution("relu"), NORMALIZED) == ("block_00_convolution", True)


def test_a_block_is_looked_at_behind_the_normalisation_that_follows() -> None:
    behind = "block_01_batch_normalization"
    relu, gelu = (BlockSpec(kind="activation", function=name) for name in ("relu", "gelu"))
    assert output_of(convolution(), NORMALIZED, relu) == (behind, True)
    assert output_of(convolution(), NORMALIZED, gelu) == (behind, False)
    assert output_of(convolution(), NORMALIZED) == (behind, False)


def test_without_either_its_own_output_is_looked_at() -> None:
    relu = BlockSpec(kind="activation")
    assert output_of(convolution(), relu) == ("block_00_convolution", True)
    assert output_of(convolution(), BlockSpec(kind="max-pooling"), NORMALIZED, relu) == (
        "block_00_convolution",
        False,
    )


def test_blocks_with_a_kernel_are_watched_copies_included_and_projections_not() -> None:
    stage = BlockSpec(
        kind="group", name="Stage 1", blocks=(BlockSpec(kind="repeat", count=2, blocks=(PADDED,)),)
    )
    backbone = BlockSpec(kind="backbone", frozen=True, blocks=(residual(shortcut="projected"),))
    watched = watched_blocks(planned(NetworkSpec(blocks=(backbone, stage, *END))))
    assert [it.title for it in watched] == [
        "1 · Convolution", "2 · Stage 1 · Convolution", "3 · Stage 1 · Convolution", "4 · Logits",
    ]  # fmt: skip
    assert [it.number for it in watched] == [1, 2, 3, 4]
    assert len({it.name for it in watched}) == 4


@pytest.mark.parametrize("preset", list(catalog.preset_entries()))
def test_every_multiply_add_of_a_leaf_is_watched(preset: str) -> None:
    plan = planned(preset_network(preset))
    leaves = [block for block in plan.walk() if not block.lanes]
    assert len(watched_blocks(plan)) == sum(1 for block in leaves if has_kernel(block))


def has_kernel(block: BlockPlan) -> bool:
    return block.multiply_adds > 0 and block.parameters > 0


def test_what_thousands_of_unknown_kinds_could_be_taken_out_is_told_in_a_moment() -> None:
    network = NetworkSpec(blocks=tuple(BlockSpec(kind=f"kind-{i}") for i in range(10_000)))
    assert within(1, lambda: ablations(network)) == ()
