"""What measurements of transfer show: sentences, tests, tables, and what of them is kept."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.intervals import mcnemar, wilson_interval
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.jobs.transferability import (
    _keeper,
    from_nothing,
    kept_measurement,
    kept_measurements,
    transfer_figures,
)
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol.commands import MeasureTransfer
from imgclf_gui.protocol.events import JobFailed
from imgclf_gui.protocol.transfer_events import TransferFinished, only_first, packed
from imgclf_gui.protocol.transfer_state import (
    TransferState,
    block_rows,
    few_rows,
    fold,
    rank_rows,
    transfer_sentence,
)
from imgclf_gui.protocol.transfer_table import transfer_table
from tests.helpers.transfer_actor import block, few, ranked, started


def state_of(*events: Any) -> TransferState:
    return fold([*events, TransferFinished(seconds=10)])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=300))
def test_right_answers_are_compared_image_by_image(answers: list[tuple[bool, bool]]) -> None:
    first, second = (packed([pair[place] for pair in answers]) for place in (0, 1))
    assert only_first(first, second) == sum(a and not b for a, b in answers)
    assert only_first(second, first) == sum(b and not a for a, b in answers)


def test_mcnemar_is_the_fair_coin() -> None:
    assert mcnemar(0, 0) == 1.0 and mcnemar(3, 3) == 1.0
    assert mcnemar(10, 0) == pytest.approx(2 / 2**10)
    assert mcnemar(2, 9) == pytest.approx(2 * sum(comb(11, k) for k in range(3)) / 2**11)
    assert mcnemar(2, 9) == mcnemar(9, 2)
    assert 0 < mcnemar(20_000, 100) < 1e-9


def test_a_lead_is_shown_or_it_is_not() -> None:
    clear = state_of(started("rank"), ranked("poor", 60), ranked("good", 90))
    assert [row.measured.backbone for row in rank_rows(clear)] == ["good", "poor"]
    assert rank_rows(clear)[0].interval == wilson_interval(90, 100)
    assert rank_rows(clear)[0].p_value is None
    assert "It is the best: its lead of 30.0 points over Poor" in transfer_sentence(clear)
    close = state_of(started("rank"), ranked("a", 90), ranked("b", 88), ranked("c", 30))
    said = transfer_sentence(close)
    assert "No difference shown to B (88.0 %)" in said and "more" not in said
    assert "The quickest of them is A (40 images/s)." in said
    alone = state_of(started("rank"), ranked("a", 90))
    assert "no other backbone to compare it with" in transfer_sentence(alone)
    equal = state_of(started("rank"), ranked("a", 90), ranked("b", 90))
    assert rank_rows(equal)[1].p_value == 1.0


def test_it_is_told_where_general_features_end() -> None:
    early = state_of(
        started("layers", title="Net"), block(0, "A", 40), block(1, "B", 86), block(2, "C", 90),
        block(3, "D", 60),
    )  # fmt: skip
    said = transfer_sentence(early)
    assert said.startswith("Net is best behind block 3 (C): 90.0 % of 100 validation images")
    assert "From block 2 (B) on (86.0 %)" in said
    assert "The last block gives only 60.0 %" in said and "Cut behind block 3 (C)" in said
    assert [row.p_value is None for row in block_rows(early)] == [False, False, True, False]
    grows = state_of(started("layers", title="Net"), block(0, "A", 40), block(1, "B", 90))
    assert "Every block up to the last one helps." in transfer_sentence(grows)
    alone = state_of(started("layers", title="Net"), block(0, "A", 40))
    assert transfer_sentence(alone).endswith("%).")


def both(count: int, frozen: tuple[int, ...], scratch: tuple[int, ...]) -> list[Any]:
    """Trainings of both ways, a seed each."""
    ways = (("frozen", frozen), ("scratch", scratch))
    return [
        few(way, count, seed, correct)
        for way, results in ways
        for seed, correct in enumerate(results)
    ]


def test_few_images_are_compared_over_the_seeds() -> None:
    events = [*both(5, (70, 72, 71), (40, 43, 41)), *both(50, (80, 81, 80), (78, 82, 81))]
    state = state_of(started("few-images", title="Net"), *events)
    first, last = few_rows(state)
    assert first.frozen is not None and first.frozen.accuracy == pytest.approx(0.71)
    assert first.gain == pytest.approx(0.2967, abs=1e-3) and first.shown and not last.shown
    said = transfer_sentence(state)
    assert "With 5 images a class" in said and "(difference shown over the seeds)" in said
    assert "(no difference shown over the seeds)" in said
    assert "From nothing it takes 50 a class to get as far as the features do with 5." in said
    never = state_of(
        started("few-images", title="Net"),
        *both(5, (70, 72), (4, 6)),
        *both(50, (80, 80), (9, 8)),
    )
    assert "not even 50 reach what the features reach with 5" in transfer_sentence(never)
    agreeing = few_rows(never)[1].frozen
    assert agreeing is not None and agreeing.interval is None, "no scatter is told of"
    alike = state_of(started("few-images", title="Net"), *both(5, (70, 72, 71), (69, 73, 70)))
    assert "From nothing" not in transfer_sentence(alike)
    half = state_of(started("few-images", title="Net"), few("frozen", 5, 0, 70))
    assert "right for 70.0 % of 100 validation images." in transfer_sentence(half)


def test_nothing_measured_is_no_sentence_about_something() -> None:
    assert transfer_sentence(fold([])) == "Nothing was measured yet."
    assert transfer_table(fold([started("layers")])).rows == ()


def test_a_table_is_text_for_people_and_numbers_for_programs() -> None:
    table = transfer_table(state_of(started("rank"), ranked("a", 90), ranked("b, c", 60)))
    assert table.texts()[0][:4] == ["A", "90.0 %", "82.6–94.5 %", ""]
    lines = table.csv().splitlines()
    assert lines[1].startswith("A,0.9,0.82") and lines[2].startswith('"B, C",0.6,0.5')
    table = transfer_table(state_of(started("few-images"), few("frozen", 5, 0, 70)))
    assert table.texts() == [["5", "15", "70.0 %", "", "70.0 %", "", "", "", "", ""]]
    assert len({line.count(",") for line in table.csv().splitlines()}) == 1


def keep(project: Project, *events: Any) -> None:
    command = MeasureTransfer(
        job="m", project=str(project.folder), kind="rank", backbones=("a",), data=project.spec.data
    )
    record = _keeper(project, command)
    for event in events:
        record(event)


def test_what_is_kept_is_read_again_and_less_never_replaces_more(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p")
    whole = [started("rank"), ranked("a", 90), ranked("b", 60), TransferFinished(seconds=9)]
    keep(project, *whole[:2], TransferFinished(seconds=1, stopped=True))
    kept = kept_measurement(project, "rank")
    assert kept is not None and kept.results == 1 and not kept.complete
    keep(project, *whole)
    keep(project, *whole[:2], TransferFinished(seconds=1, stopped=True))
    keep(project, started("rank"), JobFailed(error={"code": "x", "message": "no"}))
    kept = kept_measurement(project, "rank")
    assert kept is not None and kept.complete and kept.backbones == whole[1:3]
    content = json.loads((project.folder / "transfer" / "rank.json").read_text("utf-8"))
    assert content["sentence"] == transfer_sentence(kept)
    assert content["rows"][0]["accuracy"] == 0.9 and "right" not in content["rows"][0]
    assert [it.complete for it in kept_measurements(project)] == [True]
    assert transfer_figures(kept)["seconds"] == 9
    (project.folder / "transfer" / "rank.json").write_text('{"events": [{"type": "odd"}]}')
    assert kept_measurement(project, "rank") is None and kept_measurements(project) == []


def test_what_is_trained_from_nothing_is_the_projects_network_or_a_preset_that_fits() -> None:
    summary = DatasetSummary(
        labels=("a", "b"),
        counts={"train": (9, 9), "validation": (2, 2), "test": (2, 2)},
        common_width=12,
        common_height=12,
        grayscale=True,
    )
    mine = ProjectSpec(network=preset_network("linear"))
    assert from_nothing(mine, summary) == (mine.network, mine.data)
    transfer = NetworkSpec(blocks=(BlockSpec(kind="backbone"), BlockSpec(kind="logits")))
    data = mine.data.model_copy(update={"image_width": 224, "image_height": 224})
    network, seen = from_nothing(ProjectSpec(network=transfer, data=data), summary)
    assert network.preset == "cnn-bn" and seen.image_width is None
