"""What the window remembers between two starts, as JSON. (QSettings would unpickle objects.)"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.resources import config_folder
from imgclf_gui.gui.theme import Choice

RECENT_PROJECTS = 10


class Settings(BaseModel):
    """Nothing in here is worth an error: what cannot be read or kept falls back to this."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    geometry: str = ""
    """Of the window, as Qt packs it, in base64."""
    theme: Choice = "system"
    last_page: str = "dataset"
    recent_projects: tuple[str, ...] = ()
    """Folders, newest first."""
    last_folders: dict[str, str] = {}
    """Where a file dialog opens, by what it asks for."""
    panes: dict[str, tuple[int, ...]] = {}
    """How a splitter divides its room, in pixels, by its name."""

    @classmethod
    def load(cls) -> Settings:
        """The stored settings, or the usual ones."""
        try:
            return cls.model_validate_json(settings_path().read_text("utf-8"))
        except (OSError, ValueError, ValidationError):
            return cls()

    def save(self) -> None:
        """Write them, where that is possible."""
        path = settings_path()
        with contextlib.suppress(OSError, UserError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text_atomic(path, self.model_dump_json(indent=2) + "\n")

    def remember_project(self, folder: Path) -> None:
        """Put `folder` first in the recent projects."""
        others = [one for one in self.recent_projects if one != str(folder)]
        self.recent_projects = (str(folder), *others)[:RECENT_PROJECTS]

    def last_folder(self, purpose: str, usual: Path) -> str:
        """Where the file dialog for `purpose` opens."""
        known = self.last_folders.get(purpose, "")
        return known if known and Path(known).is_dir() else str(usual)

    def remember_folder(self, purpose: str, folder: Path) -> None:
        """Open the file dialog for `purpose` in `folder` next time."""
        self.last_folders = {**self.last_folders, purpose: str(folder)}


def settings_path() -> Path:
    """The file that they lie in."""
    return config_folder() / "window.json"
