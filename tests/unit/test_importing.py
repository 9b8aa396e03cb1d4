"""Importing: all good images come in, bad ones are named, and it can end at any moment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import DataSpec, ProjectSpec
from imgclf_gui.protocol.codec import encode
from tests.helpers.importing import imported_project, largest_file, rows, run_import, write_noise


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project.create(tmp_path / "project")


def counting_stop(after: int) -> Callable[[], bool]:
    """Says stop from the `after`-th time on that it is asked."""
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    return stopped


def test_images_are_copied_listed_and_split(project: Project, shapes: Path) -> None:
    finished = run_import(project, shapes).finished
    assert (finished.imported, finished.skipped, finished.stopped) == (60, (), False)
    for row in rows(project):
        copy = (project.images_folder / row.path).read_bytes()
        assert copy == (shapes / row.name).read_bytes()
        assert (row.label, row.size_bytes) == (row.name.partition("/")[0], len(copy))
        assert (row.width, row.height, row.grayscale) == (12, 12, True)
    with Dataset.open(project.dataset_path) as dataset:
        summary = dataset.summary()
    assert summary.labels == ("bars", "blobs", "rings")
    assert summary.counts == {"train": (16,) * 3, "validation": (2,) * 3, "test": (2,) * 3}


def test_the_project_decides_about_the_split(tmp_path: Path, shapes: Path) -> None:
    spec = ProjectSpec(data=DataSpec(validation_percent=50, test_percent=0))
    project = Project.create(tmp_path / "project", spec)
    run_import(project, shapes)
    with Dataset.open(project.dataset_path) as dataset:
        assert dataset.summary().counts["validation"] == (10, 10, 10)
        assert dataset.summary().count("test") == 0


def test_declared_splits_stay_and_validation_comes_from_training(
    project: Project, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    write_noise(source / "train", 40)
    write_noise(source / "test", 10, side=9)
    run_import(project, source)
    for row in rows(project):
        assert (row.split == "test") == row.name.startswith("test/")
    with Dataset.open(project.dataset_path) as dataset:
        assert dataset.summary().counts == {
            "train": (18, 18), "validation": (2, 2), "test": (5, 5),
        }  # fmt: skip


def test_three_broken_images_among_many_are_named(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 200)
    good = (source / "even/00000.png").read_bytes()
    (source / "even/00002.png").write_bytes(good[:-40])
    (source / "odd/00003.png").write_bytes(b"")
    (source / "odd/00005.png").write_text("no image")
    (source / "LICENSE.txt").write_text("free")
    finished = run_import(project, source).finished
    assert (finished.imported, finished.skipped_total) == (197, 3)
    reasons = {problem.name: problem.reason for problem in finished.skipped}
    assert reasons == {
        "even/00002.png": "the file is cut short",
        "odd/00003.png": "the file is empty",
        "odd/00005.png": "it is not an image, or its beginning is damaged",
    }
    with Dataset.open(project.dataset_path) as dataset:
        assert {problem.name: problem.reason for problem in dataset.skipped()} == reasons


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_named_like_an_image_is_named(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 4)
    os.mkfifo(source / "even/pipe.jpg")
    (problem,) = run_import(project, source).finished.skipped
    assert (problem.name, problem.reason) == ("even/pipe.jpg", "it is not a regular file")


def test_mended_images_come_in_with_the_next_import(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 10)
    broken, whole = source / "even/00002.png", (source / "even/00002.png").read_bytes()
    broken.write_bytes(whole[:50])
    run_import(project, source)
    broken.write_bytes(whole)
    finished = run_import(project, source).finished
    assert (finished.imported, finished.duplicates, finished.skipped_total) == (1, 9, 0)
    with Dataset.open(project.dataset_path) as dataset:
        assert dataset.skipped() == []


def test_the_same_image_counts_once_a_class(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 4)
    shutil.copy(source / "even/00000.png", source / "even/copy.png")
    shutil.copy(source / "even/00000.png", source / "odd/other.png")
    finished = run_import(project, source).finished
    assert (finished.imported, finished.duplicates) == (5, 1)
    assert len({row.path for row in rows(project)}) == 4, "one copy of each content"


def test_progress_counts_up_to_the_end(project: Project, shapes: Path) -> None:
    progress, finished = run_import(project, shapes)
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert (progress[0].done, progress[-1].done, progress[-1].total) == (0, 60, 60)
    assert progress[-1].seconds_left == 0
    assert progress[-1].images_per_second > 0
    assert {event.job for event in progress} == {finished.job} == {"job"}


@pytest.mark.parametrize("side", [8, 256])
def test_a_stopped_import_keeps_what_it_has_and_goes_on_later(
    project: Project, tmp_path: Path, side: int
) -> None:
    source = write_noise(tmp_path / "source", 60, side=side)
    first = run_import(project, source, counting_stop(100)).finished
    assert first.stopped
    assert 0 < first.imported < 60
    assert len(rows(project)) == first.imported
    second = run_import(project, source).finished
    assert (second.imported, second.duplicates) == (60 - first.imported, first.imported)
    assert len(rows(project)) == 60


IMPORT_UNTIL_KILLED = """
import os, signal, sys
from pathlib import Path
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.worker.importing import import_images

asked = 0

def stopped():
    global asked
    asked += 1
    if asked > int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return False

command = ImportImages(job="job", project=sys.argv[1], source=sys.argv[2])
import_images(command, lambda event: None, stopped)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
@pytest.mark.parametrize("moment", [50, 1100, 2900])
def test_a_killed_import_leaves_whole_images_and_goes_on(
    project: Project, tmp_path: Path, moment: int
) -> None:
    source = write_noise(tmp_path / "source", 1000, side=24)
    arguments = [str(project.folder), str(source), str(moment)]
    killed = subprocess.run([sys.executable, "-c", IMPORT_UNTIL_KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    before = len(rows(project)) if project.dataset_path.exists() else 0
    for row in rows(project):
        assert (project.images_folder / row.path).stat().st_size == row.size_bytes
    finished = run_import(project, source).finished
    assert (finished.imported, finished.duplicates) == (1000 - before, before)
    copies = [path for path in project.images_folder.rglob("*") if path.is_file()]
    assert len(copies) == len(rows(project)) == 1000


def test_a_copy_that_was_lost_comes_back(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 4)
    run_import(project, source)
    copy = project.images_folder / rows(project)[0].path
    copy.write_bytes(b"")
    run_import(project, source)
    assert copy.stat().st_size == rows(project)[0].size_bytes


@pytest.mark.skipif(sys.platform == "win32", reason="file sizes cannot be limited there")
def test_a_full_disk_is_said_and_what_came_in_stays(project: Project, tmp_path: Path) -> None:
    source = write_noise(tmp_path / "source", 40)
    write_noise(source / "z", 2, side=400)
    with largest_file(300_000), pytest.raises(UserError, match="no space left") as caught:
        run_import(project, source)
    assert caught.value.code == "file.full"
    assert all((project.images_folder / row.path).exists() for row in rows(project))
    came_in = len(rows(project))
    finished = run_import(project, source).finished
    assert (finished.imported, finished.duplicates) == (42 - came_in, came_in)


def test_when_no_image_can_be_read_the_first_reason_is_said(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "images.csv").write_text("gs://bucket/1.png,cat\ngs://bucket/2.png,dog\n")
    with pytest.raises(UserError, match="None of the 2 images") as caught:
        run_import(project, tmp_path / "images.csv")
    assert caught.value.code == "import.nothing"
    assert "not on this computer" in caught.value.report.message


def test_many_long_names_still_fit_a_line_of_the_protocol(project: Project, tmp_path: Path) -> None:
    lines = [f"http://example.com/{'ä' * 4000}{n}.png,cat" for n in range(1500)]
    write_noise(tmp_path, 1)
    (tmp_path / "images.csv").write_text("\n".join([*lines, "even/00000.png,cat"]), "utf-8")
    finished = run_import(project, tmp_path / "images.csv").finished
    assert finished.skipped_total == 1500
    assert 0 < len(finished.skipped) < 1000
    encode(finished)


def test_files_get_the_extension_of_what_they_are(project: Project, tmp_path: Path) -> None:
    (tmp_path / "source" / "cat").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "source/cat/really-a-gif.png", "GIF")
    run_import(project, tmp_path / "source")
    assert [Path(row.path).suffix for row in rows(project)] == [".gif"]


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_an_archive_is_imported_like_its_folder(
    project: Project, tmp_path: Path, shapes: Path, kind: str
) -> None:
    archive = shutil.make_archive(str(tmp_path / "shapes"), kind, shapes)
    assert run_import(project, Path(archive)).finished.imported == 60
    folder = imported_project(tmp_path / "other", shapes)
    with Dataset.open(project.dataset_path) as one, Dataset.open(folder.dataset_path) as other:
        assert one.fingerprint() == other.fingerprint()
