"""The project: the folder with everything.

project.json     the specification
dataset.sqlite   the manifest of images
images/          the images themselves, named by their content
cache/           what can be made again: decoded pixels, thumbnails
runs/<run>/      one folder a run
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from imgclf_gui.core import strict_json
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.spec import SCHEMA_VERSION, ProjectSpec

SPEC_FILE = "project.json"
DEEPEST_JSON = 100
"""Brackets in one another; blocks need two each, and far deeper ones could not be written again."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From schema version n to n + 1, on raw JSON; a migration never imports today's classes."""


class Project:
    """An open project. `lock` before writing; reading needs none."""

    def __init__(self, folder: Path, spec: ProjectSpec) -> None:
        self.folder = folder
        self.spec = spec
        # Held by the process, whichever of its threads took it.
        self._lock = FileLock(folder / ".lock", timeout=0, thread_local=False)

    @property
    def dataset_path(self) -> Path:
        """The manifest of images."""
        return self.folder / "dataset.sqlite"

    @property
    def images_folder(self) -> Path:
        """The images themselves."""
        return self.folder / "images"

    @property
    def cache_folder(self) -> Path:
        """What can be made again."""
        return self.folder / "cache"

    @property
    def runs_folder(self) -> Path:
        """One folder a run."""
        return self.folder / "runs"

    @classmethod
    def create(cls, folder: Path, spec: ProjectSpec | None = None) -> Self:
        """Make a project of `folder`, which is new or empty.

        Raises:
            UserError: `project.exists`, or the folder cannot be written.
        """
        project = cls(folder, spec or ProjectSpec(name=_name(folder)))
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise UserError(
                    "project.exists",
                    f"{folder} is not empty.",
                    "Choose a new folder, or open the project that is there.",
                )
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                "project.folder",
                f"{folder} could not be made: {error.strerror}.",
                "Choose a folder that you may write to.",
            ) from error
        project.save()
        return project

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the project in `folder`.

        Raises:
            UserError: `project.missing`, `project.damaged`, `project.newer`.
        """
        path = folder / SPEC_FILE
        try:
            raw = json.loads(path.read_text("utf-8"))
            # Refuses what could be read but not be written again: depth, NaN, lone surrogates.
            strict_json.check_depth(raw, DEEPEST_JSON)
            json.dumps(raw, allow_nan=False, ensure_ascii=False).encode("utf-8")
            spec = ProjectSpec.model_validate(_migrated(raw))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UserError(
                "project.missing",
                f"{folder} is not a project: it has no {SPEC_FILE}.",
                "Open a project folder, or make a new project and drop the images on it.",
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(
                "project.damaged",
                f"{path} cannot be read.",
                "Its images and runs are still there. Mend the file, or move it away and make a "
                "new project from the images.",
                str(error),
            ) from error
        return cls(folder, spec)

    def save(self, spec: ProjectSpec | None = None) -> None:
        """Write the spec, atomically; `spec` becomes the current one.

        Raises:
            UserError: `file.full`, `file.write`; file and current spec are as they were.
        """
        spec = spec or self.spec
        write_text_atomic(self.folder / SPEC_FILE, spec.model_dump_json(indent=2) + "\n")
        self.spec = spec

    def lock(self) -> None:
        """Keep others from writing until `unlock`, or until this process ends.

        Raises:
            UserError: `project.locked`, `file.write`.
        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise UserError(
                "project.locked",
                f"{self.spec.name} is open in another window or command.",
                "Close it there first.",
            ) from error
        except OSError as error:
            raise write_error(self.folder / ".lock", error) from error

    def unlock(self) -> None:
        """Let others write."""
        self._lock.release()


def _name(folder: Path) -> str:
    """What the project in `folder` is called at first; a name that is not text is made one."""
    text = os.fsencode(folder.absolute().name).decode("utf-8", "replace")
    return text[:200] or "Untitled"


def _migrated(raw: Any) -> dict[str, Any]:
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"schema_version is {version!r}")
    if version > SCHEMA_VERSION:
        raise UserError(
            "project.newer",
            f"This project was made by a newer ImgClf Studio (version {version} of its form; "
            f"this one knows {SCHEMA_VERSION}).",
            "Update ImgClf Studio to open it.",
        )
    for step in range(version, SCHEMA_VERSION):
        raw = MIGRATIONS[step](raw)
    migrated: dict[str, Any] = raw
    return migrated
