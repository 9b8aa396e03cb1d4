"""Where things lie that ship with the app, and where the app keeps its own files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

APP = "imgclf-studio"


@dataclass(frozen=True)
class Sample:
    """A dataset that ships inside: a folder that can be imported like any other."""

    name: str
    """How the command line calls it: 'fashion'."""
    folder: Path
    title: str
    description: str
    licence: str
    classes: tuple[str, ...]
    images: int


def resource(*parts: str) -> Path:
    """The shipped file or folder at `parts`; in a checkout it lies at the top.

    Raises:
        FileNotFoundError: nothing of that name ships.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package / "resources", package.parent / "resources"):
        if (path := root.joinpath(*parts)).exists():
            return path
    raise FileNotFoundError("/".join(("resources", *parts)))


def samples() -> list[Sample]:
    """Every shipped dataset, by name."""
    described = sorted(resource("samples").glob("*/sample.json"))
    return [_sample(path.parent, json.loads(path.read_text("utf-8"))) for path in described]


def cache_folder() -> Path:
    """What can be made again: logs, what was measured of this machine. IMGCLF_CACHE_DIR."""
    return _folder("IMGCLF_CACHE_DIR", platformdirs.user_cache_path(APP, appauthor=False))


def config_folder() -> Path:
    """The person's settings. IMGCLF_CONFIG_DIR."""
    return _folder("IMGCLF_CONFIG_DIR", platformdirs.user_config_path(APP, appauthor=False))


def data_folder() -> Path:
    """Projects that nobody chose a place for: the demonstration. IMGCLF_DATA_DIR."""
    return _folder("IMGCLF_DATA_DIR", platformdirs.user_data_path(APP, appauthor=False))


def _folder(variable: str, usual: Path) -> Path:
    chosen = os.environ.get(variable)
    return Path(chosen).expanduser().absolute() if chosen else usual


def _sample(folder: Path, raw: dict[str, Any]) -> Sample:
    return Sample(
        name=folder.name,
        folder=folder,
        title=raw["title"],
        description=raw["description"],
        licence=raw["licence"],
        classes=tuple(raw["classes"]),
        images=sum(raw["images"].values()),
    )
