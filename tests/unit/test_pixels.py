"""The pixel cache holds exactly what decoding and fitting give, and is made once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.pixels import KEPT_CACHES, PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import SPLITS, DataSpec
from imgclf_gui.plan.plan import DataPlan
from imgclf_gui.plan.resolve import data_plan
from tests.helpers.importing import imported_project, largest_file, rows, run_import, write_noise


def plan_of(project: Project, **settings: object) -> DataPlan:
    """How the project's images become arrays."""
    with Dataset.open(project.dataset_path) as dataset:
        return data_plan(DataSpec.model_validate(settings), dataset.summary())


@pytest.fixture
def project(tmp_path: Path, shapes: Path) -> Project:
    """A project with the 60 shapes."""
    return imported_project(tmp_path / "project", shapes)


@pytest.mark.parametrize("side", [6, 200])
def test_pixels_are_those_of_decode_and_fit(tmp_path: Path, side: int) -> None:
    project = imported_project(tmp_path / "p", write_noise(tmp_path / "s", 70, side=side))
    plan = plan_of(project, image_width=9, image_height=7, fit="crop")
    cache = PixelCache.prepare(project, plan)
    assert cache is not None
    by_id = {row.id: row for row in rows(project)}
    for split in SPLITS:
        pixels, labels, ids = cache.pixels(split), cache.labels(split), cache.image_ids(split)
        assert pixels.shape == (len(ids), 7, 9, 3)
        assert [array.dtype.name for array in (pixels, labels, ids)] == ["uint8", "int32", "int64"]
        for place, image_id in enumerate(ids):
            row = by_id.pop(int(image_id))
            image = decode(project.images_folder / row.path)
            assert np.array_equal(pixels[place], fit(image, 9, 7, 3, "crop"))
            assert (row.split, row.label) == (split, plan.labels[labels[place]])
    assert not by_id, "every image is in one split"


def test_gray_images_have_one_channel(project: Project) -> None:
    cache = PixelCache.prepare(project, plan_of(project))
    assert cache is not None
    assert cache.pixels("train").shape == (48, 12, 12, 1)


def test_a_cache_that_is_there_is_used(project: Project) -> None:
    first = PixelCache.prepare(project, plan_of(project))
    shutil.rmtree(project.images_folder)
    progress: list[tuple[int, int]] = []
    second = PixelCache.prepare(
        project, plan_of(project), lambda done, total: progress.append((done, total))
    )
    assert first is not None
    assert second is not None
    assert np.array_equal(first.pixels("test"), second.pixels("test"))
    assert progress == []


def test_progress_goes_from_none_to_all(project: Project) -> None:
    seen: list[tuple[int, int]] = []
    PixelCache.prepare(project, plan_of(project), lambda done, total: seen.append((done, total)))
    assert (seen[0], seen[-1]) == ((0, 60), (60, 60))
    assert seen == sorted(seen)


def test_the_order_of_import_does_not_matter(tmp_path: Path, shapes: Path) -> None:
    once = imported_project(tmp_path / "once", shapes)
    parts = Project.create(tmp_path / "parts")
    for label in ("rings", "bars", "blobs"):
        shutil.copytree(shapes / label, tmp_path / label / label)
        run_import(parts, tmp_path / label)
    caches = [PixelCache.prepare(project, plan_of(project)) for project in (once, parts)]
    for split in SPLITS:
        one, other = (cache.pixels(split) for cache in caches if cache)
        assert np.array_equal(one, other)


def test_a_split_without_images_is_an_empty_array(tmp_path: Path) -> None:
    project = imported_project(tmp_path / "p", write_noise(tmp_path / "s", 2))
    cache = PixelCache.prepare(project, plan_of(project))
    assert cache is not None
    assert cache.pixels("test").shape == (0, 8, 8, 3)
    assert cache.labels("test").shape == (0,)


def test_old_caches_go_and_the_last_ones_stay(project: Project) -> None:
    for width in (5, 6, 7, 8):
        PixelCache.prepare(project, plan_of(project, image_width=width))
    assert len(list(project.cache_folder.glob("pixels-*"))) == KEPT_CACHES


def test_stopping_leaves_nothing_half_made(project: Project) -> None:
    assert PixelCache.prepare(project, plan_of(project), stopped=lambda: True) is None
    assert list(project.cache_folder.glob("pixels-*")) == []


def test_an_image_that_vanished_is_named(project: Project) -> None:
    row = rows(project)[7]
    (project.images_folder / row.path).unlink()
    with pytest.raises(UserError, match=f"{row.name} cannot be read: the file is not") as caught:
        PixelCache.prepare(project, plan_of(project))
    assert caught.value.code == "image.unreadable"
    assert "Import it again" in caught.value.report.hint
    assert list(project.cache_folder.glob("pixels-*")) == []


def test_a_class_that_the_run_does_not_know_is_named(project: Project, tmp_path: Path) -> None:
    plan = plan_of(project)
    run_import(project, write_noise(tmp_path / "more", 4))
    with pytest.raises(UserError, match="even, odd"):
        PixelCache.prepare(project, plan)


@pytest.mark.skipif(sys.platform == "win32", reason="file sizes cannot be limited there")
def test_a_full_disk_is_said_and_leaves_nothing(project: Project) -> None:
    plan = plan_of(project, image_width=64, image_height=64)
    with largest_file(100_000), pytest.raises(UserError) as caught:
        PixelCache.prepare(project, plan)
    assert caught.value.code == "file.full"
    assert list(project.cache_folder.glob("pixels-*")) == []
    assert PixelCache.prepare(project, plan) is not None


def test_a_run_keeps_its_splits_while_others_are_tried(project: Project) -> None:
    plan = plan_of(project)
    tested = {row.id for row in rows(project) if row.split == "test"}
    with Dataset.open(project.dataset_path) as dataset:
        dataset.assign_splits(DataSpec(split_seed=1))
        assert {row.id for row in dataset.images("test")} != tested
    cache = PixelCache.prepare(project, plan)
    assert cache is not None
    assert set(cache.image_ids("test").tolist()) == tested
    assert cache.fingerprint == plan.fingerprint
