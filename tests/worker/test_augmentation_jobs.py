"""Previews, label checks and changed views in a real worker: what they give and refuse."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgclf_gui.catalog.augmentations.flip_horizontal import FlipHorizontal
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationStep, EntrySpec
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from tests.helpers.images import write_class_folders
from tests.helpers.live_worker import LiveWorker, images_of, make_project, make_run

FORM = c.ImageForm(width=12, height=12, channels=1, fit="pad")
FLIP = FlipHorizontal().to_spec()
ALWAYS_FLIP = FlipHorizontal(probability=1).to_spec()
NOISE = EntrySpec(kind="brightness", change=20.0)
MIXING = EntrySpec(kind="mix-up")
STEPS = (AugmentationStep(kind="flip-horizontal"), AugmentationStep(kind="brightness", change=20.0))


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    """One worker for all tests here."""
    with LiveWorker(tmp_path_factory.mktemp("cache")) as worker:
        yield worker


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """96 training, 12 validation and 12 test images of three classes."""
    folder = tmp_path_factory.mktemp("project")
    return make_project(folder / "project", write_class_folders(folder / "images", images=40))


@pytest.fixture(scope="module")
def run(worker: LiveWorker, project: Project) -> Path:
    """A run that was trained with a flip and brightness, and has learned the classes."""
    command = make_run(project, "001", augmentation=STEPS, epochs=15, learning_rate=0.01)
    worker.finish(command)
    return Path(command.run)


@pytest.fixture(scope="module")
def plain_run(worker: LiveWorker, project: Project) -> Path:
    """A run that was trained without augmentation."""
    command = make_run(project, "002", epochs=1)
    worker.finish(command)
    return Path(command.run)


# Previews


def preview(
    worker: LiveWorker, project: Project, output: Path, **settings: Any
) -> NDArray[np.uint8]:
    """What is drawn of four images, twice, in one list, unless `settings` say otherwise."""
    command = preview_command(project, output, **settings)
    worker.send(command)
    event = worker.wait_for(e.AugmentationPreviewed, lambda event: event.job == command.job)
    pictures: NDArray[np.uint8] = np.load(event.file, allow_pickle=False)
    return pictures


def preview_command(project: Project, output: Path, **settings: Any) -> c.PreviewAugmentation:
    """Four images, two draws of one list."""
    usual = {
        "job": "preview-1",
        "project": str(project.folder),
        "images": tuple(row.id for row in images_of(project)[::30]),
        "form": FORM,
        "variants": ((FLIP, NOISE),),
        "draws": 2,
        "output": str(output / "preview.npy"),
    }
    return c.PreviewAugmentation.model_validate({**usual, **settings})


def test_a_preview_shows_the_images_and_each_lists_draws(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    pictures = preview(worker, project, tmp_path, variants=((ALWAYS_FLIP,), (NOISE,), ()), draws=3)
    assert pictures.shape == (1 + 3 * 3, 4, 12, 12, 1)
    for row, picture in zip(images_of(project)[::30], pictures[0], strict=True):
        image = decode(project.images_folder / row.path)
        assert np.array_equal(picture, fit(image, 12, 12, 1, "pad"))
    assert np.array_equal(pictures[1:4], np.repeat(pictures[:1, :, :, ::-1], 3, 0))
    assert len({picture.tobytes() for picture in pictures[4:7].reshape(12, -1)}) == 12
    assert np.array_equal(pictures[7:], np.repeat(pictures[:1], 3, 0))


def test_the_same_seed_shows_the_same_again_and_another_other_ones(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    first, again = (preview(worker, project, tmp_path, seed=3) for _ in range(2))
    other = preview(worker, project, tmp_path, seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first[1:], other[1:])


def test_a_draw_is_a_training_step_of_its_images(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    from imgclf_gui.worker.augment import Augmenter

    steps = (FLIP, EntrySpec(kind="trivial-augment"), MIXING)
    pictures = preview(worker, project, tmp_path, variants=(steps,), seed=7)
    labels = [row.label for row in images_of(project)[::30]]
    places = np.array([sorted(set(labels)).index(label) for label in labels], np.int32)
    for step, drawn in enumerate(pictures[1:]):
        trained, _ = Augmenter(steps, 4, 7).augment(pictures[0], places, step)
        assert np.array_equal(drawn, trained)


@pytest.mark.parametrize(
    "case",
    [
        ({"variants": ((EntrySpec(kind="swirl"),),)}, "catalog.unknown", "'swirl'"),
        ({"variants": ((EntrySpec(kind="rotation", degrees=999.0),),)}, "catalog.settings", "999"),
        ({"images": (1, 4711)}, "preview.image", "4711"),
        (
            {"form": c.ImageForm(width=2048, height=2048, channels=3, fit="pad"), "draws": 50},
            "preview.large",
            "204 pictures of 2048 × 2048 pixels",
        ),
    ],
)
def test_what_cannot_be_previewed_is_named(
    worker: LiveWorker, project: Project, tmp_path: Path, case: tuple[dict[str, Any], str, str]
) -> None:
    settings, code, said = case
    error = worker.refusal(preview_command(project, tmp_path, **settings))
    assert error.code == code
    assert said in error.message


def test_an_image_whose_file_has_vanished_is_named(worker: LiveWorker, tmp_path: Path) -> None:
    images = write_class_folders(tmp_path / "images", images=2, seed=9)
    project = make_project(tmp_path / "project", images)
    row = images_of(project)[0]
    (project.images_folder / row.path).unlink()
    error = worker.refusal(preview_command(project, tmp_path, images=(row.id,)))
    assert error.code == "image.unreadable"
    assert row.name in error.message


# Label checks


def check(
    worker: LiveWorker, project: Project, run: Path, output: Path, **settings: Any
) -> e.LabelsChecked:
    """The answer about training images, four copies of each, unless `settings` say otherwise."""
    command = check_command(project, run, output, **settings)
    worker.send(command)
    return worker.wait_for(e.LabelsChecked, lambda event: event.job == command.job)


def check_command(project: Project, run: Path, output: Path, **settings: Any) -> c.CheckLabels:
    """About training images and four copies of each."""
    usual = {
        "job": "check-1",
        "project": str(project.folder),
        "run": str(run),
        "steps": (NOISE,),
        "split": "train",
        "output": str(output / "worst.npy"),
    }
    return c.CheckLabels.model_validate({**usual, **settings})


def test_copies_that_are_hardly_changed_keep_their_class(
    worker: LiveWorker, project: Project, run: Path, tmp_path: Path
) -> None:
    checked = check(
        worker, project, run, tmp_path, steps=(EntrySpec(kind="brightness", change=0.0),)
    )
    assert (checked.images, checked.draws, checked.changed) == (96, 4, 0)
    assert checked.accuracy_before == checked.accuracy_after > 0.9
    assert [row.label for row in checked.classes] == ["bars", "blobs", "rings"]
    assert [(row.images, row.copies, row.changed) for row in checked.classes] == [(32, 128, 0)] * 3
    assert checked.interval[0] == 0
    assert 0.03 < checked.interval[1] < 0.05  # of 96 images, not of 384 copies
    assert checked.worst == ()


def test_copies_that_show_something_else_are_counted_and_the_worst_shown(
    worker: LiveWorker, project: Project, run: Path, tmp_path: Path
) -> None:
    negative = EntrySpec(kind="solarize", threshold=0)
    checked = check(worker, project, run, tmp_path, steps=(negative, NOISE), most=48, worst=7)
    assert checked.images == 48
    assert [row.images for row in checked.classes] == [16, 16, 16]
    changed = sum(row.changed for row in checked.classes)
    assert checked.changed == pytest.approx(changed / (48 * 4))
    assert checked.changed > 0.1
    assert checked.accuracy_after < checked.accuracy_before
    low, high = checked.interval
    assert low < checked.changed < high
    worst = checked.worst
    pictures = np.load(checked.file, allow_pickle=False)
    assert pictures.shape == (len(worst), 2, 12, 12, 1)
    assert 0 < len(worst) <= 7
    assert max(Counter(example.label for example in worst).values()) <= 3
    falls = [example.probability_before - example.probability_after for example in worst]
    assert falls == sorted(falls, reverse=True)
    by_id = {row.id: row for row in images_of(project, "train")}
    for example, (image, copy) in zip(worst, pictures, strict=True):
        row = by_id[example.image]
        assert row.label == example.label
        assert example.before != example.after
        assert np.array_equal(
            image, fit(decode(project.images_folder / row.path), 12, 12, 1, "pad")
        )
        assert not np.array_equal(image, copy)


def test_mixing_is_left_out_of_a_label_check(
    worker: LiveWorker, project: Project, run: Path, tmp_path: Path
) -> None:
    with_mixing = check(worker, project, run, tmp_path, steps=(NOISE, MIXING), job="check-mixing")
    assert with_mixing.changed == check(worker, project, run, tmp_path).changed
    assert "MixUp" in worker.of(e.Logged, "check-mixing")[0].text
    error = worker.refusal(check_command(project, run, tmp_path, steps=(MIXING,)))
    assert error.code == "check.nothing"


def test_a_label_check_says_that_the_dataset_is_not_the_one_of_the_run(
    worker: LiveWorker, project: Project, run: Path, tmp_path: Path
) -> None:
    other = tmp_path / run.name
    shutil.copytree(run, other)
    plan = json.loads((other / "plan.json").read_bytes())
    plan["data"]["fingerprint"] = "of another dataset"
    (other / "plan.json").write_text(json.dumps(plan))
    check(worker, project, other, tmp_path, job="check-other")
    assert "has changed since" in worker.of(e.Logged, "check-other")[0].text


# Changed views


def evaluate(worker: LiveWorker, project: Project, run: Path, views: int) -> e.Evaluated:
    """Measure on the test images."""
    job = f"{run.name}:views-{views}"
    worker.send(
        c.EvaluateRun(job=job, project=str(project.folder), run=str(run), split="test", views=views)
    )
    return worker.wait_for(e.Evaluated, lambda event: event.job == job)


def classify(
    worker: LiveWorker, run: Path, images: Sequence[Path], views: int
) -> list[e.Prediction]:
    """All classes of each image."""
    command = c.ClassifyImages(
        job="classify", run=str(run), images=tuple(map(str, images)), top=3, views=views
    )
    worker.send(command)
    worker.wait_for(e.ClassifyFinished)
    found = [
        prediction
        for event in worker.of(e.Classified, "classify")
        for prediction in event.predictions
    ]
    return found[-len(images) :]


def test_an_evaluation_with_views_stands_beside_the_plain_one(
    worker: LiveWorker, project: Project, run: Path
) -> None:
    plain = evaluate(worker, project, run, 0)
    before = (run / plain.predictions).read_bytes()
    first, again = (evaluate(worker, project, run, 4) for _ in range(2))
    assert (plain.views, first.views) == (0, 4)
    assert first.predictions == "predictions-test-views.jsonl"
    assert first.model_dump(exclude={"at"}) == again.model_dump(exclude={"at"})
    assert (run / plain.predictions).read_bytes() == before
    assert first.accuracy > 0.8
    assert first.loss != plain.loss
    assert first.interval[0] < first.accuracy <= first.interval[1]


def test_an_answer_with_views_does_not_depend_on_what_else_is_asked(
    worker: LiveWorker, project: Project, run: Path
) -> None:
    measured = evaluate(worker, project, run, 4)
    lines = (run / measured.predictions).read_text("utf-8").splitlines()
    known = {line["image"]: line for line in map(json.loads, lines)}
    chosen = images_of(project, "test")[:3]
    paths = [project.images_folder / row.path for row in chosen]
    together = classify(worker, run, paths, 4)
    alone = [classify(worker, run, [path], 4)[0] for path in paths]
    for row, first, second in zip(chosen, together, alone, strict=True):
        assert first.labels == second.labels
        assert first.probabilities == pytest.approx(second.probabilities, abs=1e-5)
        assert first.labels[0] == known[row.id]["predicted"]
        assert first.probabilities[0] == pytest.approx(known[row.id]["probability"], abs=1e-5)
        assert sum(first.probabilities) == pytest.approx(1)
    plain = classify(worker, run, paths, 0)
    assert [p.probabilities for p in plain] != [p.probabilities for p in together]


def test_a_run_without_augmentation_has_no_views(
    worker: LiveWorker, project: Project, plain_run: Path
) -> None:
    measuring = c.EvaluateRun(
        job="none", project=str(project.folder), run=str(plain_run), split="test", views=2
    )
    classifying = c.ClassifyImages(job="none", run=str(plain_run), images=("x.png",), views=2)
    for command in (measuring, classifying):
        assert worker.refusal(command).code == "views.none"
