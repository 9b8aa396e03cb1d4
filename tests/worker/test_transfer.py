"""Runs that begin with a backbone, in a real worker process: features once, phases, resuming."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationStep, BlockSpec, EntrySpec, TransferSpec
from imgclf_gui.plan import Plan
from imgclf_gui.plan.backbones import read_weights
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import checkpoint
from tests.helpers.images import write_class_folders
from tests.helpers.kept_runs import assert_same_bits, kept
from tests.helpers.live_worker import LiveWorker, images_of, make_project, make_run
from tests.helpers.transfer import on_backbone, small_backbone

MOVED = (AugmentationStep(kind="flip-horizontal"), AugmentationStep(kind="brightness"))


pytestmark = pytest.mark.usefixtures("own_backbones")


@pytest.fixture(scope="module")
def project(folder: Path) -> Project:
    """144 training, 18 validation and 18 test images of 12×12."""
    images = write_class_folders(folder / "images", images=60)
    return make_project(folder / "project", images)


def run_on(
    project: Project, name: str, blocks: tuple[BlockSpec, ...], **settings: Any
) -> c.StartRun:
    """A run of a network on a backbone; `transfer` is its TransferSpec."""
    transfer = TransferSpec.model_validate(settings.pop("transfer", {}))
    command = make_run(project, name, blocks, **settings)
    path = Path(command.run) / "plan.json"
    plan = Plan.model_validate_json(path.read_bytes())
    path.write_text(plan.model_copy(update={"transfer": transfer}).model_dump_json(), "utf-8")
    return command


def feature_files(project: Project) -> set[Path]:
    return set(project.cache_folder.glob("features-*/*.npy"))


def losses(worker: LiveWorker, run: c.StartRun) -> list[float]:
    return [event.summary.loss for event in worker.of(e.EpochEnded, run.job)]


def of_backbone(run: c.StartRun, name: str) -> Any:
    """A weight of the backbone in the best model of `run`."""
    return next(a for key, a in kept(run, checkpoint.BEST).items() if key.endswith(name))


def test_the_head_learns_on_features_as_it_would_behind_the_whole_network(
    worker: LiveWorker, project: Project
) -> None:
    backbone = small_backbone()
    quick = run_on(project, "quick", on_backbone(backbone), learning_rate=0.02)
    whole = run_on(project, "whole", on_backbone(backbone), learning_rate=0.02, watch_blocks=True)
    for run in (quick, whole):
        worker.finish(run)
    assert any("run once an image" in event.text for event in worker.of(e.Logged, quick.job))
    assert any("in every epoch" in event.text for event in worker.of(e.Logged, whole.job))
    assert losses(worker, quick) == pytest.approx(losses(worker, whole), rel=1e-4)
    assert {path.stem for path in feature_files(project)} == {"train", "validation"}
    weights = read_weights(backbone)
    for name, array in weights.items():
        assert np.array_equal(of_backbone(quick, f"block_00_00_{name}"), array)


def test_a_second_run_finds_the_features_and_other_weights_do_not(
    worker: LiveWorker, project: Project
) -> None:
    first = run_on(project, "first", on_backbone(small_backbone("twice", 3)), epochs=1)
    worker.finish(first)
    known = feature_files(project)
    second = run_on(project, "second", on_backbone(small_backbone("twice", 3)), seed=4, epochs=1)
    worker.finish(second)
    assert feature_files(project) == known
    computed = [event.what for event in worker.of(e.PreparingPixels, second.job)]
    assert "features" not in computed
    other = run_on(project, "third", on_backbone(small_backbone("twice", 5)), epochs=1)
    worker.finish(other)
    assert len(feature_files(project) - known) == 2


def test_features_that_are_not_whole_are_made_again(worker: LiveWorker, project: Project) -> None:
    blocks = on_backbone(small_backbone("cut", 6))
    known = feature_files(project)
    first = run_on(project, "cut-1", blocks)
    worker.finish(first)
    for path in feature_files(project) - known:
        path.write_bytes(path.read_bytes()[:-40])
    second = run_on(project, "cut-2", blocks)
    worker.finish(second)
    assert losses(worker, first) == losses(worker, second)
    assert "features" in [event.what for event in worker.of(e.PreparingPixels, second.job)]


def test_an_evaluation_of_features_answers_as_the_model_does_for_files(
    worker: LiveWorker, project: Project, folder: Path
) -> None:
    run = run_on(project, "measured", on_backbone(small_backbone()), epochs=30, learning_rate=0.03)
    worker.finish(run)
    worker.send(c.EvaluateRun(job="m", project=str(project.folder), run=run.run, split="test"))
    evaluated = worker.wait_for(e.Evaluated)
    assert evaluated.images == 18 and evaluated.accuracy > 0.5  # a third is chance
    images = {image.id: project.images_folder / image.path for image in images_of(project, "test")}
    lines = (Path(run.run) / evaluated.predictions).read_text("utf-8").splitlines()
    told = {str(images[line["image"]]): line for line in map(json.loads, lines)}
    worker.send(c.ClassifyImages(job="c", run=run.run, images=tuple(told), top=1))
    classified = worker.wait_for(e.Classified, lambda event: event.done == 18)
    for prediction in classified.predictions:
        line = told[prediction.image]
        assert prediction.labels[0] == line["predicted"]
        assert prediction.probabilities[0] == pytest.approx(line["probability"], abs=1e-4)


def test_each_epoch_sees_the_next_of_the_changed_views(
    worker: LiveWorker, project: Project
) -> None:
    blocks, views = on_backbone(small_backbone("views", 8)), {"feature_views": 3}
    before = feature_files(project)
    settings: dict[str, Any] = {"augmentation": MOVED, "transfer": views, "epochs": 4}
    once, again = (run_on(project, f"views-{n}", blocks, **settings) for n in range(2))
    worker.finish(once)
    made = feature_files(project) - before
    assert len(made) == 4, "three views of the training images, and validation as it is"
    arrays = [np.load(path) for path in made if path.stem.startswith("train-")]
    assert not np.array_equal(arrays[0], arrays[1]) and not np.array_equal(arrays[1], arrays[2])
    worker.finish(again)
    assert feature_files(project) - before == made
    assert losses(worker, once) == losses(worker, again)
    other = run_on(project, "views-2", blocks, **{**settings, "seed": 1})
    worker.finish(other)
    assert len(feature_files(project) - before) == 7, "another seed draws other views"


@pytest.mark.parametrize(
    ("steps", "transfer", "reason"),
    [
        ((*MOVED, AugmentationStep(kind="mix-up")), {}, "mixes images"),
        (MOVED, {"feature_views": 0}, "every epoch draws new views"),
    ],
)
def test_what_features_cannot_serve_runs_through_the_whole_network(
    worker: LiveWorker,
    project: Project,
    steps: tuple[AugmentationStep, ...],
    transfer: dict[str, int],
    reason: str,
) -> None:
    name = f"whole-{len(steps)}"
    blocks = on_backbone(small_backbone())
    run = run_on(project, name, blocks, augmentation=steps, transfer=transfer, epochs=2)
    assert worker.finish(run).outcome == "completed"
    assert any(reason in event.text for event in worker.of(e.Logged, run.job))


FINE = {"fine_tune_epochs": 3, "fine_tune_rate": 0.01, "depth_decay": 1.0}


def test_the_head_learns_first_and_then_the_last_blocks_with_it(
    worker: LiveWorker, project: Project
) -> None:
    backbone = small_backbone()
    blocks = on_backbone(backbone, trained_blocks=2)
    run = run_on(project, "fine", blocks, transfer=FINE, epochs=2, learning_rate=0.02)
    assert worker.finish(run).outcome == "completed"
    assert worker.of(e.RunStarted, run.job)[0].epochs_total == 5
    summaries = [event.summary for event in worker.of(e.EpochEnded, run.job)]
    assert [summary.epoch for summary in summaries] == [1, 2, 3, 4, 5]
    assert [summary.step for summary in summaries] == [15, 30, 45, 60, 75]
    assert len(worker.of(e.ExecutionChosen, run.job)) == 2
    latest = kept(run)
    weights = read_weights(backbone)
    changed = {
        name: not np.array_equal(next(iter(_ending(latest, name)), array), array)
        for name, array in weights.items()
    }
    assert {name for name, other in changed.items() if other} == {
        "01_00_00_convolution/kernel",
        "02_convolution/kernel",
        "02_convolution/bias",
    }, "neither what is in front nor batch normalisation"


def _ending(arrays: checkpoint.Arrays, name: str) -> list[Any]:
    return [array for key, array in arrays.items() if key.endswith(f"block_00_00_{name}")]


def test_blocks_further_from_the_output_learn_more_slowly(
    worker: LiveWorker, project: Project
) -> None:
    """One step of plain SGD on all images: what a weight moves by is proportional to its rate."""
    backbone = small_backbone()
    weights = read_weights(backbone)
    moved: dict[float, dict[str, Any]] = {}
    for decay in (1.0, 0.5):
        run = run_on(
            project,
            f"decay-{decay}",
            on_backbone(backbone, trained_blocks=3),
            transfer={"depth_decay": decay},
            epochs=1,
            batch_size=144,
            learning_rate=0.1,
            optimizer=EntrySpec(kind="sgd", momentum=0.0),
            schedule=EntrySpec(kind="constant"),
        )
        worker.finish(run)
        moved[decay] = {
            name: of_backbone(run, f"block_00_00_{name}") - array
            for name, array in weights.items()
            if name.endswith("kernel")
        }
    for name, factor in (
        ("00_convolution/kernel", 0.125),
        ("01_00_00_convolution/kernel", 0.25),
        ("02_convolution/kernel", 0.5),
    ):
        assert moved[0.5][name] == pytest.approx(moved[1.0][name] * factor, rel=0.02, abs=1e-7)
        assert np.abs(moved[1.0][name]).max() > 1e-4


@pytest.mark.parametrize("epoch", [2, 5])
def test_a_killed_run_goes_on_in_its_phase_bit_by_bit(
    worker: LiveWorker, project: Project, folder: Path, epoch: int
) -> None:
    blocks = on_backbone(small_backbone(), trained_blocks=1)
    transfer = {**FINE, "fine_tune_epochs": 40}
    settings: dict[str, Any] = {"transfer": transfer, "epochs": 4 if epoch == 5 else 40}
    measured, reference, killed = (
        run_on(project, f"killed-{epoch}-{n}", blocks, **settings) for n in range(3)
    )
    worker.finish(measured)
    worker.finish(reference)
    with LiveWorker(folder / "cache") as victim:
        victim.send(killed)
        victim.wait_for(e.EpochEnded, lambda event: event.summary.epoch == epoch)
        victim.send(c.PauseRun(job=killed.job))
        victim.wait_for(e.RunPaused)
        victim.kill()
    worker.finish(killed.model_copy(update={"resume": True}))
    assert worker.of(e.RunStarted, killed.job)[-1].step > 0
    assert_same_bits(reference, killed)


def test_weights_that_are_gone_are_named_and_the_run_says_what_to_do(
    worker: LiveWorker, project: Project, folder: Path
) -> None:
    run = run_on(project, "gone", on_backbone(small_backbone("lost", 9)))
    shutil.rmtree(folder / "data" / "backbones" / "lost")
    refused = worker.refusal(run)
    assert refused.code == "backbone.unknown" and "lost" in refused.message
    assert "backbones --add" in refused.hint
