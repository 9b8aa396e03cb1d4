"""Runs that watch their blocks: what they see is right, and they learn to the same bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import fold
from tests.helpers.images import write_class_folders
from tests.helpers.kept_runs import assert_same_bits, remember
from tests.helpers.live_worker import LiveWorker, make_project, make_run
from tests.helpers.watch_facts import facts

NORMALIZED = BlockSpec(kind="batch-normalization")
FROZEN = BlockSpec(
    kind="backbone",
    frozen=True,
    blocks=(BlockSpec(kind="convolution", filters=3), NORMALIZED),
)
RESIDUAL = BlockSpec(
    kind="residual",
    shortcut="projected",
    blocks=(
        BlockSpec(kind="convolution", filters=6, stride=2, activation="none", bias=False),
        NORMALIZED,
        BlockSpec(kind="activation"),
        BlockSpec(kind="convolution", filters=6, activation="none", bias=False),
    ),
)
BLOCKS = (
    FROZEN,
    RESIDUAL,
    BlockSpec(kind="flatten"),
    BlockSpec(kind="dense", units=40, activation="relu"),
    BlockSpec(kind="logits"),
)
"""All that is looked at in another way: frozen, normalised, at the end of a chain, dense."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of remembered choices that all workers here share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def worker(cache: Path) -> Iterator[LiveWorker]:
    """One worker for all tests that do not kill it."""
    with LiveWorker(cache) as worker:
        yield worker


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """144 training images: with batches of 10 a rest of 4 remains."""
    folder = tmp_path_factory.mktemp("project")
    images = write_class_folders(folder / "images", images=60)
    return make_project(folder / "project", images)


def observations(worker: LiveWorker, run: c.StartRun) -> list[e.BlocksObserved]:
    return worker.of(e.BlocksObserved, run.job)


def test_what_is_seen_is_what_keras_and_numpy_compute(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "seen", BLOCKS, watch_blocks=True, epochs=1, batch_size=32)
    worker.finish(run)
    seen = observations(worker, run)[0]
    assert (seen.step, seen.epoch) == (1, 1)
    expected = facts(Path(run.run), project.folder)
    assert len(expected) == 5
    for block, row in zip(seen.blocks, expected, strict=True):
        found = [block.mean, block.spread, block.dead, block.gradient, block.update]
        for figure, right in zip(found, row, strict=True):
            assert figure == (right if right is None else pytest.approx(right, rel=2e-3, abs=1e-6))
    frozen, first, second, dense, logits = seen.blocks
    assert (frozen.gradient, frozen.update) == (None, None)
    assert first.spread == pytest.approx(1, abs=0.02), "looked at behind its normalisation"
    assert (second.dead, logits.dead) == (None, None), "no activation follows in their chain"
    assert dense.dead is not None


@pytest.mark.parametrize(("jit_compile", "batch"), [(False, 10), (True, 12)])
def test_a_watched_run_learns_to_the_same_bits(
    worker: LiveWorker, project: Project, cache: Path, jit_compile: bool, batch: int
) -> None:
    name = f"bits-{jit_compile}"
    plain, again, watched = (
        make_run(project, f"{name}-{n}", epochs=4, batch_size=batch, watch_blocks=n == 2)
        for n in range(3)
    )
    worker.finish(plain)  # measures how steps are executed
    remember(cache, jit_compile)
    worker.finish(again)
    worker.finish(watched)
    assert worker.of(e.ExecutionChosen, watched.job)[0].jit_compile is jit_compile
    assert len(observations(worker, watched)) >= 4
    assert observations(worker, again) == []
    assert_same_bits(again, watched)


def test_a_smaller_last_batch_is_not_observed(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "rest", epochs=2, watch_blocks=True)
    worker.finish(run)
    steps = [seen.step for seen in observations(worker, run)]
    assert steps == sorted(set(steps))
    assert not {15, 30} & set(steps)  # 144 images: 14 steps of 10, one of 4
    assert [seen.epoch for seen in observations(worker, run)] == [1 + (it > 15) for it in steps]


def test_a_killed_run_goes_on_and_is_observed_as_before(
    worker: LiveWorker, project: Project, cache: Path
) -> None:
    settings: dict[str, Any] = {"epochs": 30, "batch_size": 16}
    reference = make_run(project, "whole", **settings)
    killed = make_run(project, "killed", watch_blocks=True, **settings)
    worker.finish(reference)
    with LiveWorker(cache) as victim:
        victim.send(killed)
        victim.wait_for(e.EpochEnded, lambda event: event.summary.epoch == 3)
        victim.send(c.PauseRun(job=killed.job))
        paused = victim.wait_for(e.RunPaused)
        victim.send(c.ContinueRun(job=killed.job))
        victim.wait_for(e.BlocksObserved, lambda event: event.step > paused.step)
        victim.kill()
        before = [event for event in victim.seen if getattr(event, "job", "") == killed.job]
    worker.finish(killed.model_copy(update={"resume": True}))
    assert_same_bits(reference, killed)
    after = [event for event in worker.seen if getattr(event, "job", "") == killed.job]
    steps = [seen.step for seen in fold([*before, *after]).observations]
    assert steps == sorted(set(steps))
    assert paused.step + 1 in steps


def test_figures_that_are_no_numbers_any_more_are_left_out(
    worker: LiveWorker, project: Project
) -> None:
    straight = BlockSpec(kind="dense", units=32, activation="none")
    blocks = (BlockSpec(kind="flatten"), straight, straight, BlockSpec(kind="logits"))
    run = make_run(
        project, "steep", blocks, epochs=50, learning_rate=10, batch_size=48, watch_blocks=True,
        optimizer={"kind": "sgd", "momentum": 0.99}, schedule={"kind": "constant"},
    )  # fmt: skip
    worker.send(run)
    failed = worker.wait_for(e.JobFailed, timeout=30)
    assert failed.error.code == "run.not_finite"
    first, *_, last = observations(worker, run)
    assert all(block.gradient is not None for block in first.blocks)
    assert any(block.gradient is None or block.gradient > 1e6 for block in last.blocks)
