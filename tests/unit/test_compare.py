"""Comparing two networks, and `imgclf compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgclf_gui import catalog
from imgclf_gui.cli.main import main
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, walk
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.compare import (
    Comparison,
    Row,
    compare,
    network_key,
    planned_blocks,
    side,
)
from imgclf_gui.protocol import events
from tests.helpers.plans import a_plan, a_spec
from tests.helpers.timing import within

SHAPE = (32, 32, 3)
CONV, BN, RELU = (
    BlockSpec(kind=kind) for kind in ("convolution", "batch-normalization", "activation")
)
END = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))


def compared(left: Blocks | str, right: Blocks | str) -> Comparison:
    def network(blocks: Blocks | str) -> NetworkSpec:
        return preset_network(blocks) if isinstance(blocks, str) else NetworkSpec(blocks=blocks)

    names = [one if isinstance(one, str) else name for one, name in ((left, "A"), (right, "B"))]
    sides = [
        side(name, network(blocks), SHAPE, 10)
        for name, blocks in zip(names, (left, right), strict=True)
    ]
    return compare(sides[0], sides[1], batch_size=128, optimizer_slots=2)


def told(rows: tuple[Row, ...]) -> list[str]:
    """'= Convolution', '- Dropout' …"""
    signs = {"same": "=", "changed": "!", "left": "-", "right": "+"}
    return [f"{signs[row.status]} {(row.left or row.right).title}" for row in rows]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", catalog.preset_entries())
def test_a_network_is_the_same_as_itself(kind: str) -> None:
    found = compared(kind, kind)
    assert {row.status for row in found.walk()} == {"same"}
    assert {total.ratio for total in found.totals} == {1.0}
    assert found.summary.endswith("Block by block they are the same.")


def test_names_and_settings_as_usual_make_no_difference() -> None:
    plain = (CONV, *END)
    told_in_full = (
        BlockSpec(kind="convolution", name="First", filters=16, size=3, stride=1),
        *END,
    )
    assert network_key(plain) == network_key(told_in_full)
    assert told(compared(plain, told_in_full).rows)[0] == "= Convolution"


def test_blocks_that_only_one_has_stand_in_their_order() -> None:
    found = compared((CONV, RELU, *END), (CONV, BN, RELU, BlockSpec(kind="dropout"), *END))
    assert told(found.rows) == [
        "= Convolution",
        "+ Batch normalisation",
        "= Activation",
        "+ Dropout",
        "= Global pooling",
        "= Logits",
    ]
    backwards = compared((CONV, BN, RELU, *END), (CONV, RELU, *END))
    assert told(backwards.rows)[1] == "- Batch normalisation"
    assert "Batch normalisation removed" in backwards.summary


def test_a_changed_setting_is_named_as_the_form_does() -> None:
    other = BlockSpec(kind="convolution", filters=32, bias=False)
    changed = compared((CONV, *END), (other, *END)).rows[0]
    assert changed.status == "changed"
    assert [(one.title, one.left, one.right) for one in changed.settings] == [
        ("Filters", "16", "32"),
        ("Bias", "yes", "no"),
    ]
    assert changed.left and changed.right
    assert (changed.left.parameters, changed.right.parameters) == (448, 864)


def test_containers_are_compared_inside() -> None:
    found = compared("resnet-20", "resnet-56")
    stage = found.rows[3]
    assert stage.status == "changed" and not stage.settings
    assert told(stage.inside) == ["= Residual", "! Repeat"]
    assert [one.title for one in stage.inside[1].settings] == ["Times"]
    assert found.summary.startswith(
        "resnet-56 has 3.16× the parameters and 3.09× the multiply-adds of resnet-20. "
    )
    assert "3 × Repeat (Times 2 → 8)." in found.summary


def test_totals_are_those_of_the_plans() -> None:
    found = compared("cnn", "resnet-20")
    assert found.left.plan and found.right.plan
    totals = {total.key: (total.left, total.right) for total in found.totals}
    assert totals["parameters"] == (found.left.plan.parameters, found.right.plan.parameters)
    assert totals["training_bytes"][1] == found.right.plan.training_bytes(128, 2)


def test_a_network_with_a_problem_is_compared_as_far_as_it_goes() -> None:
    found = compared((BlockSpec(kind="flatten"), CONV, BlockSpec(kind="from-the-future")), "cnn")
    assert found.left.plan is None
    assert {total.left for total in found.totals} == {None}
    assert {total.ratio for total in found.totals} == {None}
    assert found.summary.startswith("A has a problem: ")
    assert any(row.left and row.left.title == "from-the-future" for row in found.walk())


def test_nothing_against_something() -> None:
    found = compared((), (CONV, *END))
    assert {row.status for row in found.rows} == {"right"}
    assert compared((), ()).rows == ()


LEAVES = st.sampled_from([CONV, BN, RELU, BlockSpec(kind="dropout"), BlockSpec(kind="unheard-of")])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, blocks: BlockSpec(kind=kind, blocks=tuple(blocks)),
        st.sampled_from(["group", "residual", "branches", "unheard-of"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)
NETWORKS = st.lists(TREES, max_size=8).map(tuple)


@settings(max_examples=150, deadline=None)
@given(NETWORKS, NETWORKS)
def test_every_block_of_both_stands_in_one_row_in_its_order(left: Blocks, right: Blocks) -> None:
    found = compared(left, right)
    for blocks, seats in (
        (left, [row.left for row in found.walk()]),
        (right, [row.right for row in found.walk()]),
    ):
        places = [seat.place for seat in seats if seat is not None]
        assert places == [place for place, _ in walk(blocks)]
    same = network_key(left) == network_key(right)
    assert same == all(row.status == "same" for row in found.walk())


def test_a_thousand_blocks_that_have_little_in_common_take_no_time() -> None:
    left = tuple((CONV, BN, RELU)[index % 3] for index in range(990))
    right = tuple((RELU, BlockSpec(kind="dropout"), CONV, BN)[index % 4] for index in range(990))
    sides = [side("A", NetworkSpec(blocks=blocks), SHAPE, 10) for blocks in (left, right)]
    found = within(1, lambda: compare(sides[0], sides[1], 128, 2))
    assert sum(row.left is not None for row in found.rows) == 990


def test_ten_thousand_blocks_and_endless_words_are_told_in_a_moment() -> None:
    many = tuple(BlockSpec(kind="convolution") for _ in range(10_000))
    strange = BlockSpec(kind="x" * 1_000_000, **{"y" * 1_000_000: "z" * 1_000_000})
    found, key = within(0.5, lambda: (compared(many, (strange,)), network_key(many)))
    assert key != network_key((strange,))
    assert "more than 1,000 blocks" in found.summary
    assert found.rows[0].right and len(found.rows[0].right.title) == 100


@pytest.mark.parametrize("kind", catalog.preset_entries())
def test_the_blocks_of_a_plan_are_those_it_was_made_from(kind: str) -> None:
    blocks = preset_network(kind).blocks
    plan = side(kind, preset_network(kind), SHAPE, 10).plan
    assert plan is not None
    assert network_key(planned_blocks(plan.blocks)) == network_key(blocks)


# The command


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A linear network, and no images."""
    return Project.create(tmp_path / "p", a_spec())


def result(words: list[str | Path], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main([*map(str, words), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_the_command_prints_a_table_and_a_sentence(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(project.folder), "--right", "cnn"]) == 0
    printed = capsys.readouterr().out
    assert "What differs" in printed and "Parameters" in printed
    assert "no run yet" in printed
    assert "CNN has 38.5× the parameters" in printed


def test_the_command_compares_presets_files_and_runs(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from imgclf_gui.plan.network_file import write_network

    file = tmp_path / "mine.json"
    write_network(file, preset_network("linear"))
    run = RunFolder.create(project, a_spec(), a_plan(), "First")
    summary = events.EpochSummary(
        epoch=1, step=1, loss=1, accuracy=0.5, learning_rate=0.1, seconds=1, images_per_second=1
    )
    report = events.ClassReport(label="a", images=10, precision=0.9, recall=0.9, f1=0.9)
    run.record(events.EpochEnded(job=run.id, summary=summary, best=True))
    run.record(events.RunFinished(job=run.id, outcome="completed", best_epoch=1, seconds=2))
    run.record(
        events.Evaluated(
            job=run.id,
            split="test",
            images=10,
            accuracy=0.9,
            interval=(0.6, 0.98),
            loss=0.2,
            classes=(report,),
            confusion=((10,),),
            predictions="predictions-test.jsonl",
            fingerprint="f",
        )
    )
    words: list[str | Path] = ["compare", project.folder, "--left", file, "--right"]
    found = result([*words, f"run:{run.id}"], capsys)
    assert {row["status"] for row in found["rows"]} == {"same"}
    assert found["left"]["run"] == found["right"]["run"] == run.id
    assert found["right"]["evaluations"]["test"]["accuracy"] == 0.9
    main([*map(str, words), f"run:{run.id}"])
    printed = capsys.readouterr().out
    assert "90.0 % (60.0 – 98.0 %), 10 images, run 001" in printed
    assert f"not measured (run {run.id})" in printed


def test_the_command_says_what_it_does_not_know(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(project.folder), "--right", "nonsense"]) == 2
    assert "'nonsense' names no network" in capsys.readouterr().err
    assert main(["compare", str(project.folder), "--right", "run:7"]) == 2


def test_a_problem_ends_the_command_with_1(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.json"
    file.write_text('[{"kind": "convolution", "filters": 2147483648}]')
    assert main(["compare", str(project.folder), "--right", str(file)]) == 1
    assert "wrong.json has a problem" in capsys.readouterr().out
