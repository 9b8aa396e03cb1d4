"""Images without classes: sorted into groups, and accepted as classes.

Accepting writes a table of paths and labels, which is then imported like any other.
"""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from imgclf_gui.core.files import ABANDONED_SECONDS, write_atomic, write_error
from imgclf_gui.core.resources import cache_folder
from imgclf_gui.jobs.supervisor import Jobs, few_enough
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text

FOLDER = "sorting"
SORTED = "sorted.json"
TABLE_SUFFIX = ".csv"


def sort_images(
    jobs: Jobs,
    images: Sequence[Path],
    output: Path,
    *,
    groups: int = 0,
    seed: int = 0,
) -> str:
    """Sort files and all images below folders → SortingProgressed…, ImagesSorted.

    `output` is a .json file to write; `groups` 0 chooses the number. Works during a training.

    Raises:
        UserError: `use.images` for too many paths, or the worker cannot be started.
    """
    command = commands.SortImages(
        job=jobs.new_job("sort"),
        images=tuple(map(path_text, images)),
        groups=groups,
        seed=seed,
        output=path_text(output),
    )
    with few_enough(images):
        return jobs.submit("background", command)


def sort_again(jobs: Jobs, sorting: Path, groups: int, *, seed: int = 0) -> str:
    """Make other groups of what was found in the images of `sorting`, in place → ImagesSorted.

    Raises:
        UserError: the worker cannot be started.
    """
    kept = path_text(sorting)
    command = commands.SortImages(
        job=jobs.new_job("sort"), kept=kept, groups=groups, seed=seed, output=kept
    )
    return jobs.submit("background", command)


def new_output() -> Path:
    """A file for `sort_images` to write, in a folder of its own; those of the day before go.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    root = cache_folder() / FOLDER
    for old in root.glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    folder = root / str(time.time_ns())
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise write_error(folder, error) from error
    return folder / SORTED


def write_table(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Write paths and labels as CSV, for `Jobs.import_images`.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("path", "label"))
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8", "surrogateescape")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    write_atomic(path, lambda stream: stream.write(content))
