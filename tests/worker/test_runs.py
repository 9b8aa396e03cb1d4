"""Runs in a real worker process: what they leave, and that they go on bit by bit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, DataSpec, Split
from imgclf_gui.plan import Plan
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import checkpoint
from tests.helpers.images import write_class_folders
from tests.helpers.kept_runs import assert_same_bits, kept, remember
from tests.helpers.live_worker import LiveWorker, make_project, make_run


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


def figures(summary: e.EpochSummary) -> dict[str, Any]:
    """What must not depend on time."""
    return summary.model_dump(exclude={"seconds", "images_per_second"})


def test_a_run_learns_and_leaves_its_model(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "learns", epochs=20, learning_rate=0.01)
    finished = worker.finish(run)
    epochs = worker.of(e.EpochEnded, run.job)
    assert finished.outcome == "completed"
    assert [event.summary.epoch for event in epochs] == list(range(1, 21))
    assert epochs[-1].summary.step == 20 * 15  # 144 images: 14 steps of 10, one of 4
    assert epochs[-1].summary.accuracy > 0.9
    best = [event.summary for event in epochs if event.best][-1]
    assert finished.best_epoch == best.epoch
    assert best.validation_accuracy == max(
        event.summary.validation_accuracy or 0 for event in epochs
    )
    assert (Path(run.run) / checkpoint.MODEL).stat().st_size > 0
    assert worker.of(e.ExecutionChosen, run.job)[0].how == "measured"


def test_a_remembered_choice_gives_the_same_weights_as_a_measured_one(
    worker: LiveWorker, project: Project
) -> None:
    measured, remembered = (make_run(project, f"choice-{n}", batch_size=16) for n in (1, 2))
    worker.finish(measured)
    worker.finish(remembered)
    assert worker.of(e.ExecutionChosen, measured.job)[0].how == "measured"
    assert worker.of(e.ExecutionChosen, remembered.job)[0].how == "remembered"
    assert_same_bits(measured, remembered)


@pytest.mark.parametrize(("jit_compile", "batch"), [(False, 10), (True, 12)])
def test_a_killed_run_goes_on_bit_by_bit(
    project: Project, cache: Path, worker: LiveWorker, jit_compile: bool, batch: int
) -> None:
    name = f"killed-{jit_compile}"
    reference, killed = (
        make_run(project, f"{name}-{n}", epochs=30, batch_size=batch) for n in (1, 2)
    )
    worker.finish(make_run(project, f"{name}-0", epochs=30, batch_size=batch))  # measures
    remember(cache, jit_compile)
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
    assert worker.of(e.ExecutionChosen, killed.job)[-1].how == "kept"
    assert worker.of(e.ExecutionChosen, killed.job)[-1].jit_compile is jit_compile
    assert_same_bits(reference, killed)
    whole = [figures(event.summary) for event in worker.of(e.EpochEnded, reference.job)]
    after = [figures(event.summary) for event in worker.of(e.EpochEnded, killed.job)]
    before = [figures(summary) for summary in started.epochs]
    assert before + after == whole


def test_a_much_longer_run_is_measured_anew(worker: LiveWorker, project: Project) -> None:
    short, long = (make_run(project, f"long-{n}", batch_size=36, epochs=n) for n in (1, 30))
    worker.finish(short)
    worker.finish(long)
    assert worker.of(e.ExecutionChosen, long.job)[0].how == "measured"


def test_a_run_of_thousands_of_epochs_goes_on(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "thousands", epochs=10_000)
    worker.send(run)
    worker.wait_for(e.EpochEnded)
    worker.send(c.StopJob(job=run.job))
    worker.wait_for(e.RunFinished)
    path = Path(run.run) / checkpoint.FOLDER / checkpoint.LATEST
    arrays, about = checkpoint.read(path)
    first = about["epochs"][0]
    about.update(epoch=9_000, epochs=[{**first, "epoch": n} for n in range(1, 9_001)])
    checkpoint.write(path, arrays, about)
    worker.send(run.model_copy(update={"resume": True}))
    numbers = [summary.epoch for summary in worker.wait_for(e.RunStarted).epochs]
    assert numbers == list(range(8_001, 9_001))
    worker.send(c.StopJob(job=run.job))
    worker.wait_for(e.RunFinished)


def test_stop_ends_within_a_step_and_can_go_on(worker: LiveWorker, project: Project) -> None:
    reference, run = (make_run(project, f"stopped-{n}", epochs=60, batch_size=9) for n in (1, 2))
    worker.finish(reference)
    worker.send(run)
    worker.wait_for(e.EpochEnded)
    worker.send(c.StopJob(job=run.job))
    finished = worker.wait_for(e.RunFinished)
    assert finished.outcome == "stopped"
    worker.finish(run.model_copy(update={"resume": True}))
    assert_same_bits(reference, run)


def test_the_end_of_its_input_saves_the_run(project: Project, cache: Path) -> None:
    run = make_run(project, "left", epochs=1000)
    with LiveWorker(cache) as worker:
        worker.send(run)
        worker.wait_for(e.EpochEnded)
        assert worker.close_input() == 0
        finished = worker.wait_for(e.RunFinished)
    assert finished.outcome == "stopped"
    assert worker.of(e.CheckpointSaved, run.job)
    assert kept(run) and kept(run, checkpoint.BEST)


def test_early_stopping_keeps_the_best_epoch(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "early", epochs=500, early_stopping_patience=3, learning_rate=0.02)
    finished = worker.finish(run)
    epochs = worker.of(e.EpochEnded, run.job)
    assert finished.outcome == "stopped_early"
    assert len(epochs) == finished.best_epoch + 3
    # A kill between the last checkpoint and the end must not lead to further epochs.
    assert worker.finish(run.model_copy(update={"resume": True})).outcome == "stopped_early"
    assert worker.of(e.EpochEnded, run.job) == epochs


def test_an_infinite_loss_is_a_sentence_and_the_best_model_stays(
    worker: LiveWorker, project: Project
) -> None:
    straight = BlockSpec(kind="dense", units=32, activation="none")
    blocks = (BlockSpec(kind="flatten"), straight, straight, BlockSpec(kind="logits"))
    run = make_run(
        project, "nan", blocks, epochs=50, learning_rate=10, batch_size=8,
        optimizer={"kind": "sgd", "momentum": 0.99}, warmup_epochs=40,
    )  # fmt: skip
    worker.send(run)
    failed = worker.wait_for(e.JobFailed, timeout=30)
    assert failed.error.code == "run.not_finite"
    assert "learning rate" in failed.error.hint
    assert checkpoint.all_finite(kept(run, checkpoint.BEST))
    worker.send(c.LoadPredictor(job="after", run=run.run))
    worker.wait_for(e.PredictorReady)


def test_predictions_agree_with_the_evaluation(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "predicted", epochs=20, learning_rate=0.01)
    worker.finish(run)
    worker.send(
        c.EvaluateRun(job="measure", project=str(project.folder), run=run.run, split="test")
    )
    evaluated = worker.wait_for(e.Evaluated)
    assert evaluated.images == 18 == sum(map(sum, evaluated.confusion))
    assert evaluated.interval[0] <= evaluated.accuracy <= evaluated.interval[1]
    lines = (Path(run.run) / evaluated.predictions).read_text("utf-8").splitlines()
    recorded = [json.loads(line) for line in lines]
    right = sum(line["label"] == line["predicted"] for line in recorded)
    assert right / len(recorded) == evaluated.accuracy
    by_id = image_paths(project)
    files = [by_id[line["image"]] for line in recorded]
    worker.send(c.ClassifyImages(job="classify", run=run.run, images=tuple(files), top=2))
    finished = worker.wait_for(e.ClassifyFinished)
    answers = [p for event in worker.of(e.Classified, "classify") for p in event.predictions]
    assert finished.images == len(answers) == 18
    assert [answer.labels[0] for answer in answers] == [line["predicted"] for line in recorded]
    assert np.allclose(
        [answer.probabilities[0] for answer in answers],
        [line["probability"] for line in recorded],
        atol=1e-5,
    )


EXPORTED = """
import sys, keras, numpy
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2]), verbose=0))
"""


def test_the_exported_model_gives_the_same_probabilities(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    run = make_run(project, "exported", epochs=5, learning_rate=0.01)
    worker.finish(run)
    worker.send(c.EvaluateRun(job="e", project=str(project.folder), run=run.run, split="test"))
    name = worker.wait_for(e.Evaluated).predictions
    lines = (Path(run.run) / name).read_text("utf-8").splitlines()
    recorded = [json.loads(line) for line in lines]
    cache = PixelCache.prepare(
        project, Plan.model_validate_json((Path(run.run) / "plan.json").read_bytes()).data
    )
    assert cache is not None
    np.save(tmp_path / "pixels.npy", cache.pixels("test"))
    model = Path(run.run) / checkpoint.MODEL
    files = [str(tmp_path / name) for name in ("pixels.npy", "probabilities.npy")]
    subprocess.run([sys.executable, "-c", EXPORTED, str(model), *files], check=True, timeout=100)
    probabilities = np.load(files[1])
    assert np.allclose(probabilities.max(1), [line["probability"] for line in recorded], atol=1e-5)
    labels = np.array(("bars", "blobs", "rings"))[probabilities.argmax(1)]
    assert labels.tolist() == [line["predicted"] for line in recorded]


def test_a_run_is_measured_on_its_own_splits_while_others_are_tried(
    worker: LiveWorker, project: Project
) -> None:
    run = make_run(project, "own-splits", epochs=2)
    own = images_of(project, "test")
    with Dataset.open(project.dataset_path) as dataset:
        dataset.assign_splits(DataSpec(split_seed=1))
    try:
        assert images_of(project, "test") != own
        worker.finish(run)
        worker.send(
            c.EvaluateRun(job="own", project=str(project.folder), run=run.run, split="test")
        )
        evaluated = worker.wait_for(e.Evaluated)
    finally:
        with Dataset.open(project.dataset_path) as dataset:
            dataset.assign_splits(project.spec.data)
    lines = (Path(run.run) / evaluated.predictions).read_text("utf-8").splitlines()
    assert {json.loads(line)["image"] for line in lines} == own
    assert worker.of(e.Logged, "own") == []


def images_of(project: Project, split: Split) -> set[int]:
    """The images of a split as the window shows it now."""
    with Dataset.open(project.dataset_path) as dataset:
        return {row.id for row in dataset.images(split)}


def image_paths(project: Project) -> dict[int, str]:
    """The file of each image of the dataset."""
    with Dataset.open(project.dataset_path) as dataset:
        return {row.id: str(project.images_folder / row.path) for row in dataset.images()}


def test_an_unreadable_image_does_not_stop_the_others(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    run = make_run(project, "unreadable")
    worker.finish(run)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    good = next(iter(image_paths(project).values()))
    worker.send(c.ClassifyImages(job="mixed", run=run.run, images=(str(broken), good)))
    worker.wait_for(e.ClassifyFinished)
    answers = worker.of(e.Classified, "mixed")[0].predictions
    assert "broken.png cannot be read" in answers[0].error
    assert len(answers[1].labels) == 3
    assert sum(answers[1].probabilities) == pytest.approx(1)


def test_a_changed_dataset_is_refused(worker: LiveWorker, project: Project, tmp_path: Path) -> None:
    run = make_run(project, "changed")
    path = Path(run.run) / "plan.json"
    plan = json.loads(path.read_text("utf-8"))
    plan["data"]["fingerprint"] = "another"
    path.write_text(json.dumps(plan), "utf-8")
    worker.send(run)
    assert worker.wait_for(e.JobFailed).error.code == "run.dataset_changed"


def test_a_damaged_checkpoint_is_a_sentence(worker: LiveWorker, project: Project) -> None:
    run = make_run(project, "damaged")
    folder = Path(run.run) / checkpoint.FOLDER
    folder.mkdir()
    (folder / checkpoint.LATEST).write_bytes(b"\0" * 100)
    worker.send(run.model_copy(update={"resume": True}))
    failed = worker.wait_for(e.JobFailed)
    assert failed.error.code == "checkpoint.damaged"
    assert "damaged" in failed.error.message
