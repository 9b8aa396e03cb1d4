"""Augmented copies as files: what a real worker writes, and what it leaves alone."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.protocol import commands as c
from imgclf_gui.protocol import events as e
from imgclf_gui.worker.control import Control
from tests.helpers.images import write_class_folders
from tests.helpers.importing import largest_file
from tests.helpers.live_worker import LiveWorker, images_of, make_project

FORM = c.ImageForm(width=12, height=12, channels=1, fit="pad")
NOISE = EntrySpec(kind="brightness", change=20.0)
MIXING = EntrySpec(kind="mix-up")


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


def copies_command(project: Project, folder: Path, **settings: Any) -> c.WriteCopies:
    """Two copies of each test image."""
    usual = {
        "job": "copies-1",
        "project": str(project.folder),
        "steps": (NOISE,),
        "form": FORM,
        "split": "test",
        "copies": 2,
        "seed": 5,
        "folder": str(folder),
    }
    return c.WriteCopies.model_validate({**usual, **settings})


def write(worker: LiveWorker, command: c.WriteCopies) -> e.CopiesWritten:
    """Have the copies written."""
    worker.send(command)
    return worker.wait_for(e.CopiesWritten, lambda event: event.job == command.job)


def table(folder: Path) -> list[dict[str, str]]:
    """The rows of the manifest."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    """Every picture below `folder`, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")
    }


def test_copies_are_written_with_a_table_and_can_be_imported_again(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "copies"
    written = write(worker, copies_command(project, folder))
    assert (written.copies, written.stopped) == (24, False)
    manifest = table(folder)
    assert {row["file"] for row in manifest} == set(files(folder))
    by_id = {str(row.id): row for row in images_of(project, "test")}
    for row in manifest:
        original = by_id[row["image_id"]]
        assert (row["label"], row["original"]) == (original.label, original.name)
        stem = Path(original.name).stem
        assert row["file"] == f"{original.label}/{stem}-{row['copy']}.png"
    described = json.loads((folder / "augmentation.json").read_text("utf-8"))
    assert described["steps"] == [NOISE.model_dump(mode="json")]
    assert (described["seed"], described["copies_of_each_image"]) == (5, 2)
    assert worker.of(e.CopiesProgressed, "copies-1")[-1].done == 24
    again = make_project(tmp_path / "again", folder)
    assert Counter(row.label for row in images_of(again)) == {"bars": 8, "blobs": 8, "rings": 8}


def test_a_copy_depends_on_its_image_and_the_seed_alone(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    for name, settings in {"one": {"copies": 1}, "two": {}, "other": {"seed": 6}}.items():
        write(worker, copies_command(project, tmp_path / name, **settings))
    one, two, other = (files(tmp_path / name) for name in ("one", "two", "other"))
    assert one == {name: two[name] for name in two if name.endswith("-1.png")}
    assert two.keys() == other.keys()
    assert two != other


def test_names_that_a_disk_does_not_take_are_changed_and_classes_kept(
    worker: LiveWorker, tmp_path: Path
) -> None:
    images = write_class_folders(tmp_path / "images", images=3)
    (images / "bars").rename(images / "'A: b|c?")
    (images / "rings").rename(images / "nul")
    (images / "blobs" / "000.png").rename(images / "blobs" / "a b.png")
    (images / "blobs" / "001.png").rename(images / "blobs" / "A B.gif")
    project = make_project(tmp_path / "project", images)
    folder = tmp_path / "copies"
    write(worker, copies_command(project, folder, split="train", copies=1))
    found = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert found == ["'A_ b_c_", "_nul", "blobs"]
    assert len({row["file"].casefold() for row in table(folder)}) == len(
        images_of(project, "train")
    )
    again = make_project(tmp_path / "again", folder)
    assert {row.label for row in images_of(again)} == {
        row.label for row in images_of(project, "train")
    }


def test_what_mixes_images_and_a_folder_in_use_are_refused(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    error = worker.refusal(copies_command(project, tmp_path / "new", steps=(NOISE, MIXING)))
    assert (error.code, "MixUp" in error.message) == ("copies.mixing", True)
    assert not (tmp_path / "new").exists()
    (tmp_path / "mine.txt").write_text("mine")
    assert worker.refusal(copies_command(project, tmp_path)).code == "copies.folder"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "mine.txt").unlink()
    assert write(worker, copies_command(project, tmp_path)).copies == 24


def test_stopping_keeps_what_is_written_and_its_table(
    worker: LiveWorker, project: Project, tmp_path: Path
) -> None:
    command = copies_command(project, tmp_path / "copies", job="copies-stopped", copies=1000)
    worker.send(command)
    worker.wait_for(e.CopiesProgressed, lambda event: event.job == command.job)
    worker.send(c.StopJob(job=command.job))
    written = worker.wait_for(e.CopiesWritten, lambda event: event.job == command.job)
    assert written.stopped
    assert 0 < written.copies < 12_000
    assert {row["file"] for row in table(tmp_path / "copies")} == set(files(tmp_path / "copies"))
    assert len(table(tmp_path / "copies")) == written.copies


def test_a_full_disk_is_an_error_that_leaves_whole_files(project: Project, tmp_path: Path) -> None:
    from imgclf_gui.worker.copies import write_copies

    command = copies_command(project, tmp_path / "copies", copies=100)
    with largest_file(40_000), pytest.raises(UserError) as failed:
        write_copies(command, lambda event: None, Control())
    assert failed.value.code == "file.full"
    assert {row["file"] for row in table(tmp_path / "copies")} == set(files(tmp_path / "copies"))
    assert 0 < len(table(tmp_path / "copies")) < 1200
