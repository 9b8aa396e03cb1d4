"""Projects with images in them, imported as the worker does it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.project import Project
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.protocol.events import Event, ImportFinished, ImportProgressed
from imgclf_gui.worker.importing import import_images


class Import(NamedTuple):
    """What an import reported."""

    progress: list[ImportProgressed]
    finished: ImportFinished


def run_import(
    project: Project, source: Path, stopped: Callable[[], bool] = lambda: False
) -> Import:
    """Import `source` into `project`."""
    events: list[Event] = []
    command = ImportImages(job="job", project=str(project.folder), source=str(source))
    import_images(command, events.append, stopped)
    *progress, finished = events
    assert isinstance(finished, ImportFinished)
    return Import([event for event in progress if isinstance(event, ImportProgressed)], finished)


def imported_project(folder: Path, source: Path) -> Project:
    """A new project in `folder` with the images of `source`."""
    project = Project.create(folder)
    run_import(project, source)
    return project


def rows(project: Project) -> list[ImageRow]:
    """The images of the project's dataset."""
    with Dataset.open(project.dataset_path) as dataset:
        return dataset.images()


def write_noise(folder: Path, images: int, *, side: int = 8, name: str = "png") -> Path:
    """Write `images` different pictures into folder/even and folder/odd."""
    random = np.random.default_rng(0)
    for number in range(images):
        path = folder / ("even", "odd")[number % 2] / f"{number:05}.{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).save(path)
    return folder


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing a file beyond `size` bytes fails, as on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
