"""What backbones know of a dataset, measured by a real worker process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan.backbones import read_weights, weights_path
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol.events import JobFailed, Logged
from imgclf_gui.protocol.transfer_events import (
    BackboneMeasured,
    BlockProbed,
    FewImagesMeasured,
    TransferFinished,
    TransferProgressed,
    TransferStarted,
)
from imgclf_gui.protocol.transfer_state import TransferState, fold
from tests.helpers.images import write_class_folders
from tests.helpers.live_worker import LiveWorker, images_of, make_project
from tests.helpers.transfer import small_backbone

SMALL = NetworkSpec(
    blocks=(
        BlockSpec(kind="convolution", filters=4, size=3),
        BlockSpec(kind="flatten"),
        BlockSpec(kind="logits"),
    )
)


pytestmark = pytest.mark.usefixtures("own_backbones")


@pytest.fixture(scope="module")
def project(folder: Path) -> Project:
    """144 training, 18 validation and 18 test images of 12×12."""
    return split_project(folder / "project", write_class_folders(folder / "images", images=60))


def split_project(folder: Path, images: Path) -> Project:
    project = make_project(folder, images)
    with Dataset.open(project.dataset_path) as dataset:
        dataset.assign_splits(project.spec.data)
    return project


def command(project: Project, job: str, kind: Any, *names: str, **more: Any) -> c.MeasureTransfer:
    return c.MeasureTransfer(
        job=job,
        project=str(project.folder),
        kind=kind,
        backbones=names,
        data=project.spec.data,
        **more,
    )


def measured(worker: LiveWorker, asked: c.MeasureTransfer) -> TransferState:
    """Carry `asked` out to its end."""
    worker.send(asked)
    worker.wait_for(TransferFinished, lambda event: event.job == asked.job)
    return fold(event for event in worker.seen if getattr(event, "job", "") == asked.job)


def sampled(project: Project) -> set[Path]:
    return set(project.cache_folder.glob("sampled-*.npz"))


def test_backbones_are_ranked_on_images_that_nothing_has_learned_from(
    worker: LiveWorker, project: Project
) -> None:
    names = [small_backbone(f"ranked-{seed}", seed).id for seed in (1, 2)]
    state = measured(worker, command(project, "rank", "rank", *names))
    assert state.complete and [it.backbone for it in state.backbones] == names
    assert state.started is not None
    assert (state.started.train_images, state.started.images) == (144, 18)
    for it in state.backbones:
        assert it.correct == int(it.right, 16).bit_count() and it.correct > 6  # a third is chance
        assert it.features == 6 * 6 * 8
        assert 0 < it.nearest_mean <= 1 and it.images_per_second
    told = worker.of(TransferProgressed, "rank")
    assert [event.done for event in told] == sorted(event.done for event in told)
    # Half of the images are drawn anew, and the same ones every time.
    some = [
        measured(worker, command(project, f"some-{n}", "rank", names[0], most=60, most_held_out=9))
        for n in range(2)
    ]
    assert [it.started.train_images for it in some if it.started] == [60, 60]
    assert some[0].backbones[0].right == some[1].backbones[0].right


def test_features_are_made_once_and_never_those_of_other_images_or_weights(
    worker: LiveWorker, project: Project, folder: Path
) -> None:
    images = write_class_folders(folder / "few", images=20)
    mine = split_project(folder / "mine", images)
    first = small_backbone("same", 3)
    before = measured(worker, command(mine, "first", "rank", first.id)).backbones[0]
    known = sampled(mine)
    assert len(known) == 2
    again = measured(worker, command(mine, "again", "rank", first.id)).backbones[0]
    assert sampled(mine) == known and again.right == before.right
    assert again.logme == before.logme
    small_backbone("same", 4)  # replaced under the same name
    other = measured(worker, command(mine, "other", "rank", first.id)).backbones[0]
    assert len(sampled(mine) - known) == 2 and other.logme != before.logme
    assert other.weights != before.weights
    known = sampled(mine)
    more = write_class_folders(folder / "more", images=33)
    from imgclf_gui.worker.importing import import_images

    importing = c.ImportImages(job="", project=str(mine.folder), source=str(more))
    import_images(importing, lambda event: None, lambda: False)
    with Dataset.open(mine.dataset_path) as dataset:
        dataset.assign_splits(mine.spec.data)
    grown = measured(worker, command(mine, "grown", "rank", first.id))
    assert grown.started is not None and grown.started.train_images == len(images_of(mine, "train"))
    assert len(sampled(mine) - known) == 2 and grown.backbones[0].logme != other.logme


def test_what_is_not_whole_is_computed_again(worker: LiveWorker, project: Project) -> None:
    name = small_backbone("cut", 5).id
    known = sampled(project)
    before = measured(worker, command(project, "whole", "rank", name)).backbones[0]
    for path in sampled(project) - known:
        path.write_bytes(path.read_bytes()[:-200])
    again = measured(worker, command(project, "cut", "rank", name)).backbones[0]
    assert again.right == before.right and again.logme == before.logme


def test_a_damaged_backbone_is_left_out_with_a_word(worker: LiveWorker, project: Project) -> None:
    good, bad = small_backbone("good", 6), small_backbone("bad", 7)
    path = weights_path(bad)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    state = measured(worker, command(project, "damaged", "rank", bad.id, good.id))
    assert [it.backbone for it in state.backbones] == [good.id]
    assert any("bad" in event.text for event in worker.of(Logged, "damaged"))
    refused = worker.refusal(command(project, "alone", "rank", bad.id))
    assert refused.code == "backbone.damaged"


def test_each_block_is_probed_by_its_own_features(worker: LiveWorker, project: Project) -> None:
    backbone = small_backbone("layers", 8)
    state = measured(worker, command(project, "layers", "layers", backbone.id))
    assert [it.place for it in state.blocks] == [0, 1, 2]
    assert [it.features for it in state.blocks] == [6, 8, 8]
    assert state.blocks[1].name == "Middle"
    assert worker.of(TransferStarted, "layers")[0].title == backbone.title
    # The features behind the first block follow from its weights alone.
    arrays = read_weights(backbone)
    assert arrays["00_convolution/kernel"].shape == (3, 3, 1, 6)
    assert all(it.correct == int(it.right, 16).bit_count() for it in state.blocks)


def test_few_images_are_learned_both_ways_and_the_same_again(
    worker: LiveWorker, project: Project
) -> None:
    name = small_backbone("few", 9).id
    more: dict[str, Any] = {
        "network": SMALL, "counts": (2, 10), "seeds": 2, "steps": 20, "epochs": 10,
        "split": "test", "most": 60,
    }  # fmt: skip
    states = [measured(worker, command(project, job, "few-images", name, **more)) for job in "ab"]
    found = states[0].few
    assert {it.images_a_class for it in found} == {2, 10, 20}
    assert {(it.way, it.seed) for it in found} == {
        (way, seed) for way in ("frozen", "scratch") for seed in (0, 1)
    }
    assert len(found) == 12
    assert {it.train_images for it in found if it.images_a_class == 10} == {30}
    assert all(0 <= it.class_accuracy <= 1 for it in found)
    learned = [it.correct / 18 for it in found if it.images_a_class == 20]
    assert min(learned) > 1 / 3
    assert states[0].started is not None and states[0].started.split == "test"
    assert "12×12" in states[0].started.scratch

    def figures(state: TransferState) -> list[tuple[Any, ...]]:
        return [(it.way, it.images_a_class, it.seed, it.correct) for it in state.few]

    assert figures(states[0]) == figures(states[1])


def test_a_stop_is_seen_at_once_and_keeps_what_is_known(
    worker: LiveWorker, project: Project
) -> None:
    name = small_backbone("stopped", 10).id
    asked = command(
        project, "long", "few-images", name, network=SMALL, steps=100_000,
        epochs=1_000, most=60, counts=(5,), seeds=20,
    )  # fmt: skip
    worker.send(asked)
    worker.wait_for(TransferProgressed, lambda event: event.what.startswith("training"))
    worker.wait_for(FewImagesMeasured, lambda event: event.way == "scratch")
    worker.send(c.StopJob(job="long"))
    began = time.monotonic()
    finished = worker.wait_for(TransferFinished)
    assert finished.stopped and time.monotonic() - began < 5
    # The worker goes on with the next job.
    assert measured(worker, command(project, "next", "layers", name)).complete


def test_without_images_to_measure_on_it_says_what_to_do(worker: LiveWorker, folder: Path) -> None:
    images = write_class_folders(folder / "tiny", images=2)
    project = make_project(folder / "unsplit", images)
    data = project.spec.data.model_copy(update={"validation_percent": 1})
    with Dataset.open(project.dataset_path) as dataset:
        rows = dataset.images_split_by(data)
        dataset.assign_splits(data)
    assert not [row for row in rows if row.split == "validation"]
    asked = command(project, "none", "rank", small_backbone().id)
    refused = worker.refusal(asked.model_copy(update={"data": data}))
    assert refused.code == "transfer.split"
    assert not worker.of(BackboneMeasured, "none") and not worker.of(BlockProbed, "none")
    assert len(worker.of(JobFailed, "none")) == 1
