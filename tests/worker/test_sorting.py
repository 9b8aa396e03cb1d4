"""Sorting images without classes in a real worker, and with the command line."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.sorting import (
    SortedGroup,
    Sorting,
    features_path,
    read_sorting,
    write_sorting,
)
from imgclf_gui.worker.sorting import compressed
from tests.helpers.command import imgclf
from tests.helpers.live_worker import LiveWorker, images_of, make_project
from tests.helpers.timing import hold

PICTURES = Path(__file__).parents[1] / "pictures"
EACH = 6


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWorker]:
    """One worker for all tests."""
    with LiveWorker(tmp_path_factory.mktemp("cache")) as worker:
        yield worker


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crops of three photographs, and a file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    draw = random.Random(5)
    for name in ("chelsea", "coffee", "rocket"):
        picture = Image.open(PICTURES / f"{name}.jpg")
        width, height = picture.size
        for number in range(EACH):
            side = int(min(width, height) * draw.uniform(0.75, 1))
            x, y = draw.randint(0, width - side), draw.randint(0, height - side)
            crop = picture.crop((x, y, x + side, y + side))
            crop.save(folder / f"{number}-{name}.png")
    (folder / "broken.png").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def first(
    worker: LiveWorker, photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> e.ImagesSorted:
    """The photographs in three groups."""
    output = tmp_path_factory.mktemp("sorted") / "sorted.json"
    return sort(worker, "first", images=(str(photos),), groups=3, output=str(output))


def sort(worker: LiveWorker, job: str, **asked: object) -> e.ImagesSorted:
    worker.send(c.SortImages.model_validate({"job": job, **asked}))
    return worker.wait_for(e.ImagesSorted, lambda event: event.job == job)


def errors(sorting: Sorting) -> int:
    """Images that are not of their group's photograph."""
    shown = [
        [Path(sorting.files[place]).stem.split("-")[1] for place in group.images]
        for group in sorting.groups
    ]
    return sum(len(names) - Counter(names).most_common(1)[0][1] for names in shown)


def test_what_looks_alike_lies_in_one_group(first: e.ImagesSorted) -> None:
    sorting = read_sorting(Path(first.file))
    assert len(sorting.groups) == 3
    assert errors(sorting) <= 1
    assert first.images == sum(first.sizes) == 3 * EACH
    assert first.silhouette is not None
    assert first.silhouette > 0.3
    assert "Espresso" in first.names
    assert len(set(first.names)) == 3


def test_what_is_broken_is_listed_and_stops_nothing(first: e.ImagesSorted) -> None:
    (broken,) = first.unreadable
    assert broken.name.endswith("broken.png")
    assert "cannot be read" in broken.reason
    assert first.unreadable_total == 1


def test_progress_is_told(worker: LiveWorker, first: e.ImagesSorted) -> None:
    told = worker.of(e.SortingProgressed, first.job)
    assert (told[0].done, told[-1].done) == (0, 3 * EACH + 1)
    assert {event.total for event in told} == {3 * EACH + 1}


def test_other_groups_need_no_second_look(
    worker: LiveWorker, first: e.ImagesSorted, tmp_path: Path
) -> None:
    again = sort(worker, "again", kept=first.file, groups=2, output=str(tmp_path / "s.json"))
    assert len(again.sizes) == 2
    assert worker.of(e.SortingProgressed, "again") == []
    assert again.unreadable == first.unreadable
    # The new file has its features, too; as many groups as suit the images are three.
    third = sort(worker, "third", kept=again.file, output=again.file)
    assert len(third.sizes) == 3
    assert read_sorting(Path(third.file)).groups == read_sorting(Path(first.file)).groups


def test_a_sorting_that_is_stopped_leaves_nothing(
    worker: LiveWorker, photos: Path, tmp_path: Path
) -> None:
    many = tuple(str(photos / f"{number}-coffee.png") for number in range(EACH))
    copies = tmp_path / "copies"
    for number in range(40):
        (copies / str(number)).mkdir(parents=True)
        for name in many:
            (copies / str(number) / Path(name).name).symlink_to(name)
    output = tmp_path / "sorted.json"
    worker.send(c.SortImages(job="stopped", images=(str(copies),), output=str(output)))
    worker.wait_for(e.SortingProgressed, lambda event: event.job == "stopped" and event.done > 0)
    error = worker.refusal(c.StopJob(job="stopped"))
    assert error.code == "sort.stopped"
    assert not output.exists()


def test_making_groups_stops_midway_and_leaves_those_before(
    worker: LiveWorker, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    images, kept = 60_000, tmp_path / "sorted.json"
    files = tuple(str(number) for number in range(images))
    one = SortedGroup(name="All", images=tuple(range(images)))
    write_sorting(kept, Sorting(files=files, answers=("",) * images, groups=(one,)))
    np.save(features_path(kept), random.normal(size=(images, 128)).astype(np.float32))
    before = kept.read_bytes()
    worker.send(c.SortImages(job="many", kept=str(kept), groups=100, output=str(kept)))
    told = worker.wait_for(e.GroupingProgressed, lambda event: event.job == "many")
    assert told.what == "making 100 groups"
    began = time.monotonic()
    assert worker.refusal(c.StopJob(job="many")).code == "sort.stopped"
    hold(time.monotonic() - began, 1)
    assert kept.read_bytes() == before


def refused(worker: LiveWorker, job: str, folder: Path) -> ErrorReport:
    output = str(folder / "sorted.json")
    return worker.refusal(c.SortImages(job=job, images=(str(folder),), output=output))


def test_a_folder_without_images_is_refused(worker: LiveWorker, tmp_path: Path) -> None:
    assert refused(worker, "empty", tmp_path).code == "sort.empty"
    (tmp_path / "one.png").write_bytes(b"")
    error = refused(worker, "unreadable", tmp_path)
    assert error.code == "sort.unreadable"
    assert "one.png" in error.message


def test_compressed_features_are_as_like_each_other_as_before() -> None:
    random = np.random.default_rng(3)
    kinds = random.normal(size=(6, 400)) + 1
    features = (kinds[random.integers(6, size=300)] + 0.1 * random.normal(size=(300, 400))).astype(
        np.float32
    )
    features[7] = 0
    short = compressed(features)
    assert short.shape == (300, 128)
    lengths = np.maximum(np.linalg.norm(features, axis=1), 1e-9)
    cosines = (features @ features.T) / np.outer(lengths, lengths)
    assert np.abs(short @ short.T - cosines).max() < 0.02
    assert compressed(features[:100]).shape == (100, 400), "fewer images need no compression"


def test_one_image_is_one_group(worker: LiveWorker, tmp_path: Path) -> None:
    output = str(tmp_path / "sorted.json")
    images = (str(PICTURES / "coffee.jpg"),)
    found = sort(worker, "one", images=images, groups=5, output=output)
    assert (found.names, found.sizes, found.silhouette) == (("Espresso",), (1,), None)


def test_the_command_line_sorts_and_imports(photos: Path, tmp_path: Path) -> None:
    table, project = tmp_path / "labels.csv", tmp_path / "project"
    ended = imgclf("sort", photos, "--to", table, "--groups", "3", "--json")
    assert ended.result["images"] == 3 * EACH
    assert [one["name"].endswith("broken.png") for one in ended.result["unreadable"]] == [True]
    names = {group["name"] for group in ended.result["groups"]}
    images = images_of(make_project(project, table))
    assert len(images) == 3 * EACH
    assert {image.label for image in images} == names
