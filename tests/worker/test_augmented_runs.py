"""Runs with augmentation in a real worker process: what they learn, leave, and go on from."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationStep, BlockSpec
from imgclf_gui.plan import Plan
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import checkpoint
from tests.helpers.images import write_class_folders
from tests.helpers.kept_runs import assert_same_bits, kept, remember
from tests.helpers.live_worker import BLOCKS, LiveWorker, make_project, make_run

MOVED = (
    AugmentationStep(kind="flip-horizontal"),
    AugmentationStep(kind="rotation", degrees=10),
    AugmentationStep(kind="brightness"),
)
MIXED = (*MOVED, AugmentationStep(kind="mix-up", alpha=0.4))


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
    """144 training, 18 validation and 18 test images: with batches of 10 a rest remains."""
    folder = tmp_path_factory.mktemp("project")
    images = write_class_folders(folder / "images", images=60)
    return make_project(folder / "project", images)


def validations(worker: LiveWorker, run: c.StartRun) -> list[tuple[float | None, float | None]]:
    """Loss and accuracy of each epoch on images that are not augmented."""
    summaries = [event.summary for event in worker.of(e.EpochEnded, run.job)]
    return [(summary.validation_loss, summary.validation_accuracy) for summary in summaries]


@pytest.mark.parametrize("steps", [MOVED, MIXED], ids=["moved", "mixed"])
def test_it_learns_from_augmented_images(
    worker: LiveWorker, project: Project, steps: tuple[AugmentationStep, ...]
) -> None:
    name = f"learns-{len(steps)}"
    run = make_run(project, name, augmentation=steps, epochs=20, learning_rate=0.01)
    worker.finish(run)
    worker.send(c.EvaluateRun(job=name, project=str(project.folder), run=run.run, split="test"))
    evaluated = worker.wait_for(e.Evaluated)
    assert evaluated.accuracy > 0.7  # a third is chance
    losses = [event.summary.loss for event in worker.of(e.EpochEnded, run.job)]
    assert losses[-1] < losses[0]


def test_what_changes_nothing_leaves_every_bit_of_a_run(
    worker: LiveWorker, project: Project
) -> None:
    nothing = (
        AugmentationStep(kind="rotation", degrees=0),
        AugmentationStep(kind="brightness", probability=0),
        AugmentationStep(kind="flip-horizontal", enabled=False),
    )
    measured, plain, augmented = (
        make_run(project, f"nothing-{n}", augmentation=nothing if n == 2 else (), batch_size=11)
        for n in range(3)
    )
    for run in (measured, plain, augmented):
        worker.finish(run)
    assert validations(worker, augmented) == validations(worker, plain)
    assert_same_bits(plain, augmented)


def test_augmentation_changes_what_is_learned_and_its_seed_repeats_it(
    worker: LiveWorker, project: Project
) -> None:
    plain, once, again = (
        make_run(project, f"seed-{n}", augmentation=MIXED if n else (), batch_size=13)
        for n in range(3)
    )
    for run in (plain, once, again):
        worker.finish(run)
    assert_same_bits(once, again)
    assert validations(worker, plain) != validations(worker, once)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_killed_run_goes_on_bit_by_bit(
    project: Project, cache: Path, worker: LiveWorker, compiled: bool
) -> None:
    """144 images leave a rest of 4; of images of 64 × 64 there are enough to compile by XLA."""
    settings: dict[str, Any] = {"epochs": 30, "batch_size": 10}
    if compiled:
        smaller = BlockSpec(kind="max-pooling", size=4)
        settings.update(batch_size=20, side=64, blocks=(smaller, *BLOCKS))
    name = f"killed-{compiled}"
    measured, reference, killed = (
        make_run(project, f"{name}-{n}", augmentation=MIXED, **settings) for n in range(3)
    )
    worker.finish(measured)
    remember(cache, jit_compile=False)
    worker.finish(reference)
    with LiveWorker(cache) as victim:
        victim.send(killed)
        victim.wait_for(e.EpochEnded, lambda event: event.summary.epoch == 3)
        victim.send(c.PauseRun(job=killed.job))
        paused = victim.wait_for(e.RunPaused)
        victim.send(c.ContinueRun(job=killed.job))
        victim.wait_for(e.EpochEnded)
        victim.kill()
    worker.finish(killed.model_copy(update={"resume": True}))
    started = worker.of(e.RunStarted, killed.job)[-1]
    assert 0 < started.step == paused.step < 30 * started.steps_per_epoch
    assert worker.of(e.Logged, killed.job) == []
    assert_same_bits(reference, killed)


def test_a_watched_run_with_mixed_classes_learns_to_the_same_bits(
    worker: LiveWorker, project: Project
) -> None:
    measured, plain, watched = (
        make_run(project, f"w-{n}", augmentation=MIXED, batch_size=12, watch_blocks=n == 2)
        for n in range(3)
    )
    for run in (measured, plain, watched):
        worker.finish(run)
    assert worker.of(e.BlocksObserved, watched.job)
    assert_same_bits(plain, watched)


def test_class_weights_and_mixed_classes_go_together(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "weighted", augmentation=MIXED, class_weights=True, batch_size=24)
    worker.finish(run)
    assert checkpoint.all_finite(kept(run, checkpoint.BEST))


def test_a_batch_of_one_has_nobody_to_mix_with_and_still_trains(
    worker: LiveWorker, project: Project
) -> None:
    blocks = (BlockSpec(kind="flatten"), BlockSpec(kind="logits"))
    run = make_run(project, "one", blocks, augmentation=MIXED, batch_size=1, epochs=1)
    assert worker.finish(run).outcome == "completed"


EXPORTED = """
import sys, keras
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
print(*[type(layer).__name__ for layer in model.layers])
print(model.layers[1].scale)
"""


def test_the_exported_model_has_the_normalisation_and_no_augmentation(
    worker: LiveWorker, project: Project
) -> None:
    run = make_run(project, "exported", augmentation=MIXED, batch_size=36, epochs=1)
    worker.finish(run)
    model = Path(run.run) / checkpoint.MODEL
    ended = subprocess.run(
        [sys.executable, "-c", EXPORTED, str(model)],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    layers, scale = ended.stdout.splitlines()[-2:]
    assert layers.split() == [
        "InputLayer", "Rescaling", "Conv2D", "BatchNormalization", "Activation", "MaxPooling2D",
        "Flatten", "Dropout", "Dense", "Softmax",
    ]  # fmt: skip
    assert float(scale) == pytest.approx(1 / 255)


def test_a_plan_of_before_there_was_augmentation_still_trains(
    worker: LiveWorker, project: Project
) -> None:
    run = make_run(project, "old", batch_size=48, epochs=1)
    path = Path(run.run) / "plan.json"
    plan = Plan.model_validate_json(path.read_bytes())
    path.write_text(plan.model_dump_json(exclude={"augmentation"}), "utf-8")
    assert worker.finish(run).outcome == "completed"
