"""The built-in classifier in a real worker process: it answers without project and run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui.plan.builtin import built_in_classifiers, built_in_plan, find_built_in
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from tests.helpers.images import write_class_folders
from tests.helpers.live_worker import LiveWorker, make_project, make_run

PICTURES = Path(__file__).parents[1] / "pictures"
CATS = {"tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat", "lynx"}
USUAL = find_built_in().id


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    """One worker for all tests."""
    with LiveWorker(tmp_path_factory.mktemp("cache")) as worker:
        yield worker


def ask(worker: LiveWorker, job: str, *images: Path, top: int = 5) -> list[e.Prediction]:
    """What the built-in classifier says of `images`."""
    files = tuple(map(str, images))
    worker.send(c.ClassifyImages(job=job, backbone=USUAL, images=files, top=top))
    worker.wait_for(e.ClassifyFinished, lambda event: event.job == job)
    return [answer for part in worker.of(e.Classified, job) for answer in part.predictions]


def loaded(worker: LiveWorker, job: str, *, run: str = "", backbone: str = "") -> bool:
    """Whether the predictor of a model had to be made."""
    worker.send(c.LoadPredictor(job=job, run=run, backbone=backbone))
    return worker.wait_for(e.PredictorReady, lambda event: event.job == job).loaded


def test_photographs_are_named(worker: LiveWorker) -> None:
    cat, coffee, rocket = ask(
        worker, "names", *(PICTURES / name for name in ("chelsea.jpg", "coffee.jpg", "rocket.jpg"))
    )
    assert set(cat.labels[:2]) <= CATS
    assert coffee.labels[0] == "espresso"
    assert {"missile", "projectile"} & set(rocket.labels[:3])
    assert all(len(answer.labels) == 5 for answer in (cat, coffee, rocket))


def test_all_classes_can_be_asked_for(worker: LiveWorker) -> None:
    (answer,) = ask(worker, "all", PICTURES / "coffee.jpg", top=1000)
    assert len(set(answer.labels)) == 1000
    assert sum(answer.probabilities) == pytest.approx(1, abs=1e-4)


def test_an_unreadable_file_is_listed_with_its_reason(worker: LiveWorker, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    first, second = ask(worker, "broken", broken, PICTURES / "chelsea.jpg")
    assert first.error.startswith("broken.jpg cannot be read")
    assert second.labels[0] in CATS


def test_it_stays_warm_beside_a_run(worker: LiveWorker, tmp_path: Path) -> None:
    ask(worker, "warm", PICTURES / "coffee.jpg")
    assert not loaded(worker, "again", backbone=USUAL)
    images = write_class_folders(tmp_path / "images", images=20)
    first, second = (make_run(make_project(tmp_path / n, images), n, epochs=1) for n in "ab")
    for run in (first, second):
        worker.finish(run)
    assert loaded(worker, "run", run=first.run)
    assert not loaded(worker, "back", backbone=USUAL)
    assert not loaded(worker, "forth", run=first.run)
    assert loaded(worker, "other", run=second.run), "two are kept"
    assert loaded(worker, "gone", backbone=USUAL)


def test_what_is_no_built_in_classifier_is_refused(worker: LiveWorker) -> None:
    error = worker.refusal(c.LoadPredictor(job="none", backbone="resnet"))
    assert error.code == "use.backbone"
    assert USUAL in error.hint


def test_changed_views_are_refused(worker: LiveWorker) -> None:
    image = str(PICTURES / "coffee.jpg")
    error = worker.refusal(c.ClassifyImages(job="v", backbone=USUAL, images=(image,), views=2))
    assert error.code == "views.none"


def test_its_plan_sees_images_as_it_learned_from_them() -> None:
    plan = built_in_plan(USUAL)
    assert (plan.data.width, plan.data.height, plan.data.channels) == (224, 224, 3)
    assert plan.data.fit == "crop"
    assert plan.network.classes == len(plan.data.labels) == len(set(plan.data.labels)) == 1000
    assert next(iter(built_in_classifiers())) == "efficientnet-lite0"
